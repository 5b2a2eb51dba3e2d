"""The window over the real engine and its process, with tiny weights: a run, a killed process, a cancel, the end."""

import sys

import psutil
from PySide6.QtWidgets import QMessageBox

from engine.qwen import engine


def finish(window, qtbot) -> None:
    qtbot.waitUntil(lambda: not window.controller.running, timeout=90_000)


def test_a_run_shows_plan_preview_and_description_and_gives_layers(real, qtbot):
    window = real()
    window.decompose.start()
    qtbot.waitUntil(lambda: "memory" in window.notice.text.text(), timeout=60_000)
    qtbot.waitUntil(window.preview.isVisible, timeout=60_000)
    finish(window, qtbot)
    assert len(window.session.document.layers()) >= 2
    assert window.session.stack.undoText() == "Decompose"
    assert window.qwen.prompt.text() != "", "the model's own words are there to be changed"
    assert "torch" not in sys.modules
    pid = engine._shared.pid
    assert psutil.pid_exists(pid)
    window.session.stack.setClean()
    window.close()
    qtbot.waitUntil(lambda: not psutil.pid_exists(pid), timeout=10_000)


def test_a_killed_process_is_a_sentence_and_the_next_run_works(real, qtbot):
    window = real("separating:kill")
    before = window.session.document
    window.decompose.start()
    finish(window, qtbot)
    assert "Your document is unchanged" in window.notice.text.text()
    assert window.session.document is before
    for box in window.findChildren(QMessageBox):
        box.close()
    window = real()
    window.decompose.start()
    finish(window, qtbot)
    assert len(window.session.document.layers()) >= 2


def test_cancel_in_the_middle_changes_nothing(real, qtbot):
    window = real("separating:hang")
    before = window.session.document
    window.decompose.start()
    qtbot.waitUntil(lambda: "Separating" in window.decompose.stage.text(), timeout=60_000)
    window.decompose.cancel.click()
    qtbot.waitUntil(lambda: not window.controller.running, timeout=6_000)
    assert window.session.document is before
    assert "Cancelled" in window.decompose.outcome.text()
