"""A layer on its way: pixels at the source's size that may still change, and the tiles in which it is worked on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.decomposer import WorkingLayer
from engine.document import Pixels
from engine.imaging.arrays import ALPHA

TILE = 512


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
    """

    pixels: Pixels
    box: Box
    origin: WorkingLayer

    def view(self, area: Box) -> Pixels:
        """The pixels inside `area`, which must lie within the box; writes go through."""
        return self.pixels[area.within(self.box)]

    def trim(self) -> None:
        """Shrink the box to what is not fully transparent; an empty sheet ends with an area of 0."""
        tight = tight_box(self.pixels[..., ALPHA])
        self.pixels = self.pixels[tight.top : tight.bottom, tight.left : tight.right]
        left, top = self.box.left + tight.left, self.box.top + tight.top
        self.box = Box(left, top, left + tight.width, top + tight.height)


def tight_box(alpha: Pixels) -> Box:
    """The smallest box that holds every value above 0; Box(0, 0, 0, 0) where there is none."""
    rows = np.flatnonzero(alpha.any(axis=1))
    if not rows.size:
        return Box(0, 0, 0, 0)
    cols = np.flatnonzero(alpha.any(axis=0))
    return Box(int(cols[0]), int(rows[0]), int(cols[-1]) + 1, int(rows[-1]) + 1)
