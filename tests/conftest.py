"""Settings of every test: no screen, the user's own settings untouched, and no thread left running."""

from __future__ import annotations

import os
import tempfile
import threading
import traceback

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
# Qt and the program keep settings below these; tests must never see or change the user's own.
_HOME = tempfile.TemporaryDirectory(prefix="unflatten-tests-")
os.environ["XDG_CONFIG_HOME"] = os.path.join(_HOME.name, "config")
os.environ["UNFLATTEN_CONFIG"] = os.path.join(_HOME.name, "config", "unflatten")
os.environ["XDG_STATE_HOME"] = os.path.join(_HOME.name, "state")

import hypothesis
import pytest

import gui  # noqa: F401 - keeps PySide6 alive on Python 3.11; see there
from engine import log

# A test says what is right, not how long this computer may take.
hypothesis.settings.register_profile("unflatten", deadline=None)
hypothesis.settings.load_profile("unflatten")


@pytest.fixture(autouse=True)
def no_thread_left_running(monkeypatch):
    """Fail a test that leaves a QThread, a pool's thread or a Python thread running, and say which line started it."""
    from PySide6.QtCore import QThread, QThreadPool

    started: list[tuple[QThread, str]] = []
    start = QThread.start

    def noted_start(self, *args):
        started.append((self, _caller()))
        return start(self, *args)

    monkeypatch.setattr(QThread, "start", noted_start)
    before = set(threading.enumerate())
    yield
    problems = [f"QThread started at {line}" for thread, line in started if _still_running(thread)]
    if not QThreadPool.globalInstance().waitForDone(5000):
        problems.append("a thread of the global QThreadPool")
    # Daemons are either Qt's own threads, counted above, or those of jobs, which tests/gui counts.
    problems += [
        f"Python thread {t.name}" for t in set(threading.enumerate()) - before if t.is_alive() and not t.daemon
    ]
    assert not problems, "left running: " + "; ".join(problems)


@pytest.fixture(autouse=True)
def no_log_left_open():
    """A command that was run inside the test's process has started the log; the next test may want it elsewhere."""
    yield
    log.stop()


def _still_running(thread) -> bool:
    try:
        if not thread.isRunning():
            return False
        thread.quit()
        thread.wait(5000)
    except RuntimeError:  # the C++ object is gone, so it was stopped
        return False
    return True


def _caller() -> str:
    frame = traceback.extract_stack(limit=4)[-3]
    return f"{frame.filename}:{frame.lineno}"
