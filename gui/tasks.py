"""The window's flow: one asyncio loop that rides on Qt's, and tasks that are kept, named, logged and cancelled.

qasync is known to this file only, so that it can go. It puts asyncio on the Qt loop that runs already and never runs
Qt's itself: so nothing of asyncio is loaded before the window is painted, and the end of the program is Qt's own.
"""

from __future__ import annotations

import asyncio
from asyncio.events import _get_running_loop, _set_running_loop
from collections.abc import Coroutine
from typing import Any, TypeVar

import PySide6.QtWidgets  # first: qasync takes the Qt that is loaded
import qasync

from engine import log

T = TypeVar("T")


def loop() -> asyncio.AbstractEventLoop:
    """The loop of the window's thread; the first call makes it, while or before Qt's loop runs."""
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        pass
    made = _OnQt(PySide6.QtWidgets.QApplication.instance(), already_running=True)
    made.set_exception_handler(log.asyncio_fault)
    return made


def close_loop() -> None:
    """Take asyncio off Qt's loop; does nothing where there is none. What is under way on it never goes on."""
    try:
        made = asyncio.get_running_loop()
    except RuntimeError:
        return
    _set_running_loop(None)
    made.close()


class _OnQt(qasync.QEventLoop):  # type: ignore[misc]
    """qasync's loop, which runs for as long as it is the thread's, whoever runs Qt's.

    Its own idea of that ends with `stop`, which would end Qt's loop as well.
    """

    def is_running(self) -> bool:
        return _get_running_loop() is self

    def close(self) -> None:
        if not self.is_closed():
            self._after_run_forever()  # ends the thread that it has on Windows
        super().close()


class Tasks:
    """Tasks that belong to one part of the window. asyncio itself keeps only weak references to them.

    What one raises goes to the loop's exception handler, with its name.
    """

    def __init__(self) -> None:
        self._kept: set[asyncio.Task[Any]] = set()

    def __bool__(self) -> bool:
        """Whether one is under way."""
        return bool(self._kept)

    def start(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Run a coroutine from now on; its first step comes with the loop's next turn."""
        task = loop().create_task(work, name=name)
        self._kept.add(task)
        task.add_done_callback(self._ended)
        return task

    def close(self) -> None:
        """Cancel what is under way."""
        for task in tuple(self._kept):
            task.cancel()

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._kept.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            task.get_loop().call_exception_handler(
                {"message": f"task {task.get_name()}", "exception": error, "task": task}
            )
