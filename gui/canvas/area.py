"""A selected part of the picture: a soft matte at its place. Pure; knows nothing of Qt."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

from engine.document import Pixels
from engine.imaging.compositing import Raster
from gui.canvas.handles import Point

Join = Literal["replace", "add", "subtract"]

SHIFT = 4
"""Bits of a pixel's fraction in polygon corners: sixteenths."""
HALF = 128
"""From this value of a matte on (of 255) a pixel counts as selected where only yes and no count."""
LARGEST_OUTLINED = 4_000_000
"""Px of a matte whose outline is drawn to the pixel; of a larger one every second pixel is looked at, or fewer."""
FINE = 4
"""Lines per pixel when the inside of a polygon is measured."""
LARGEST_FINE = 64_000_000
"""Px of the enlarged matte, a byte each, up to which a polygon's edges are made soft."""


@dataclass(frozen=True, slots=True, eq=False)
class Area:
    """What is selected.

    Attributes:
        matte: uint8 h x w, 255 = selected. left, top: its place in the document, px.
    """

    matte: Pixels
    left: int = 0
    top: int = 0

    @property
    def box(self) -> tuple[int, int, int, int]:
        """left, top, right, bottom in document px."""
        h, w = self.matte.shape
        return self.left, self.top, self.left + w, self.top + h

    def moved(self, dx: int, dy: int) -> Area:
        """The same shape elsewhere; it may lie partly outside the document."""
        return replace(self, left=self.left + dx, top=self.top + dy)

    def covers(self, x: float, y: float) -> bool:
        """Whether a document place is at least half selected."""
        col, row = math.floor(x) - self.left, math.floor(y) - self.top
        h, w = self.matte.shape
        return 0 <= col < w and 0 <= row < h and int(self.matte[row, col]) >= HALF

    def raster(self) -> Raster:
        """As `engine.editing.surgery` wants it: the matte as alpha."""
        pixels = np.zeros((*self.matte.shape, 4), np.uint8)
        pixels[..., 3] = self.matte
        return Raster(pixels, self.left, self.top)

    def outlines(self) -> list[list[Point]]:
        """Closed lines around what is at least half selected, in document px."""
        matte, step = self.matte, 1
        while matte.size > LARGEST_OUTLINED:
            step *= 2
            matte = self.matte[::step, ::step]
        ring = cv2.copyMakeBorder((matte >= HALF).astype(np.uint8), 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=0)
        # Enlarged by two, contours run along the pixels' outer edges instead of through their middles.
        big = cv2.resize(ring, None, fx=2, fy=2, interpolation=cv2.INTER_NEAREST)
        found, _ = cv2.findContours(big, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
        corners = (((line[:, 0] + 1) // 2 - 1) * step + (self.left, self.top) for line in found)
        return [[(float(x), float(y)) for x, y in line.tolist()] for line in corners]


def rectangle(start: Point, end: Point, width: int, height: int) -> Area | None:
    """Whole pixels between two corners, within the document; None where that is nothing."""
    left, right = sorted((start[0], end[0]))
    top, bottom = sorted((start[1], end[1]))
    x0, y0 = max(0, round(left)), max(0, round(top))
    x1, y1 = min(width, round(right)), min(height, round(bottom))
    if x0 >= x1 or y0 >= y1:
        return None
    return Area(np.full((y1 - y0, x1 - x0), 255, np.uint8), x0, y0)


def polygon(points: Sequence[Point], width: int, height: int) -> Area | None:
    """The inside of a closed line (even-odd), with soft edges, within the document; None where that is nothing."""
    if len(points) < 3:
        return None
    corners = np.clip(np.array(points, np.float64), (-width, -height), (2 * width, 2 * height))
    x0, y0 = np.maximum(np.floor(corners.min(axis=0)), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(corners.max(axis=0)), (width, height)).astype(int)
    if x0 >= x1 or y0 >= y1:
        return None
    fine = FINE if (x1 - x0) * (y1 - y0) * FINE * FINE <= LARGEST_FINE else 1
    matte = np.zeros(((y1 - y0) * fine, (x1 - x0) * fine), np.uint8)
    # OpenCV puts pixel middles at integers.
    place = ((corners - (x0, y0)) * fine - 0.5) * (1 << SHIFT)
    cv2.fillPoly(matte, [np.rint(place).astype(np.int32)], 255, shift=SHIFT)
    if fine > 1:
        matte = cv2.resize(matte, (int(x1 - x0), int(y1 - y0)), interpolation=cv2.INTER_AREA)
    return Area(matte, int(x0), int(y0)) if matte.any() else None


def joined(old: Area | None, new: Area | None, how: Join) -> Area | None:
    """The selection after another one was drawn; None where nothing is left."""
    if how == "replace" or (old is None and how == "add"):
        return new
    if old is None or new is None:
        return old
    box = _union(old.box, new.box) if how == "add" else old.box
    a, b = _within(old, box), _within(new, box)
    matte = np.maximum(a, b) if how == "add" else np.minimum(a, 255 - b)
    return _tight(Area(matte, box[0], box[1]))


def everything(width: int, height: int) -> Area:
    """All of a document of that size."""
    return Area(np.full((height, width), 255, np.uint8))


def _tight(area: Area) -> Area | None:
    x, y, w, h = cv2.boundingRect(area.matte)
    if not w or not h:
        return None
    return Area(np.ascontiguousarray(area.matte[y : y + h, x : x + w]), area.left + x, area.top + y)


def _within(area: Area, box: tuple[int, int, int, int]) -> Pixels:
    left, top, right, bottom = box
    out = np.zeros((bottom - top, right - left), np.uint8)
    a, b, c, d = area.box
    x0, y0, x1, y1 = max(a, left), max(b, top), min(c, right), min(d, bottom)
    if x0 < x1 and y0 < y1:
        out[y0 - top : y1 - top, x0 - left : x1 - left] = area.matte[y0 - b : y1 - b, x0 - a : x1 - a]
    return out


def _union(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    return min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])
