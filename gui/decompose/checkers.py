"""The look of small pictures in lists: the transparency pattern, and a selection that does not drown them."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QBrush, QPainter, QPalette, QPixmap
from PySide6.QtWidgets import QWidget

from gui.look import theme


def paint_checkers(painter: QPainter, area: QRectF, side: int = 6) -> None:
    """Fill an area with checkers of `side` px, beginning at its corner."""
    t = theme.tokens()
    tile = QPixmap(2 * side, 2 * side)
    tile.fill(t.color("checker_a"))
    inner = QPainter(tile)
    inner.fillRect(side, 0, side, side, t.color("checker_b"))
    inner.fillRect(0, side, side, side, t.color("checker_b"))
    inner.end()
    painter.save()
    painter.setBrushOrigin(area.topLeft())
    painter.fillRect(area, QBrush(tile))
    painter.restore()


def calm_selection(view: QWidget) -> None:
    """Give a list the selection colours of the layer list."""
    t = theme.tokens()
    palette = QPalette(view.palette())
    palette.setColor(QPalette.ColorRole.Highlight, t.color("selection"))
    palette.setColor(QPalette.ColorGroup.Inactive, QPalette.ColorRole.Highlight, t.color("selection_idle"))
    palette.setColor(QPalette.ColorRole.HighlightedText, t.color("text"))
    view.setPalette(palette)
