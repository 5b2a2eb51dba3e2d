"""Edits that take longer than a moment run beside the window and are put in place when they are done."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from engine.cancel import Check, check_of, never
from engine.editing.plans import Made, Planner
from engine.errors import InputError, UnflattenError
from gui.document.session import DocumentSession
from gui.jobs import JobHost

SMALL = 2_000_000
"""px of work that are done at once: a job would only make the window flicker."""


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
        self._then: Callable[[Any], None] | None = None
        self._host = JobHost("edits", self)
        self._host.done.connect(self._on_done)
        self._host.failed.connect(self._on_failed)
        self._host.cancelled.connect(self._on_cancelled)
        self._host.finished.connect(self._on_finished)
        session.opened.connect(self._on_opened)

    @property
    def running(self) -> bool:
        return self._host.running

    @Slot()
    def cancel(self) -> None:
        self._host.cancel()

    def close(self) -> None:
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
                self.message.emit(f"The layers changed meanwhile, so “{text}” was not done; choose it again.")
                return
            after, new = now.put(made)
            kept = new if self._session.selection == selected else None
            self._session.apply(text, lambda _d: after, select=kept)
            if made.notes:
                self.message.emit(" ".join(map(str, made.notes)))
            if then is not None:
                then()

        self.compute(text, plan.make, put, plan.size)

    def compute(self, text: str, make: Callable[[Check], Any], then: Callable[[Any], None], size: int) -> None:
        """Call `then` with what `make` returns: at once for `size` up to SMALL px, else when a thread has made it."""
        if self._host.running:
            self.message.emit("Wait until the edit before is done, or cancel it.")
            return
        if size <= SMALL:
            try:
                made = make(never)
            except UnflattenError as error:
                self.message.emit(str(error))
                return
            then(made)
            return

        def job(_report: object, cancelled: Event) -> Any:
            check = check_of(cancelled)
            made = make(check)
            check()
            return made

        self._then = then
        self.busy.emit(text)
        self._host.start(job)

    @Slot(object)
    def _on_done(self, made: Any) -> None:
        then, self._then = self._then, None
        if then is not None:
            then(made)

    @Slot(object)
    def _on_failed(self, error: UnflattenError) -> None:
        self.message.emit(str(error))

    @Slot()
    def _on_cancelled(self) -> None:
        self.message.emit("Cancelled; nothing was changed.")

    @Slot()
    def _on_finished(self) -> None:
        if not self._host.running:
            self.busy.emit("")

    @Slot()
    def _on_opened(self) -> None:
        # What is under way belongs to the document that is gone.
        self._then = None
        self._host.cancel()
