"""The things found in a picture, and which of them a person would take for one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np

from engine.builtin.background import COMPRESSED, calm_zones, steepness
from engine.builtin.care import Care
from engine.builtin.shapes import Shape
from engine.imaging.arrays import (
    Bools,
    Box,
    Floats,
    bounds,
    gap_of,
    size_of,
)
from engine.imaging.fills import Surface

LIKE_COLOUR = 14.0
SMALL_PIECE = 0.02
ENOUGH = 3
MOST_THINGS = 192
"""Things that are told apart. A stack shows 24 layers unasked, so that more would only be merged again; and each takes
two masks of the size of study."""
MOST_AT_ONCE = 96
"""The same for what lies side by side, so that something is left for what lies on it."""

SLACK = 2
"""px that an edge may be off."""
OF_A_SIZE = 3.5
"""Pieces of one row or ring differ in size by less than this factor …"""
NEAR = 0.8
"""… and lie no further apart than this part of the smaller one's width, or of half its length."""


@dataclass(slots=True, eq=False)
class Element:
    """One thing in the picture, at the size of study.

    Attributes:
        visible: pixels that show it.
        full: all of it, hidden or not.
        soft: pixels of its shadow or glow, or None.
        shape: its geometry, or None for a free outline.
        surface: its smooth colours, or None where it is detailed inside.
        depth: how many shapes it lies on.
        matte: a ready matte 0..1 in place of one from its edges, or None.
        pieces: how many like pieces it is made of.
        area, box: of `full`, in px.
    """

    visible: Bools
    full: Bools
    soft: Bools | None = None
    shape: Shape | None = None
    surface: Surface | None = None
    depth: int = 0
    matte: Floats | None = None
    pieces: int = 1
    area: int = field(init=False)
    box: Box = field(init=False)

    def __post_init__(self) -> None:
        self.area = int(np.count_nonzero(self.full))
        self.box = bounds(self.full) or (0, 0, 0, 0)

    def shown_box(self) -> Box:
        """Where `visible` lies; it may change until the element is finished."""
        return bounds(self.visible) or (0, 0, 0, 0)


@dataclass(slots=True, eq=False)
class Study:
    """The picture while it is being taken apart.

    Attributes:
        image: RGB without its text.
        noise: standard deviation 0..255.
        tolerance: how far, 0..255, a pixel may be from a surface and still be of it.
        room: how many things may still be told apart.
        calm: pixels whose surroundings change slowly.
        steep: the largest change within one px, 0..255.
    """

    image: Floats
    noise: float
    tolerance: float
    care: Care = field(default_factory=Care)
    room: int = MOST_THINGS
    calm: Bools = field(init=False)
    steep: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.calm = calm_zones(self.image, self.noise)
        self.steep = steepness(self.image)

    @property
    def slack(self) -> int:
        """How many px an edge may be off or smeared: more where the picture is compressed."""
        return SLACK if self.noise < COMPRESSED else 2 * SLACK

    @property
    def size(self) -> int:
        """Pixels of the picture at the size of study."""
        return self.calm.size

    @property
    def diagonal(self) -> float:
        """px at the size of study."""
        return float(np.hypot(*self.calm.shape))


def join_like(study: Study, elements: list[Element]) -> list[Element]:
    """The elements, with rows and rings of three or more small pieces of one colour as one: bars, rays, dots, letters
    of an unread script."""
    small = [i for i, e in enumerate(elements) if e.area < SMALL_PIECE * study.size and e.visible.any()]
    colours = {i: np.median(study.image[elements[i].visible], 0) for i in small}
    boxes = {i: elements[i].box for i in small}
    parent = {i: i for i in small}

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for position, i in enumerate(small):
        study.care.check()
        for j in small[position + 1 :]:
            if np.abs(colours[i] - colours[j]).max() < LIKE_COLOUR and _neighbours(boxes[i], boxes[j]):
                parent[root(j)] = root(i)
    groups: dict[int, list[int]] = {}
    for i in small:
        groups.setdefault(root(i), []).append(i)
    joined = {i: group for group in groups.values() if len(group) >= ENOUGH for i in group}
    out = []
    for i, element in enumerate(elements):
        if i not in joined:
            out.append(element)
        elif joined[i][0] == i:
            out.append(_union([elements[k] for k in joined[i]]))
    return out


def _neighbours(a: Box, b: Box) -> bool:
    """Whether two pieces are of a size and no further apart than their own size."""
    gap = gap_of(a, b)
    first, second = max(size_of(a)), max(size_of(b))
    widths = min(size_of(a)), min(size_of(b))
    return max(first, second) < OF_A_SIZE * min(first, second) and gap < NEAR * max(min(first, second) / 2, *widths)


def _union(pieces: list[Element]) -> Element:
    visible = np.logical_or.reduce([piece.visible for piece in pieces])
    full = np.logical_or.reduce([piece.full for piece in pieces])
    softs = [piece.soft for piece in pieces if piece.soft is not None]
    soft = cast(Bools, np.logical_or.reduce(softs)) if softs else None
    return Element(visible, full, soft, depth=pieces[0].depth, pieces=len(pieces))
