"""Mouse cursors for handles, at any angle and screen density."""

from __future__ import annotations

import math
from functools import lru_cache

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QCursor, QPainter, QPainterPath, QPen, QPixmap, QPolygonF

from gui.canvas.handles import Point

SIZE = 25
"""Side of a cursor's picture, logical px."""
INK, PAPER = QColor(20, 20, 20), QColor(255, 255, 255)
EDGE = 2.4
"""Width of the light line around a dark shape, so that it is seen on every picture."""
STEP = 5
"""Degrees between two pictures of a turned cursor."""


def scale_cursor(angle: float, dpr: float) -> QCursor:
    """A double arrow along `angle` degrees (0 = horizontal, clockwise)."""
    return _cursor("scale", round(angle / STEP) * STEP % 180, dpr)


def turn_cursor(angle: float, dpr: float) -> QCursor:
    """A bent double arrow, for a corner that lies at `angle` degrees from the middle."""
    return _cursor("turn", round(angle / STEP) * STEP % 360, dpr)


def copy_cursor(dpr: float) -> QCursor:
    """Two arrows on top of each other: a drag makes a copy."""
    return _cursor("copy", 0, dpr)


@lru_cache(maxsize=256)
def _cursor(kind: str, angle: int, dpr: float) -> QCursor:
    pixmap = QPixmap(round(SIZE * dpr), round(SIZE * dpr))
    pixmap.setDevicePixelRatio(dpr)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(SIZE / 2, SIZE / 2)
    hot = -1
    if kind == "copy":
        hot = 4
        for offset, color in ((5, PAPER), (0, INK)):
            _outlined(painter, _pointer(offset - 9), color, PAPER if color == INK else INK)
    else:
        painter.rotate(angle)
        path = _double_arrow() if kind == "scale" else _bent_arrow()
        _outlined(painter, path, INK, PAPER)
    painter.end()
    return QCursor(pixmap, hot, hot)


def _outlined(painter: QPainter, path: QPainterPath, fill: QColor, edge: QColor) -> None:
    pen = QPen(edge, EDGE)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, pen)
    painter.fillPath(path, fill)


def _double_arrow() -> QPainterPath:
    upper: list[Point] = [(-10, 0), (-5, -4.5), (-5, -1), (5, -1), (5, -4.5), (10, 0)]
    return _closed([*upper, *((x, -y) for x, y in reversed(upper[1:-1]))])


def _bent_arrow() -> QPainterPath:
    """A quarter ring bulging to +x with an arrow head at each end."""
    stroke = QPainterPath()
    stroke.arcMoveTo(QRectF(-11, -8, 16, 16), -50)
    stroke.arcTo(QRectF(-11, -8, 16, 16), -50, 100)
    ring = _stroked(stroke, 2.0)
    for side in (-1, 1):
        end = QPointF(-3 + 8 * math.cos(math.radians(50)), side * 8 * math.sin(math.radians(50)))
        tip = QPointF(end.x() - 4.4, end.y() + side * 3.2)
        head = QPolygonF(
            [tip, QPointF(end.x() - 2.4, end.y() - side * 3.2), QPointF(end.x() + 3.4, end.y() + side * 2.2)]
        )
        part = QPainterPath()
        part.addPolygon(head)
        part.closeSubpath()
        ring = ring.united(part)
    return ring


def _stroked(path: QPainterPath, width: float) -> QPainterPath:
    from PySide6.QtGui import QPainterPathStroker

    stroker = QPainterPathStroker()
    stroker.setWidth(width)
    return stroker.createStroke(path)


def _pointer(offset: float) -> QPainterPath:
    points: list[Point] = [(0, 0), (0, 12), (2.8, 9.4), (4.8, 13.6), (6.8, 12.7), (4.9, 8.6), (8.6, 8.6)]
    return _closed([(x + offset, y + offset) for x, y in points])


def _closed(points: list[Point]) -> QPainterPath:
    path = QPainterPath()
    path.addPolygon(QPolygonF([QPointF(x, y) for x, y in points]))
    path.closeSubpath()
    return path
