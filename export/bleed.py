"""Colour just outside a cut-out's edge: without it, scaling or moving a layer elsewhere shows a dark halo."""

from __future__ import annotations

import cv2
import numpy as np

from engine.document import Pixels

BLEED = 4
"""px that visible colour reaches into the transparent surroundings."""

TILE = 64


def with_bleed(pixels: Pixels) -> Pixels:
    """Straight RGBA whose colour under alpha 0 is the mean of the visible colour within `BLEED` px, else black.

    Alpha, and colour where alpha is above 0, stay as they are. The same array where no pixel is transparent.
    """
    alpha = np.asarray(cv2.extractChannel(pixels, 3), np.uint8)
    if cv2.minMaxLoc(alpha)[0] > 0:
        return pixels
    out = pixels.copy()
    height, width = alpha.shape
    for y in range(0, height, TILE):
        for x in range(0, width, TILE):
            _bleed_tile(pixels, alpha, out, y, x)
    return out


def _bleed_tile(pixels: Pixels, alpha: Pixels, out: Pixels, y: int, x: int) -> None:
    here = np.s_[y : y + TILE, x : x + TILE]
    low, high, _, _ = cv2.minMaxLoc(alpha[here])
    if low > 0:
        return
    y0, x0 = max(0, y - BLEED), max(0, x - BLEED)
    around = np.s_[y0 : y + TILE + BLEED, x0 : x + TILE + BLEED]
    if high == 0 and cv2.minMaxLoc(alpha[around])[1] == 0:
        out[here][..., :3] = 0
        return
    seen = alpha[around] > 0
    colour = pixels[around][..., :3] * seen[..., None]
    size = (2 * BLEED + 1, 2 * BLEED + 1)
    total = cv2.boxFilter(colour, cv2.CV_32F, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
    count = cv2.boxFilter(seen.astype(np.uint8), cv2.CV_32F, size, normalize=False, borderType=cv2.BORDER_CONSTANT)
    inner = np.s_[y - y0 : y - y0 + out[here].shape[0], x - x0 : x - x0 + out[here].shape[1]]
    hidden = ~seen[inner]
    spread = total[inner][hidden] / np.maximum(count[inner][hidden], 1)[:, None]
    out[here][hidden, :3] = np.rint(spread)
