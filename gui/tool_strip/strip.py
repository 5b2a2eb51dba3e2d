"""The strip above the canvas: what the tool in hand can be told. Always there and always as high, so nothing jumps."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QSizePolicy, QStackedWidget, QWidget

from gui.actions.table import BY_ID
from gui.canvas.view import CanvasView
from gui.look import icons, theme
from gui.tool_strip.pages import (
    Actions,
    BrushPage,
    EyedropperPage,
    MovePage,
    SelectPage,
    ToolPage,
    TransformPage,
    ZoomPage,
)
from gui.widgets.buttons import ActionButton, IconButton
from gui.widgets.section import Divider

HEIGHT = 40
ROOMY = 860
"""px from which on buttons keep their words."""
SELECTORS = ("select-rectangle", "select-lasso", "select-brush")


class ToolOptions(QFrame):
    """A page for the tool in hand, and what can be done with a selection.

    Attributes:
        pages: by the id of the tool. move_area, invert, clear: the buttons for the selected part of the picture.

    Signals:
        message(str): one sentence for the status bar.
    """

    message = Signal(str)

    def __init__(self, canvas: CanvasView, actions: Actions, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("options")
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self._canvas, self._actions = canvas, actions
        self._mark = QLabel()
        self._mark.setFixedWidth(20)
        self.transform = TransformPage(canvas, actions)
        self.brush = BrushPage(canvas)
        self.eyedropper = EyedropperPage(canvas, actions)
        self.move_page, self.zoom = MovePage(canvas, actions), ZoomPage(canvas, actions)
        self.select = SelectPage(canvas)
        self.pages: dict[str, ToolPage] = {
            "move": self.move_page,
            "hand": self.zoom,
            "transform": self.transform,
            "eyedropper": self.eyedropper,
            "select-rectangle": self.select,
            "select-lasso": self.select,
            "select-brush": self.brush,
            "mask-erase": self.brush,
            "mask-restore": self.brush,
        }
        self._stack = QStackedWidget()
        for page in dict.fromkeys(self.pages.values()):
            self._stack.addWidget(page)
            page.message.connect(self.message)
        self._area = self._area_group()
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 10, 0)
        row.setSpacing(8)
        for widget, stretch in ((self._mark, 0), (Divider(), 0), (self._stack, 1), (self._area, 0)):
            row.addWidget(widget, stretch)
        canvas.tool_changed.connect(self._show)
        canvas.area_changed.connect(self._show)
        self._show()

    def _area_group(self) -> QWidget:
        """What can be done with the selected part of the picture."""
        out = QWidget()
        row = QHBoxLayout(out)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        self.move_area = ActionButton(self._actions["move_area"], "Move to new layer")
        self.invert = IconButton("invert", "Invert selection")
        self.invert.follow(self._actions["invert_area"])
        self.clear = IconButton("deselect", "Deselect")
        self.clear.clicked.connect(self._deselect)
        for widget in (Divider(), self.move_area, self.invert, self.clear):
            row.addWidget(widget)
        return out

    @Slot()
    def _deselect(self) -> None:
        self._canvas.set_area(None)

    @Slot()
    def _show(self) -> None:
        tool, selected = self._canvas.tool_id, self._canvas.area is not None
        self._stack.setCurrentWidget(self.pages[tool])
        self.clear.setEnabled(selected)
        self._area.setVisible(tool != "transform" and (tool in SELECTORS or selected))
        self._show_mark()

    def _show_mark(self) -> None:
        """The tool's icon; that of a transform, which ends only by Apply or Cancel, in the accent."""
        tool = self._canvas.tool_id
        look = theme.tokens()
        color = look.focus if tool == "transform" else look.text
        self._mark.setPixmap(icons.pixmap(BY_ID[tool].icon, 20, color, self.devicePixelRatioF()))
        self._mark.setToolTip(self._actions[tool].toolTip())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        compact = self.width() < ROOMY
        self.move_area.show_words(not compact, "layer-add")
        for page in dict.fromkeys(self.pages.values()):
            page.set_compact(compact)

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.PaletteChange:
            self._show_mark()
