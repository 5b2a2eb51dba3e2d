"""Signals may be emitted as often as a long session needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCRIPT = """
from PySide6.QtCore import QObject, Signal

class Bell(QObject):
    rung = Signal()

bell = Bell()
for _ in range(50_000):
    bell.rung.emit()
print("alive", bool(1))
"""


def run(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)


def test_fifty_thousand_signals_leave_the_process_alive():
    done = run(f"import gui\n{SCRIPT}")
    assert (done.returncode, done.stdout.strip()) == (0, "alive True"), done.stderr


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from Python 3.12 on None and True are immortal")
def test_the_workaround_is_still_needed():
    assert "bool_dealloc" in run(SCRIPT).stderr, "PySide6 keeps its references: gui/__init__.py needs no workaround now"
