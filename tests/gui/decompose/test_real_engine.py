"""The window over the real engine and its process, with tiny weights: a run, a killed process, a cancel, the end."""

import os
import signal
import sys

import psutil
from PySide6.QtWidgets import QMessageBox

from gui.ending import end
from tests.gui.decompose.conftest import qwen_form

MANY = 200
"""Steps; enough to do something in their middle."""


def finish(window, qtbot) -> None:
    qtbot.waitUntil(lambda: not window.controller.running, timeout=90_000)


def separating(window, qtbot) -> None:
    qwen_form(window).settings.set("steps", MANY)
    window.decompose.start()
    qtbot.waitUntil(lambda: f"of {MANY}" in window.decompose.stage.text(), timeout=60_000)


def test_a_run_shows_plan_preview_and_description_and_gives_layers(real, host, qtbot):
    before = "torch" in sys.modules  # another test of this process may have brought it
    real.decompose.start()
    qtbot.waitUntil(lambda: "memory" in real.notice.text.text(), timeout=60_000)
    qtbot.waitUntil(real.preview.isVisible, timeout=60_000)
    finish(real, qtbot)
    assert len(real.session.document.layers()) >= 2
    assert real.session.stack.undoText() == "Decompose"
    assert qwen_form(real).prompt.text() != "", "the model's own words are there to be changed"
    assert ("torch" in sys.modules) == before, "the model's libraries stay in their own process"
    pid = host.pid
    assert psutil.pid_exists(pid)
    real.session.stack.setClean()
    real.close()
    assert end() == []
    qtbot.waitUntil(lambda: not psutil.pid_exists(pid), timeout=10_000)


def test_a_killed_process_is_a_sentence_and_the_next_run_works(real, host, qtbot):
    before = real.session.document
    separating(real, qtbot)
    os.kill(host.pid, signal.SIGKILL)
    finish(real, qtbot)
    assert "Your document is unchanged" in real.notice.text.text()
    assert real.session.document is before
    assert real.notice.mark.isVisible()
    assert not real.findChildren(QMessageBox), "said once, beside the picture, not in a box that has to be clicked away"
    qwen_form(real).settings.set("steps", 3)
    real.decompose.start()
    finish(real, qtbot)
    assert len(real.session.document.layers()) >= 2


def test_cancel_in_the_middle_changes_nothing(real, qtbot):
    before = real.session.document
    separating(real, qtbot)
    real.decompose.cancel.click()
    qtbot.waitUntil(lambda: not real.controller.running, timeout=6_000)
    assert real.session.document is before
    assert "Cancelled" in real.decompose.outcome.text()
