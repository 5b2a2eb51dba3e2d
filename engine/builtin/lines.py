"""Which lines of text a person would take for one layer: like height, colour and direction, close together."""

from __future__ import annotations

import numpy as np

from engine.builtin.glyphs import Glyphs
from engine.cancel import Check, never

HEIGHT_RATIO = 1.3
COLOUR_DISTANCE = 40.0
LINE_GAP = 0.9
WORD_GAP = 1.1
MAX_ANGLE = 6.0


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


def _along(glyphs: Glyphs, turn: float) -> tuple[float, float, float, float]:
    """The line's extent in its own directions: start, end, upper, lower."""
    angle = np.radians(turn)
    x = glyphs.line.quad @ np.array([np.cos(angle), np.sin(angle)])
    y = glyphs.line.quad @ np.array([-np.sin(angle), np.cos(angle)])
    return float(x.min()), float(x.max()), float(y.min()), float(y.max())


def _stacked(a: Glyphs, b: Glyphs, height: float) -> bool:
    turn = _angle(a)
    first, second = _along(a, turn), _along(b, turn)
    gap = max(first[2], second[2]) - min(first[3], second[3])
    shared = min(first[1], second[1]) - max(first[0], second[0])
    if shared < 0.3 * min(first[1] - first[0], second[1] - second[0]) or not -0.6 * height < gap < LINE_GAP * height:
        return False
    starts = abs(first[0] - second[0])
    ends = abs(first[1] - second[1])
    middles = abs(first[0] + first[1] - second[0] - second[1]) / 2
    return min(starts, ends, middles) < 0.8 * height


def _in_a_row(a: Glyphs, b: Glyphs, height: float) -> bool:
    turn = _angle(a)
    first, second = _along(a, turn), _along(b, turn)
    gap = max(first[0], second[0]) - min(first[1], second[1])
    off = abs(first[2] + first[3] - second[2] - second[3]) / 2
    return off < 0.35 * height and -0.5 * height < gap < WORD_GAP * height


def _reading_order(group: list[Glyphs]) -> list[Glyphs]:
    turn = _angle(group[0])
    places = {id(g): _along(g, turn) for g in group}
    height = group[0].line.height
    return sorted(
        group,
        key=lambda g: (round((places[id(g)][2] + places[id(g)][3]) / 2 / max(1.0, 0.7 * height)), places[id(g)][0]),
    )
