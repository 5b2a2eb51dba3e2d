"""Small pictures of layers on a checkerboard, kept by what they show: pixels, mask, recolour and size."""

from __future__ import annotations

import math
import weakref
from collections import OrderedDict

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPixmap

from engine.document import Layer, LayerKind, Pixels
from gui.look import theme

SIZE = QSize(40, 32)
PADDING = 2
CHECKER = 4
DARK_CHECKERS = ("#6b6b6b", "#5a5a5a")
LIGHT_PICTURE = 200  # mean luma from which a picture would be lost on light checkers
KEPT = 800
LONGEST = 3.0  # wider (or taller) than this many times the other side: show a part, not a thread
OVERSAMPLE = 6  # how finely the pixels are read before they are averaged down


_Seen = list[weakref.ref[Pixels]]


class Thumbnails:
    """Makes thumbnails when asked and keeps the last `KEPT` of them. Pixels are told apart by identity, not content."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[object, ...], tuple[_Seen, QPixmap]] = OrderedDict()

    def get(self, layer: Layer, ratio: float = 1.0) -> QPixmap:
        """The layer's thumbnail, `SIZE` logical px for a screen of that device pixel ratio."""
        arrays = [layer.pixels] if layer.mask is None else [layer.pixels, layer.mask.pixels]
        key = (*map(id, arrays), layer.recolor, layer.kind is LayerKind.TEXT, ratio)
        hit = self._kept.get(key)
        # An id may be given again to another array, once the first is gone.
        if hit is not None and all(seen() is array for seen, array in zip(hit[0], arrays, strict=True)):
            self._kept.move_to_end(key)
            return hit[1]
        made = render(layer, ratio)
        self._kept[key] = ([weakref.ref(array) for array in arrays], made)
        self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return made


def render(layer: Layer, ratio: float) -> QPixmap:
    """One thumbnail: checkers, and the layer's picture fitted in."""
    w, h = round(SIZE.width() * ratio), round(SIZE.height() * ratio)
    out = QPixmap(w, h)
    out.fill(Qt.GlobalColor.transparent)
    painter = QPainter(out)
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    clip = QPainterPath()
    clip.addRoundedRect(QRectF(0, 0, w, h), 2 * ratio, 2 * ratio)
    painter.setClipPath(clip)
    room_w, room_h = w - 2 * PADDING * ratio, h - 2 * PADDING * ratio
    picture, scale, light = _picture(layer, room_w, room_h)
    _paint_checkers(painter, w, h, max(1, round(CHECKER * ratio)), dark=light)
    if picture is not None:
        pw, ph = max(1.0, picture.width() * scale), max(1.0, picture.height() * scale)
        small = picture.scaled(
            QSize(math.ceil(pw), math.ceil(ph)),
            Qt.AspectRatioMode.IgnoreAspectRatio,
            Qt.TransformationMode.SmoothTransformation,
        )
        painter.drawImage(QRectF(round((w - pw) / 2), round((h - ph) / 2), small.width(), small.height()), small)
    painter.end()
    out.setDevicePixelRatio(ratio)
    return out


def _paint_checkers(painter: QPainter, w: int, h: int, side: int, *, dark: bool) -> None:
    a, b = (QColor(c) for c in (DARK_CHECKERS if dark else (theme.tokens().checker_a, theme.tokens().checker_b)))
    painter.fillRect(0, 0, w, h, a)
    for y in range(0, h, side):
        for x in range((y // side % 2) * side, w, 2 * side):
            painter.fillRect(x, y, side, side, b)


def _picture(layer: Layer, room_w: float, room_h: float) -> tuple[QImage | None, float, bool]:
    """(the part of the layer to show, thinned out, premultiplied; the scale that fits it in; whether it is light)."""
    box = _legible(layer)
    part = layer.pixels[box]
    h, w = part.shape[:2]
    if not w or not h:
        return None, 1.0, False
    scale = min(room_w / w, room_h / h)
    step = max(1, int(1 / (scale * OVERSAMPLE)))
    thin = np.ascontiguousarray(part[::step, ::step])
    if layer.mask is not None:
        # Thinned out first: a mask over a photo would take a second.
        thin = thin.copy()
        thin[..., 3] = (thin[..., 3].astype(np.uint16) * layer.mask.pixels[box][::step, ::step] + 127) // 255
    if not layer.recolor.is_identity:
        from engine.imaging.coloring import recolored

        thin = np.ascontiguousarray(recolored(thin, layer.recolor))
    height, width = thin.shape[:2]
    image = QImage(thin.data, width, height, 4 * width, QImage.Format.Format_RGBA8888)
    image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
    return image, min(room_w / width, room_h / height, max(1.0, room_w / 24)), _is_light(thin)


def _is_light(pixels: Pixels) -> bool:
    """Whether the picture is so light that light checkers would swallow it."""
    pixels = pixels[::3, ::3]
    alpha = pixels[..., 3].astype(np.float32)
    total = float(alpha.sum())
    if total == 0:
        return False
    luma = pixels[..., :3].astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
    return float((luma * alpha).sum()) / total > LIGHT_PICTURE


def _legible(layer: Layer) -> tuple[slice, slice]:
    """The part of the layer's pixels in a shape that is still legible: text from its start, else the middle."""
    h, w = layer.pixels.shape[:2]
    if w > LONGEST * h > 0:
        keep = math.ceil(LONGEST * h)
        at = 0 if layer.kind is LayerKind.TEXT else (w - keep) // 2
        return slice(None), slice(at, at + keep)
    if h > LONGEST * w > 0:
        keep = math.ceil(LONGEST * w)
        at = (h - keep) // 2
        return slice(at, at + keep), slice(None)
    return slice(None), slice(None)
