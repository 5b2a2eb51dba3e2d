"""Edits that take longer than a moment run beside the window and are put in place when they are done."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

from PySide6.QtCore import QObject, Signal, Slot

from engine.cancel import Check, check_of, never
from engine.editing.plans import Made, Planner
from engine.errors import InputError, UnflattenError
from engine.words import said
from gui.document.session import DocumentSession
from gui.jobs import Done, Failed, JobHost, Outcome, Stopped
from gui.tasks import Tasks

T = TypeVar("T")

SMALL = 2_000_000
"""px of work that are done at once: a job would only make the window flicker."""
PATIENCE = 1.0
"""Seconds after a cancel until an edit is let go of that hears nothing in the middle of one large array."""


class EditJobs(QObject):
    """One slow edit at a time; the document may be edited meanwhile.

    Signals:
        message(str): for the status bar, e.g. why an edit was refused.
        busy(str): what is under way; "" when nothing is.
    """

    message = Signal(str)
    busy = Signal(str)

    def __init__(self, session: DocumentSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = Tasks()
        self._running = False
        self._host = JobHost("edits", self, PATIENCE)
        # What is under way when another document is opened belongs to the one that is gone.
        session.opened.connect(self._host.cancel)

    @property
    def running(self) -> bool:
        """Whether an edit is being worked out."""
        return self._running

    @Slot()
    def cancel(self) -> None:
        """Ask the edit under way to stop; the document stays as it is."""
        self._host.cancel()

    def close(self) -> None:
        """End it; does not wait."""
        self._tasks.close()
        self._host.close()

    def run(self, text: str, planner: Planner, then: Callable[[], None] | None = None) -> None:
        """Do an edit as one undo step called `text`; says why where it is refused. `then` is called after it."""
        try:
            plan = planner(self._session.document)
        except InputError as error:
            self.message.emit(str(error))
            return
        selected = self._session.selection

        def put(made: Made) -> None:
            # Whatever was edited meanwhile stays, as long as the edit would still make the same.
            try:
                now = planner(self._session.document)
            except (InputError, KeyError):
                now = None
            if now is None or not now.reads_the_same(plan):
                self.message.emit(said("jobs.changed-meanwhile", edit=text))
                return
            after, new = now.put(made)
            kept = new if self._session.selection == selected else None
            self._session.apply(text, lambda _d: after, select=kept)
            if made.notes:
                self.message.emit(" ".join(map(str, made.notes)))
            if then is not None:
                then()

        self.compute(text, plan.make, put, plan.size)

    def compute(self, text: str, make: Callable[[Check], T], then: Callable[[T], None], size: int) -> None:
        """Call `then` with what `make` returns: at once for `size` up to SMALL px, else when a thread has made it.

        `make` is given a check to call often. `then` is not called after a cancel, nor for another document.
        """
        if self.running:
            self.message.emit(said("jobs.wait"))
            return
        if size <= SMALL:
            try:
                made = make(never)
            except UnflattenError as error:
                self.message.emit(str(error))
                return
            then(made)
            return
        self._running = True
        self.busy.emit(text)
        making = self._host.run(lambda _report, cancelled: make(check_of(cancelled)))
        self._tasks.start(self._put(making, then), text)

    async def _put(self, making: Awaitable[Outcome[T]], then: Callable[[T], None]) -> None:
        outcome = await making
        self._running = False  # before anyone hears of the end: who hears it may start the next edit
        self.busy.emit("")
        match outcome:
            case Done(made):
                then(made)
            case Failed(error):
                self.message.emit(str(error))
            case Stopped():
                self.message.emit(said("jobs.cancelled"))
