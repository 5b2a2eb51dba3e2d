"""Keys drawn as keys: a small raised field around their names."""

from __future__ import annotations

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QFont, QFontMetrics, QPainter, QPen

from gui.look import theme

HEIGHT = 20
PADDING = 7


def cap_width(text: str, font: QFont) -> int:
    """px that the keys take, drawn as `draw_cap` does."""
    return QFontMetrics(_small(font)).horizontalAdvance(text) + 2 * PADDING


def draw_cap(painter: QPainter, cell: QRect, text: str, font: QFont, *, right: bool = False, dim: bool = False) -> None:
    """A key at the left of a cell, or its right, in the middle of its height; nothing for ""."""
    if not text:
        return
    t = theme.tokens()
    box = QRect(0, 0, min(cap_width(text, font), cell.width()), HEIGHT)
    box.moveCenter(cell.center())
    box.moveLeft(cell.right() - box.width() if right else cell.left())
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush if dim else t.color("raised"))
    painter.setPen(QPen(t.color("border" if not dim else "line"), 1))
    painter.drawRoundedRect(QRectF(box).adjusted(0.5, 0.5, -0.5, -0.5), t.radius, t.radius)
    painter.setFont(_small(font))
    painter.setPen(t.color("text_muted" if dim else "text"))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextSingleLine, text)
    painter.restore()


def _small(font: QFont) -> QFont:
    out = QFont(font)
    out.setPixelSize(theme.tokens().font_small - 1)
    return out
