"""Runs a decomposition beside the window and puts its result into the session as one undo step."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, Signal, Slot

from engine.decomposer import Lift, Progress, Request, Result
from engine.document import Document
from engine.errors import UnflattenError
from engine.worker import JobHost
from gui.session import DocumentSession


class DecomposeController(QObject):
    """One run at a time over the session's original image.

    Signals:
        started(), finished(): a run began; it ended, however it did.
        progress(Progress): where the run stands.
        succeeded(Result): its layers are in the document now.
        failed(str): one sentence; the document is as it was.
        stopped(str): the user, or opening another image, ended the run; says which.
    """

    started = Signal()
    finished = Signal()
    progress = Signal(object)
    succeeded = Signal(object)
    failed = Signal(str)
    stopped = Signal(str)

    def __init__(self, session: DocumentSession, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._host = JobHost("decompose", self)
        self._source: Document | None = None
        self._host.progress.connect(self._on_progress)
        self._host.done.connect(self._on_done)
        self._host.failed.connect(self._on_failed)
        self._host.cancelled.connect(self._on_cancelled)
        self._host.finished.connect(self.finished)
        session.opened.connect(self._on_opened)

    @property
    def running(self) -> bool:
        return self._host.running

    @property
    def stopping(self) -> bool:
        return self._host.stopping

    def start(self, engine: str = "auto", layers: int | None = None, lift: Lift = Lift.FULL) -> bool:
        """Begin a run; False while one is under way or nothing is open."""
        document = self._session.document
        if self.running or document.original is None:
            return False
        self._source = document
        request = Request(document.original, engine, layers, lift)

        def job(report, cancelled):
            from engine.pipeline import decompose

            return decompose(document, request, report, cancelled)

        self._host.start(job)
        self.started.emit()
        return True

    def cancel(self) -> None:
        self._host.cancel()

    def close(self) -> None:
        self._host.close()

    @Slot(object)
    def _on_progress(self, progress: Progress) -> None:
        self.progress.emit(progress)

    @Slot(object)
    def _on_done(self, result: Result) -> None:
        if not self._is_current():
            self.stopped.emit("The run was dropped because another image was opened.")
            return
        nodes = result.document.nodes
        top = nodes[-1].id
        self._session.apply("Decompose", lambda document: replace(document, nodes=nodes), select=[top])
        self.succeeded.emit(result)

    @Slot(object)
    def _on_failed(self, error: UnflattenError) -> None:
        self.failed.emit(str(error))

    @Slot()
    def _on_cancelled(self) -> None:
        reason = "Cancelled; nothing was changed." if self._is_current() else "Cancelled: another image was opened."
        self.stopped.emit(reason)

    @Slot()
    def _on_opened(self) -> None:
        self._host.cancel()

    def _is_current(self) -> bool:
        return self._source is not None and self._session.document.original is self._source.original
