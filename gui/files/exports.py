"""What is written to disk: one file after the other, each in its turn, and the list of them shown."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from gui.jobs import Done, Job, JobHost, Outcome
from gui.tasks import loop

T = TypeVar("T")


@dataclass(frozen=True, slots=True, eq=False)
class _Export:
    name: str
    job: Job[Any]
    ending: asyncio.Future[Any]


class Exports(QObject):
    """The queue of exports. A document is immutable, so each writes what was there when it was asked for.

    Signals:
        changed(): `names` is another list.
        progress(float): how far the one being written is, 0..1.
    """

    changed = Signal()
    progress = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._host = JobHost("exports", self)
        self._queue: list[_Export] = []

    @property
    def names(self) -> tuple[str, ...]:
        """What is being written, and after it what waits, in order."""
        return tuple(export.name for export in self._queue)

    def write(self, name: str, job: Job[T]) -> asyncio.Future[Outcome[T]]:
        """Do the job now, or when all that were asked for before it have ended; await its outcome."""
        export = _Export(name, job, loop().create_future())
        self._queue.append(export)
        if len(self._queue) == 1:
            self._next()
        self.changed.emit()
        return export.ending

    async def finished(self) -> bool:
        """Wait for all that were asked for until now; whether all of them were written."""
        outcomes = await asyncio.gather(*(export.ending for export in self._queue))
        return all(isinstance(outcome, Done) for outcome in outcomes)

    @Slot()
    def cancel(self) -> None:
        """Cancel the one that is being written; the next begins."""
        self._host.cancel()

    def close(self) -> None:
        """End the one that is being written and forget the others; does not wait."""
        queue, self._queue = self._queue, []
        self._host.close()
        for export in queue:
            export.ending.cancel()

    def _next(self) -> None:
        self._host.run(self._queue[0].job, self.progress.emit).add_done_callback(self._on_end)

    def _on_end(self, running: asyncio.Future[Outcome[Any]]) -> None:
        if running.cancelled():
            return  # closed
        ended = self._queue.pop(0)
        if not ended.ending.done():
            ended.ending.set_result(running.result())
        if self._queue:
            self._next()
        self.changed.emit()
