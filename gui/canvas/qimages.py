"""Qt's images and NumPy's arrays: the same pixels, shared or copied."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from PySide6.QtGui import QImage

from engine.document import Pixels

STRAIGHT = QImage.Format.Format_RGBA8888
PREMULTIPLIED = QImage.Format.Format_ARGB32_Premultiplied

Array: TypeAlias = np.ndarray[Any, Any]


def straight_image(pixels: Pixels) -> QImage:
    """A QImage on the array's own memory (uint8 H x W x 4 straight RGBA)."""
    pixels = np.ascontiguousarray(pixels)
    h, w = pixels.shape[:2]
    return QImage(pixels.data, w, h, w * 4, STRAIGHT)


def array_of(image: QImage) -> Pixels:
    """A copy of a QImage as uint8 H x W x 4 straight RGBA."""
    image = image.convertToFormat(STRAIGHT)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()


def pixel_view(image: QImage) -> Array:
    """A 4-byte-a-pixel QImage's own memory as uint8 H x W x 4; writing to it changes the image.

    Only while the caller holds the image: the array does not keep it alive.
    """
    rows = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4)


def raw_array(image: QImage) -> Array:
    """A copy of a 4-byte-a-pixel QImage as uint8 H x W x 4, in memory order."""
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : image.width() * 4].reshape(image.height(), image.width(), 4).copy()
