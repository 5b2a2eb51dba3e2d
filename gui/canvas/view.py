"""The canvas widget: shows the session's document, hands input to the tool, paints overlays."""

from __future__ import annotations

import math
from collections.abc import Iterable

from PySide6.QtCore import QCoreApplication, QEvent, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import (
    QColor,
    QEnterEvent,
    QFocusEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QPainter,
    QPaintEvent,
    QRegion,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QPinchGesture, QSizePolicy, QWidget

from engine import edits, surgery
from engine.compositing import matrix
from engine.document import Layer, Mask
from engine.errors import InputError
from gui import theme
from gui.canvas import overlays
from gui.canvas.area import Area
from gui.canvas.brush import Brush
from gui.canvas.images import LayerImages
from gui.canvas.painter import CanvasPainter
from gui.canvas.picking import free_layers
from gui.canvas.snapping import Box
from gui.canvas.tools.base import Tool, ToolEvent, title_of
from gui.canvas.tools.eyedropper import EyedropperTool
from gui.canvas.tools.hand import HandTool
from gui.canvas.tools.mask_brush import EraseTool, RestoreTool
from gui.canvas.tools.move import MoveTool
from gui.canvas.tools.select import LassoTool, RectangleTool, SelectBrushTool
from gui.canvas.tools.transform import TransformTool
from gui.canvas.viewport import Viewport, next_step, previous_step, wheel_factor
from gui.session import Change, DocumentSession

PAINT_BUDGET = 0.010
REFINE_BUDGET = 0.008
REST_MS = 120
FIT_MARGIN = 24

TOOLS = (
    *(MoveTool, HandTool, TransformTool, EyedropperTool),
    *(RectangleTool, LassoTool, SelectBrushTool, EraseTool, RestoreTool),
)


class CanvasView(QWidget):
    """The picture and the hand on it.

    Signals:
        zoom_changed(float): device pixels per document pixel. cursor_moved(QPointF | None): in document px.
        message(str): a refusal or hint for the status bar. tool_changed(str): the tool's id.
        color_picked((r, g, b)): by the eyedropper, in the document's colours. area_changed(): `area` is another one.
        brush_changed(Brush): `brush` is another one.
    """

    zoom_changed = Signal(float)
    cursor_moved = Signal(object)
    message = Signal(str)
    tool_changed = Signal(str)
    color_picked = Signal(object)
    area_changed = Signal()
    brush_changed = Signal(object)

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._images = LayerImages(self)
        self._images.ready.connect(self._images_ready)
        self._painter = CanvasPainter(self._images)
        self._viewport = Viewport()
        self._fitted = True
        self._area: Area | None = None
        self._outlines: list[list[tuple[float, float]]] = []
        self._ants = 0
        self._brush = Brush()
        self._tools: dict[str, Tool] = {tool.id: tool for tool in (make(self) for make in TOOLS)}
        self._tool: Tool = self._tools["move"]
        self._before_transform = "move"
        self._pan: HandTool | None = None
        self._space = False
        self._pressed = False
        self._last_event: ToolEvent | None = None
        self._document = session.document
        self._refine_timer = QTimer(self, singleShot=True, interval=REST_MS)
        self._refine_timer.timeout.connect(self._refine)
        self._paint_timer = QTimer(self, singleShot=True, interval=0)
        self._paint_timer.timeout.connect(self._repaint)
        self._ready_timer = QTimer(self, singleShot=True, interval=30)
        self._ready_timer.timeout.connect(self._use_ready)
        self._ants_timer = QTimer(self, interval=150)
        self._ants_timer.timeout.connect(self._march)
        self._set_up_widget()
        session.changed.connect(self._document_changed)
        session.selection_changed.connect(self._selection_changed)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._images.stop)
        theme.notifier().changed.connect(self._take_theme)
        self._take_theme()
        if session.is_open:
            self._painter.open(session.shown)

    def _set_up_widget(self) -> None:
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.grabGesture(Qt.GestureType.PinchGesture)
        self.setAccessibleName(self.tr("Canvas"))
        self.setAccessibleDescription(self.tr("Shows the picture. Layers are selected and moved here."))

    def sizeHint(self) -> QSize:
        return QSize(900, 640)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    # What others may ask

    @property
    def viewport(self) -> Viewport:
        return self._viewport

    @property
    def dpr(self) -> float:
        return self.devicePixelRatioF()

    @property
    def zoom(self) -> float:
        return self._viewport.zoom

    @property
    def tool_id(self) -> str:
        return self._tool.id

    @property
    def tool(self) -> Tool:
        return self._tool

    @property
    def busy(self) -> bool:
        """Whether the picture may still get better without any input."""
        painter = self._painter
        return (
            painter.pending or painter.unrefined or self._images.busy or self._ready_timer.isActive()
        ) and self.session.is_open

    def device_rect(self) -> QRect:
        return QRect(0, 0, self._viewport.width, self._viewport.height)

    def visible_box(self) -> Box:
        """The document box inside the view, canvas or not."""
        v = self._viewport
        return (*v.to_document(0, 0), *v.to_document(v.width, v.height))

    def image(self) -> QImage:
        """The picture without overlays, as it is on screen, in device px."""
        self._painter.render()
        return self._painter.screen.copy()

    def expect(self, ids: Iterable[str]) -> None:
        """A gesture on these layers is about to begin."""
        self._painter.expect(ids)

    def stop(self) -> None:
        """End background work; the canvas stays usable with drafts."""
        self._images.stop()

    # Zoom and pan

    def zoom_in(self) -> None:
        self.zoom_to(next_step(self.zoom))

    def zoom_out(self) -> None:
        self.zoom_to(previous_step(self.zoom))

    def zoom_to(self, factor: float, anchor: QPointF | None = None) -> None:
        """`factor`: device px per document px. `anchor` (widget coordinates, default the middle) keeps its place."""
        at = QPointF(self._viewport.width / 2, self._viewport.height / 2) if anchor is None else anchor * self.dpr
        self._set_viewport(self._viewport.zoomed(factor, at.x(), at.y()), fitted=False)

    def fit(self) -> None:
        """The whole document, and it stays so while the window changes size."""
        self._set_viewport(self._fit_viewport(self._viewport), fitted=True)

    def actual_size(self) -> None:
        self.zoom_to(1.0)

    def scroll_view(self, dx: int, dy: int) -> None:
        """Move the picture by device px."""
        self._set_viewport(self._viewport.scrolled(dx, dy), fitted=False)

    def _fit_viewport(self, viewport: Viewport) -> Viewport:
        return viewport.fitted(round(FIT_MARGIN * self.dpr), largest=1.0)

    def _set_viewport(self, viewport: Viewport, fitted: bool) -> None:
        if not self.session.is_open:
            return
        self._fitted = fitted
        zoom = self._viewport.zoom
        self._viewport = viewport
        self._painter.set_viewport(viewport, self.dpr)
        if viewport.zoom != zoom:
            self.zoom_changed.emit(viewport.zoom)
        self._update_hover()
        self._refine_timer.start()
        self.update()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._match_size()

    def _match_size(self) -> None:
        size = self.size() * self.dpr
        viewport = self._viewport.resized(size.width(), size.height())
        if not self.session.is_open:
            self._viewport = viewport
        elif self._fitted:
            self._set_viewport(self._fit_viewport(viewport), fitted=True)
        else:
            self._set_viewport(viewport, fitted=False)

    # How it looks

    def set_background(self, kind: str | QColor) -> None:
        """What is seen through the document: "checker", "white", "black" or a colour."""
        named = {"white": QColor(255, 255, 255), "black": QColor(0, 0, 0), "checker": None}
        background = kind if isinstance(kind, QColor) else named[kind]
        self._painter.set_colors(self._painter.pasteboard, self._painter.checkers, background)
        self.update()

    @Slot()
    def _take_theme(self) -> None:
        look = theme.tokens()
        checkers = (QColor(look.checker_a), QColor(look.checker_b))
        self._painter.set_colors(QColor(look.canvas), checkers, self._painter.background)
        self.update()

    def show_original(self, on: bool) -> None:
        self._painter.show("original" if on else "layers")
        self.update()

    def show_difference(self, on: bool) -> None:
        self._painter.show("difference" if on else "layers")
        self.update()

    # Tools

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
            self.message.emit(self.tr("Drag the handles or the number fields. Enter applies, Esc cancels."))

    def apply_transform(self) -> None:
        if self.transform_active:
            self._transform.apply()
            self._take_up(self._before_transform)

    def cancel_transform(self) -> None:
        if self.transform_active:
            self._transform.cancel()
            self._take_up(self._before_transform)

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selection by document px; steps in a row are one undo step."""
        if self.transform_active:
            self._transform.nudge(dx, dy)
            return
        if self._tool.dragging:
            return
        layers = free_layers(self.session.document, self.session.selection)
        if not layers:
            chosen = self.session.selection
            text = (
                "The selection is locked: unlock it in the layer panel to move it."
                if chosen
                else "Select a layer first."
            )
            self.message.emit(text)
            return
        ids = [layer.id for layer in layers]
        text = f"Move {title_of([layer.name for layer in layers])}"
        self.session.apply(text, lambda d: edits.move_by(d, ids, dx, dy), merge="nudge:" + ",".join(ids))

    # Colours, the selected part, the brush

    def color_at(self, x: float, y: float, size: int = 1) -> tuple[int, int, int] | None:
        """The document's colour at a place in document px (mean of size x size px); None where there is none."""
        return self._painter.sample(math.floor(x), math.floor(y), size)

    def screen_color(self, color: tuple[int, int, int]) -> QColor:
        """A document colour as the canvas shows it."""
        return self._painter.screen_color(color)

    @property
    def area(self) -> Area | None:
        """The selected part of the picture, or None."""
        return self._area

    def set_area(self, area: Area | None) -> None:
        if area is self._area:
            return
        self._area = area
        self._outlines = area.outlines() if area is not None else []
        if area is None:
            self._ants_timer.stop()
        else:
            self._ants_timer.start()
        self.area_changed.emit()
        self.update()

    def move_area_to_layer(self) -> bool:
        """Cut the selected part out of the current layer and put it on a new one above; False with a message."""
        current = self.session.current
        if self._area is None or current is None:
            self.message.emit("Draw a selection and select a layer first.")
            return False
        try:
            document, new_id = surgery.move_selection(self.session.document, current, self._area.raster())
        except (InputError, KeyError) as error:
            self.message.emit(str(error))
            return False
        self.session.apply("Move selection to new layer", lambda _: document, select=[new_id])
        self.set_area(None)
        return True

    @Slot()
    def _march(self) -> None:
        if self._area is None or not self.isVisible():
            return
        self._ants = (self._ants + 1) % 8
        left, top, right, bottom = self._area.box
        a, b = self._viewport.to_view(left, top), self._viewport.to_view(right, bottom)
        seen = QRectF(QPointF(*a), QPointF(*b)) & QRectF(self.device_rect())
        self.update(_unscaled(seen.toAlignedRect(), self.dpr).adjusted(-2, -2, 2, 2))

    @property
    def brush(self) -> Brush:
        return self._brush

    def set_brush(self, brush: Brush) -> None:
        if brush != self._brush:
            self._brush = brush
            self.brush_changed.emit(brush)
            self._show_cursor()
            self.update()

    def prime_mask(self, layer: Layer) -> None:
        """A stroke on this layer's mask is about to begin."""
        self._images.prime(layer, min(self.zoom, 1.0), self.visible_box())

    def mask_changed(self, layer: Layer, old: Mask | None, box: tuple[int, int, int, int] | None) -> None:
        """The layer's mask is another one than `old`, but only within `box` (the layer's own px)."""
        self._images.mask_changed(layer, old, box)
        if box is not None:
            m = matrix(layer)
            corners = [m @ (x, y, 1) for x in (box[0], box[2]) for y in (box[1], box[3])]
            xs, ys = [float(c[0]) for c in corners], [float(c[1]) for c in corners]
            self._painter.narrow(layer.id, (min(xs) - 1, min(ys) - 1, max(xs) + 1, max(ys) + 1))

    # The session

    @Slot(object)
    def _document_changed(self, change: Change) -> None:
        if change.opened:
            self._open()
        else:
            self._painter.update_document(self.session.shown, change.structure)
            shown = self.session.shown
            if (shown.width, shown.height) != (self._viewport.doc_width, self._viewport.doc_height):
                self._open()
        if self.session.document is not self._document:
            self._document = self.session.document
            self._tool.document_changed()
        self._refine_timer.start()
        self.update()

    def _open(self) -> None:
        for tool in self._tools.values():
            tool.cancel()
        if self._tool.id == "transform":
            self._take_up("move")
        self.set_area(None)
        document = self.session.shown
        size = self.size() * self.dpr
        self._viewport = Viewport(max(1, size.width()), max(1, size.height()), document.width, document.height)
        self._painter.open(document)
        self._match_size()
        self.fit()
        self._painter.redraw()

    @Slot()
    def _selection_changed(self) -> None:
        self._update_hover()
        self.update()

    @Slot()
    def _repaint(self) -> None:
        # Not self.update itself: as a timer's slot PySide6 6.12 crashes on its overloads.
        self.update()

    @Slot()
    def _images_ready(self) -> None:
        if not self._ready_timer.isActive():
            self._ready_timer.start()

    @Slot()
    def _use_ready(self) -> None:
        self._painter.improve()
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter, event)
        finally:
            painter.end()  # an error must not leave a painter on the widget: Qt would crash

    def _paint(self, painter: QPainter, event: QPaintEvent) -> None:
        if not self.session.is_open:
            painter.fillRect(event.rect(), self._painter.pasteboard)
            return
        if (self._viewport.width, self._viewport.height) != self._device_size():
            self._match_size()
        self._painter.render(PAINT_BUDGET)
        scale = self.dpr
        painter.save()
        painter.scale(1 / scale, 1 / scale)
        area = _scaled(event.rect(), scale)
        painter.drawImage(area, self._painter.screen, area)
        overlays.draw_edge(painter, self._viewport)
        overlays.draw_grid(painter, self._viewport)
        if self._outlines:
            overlays.draw_ants(painter, self._viewport, self._outlines, self._ants)
        self._tool.paint(painter)
        painter.restore()
        if self._painter.pending:
            self._paint_timer.start()
        elif self._painter.unrefined and not self._refine_timer.isActive():
            self._refine_timer.start()

    def _device_size(self) -> tuple[int, int]:
        size = self.size() * self.dpr
        return max(1, size.width()), max(1, size.height())

    @Slot()
    def _refine(self) -> None:
        if self._pressed or self._painter.pending or not self._painter.unrefined:
            if self._painter.unrefined:
                self._refine_timer.setInterval(REST_MS)
                self._refine_timer.start()
            return
        drawn: QRegion = self._painter.refine(REFINE_BUDGET)
        for rect in drawn:
            self.update(_unscaled(rect, self.dpr))
        more = self._painter.unrefined
        self._refine_timer.setInterval(0 if more else REST_MS)
        if more:
            self._refine_timer.start()

    # Input

    def _event_at(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> ToolEvent:
        at = position * self.dpr
        x, y = self._viewport.to_document(at.x(), at.y())
        return ToolEvent(x, y, at, modifiers)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.setFocus(Qt.FocusReason.MouseFocusReason)
        if not self.session.is_open or self._pressed:
            return
        tool_event = self._event_at(event.position(), event.modifiers())
        if event.button() == Qt.MouseButton.MiddleButton or (
            self._space and event.button() == Qt.MouseButton.LeftButton
        ):
            self._pan = HandTool(self)
            self._pan.press(tool_event)
        elif event.button() == Qt.MouseButton.LeftButton:
            self._pressed = True
            self._refine_timer.setInterval(REST_MS)
            self._tool.press(tool_event)
        self._set_last(tool_event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.session.is_open:
            return
        tool_event = self._event_at(event.position(), event.modifiers())
        if self._pan is not None:
            self._pan.move(tool_event)
        elif self._pressed:
            self._tool.move(tool_event)
        else:
            self._tool.hover(tool_event)
        self._set_last(tool_event)
        self.cursor_moved.emit(QPointF(tool_event.x, tool_event.y))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        tool_event = self._event_at(event.position(), event.modifiers())
        if self._pan is not None and event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton):
            self._pan = None
        elif self._pressed and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = False
            self._tool.release(tool_event)
            self._refine_timer.start()
        self._tool.hover(tool_event)
        self._set_last(tool_event)

    def _set_last(self, event: ToolEvent) -> None:
        self._last_event = event
        self._show_cursor()

    def _show_cursor(self) -> None:
        if self._pan is not None or self._space:
            held = self._pan is not None
            self.setCursor(Qt.CursorShape.ClosedHandCursor if held else Qt.CursorShape.OpenHandCursor)
        elif self.session.is_open:
            self.setCursor(self._tool.cursor(self._last_event))
        else:
            self.unsetCursor()

    def _update_hover(self) -> None:
        """The picture moved under the mouse, or the modifiers changed."""
        last = self._last_event
        if last is None or not self.session.is_open:
            return
        x, y = self._viewport.to_document(last.view.x(), last.view.y())
        self._last_event = ToolEvent(x, y, last.view, last.modifiers)
        if not self._pressed:
            self._tool.hover(self._last_event)
        self._show_cursor()

    def enterEvent(self, _event: QEnterEvent) -> None:
        self._show_cursor()

    def leaveEvent(self, _event: QEvent) -> None:
        self._last_event = None
        self._tool.hover(None)
        self.cursor_moved.emit(None)
        self.update()

    def wheelEvent(self, event: QWheelEvent) -> None:
        if not self.session.is_open:
            return
        angle, pixels = event.angleDelta(), event.pixelDelta()
        modifiers = event.modifiers()
        if modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            # With Alt held Qt turns the wheel sideways on some systems.
            turn = angle.y() or angle.x()
            self.zoom_to(self.zoom * wheel_factor(turn), event.position())
        else:
            delta = QPointF(pixels) * self.dpr if not pixels.isNull() else QPointF(angle) / 120 * 60 * self.dpr
            if modifiers & Qt.KeyboardModifier.ShiftModifier and not delta.x():
                delta = delta.transposed()
            self.scroll_view(round(delta.x()), round(delta.y()))
        event.accept()

    def event(self, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.NativeGesture and isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self.zoom_to(self.zoom * (1 + event.value()), event.position())
                return True
        elif kind == QEvent.Type.Gesture:
            pinch = event.gesture(Qt.GestureType.PinchGesture)  # type: ignore[attr-defined]
            if isinstance(pinch, QPinchGesture):
                self._pinched(pinch)
                return True
        elif kind == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            own = event.key() in (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
            if (own and self._tool.wants_keys) or event.key() == Qt.Key.Key_Space:
                event.accept()
                return True
        return super().event(event)

    def _pinched(self, pinch: QPinchGesture) -> None:
        anchor = QPointF(self.mapFromGlobal(pinch.centerPoint().toPoint()))
        move = (pinch.centerPoint() - pinch.lastCenterPoint()) * self.dpr
        self.scroll_view(round(move.x()), round(move.y()))
        self.zoom_to(self.zoom * pinch.scaleFactor(), anchor)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Space:
            if not event.isAutoRepeat() and not self._pressed:
                self._space = True
                self._show_cursor()
            return
        if self._tool.key(event):
            return
        if key == Qt.Key.Key_Escape and self._tool.cancel():
            self._pressed = False
            return
        if event.text() in ("[", "]"):
            self.set_brush(self._brush.resized(1.15 if event.text() == "]" else 1 / 1.15))
            return
        if key == Qt.Key.Key_Escape and self._area is not None:
            self.set_area(None)
            return
        if key in _ARROWS:
            step = 10 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1
            dx, dy = _ARROWS[Qt.Key(key)]
            self.nudge(dx * step, dy * step)
            return
        self._modifiers_changed(event)
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space and not event.isAutoRepeat():
            self._space = False
            self._show_cursor()
            return
        self._modifiers_changed(event)
        super().keyReleaseEvent(event)

    def _modifiers_changed(self, event: QKeyEvent) -> None:
        """Shift, Ctrl or Alt during a drag take effect at once, not at the next mouse move."""
        last = self._last_event
        if last is None or event.key() not in _MODIFIERS:
            return
        modifier = _MODIFIERS[Qt.Key(event.key())]
        held = event.modifiers()
        held = held | modifier if event.type() == QEvent.Type.KeyPress else held & ~modifier
        self._last_event = ToolEvent(last.x, last.y, last.view, held)
        if self._pressed and self._tool.dragging:
            self._tool.move(self._last_event)
        self._show_cursor()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        super().focusOutEvent(event)


_ARROWS = {
    Qt.Key.Key_Left: (-1, 0),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Down: (0, 1),
}
_MODIFIERS = {
    Qt.Key.Key_Shift: Qt.KeyboardModifier.ShiftModifier,
    Qt.Key.Key_Control: Qt.KeyboardModifier.ControlModifier,
    Qt.Key.Key_Alt: Qt.KeyboardModifier.AltModifier,
}


def _scaled(rect: QRect, scale: float) -> QRect:
    area = QRectF(rect.x() * scale, rect.y() * scale, rect.width() * scale, rect.height() * scale)
    return area.toAlignedRect()


def _unscaled(rect: QRect, scale: float) -> QRect:
    return _scaled(rect, 1 / scale).adjusted(-1, -1, 1, 1) if scale != 1 else rect
