"""A layer on its way: pixels at the source's size that may still change, and the tiles in which it is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.decomposer import WorkingLayer
from engine.document import Pixels
from engine.imaging.arrays import ALPHA, RGBA

TILE = 512
LEAST_SLACK = 2.0
"""0..255: a change of colour that nobody sees, and that a hidden colour may always make."""
FIRM = 230
"""0..255: alpha of what is solid, so that it has an edge rather than being a veil."""
UNSEEN = 16.0
"""0..255: a colour may move that far where keeping it would cost an alpha dear ..."""
DEAR = 0.25
"""... which is more than that of alpha, 0..1. On nearly white or black a step of noise would make a pixel opaque."""

SEEN = 24
"""0..255: alpha that is seen, if it is on ..."""
SEEN_PIXELS = 12
"""... at least so many pixels."""
SEEN_MEAN = 3.0
"""0..255: mean alpha from which something faint but wide is seen."""


@dataclass(frozen=True, slots=True)
class Box:
    """Rows `top..bottom` and columns `left..right` of the source, ends excluded."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """px; 0 where the box is empty."""
        return max(0, self.right - self.left)

    @property
    def height(self) -> int:
        """px; 0 where the box is empty."""
        return max(0, self.bottom - self.top)

    @property
    def area(self) -> int:
        """Pixels; 0 where the box is empty."""
        return self.width * self.height

    def meet(self, other: Box) -> Box:
        """What both boxes cover; it has no area where they do not touch."""
        return Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )

    def grown(self, by: int, within: Box) -> Box:
        """The box with `by` px more on each side, as far as it lies within another."""
        return Box(self.left - by, self.top - by, self.right + by, self.bottom + by).meet(within)

    def within(self, outer: Box) -> tuple[slice, slice]:
        """This box as an index into an array that covers `outer`."""
        return (
            slice(self.top - outer.top, self.bottom - outer.top),
            slice(self.left - outer.left, self.right - outer.left),
        )

    def tiles(self, size: int = TILE) -> Iterator[Box]:
        """This box cut at multiples of `size`, so that tiles of different boxes coincide."""
        for top in range(self.top - self.top % size, self.bottom, size):
            for left in range(self.left - self.left % size, self.right, size):
                yield Box(left, top, left + size, top + size).meet(self)


@dataclass(slots=True, eq=False)
class Sheet:
    """A layer at the source's size while it is being lifted.

    Attributes:
        pixels: uint8 H x W x 4 straight alpha, writeable.
        box: where they lie on the source.
        origin: the engine's layer that this one comes from.
        slack: how far, 0..255, its colours may move where something lies over them, so that the stack is the image.
        unknown: bool H x W, where nobody knows its colours, and they may become any; None for nowhere.
    """

    pixels: Pixels
    box: Box
    origin: WorkingLayer
    slack: float = LEAST_SLACK
    unknown: NDArray[np.bool_] | None = None

    def view(self, area: Box) -> Pixels:
        """The pixels inside `area`, which must lie within the box; writes go through."""
        return self.pixels[area.within(self.box)]

    def widen(self, by: int, within: Box) -> None:
        """Grow the box by `by` px on each side, as far as `within` reaches; what is new is transparent."""
        box = self.box.grown(by, within)
        if box == self.box:
            return
        canvas = np.zeros((box.height, box.width, RGBA), np.uint8)
        canvas[self.box.within(box)] = self.pixels
        self.pixels, self.box = canvas, box

    def trim(self) -> None:
        """Shrink the box to what is not fully transparent; an empty sheet ends with an area of 0."""
        tight = tight_box(self.pixels[..., ALPHA])
        self.pixels = self.pixels[tight.top : tight.bottom, tight.left : tight.right]
        left, top = self.box.left + tight.left, self.box.top + tight.top
        self.box = Box(left, top, left + tight.width, top + tight.height)


def is_seen(alpha: Pixels) -> bool:
    """Whether a person would notice a layer of that alpha (uint8 h x w, in its tight box)."""
    return int((alpha > SEEN).sum()) >= SEEN_PIXELS or float(alpha.mean()) >= SEEN_MEAN


def tight_box(alpha: Pixels) -> Box:
    """The smallest box that holds every value above 0; Box(0, 0, 0, 0) where there is none."""
    rows = np.flatnonzero(alpha.any(axis=1))
    if not rows.size:
        return Box(0, 0, 0, 0)
    cols = np.flatnonzero(alpha.any(axis=0))
    return Box(int(cols[0]), int(rows[0]), int(cols[-1]) + 1, int(rows[-1]) + 1)
