# ruff: noqa: ARG002 (Qt's own signatures)
"""A slider that looks the same in both themes, jumps to where it is clicked and can show colours in its groove."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QLinearGradient, QMouseEvent, QPainter, QPaintEvent, QPen, QWheelEvent
from PySide6.QtWidgets import QSizePolicy, QSlider, QWidget

from gui.look import theme

HANDLE = 13.0


class Slider(QSlider):
    """A horizontal slider.

    Signals:
        moved(int): the value while it is dragged; a `committed` follows.
        committed(int): the value that the user has chosen, by drag, key or wheel.
        cancelled(): Esc during a drag; the value is what it was before.
    """

    moved = Signal(int)
    committed = Signal(int)
    cancelled = Signal()

    def __init__(self, low: int, high: int, default: int, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.setRange(low, high)
        self.setValue(default)
        self.setPageStep(10)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self._default = default
        self._stops: tuple[QColor, ...] = ()
        self._dragging = False
        self._pressed_value = default
        self.actionTriggered.connect(self._on_action)

    @property
    def dragging(self) -> bool:
        """Whether the mouse holds the handle."""
        return self._dragging

    def set_stops(self, colors: Sequence[QColor]) -> None:
        """Colours of the groove, left to right, evenly spaced; none gives the plain groove."""
        if tuple(colors) != self._stops:
            self._stops = tuple(colors)
            self.update()

    def sizeHint(self) -> QSize:
        return QSize(90, 22)

    def minimumSizeHint(self) -> QSize:
        return QSize(48, 22)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            event.ignore()
            return
        self._pressed_value = self.value()
        self._dragging = True
        self.setSliderDown(True)
        self._drag_to(event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._dragging:
            self._drag_to(event.position().x())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._dragging and event.button() == Qt.MouseButton.LeftButton:
            self._dragging = False
            self.setSliderDown(False)
            self.committed.emit(self.value())
            self.update()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Back to the default, as in other editors."""
        self._dragging = False
        self.setSliderDown(False)
        self.setValue(self._default)
        self.committed.emit(self.value())

    def wheelEvent(self, event: QWheelEvent) -> None:
        # A wheel that scrolls the panel must not change what it passes over.
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._dragging:
            self._dragging = False
            self.setSliderDown(False)
            self.setValue(self._pressed_value)
            self.cancelled.emit()
            return
        super().keyPressEvent(event)

    def _drag_to(self, x: float) -> None:
        span = max(1.0, self.width() - HANDLE)
        part = min(max((x - HANDLE / 2) / span, 0.0), 1.0)
        if self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            part = 1 - part
        value = self.minimum() + round(part * (self.maximum() - self.minimum()))
        if value != self.value():
            self.setValue(value)
            self.moved.emit(value)
        self.update()

    def _on_action(self, _action: int) -> None:
        # Keys and wheel; `sliderPosition` is what `value` becomes right after this signal.
        if not self._dragging and self.sliderPosition() != self.value():
            self.setValue(self.sliderPosition())
            self.committed.emit(self.value())

    def _part(self) -> float:
        part = (self.value() - self.minimum()) / max(1, self.maximum() - self.minimum())
        return 1 - part if self.layoutDirection() == Qt.LayoutDirection.RightToLeft else part

    def paintEvent(self, _event: QPaintEvent) -> None:
        t = theme.tokens()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle, left, right = self.height() / 2, HANDLE / 2, self.width() - HANDLE / 2
        x = left + self._part() * (right - left)
        thick = 8.0 if self._stops else 4.0
        groove = QRectF(left - thick / 2, middle - thick / 2, right - left + thick, thick)
        painter.setPen(Qt.PenStyle.NoPen)
        if self._stops and self.isEnabled():
            gradient = QLinearGradient(QPointF(left, 0), QPointF(right, 0))
            for i, color in enumerate(self._stops):
                gradient.setColorAt(i / max(1, len(self._stops) - 1), color)
            painter.setBrush(gradient)
            painter.drawRoundedRect(groove, thick / 2, thick / 2)
        else:
            painter.setBrush(t.color("border" if self.isEnabled() else "line"))
            painter.drawRoundedRect(groove, thick / 2, thick / 2)
            if self.isEnabled():
                self._paint_filled(painter, groove, x, left, right)
        self._paint_handle(painter, QPointF(x, middle))

    def _paint_filled(self, painter: QPainter, groove: QRectF, x: float, left: float, right: float) -> None:
        """The accent from the neutral value to the handle: from the start, or from the middle of a two-sided range."""
        low, high = self.minimum(), self.maximum()
        zero = left if low >= 0 else left + (right - left) * -low / (high - low)
        if low >= 0 and self.layoutDirection() == Qt.LayoutDirection.RightToLeft:
            zero = right
        painter.setBrush(theme.tokens().color("accent"))
        painter.drawRoundedRect(QRectF(min(zero, x), groove.top(), abs(x - zero), groove.height()), 2, 2)

    def _paint_handle(self, painter: QPainter, centre: QPointF) -> None:
        t = theme.tokens()
        enabled = self.isEnabled()
        painter.setBrush(QColor("#ffffff") if enabled else t.color("panel"))
        painter.setPen(QPen(QColor(0, 0, 0, 150) if enabled else t.color("border"), 1))
        painter.drawEllipse(centre, HANDLE / 2 - 1, HANDLE / 2 - 1)
        if enabled and (self.hasFocus() or self._dragging):
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(t.color("focus"), 2))
            painter.drawEllipse(centre, HANDLE / 2 - 1, HANDLE / 2 - 1)
