"""A thread that runs one job at a time and tells the window how it goes. QtCore only; no widgets.

A job is a plain function `job(report, cancelled)`; it ends in exactly one of the signals `done`, `failed`, `cancelled`.
All signals arrive in the thread that the host lives in.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any

from PySide6.QtCore import QObject, Qt, QThread, Signal, Slot

from engine import log
from engine.errors import Cancelled, RunFailed, UnflattenError

Job = Callable[[Callable[[Any], None], Event], Any]


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    number: int
    job: Job
    cancelled: Event


@dataclass(frozen=True, slots=True, eq=False)
class _Message:
    """What comes back from the thread. One object through Signal(object): Qt's own types overflow or lose keys."""

    number: int
    signal: str
    value: Any = None


class _Runner(QObject):
    """Lives in the thread."""

    message = Signal(object)

    @Slot(object)
    def run(self, task: _Task) -> None:
        def report(value: Any) -> None:
            self.message.emit(_Message(task.number, "progress", value))

        try:
            outcome = _Message(task.number, "done", task.job(report, task.cancelled))
        except Cancelled:
            outcome = _Message(task.number, "cancelled")
        except UnflattenError as error:
            outcome = _Message(task.number, "failed", error)
        except MemoryError:
            outcome = _Message(task.number, "failed", RunFailed("general.out-of-memory"))
        except BaseException as error:  # noqa: BLE001 - it must reach the window, or that would wait for ever
            outcome = _Message(task.number, "failed", log.unforeseen(error))
        self.message.emit(outcome)


class JobHost(QObject):
    """Runs jobs off the UI thread, one at a time.

    Signals:
        started(): a job was accepted.
        progress(object): what the job reported.
        done(object): the job's return value.
        failed(UnflattenError): one sentence for the user.
        cancelled(): the job stopped as asked.
        finished(): after any of the last three; the host is idle again.
    """

    started = Signal()
    progress = Signal(object)
    done = Signal(object)
    failed = Signal(object)
    cancelled = Signal()
    finished = Signal()
    _submit = Signal(object)

    def __init__(self, name: str = "jobs", parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task: _Task | None = None
        self._count = 0
        self._thread = QThread()
        self._thread.setObjectName(name)
        self._runner = _Runner()
        self._runner.moveToThread(self._thread)
        self._submit.connect(self._runner.run, Qt.ConnectionType.QueuedConnection)
        self._runner.message.connect(self._receive, Qt.ConnectionType.QueuedConnection)

    @property
    def running(self) -> bool:
        return self._task is not None

    @property
    def stopping(self) -> bool:
        return self._task is not None and self._task.cancelled.is_set()

    def start(self, job: Job) -> bool:
        """Run a job; False, and nothing happens, while another one runs."""
        if self.running:
            return False
        if not self._thread.isRunning():
            self._thread.start()
        self._count += 1
        self._task = _Task(self._count, job, Event())
        self._submit.emit(self._task)
        self.started.emit()
        return True

    def cancel(self) -> None:
        """Ask the job to stop; it answers with `cancelled`, or with its result if it was quicker."""
        if self._task is not None:
            self._task.cancelled.set()

    def close(self) -> None:
        """Stop the job and the thread, and wait for both; call before the application ends."""
        self.cancel()
        self._task = None
        if self._thread.isRunning():
            self._thread.quit()
            self._thread.wait()

    @Slot(object)
    def _receive(self, message: _Message) -> None:
        if self._task is None or message.number != self._task.number:
            return
        if message.signal == "progress":
            self.progress.emit(message.value)
            return
        # Idle before anyone hears of the end: a slot may start the next job.
        self._task = None
        if message.signal == "cancelled":
            self.cancelled.emit()
        else:
            getattr(self, message.signal).emit(message.value)
        self.finished.emit()
