"""Keys that belong to the canvas wherever the keyboard is in its window: Space, Enter and Esc.

A field in which one types keeps its keys; Enter and Esc end the typing and give the keyboard back to the canvas.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QLineEdit,
    QPlainTextEdit,
    QTextEdit,
    QWidget,
)
from shiboken6 import isValid

from gui.canvas.view import CanvasView
from gui.widgets.fields import NumberField

TYPED = (QLineEdit, QAbstractSpinBox, QTextEdit, QPlainTextEdit)
ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
ENDS = (*ENTER, Qt.Key.Key_Escape)


class CanvasKeys(QObject):
    """Watches whatever has the keyboard in the canvas' window."""

    def __init__(self, canvas: CanvasView, window: QWidget) -> None:
        super().__init__(window)
        self._canvas, self._window = canvas, window
        self._watched: QWidget | None = None
        window.installEventFilter(self)
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._focus_changed)

    @Slot(QWidget, QWidget)
    def _focus_changed(self, _old: QWidget | None, now: QWidget | None) -> None:
        if self._watched is not None and isValid(self._watched):
            self._watched.removeEventFilter(self)
        self._watched = None
        if now is not None and now not in (self._canvas, self._window) and now.window() is self._window:
            self._watched = now
            now.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        kind = event.type()
        if kind == QEvent.Type.WindowDeactivate and watched is self._window:
            self._canvas.hold_pan(False)
        if kind not in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease) or not isinstance(event, QKeyEvent):
            return False
        used = self._canvas.session.is_open and self._key(watched, event, kind == QEvent.Type.KeyPress)
        if used:
            event.accept()  # otherwise Qt offers it to the parents
        return used

    def _key(self, watched: QObject, event: QKeyEvent, down: bool) -> bool:
        if getattr(watched, "dragging", False) or getattr(watched, "sweeping", False):
            return False  # a drag under way keeps its own Esc
        key = Qt.Key(event.key())
        if isinstance(watched, NumberField) and key in ENDS:
            return not down or self._end_typing(watched, event)
        if isinstance(watched, TYPED):
            return False
        if event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        button = isinstance(watched, QAbstractButton)
        if key == Qt.Key.Key_Space and not button:
            if not event.isAutoRepeat():
                self._canvas.hold_pan(down)
            return True
        if not down or (button and key in ENTER):
            return False
        return key in ENDS and self._canvas.take_key(event)

    def _end_typing(self, field: NumberField, event: QKeyEvent) -> bool:
        """What was typed is taken or dropped; a second Enter or Esc then applies or cancels what is under way."""
        if field.lineEdit().isModified():
            field.keyPressEvent(event)
        elif self._canvas.transform_active:
            self._canvas.take_key(event)
        self._canvas.setFocus(Qt.FocusReason.OtherFocusReason)
        return True
