"""Mouse, wheel, touch and keys on the canvas: what moves the picture is done here, the rest goes to the tool."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QNativeGestureEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from gui.canvas.area_holder import AreaHolder
from gui.canvas.picture import Picture
from gui.canvas.toolbox import Toolbox
from gui.canvas.tools.base import ToolEvent
from gui.canvas.tools.hand import HandTool
from gui.canvas.viewport import NOTCH, wheel_factor

SCROLL_A_NOTCH = 60
"""Logical px that one notch scrolls."""
TOOL_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_Return, Qt.Key.Key_Enter)
"""Keys that a tool at work has before any shortcut of the window."""
MODIFIERS = {
    Qt.Key.Key_Shift: Qt.KeyboardModifier.ShiftModifier,
    Qt.Key.Key_Control: Qt.KeyboardModifier.ControlModifier,
    Qt.Key.Key_Alt: Qt.KeyboardModifier.AltModifier,
}


class InputRouter(QObject):
    """Decides who gets what the hand does on `widget`: the picture (zoom, pan), the tool in hand, or the area (Esc).

    `pan` is the tool that drags while Space or the middle button is held, whatever is in hand.

    Signals:
        cursor_moved(QPointF | None): in document px; None when the mouse left.
    """

    cursor_moved = Signal(object)

    def __init__(self, widget: QWidget, picture: Picture, toolbox: Toolbox, area: AreaHolder, pan: HandTool) -> None:
        super().__init__(widget)
        self._widget, self._picture, self._toolbox, self._area, self._pan = widget, picture, toolbox, area, pan
        self._space = False
        self._pressed = False
        self._last: ToolEvent | None = None
        widget.setMouseTracking(True)
        widget.grabGesture(Qt.GestureType.PinchGesture)

    @property
    def pressed(self) -> bool:
        """Whether the tool's button is down."""
        return self._pressed

    @property
    def cursor_place(self) -> QPointF | None:
        """Where the mouse is, in device px; None where it is elsewhere."""
        return self._last.view if self._last is not None else None

    def event_at(self, position: QPointF, modifiers: Qt.KeyboardModifier) -> ToolEvent:
        """A place in widget coordinates as tools want it."""
        at = position * self._picture.dpr
        x, y = self._picture.viewport.to_document(at.x(), at.y())
        return ToolEvent(x, y, at, modifiers)

    def let_go(self) -> None:
        """The gesture under way is over, though the button is still down."""
        self._pressed = False
        self._picture.hold(False)

    # Mouse

    def press(self, event: QMouseEvent) -> None:
        """A button went down."""
        self._widget.setFocus(Qt.FocusReason.MouseFocusReason)
        if not self._picture.session.is_open or self._pressed:
            return
        tool_event = self.event_at(event.position(), event.modifiers())
        left = event.button() == Qt.MouseButton.LeftButton
        if event.button() == Qt.MouseButton.MiddleButton or (self._space and left):
            self._pan.press(tool_event)
        elif left:
            self._pressed = True
            self._picture.hold(True)
            self._toolbox.tool.press(tool_event)
        self._set_last(tool_event)

    def double_click(self, event: QMouseEvent) -> None:
        """A button went down again, right after it was released: a press, unless the tool has a use for it."""
        left = event.button() == Qt.MouseButton.LeftButton and not self._space
        tool_event = self.event_at(event.position(), event.modifiers())
        if not (left and self._picture.session.is_open and self._toolbox.tool.double_click(tool_event)):
            self.press(event)

    def move(self, event: QMouseEvent) -> None:
        """The mouse is elsewhere."""
        if not self._picture.session.is_open:
            return
        tool_event = self.event_at(event.position(), event.modifiers())
        if self._pan.dragging:
            self._pan.move(tool_event)
        elif self._pressed:
            self._toolbox.tool.move(tool_event)
        else:
            self._toolbox.tool.hover(tool_event)
        self._set_last(tool_event)
        self.cursor_moved.emit(QPointF(tool_event.x, tool_event.y))

    def release(self, event: QMouseEvent) -> None:
        """A button went up."""
        tool_event = self.event_at(event.position(), event.modifiers())
        if self._pan.dragging and event.button() in (Qt.MouseButton.MiddleButton, Qt.MouseButton.LeftButton):
            self._pan.release(tool_event)
        elif self._pressed and event.button() == Qt.MouseButton.LeftButton:
            self._pressed = False
            self._toolbox.tool.release(tool_event)
            self._picture.hold(False)
        self._toolbox.tool.hover(tool_event)
        self._set_last(tool_event)

    def leave(self) -> None:
        """The mouse left the widget."""
        self._last = None
        self._toolbox.tool.hover(None)
        self.cursor_moved.emit(None)
        self._widget.update()

    def update_hover(self) -> None:
        """The picture moved under the mouse, or what lies there is another thing."""
        last = self._last
        if last is None or not self._picture.session.is_open:
            return
        x, y = self._picture.viewport.to_document(last.view.x(), last.view.y())
        self._last = ToolEvent(x, y, last.view, last.modifiers)
        if not self._pressed:
            self._toolbox.tool.hover(self._last)
        self.show_cursor()

    def _set_last(self, event: ToolEvent) -> None:
        self._last = event
        self.show_cursor()

    def show_cursor(self) -> None:
        """Show what a press would do here."""
        if self._pan.dragging or self._space:
            self._widget.setCursor(self._pan.cursor(self._last))
        elif self._picture.session.is_open:
            self._widget.setCursor(self._toolbox.tool.cursor(self._last))
        else:
            self._widget.unsetCursor()

    # Wheel and gestures

    def wheel(self, event: QWheelEvent) -> None:
        """Scroll; with Ctrl or Alt held zoom about the cursor."""
        if not self._picture.session.is_open:
            return
        angle, pixels, dpr = event.angleDelta(), event.pixelDelta(), self._picture.dpr
        modifiers = event.modifiers()
        if modifiers & (Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier):
            # With Alt held Qt turns the wheel sideways on some systems.
            turn = angle.y() or angle.x()
            self._picture.zoom_to(self._picture.zoom * wheel_factor(turn), event.position())
        else:
            notches = QPointF(angle) / NOTCH
            delta = QPointF(pixels) * dpr if not pixels.isNull() else notches * SCROLL_A_NOTCH * dpr
            if modifiers & Qt.KeyboardModifier.ShiftModifier and not delta.x():
                delta = delta.transposed()
            self._picture.scroll(round(delta.x()), round(delta.y()))
        event.accept()

    def gesture(self, event: QEvent) -> bool:
        """A pinch, on a touch pad or a screen; True where the event was one."""
        if isinstance(event, QNativeGestureEvent):
            if event.gestureType() == Qt.NativeGestureType.ZoomNativeGesture:
                self._picture.zoom_to(self._picture.zoom * (1 + event.value()), event.position())
                return True
        elif isinstance(event, QGestureEvent):
            pinch = event.gesture(Qt.GestureType.PinchGesture)
            if isinstance(pinch, QPinchGesture):
                self._pinched(pinch)
                return True
        return False

    def _pinched(self, pinch: QPinchGesture) -> None:
        anchor = QPointF(self._widget.mapFromGlobal(pinch.centerPoint().toPoint()))
        move = (pinch.centerPoint() - pinch.lastCenterPoint()) * self._picture.dpr
        self._picture.scroll(round(move.x()), round(move.y()))
        self._picture.zoom_to(self._picture.zoom * pinch.scaleFactor(), anchor)

    # Keys

    def wants(self, event: QKeyEvent) -> bool:
        """Whether a key is for the canvas though the window has a shortcut on it."""
        return event.key() == Qt.Key.Key_Space or (event.key() in TOOL_KEYS and self._toolbox.tool.wants_keys)

    def hold_pan(self, held: bool) -> None:
        """While held, a drag pans, whatever the tool."""
        if held and self._pressed:
            return
        self._space = held
        self.show_cursor()

    def take_key(self, event: QKeyEvent) -> bool:
        """A key went down, here or elsewhere in the window; True where the canvas or its tool used it."""
        tool = self._toolbox.tool
        if tool.key(event):
            return True
        if event.key() != Qt.Key.Key_Escape:
            return False
        if tool.cancel():
            self.let_go()
            return True
        had = self._area.area is not None
        self._area.set(None)
        return had

    def key_pressed(self, event: QKeyEvent) -> bool:
        """A key went down on the widget; True where it was used."""
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.hold_pan(True)
            return True
        if self.take_key(event):
            return True
        self._modifiers_changed(event)
        return False

    def key_released(self, event: QKeyEvent) -> bool:
        """A key went up on the widget; True where it was used."""
        if event.key() == Qt.Key.Key_Space:
            if not event.isAutoRepeat():
                self.hold_pan(False)
            return True
        self._modifiers_changed(event)
        return False

    def focus_lost(self) -> None:
        """The keyboard is elsewhere: nobody will tell that Space was let go."""
        self._space = False

    def _modifiers_changed(self, event: QKeyEvent) -> None:
        """Shift, Ctrl or Alt during a drag take effect at once, not at the next mouse move."""
        last = self._last
        if last is None or event.key() not in MODIFIERS:
            return
        modifier = MODIFIERS[Qt.Key(event.key())]
        held = event.modifiers()
        held = held | modifier if event.type() == QEvent.Type.KeyPress else held & ~modifier
        self._last = ToolEvent(last.x, last.y, last.view, held)
        if self._pressed and self._toolbox.tool.dragging:
            self._toolbox.tool.move(self._last)
        self.show_cursor()
