"""Work behind the window's back: one short-lived thread that makes images and hands them over on the window's thread."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

from PySide6.QtCore import QObject, Signal

Job = Callable[[], Any]


class Workshop(QObject):
    """Runs jobs one after the other. The thread ends when there is nothing to do, so none is left over at exit.

    Signals:
        done((key, result)): emitted in the thread, delivered in the receiver's; result None where the job failed.
    """

    done = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lock = threading.Lock()
        self._jobs: OrderedDict[Hashable, Job] = OrderedDict()
        self._running: Hashable | None = None
        self._thread: threading.Thread | None = None
        self._stopped = False

    def submit(self, key: Hashable, job: Job) -> None:
        """Queue a job once per key."""
        with self._lock:
            if self._stopped or key in self._jobs or key == self._running:
                return
            self._jobs[key] = job
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="canvas-images", daemon=True)
                self._thread.start()

    @property
    def busy(self) -> bool:
        with self._lock:
            return self._thread is not None

    def drop(self) -> None:
        """Forget the jobs that have not begun."""
        with self._lock:
            self._jobs.clear()

    def stop(self) -> None:
        """Forget what is queued, wait for the job at work, take no more."""
        with self._lock:
            self._stopped = True
            self._jobs.clear()
            thread = self._thread
        if thread is not None:
            thread.join()

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._jobs:
                    self._running = self._thread = None
                    return
                self._running, job = self._jobs.popitem(last=False)
                key = self._running
            try:
                result = job()
            except (MemoryError, ValueError, ArithmeticError):
                result = None
            except Exception:
                # OpenCV raises its own error for images it cannot allocate; the draft stays on screen.
                result = None
            try:
                self.done.emit((key, result))
            except RuntimeError:
                return  # the window is gone
