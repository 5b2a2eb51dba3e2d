"""A round soft brush as arithmetic: what a stroke covers of a grid of pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from engine.document import Pixels
from gui.canvas.handles import Point

Box = tuple[int, int, int, int]

SMALLEST, LARGEST = 1.0, 4000.0
"""Of a brush, document px."""
SPACING = 0.1
"""Distance of two dabs, as a share of the diameter."""
MOST_DABS = 2000
"""Of one move of the mouse; a hand that moves further than that at once gets a dotted line, not a wait."""
SMALLEST_RIM = 6
"""Device px of the diameter below which the rim hides what is under it and the cursor is a cross instead."""


@dataclass(frozen=True, slots=True)
class Brush:
    """A round brush.

    Attributes:
        size: diameter, document px. hardness: 0..1, the share of the radius that is fully covered.
        opacity: 0..1, the most that one stroke changes.
    """

    size: float = 60.0
    hardness: float = 0.5
    opacity: float = 1.0

    def resized(self, factor: float) -> Brush:
        """A larger or smaller one; always by at least a pixel."""
        size = self.size * factor
        if abs(size - self.size) < 1:
            size = self.size + math.copysign(1, factor - 1)
        return replace(self, size=min(max(round(size), SMALLEST), LARGEST))


class Stroke:
    """The coverage of one stroke on a grid of `width` x `height` pixels: overlapping dabs do not add up.

    Attributes:
        coverage: uint8 height x width, 0..255.
    """

    def __init__(self, width: int, height: int, rx: float, ry: float, hardness: float) -> None:
        self.coverage: Pixels = np.zeros((height, width), np.uint8)
        self._rx, self._ry, self._hardness = max(rx, 0.5), max(ry, 0.5), hardness
        self._last: Point | None = None

    def to(self, x: float, y: float) -> Box | None:
        """Go on to a point (grid px; pixel middles at + 0.5). Returns the box that changed, None outside the grid."""
        last = self._last or (x, y)
        away = math.hypot((x - last[0]) / self._rx, (y - last[1]) / self._ry)
        steps = max(1, min(math.ceil(away / (2 * SPACING)), MOST_DABS))
        first = 0 if self._last is None else 1
        boxes = []
        for i in range(first, steps + 1) if first else [steps]:
            share = i / steps
            boxes.append(self._dab(last[0] + (x - last[0]) * share, last[1] + (y - last[1]) * share))
        self._last = (x, y)
        found = [box for box in boxes if box is not None]
        if not found:
            return None
        lefts, tops, rights, bottoms = zip(*found, strict=True)
        return min(lefts), min(tops), max(rights), max(bottoms)

    def _dab(self, x: float, y: float) -> Box | None:
        h, w = self.coverage.shape
        left, right = max(0, math.floor(x - self._rx - 1)), min(w, math.ceil(x + self._rx + 1))
        top, bottom = max(0, math.floor(y - self._ry - 1)), min(h, math.ceil(y + self._ry + 1))
        if left >= right or top >= bottom:
            return None
        part = self.coverage[top:bottom, left:right]
        dx = (np.arange(left, right, dtype=np.float32) + np.float32(0.5 - x)) / np.float32(self._rx)
        dy = (np.arange(top, bottom, dtype=np.float32) + np.float32(0.5 - y)) / np.float32(self._ry)
        away = np.sqrt(dx[None] ** 2 + dy[:, None] ** 2)
        np.maximum(part, self._profile(away), out=part)
        return left, top, right, bottom

    def _profile(self, away: npt.NDArray[np.float32]) -> Pixels:
        """255 inside the hard part, a smooth fall to 0 at the rim; at least a pixel wide, so that edges are smooth."""
        soft = max(1 - self._hardness, 1 / max(min(self._rx, self._ry), 1.0))
        t = np.clip((1 + 0.5 / min(self._rx, self._ry) - away) / np.float32(soft), 0, 1)
        profile: Pixels = np.rint(t * t * (3 - 2 * t) * 255).astype(np.uint8)
        return profile


def painted(mask: Pixels, coverage: Pixels, opacity: float, restore: bool) -> Pixels:
    """A mask (uint8, any shape) after a stroke: towards 0, or towards 255 to restore."""
    share = coverage.astype(np.float32) * np.float32(opacity / 255)
    target = np.float32(255 if restore else 0)
    now = mask.astype(np.float32)
    return np.rint(now + (target - now) * share).astype(np.uint8)
