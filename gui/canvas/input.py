"""Mouse, wheel, touch and keys on the canvas: what is about the view is done here, the rest goes to the tool."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, Qt, Signal
from PySide6.QtGui import (
    QEnterEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QNativeGestureEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QPinchGesture, QWidget

from gui.canvas.surface import REST_MS, CanvasSurface
from gui.canvas.tools.base import Tool, ToolEvent
from gui.canvas.tools.hand import HandTool
from gui.canvas.viewport import wheel_factor
from gui.document.session import DocumentSession


class CanvasInput(CanvasSurface):
    """A surface that hands input to `tool`.

    Signals:
        cursor_moved(QPointF | None): in document px; None when the mouse left.
    """

    cursor_moved = Signal(object)

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._pan: HandTool | None = None
        self._space = False
        self._pressed = False
        self._last_event: ToolEvent | None = None
        self.setMouseTracking(True)
        self.grabGesture(Qt.GestureType.PinchGesture)

    @property
    def tool(self) -> Tool:
        """The tool that gets the input."""
        raise NotImplementedError

    def own_key(self, event: QKeyEvent) -> bool:
        """A key that neither the view nor the tool wanted; True where it was used."""
        raise NotImplementedError

    def mouse_moved(self) -> None:
        """The mouse is elsewhere; what shows its place is out of date."""

    @property
    def gesture_active(self) -> bool:
        return self._pressed

    def moved_under_mouse(self) -> None:
        self._update_hover()

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
            self.tool.press(tool_event)
        self._set_last(tool_event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        left = event.button() == Qt.MouseButton.LeftButton and not self._space
        tool_event = self._event_at(event.position(), event.modifiers())
        if not (left and self.session.is_open and self.tool.double_click(tool_event)):
            self.mousePressEvent(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if not self.session.is_open:
            return
        tool_event = self._event_at(event.position(), event.modifiers())
        if self._pan is not None:
            self._pan.move(tool_event)
        elif self._pressed:
            self.tool.move(tool_event)
        else:
            self.tool.hover(tool_event)
        self._set_last(tool_event)
        self.mouse_moved()
        self.cursor_moved.emit(QPointF(tool_event.x, tool_event.y))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        tool_event = self._event_at(event.position(), event.modifiers())
        if self._pan is not None and event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton):
            self._pan = None
        elif self._pressed and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = False
            self.tool.release(tool_event)
            self._refine_timer.start()
        self.tool.hover(tool_event)
        self._set_last(tool_event)

    def _set_last(self, event: ToolEvent) -> None:
        self._last_event = event
        self._show_cursor()

    def _show_cursor(self) -> None:
        if self._pan is not None or self._space:
            held = self._pan is not None
            self.setCursor(Qt.CursorShape.ClosedHandCursor if held else Qt.CursorShape.OpenHandCursor)
        elif self.session.is_open:
            self.setCursor(self.tool.cursor(self._last_event))
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
            self.tool.hover(self._last_event)
        self._show_cursor()

    def enterEvent(self, _event: QEnterEvent) -> None:
        self._show_cursor()

    def leaveEvent(self, _event: QEvent) -> None:
        self._last_event = None
        self.tool.hover(None)
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
            if (own and self.tool.wants_keys) or event.key() == Qt.Key.Key_Space:
                event.accept()
                return True
        return super().event(event)

    def _pinched(self, pinch: QPinchGesture) -> None:
        anchor = QPointF(self.mapFromGlobal(pinch.centerPoint().toPoint()))
        move = (pinch.centerPoint() - pinch.lastCenterPoint()) * self.dpr
        self.scroll_view(round(move.x()), round(move.y()))
        self.zoom_to(self.zoom * pinch.scaleFactor(), anchor)

    def hold_pan(self, held: bool) -> None:
        """While held, a drag pans, whatever the tool."""
        if held and self._pressed:
            return
        self._space = held
        self._show_cursor()

    def take_key(self, event: QKeyEvent) -> bool:
        """A key went down, here or elsewhere in the window; True where the canvas or its tool used it."""
        if self.tool.key(event):
            return True
        if event.key() == Qt.Key.Key_Escape and self.tool.cancel():
            self._pressed = False
            return True
        return self.own_key(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.hold_pan(True)
            return
        if self.take_key(event):
            return
        self._modifiers_changed(event)
        super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.hold_pan(False)
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
        if self._pressed and self.tool.dragging:
            self.tool.move(self._last_event)
        self._show_cursor()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        self._space = False
        super().focusOutEvent(event)


_MODIFIERS = {
    Qt.Key.Key_Shift: Qt.KeyboardModifier.ShiftModifier,
    Qt.Key.Key_Control: Qt.KeyboardModifier.ControlModifier,
    Qt.Key.Key_Alt: Qt.KeyboardModifier.AltModifier,
}
