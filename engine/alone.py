"""Calls that cannot hear that they shall stop (models): left to end alone, while who waits for them hears it."""

from __future__ import annotations

import atexit
import threading
import time
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from engine.cancel import Check

T = TypeVar("T")

LOOK_SECONDS = 0.03
"""How often a waiting thread looks whether it shall stop; a tenth of the time in which a cancel is answered."""
FAREWELL_SECONDS = 3.0
"""How long the program waits at its end for calls left alone: a thread inside a model must not outlive Python."""

_turn = threading.Lock()
_left: set[_Answer[Any]] = set()


def alone(call: Callable[[], T], check: Check, end: Callable[[], None] | None = None) -> T:
    """What `call` returns or raises; it runs on a thread of its own while this one goes on hearing `check`.

    Where `check` raises, the call is left to end by itself and what it returns is thrown away. Such calls (models,
    which take every core) run one at a time, also after those that were left.

    Args:
        end: hurries a call that was left, where it can be hurried (onnxruntime's `RunOptions.terminate`).
    """
    check()
    answer = _Answer(call)
    _left.add(answer)
    threading.Thread(target=answer.find, name="alone", daemon=True).start()
    try:
        while not answer.ended.wait(LOOK_SECONDS):
            check()
        check()
    except BaseException:
        answer.wanted = False
        if end is not None:
            end()
        raise
    return answer.given()


class _Answer(Generic[T]):
    """What a call on another thread returned or raised.

    `ended` says when, not the thread: a `Thread.join` that Ctrl-C interrupts takes a running thread for a finished one
    (https://github.com/python/cpython/issues/90882, until Python 3.13).
    """

    def __init__(self, call: Callable[[], T]) -> None:
        self._call = call
        self._found: list[T] = []
        self._error: BaseException | None = None
        self.wanted = True
        self.ended = threading.Event()

    def find(self) -> None:
        try:
            with _turn:
                if self.wanted:
                    self._found.append(self._call())
        except BaseException as error:  # noqa: BLE001 - raised again on the thread that waits
            self._error = error
        finally:
            _left.discard(self)
            self.ended.set()

    def given(self) -> T:
        if self._error is not None:
            raise self._error
        return self._found[0]


@atexit.register
def _farewell() -> None:
    until = time.monotonic() + FAREWELL_SECONDS
    for answer in tuple(_left):
        answer.ended.wait(max(0.0, until - time.monotonic()))
