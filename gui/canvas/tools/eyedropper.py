"""The eyedropper: pick a colour from the picture."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPen

from engine.words import note
from gui.canvas.tools.base import Tool, ToolEvent
from gui.canvas.tools.canvas import ToolCanvas

RADIUS = 34
"""Of the ring around the cursor, logical px, and how wide its coloured band is and the grey one around that."""
BAND, RIM = 11, 4
WIDE = 5
"""Side of the square, document px, whose mean Shift takes at least."""
GREY = QColor(128, 128, 128)
HALF_TURN = 180 * 16
"""Qt's arcs count sixteenths of a degree."""


class EyedropperTool(Tool):
    """Press and drag to look, release to pick; Shift averages 5 x 5 px. The ring shows it, and the last one below."""

    id = "eyedropper"

    def __init__(self, canvas: ToolCanvas) -> None:
        super().__init__(canvas)
        self._at: QPointF | None = None
        self._color: tuple[int, int, int] | None = None
        self._before: tuple[int, int, int] | None = None
        self._down = False

    @property
    def dragging(self) -> bool:
        return self._down

    @property
    def wants_keys(self) -> bool:
        return self.dragging

    def press(self, event: ToolEvent) -> None:
        self._down = True
        self._look(event)

    def move(self, event: ToolEvent) -> None:
        self._look(event)

    def release(self, event: ToolEvent) -> None:
        self._look(event)
        self._down, self._at = False, None
        if self._color is not None:
            self._before = self._color
            self.canvas.offer_color(self._color)
        else:
            self.canvas.say(note("canvas.no-color-here"))
        self.canvas.update()

    def cancel(self) -> bool:
        had, self._down, self._at = self._down, False, None
        return had

    def _look(self, event: ToolEvent) -> None:
        self._at = event.view
        self._color = self.canvas.color_at(event.x, event.y, max(self.canvas.sample_size, WIDE if event.shift else 1))
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        if self._at is None or not self._down:
            return
        r = RADIUS * self.canvas.dpr
        ring = QRectF(self._at.x() - r, self._at.y() - r, 2 * r, 2 * r)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        width = BAND * self.canvas.dpr
        painter.setPen(QPen(GREY, width + RIM))
        painter.drawEllipse(ring)
        for color, start in ((self._color, 0), (self._before or self._color, HALF_TURN)):
            pen = QPen(self.canvas.screen_color(color) if color else GREY, width)
            pen.setCapStyle(Qt.PenCapStyle.FlatCap)
            painter.setPen(pen)
            painter.drawArc(ring, start, HALF_TURN)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def cursor(self, event: ToolEvent | None) -> QCursor:  # noqa: ARG002
        return QCursor(Qt.CursorShape.CrossCursor)
