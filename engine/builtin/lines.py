"""Which lines of text a person would take for one layer: like height, colour and direction, close together."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from engine.builtin.glyphs import Glyphs
from engine.cancel import Check, never

# Set on the training posters: headings stay apart from what stands below them, paragraphs whole.
HEIGHT_RATIO = 1.3
"""Largest height of a line over the smallest in one block."""
COLOUR_DISTANCE = 40.0
"""0..255: how far two inks of one block may be apart."""
LINE_GAP = 0.9
"""Heights that may lie between lines, and between words …"""
WORD_GAP = 1.1
MAX_ANGLE = 6.0
"""Degrees by which directions of one block may differ."""

SHARED = 0.3
"""Part of the shorter line that lines of a block share across the direction of reading."""
OVERLAP = 0.6
"""Heights by which boxes of lines that stand below each other may overlap; and in a row …"""
ROW_OVERLAP = 0.5
ALIGNED = 0.8
"""Heights by which starts, ends or middles of lines of a block may differ."""
ON_A_ROW = 0.35
"""Heights by which the middles of words in a row may differ."""
NEXT_ROW = 0.7
"""Heights by which a line lies below another to come after it."""


def group_lines(lines: list[Glyphs], check: Check = never) -> list[list[Glyphs]]:
    """The lines as text blocks, each from its first line to its last."""
    parent = list(range(len(lines)))

    def root(i: int) -> int:
        while parent[i] != i:
            i = parent[i]
        return i

    for i, first in enumerate(lines):
        check()
        for j in range(i + 1, len(lines)):
            if _belong(first, lines[j]):
                parent[root(j)] = root(i)
    groups: dict[int, list[Glyphs]] = {}
    for i, line in enumerate(lines):
        groups.setdefault(root(i), []).append(line)
    return [_reading_order(group) for group in groups.values()]


def _belong(a: Glyphs, b: Glyphs) -> bool:
    heights = sorted((a.line.height, b.line.height))
    if heights[1] > HEIGHT_RATIO * heights[0] or abs(_angle(a) - _angle(b)) > MAX_ANGLE:
        return False
    if float(np.abs(a.ink - b.ink).max()) > COLOUR_DISTANCE or a.flat != b.flat:
        return False
    return _stacked(a, b, heights[0]) or _in_a_row(a, b, heights[0])


def _angle(glyphs: Glyphs) -> float:
    """Degrees of the line's reading direction."""
    side = glyphs.line.quad[1] - glyphs.line.quad[0]
    return float(np.degrees(np.arctan2(side[1], side[0])))


class _Extent(NamedTuple):
    """A line's extent along and across its direction, px."""

    start: float
    end: float
    upper: float
    lower: float

    @property
    def length(self) -> float:
        return self.end - self.start

    @property
    def middle(self) -> float:
        """Across the direction of reading."""
        return (self.upper + self.lower) / 2


def _along(glyphs: Glyphs, turn: float) -> _Extent:
    """The line's extent in a coordinate system turned by `turn` degrees."""
    angle = np.radians(turn)
    x = glyphs.line.quad @ np.array([np.cos(angle), np.sin(angle)])
    y = glyphs.line.quad @ np.array([-np.sin(angle), np.cos(angle)])
    return _Extent(float(x.min()), float(x.max()), float(y.min()), float(y.max()))


def _stacked(a: Glyphs, b: Glyphs, height: float) -> bool:
    turn = _angle(a)
    first, second = _along(a, turn), _along(b, turn)
    gap = max(first.upper, second.upper) - min(first.lower, second.lower)
    shared = min(first.end, second.end) - max(first.start, second.start)
    if shared < SHARED * min(first.length, second.length) or not -OVERLAP * height < gap < LINE_GAP * height:
        return False
    starts = abs(first.start - second.start)
    ends = abs(first.end - second.end)
    middles = abs(first.start + first.end - second.start - second.end) / 2
    return min(starts, ends, middles) < ALIGNED * height


def _in_a_row(a: Glyphs, b: Glyphs, height: float) -> bool:
    turn = _angle(a)
    first, second = _along(a, turn), _along(b, turn)
    gap = max(first.start, second.start) - min(first.end, second.end)
    off = abs(first.upper + first.lower - second.upper - second.lower) / 2
    return off < ON_A_ROW * height and -ROW_OVERLAP * height < gap < WORD_GAP * height


def _reading_order(group: list[Glyphs]) -> list[Glyphs]:
    turn = _angle(group[0])
    places = {id(g): _along(g, turn) for g in group}
    row = max(1.0, NEXT_ROW * group[0].line.height)
    return sorted(group, key=lambda g: (round(places[id(g)].middle / row), places[id(g)].start))
