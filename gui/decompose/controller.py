"""Runs a decomposition beside the window and puts its result into the session as one undo step."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from engine.decomposer import Lift, Report, Request, Result
from engine.document import Document
from engine.editing import edits
from engine.errors import RunFailed
from engine.imaging.compositing import Raster, render_layer
from engine.words import said
from gui.decompose.outcome import Notes, in_place_of, with_result
from gui.document.session import DocumentSession
from gui.jobs import Done, Failed, Job, JobHost, Outcome, Stopped
from gui.tasks import Tasks

if TYPE_CHECKING:
    from engine.variants import Variant
    from gui.decompose.choices import Choices


class DecomposeController(QObject):
    """One run at a time over the session's original image.

    Signals:
        started(), finished(): a run began; it ended, however it did.
        progress(Progress): where the run stands.
        succeeded(Result): its layers are in the document now.
        failed(str): one sentence; the document is as it was.
        stopped(str): the user, or opening another image or closing this one, ended the run; says which.
        choices_changed(): `choices` are others: several seeds are done, or they are gone with a new run or image.
    """

    started = Signal()
    finished = Signal()
    progress = Signal(object)
    succeeded = Signal(object)
    failed = Signal(str)
    stopped = Signal(str)
    choices_changed = Signal()

    def __init__(self, session: DocumentSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._tasks = Tasks()
        self._host = JobHost("decompose", self)
        self._running = False
        self._source: Document | None = None
        self._layer: str | None = None
        self._count = 1
        self._choices: Choices | None = None
        self._states: list[Document] = []  # as it was when the run began and after each choice that was kept
        session.opened.connect(self._on_opened)

    @property
    def running(self) -> bool:
        """Whether a run is under way."""
        return self._running

    @property
    def stopping(self) -> bool:
        """Whether the run under way was asked to stop."""
        return self._host.stopping

    @property
    def choices(self) -> Choices | None:
        """The results of several seeds, of which one can be kept; until the next run or image."""
        return self._choices

    @property
    def seeds(self) -> int:
        """How many seeds the last run is, or was, of."""
        return self._count

    @property
    def of_whole_image(self) -> bool:
        """False while the last run is, or was, of one layer."""
        return self._layer is None

    def start(
        self,
        engine: str = "auto",
        layers: int | None = None,
        lift: Lift = Lift.FULL,
        seed: int = 0,
        options: object | None = None,
    ) -> bool:
        """Begin a run; False while one is under way or nothing is open."""
        document = self._session.document
        if self.running or document.original is None:
            return False
        request = Request(document.original, engine, layers, lift, seed, options)

        def job(report: Report, cancelled: Event) -> Result:
            from engine.pipeline import decompose

            return decompose(document, request, report, cancelled)

        self._begin(document, job)
        return True

    def start_seeds(
        self,
        seeds: Sequence[int],
        engine: str = "auto",
        layers: int | None = None,
        lift: Lift = Lift.FULL,
        options: object | None = None,
    ) -> bool:
        """Begin a run for each seed; the results come as `choices`, and `keep` takes one of them."""
        document = self._session.document
        if self.running or document.original is None:
            return False
        request = Request(document.original, engine, layers, lift, seeds[0], options)

        def job(report: Report, cancelled: Event) -> Choices:
            from engine.variants import decompose_seeds
            from gui.decompose.choices import prepare

            return prepare(decompose_seeds(document, request, seeds, report, cancelled))

        self._begin(document, job, seeds=len(seeds))
        return True

    def keep(self, variant: Variant) -> None:
        """Put one of the choices into the document, as one undo step; the others stay to be looked at."""
        if self._choices is None:
            return
        shown = self._session.document
        states = reversed(self._states)
        self._source = next((s for s in states if all(shown.has(n.id) for n in s.walk())), self._source)
        self._put(variant.result)
        if self._source is not None:
            self._states.append(self._source)

    def start_layer(
        self,
        layer_id: str,
        engine: str = "auto",
        layers: int | None = None,
        seed: int = 0,
        options: object | None = None,
    ) -> bool:
        """Take one layer of the document apart; its alpha is kept and a group takes its place."""
        document = self._session.document
        layer = document.layer(layer_id)
        if self.running:
            return False
        if layer_id in edits.locked_ids(document):
            self.stopped.emit(str(edits.refusal(document, [layer_id])))
            return False
        raster = render_layer(layer)
        request = Request(raster.pixels, engine, layers, seed=seed, options=options)

        def job(report: Report, cancelled: Event) -> Result:
            return _layer_result(document, layer.name, raster, request, report, cancelled)

        self._begin(document, job, layer=layer_id)
        return True

    def _begin(
        self, document: Document, job: Job[Result] | Job[Choices], *, layer: str | None = None, seeds: int = 1
    ) -> None:
        self._source, self._layer, self._count = document, layer, seeds
        self._states = [document]
        self._set_choices(None)
        self._running = True
        run: Awaitable[Outcome[Result | Choices]] = self._host.run(job, self.progress.emit)
        self._tasks.start(self._finish(run), "decompose")
        self.started.emit()

    def _set_choices(self, choices: Choices | None) -> None:
        if choices is not self._choices:
            self._choices = choices
            self.choices_changed.emit()

    def cancel(self) -> None:
        """Ask the run to stop; the document stays as it is."""
        self._host.cancel()

    def close(self) -> None:
        """End the run; does not wait. What an engine keeps running is ended with the program."""
        self._tasks.close()
        self._host.close()

    async def _finish(self, run: Awaitable[Outcome[Result | Choices]]) -> None:
        outcome = await run
        self._running = False
        match outcome:
            case Done(_) if not self._is_current():
                self.stopped.emit(said("decompose.dropped"))
            case Done(found):
                self._take(found)
            case Failed(error):
                self.failed.emit(str(error))
            case Stopped():
                self.stopped.emit(said(self._why_stopped()))
        if not self._is_current():
            self._forget()
        self.finished.emit()

    def _take(self, found: Result | Choices) -> None:
        if isinstance(found, Result):
            self._put(found)
        else:
            self._set_choices(found)

    def _put(self, result: Result) -> None:
        nodes = result.document.nodes
        if self._layer is not None:
            self._put_in_place(self._layer, result)
            return
        assert self._source is not None
        after, told = with_result(self._source, self._session.document, nodes)
        self._session.apply("Decompose", lambda _document: after, select=())
        self._source = after
        self.succeeded.emit(_noted(result, told))

    def _put_in_place(self, layer_id: str, result: Result) -> None:
        if not self._session.document.has(layer_id):
            self.stopped.emit(said("decompose.layer-deleted"))
            return
        assert self._source is not None
        then, nodes = self._source.layer(layer_id), result.document.nodes
        after, told = in_place_of(then, self._session.document, nodes)
        self._session.apply(f"Decompose {then.name}", lambda _document: after, select=[nodes[-1].id])
        self.succeeded.emit(_noted(result, told))

    @Slot()
    def _on_opened(self) -> None:
        self._host.cancel()
        self._set_choices(None)
        if not self._running:
            self._forget()

    def _forget(self) -> None:
        """Let go of the document that is gone."""
        self._source, self._states = None, []

    def _is_current(self) -> bool:
        return self._source is not None and self._session.document.original is self._source.original

    def _why_stopped(self) -> str:
        if self._is_current():
            return "jobs.cancelled"
        return "decompose.cancelled-by-opening" if self._session.is_open else "decompose.cancelled-by-closing"


def _noted(result: Result, said: Notes) -> Result:
    return replace(result, notes=(*result.notes, *said))


def _layer_result(
    document: Document, name: str, raster: Raster, request: Request, report: Report, cancelled: Event
) -> Result:
    """Decompose what a layer shows; the result's layers are placed in the whole document."""
    from engine.opening.flat import from_pixels
    from engine.pipeline import decompose

    alone = from_pixels(raster.pixels, document.dpi, document.icc, document.icc_name)
    result = decompose(alone, request, report, cancelled)
    if len(result.document.nodes) < 2:
        raise RunFailed("decompose.one-thing", name=name)
    moved = tuple(
        replace(part, left=part.left + raster.left, top=part.top + raster.top) for part in result.document.layers()
    )
    return replace(result, document=replace(result.document, nodes=moved))
