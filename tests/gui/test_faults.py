"""A fault in the window: the program goes on, the log has the trace, and a report can be copied."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from engine import log
from gui.dialogs.fault import FaultDialog
from gui.faults import Faults

ROOT = Path(__file__).parents[2]

PROGRAM = """
import sys
from PySide6.QtCore import QTimer, Slot, QObject, qWarning
import gui.app
from gui.shell import main_window
shown = main_window.MainWindow.complete
class Broken(QObject):
    @Slot()
    def slot(self):
        raise ValueError("secret of the slot")
broken = Broken()
def complete(self):
    shown(self)
    QTimer.singleShot(50, broken.slot)
    QTimer.singleShot(60, lambda: qWarning("a warning of Qt's"))
    QTimer.singleShot(1500, lambda: (print("alive", flush=True), self.close_at_once()))
main_window.MainWindow.complete = complete
sys.exit(gui.app.run_window([]))
"""


def test_a_fault_in_a_slot_is_logged_and_the_window_lives_on(tmp_path):
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path), "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", PROGRAM]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=env, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "alive" in done.stdout
    text = (tmp_path / "unflatten" / "log" / "unflatten.log").read_text(encoding="utf-8")
    assert "secret of the slot" in text
    assert "Traceback" in text
    assert "a warning of Qt's" in text
    assert "Traceback" not in done.stderr


@pytest.fixture
def logging_here(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    log.start()
    return tmp_path


def tell(text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError as error:
        log.tell(error, "a test")


def dialogs(window: QWidget) -> list[FaultDialog]:
    return [d for d in window.findChildren(FaultDialog) if d.isVisible()]


def test_the_dialog_names_the_file_and_copies_a_report(qtbot, logging_here):
    window = QWidget()
    qtbot.addWidget(window)
    Faults(window)
    window.show()
    tell("broken wing")
    qtbot.waitUntil(lambda: len(dialogs(window)) == 1)
    (dialog,) = dialogs(window)
    assert "broken wing" in dialog.sentence.text()
    assert str(logging_here / "unflatten" / "log" / "unflatten.log") in dialog.sentence.text()
    dialog.copy.click()
    qtbot.waitUntil(lambda: dialog.copy.text() == "Copied", timeout=60_000)
    report = QGuiApplication.clipboard().text()
    assert "ValueError: broken wing" in report
    assert "Unflatten 0.1.0" in report
    assert "cores" in report
    dialog.go_on.click()
    qtbot.waitUntil(lambda: not dialogs(window))


def test_one_dialog_at_a_time(qtbot, logging_here):
    window = QWidget()
    qtbot.addWidget(window)
    Faults(window)
    window.show()
    for number in range(5):
        tell(f"fault {number}")
    qtbot.waitUntil(lambda: bool(dialogs(window)))
    assert len(dialogs(window)) == 1
    assert "fault 4" in log.tail()
    dialogs(window)[0].go_on.click()
    tell("later")
    qtbot.waitUntil(lambda: any("later" in d.sentence.text() for d in dialogs(window)))
    dialogs(window)[0].go_on.click()
