"""Opening, pasting and exporting, off the UI thread; asks before anything unsaved would go."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from PySide6.QtCore import QMimeData, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from engine.cancel import Check, check_of
from engine.document import Document
from engine.opening.flat import Opened, open_bytes
from engine.opening.layered import SUFFIXES, open_layered
from engine.words import said
from gui.dialogs import asking
from gui.dialogs.messages import show_error
from gui.document.session import DocumentSession
from gui.files.clipboard import place_of
from gui.files.exports import Exports
from gui.files.pasting import Pasted, corner_of, files_in, picture_in, place_in, read_file, read_picture
from gui.jobs import Done, Failed, JobHost, Outcome, Stopped
from gui.settings import preferences
from gui.tasks import Tasks

T = TypeVar("T")

RECENT_LIMIT = 12
PATIENCE = 0.3
"""Seconds after a cancel until a file that is being read is let go of: its decoder may hear nothing until its end."""


class Files(QObject):
    """What comes in and goes out. What asks or takes time begins here and goes on in a task.

    Signals:
        message(str): for the status bar.
        reading(str): what is being opened or pasted; "" when nothing is.
        writing(object): names of the files that are being exported, in their order; the first is being written.
        progress(float): of the export under way, 0..1.
    """

    message = Signal(str)
    reading = Signal(str)
    writing = Signal(object)
    progress = Signal(object)

    def __init__(self, session: DocumentSession, window: QWidget, centre: Callable[[], tuple[float, float]]) -> None:
        """`centre`: the place of the document that is in the middle of the view; there pictures are pasted."""
        super().__init__(window)
        self._centre = centre
        self._session = session
        self._window = window
        self._asking = Tasks()
        self._work = Tasks()
        self._deciding = False
        self._reader = JobHost("reading", self, PATIENCE)
        self._exports = Exports(self)
        self._exports.progress.connect(self.progress)
        self._exports.changed.connect(self._on_exports)

    @property
    def running(self) -> bool:
        """Whether a file is being read or written, or waits for that."""
        return bool(self._work) or self._reader.running or bool(self._exports.names)

    @property
    def unsaved(self) -> bool:
        """Whether something would be lost if the program ended now."""
        return self._changed or bool(self._exports.names)

    @property
    def _changed(self) -> bool:
        return self._session.is_open and not self._session.stack.isClean()

    def close(self) -> None:
        """End all of it, as far as it can be ended; does not wait."""
        for part in (self._asking, self._work, self._reader, self._exports):
            part.close()

    @Slot()
    def cancel_reading(self) -> None:
        """Cancel what is being opened or pasted; it never appears."""
        self._reader.cancel()

    @Slot()
    def cancel_writing(self) -> None:
        """Cancel the export that is being written; the next one begins."""
        self._exports.cancel()

    # -- in

    def open_dialog(self) -> None:
        """Ask for a file and open it."""
        self._asking.start(self._ask_and_open(), "open dialog")

    def open_path(self, path: Path) -> None:
        """Open a file in place of the document, after asking where that has unsaved changes."""
        self._open(said("files.opening", name=path.name), lambda check: open_layered(path.absolute(), check=check))

    def open_mime(self, mime: QMimeData) -> bool:
        """Open what was dropped or pasted: a file or a picture. False where it is neither."""
        if paths := files_in(mime):
            self.open_path(paths[0])
            if len(paths) > 1:
                self.message.emit(said("files.dropped-several", count=len(paths), name=paths[0].name))
            return True
        data = picture_in(mime)
        if data is None:
            return False
        self._open(said("files.pasting"), lambda check: open_bytes(data, check=check))
        return True

    def paste(self) -> None:
        """Paste a picture or files: as new layers where a document is open, else as the document."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is None or not self._session.is_open:
            self.paste_as_new()
            return
        document = self._session.document
        paths, data, place = files_in(mime), picture_in(mime), place_of(mime)
        if paths:
            self._paste(lambda check: [read_file(path, document, check) for path in paths])
        elif data is not None:
            name = str(place["name"]) if place is not None else "Pasted image"
            self._paste(lambda check: [read_picture(data, document, name, check)], place)
        else:
            self.message.emit(said("files.nothing-on-clipboard"))

    def paste_as_new(self) -> None:
        """Open what is on the clipboard, a picture or a file, as the document."""
        mime = QGuiApplication.clipboard().mimeData()
        if mime is None or not self.open_mime(mime):
            self.message.emit(said("files.nothing-on-clipboard"))

    def recent(self) -> list[Path]:
        """Files opened lately that still exist, latest first."""
        return [path for path in map(Path, preferences().now.files.recent) if path.exists()]

    def clear_recent(self) -> None:
        """Forget the files opened lately."""
        preferences().set("files.recent", None)

    async def _ask_and_open(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        folder = preferences().now.files.folder
        filters = f"Images ({patterns});;All files (*)"
        if path := await asking.file_to_open(self._window, "Open image", folder, filters):
            self.open_path(path)

    def _open(self, title: str, read: Callable[[Check], Opened]) -> None:
        if self._may_read():
            self._work.start(self._read_and_show(title, read), title)

    async def _read_and_show(self, title: str, read: Callable[[Check], Opened]) -> None:
        if not await self.may_discard():
            return
        agreed = self._session.document
        match await self._read(title, read):
            case Done(opened):
                # What was changed while the file was read is nothing that was agreed to be lost.
                if self._session.document is agreed or await self.may_discard():
                    self._show_opened(opened)
            case Failed(error):
                show_error(self._window, str(error))
            case Stopped():
                self.message.emit(said("files.not-opened"))

    def _paste(self, read: Callable[[Check], list[Pasted]], place: dict[str, Any] | None = None) -> None:
        self._work.start(self._read_and_add(read, place), "paste")

    async def _read_and_add(self, read: Callable[[Check], list[Pasted]], place: dict[str, Any] | None) -> None:
        match await self._read(said("files.pasting"), read):
            case Done(pasted):
                self._add_pasted(pasted, place)
            case Failed(error):
                show_error(self._window, str(error))
            case Stopped():
                self.message.emit(said("files.not-pasted"))

    def _may_read(self) -> bool:
        if self._reader.running:
            self.message.emit(said("files.wait"))
        return not self._reader.running

    async def _read(self, title: str, read: Callable[[Check], T]) -> Outcome[T] | None:
        """Read beside the window; None, and the reason in the status bar, where another file is being read."""
        if not self._may_read():
            return None
        self.reading.emit(title)
        try:
            return await self._reader.run(lambda _report, cancelled: read(check_of(cancelled)))
        finally:
            self.reading.emit("")

    def _show_opened(self, opened: Opened) -> None:
        document = opened.document
        self._session.open(document)
        if document.source is not None:
            self._remember(document.source)
        if opened.notes:
            self.message.emit(" ".join(map(str, opened.notes)))

    def _add_pasted(self, pasted: list[Pasted], place: dict[str, Any] | None) -> None:
        if not self._session.is_open:
            self.message.emit(said("files.closed-meanwhile"))
            return
        document = self._session.document
        corners = [corner_of(one, document, place, self._centre()) for one in pasted]
        above = self._session.current
        self._session.apply(
            "Paste", lambda d: place_in(d, pasted, above, corners), select=[one.node.id for one in pasted]
        )
        if notes := [str(note) for one in pasted for note in one.notes]:
            self.message.emit(" ".join(notes))

    def _remember(self, path: Path) -> None:
        path = Path(os.path.abspath(path))  # noqa: PTH100 - a/../b is b, but a link stays the name that was chosen
        kept = [str(p) for p in self.recent() if p != path]
        recent = [str(path), *kept][:RECENT_LIMIT]
        preferences().update({"files.folder": str(path.parent), "files.recent": recent})

    # -- out

    def export_dialog(self) -> None:
        """Ask for a format and a file, and write the document."""
        self._asking.start(self._ask_and_export(), "export dialog")

    def export(self, target: Path, format_id: str, options: Any) -> None:
        """Write the document as it is now; the window stays usable."""
        self._start_export(target, format_id, options)

    def export_layers_dialog(self) -> None:
        """Ask where the selected layers go as PNG files, and write them: one to a file, several to a folder."""
        work = self._ask_and_export_layers(self._session.document, self._session.selection)
        self._asking.start(work, "export layers dialog")

    async def _ask_and_export(self) -> bool:
        """Ask for a file and a format, and write it; whether it was written."""
        from gui.dialogs.export import ExportDialog

        dialog = ExportDialog(self._session.document, self._window)
        if not await asking.accepted(dialog):
            return False
        return await self._start_export(dialog.target(), dialog.format_id(), dialog.options())

    def _start_export(self, target: Path, format_id: str, options: Any) -> Awaitable[bool]:
        """Line up the document as it is now to be written; await whether it was. Says itself how it ended."""
        document, index = self._session.document, self._session.stack.index()

        paths: list[Path] = []

        def job(report: Any, cancelled: Any) -> list[str]:
            from export.registry import export, notes

            told = [str(note) for note in notes(document, target, format_id, options)]
            paths.extend(export(document, target, format_id, options, report, cancelled))
            return told

        async def written() -> bool:
            outcome = await writing
            if paths and self._session.document is document and self._session.stack.index() == index:
                self._session.stack.setClean()
            match outcome:
                case Done(told):
                    self.message.emit(" ".join((_exported(paths, target), *told)))
                case Failed(error):
                    show_error(self._window, str(error))
                case Stopped():
                    self.message.emit(_cancelled(paths, target))
            return isinstance(outcome, Done)

        writing = self._exports.write(target.name, job)
        return self._work.start(written(), f"export {target.name}")

    async def _ask_and_export_layers(self, document: Document, ids: Sequence[str]) -> None:
        from export.names import safe_stem

        start = Path(preferences().now.files.layers or Path.home())
        if len(ids) == 1:
            proposed = start / f"{safe_stem(document.find(ids[0]).name)}.png"
            title, filters = "Export layer as PNG", "PNG (*.png)"
            target = await asking.file_to_write(self._window, title, proposed, filters, "png")
        else:
            target = await asking.folder(self._window, f"Export {len(ids)} layers as PNG", str(start))
        if target is not None:
            self.export_layers(document, ids, target)

    def export_layers(self, document: Document, ids: Sequence[str], target: Path) -> None:
        """Write one layer to the file `target`, or several into the folder `target`."""
        from gui.layers.outgoing import write_files, write_png

        one = len(ids) == 1
        if one and target.suffix.lower() != ".png":
            target = target.with_name(f"{target.name}.png")
        preferences().set("files.layers", str(target.parent if one else target))

        paths: list[Path] = []

        def job(_report: Any, cancelled: Any) -> None:
            check = check_of(cancelled)
            if not one:
                paths.extend(write_files(document, ids, target, check))
            elif write_png(document, document.find(ids[0]), target, check):
                paths.append(target)

        async def written() -> None:
            match await writing:
                case Done():
                    self.message.emit(_exported(paths, target))
                case Failed(error):
                    show_error(self._window, str(error))
                case Stopped():
                    self.message.emit(_cancelled(paths, target))

        writing = self._exports.write(target.name, job)
        self._work.start(written(), f"export layers {target.name}")

    @Slot()
    def _on_exports(self) -> None:
        self.writing.emit(self._exports.names)

    # -- what may go

    async def may_discard(self) -> bool:
        """Whether the document may go: nothing of it is unsaved, or it was exported just now, or the user says so."""
        while self._changed:
            export, drop = "Export…", "Go on without"
            question, consequence = said("files.unsaved"), said("files.unsaved-lost")
            with self._one_question() as free:
                answer = await asking.choice(self._window, question, consequence, export, drop) if free else ""
                if answer == export and not await self._ask_and_export():
                    return False
            if answer != export:
                return answer == drop
        return True

    async def may_quit(self) -> bool:
        """Whether the program may end: `may_discard`, and no export is under way, or the user gives it up."""
        if not await self.may_discard():
            return False
        if not (names := self._exports.names):
            return True
        agreed = self._session.document
        wait, drop = "Wait", "Quit without"
        question = said("files.unwritten", name=names[0])
        if len(names) > 1:
            question = said("files.unwritten-several", count=len(names))
        with self._one_question() as free:
            consequence = said("files.unwritten-lost")
            answer = await asking.choice(self._window, question, consequence, wait, drop) if free else ""
            if answer != wait:
                return answer == drop
            if not await self._exports.finished():
                return False
        return self._session.document is agreed or await self.may_discard()

    @contextmanager
    def _one_question(self) -> Iterator[bool]:
        """False where a question like this is on the screen, or its answer is being carried out."""
        if self._deciding:
            yield False
            return
        self._deciding = True
        try:
            yield True
        finally:
            self._deciding = False


def _exported(paths: Sequence[Path], target: Path) -> str:
    if len(paths) == 1:
        return said("files.exported", path=str(paths[0]))
    if not paths:
        return said("files.nothing-to-export")
    return said("files.exported-several", count=len(paths), folder=str(target))


def _cancelled(paths: Sequence[Path], target: Path) -> str:
    """What to say after a cancel: the file may have been in place already."""
    if len(paths) == 1:
        return said("files.exported-anyway", path=str(paths[0]))
    if not paths:
        return said("files.not-written")
    return said("files.exported-several-anyway", count=len(paths), folder=str(target))
