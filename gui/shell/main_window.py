"""The window: it builds the parts and connects them. What they do is theirs.

The window is on screen before the parts are loaded: `MainWindow()` is only a frame with the welcome page, and
`complete()`, called after the first paint, imports and builds the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import QMainWindow, QMenu, QStackedWidget, QWidget

from engine.settings_file import glance
from gui.actions.titles import MENUS
from gui.settings import preferences
from gui.shell.status_bar import StatusBar
from gui.shell.welcome import Welcome

if TYPE_CHECKING:
    from engine.document import Change
    from gui.workplace import DialogName

SIZE = (1360, 860)
"""px of a window that was never opened before."""
SAMPLE = Path(__file__).parent.parent.parent / "resources" / "samples" / "poster.png"


class MainWindow(QMainWindow):
    """Wiring only."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Unflatten")
        self.resize(*SIZE)
        self.ready = False
        self._agreed = False
        self._wanted: Path | None = None
        self.welcome = Welcome()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self.setCentralWidget(self._pages)
        self.menus = {title: self.menuBar().addMenu(title) for title in MENUS}
        self.status = StatusBar()
        self.setStatusBar(self.status)
        self._restore()

    def open_when_ready(self, path: Path) -> None:
        """Open a file as soon as the parts are there."""
        self._wanted = path

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint and not self.ready:
            QTimer.singleShot(0, self, self.complete)
        if event.type() == QEvent.Type.WindowDeactivate and self.ready:
            self._held.let_go()
        return super().event(event)

    @Slot()
    def complete(self) -> None:
        """Import and build everything but the frame; does nothing the second time."""
        if self.ready:
            return
        self.ready = True
        self._make_parts()
        self._make_actions()
        self._pages.addWidget(self._lay_out())
        self._connect()
        self._on_opened()
        self.setAcceptDrops(True)
        if self._wanted is not None:
            self.files.open_path(self._wanted)

    # -- building

    def _make_parts(self) -> None:
        from gui.canvas.keys import CanvasKeys
        from gui.canvas.view import CanvasView
        from gui.decompose.bar import DecomposeBar
        from gui.decompose.controller import DecomposeController
        from gui.decompose.forms import EngineForms
        from gui.decompose.notice import Notice
        from gui.decompose.preview import RunPreview
        from gui.document.edit_jobs import EditJobs
        from gui.document.session import DocumentSession
        from gui.files.files import Files
        from gui.inspector.panel import InspectorPanel
        from gui.layers.panel import LayerPanel
        from gui.look.looks import Looks
        from gui.shell.tint_picker import TintPicker
        from gui.tasks import Tasks

        self._tasks = Tasks()
        self.session = DocumentSession(self)
        self.controller = DecomposeController(self.session, self)
        self.canvas = CanvasView(self.session)
        self._keys = CanvasKeys(self.canvas, self)
        self.files = Files(self.session, self, self.canvas.visible_centre)
        self.edit_jobs = EditJobs(self.session, self)
        self.layers = LayerPanel(self.session)
        self.inspector = InspectorPanel(self.session)
        self.forms = EngineForms(self.session)
        self.decompose = DecomposeBar(self.session, self.controller, self.forms)
        self.preview = RunPreview(self.canvas)
        self.notice = Notice()
        self.looks = Looks(self.canvas, self)
        TintPicker(self.inspector, self.canvas, self)

    def _make_actions(self) -> None:
        """What can be done, with its keys, menus and tool bar; it gets the parts, not the window."""
        from gui.actions.held_keys import HeldKeys
        from gui.actions.items import ActionItems
        from gui.actions.keymap import KeyMap
        from gui.shell.dialogs import Dialogs
        from gui.shell.menus import RecentMenu, fill_menus, tool_bar
        from gui.tool_strip.strip import ToolOptions
        from gui.workplace import Workplace

        self.place = Workplace(
            session=self.session,
            canvas=self.canvas,
            layers=self.layers,
            inspector=self.inspector,
            decompose=self.decompose,
            controller=self.controller,
            files=self.files,
            edit_jobs=self.edit_jobs,
            looks=self.looks,
            say=self.status.say,
            show=self.show_dialog,
            close_document=self.close_document,
            quit=self.close,
        )
        self.keymap = KeyMap(self)
        self._held = HeldKeys(self.place, self.keymap)
        self.actions_by_id = ActionItems(self.place, self.keymap, self).by_id
        self.dialogs = Dialogs(self, self.session.stack, self.keymap, self.actions_by_id, self.forms.refresh)
        self.tool_options = ToolOptions(self.canvas, self.actions_by_id)
        fill_menus(self.menus, self.actions_by_id, RecentMenu(self.files, self))
        self._tools = tool_bar(self.actions_by_id)
        from PySide6.QtCore import Qt  # not before the first paint: its enums take as long to load as all the rest

        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, self._tools)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        self._tell_keys()

    def _tell_keys(self) -> None:
        """Tool tips outside the tool bar that name keys."""
        from engine.words import said
        from gui.widgets.key_tip import KeyTip

        by_id = self.actions_by_id
        self.layers.use_actions(by_id)
        KeyTip(self.decompose.button, said("actions.decompose-tip"), [by_id["decompose"]])

    def _lay_out(self) -> QWidget:
        from gui.shell.side import work_page

        above = (self.decompose, self.forms, self.notice, self.tool_options)
        return work_page(above, self.canvas, self.inspector, self.layers)

    def _connect(self) -> None:
        for sentence in (
            *(self.session.noted, self.controller.stopped, self.files.message, self.edit_jobs.message),
            *(self.canvas.message, self.layers.message, self.inspector.message, self.tool_options.message),
        ):
            sentence.connect(self.status.say)
        self.welcome.open_requested.connect(self.files.open_dialog)
        self.welcome.sample_requested.connect(self._open_sample)
        self.decompose.start_requested.connect(self.decompose.start)
        self.decompose.notice.connect(self.notice.show_text)
        self.decompose.problem.connect(self.notice.show_problem)
        self.decompose.splittable.connect(self.notice.offer_split)
        self.notice.split_requested.connect(self.decompose.split_layer)
        self.controller.progress.connect(self.preview.show_progress)
        self.controller.finished.connect(self.preview.hide)
        self.forms.models_requested.connect(self._on_models_requested)
        self.session.opened.connect(self._on_opened)
        self.session.changed.connect(self._on_changed)
        self.session.stack.cleanChanged.connect(self._show_title)
        self.files.reading.connect(self.status.opening.show_busy)
        self.status.opening.cancel_requested.connect(self.files.cancel_reading)
        self.files.writing.connect(self.status.exports.show_queue)
        self.files.progress.connect(self.status.exports.show_progress)
        self.status.exports.cancel_requested.connect(self.files.cancel_writing)
        self.edit_jobs.busy.connect(self.status.edits.show_busy)
        self.status.edits.cancel_requested.connect(self.edit_jobs.cancel)
        self.canvas.zoom_changed.connect(self.status.show_zoom)
        self.canvas.cursor_moved.connect(self.status.show_cursor)
        self.canvas.set_menu_factory(self.context_menu)
        self.layers.view.clicked.connect(self._on_row_clicked)
        self.layers.set_menu_factory(self.context_menu)

    def context_menu(self) -> QMenu:
        """The menu of what is selected."""
        from gui.shell.menus import context_menu

        return context_menu(self.actions_by_id, self)

    # -- what the actions need of the window

    def close_document(self) -> None:
        """Close the document, after asking where it has unsaved changes; the window stays."""
        self._tasks.start(self._close_document(), "close")

    async def _close_document(self) -> None:
        if await self.files.may_discard():
            self.session.close()

    def show_dialog(self, name: DialogName) -> None:
        """Open a dialog by its name."""
        self.dialogs.show(name)

    @Slot()
    def _on_models_requested(self) -> None:
        self.show_dialog("models")

    @Slot()
    def _open_sample(self) -> None:
        self.files.open_path(SAMPLE)

    # -- what changed

    @Slot()
    def _on_opened(self) -> None:
        opened = self.session.is_open
        self._pages.setCurrentIndex(1 if opened else 0)
        self._tools.setVisible(opened)
        self._show_document()
        if opened:
            self.canvas.setFocus()
        self._show_title()

    @Slot(object)
    def _on_changed(self, change: Change) -> None:
        if change.document & {"width", "height", "icc_name"}:
            self._show_document()
        self._show_title()

    def _show_document(self) -> None:
        shown = self.session.shown
        self.status.show_document((shown.width, shown.height) if self.session.is_open else None, shown.icc_name)

    @Slot()
    def _show_title(self) -> None:
        source = self.session.document.source
        name = (source.name if source else "Untitled") if self.session.is_open else ""
        self.setWindowTitle(f"{name}[*] – Unflatten" if name else "Unflatten")
        self.setWindowModified(self.session.is_open and not self.session.stack.isClean())

    @Slot()
    def _on_row_clicked(self) -> None:
        """As in Photoshop: after a click in the list the arrows move the layer, not the row."""
        self.canvas.setFocus()

    # -- the window's own events

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not (self.ready and self._held.press(event)):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not (self.ready and self._held.release(event)):
            super().keyReleaseEvent(event)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        from gui.layers.model import MIME

        data = event.mimeData()
        # Rows of our own list carry files for other programs; here they are no new image.
        if (data.hasUrls() or data.hasImage()) and not data.hasFormat(MIME):
            _accept_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        if self.files.open_mime(event.mimeData()):
            _accept_copy(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.unsaved and not self._agreed:
            event.ignore()
            self._tasks.start(self._ask_and_close(), "quit")
            return
        self._shut_down()
        event.accept()

    @property
    def unsaved(self) -> bool:
        """Whether something would be lost if the program ended now."""
        return self.ready and self.files.unsaved

    def close_at_once(self) -> None:
        """Close without asking."""
        self._agreed = True
        self.close()

    async def _ask_and_close(self) -> None:
        if await self.files.may_quit():
            self.close_at_once()

    def save_state(self) -> None:
        """Remember where the window is."""
        preferences().set("window.geometry", bytes(self.saveGeometry().toBase64().data()).decode())

    def _shut_down(self) -> None:
        """Ask everything that runs to end; waits for nothing, for a job may not hear."""
        self.save_state()
        if self.ready:
            self._tasks.close()
            self.controller.close()
            self.files.close()
            self.edit_jobs.close()
            self.forms.close_jobs()
            self.dialogs.close_jobs()

    def _restore(self) -> None:
        if isinstance(geometry := glance("window.geometry"), str):
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode("ascii", "ignore")))


def _accept_copy(event: QDropEvent) -> None:
    """Take what is dropped as a copy, whatever is proposed: who is told that it was moved removes it."""
    from PySide6.QtCore import Qt

    event.setDropAction(Qt.DropAction.CopyAction)
    event.accept()
