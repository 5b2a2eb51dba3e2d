"""What lies around the document and what is seen through it: pasteboard, checkers or one colour."""

from __future__ import annotations

from PySide6.QtCore import QRect
from PySide6.QtGui import QBrush, QColor, QPainter, QPixmap

CELL = 8
"""Side of a checker in px of the desktop."""


class Backdrop:
    """Colours behind the picture; never blended with, since the picture is finished before it is put on them."""

    def __init__(self) -> None:
        self.pasteboard = QColor(60, 60, 60)
        self.checkers: tuple[QColor, QColor] = (QColor(255, 255, 255), QColor(204, 204, 204))
        self.background: QColor | None = None
        self._dpr = 1.0
        self._brush: QBrush | None = None

    def set_colors(self, pasteboard: QColor, checkers: tuple[QColor, QColor], background: QColor | None) -> None:
        """`background`: seen through the document; None for checkers."""
        self.pasteboard, self.checkers, self.background = pasteboard, checkers, background
        self._brush = None

    def set_dpr(self, dpr: float) -> None:
        """Device px per logical px: checkers are as large on every screen."""
        if dpr != self._dpr:
            self._dpr, self._brush = dpr, None

    def fill(self, painter: QPainter, canvas: QRect, x: int, y: int) -> None:
        """Fill a part of the canvas whose top left corner lies at `x`, `y` (device px)."""
        if self.background is not None:
            painter.fillRect(canvas, self.background)
            return
        if self._brush is None:
            self._brush = _checker_brush(*self.checkers, max(1, round(CELL * self._dpr)))
        painter.setBrushOrigin(x, y)
        painter.fillRect(canvas, self._brush)


def _checker_brush(light: QColor, dark: QColor, cell: int) -> QBrush:
    tile = QPixmap(2 * cell, 2 * cell)
    tile.fill(light)
    painter = QPainter(tile)
    painter.fillRect(cell, 0, cell, cell, dark)
    painter.fillRect(0, cell, cell, cell, dark)
    painter.end()
    return QBrush(tile)
