"""LayerD's protocol (Suzuki et al., ICCV 2025), written from its description: depth levels, aligned in order.

Layers that nothing above overlaps are one level; levels are aligned by dynamic time warping, bottom to top; then up to
five times two neighbouring levels of either side may be merged where that helps, and the scores are read after each.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from tests.bench.layers.design import Floats, Pixels, flat_pixels
from tests.bench.layers.match import alpha_of, soft_iou

MERGES = 5


@dataclass(frozen=True, slots=True)
class Score:
    """Means over the path of the alignment: RGB L1 (0..1) where the true level is, and soft IoU of the alphas."""

    rgb_l1: float
    iou: float


def levels(layers: Sequence[Pixels]) -> list[Pixels]:
    """Layers, bottom first, as depth levels, bottom first."""
    rest, found = list(layers), []
    while rest:
        covered = np.zeros(rest[0].shape[:2], bool)
        free: list[int] = []
        for number in range(len(rest) - 1, -1, -1):
            here = rest[number][..., 3] > 0
            if not (here & covered).any():
                free.append(number)
            covered |= here
        found.append(flat_pixels([rest[n] for n in sorted(free)]))
        rest = [layer for n, layer in enumerate(rest) if n not in free]
    return found[::-1]


def pair(true: Pixels, predicted: Pixels) -> Score:
    """How one level does for another."""
    where = true[..., 3] > 0
    difference = np.abs(true[..., :3].astype(np.float32) - predicted[..., :3])[where] / 255
    return Score(float(difference.mean()) if difference.size else 0.0, soft_iou(alpha_of(true), alpha_of(predicted)))


def cost(score: Score) -> float:
    """0 for the same, 1 for nothing in common."""
    return (score.rgb_l1 + 1 - score.iou) / 2


def align(table: Sequence[Sequence[Score]]) -> list[tuple[int, int]]:
    """The cheapest path through true x predicted with steps (1, 0), (0, 1), (1, 1); each is aligned at least once."""
    rows, columns = len(table), len(table[0])
    best: Floats = np.full((rows + 1, columns + 1), np.inf, np.float32)
    best[0, 0] = 0
    for i in range(rows):
        for j in range(columns):
            best[i + 1, j + 1] = cost(table[i][j]) + min(best[i, j + 1], best[i + 1, j], best[i, j])
    path, (i, j) = [], (rows, columns)
    while i > 0 and j > 0:
        path.append((i - 1, j - 1))
        before = ((i - 1, j - 1), (i - 1, j), (i, j - 1))
        i, j = min(before, key=lambda at: best[at])
    return path[::-1]


def scores(true: Sequence[Pixels], predicted: Sequence[Pixels]) -> list[Score]:
    """The scores after 0..5 merges; where no merge helps any more the last one stands for the rest."""
    sides = [levels(true), levels(predicted)]
    cache: dict[tuple[int, int], Score] = {}

    def table(a: list[Pixels], b: list[Pixels]) -> list[list[Score]]:
        out = []
        for t in a:
            row = []
            for p in b:
                key = (id(t), id(p))
                if key not in cache:
                    cache[key] = pair(t, p)
                    kept.extend((t, p))
                row.append(cache[key])
            out.append(row)
        return out

    kept: list[Pixels] = []  # so that no id is given to another array

    def read(a: list[Pixels], b: list[Pixels]) -> tuple[Score, float]:
        listed = table(a, b)
        path = [listed[i][j] for i, j in align(listed)]
        mean = Score(float(np.mean([s.rgb_l1 for s in path])), float(np.mean([s.iou for s in path])))
        return mean, float(np.mean([1 - cost(s) for s in path]))

    now, similarity = read(*sides)
    found = [now]
    for _ in range(MERGES):
        tries = []
        for side in (0, 1):
            for at in range(len(sides[side]) - 1 if len(sides[side]) > 2 else 0):
                merged = [*sides[side][:at], flat_pixels(sides[side][at : at + 2]), *sides[side][at + 2 :]]
                both = [merged, sides[1]] if side == 0 else [sides[0], merged]
                tries.append((*read(*both), both))
        best = max(tries, key=lambda t: t[1], default=None)
        if best is None or best[1] <= similarity:
            break
        now, similarity, sides = best[0], best[1], best[2]
        found.append(now)
    return found + [now] * (MERGES + 1 - len(found))
