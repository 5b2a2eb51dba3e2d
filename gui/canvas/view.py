"""The canvas widget: hands what Qt tells it to its parts, and says to other rooms what they may use of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QEnterEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from engine.document import Layer, Mask
from engine.words import Message, said
from gui.canvas import menu, rulers
from gui.canvas.area import Area
from gui.canvas.area_holder import AreaHolder
from gui.canvas.arranger import Arranger
from gui.canvas.brush import Brush
from gui.canvas.contents import Shows
from gui.canvas.picture import Picture
from gui.canvas.placing import Edge
from gui.canvas.router import InputRouter
from gui.canvas.snapping import Box
from gui.canvas.toolbox import Toolbox
from gui.canvas.tools.base import Tool
from gui.canvas.tools.hand import HandTool
from gui.canvas.viewport import Viewport
from gui.document.session import DocumentSession
from gui.look import theme

USUAL_SIZE = QSize(900, 640)
LEAST_SIZE = QSize(160, 120)
GESTURES = (QEvent.Type.Gesture, QEvent.Type.NativeGesture)


class CanvasView(QWidget):
    """The picture and the hand on it. It is the `ToolCanvas` of its tools.

    Signals:
        message(str): a refusal or hint for the status bar. tool_changed(str): the tool's id.
        zoom_changed(float): device px per document px. cursor_moved(QPointF | None): in document px; None when the
        mouse left. color_picked((r, g, b)): by the eyedropper, in the document's colours.
        area_changed(): `area` is another one. brush_changed(Brush): `brush` is another one.

    Attributes:
        picture: what is shown, and where.
    """

    message = Signal(str)
    tool_changed = Signal(str)
    zoom_changed = Signal(float)
    cursor_moved = Signal(object)
    color_picked = Signal(object)
    area_changed = Signal()
    brush_changed = Signal(object)

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._rulers = False
        self._make_menu: Callable[[], QMenu] = lambda: QMenu(self)
        self.picture = Picture(session, self)
        self._area = AreaHolder(self.picture, self)
        self._toolbox = Toolbox(self, self)
        self._router = InputRouter(self, self.picture, self._toolbox, self._area, HandTool(self))
        self._arranger = Arranger(self, self._toolbox)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Canvas"))
        self.setAccessibleDescription(said("canvas.description"))
        self._connect()

    def _connect(self) -> None:
        """What one part tells, and which others hear of it, in that order."""
        self.picture.zoom_changed.connect(self.zoom_changed)
        self.picture.moved.connect(self._router.update_hover)
        self.picture.replaced.connect(self._document_replaced)
        self.picture.edited.connect(self._toolbox.document_edited)
        self._area.changed.connect(self.area_changed)
        self._router.cursor_moved.connect(self._cursor_moved)
        self._toolbox.changed.connect(self._tool_changed)
        self._toolbox.brush_changed.connect(self._brush_changed)
        self.session.selection_changed.connect(self._selection_changed)

    @Slot()
    def _document_replaced(self) -> None:
        self._toolbox.document_replaced()
        self._area.set(None)

    @Slot()
    def _selection_changed(self) -> None:
        self._toolbox.selection_changed()
        self._router.update_hover()
        self.update()

    @Slot(str)
    def _tool_changed(self, tool_id: str) -> None:
        self._router.let_go()
        self._router.update_hover()
        self.update()
        self.tool_changed.emit(tool_id)
        if self.transform_active:
            self.setFocus()  # Enter and Esc end it

    @Slot(object)
    def _brush_changed(self, brush: Brush) -> None:
        self.brush_changed.emit(brush)
        self._router.show_cursor()
        self.update()

    @Slot(object)
    def _cursor_moved(self, place: QPointF | None) -> None:
        if self._rulers:
            self.update(0, 0, self.width(), rulers.THICKNESS)
            self.update(0, 0, rulers.THICKNESS, self.height())
        self.cursor_moved.emit(place)

    # What Qt tells

    def sizeHint(self) -> QSize:
        return USUAL_SIZE

    def minimumSizeHint(self) -> QSize:
        return LEAST_SIZE

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self.picture.match_size()

    def paintEvent(self, event: QPaintEvent) -> None:
        with QPainter(self) as painter:  # an error must not leave a painter on the widget: Qt would crash
            self.picture.paint(painter, event.rect())
            if self.session.is_open and self.showing == "layers":
                painter.scale(1 / self.dpr, 1 / self.dpr)
                self._paint_over(painter)

    def _paint_over(self, painter: QPainter) -> None:
        """What lies on top of the picture, in device px."""
        self._area.paint(painter)
        self._toolbox.tool.paint(painter)
        if self._rulers:
            look = theme.tokens()
            colors = (QColor(look.panel), QColor(look.text_muted), QColor(look.accent))
            rulers.draw_rulers(painter, self.viewport, self._router.cursor_place, colors, self.font(), self.dpr)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._router.press(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        self._router.double_click(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._router.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._router.release(event)

    def enterEvent(self, _event: QEnterEvent) -> None:
        self._router.show_cursor()

    def leaveEvent(self, _event: QEvent) -> None:
        self._router.leave()

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._router.wheel(event)

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and self._router.wants(event):
            event.accept()
            return True
        if kind in GESTURES and self._router.gesture(event):
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not self._router.key_pressed(event):
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if not self._router.key_released(event):
            super().keyReleaseEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._router.focus_lost()
        super().focusOutEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.session.is_open and not self._router.pressed and not self.transform_active:
            at = self._router.event_at(QPointF(event.pos()), Qt.KeyboardModifier.NoModifier)
            menu.show(event, at, self.session, self._make_menu)

    def set_menu_factory(self, factory: Callable[[], QMenu]) -> None:
        """Who makes the menu of a layer; the canvas adds the layers under the cursor."""
        self._make_menu = factory

    def say(self, message: Message | None) -> None:
        """One sentence for the status bar; None takes the last one away."""
        self.message.emit(str(message) if message is not None else "")

    # The picture

    @property
    def viewport(self) -> Viewport:
        """Where the document lies in the widget, in device px."""
        return self.picture.viewport

    @property
    def dpr(self) -> float:
        """Device px per logical px."""
        return self.picture.dpr

    @property
    def zoom(self) -> float:
        """Device px per document px."""
        return self.picture.zoom

    @property
    def busy(self) -> bool:
        """Whether the picture may still get better without any input."""
        return self.picture.busy

    def device_rect(self) -> QRect:
        """The widget in device px."""
        return self.picture.device_rect()

    def visible_box(self) -> Box:
        """The document box inside the widget, canvas or not."""
        return self.picture.visible_box()

    def visible_centre(self) -> tuple[float, float]:
        """The document place in the middle of the widget."""
        return self.picture.visible_centre()

    def image(self) -> QImage:
        """The picture without overlays, as it is on screen, in device px."""
        return self.picture.image()

    def stop(self) -> None:
        """End background work; the canvas stays usable with drafts."""
        self.picture.stop()

    def zoom_in(self) -> None:
        """To the next larger of the usual zooms."""
        self.picture.zoom_in()

    def zoom_out(self) -> None:
        """To the next smaller of the usual zooms."""
        self.picture.zoom_out()

    def zoom_to(self, factor: float) -> None:
        """`factor`: device px per document px; what is in the middle stays there."""
        self.picture.zoom_to(factor)

    def actual_size(self) -> None:
        """A device px for each document px."""
        self.picture.zoom_to(1.0)

    def fit(self) -> None:
        """The whole document, and it stays so while the window changes size."""
        self.picture.fit()

    def scroll_view(self, dx: int, dy: int) -> None:
        """Move the picture by device px."""
        self.picture.scroll(dx, dy)

    def set_background(self, kind: str | QColor) -> None:
        """What is seen through the document: "checker", "white", "black" or a colour."""
        self.picture.set_background(kind)

    @property
    def showing(self) -> Shows:
        """ "layers", "original" or "difference"."""
        return self.picture.showing

    def show_original(self, on: bool) -> None:
        """Show the image that was opened, or the layers again."""
        self.picture.show("original" if on else "layers")

    def show_difference(self, on: bool) -> None:
        """Show where the stack is not the original, or the layers again."""
        self.picture.show("difference" if on else "layers")

    @property
    def pixel_grid(self) -> bool:
        """Whether lines between the pixels are drawn from 800 % on."""
        return self.picture.pixel_grid

    @pixel_grid.setter
    def pixel_grid(self, on: bool) -> None:
        self.picture.pixel_grid = on

    @property
    def rulers(self) -> bool:
        """Whether rulers are shown along the edges."""
        return self._rulers

    def set_rulers(self, on: bool) -> None:
        """Show or hide the rulers."""
        self._rulers = on
        self.picture.cover_left_top(rulers.THICKNESS if on else 0)

    def expect(self, ids: Iterable[str]) -> None:
        """A gesture on these layers is about to begin."""
        self.picture.expect(ids)

    def prime_mask(self, layer: Layer) -> None:
        """A stroke on this layer's mask is about to begin."""
        self.picture.prime_mask(layer)

    def mask_changed(self, layer: Layer, old: Mask | None, box: tuple[int, int, int, int] | None) -> None:
        """The layer's mask is another one than `old`, but only within `box` (the layer's own px; None: nowhere)."""
        self.picture.mask_changed(layer, old, box)

    def color_at(self, x: float, y: float, size: int = 1) -> tuple[int, int, int] | None:
        """The document's colour at a place in document px (mean of size x size px); None where there is none."""
        return self.picture.color_at(x, y, size)

    def screen_color(self, color: tuple[int, int, int]) -> QColor:
        """A document colour as the canvas shows it."""
        return self.picture.screen_color(color)

    # The hand

    def hold_pan(self, held: bool) -> None:
        """While held, a drag pans, whatever the tool."""
        self._router.hold_pan(held)

    def take_key(self, event: QKeyEvent) -> bool:
        """A key went down elsewhere in the window; True where the canvas or its tool used it."""
        return self._router.take_key(event)

    @property
    def area(self) -> Area | None:
        """The selected part of the picture, or None."""
        return self._area.area

    def set_area(self, area: Area | None) -> None:
        """Select that part of the picture, or nothing."""
        self._area.set(area)

    def move_area(self, dx: int, dy: int) -> None:
        """Move the selected part's outline, not the picture, by document px; a pixel of it stays in the picture."""
        self._area.move(dx, dy)

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selection by document px, or with a selection tool in hand the selected part's outline."""
        self._arranger.nudge(dx, dy)

    def align(self, edge: Edge) -> None:
        """Align the selected layers to the selected part, to each other or to the canvas, whichever there is first."""
        self._arranger.align(edge)

    # The toolbox

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self._toolbox.tool

    @property
    def tool_id(self) -> str:
        """The id of the tool in hand."""
        return self._toolbox.tool.id

    def set_tool(self, tool_id: str) -> None:
        """Take up a tool; an unfinished transform is applied first, as Photoshop asks for."""
        self._toolbox.take(tool_id)

    @property
    def auto_select(self) -> bool:
        """Whether a press with the move tool picks the layer under it."""
        return self._toolbox.move.auto_select

    def set_auto_select(self, on: bool) -> None:
        """Whether a press with the move tool picks the layer under it."""
        self._toolbox.move.auto_select = on

    @property
    def brush(self) -> Brush:
        """The brush that the painting tools share."""
        return self._toolbox.brush

    def set_brush(self, brush: Brush) -> None:
        """Paint with another brush."""
        self._toolbox.set_brush(brush)

    @property
    def sample_size(self) -> int:
        """Side of the square, document px, whose mean the eyedropper takes."""
        return self._toolbox.sample_size

    @sample_size.setter
    def sample_size(self, side: int) -> None:
        self._toolbox.sample_size = side

    def offer_color(self, color: tuple[int, int, int]) -> None:
        """A colour was picked, in the document's colours."""
        self.color_picked.emit(color)

    @property
    def transform_active(self) -> bool:
        """Whether a free transform is under way."""
        return self._toolbox.transform.active

    def begin_transform(self) -> None:
        """Free transform of the selection until it is applied or cancelled."""
        self._toolbox.begin_transform()

    def apply_transform(self) -> None:
        """Keep the transform under way; does nothing where there is none."""
        self._toolbox.apply_transform()

    def cancel_transform(self) -> None:
        """Take the transform under way back; does nothing where there is none."""
        self._toolbox.cancel_transform()
