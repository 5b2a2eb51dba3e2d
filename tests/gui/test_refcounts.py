"""Signals may be emitted as often as a long session needs."""

from __future__ import annotations

import subprocess
import sys

SCRIPT = """
import gui
from PySide6.QtCore import QObject, Signal

class Bell(QObject):
    rung = Signal()

bell = Bell()
for _ in range(50_000):
    bell.rung.emit()
print("alive", bool(1))
"""


def test_fifty_thousand_signals_leave_the_process_alive():
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout.strip()) == (0, "alive True"), done.stderr
