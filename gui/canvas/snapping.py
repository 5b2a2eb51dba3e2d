"""Snapping as plain arithmetic: which small correction puts a box on an edge, a middle or its original place."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

Box = tuple[float, float, float, float]
"""left, top, right, bottom in document px."""
Axis = Literal["x", "y"]
SAME_LINE = 0.5
"""Document px that two edges may be apart and still lie on one line, for whole pixels are moved."""


@dataclass(frozen=True, slots=True)
class Guide:
    """A line to draw while a snap holds, in document px.

    Attributes:
        axis: "x" for a vertical line at x = `at`, "y" for a horizontal one.
        start, end: extent along the other axis, over both boxes.
    """

    axis: Axis
    at: float
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Snap:
    """How far to move on, and why.

    Attributes:
        dx, dy: document px to add to the move.
        home: True where the box snapped to its original place.
    """

    dx: float = 0.0
    dy: float = 0.0
    guides: tuple[Guide, ...] = ()
    home: bool = False


def snap_move(
    box: Box, targets: Iterable[Box], reach: float, home: Box | None = None, axes: str = "xy", whole: bool = False
) -> Snap:
    """Snap the moved `box` to the nearest edges and middles of `targets` within `reach` document px.

    `home`: the box's original place; it wins where both axes are within reach. `axes`: the ones that may change.
    `whole`: only corrections that are whole pixels (so that a layer's pixels stay on the pixel grid).
    """
    if home is not None and set(axes) == {"x", "y"}:
        dx, dy = home[0] - box[0], home[1] - box[1]
        if abs(dx) <= reach and abs(dy) <= reach:
            return Snap(dx, dy, (), True)
    boxes = list(targets)
    found = {axis: _nearest(box, boxes, index, reach, whole) for index, axis in enumerate("xy") if axis in axes}
    dx, dy = found.get("x", 0.0) or 0.0, found.get("y", 0.0) or 0.0
    moved = (box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy)
    guides: list[Guide] = []
    for index, axis in enumerate("xy"):
        if found.get(axis) is not None:
            guides += _guides(moved, boxes, index)
    return Snap(dx, dy, tuple(guides))


def snap_edge(value: float, axis: Axis, targets: Iterable[Box], reach: float) -> float | None:
    """The edge or middle of a target nearest to `value` on that axis and within `reach` document px; None for none."""
    index = "xy".index(axis)
    lines = [line for box in targets for line in _lines(box, index)]
    near = min(lines, key=lambda line: abs(line - value), default=math.inf)
    return near if abs(near - value) <= reach else None


def edge_guide(box: Box, axis: Axis, at: float, targets: Iterable[Box]) -> Guide:
    """The line at `at` on which an edge of `box` agrees with targets, as long as all of them."""
    index = "xy".index(axis)
    other = 1 - index
    agree = [box, *(t for t in targets if any(abs(line - at) <= SAME_LINE for line in _lines(t, index)))]
    return Guide(axis, at, min(b[other] for b in agree), max(b[other + 2] for b in agree))


def _lines(box: Box, index: int) -> tuple[float, float, float]:
    return box[index], (box[index] + box[index + 2]) / 2, box[index + 2]


def _nearest(box: Box, targets: Sequence[Box], index: int, reach: float, whole: bool) -> float | None:
    best: float | None = None
    for target in targets:
        for ours in _lines(box, index):
            for theirs in _lines(target, index):
                gap = theirs - ours
                if whole:
                    gap = float(round(gap))
                if abs(gap) <= reach and (best is None or abs(gap) < abs(best)):
                    best = gap
    return best


def _guides(box: Box, targets: Sequence[Box], index: int) -> list[Guide]:
    """Every line on which the snapped box now agrees with a target; one per place, as long as both boxes."""
    other = 1 - index
    spans: dict[float, tuple[float, float]] = {}
    for target in targets:
        for theirs in _lines(target, index):
            if any(abs(theirs - ours) <= SAME_LINE for ours in _lines(box, index)):
                start, end = spans.get(theirs, (box[other], box[other + 2]))
                spans[theirs] = (min(start, target[other]), max(end, target[other + 2]))
    axis: Axis = "x" if index == 0 else "y"
    return [Guide(axis, at, start, end) for at, (start, end) in sorted(spans.items())]
