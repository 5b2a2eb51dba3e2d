"""From pixels to encoded channels, on all cores, in order and with bounded memory."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

import cv2
import numpy as np

from engine.document import Pixels
from export.bleed import BLEED, with_bleed

BAND_PIXELS = 1 << 20

T = TypeVar("T")
R = TypeVar("R")


def workers() -> int:
    return os.cpu_count() or 2


def in_order(pool: ThreadPoolExecutor, work: Callable[[T], R], items: Iterable[T], ahead: int) -> Iterator[R]:
    """Results of `work` in the items' order, with at most `ahead` items begun but not yet taken."""
    waiting: deque[Future[R]] = deque()
    try:
        for item in items:
            waiting.append(pool.submit(work, item))
            if len(waiting) >= ahead:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()


def row_bands(width: int, height: int) -> list[tuple[int, int]]:
    """Ranges of rows of about `BAND_PIXELS`; one empty range for an empty picture."""
    rows = max(16, BAND_PIXELS // max(width, 1))
    return [(y, min(y + rows, height)) for y in range(0, height, rows)] or [(0, 0)]


def tight_box(pixels: Pixels) -> tuple[int, int, int, int]:
    """left, top, right, bottom of what has any alpha; all 0 where nothing has."""
    if not pixels.size:
        return 0, 0, 0, 0
    if pixels[0, 0, 3] and pixels[-1, -1, 3]:
        return 0, 0, pixels.shape[1], pixels.shape[0]
    x, y, w, h = cv2.boundingRect(cv2.extractChannel(pixels, 3))
    return x, y, x + w, y + h


def is_opaque(pixels: Pixels) -> bool:
    """True where every pixel's alpha is 255."""
    return all(int(pixels[a:b, :, 3].min(initial=255)) == 255 for a, b in row_bands(pixels.shape[1], pixels.shape[0]))


def band_planes(pixels: Pixels, rows: tuple[int, int]) -> list[Pixels]:
    """Rows of straight RGBA as four contiguous planes A, R, G, B, colour bled outwards under alpha 0."""
    top, bottom = rows
    if top == bottom or not pixels.shape[1]:
        return [np.zeros((bottom - top, pixels.shape[1]), np.uint8)] * 4
    above, below = max(0, top - BLEED), min(pixels.shape[0], bottom + BLEED)
    block = with_bleed(pixels[above:below])
    r, g, b, a = cv2.split(block[top - above : bottom - above])
    return [np.asarray(plane, np.uint8) for plane in (a, r, g, b)]
