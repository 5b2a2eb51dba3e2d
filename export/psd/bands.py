"""From straight RGBA to channel planes, some rows at a time."""

from __future__ import annotations

import cv2
import numpy as np

from engine.document import Pixels
from export.bleed import BLEED, with_bleed

BAND_PIXELS = 1 << 20
"""px that one thread encodes at a time."""
LEAST_ROWS = 16
"""Of a band, however wide the picture: each band's colour bleeds over from the rows around it."""


def row_bands(width: int, height: int) -> list[tuple[int, int]]:
    """Ranges of rows of about `BAND_PIXELS`; one empty range for an empty picture."""
    rows = max(LEAST_ROWS, BAND_PIXELS // max(width, 1))
    return [(y, min(y + rows, height)) for y in range(0, height, rows)] or [(0, 0)]


def band_planes(pixels: Pixels, rows: tuple[int, int]) -> list[Pixels]:
    """Rows of straight RGBA as four contiguous planes A, R, G, B, colour bled outwards under alpha 0."""
    top, bottom = rows
    if top == bottom or not pixels.shape[1]:
        return [np.zeros((bottom - top, pixels.shape[1]), np.uint8)] * 4
    above, below = max(0, top - BLEED), min(pixels.shape[0], bottom + BLEED)
    block = pixels[above:below]
    block = with_bleed(np.ascontiguousarray(block) if 0 in block.strides else block)
    r, g, b, a = cv2.split(block[top - above : bottom - above])
    return [np.asarray(plane, np.uint8) for plane in (a, r, g, b)]
