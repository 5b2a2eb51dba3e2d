"""The end of the program, after Qt's loop: a moment for what can hear, and out."""

from __future__ import annotations

import asyncio
import atexit
import logging
import os
import sys
import threading
import time
from typing import NoReturn

from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QGuiApplication

from engine.engines import close_all
from export.atomic import leave_nothing
from gui import jobs
from gui.tasks import close_loop, loop

log = logging.getLogger("unflatten")

GRACE = 0.5
"""Seconds that jobs have to hear that they were cancelled; the window is gone from the screen already."""
TURN = 0.02


def finish(code: int) -> int:
    """`end`, and `code` back for whoever called the window.

    Where a job hears nothing (a decoder in the middle of a huge file), the process ends here and now, with that code:
    Python would wait for the threads that the job started itself, or abort it inside a library.
    """
    if deaf := end():
        _leave(code, deaf)
    return code


def end() -> list[threading.Thread]:
    """Let cancelled tasks and jobs end, end the engines' processes, take asyncio down; the jobs that heard nothing."""
    until = time.monotonic() + GRACE
    while (jobs.threads() or asyncio.all_tasks(loop())) and time.monotonic() < until:
        QCoreApplication.processEvents()
        jobs.wait(TURN)
    close_all()
    close_loop()
    if QGuiApplication.platformName() == "offscreen":
        # This platform's clipboard outlives Python and would then delete what Python made: a crash after the end.
        QGuiApplication.clipboard().clear()
    return jobs.threads()


def _leave(code: int, deaf: list[threading.Thread]) -> NoReturn:
    log.info("Left without waiting for %s", ", ".join(thread.name for thread in deaf))
    leave_nothing()
    atexit._run_exitfuncs()  # noqa: SLF001 - temporary folders go and logs are flushed as at any other end
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
