"""How a layer becomes an image to draw: halved, masked and recoloured, or turned as the compositor does. Pure."""

from __future__ import annotations

import math

import cv2
import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QTransform

from engine.document import Layer, Mask, Pixels
from engine.imaging.coloring import recolored
from engine.imaging.compositing import Raster, bounds, masked, matrix, render_layer
from gui.canvas.qimages import PREMULTIPLIED, Array, array_of, raw_array, straight_image

WHOLE = 1 << 22
"""Px of a level up to which all of a layer is masked and recoloured; of larger ones only what is seen."""
WINDOW_STEP = 512
"""Px of a level by which that part grows, so that scrolling seldom needs another one."""
LARGEST_BAKE = 40_000_000
"""Px up to which a turned or scaled layer is shown as the compositor renders it; larger ones take too long."""
BAND = 256
"""Rows that are premultiplied at a time; even, so that they are halved alike."""
SMOOTH_FROM = 0.6
"""Scale from which drawing an image smaller looks smooth without halving it before."""
HALVE_EARLY = 0.25
"""Halvings that are rounded up: up to 1.2 times the half size is left to interpolation."""
TINY = 1e-6


def level_for(scale: float, width: int, height: int) -> int:
    """How often to halve an image drawn at `scale`, so that 0.6 to 1.2 of the half size is left to interpolation."""
    if scale >= SMOOTH_FROM:
        return 0
    level = math.floor(math.log2(1 / max(scale, TINY)) + HALVE_EARLY)
    return max(0, min(level, max(width, height).bit_length() - 1))


def halved(pixels: Pixels, base_image: QImage | None, base: int, level: int) -> dict[int, QImage]:
    """Levels base + 1 .. level, premultiplied, each the area average of the one before."""
    out: dict[int, QImage] = {}
    current = raw_array(base_image) if base_image is not None else None
    for k in range(base + 1, level + 1):
        current = _half_of_straight(pixels) if current is None else _half(current)
        h, w = current.shape[:2]
        image = QImage(current.data, w, h, w * 4, PREMULTIPLIED)
        out[k] = image.copy()
    return out


def _half(raw: Array) -> Array:
    h, w = raw.shape[:2]
    if w == 1 and h == 1:
        return raw
    return np.ascontiguousarray(cv2.resize(raw, ((w + 1) // 2, (h + 1) // 2), interpolation=cv2.INTER_AREA))


def _half_of_straight(pixels: Pixels) -> Array:
    """Premultiply and halve in bands, so that no premultiplied copy of the whole is ever made."""
    h, w = pixels.shape[:2]
    if h % 2 or h <= BAND:
        return _half(raw_array(straight_image(pixels).convertToFormat(PREMULTIPLIED)))
    out = np.empty((h // 2, (w + 1) // 2, 4), np.uint8)
    for y in range(0, h, BAND):
        part = straight_image(pixels[y : y + BAND]).convertToFormat(PREMULTIPLIED)
        out[y // 2 : (y + part.height()) // 2] = _half(raw_array(part))
    return out


def window_of(layer: Layer, level: int, view: tuple[float, float, float, float]) -> QRect:
    """The layer's own px to treat: all of them, or on a large level the shown ones in steps of 512."""
    whole = QRect(0, 0, layer.width, layer.height)
    if (layer.width * layer.height) >> (2 * level) <= WHOLE:
        return whole
    inverse, ok = to_document(layer, whole, None).inverted()
    if not ok:
        return whole
    seen = inverse.mapRect(QRect(*(round(v) for v in (view[0], view[1], view[2] - view[0], view[3] - view[1]))))
    grid = WINDOW_STEP << level
    left, top = max(0, seen.left() // grid * grid), max(0, seen.top() // grid * grid)
    right = min(layer.width, -(-(seen.right() + 2) // grid) * grid)
    bottom = min(layer.height, -(-(seen.bottom() + 2) // grid) * grid)
    return QRect(left, top, max(1, right - left), max(1, bottom - top)) & whole if right > left < right else whole


def treated(layer: Layer, base: QImage | None, window: QRect) -> QImage:
    """Mask and recolour the `window` of the layer at a level (`base` premultiplied, or None for the pixels)."""
    left, top, w, h = window.x(), window.y(), window.width(), window.height()
    mask: Array | None = layer.mask.pixels[top : top + h, left : left + w] if layer.mask else None
    if base is None:
        part = np.ascontiguousarray(layer.pixels[top : top + h, left : left + w])
    else:
        fx, fy = base.width() / layer.width, base.height() / layer.height
        rect = QRect(round(left * fx), round(top * fy), max(1, round(w * fx)), max(1, round(h * fy)))
        part = array_of(base.copy(rect & base.rect()))
        if mask is not None:
            mask = cv2.resize(mask, (part.shape[1], part.shape[0]), interpolation=cv2.INTER_AREA)
    part = recolored(part, layer.recolor)
    if mask is not None:
        part = masked(part, Mask(np.ascontiguousarray(mask).copy()))
    return straight_image(part).convertToFormat(PREMULTIPLIED) if base is not None else straight_image(part)


def can_bake(layer: Layer) -> bool:
    """Whether the layer is small enough to be shown as the compositor renders it."""
    left, top, right, bottom = bounds(layer)
    return (right - left) * (bottom - top) <= LARGEST_BAKE


def bake(layer: Layer) -> tuple[Raster, QImage]:
    """The compositor's raster of a layer, and an image on the raster's memory."""
    raster = render_layer(layer)
    return raster, straight_image(raster.pixels)


def to_document(layer: Layer, window: QRect, image: QImage | None) -> QTransform:
    """From an image of the layer's `window` (None: in the layer's own px) to the document."""
    m = matrix(layer)
    place = QTransform(m[0, 0], m[1, 0], m[0, 1], m[1, 1], m[0, 2], m[1, 2])
    inner = QTransform.fromTranslate(window.x(), window.y())
    if image is not None:
        inner = QTransform.fromScale(window.width() / image.width(), window.height() / image.height()) * inner
    return inner * place
