"""From process start to the first paint: our window against a bare PySide6 window, in turn, in one run."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
RUNS = 21

FIRST_PAINT = """
from PySide6.QtCore import QEvent, QObject
class Watch(QObject):
    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Paint:
            print(time.time(), flush=True)
            os._exit(0)
        return False
watch = Watch(app)
window.installEventFilter(watch)
window.show()
app.exec()
"""
BARE = """
import os, sys, time
from PySide6.QtWidgets import QApplication, QMainWindow
app = QApplication(sys.argv)
window = QMainWindow()
window.resize(1360, 860)
"""
OURS = """
import os, sys, time
from gui.app import make_application
app = make_application()
from gui.shell.main_window import MainWindow
window = MainWindow()
"""


def seconds(code: str) -> float:
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    started = time.time()
    done = subprocess.run(
        [sys.executable, "-c", code + FIRST_PAINT],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return float(done.stdout.split()[-1]) - started


@pytest.mark.bench
def test_window_to_first_paint():
    seconds(BARE), seconds(OURS)
    pairs = [(seconds(BARE), seconds(OURS)) for _ in range(RUNS)]
    bare, ours = (statistics.median(times) for times in zip(*pairs, strict=True))
    ratio = statistics.median(b / a for a, b in pairs)
    print(
        f"\nfirst paint: bare PySide6 window {bare:.2f} s, Unflatten {ours:.2f} s, ratio {ratio:.2f} (median of {RUNS})"
    )
    assert ratio > 0
