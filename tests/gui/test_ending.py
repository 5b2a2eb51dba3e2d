"""The program ends promptly and cleanly, whatever is under way: by its window, by a signal, with the session."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gui.app import commit_session

ROOT = Path(__file__).parents[2]

PROGRAM = """
import ctypes, sys, time
from concurrent.futures import ThreadPoolExecutor
from PySide6.QtCore import QMimeData, QTimer
from PySide6.QtGui import QGuiApplication
import gui.app
from gui.files import files
from gui.shell import main_window

def deaf(path, check):
    # As a decoder inside a library, with threads of its own.
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(time.sleep, [60, 60]))

def native(path, check):
    ctypes.CDLL(None).sleep(60)

def hearing(path, check):
    while True:
        check()
        time.sleep(0.01)

def writing(path, check):
    from pathlib import Path
    from export.atomic import atomic_file
    with atomic_file(Path("out.psd"), overwrite=True) as stream:
        stream.write(b"half of it")
        ctypes.CDLL(None).sleep(60)

def tell_and_close(window):
    data = QMimeData()  # Qt holds it to its own end, which must not come after Python's
    data.setText("copied")
    QGuiApplication.clipboard().setMimeData(data)
    print("closing", time.time(), flush=True)
    window.close()

completed = main_window.MainWindow.complete
def complete(self):
    completed(self)
    job = {job}
    if job:
        files.open_layered = globals()[job]
        self.files.open_path(main_window.SAMPLE)
    QTimer.singleShot(300, self, lambda: print("ready", flush=True))
    if {close}:
        QTimer.singleShot(400, self, lambda: tell_and_close(self))
main_window.MainWindow.complete = complete
code = gui.app.run_window([])
print("python ended it", flush=True)
sys.exit(code)
"""


def start(tmp_path: Path, job: str, close: bool) -> subprocess.Popen[str]:
    code = PROGRAM.replace("{job}", repr(job)).replace("{close}", repr(close))
    env = {**os.environ, "XDG_STATE_HOME": str(tmp_path), "UNFLATTEN_CONFIG": str(tmp_path / "config"),
           "QT_QPA_PLATFORM": "offscreen", "PYTHONPATH": str(ROOT)}  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env, cwd=tmp_path
    )


def line(process: subprocess.Popen[str], wanted: str) -> str:
    """The first line of output that begins so."""
    assert process.stdout is not None
    for text in process.stdout:
        if text.startswith(wanted):
            return text
    raise AssertionError(process.stderr.read() if process.stderr else "")


def ended(tmp_path: Path, job: str) -> tuple[float, str, str]:
    """Seconds from closing the window to the end of the process, and what it printed."""
    process = start(tmp_path, job, close=True)
    closing = float(line(process, "closing").split()[1])
    out, err = process.communicate(timeout=30)
    took = time.time() - closing
    assert process.returncode == 0, err
    return took, out, err


@pytest.fixture(scope="module")
def idle(tmp_path_factory) -> float:
    """Seconds that the end takes here with nothing under way: what a busy computer adds to every end."""
    return ended(tmp_path_factory.mktemp("idle"), "")[0]


@pytest.mark.parametrize("job", ["deaf", "native", "writing", "hearing", ""])
def test_quitting_while_something_runs_takes_less_than_a_second(tmp_path, job, idle):
    took, out, err = ended(tmp_path, job)
    assert err.replace("This plugin does not support propagateSizeHints()\n", "") == ""
    assert took < max(1.0, idle + 0.8)
    assert ("python ended it" in out) == (job in ("hearing", ""))
    assert not list(tmp_path.glob(".unflatten-*")), "nothing half written stays"
    assert (tmp_path / "config" / "settings.json").exists(), "the window's place was remembered"


@pytest.mark.skipif(os.name != "posix", reason="signals as on Unix")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_ends_it(tmp_path, name):
    process = start(tmp_path, "hearing", close=False)
    line(process, "ready")
    process.send_signal(getattr(signal, name))
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert "python ended it" in out
    assert "Traceback" not in err


class Manager:
    """A session that ends, as far as the program may speak to it."""

    def __init__(self, talks: bool) -> None:
        self.talks, self.stopped = talks, False

    def allowsInteraction(self) -> bool:
        return self.talks

    def cancel(self) -> None:
        self.stopped = True


class Window:
    """What the session asks about."""

    def __init__(self, unsaved: bool) -> None:
        self.unsaved, self.asked, self.saved = unsaved, False, False

    def close(self) -> bool:
        self.asked = True
        return False

    def close_at_once(self) -> None:
        raise AssertionError

    def save_state(self) -> None:
        self.saved = True


@pytest.mark.parametrize(("unsaved", "talks"), [(True, True), (True, False), (False, True)])
def test_the_end_of_the_session_is_held_up_only_to_ask_about_what_is_unsaved(unsaved, talks):
    window, manager = Window(unsaved), Manager(talks)
    commit_session(manager, window)
    assert window.saved
    assert manager.stopped == window.asked == (unsaved and talks)
