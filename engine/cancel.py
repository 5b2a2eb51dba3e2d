"""How long work below the window hears that it should stop: it is given a check and calls it often."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import IO, Any, TypeAlias

from engine.errors import Cancelled

Check: TypeAlias = Callable[[], None]
"""Called between the parts of long work; raises Cancelled where the user asked to stop."""


def never() -> None:
    """The check of work that nobody cancels."""


def check_of(cancelled: Event) -> Check:
    """A check that raises Cancelled once the event is set, by whatever thread."""

    def check() -> None:
        if cancelled.is_set():
            raise Cancelled

    return check


class HearingFile:
    """A binary file each of whose reads asks first: what decodes bit by bit stops in the middle of a large file."""

    def __init__(self, file: IO[bytes], check: Check) -> None:
        self._file, self._check = file, check

    def read(self, size: int = -1) -> bytes:
        self._check()
        return self._file.read(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
