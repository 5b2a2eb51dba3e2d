"""Independent tiles on a few threads: NumPy and OpenCV let go of the interpreter while they work."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor

from engine.lifting.sheet import Box

_MOST_THREADS = 4


def each_tile(tiles: Iterable[Box], work: Callable[[Box], None], tick: Callable[[], None]) -> None:
    """Run `work` on every tile; `tick` is called on this thread before each and may raise to stop.

    Only a few tiles are under way at a time, so memory stays bounded and a stop is quick.
    """
    threads = min(_MOST_THREADS, os.cpu_count() or 1)
    under_way: deque[Future[None]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="lift") as pool:
        for tile in tiles:
            tick()
            under_way.append(pool.submit(work, tile))
            if len(under_way) > threads:
                under_way.popleft().result()
        for running in under_way:
            running.result()
