"""Helpers of the painter: which tile comes next, how an old picture is stretched, checkers and the difference view."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPixmap, QRegion, QTransform

from gui.canvas.images import raw_array
from gui.canvas.viewport import Viewport

AMPLIFY = 8


def rect_of(box: tuple[int, int, int, int]) -> QRect:
    return QRect(box[0], box[1], box[2] - box[0], box[3] - box[1])


def few_rects(region: QRegion) -> list[QRect]:
    """A region as a handful of rectangles."""
    return list(region) if region.rectCount() <= 4 else [region.boundingRect()]


def next_tile(region: QRegion, middle: QPoint, side: int) -> QRect:
    """A rectangle to draw next: a thin one as it is, else the part in the tile that is nearest to the middle."""
    best, distance = QRect(), math.inf
    for rect in region:
        if rect.width() * rect.height() <= side * side // 2:
            return rect
        for y in range(rect.top() // side, rect.bottom() // side + 1):
            for x in range(rect.left() // side, rect.right() // side + 1):
                away = math.hypot((x + 0.5) * side - middle.x(), (y + 0.5) * side - middle.y())
                if away < distance:
                    best, distance = QRect(x * side, y * side, side, side), away
    return (region & QRegion(best)).boundingRect()


def stretch(old: Viewport, new: Viewport) -> QTransform:
    """From the picture of one viewport to that of another."""
    factor = new.zoom / old.zoom
    return QTransform(factor, 0, 0, factor, new.x - old.x * factor, new.y - old.y * factor)


def checker_brush(light: QColor, dark: QColor, cell: int) -> QBrush:
    tile = QPixmap(2 * cell, 2 * cell)
    tile.fill(light)
    painter = QPainter(tile)
    painter.fillRect(cell, 0, cell, cell, dark)
    painter.fillRect(0, cell, cell, cell, dark)
    painter.end()
    return QBrush(tile)


def difference(image: QImage, other: QImage) -> QImage:
    """|a - b| over black, amplified; where alpha differs that shows too. Opaque."""
    a, b = (_over_black(i) for i in (image, other))
    out = np.empty(a.shape, np.uint8)
    gap = np.abs(a.astype(np.int16) - b)
    np.maximum(gap[..., :3], gap[..., 3:], out=gap[..., :3])
    out[..., :3] = np.minimum(gap[..., :3] * AMPLIFY, 255)
    out[..., 3] = 255
    return QImage(out.data, out.shape[1], out.shape[0], out.shape[1] * 4, QImage.Format.Format_RGBA8888).copy()


def _over_black(image: QImage) -> np.ndarray[Any, Any]:
    return raw_array(image.convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied))
