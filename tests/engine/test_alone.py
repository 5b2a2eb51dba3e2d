"""Calls that cannot hear a cancel are left to end alone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from engine.alone import alone
from engine.cancel import check_of, never
from engine.errors import Cancelled

ROOT = Path(__file__).parents[2]

INTERRUPTED = """
import time
from engine.alone import alone
from engine.cancel import never

def call():
    print("began", flush=True)
    time.sleep(1)
    print("ended", flush=True)

try:
    alone(call, never)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_what_the_call_gives_or_raises_comes_back() -> None:
    assert alone(lambda: 3, never) == 3
    with pytest.raises(ZeroDivisionError):
        alone(lambda: 1 / 0, never)


def test_a_cancel_is_heard_while_the_call_goes_on() -> None:
    cancelled, go_on, hurried = threading.Event(), threading.Event(), threading.Event()
    threading.Timer(0.1, cancelled.set).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        alone(lambda: go_on.wait(20), check_of(cancelled), hurried.set)
    assert time.monotonic() - start < 5
    assert hurried.is_set()
    go_on.set()


def test_calls_run_one_at_a_time_and_a_call_that_was_left_while_it_waited_never_runs() -> None:
    cancelled, go_on = threading.Event(), threading.Event()
    ran: list[str] = []
    first = threading.Thread(target=lambda: alone(lambda: go_on.wait(20), never))
    first.start()
    time.sleep(0.1)
    cancelled.set()
    with pytest.raises(Cancelled):
        alone(lambda: ran.append("left"), check_of(cancelled))
    later = threading.Event()
    threading.Timer(0.1, later.set).start()
    with pytest.raises(Cancelled):
        alone(lambda: ran.append("left while it waited"), check_of(later))
    go_on.set()
    first.join()
    alone(lambda: ran.append("wanted"), never)
    assert ran == ["wanted"]


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_after_ctrl_c_python_waits_for_a_call_that_was_left() -> None:
    """A model's thread that outlives Python aborts the process: 134 in place of 130."""
    process = subprocess.Popen([sys.executable, "-c", INTERRUPTED], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "began\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=30)
    assert output.split() == ["interrupted", "ended"]
