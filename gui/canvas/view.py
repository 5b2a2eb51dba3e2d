"""The canvas widget: shows the session's document and lets the tools work on it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QContextMenuEvent, QKeyEvent, QPainter
from PySide6.QtWidgets import QMenu, QWidget

from engine.document import Change, Layer
from engine.editing import edits
from gui.canvas import rulers
from gui.canvas.holdings import CanvasHoldings
from gui.canvas.picking import free_layers, holder_in, layers_at, topmost
from gui.canvas.placing import Edge, aligned, box_around
from gui.canvas.tools.base import Tool, title_of
from gui.canvas.tools.eyedropper import EyedropperTool
from gui.canvas.tools.hand import HandTool
from gui.canvas.tools.mask_brush import EraseTool, RestoreTool
from gui.canvas.tools.move import MoveTool
from gui.canvas.tools.select import LassoTool, RectangleTool, SelectBrushTool, SelectTool
from gui.canvas.tools.transform import TransformTool
from gui.document.session import DocumentSession
from gui.look import theme

TOOLS = (
    *(MoveTool, HandTool, TransformTool, EyedropperTool),
    *(RectangleTool, LassoTool, SelectBrushTool, EraseTool, RestoreTool),
)


class CanvasView(CanvasHoldings):
    """The picture and the hand on it.

    Signals:
        message(str): a refusal or hint for the status bar. tool_changed(str): the tool's id.
        color_picked((r, g, b)): by the eyedropper, in the document's colours.
    """

    message = Signal(str)
    tool_changed = Signal(str)
    color_picked = Signal(object)

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._tools: dict[str, Tool] = {tool.id: tool for tool in (make(self) for make in TOOLS)}
        self._tool: Tool = self._tools["move"]
        self._before_transform = "move"
        self._nudged: list[str] = []
        self._rulers = False
        self._make_menu: Callable[[], QMenu] | None = None
        session.selection_changed.connect(self._selection_changed)
        session.editing.connect(self._about_to_edit)
        session.stack.indexChanged.connect(self._steps_changed)

    # What the surface and the input ask

    def paint_over(self, painter: QPainter) -> None:
        self.paint_area(painter)
        self._tool.paint(painter)
        if self.rulers:
            look = theme.tokens()
            colors = (QColor(look.panel), QColor(look.text_muted), QColor(look.accent))
            last = self._last_event
            rulers.draw_rulers(painter, self._viewport, last.view if last else None, colors, self.font(), self.dpr)

    def document_replaced(self) -> None:
        for tool in self._tools.values():
            tool.cancel()
        if self._tool.id == "transform":
            self._take_up("move")
        self.set_area(None)

    def mouse_moved(self) -> None:
        if self._rulers:
            self.update(0, 0, self.width(), rulers.THICKNESS)
            self.update(0, 0, rulers.THICKNESS, self.height())

    def document_edited(self) -> None:
        self._tool.document_changed()

    def own_key(self, event: QKeyEvent) -> bool:
        if event.key() == Qt.Key.Key_Escape and self._area is not None:
            self.set_area(None)
            return True
        return False

    @Slot()
    def _selection_changed(self) -> None:
        self.apply_transform()
        self._mover.selection_changed()
        self._update_hover()
        self.update()

    @Slot(object)
    def _about_to_edit(self, change: Change) -> None:
        self._transform.before_edit(change)

    @Slot()
    def _steps_changed(self) -> None:
        self._transform.steps_changed()

    # Rulers, menu

    @property
    def rulers(self) -> bool:
        """Whether rulers are shown along the edges."""
        return self._rulers

    def set_rulers(self, on: bool) -> None:
        self._rulers = on
        self.margin_left_top = rulers.THICKNESS if on else 0
        if self._fitted:
            self.fit()
        self.update()

    def set_menu_factory(self, factory: Callable[[], QMenu]) -> None:
        """Who makes the menu of a layer; the canvas adds the layers under the cursor."""
        self._make_menu = factory

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if not self.session.is_open or self.gesture_active or self.transform_active:
            return
        at = self._event_at(QPointF(event.pos()), Qt.KeyboardModifier.NoModifier)
        document = self.session.document
        under = layers_at(document, at.x, at.y)
        keys = event.reason() == QContextMenuEvent.Reason.Keyboard
        if under and not keys and all(holder_in(document, u.id, self.session.selection) is None for u in under):
            self.session.select([under[0].id])
        menu = self._make_menu() if self._make_menu is not None else QMenu(self)
        if len(under) > 1 and not keys:
            self._add_layers(menu, under[:12])
        if not menu.isEmpty():
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(event.globalPos())

    def _add_layers(self, menu: QMenu, under: Sequence[Layer]) -> None:
        """On top of the menu: what lies here, topmost first; choosing one selects it."""
        first = menu.actions()[0] if menu.actions() else None
        for layer in under:
            name = title_of([layer.name]).replace("&", "&&")
            action = QAction(f"{name} (locked)" if layer.locked else name, menu)
            action.setCheckable(True)
            action.setChecked(holder_in(self.session.document, layer.id, self.session.selection) is not None)
            action.triggered.connect(_selector(self.session, layer.id))
            menu.insertAction(first, action)
        if first is not None:
            menu.insertSeparator(first)

    # Tools

    @property
    def auto_select(self) -> bool:
        """Whether a press with the move tool picks the layer under it."""
        return self._mover.auto_select

    def set_auto_select(self, on: bool) -> None:
        self._mover.auto_select = on

    @property
    def _mover(self) -> MoveTool:
        tool = self._tools["move"]
        assert isinstance(tool, MoveTool)
        return tool

    @property
    def tool_id(self) -> str:
        return self._tool.id

    @property
    def tool(self) -> Tool:
        return self._tool

    def set_tool(self, tool_id: str) -> None:
        """Take up a tool; an unfinished transform is applied first, as Photoshop asks for."""
        if tool_id == self._tool.id or tool_id not in self._tools:
            return
        if tool_id == "transform":
            self.begin_transform()
            return
        if self.transform_active:
            self._transform.apply()
        self._take_up(tool_id)

    def _take_up(self, tool_id: str) -> None:
        self._tool.deactivate()
        self._tool = self._tools[tool_id]
        self._tool.activate()
        self._pressed = False
        self._update_hover()
        self.update()
        self.tool_changed.emit(tool_id)

    @property
    def _transform(self) -> TransformTool:
        tool = self._tools["transform"]
        assert isinstance(tool, TransformTool)
        return tool

    @property
    def transform_active(self) -> bool:
        return self._transform.active

    def begin_transform(self) -> None:
        """Free transform of the selection until it is applied or cancelled."""
        if self.transform_active:
            return
        self._tool.cancel()
        if self._transform.start():
            self._before_transform = self._tool.id
            self._take_up("transform")
            self.setFocus()
            self.message.emit(self.tr("Drag the handles or the number fields. Enter applies, Esc cancels."))

    def apply_transform(self) -> None:
        """Keep the transform under way; does nothing where there is none."""
        if self.transform_active:
            self._transform.apply()
            self._end_transform()

    def cancel_transform(self) -> None:
        if self.transform_active:
            self._transform.cancel()
            self._end_transform()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back; inside a transform only its own count."""
        return self._transform.can_undo if self.transform_active else self.session.stack.canUndo()

    def undo(self) -> None:
        if self.can_undo:
            self.session.stack.undo()

    def _end_transform(self) -> None:
        if self._tool is self._transform:
            self._take_up(self._before_transform)
            self.message.emit("")

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selection by document px; steps in a row are one undo step.

        With a selection tool in the hand the selected part's outline moves instead.
        """
        if self._tool.dragging:
            return
        if self._area is not None and isinstance(self._tool, SelectTool):
            self.move_area(round(dx), round(dy))
            return
        layers = self._movable()
        if not layers:
            return
        ids = [layer.id for layer in layers]
        if ids == self._nudged:  # a key held down
            self.expect(ids)
        self._nudged = ids
        text = f"Move {title_of([layer.name for layer in layers])}"
        self.session.apply(text, lambda d: edits.move_by(d, ids, dx, dy), merge="nudge:" + ",".join(ids))

    def _movable(self) -> list[Layer]:
        """The selected layers that may be moved; with a message where there are none."""
        layers = free_layers(self.session.document, self.session.selection)
        if not layers:
            chosen = self.session.selection
            document = self.session.document
            self.message.emit(edits.refusal(document, chosen) if chosen else "Select a layer first.")
        return layers

    def align(self, edge: Edge) -> None:
        """Put an edge or the middle of each selected layer and group on that of the selected part, if there is one;
        of the box around them, if there are several; of the canvas otherwise."""
        if not self._movable():
            return
        document = self.session.document
        units = [free_layers(document, [i]) for i in topmost(document, self.session.selection)]
        units = [layers for layers in units if layers]
        box = (0.0, 0.0, float(document.width), float(document.height))
        if self.area is not None:
            left, top, right, bottom = self.area.box
            box = (float(left), float(top), float(right), float(bottom))
        elif len(units) > 1:
            box = box_around([layer for layers in units for layer in layers])
        new = aligned(units, edge, box)
        self.session.apply(f"Align {edge}", lambda d: edits.transform_layers(d, new))

    def color_at(self, x: float, y: float, size: int = 1) -> tuple[int, int, int] | None:
        """The document's colour at a place in document px (mean of size x size px); None where there is none."""
        return self._painter.sample(math.floor(x), math.floor(y), size)

    def screen_color(self, color: tuple[int, int, int]) -> QColor:
        """A document colour as the canvas shows it."""
        return self._painter.screen_color(color)


def _selector(session: DocumentSession, layer_id: str) -> Callable[[], None]:
    return lambda: session.select([layer_id])
