"""The window: it builds the parts and connects them. What they do is theirs.

The window is on screen before the parts are loaded: `MainWindow()` is only a frame with the welcome page, and
`complete()`, called after the first paint, imports and builds the rest.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QEvent, QTimer, Slot
from PySide6.QtGui import QCloseEvent, QColor, QDragEnterEvent, QDropEvent, QKeyEvent
from PySide6.QtWidgets import (
    QMainWindow,
    QMenu,
    QSplitter,
    QStackedWidget,
    QToolBar,
    QVBoxLayout,
    QWidget,
)

from gui.settings import preferences
from gui.shell.status_bar import StatusBar
from gui.shell.welcome import Welcome

if TYPE_CHECKING:
    from gui.dialogs.models import ModelsDialog

SAMPLE = Path(__file__).parent.parent.parent / "resources" / "samples" / "poster.png"
MENUS = ("&File", "&Edit", "&Image", "&Layer", "&Select", "&View", "&Help")
SIDE_WIDTH = 310


class MainWindow(QMainWindow):
    """Wiring only."""

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Unflatten")
        self.resize(1360, 860)
        self.tool = "move"
        self.ready = False
        self._wanted: Path | None = None
        self._tool_before_pick = ""
        self.models_dialog: ModelsDialog | None = None
        self.welcome = Welcome()
        self._pages = QStackedWidget()
        self._pages.addWidget(self.welcome)
        self.setCentralWidget(self._pages)
        self._menus = {title: self.menuBar().addMenu(title) for title in MENUS}
        self._build_status()
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
        self._pages.addWidget(self._workplace())
        self._build_menus()
        self._build_tools()
        self._connect()
        self._on_opened()
        self.setAcceptDrops(True)
        if self._wanted is not None:
            self.files.open_path_now(self._wanted)

    # -- building

    def _make_parts(self) -> None:
        from gui.actions.items import ActionItems
        from gui.actions.keymap import KeyMap
        from gui.canvas.keys import CanvasKeys
        from gui.canvas.view import CanvasView
        from gui.decompose.bar import DecomposeBar
        from gui.decompose.controller import DecomposeController
        from gui.decompose.notice import Notice
        from gui.decompose.preview import RunPreview
        from gui.decompose.qwen_form import QwenForm
        from gui.document.edit_jobs import EditJobs
        from gui.document.session import DocumentSession
        from gui.files.files import Files
        from gui.inspector.panel import InspectorPanel
        from gui.layers.panel import LayerPanel
        from gui.look.looks import Looks
        from gui.shell.held_keys import HeldKeys
        from gui.tool_strip.strip import ToolOptions

        self.session = DocumentSession(self)
        self.controller = DecomposeController(self.session, self)
        self.canvas = CanvasView(self.session)
        self._keys = CanvasKeys(self.canvas, self)
        self.files = Files(self.session, self, self.canvas.visible_centre)
        self.edit_jobs = EditJobs(self.session, self)
        self.layers = LayerPanel(self.session)
        self.inspector = InspectorPanel(self.session)
        self.qwen = QwenForm(self.session)
        self.decompose = DecomposeBar(self.session, self.controller, self.qwen)
        self.preview = RunPreview(self.canvas)
        self.notice = Notice()
        self.looks = Looks(self.canvas, self)
        self.keymap = KeyMap(self)
        self._held = HeldKeys(self, self.keymap)
        self._items = ActionItems(self, self.keymap)
        self.actions_by_id = self._items.by_id
        self.tool_options = ToolOptions(self.canvas, self.actions_by_id)
        self._tell_keys()

    def _tell_keys(self) -> None:
        """Tool tips outside the tool bar that name keys."""
        from gui.widgets.key_tip import KeyTip

        by_id = self.actions_by_id
        self.layers.use_actions(by_id)
        KeyTip(self.decompose.button, "Separate the image into layers", [by_id["decompose"]])

    def _workplace(self) -> QWidget:
        """The bar and the canvas on the left, the panels on the right."""
        from PySide6.QtCore import Qt

        from gui.shell.side import Side

        left = QWidget()
        column = QVBoxLayout(left)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for widget in (self.decompose, self.qwen, self.notice, self.tool_options):
            column.addWidget(widget)
        column.addWidget(self.canvas, 1)
        self._panels = Side(self.inspector, self.layers)
        self._panels.setMinimumWidth(SIDE_WIDTH - 20)
        side = QSplitter(Qt.Orientation.Horizontal)
        side.addWidget(left)
        side.addWidget(self._panels)
        side.setStretchFactor(0, 1)
        side.setSizes([1360 - SIDE_WIDTH, SIDE_WIDTH])
        for splitter in (self._panels, side):
            splitter.setChildrenCollapsible(False)
            splitter.setHandleWidth(1)
        return side

    def _build_menus(self) -> None:
        from gui.actions import table as actions

        for title, entries in actions.menus():
            submenus: dict[str, QMenu] = {}
            for spec, separated in entries:
                menu, submenu = self._menus[title], spec.menu.partition("/")[2]
                menu = submenus.get(submenu, menu)
                if separated:
                    menu.addSeparator()
                if submenu and submenu not in submenus:
                    menu = submenus[submenu] = menu.addMenu(submenu)
                menu.addAction(self.actions_by_id[spec.id])
                if spec.id == "open":
                    self._recent = menu.addMenu("Open &recent")
                    self._recent.aboutToShow.connect(self._fill_recent)

    def _build_tools(self) -> None:
        from PySide6.QtCore import Qt

        from gui.actions import table as actions

        bar = QToolBar("Tools")
        bar.setObjectName("tools")
        bar.setMovable(False)
        self._tools = bar
        bar.setOrientation(Qt.Orientation.Vertical)
        for name in actions.TOOLS:
            bar.addAction(self.actions_by_id[name]) if name else bar.addSeparator()
        self.addToolBar(Qt.ToolBarArea.LeftToolBarArea, bar)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)

    def _build_status(self) -> None:
        self.status = StatusBar()
        self.setStatusBar(self.status)

    def _connect(self) -> None:
        self.welcome.open_requested.connect(self.files.open_dialog)
        self.welcome.sample_requested.connect(self._open_sample)
        self.decompose.start_requested.connect(self.decompose.start)
        self.decompose.notice.connect(self.notice.show_text)
        self.decompose.problem.connect(self.notice.show_problem)
        self.decompose.splittable.connect(self.notice.offer_split)
        self.notice.split_requested.connect(self.decompose.split_layer)
        self.controller.started.connect(self._refresh)
        self.controller.finished.connect(self._refresh)
        self.controller.progress.connect(self.preview.show_progress)
        self.controller.finished.connect(self.preview.hide)
        self.qwen.models_requested.connect(self.show_models)
        self.controller.stopped.connect(self.say)
        self.session.opened.connect(self._on_opened)
        self.session.changed.connect(self._refresh)
        self.session.selection_changed.connect(self._refresh)
        self.session.stack.indexChanged.connect(self._refresh)
        self.session.stack.cleanChanged.connect(self._refresh)
        self.files.message.connect(self.say)
        self.files.busy.connect(self.status.files.show_busy)
        self.files.progress.connect(self.status.files.show_progress)
        self.status.files.cancel_requested.connect(self.files.cancel)
        self.edit_jobs.message.connect(self.say)
        self.edit_jobs.busy.connect(self.status.edits.show_busy)
        self.status.edits.cancel_requested.connect(self.edit_jobs.cancel)
        self.canvas.message.connect(self.say)
        self.canvas.zoom_changed.connect(self.status.show_zoom)
        self.canvas.cursor_moved.connect(self.status.show_cursor)
        self.canvas.tool_changed.connect(self._on_tool)
        self.canvas.area_changed.connect(self._refresh)
        self.looks.changed.connect(self._refresh)
        self.canvas.set_menu_factory(self.context_menu)
        self.canvas.color_picked.connect(self._on_color_picked)
        self.inspector.offer_eyedropper()
        self.inspector.pick_asked.connect(self._on_pick_asked)
        self.tool_options.message.connect(self.say)
        self.layers.view.clicked.connect(self._on_row_clicked)
        self.layers.message.connect(self.say)
        self.inspector.message.connect(self.say)
        self.layers.set_menu_factory(self.context_menu)

    def context_menu(self) -> QMenu:
        """The menu of a layer, for the list and the canvas: what can be done with the selection, and nothing else."""
        from gui.actions import table as actions

        menu = QMenu(self)
        for name in actions.CONTEXT_MENU:
            if not name:
                menu.addSeparator()
            elif self.actions_by_id[name].isEnabled():
                menu.addAction(self.actions_by_id[name])
        return menu

    # -- what the actions need

    @Slot(str)
    def say(self, sentence: str) -> None:
        self.status.say(sentence)

    def close_document(self) -> None:
        if self.files.may_discard(self.session.close):
            self.session.close()

    def show_shortcuts(self) -> None:
        from gui.dialogs.shortcuts import ShortcutsDialog

        ShortcutsDialog(self.keymap, self).open()

    def show_models(self) -> None:
        from gui.dialogs.models import ModelsDialog

        if self.models_dialog is None:
            self.models_dialog = ModelsDialog(self)
            self.models_dialog.finished.connect(self.qwen.refresh)
        self.models_dialog.open()

    def show_palette(self) -> None:
        from gui.dialogs.palette import CommandPalette, commands_of

        CommandPalette(commands_of(self), self).open()

    def show_history(self) -> None:
        from gui.dialogs.history import HistoryDialog

        HistoryDialog(self.session.stack, self).show()

    def show_about(self) -> None:
        from gui.dialogs.about import show_about

        show_about(self)

    @Slot()
    def _open_sample(self) -> None:
        self.files.open_path(SAMPLE)

    # -- what changed

    @Slot()
    def _on_opened(self) -> None:
        document = self.session.document
        opened = self.session.is_open
        self._pages.setCurrentIndex(1 if opened else 0)
        self._tools.setVisible(opened)
        self.status.show_document((document.width, document.height) if opened else None, document.icc_name)
        if opened:
            self.canvas.setFocus()
        self._refresh()

    @Slot()
    def _refresh(self) -> None:
        self._items.refresh()
        source = self.session.document.source
        name = (source.name if source else "Untitled") if self.session.is_open else ""
        self.setWindowTitle(f"{name}[*] – Unflatten" if name else "Unflatten")
        self.setWindowModified(self.session.is_open and not self.session.stack.isClean())
        undo, redo = self.session.stack.undoText(), self.session.stack.redoText()
        self.actions_by_id["undo"].setText(f"&Undo {undo}".rstrip())
        self.actions_by_id["redo"].setText(f"&Redo {redo}".rstrip())

    @Slot(str)
    def _on_tool(self, tool: str) -> None:
        self.tool = tool
        self._refresh()

    @Slot()
    def _on_row_clicked(self) -> None:
        """As in Photoshop: after a click in the list the arrows move the layer, not the row."""
        self.canvas.setFocus()

    @Slot()
    def _on_pick_asked(self) -> None:
        self._tool_before_pick = self.tool
        self.canvas.set_tool("eyedropper")

    @Slot(object)
    def _on_color_picked(self, color: tuple[int, int, int]) -> None:
        if self._tool_before_pick:
            self.inspector.set_tint(QColor(*color))
            self.canvas.set_tool(self._tool_before_pick)
            self._tool_before_pick = ""

    @Slot()
    def _fill_recent(self) -> None:
        self._recent.clear()
        for path in self.files.recent():
            self._recent.addAction(path.name, lambda p=path: self.files.open_path(p)).setToolTip(str(path))
        if self._recent.isEmpty():
            self._recent.addAction("No files yet").setEnabled(False)
            return
        self._recent.addSeparator()
        self._recent.addAction("Clear this list", self.files.clear_recent)

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
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        if self.files.open_mime(event.mimeData()):
            event.acceptProposedAction()

    def closeEvent(self, event: QCloseEvent) -> None:
        if self.ready and not self.files.may_discard(self.close_at_once):
            event.ignore()
            return
        self._shut_down()
        event.accept()

    def close_at_once(self) -> None:
        """Close without asking."""
        if self.ready:
            self.session.stack.setClean()
        self.close()

    def _shut_down(self) -> None:
        preferences().set("window.geometry", bytes(self.saveGeometry().toBase64().data()).decode())
        if self.ready:
            self.controller.close()
            self.files.close()
            self.edit_jobs.close()
            self.qwen.close_jobs()
            if self.models_dialog is not None:
                self.models_dialog.close_jobs()

    def _restore(self) -> None:
        if geometry := preferences().now.window.geometry:
            self.restoreGeometry(QByteArray.fromBase64(geometry.encode()))
