"""Helpers of the painter: where things lie, which tile comes next, how an old picture is stretched, the difference."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import cast

import cv2
import numpy as np
from PySide6.QtCore import QPoint, QRect, QRectF
from PySide6.QtGui import QImage, QRegion, QTransform

from gui.canvas.qimages import Array, raw_array
from gui.canvas.viewport import Viewport

FEW = 4
"""So many rectangles are drawn one by one; more cost more than the box around them."""
AMPLIFY = 8
"""How much brighter the difference is shown than it is: 1/255 would not be seen."""
NEAREST_FROM = 2.0
"""From this zoom on pixels are shown as squares; between 100 % and it they are smoothed."""


def rect_of(box: tuple[int, int, int, int]) -> QRect:
    """left, top, right, bottom as Qt has it."""
    return QRect(box[0], box[1], box[2] - box[0], box[3] - box[1])


def rects_of(region: QRegion) -> list[QRect]:
    """The rectangles that a region is made of; PySide's stubs do not know that it can be iterated over."""
    return list(cast("Iterable[QRect]", region))


def few_rects(region: QRegion) -> list[QRect]:
    """A region as a handful of rectangles."""
    return rects_of(region) if region.rectCount() <= FEW else [region.boundingRect()]


def next_tile(region: QRegion, middle: QPoint, side: int) -> QRect:
    """A rectangle to draw next: a thin one as it is, else the part in the tile that is nearest to the middle."""
    best, distance = QRect(), math.inf
    for rect in rects_of(region):
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


def composition_rect(v: Viewport, rect: QRect) -> QRect:
    """The composition px (the document scaled by min(zoom, 1)) needed for a device rect."""
    if v.zoom <= 1:
        return rect.translated(-v.x, -v.y)
    margin = 1 if v.zoom < NEAREST_FROM else 0
    left = math.floor((rect.x() - v.x) / v.zoom) - margin
    top = math.floor((rect.y() - v.y) / v.zoom) - margin
    right = math.ceil((rect.x() + rect.width() - v.x) / v.zoom) + margin
    bottom = math.ceil((rect.y() + rect.height() - v.y) / v.zoom) + margin
    inside = QRect(0, 0, v.doc_width, v.doc_height)
    return QRect(left, top, right - left, bottom - top) & inside


def device_rect(v: Viewport, part: QRect) -> QRect:
    """The device px within the view that composition px are shown on."""
    screen = QRect(0, 0, v.width, v.height)
    if v.zoom <= 1:
        return part.translated(v.x, v.y) & screen
    f = v.zoom
    area = QRectF(v.x + part.x() * f, v.y + part.y() * f, part.width() * f, part.height() * f)
    return (area & QRectF(screen)).toAlignedRect() if area.intersects(QRectF(screen)) else QRect()


def difference(image: QImage, other: QImage) -> Array:
    """|a - b| over black, amplified; where alpha differs that shows too. uint8 H x W x 4, opaque."""
    a, b = (_over_black(i) for i in (image, other))
    gap: Array = cv2.absdiff(a, b)
    np.maximum(gap[..., :3], gap[..., 3:], out=gap[..., :3])
    out: Array = cv2.convertScaleAbs(gap, alpha=AMPLIFY)
    out[..., 3] = 255
    return out


def reduced_to_peaks(pixels: Array, width: int, height: int) -> Array:
    """A smaller picture whose every pixel is the brightest of those it stands for: one wrong pixel stays visible."""
    across, down = math.ceil(pixels.shape[1] / max(width, 1)), math.ceil(pixels.shape[0] / max(height, 1))
    peaks = cv2.dilate(pixels, np.ones((down, across), np.uint8))
    return cv2.resize(peaks, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)


def image_of(pixels: Array) -> QImage:
    """A QImage with a copy of uint8 H x W x 4 RGBA."""
    h, w = pixels.shape[:2]
    return QImage(np.ascontiguousarray(pixels).data, w, h, w * 4, QImage.Format.Format_RGBA8888).copy()


def _over_black(image: QImage) -> Array:
    return raw_array(image.convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied))
