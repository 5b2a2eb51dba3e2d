"""The things found in a picture, and which of them a person would take for one."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

import numpy as np

from engine.builtin.background import COMPRESSED, calm_zones, steepness
from engine.builtin.care import Care
from engine.builtin.shapes import Shape
from engine.imaging.arrays import Bools, Box, Floats, bounds
from engine.imaging.fills import Surface

LIKE_COLOUR = 14.0
SMALL_PIECE = 0.02
ENOUGH = 3
MOST_THINGS = 192
"""Things that are told apart. A stack shows 24 layers unasked, so that more would only be merged again; and each takes
two masks of the size of study."""
MOST_AT_ONCE = 96
"""The same for what lies side by side, so that something is left for what lies on it."""


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
        return 2 if self.noise < COMPRESSED else 4

    @property
    def size(self) -> int:
        return self.calm.size

    @property
    def diagonal(self) -> float:
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
    gap = float(np.hypot(max(0, max(a[0], b[0]) - min(a[2], b[2])), max(0, max(a[1], b[1]) - min(a[3], b[3]))))
    first, second = max(a[2] - a[0], a[3] - a[1]), max(b[2] - b[0], b[3] - b[1])
    widths = min(a[2] - a[0], a[3] - a[1]), min(b[2] - b[0], b[3] - b[1])
    return max(first, second) < 3.5 * min(first, second) and gap < 0.8 * max(min(first, second) * 0.5, *widths)


def _union(pieces: list[Element]) -> Element:
    visible = np.logical_or.reduce([piece.visible for piece in pieces])
    full = np.logical_or.reduce([piece.full for piece in pieces])
    softs = [piece.soft for piece in pieces if piece.soft is not None]
    soft = cast(Bools, np.logical_or.reduce(softs)) if softs else None
    return Element(visible, full, soft, depth=pieces[0].depth, pieces=len(pieces))
