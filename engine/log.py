"""One place for logs and for what nobody foresaw: every fault leaves a trace in one file, and a sentence that names it.

`start` once, in the command or the window: the log becomes a rotating file in the system's folder for logs, and every
way in which Python loses an exception (uncaught, in a thread, unraisable, in an asyncio callback, a crash of a library)
ends in it. Needs no Qt; the window adds Qt's own messages and a dialog (`gui/faults.py`).
"""

from __future__ import annotations

import contextlib
import faulthandler
import logging
import os
import platform
import sys
import threading
from collections import deque
from collections.abc import Callable
from logging.handlers import RotatingFileHandler
from pathlib import Path
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

from platformdirs import user_log_path

from engine.errors import RunFailed

if TYPE_CHECKING:
    import asyncio

log = logging.getLogger("unflatten")

NAME = "unflatten.log"
CRASHES = "crashes.log"
LIMIT = 1 << 20
"""Bytes of one file; two older ones are kept beside it."""
DETAIL = 160
"""Characters of a foreign exception's text that a sentence quotes."""
FORMAT = "%(asctime)s %(process)d %(levelname)s %(name)s: %(message)s"
DEBUG_VARIABLE = "UNFLATTEN_DEBUG"
OURS = ("unflatten", "cli", "engine", "export", "gui", "service")
"""Loggers whose every word is kept with --debug; of others, warnings are."""

ExceptionInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class Unforeseen(RunFailed):
    """An exception that no code expected, logged; its sentence names the file that has the traceback."""


class _State:
    """What `start` set up; one a process."""

    def __init__(self) -> None:
        self.debug = False
        self.handlers: list[logging.Handler] = []
        self.crashes: IO[str] | None = None
        self.listeners: list[Callable[[Unforeseen], None]] = []
        self.before = sys.excepthook, threading.excepthook, sys.unraisablehook


_state = _State()


def path() -> Path:
    """Where the log is, or would be."""
    return user_log_path("unflatten", appauthor=False) / NAME


def start(debug: bool = False) -> None:
    """Log to the file from now on and catch whatever else would be lost. `debug` prints it to stderr as well.

    A folder that cannot be written leaves the program without a log, never without a start. Calling it again changes
    only `debug`.
    """
    _state.debug = debug or bool(os.environ.get(DEBUG_VARIABLE))
    for name in OURS:
        logging.getLogger(name).setLevel(logging.DEBUG if _state.debug else logging.INFO)
    if _state.handlers:
        return
    with contextlib.suppress(OSError):
        path().parent.mkdir(parents=True, exist_ok=True)
        _add(RotatingFileHandler(path(), maxBytes=LIMIT, backupCount=2, encoding="utf-8", delay=True))
        _state.crashes = (path().parent / CRASHES).open("a", encoding="utf-8")
        faulthandler.enable(_state.crashes)
    # Without any handler logging would print to stderr by itself.
    _add(logging.StreamHandler() if _state.debug else logging.NullHandler())
    _state.before = sys.excepthook, threading.excepthook, sys.unraisablehook
    sys.excepthook = _uncaught
    threading.excepthook = _in_thread
    sys.unraisablehook = _unraisable
    logging.captureWarnings(capture=True)
    log.info("Started: %s", about())


def stop() -> None:
    """Undo `start`, where it was called: for tests, which share one process."""
    if not _state.handlers:
        return
    for handler in _state.handlers:
        logging.getLogger().removeHandler(handler)
        handler.close()
    _state.handlers.clear()
    _state.listeners.clear()
    if _state.crashes is not None:
        faulthandler.disable()
        _state.crashes.close()
        _state.crashes = None
    sys.excepthook, threading.excepthook, sys.unraisablehook = _state.before
    logging.captureWarnings(capture=False)


def on_fault(listener: Callable[[Unforeseen], None]) -> None:
    """Call `listener`, in the thread of the fault, for each fault that ends in no sentence otherwise."""
    _state.listeners.append(listener)


def debugging() -> bool:
    """Whether tracebacks are printed as well (`--debug`)."""
    return _state.debug


def unforeseen(error: BaseException, where: str = "a job") -> Unforeseen:
    """Log an exception that nobody expected, with its traceback; the error to show for it.

    An error that came from here already, or is one, is not logged again.
    """
    if isinstance(error, Unforeseen):
        return error
    log.error("Unforeseen in %s", where, exc_info=error)
    lines = str(error).strip().splitlines()
    detail = lines[0][:DETAIL].rstrip(". ") if lines else ""
    what = f"{type(error).__name__}: {detail}" if detail else type(error).__name__
    if path().exists():
        return Unforeseen("general.unforeseen", what=what, file=str(path()))
    return Unforeseen("general.unforeseen-untraced", what=what, folder=str(path().parent))


def tell(error: BaseException, where: str) -> None:
    """`unforeseen`, for whoever listens; printed to stderr where nobody does."""
    fault = unforeseen(error, where)
    for listener in _state.listeners:
        listener(fault)
    if not _state.listeners:
        print(f"unflatten: {fault}", file=sys.stderr)


def asyncio_fault(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A loop's exception handler (`loop.set_exception_handler`)."""
    error = context.get("exception")
    if isinstance(error, Exception):
        tell(error, str(context.get("message", "a task")))
    else:
        log.error("asyncio: %s", context.get("message"))


def tail(lines: int = 200) -> str:
    """The end of the log, with the user's home folder as "~"; "" where there is none."""
    try:
        with path().open(encoding="utf-8", errors="replace") as file:
            text = "".join(deque(file, maxlen=lines))
    except OSError:
        return ""
    return text.replace(str(Path.home()), "~")


def about() -> str:
    """Version, Python and system in one line."""
    from importlib import metadata

    try:
        version = metadata.version("unflatten")
    except metadata.PackageNotFoundError:
        version = "?"
    return f"Unflatten {version}, Python {platform.python_version()}, {platform.platform()}"


def _add(handler: logging.Handler) -> None:
    handler.setFormatter(logging.Formatter(FORMAT))
    logging.getLogger().addHandler(handler)
    _state.handlers.append(handler)


def _uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        sys.__excepthook__(kind, error, trace)
        return
    tell(error, "the program")


def _in_thread(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_value is not None and not isinstance(arguments.exc_value, SystemExit):
        tell(arguments.exc_value, f"thread {arguments.thread.name if arguments.thread else '?'}")


def _unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    # Nothing depends on what was being torn down, so nobody is disturbed with it.
    log.error("Unraisable in %r: %s", unraisable.object, unraisable.err_msg, exc_info=unraisable.exc_value)
