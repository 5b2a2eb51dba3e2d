"""Independent tiles on a few threads: NumPy and OpenCV let go of the interpreter while they work."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from engine.lifting.sheet import Box

_MOST_THREADS = 4
"""More gain nothing: by then memory is what tiles wait for."""
_LOOK_SECONDS = 0.05
"""How often `check` is called while a tile is waited for."""


def each_tile(
    tiles: Iterable[Box], work: Callable[[Box], None], tick: Callable[[], None], check: Callable[[], None]
) -> None:
    """Run `work` on every tile.

    Only a few tiles are under way at a time, so memory stays bounded and a stop is quick: those that have begun are
    finished, the others never begin.

    Args:
        tick: called on this thread before each tile; may raise to stop.
        check: the same, often while tiles are waited for.
    """
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    under_way: deque[Future[None]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="lift")
    try:
        for tile in tiles:
            tick()
            under_way.append(pool.submit(work, tile))
            if len(under_way) > threads:
                _wait(under_way.popleft(), check)
        for running in under_way:
            _wait(running, check)
    finally:
        pool.shutdown(cancel_futures=True)


def _wait(running: Future[None], check: Callable[[], None]) -> None:
    while True:
        check()
        try:
            return running.result(_LOOK_SECONDS)
        except TimeoutError:
            if running.done():  # it may have ended after the wait had: its result, or the TimeoutError of its own
                return running.result()
