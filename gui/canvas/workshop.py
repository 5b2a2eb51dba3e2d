"""Work behind the window's back: one short-lived thread that makes images, and a place to fetch them from."""

from __future__ import annotations

import logging
import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

log = logging.getLogger(__name__)

Make = Callable[[], Any]
"""What makes one image, in seconds at most."""


class Workshop:
    """Makes one image after the other in a thread that ends when there is nothing to do.

    It knows no Qt signals: the owner fetches results when it likes, so nothing is ever delivered to a widget that is
    being deleted, and no idle thread is left over at exit.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: OrderedDict[Hashable, Make] = OrderedDict()
        self._results: queue.SimpleQueue[tuple[Hashable, Any]] = queue.SimpleQueue()
        self._running: Hashable | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False

    def submit(self, key: Hashable, make: Make) -> bool:
        """Queue one once per key; False where it was not taken."""
        with self._lock:
            if self._stopped or key in self._waiting or key == self._running:
                return False
            self._waiting[key] = make
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="canvas-images")
                self._thread.start()
            return True

    @property
    def busy(self) -> bool:
        """Whether an image is being made, waits to be, or was not fetched."""
        with self._lock:
            return self._thread is not None or not self._results.empty()

    def results(self) -> list[tuple[Hashable, Any]]:
        """What was finished since the last call, as (key, result); the result is None where making it failed."""
        out = []
        while True:
            try:
                out.append(self._results.get_nowait())
            except queue.Empty:
                return out

    def drop(self) -> None:
        """Forget what has not begun."""
        with self._lock:
            self._waiting.clear()

    def stop(self) -> None:
        """Forget what is queued, wait for what is being made, take no more."""
        with self._lock:
            self._stopped = True
            self._waiting.clear()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._running = self._thread = None
                    return
                self._running, make = self._waiting.popitem(last=False)
                key = self._running
            try:
                result = make()
            except Exception:
                # Out of memory, or OpenCV's own error for images it cannot allocate: the draft stays on screen.
                log.exception("an image of the canvas was not made")
                result = None
            self._results.put((key, result))
