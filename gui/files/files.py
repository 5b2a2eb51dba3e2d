"""Opening, pasting and exporting, off the UI thread; asks before anything unsaved would go."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from PySide6.QtCore import QMimeData, QObject, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMessageBox, QWidget

from engine.document import Document
from engine.errors import UnflattenError
from engine.opening.flat import Opened, open_bytes
from engine.opening.layered import SUFFIXES, open_layered
from gui.dialogs.messages import plain_buttons, show_error
from gui.document.session import DocumentSession
from gui.files.clipboard import place_of
from gui.files.pasting import Pasted, corner_of, files_in, picture_in, place_in, read_file, read_picture
from gui.jobs import JobHost
from gui.settings import preferences

RECENT_LIMIT = 12


class Files(QObject):
    """What comes in and goes out.

    Signals:
        message(str): for the status bar.
        busy(str): what is being done to which file; "" when idle.
        progress(float): of the export under way, 0..1.
        recent_changed(): the list of recent files is another one.
    """

    message = Signal(str)
    busy = Signal(str)
    progress = Signal(object)
    recent_changed = Signal()

    def __init__(self, session: DocumentSession, window: QWidget, centre: Callable[[], tuple[float, float]]) -> None:
        """`centre`: the place of the document that is in the middle of the view; there pictures are pasted."""
        super().__init__(window)
        self._centre = centre
        self._session = session
        self._window = window
        self._then: Callable[[Any], None] | None = None
        self._host = JobHost("files", self)
        self._host.progress.connect(self.progress)
        self._host.done.connect(self._on_done)
        self._host.failed.connect(self._on_failed)
        self._host.cancelled.connect(self._on_cancelled)
        self._host.finished.connect(self._on_finished)

    @property
    def running(self) -> bool:
        return self._host.running

    def close(self) -> None:
        self._host.close()

    def cancel(self) -> None:
        self._host.cancel()

    # -- in

    def open_dialog(self) -> None:
        patterns = " ".join(f"*{suffix}" for suffix in SUFFIXES)
        folder = preferences().now.files.folder
        path, _ = QFileDialog.getOpenFileName(self._window, "Open image", folder, f"Images ({patterns});;All files (*)")
        if path:
            self.open_path(Path(path))

    def open_path(self, path: Path) -> None:
        """Open a file in place of the document, after asking where that has unsaved changes."""
        if self.may_discard(lambda: self.open_path_now(path)):
            self.open_path_now(path)

    def open_path_now(self, path: Path) -> None:
        path = path.absolute()
        self._run(f"Opening {path.name}", lambda _report, _cancelled: open_layered(path), self._show_opened)

    def open_mime(self, mime: QMimeData) -> bool:
        """Open what was dropped or pasted: a file or a picture. False where it is neither."""
        if paths := files_in(mime):
            self.open_path(paths[0])
            if len(paths) > 1:
                self.message.emit(f"{len(paths)} files were dropped; {paths[0].name} was opened.")
            return True
        data = picture_in(mime)
        if data is None:
            return False
        if self.may_discard(lambda: self._open_pasted(data)):
            self._open_pasted(data)
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
            self._run("Pasting", lambda _r, _c: [read_file(path, document) for path in paths], self._add_pasted)
        elif data is not None:
            name = str(place["name"]) if place is not None else "Pasted image"
            self._run(
                "Pasting",
                lambda _r, _c: [read_picture(data, document, name)],
                lambda pasted: self._add_pasted(pasted, place),
            )
        else:
            self.message.emit("There is no picture on the clipboard.")

    def paste_as_new(self) -> None:
        mime = QGuiApplication.clipboard().mimeData()
        if mime is None or not self.open_mime(mime):
            self.message.emit("There is no picture on the clipboard.")

    def recent(self) -> list[Path]:
        """Files opened lately that still exist, latest first."""
        return [path for path in map(Path, preferences().now.files.recent) if path.exists()]

    def clear_recent(self) -> None:
        preferences().set("files.recent", None)
        self.recent_changed.emit()

    def _open_pasted(self, data: bytes) -> None:
        self._run("Pasting", lambda _report, _cancelled: open_bytes(data), self._show_opened)

    def _show_opened(self, opened: Opened) -> None:
        document = opened.document
        self._session.open(document)
        if document.source is not None:
            self._remember(document.source)
        if opened.notes:
            self.message.emit(" ".join(map(str, opened.notes)))

    def _add_pasted(self, pasted: list[Pasted], place: dict[str, Any] | None = None) -> None:
        if not self._session.is_open:
            self.message.emit("The document was closed meanwhile, so nothing was pasted.")
            return
        document = self._session.document
        corners = [corner_of(one, document, place, self._centre()) for one in pasted]
        above = self._session.current
        self._session.apply(
            "Paste", lambda d: place_in(d, pasted, above, corners), select=[one.node.id for one in pasted]
        )
        if notes := [note for one in pasted for note in one.notes]:
            self.message.emit(" ".join(map(str, notes)))

    def _remember(self, path: Path) -> None:
        path = path.absolute()
        kept = [str(p) for p in self.recent() if p != path]
        recent = [str(path), *kept][:RECENT_LIMIT]
        preferences().update({"files.folder": str(path.parent), "files.recent": recent})
        self.recent_changed.emit()

    # -- out

    def export_dialog(self) -> None:
        from gui.dialogs.export import ExportDialog

        dialog = ExportDialog(self._session.document, self._window)
        dialog.accepted.connect(lambda: self.export(dialog.target(), dialog.format_id(), dialog.options()))
        dialog.open()

    def export(self, target: Path, format_id: str, options: Any, then: Callable[[], None] | None = None) -> None:
        """Write the document as it is now; the window stays usable."""
        document = self._session.document
        index = self._session.stack.index()

        def job(report, cancelled):
            from export.registry import export, notes

            said = notes(document, target, format_id, options)
            return export(document, target, format_id, options, report, cancelled), said

        def written(outcome: tuple[tuple[Path, ...], tuple[str, ...]]) -> None:
            paths, said = outcome
            if self._session.document is document and self._session.stack.index() == index:
                self._session.stack.setClean()
            where = paths[0] if len(paths) == 1 else f"{len(paths)} files in {target}"
            self.message.emit(" ".join((f"Exported {where}.", *map(str, said))))
            if then is not None:
                then()

        self._run(f"Exporting {target.name}", job, written)

    def export_layers_dialog(self) -> None:
        """Ask where the selected layers go as PNG files, and write them: one to a file, several to a folder."""
        from export.names import safe_stem

        document, ids = self._session.document, self._session.selection
        folder = Path(preferences().now.files.layers or Path.home())
        if len(ids) == 1:
            name = safe_stem(document.find(ids[0]).name)
            start = str(folder / f"{name}.png")
            chosen, _ = QFileDialog.getSaveFileName(self._window, "Export layer as PNG", start, "PNG (*.png)")
        else:
            chosen = QFileDialog.getExistingDirectory(self._window, f"Export {len(ids)} layers as PNG", str(folder))
        if chosen:
            self.export_layers(document, ids, Path(chosen))

    def export_layers(self, document: Document, ids: Sequence[str], target: Path) -> None:
        """Write one layer to the file `target`, or several into the folder `target`."""
        from gui.layers.outgoing import write_files, write_png

        one = len(ids) == 1
        if one and target.suffix.lower() != ".png":
            target = target.with_name(f"{target.name}.png")
        preferences().set("files.layers", str(target.parent if one else target))

        def job(_report, _cancelled):
            if one:
                return [target] if write_png(document, document.find(ids[0]), target) else []
            return write_files(document, ids, target)

        def written(paths: list[Path]) -> None:
            where = str(paths[0]) if one and paths else f"{len(paths)} files in {target}"
            self.message.emit(f"Exported {where}." if paths else "The selected layers show nothing to export.")

        self._run(f"Exporting {target.name}", job, written)

    def may_discard(self, then: Callable[[], None]) -> bool:
        """True where nothing unsaved would go. Else asks, and calls `then` later if the user agrees."""
        if not self._session.is_open or self._session.stack.isClean():
            return True
        box = QMessageBox(self._window)
        box.setIcon(QMessageBox.Icon.Question)
        box.setText("The layers have changes that were not exported.")
        box.setInformativeText("They are lost if you go on without exporting.")
        keep = box.addButton("Export…", QMessageBox.ButtonRole.AcceptRole)
        drop = box.addButton("Go on without", QMessageBox.ButtonRole.DestructiveRole)
        box.addButton(QMessageBox.StandardButton.Cancel)
        box.setDefaultButton(keep)
        plain_buttons(box)

        def answered() -> None:
            if box.clickedButton() is keep:
                self.export_dialog()
            elif box.clickedButton() is drop:
                then()

        box.finished.connect(answered)
        box.open()
        return False

    # -- jobs

    def _run(self, title: str, job: Callable[..., Any], then: Callable[[Any], None]) -> None:
        if self._host.running:
            self.message.emit("Wait until the file before is done.")
            return
        self._then = then
        self.busy.emit(title)
        self._host.start(job)

    @Slot(object)
    def _on_done(self, value: Any) -> None:
        if self._then is not None:
            self._then(value)

    @Slot(object)
    def _on_failed(self, error: UnflattenError) -> None:
        show_error(self._window, str(error))

    @Slot()
    def _on_cancelled(self) -> None:
        self.message.emit("Cancelled; no file was written.")

    @Slot()
    def _on_finished(self) -> None:
        if not self._host.running:
            self.busy.emit("")
