"""Finished layers before they are handed over: merging the least important where there are too many."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations

import numpy as np

from engine.builtin.render import Cut
from engine.document import LayerKind, Pixels
from engine.imaging.arrays import Floats

CAP = 24


@dataclass(frozen=True, eq=False)
class Draft:
    """A layer with what is known about it.

    Attributes:
        weight: how much a person would miss it as a layer of its own.
        level: how many shapes it lies on; layers of one level may be merged sooner.
    """

    cut: Cut
    name: str
    kind: LayerKind
    text: str = ""
    score: float | None = None
    weight: float = 1.0
    level: int = 0

    @cached_property
    def colour(self) -> Floats:
        """Mean RGB of what shows."""
        return _mean(self.cut.pixels)

    @property
    def box(self) -> tuple[int, int, int, int]:
        height, width = self.cut.pixels.shape[:2]
        return self.cut.left, self.cut.top, self.cut.left + width, self.cut.top + height


def reduce_to(drafts: list[Draft], wanted: int) -> list[Draft]:
    """At most `wanted` layers: neighbours in the stack (or in place) are merged, the cheapest pair first."""
    out = list(drafts)
    costs: dict[tuple[int, int], float] = {}
    while len(out) > wanted and len(out) > 1:
        possible = [(i, j) for i, j in combinations(range(len(out)), 2) if _can_merge(out, i, j)] or [(0, 1)]
        for i, j in possible:
            key = (id(out[i]), id(out[j]))
            costs[key] = costs.get(key) or _cost(out[i], out[j])
        i, j = min(possible, key=lambda pair: (costs[id(out[pair[0]]), id(out[pair[1]])], pair))
        merged = merge(out[i], out[j])
        at = i if _clear(out, j, i) else j - 1
        keep = [out[i], out[j]]
        out = [d for k, d in enumerate(out) if k not in (i, j)]
        out.insert(at, merged)
        costs = {key: cost for key, cost in costs.items() if not {id(d) for d in keep} & set(key)}
    return out


def _can_merge(drafts: list[Draft], i: int, j: int) -> bool:
    if drafts[i].kind is LayerKind.BACKGROUND:
        return False
    return _clear(drafts, j, i) or _clear(drafts, i, j)


def _clear(drafts: list[Draft], moving: int, to: int) -> bool:
    """Whether a layer can move beside another without passing over or under something it overlaps."""
    low, high = min(moving, to) + 1, max(moving, to)
    return not any(_touch(drafts[moving].box, drafts[k].box) for k in range(low, high))


def _touch(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def _cost(a: Draft, b: Draft) -> float:
    """How much is lost by merging two layers: less for small, near and like ones."""
    gap_x = max(0, max(a.box[0], b.box[0]) - min(a.box[2], b.box[2]))
    gap_y = max(0, max(a.box[1], b.box[1]) - min(a.box[3], b.box[3]))
    reach = 1.0 + (np.hypot(gap_x, gap_y) / (20.0 + 0.4 * np.sqrt(min(_area(a), _area(b))))) ** 2
    kinds = 1.0 if a.kind is b.kind else 2.5
    levels = 1.0 + 0.5 * abs(a.level - b.level)
    colours = 1.0 + float(np.abs(a.colour - b.colour).max()) / 60
    return float((min(a.weight, b.weight) + 0.3 * max(a.weight, b.weight)) * reach * kinds * levels * colours)


def _area(draft: Draft) -> float:
    left, top, right, bottom = draft.box
    return float((right - left) * (bottom - top))


def _mean(pixels: Pixels) -> Floats:
    step = max(1, max(pixels.shape[:2]) // 64)
    small = pixels[::step, ::step].reshape(-1, 4).astype(np.float32)
    weight = np.maximum(small[:, 3:], 1e-3)
    mean: Floats = ((small[:, :3] * weight).sum(0) / weight.sum()).astype(np.float32)
    return mean


def merge(lower: Draft, upper: Draft) -> Draft:
    """Two layers as one: `upper` over `lower`."""
    boxes = np.array([lower.box, upper.box])
    left, top = boxes[:, :2].min(0)
    right, bottom = boxes[:, 2:].max(0)
    colour = np.zeros((bottom - top, right - left, 3), np.float32)
    alpha = np.zeros((bottom - top, right - left, 1), np.float32)
    for draft in (lower, upper):
        height, width = draft.cut.pixels.shape[:2]
        y, x = draft.cut.top - top, draft.cut.left - left
        part = np.s_[y : y + height, x : x + width]
        over = draft.cut.pixels[..., 3:].astype(np.float32) / 255
        total = over + alpha[part] * (1 - over)
        mixed = draft.cut.pixels[..., :3] * over + colour[part] * alpha[part] * (1 - over)
        colour[part] = mixed / np.maximum(total, 1e-6)
        alpha[part] = total
    pixels = np.concatenate([colour + 0.5, alpha * 255 + 0.5], 2)
    larger, smaller = (lower, upper) if lower.weight >= upper.weight else (upper, lower)
    texts = [d.text for d in sorted((lower, upper), key=lambda d: (d.box[1], d.box[0])) if d.text]
    return replace(
        larger,
        cut=Cut(np.clip(pixels, 0, 255).astype(np.uint8), int(left), int(top)),
        name=_merged_name(larger, smaller),
        text="\n".join(texts),
        weight=lower.weight + upper.weight,
        level=min(lower.level, upper.level),
    )


def _merged_name(larger: Draft, smaller: Draft) -> str:
    if larger.kind is smaller.kind is LayerKind.TEXT:
        first, second = sorted((larger, smaller), key=lambda d: (d.box[1], d.box[0]))
        return f"{first.name} {second.name}"
    return larger.name
