"""Work off the UI thread, one job at a time, that tells the window how it goes. QtCore only; no widgets.

A job is a plain function `job(report, cancelled)`; it ends in exactly one of done, failed and cancelled, heard in the
thread that the host lives in: awaited as an outcome, or as one of the signals of that name. After a cancel the only
end is cancelled, however the job itself ended.

Each job has a Python thread of its own, a daemon. A job that cannot hear a cancel (a decoder inside a library) is let
go of, and ends by itself; a QThread that is still running when the program ends would abort it.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any, Generic, TypeAlias, TypeVar

from PySide6.QtCore import QObject, Qt, QTimer, Signal, Slot
from shiboken6 import isValid

from engine import log
from engine.errors import Cancelled, RunFailed, UnflattenError
from gui.tasks import loop

T = TypeVar("T")
Report: TypeAlias = Callable[[Any], None]
Job: TypeAlias = Callable[[Report, Event], T]


@dataclass(frozen=True, slots=True, eq=False)
class Done(Generic[T]):
    """The job returned this."""

    value: T


@dataclass(frozen=True, slots=True, eq=False)
class Failed:
    """The job could not be done; the error's sentence is for the user."""

    error: UnflattenError


@dataclass(frozen=True, slots=True)
class Stopped:
    """The job was cancelled."""


Outcome: TypeAlias = Done[T] | Failed | Stopped


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

    def __init__(self, name: str = "jobs", parent: QObject | None = None, patience: float | None = None) -> None:
        """`patience`: seconds after a cancel until a job that has not heard it is let go of; None: never."""
        super().__init__(parent)
        self._name = name
        self._task: _Task | None = None
        self._patience = QTimer(self)
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._let_go)
        self._wait = patience
        _mailbox()  # made here, in the thread that is to hear

    @property
    def running(self) -> bool:
        """Whether a job is under way."""
        return self._task is not None

    @property
    def stopping(self) -> bool:
        """Whether the job under way was asked to stop."""
        return self._task is not None and self._task.cancelled.is_set()

    def start(self, job: Job[Any]) -> bool:
        """Run a job whose end is heard by signals; False, and nothing happens, while another one runs."""
        if self.running:
            return False
        self._begin(_Task(Event()), job)
        return True

    def run(self, job: Job[T], report: Report | None = None) -> asyncio.Future[Outcome[T]]:
        """Start a job now and await its outcome. Raises RuntimeError while another one runs.

        `report` is called in this thread with what the job reports.
        """
        if self.running:
            raise RuntimeError(self._name)
        ending: asyncio.Future[Outcome[T]] = loop().create_future()
        self._begin(_Task(Event(), report, ending), job)
        return ending

    @Slot()
    def cancel(self) -> None:
        """Ask the job to stop; it ends as cancelled, whatever it does."""
        if self._task is not None and not self.stopping:
            self._task.cancelled.set()
            if self._wait is not None:
                self._patience.start(round(self._wait * 1000))

    def close(self) -> None:
        """Ask the job to stop and hear no more of it; does not wait for its thread."""
        self._patience.stop()
        task, self._task = self._task, None
        if task is not None:
            task.cancelled.set()
            if task.ending is not None:
                task.ending.cancel()

    def hear(self, message: _Message) -> None:
        """What a job's thread has posted; for the mailbox."""
        if self._task is None or message.task is not self._task:
            return  # a job that was let go of
        if message.kind == "progress":
            if not self.stopping:
                self.progress.emit(message.value)
                if self._task is not None and self._task.report is not None:
                    self._task.report(message.value)
            return
        self._end(Stopped() if self.stopping else message.value)

    def _begin(self, task: _Task, job: Job[Any]) -> None:
        self._task = task
        thread = threading.Thread(target=_work, args=(self, task, job), name=f"job {self._name}", daemon=True)
        _threads[:] = [*threads(), thread]
        thread.start()
        self.started.emit()

    @Slot()
    def _let_go(self) -> None:
        if self.stopping:
            self._end(Stopped())

    def _end(self, outcome: Outcome[Any]) -> None:
        # Idle before anyone hears of the end: who hears it may start the next job.
        task, self._task = self._task, None
        self._patience.stop()
        match outcome:
            case Done(value):
                self.done.emit(value)
            case Failed(error):
                self.failed.emit(error)
            case Stopped():
                self.cancelled.emit()
        self.finished.emit()
        if task is not None and task.ending is not None and not task.ending.done():
            task.ending.set_result(outcome)


def threads() -> list[threading.Thread]:
    """The threads of jobs that have not ended, those let go of among them."""
    return [thread for thread in _threads if thread.is_alive()]


def wait(seconds: float) -> bool:
    """Wait for the threads of all jobs, at most that long; whether they have ended."""
    until = time.monotonic() + seconds
    for thread in threads():
        thread.join(max(0.0, until - time.monotonic()))
    return not threads()


# -- in the job's thread


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    cancelled: Event
    report: Report | None = None
    ending: asyncio.Future[Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class _Message:
    """What comes back from the thread. One object through Signal(object): Qt's own types overflow or lose keys."""

    host: JobHost
    task: _Task
    kind: str
    value: Any


class _Mailbox(QObject):
    """Through which every thread posts; it outlives every host, so that no thread meets a deleted object."""

    posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.posted.connect(self._deliver, Qt.ConnectionType.QueuedConnection)

    @Slot(object)
    def _deliver(self, message: _Message) -> None:
        if isValid(message.host):
            message.host.hear(message)


_threads: list[threading.Thread] = []
_boxes: list[_Mailbox] = []


def _mailbox() -> _Mailbox:
    if not _boxes:
        _boxes.append(_Mailbox())
    return _boxes[0]


def _work(host: JobHost, task: _Task, job: Job[Any]) -> None:
    def post(kind: str, value: Any) -> None:
        _boxes[0].posted.emit(_Message(host, task, kind, value))

    outcome: Outcome[Any]
    try:
        outcome = Done(job(lambda value: post("progress", value), task.cancelled))
    except Cancelled:
        outcome = Stopped()
    except UnflattenError as error:
        outcome = Failed(error)
    except MemoryError:
        outcome = Failed(RunFailed("general.out-of-memory"))
    except BaseException as error:  # noqa: BLE001 - it must reach the window, or that would wait for ever
        outcome = Failed(log.unforeseen(error))
    post("end", outcome)
