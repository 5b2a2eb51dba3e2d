"""Merging the least important layers where there are too many, the cheapest pair first.

What a pair costs never changes, but whether it may be merged does: what lies between them in the stack must not touch
the one that moves. So each layer knows its pairs by cost and offers only its cheapest to a heap. A pair that may not be
merged waits for a layer that keeps it from it to go. One merge is a few looks at arrays of all layers.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from engine.builtin.cuts import NamedCut, merge
from engine.cancel import Check, never
from engine.document import LayerKind
from engine.imaging.arrays import CHANNELS

CAP = 24
"""Layers in a stack for which no number was asked: what a layer list can still show at once."""

# What a merge costs, see `Costs.between`. Set on the training posters (reference/embedded-engine.md, 3).
LARGER_SHARE = 0.3
"""Part of the larger layer's weight that counts."""
REACH_PIXELS = 20.0
"""px: a gap of this size, for a layer without area, doubles the cost."""
REACH_SIDES = 0.4
"""The same in sides of the smaller layer."""
OTHER_KIND = 2.5
"""Factor for a pair of two kinds."""
LEVEL_STEP = 0.5
"""Added for each level that lies between two layers."""
COLOUR_STEP = 60
"""0..255: a difference of colour that adds as much as the pair costs."""

EDGES = 4
"""Of a box."""
NOBODY = -1
OUTSIDE = -1
"""Each edge of a rank without a layer: a box that nothing touches."""

Pair: TypeAlias = tuple[float, int, int, int, int]
"""Cost, the lower and the upper rank, the lower and the upper layer's number."""


def reduce_to(layers: Sequence[NamedCut], wanted: int, check: Check = never) -> list[NamedCut]:
    """At most `wanted` (at least 1) of `layers`, bottom to top: neighbours in the stack, or in place, are merged.

    The background takes nothing unless nothing else is left. `check` is called before each merge.
    """
    if len(layers) <= max(wanted, 1):
        return list(layers)
    stack = _Stack(layers)
    while len(stack.alive) > max(wanted, 1):
        check()
        stack.merge_cheapest()
    return stack.in_order()


@dataclass(eq=False)
class Costs:
    """What a cost is made of, for every layer by its number; arrays with room for those that merging makes."""

    room: int
    boxes: NDArray[np.int64] = field(init=False)
    areas: NDArray[np.float64] = field(init=False)
    weights: NDArray[np.float64] = field(init=False)
    kinds: NDArray[np.int64] = field(init=False)
    levels: NDArray[np.int64] = field(init=False)
    colours: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        self.boxes = np.zeros((self.room, EDGES), np.int64)
        self.areas, self.weights = np.zeros(self.room), np.zeros(self.room)
        self.kinds, self.levels = np.zeros(self.room, np.int64), np.zeros(self.room, np.int64)
        self.colours = np.zeros((self.room, CHANNELS), np.float32)

    def put(self, number: int, layer: NamedCut) -> None:
        """Learn a layer."""
        left, top, right, bottom = layer.box
        self.boxes[number] = layer.box
        self.areas[number] = (right - left) * (bottom - top)
        self.weights[number], self.levels[number] = layer.weight, layer.level
        self.kinds[number] = list(LayerKind).index(layer.kind)
        self.colours[number] = layer.colour

    def between(self, one: int, others: NDArray[np.int64]) -> NDArray[np.float64]:
        """How much is lost by merging a layer with each of `others`: less for small, near and like ones."""
        low = np.maximum(self.boxes[one, :2], self.boxes[others, :2])
        high = np.minimum(self.boxes[one, 2:], self.boxes[others, 2:])
        gap = np.maximum(0, low - high)
        size = REACH_PIXELS + REACH_SIDES * np.sqrt(np.minimum(self.areas[one], self.areas[others]))
        reach = 1.0 + (np.hypot(gap[:, 0], gap[:, 1]) / size) ** 2
        kinds = np.where(self.kinds[others] == self.kinds[one], 1.0, OTHER_KIND)
        levels = 1.0 + LEVEL_STEP * np.abs(self.levels[others] - self.levels[one])
        away = np.abs(self.colours[others] - self.colours[one]).max(axis=1)
        colours = 1.0 + away.astype(np.float64) / COLOUR_STEP
        lighter = np.minimum(self.weights[one], self.weights[others])
        heavier = np.maximum(self.weights[one], self.weights[others])
        return np.asarray((lighter + LARGER_SHARE * heavier) * reach * kinds * levels * colours, np.float64)


class _Stack:
    """The layers while they are merged. Each has a number, and a rank: the place in the stack it was given first."""

    def __init__(self, layers: Sequence[NamedCut]) -> None:
        room = 2 * len(layers)
        self._costs = Costs(room)
        self._layers: list[NamedCut] = []
        self._ranks = np.zeros(room, np.int64)
        self._holders = np.full(len(layers), NOBODY)
        self._edges = np.full((EDGES, len(layers)), OUTSIDE)
        self._background = np.zeros(room, bool)
        self._lives = np.zeros(room, bool)
        self._rows: dict[int, Iterator[Pair]] = {}
        self._heap: list[Pair] = []
        self._owner: dict[tuple[int, int], int] = {}
        self._waiting: dict[tuple[int, int], Pair] = {}
        self._waiting_for: dict[int, list[tuple[int, int]]] = {}
        for rank, layer in enumerate(layers):
            self._add(layer, rank)

    @property
    def alive(self) -> NDArray[np.int64]:
        """Numbers of the layers that are there, in no order."""
        return np.flatnonzero(self._lives)

    def in_order(self) -> list[NamedCut]:
        """The layers that are left, bottom to top."""
        return [self._layers[number] for number in sorted(self.alive.tolist(), key=self._rank)]

    def merge_cheapest(self) -> None:
        """Merge the pair that costs least among those that may be merged; the two lowest layers where none may."""
        pair = self._cheapest()
        if pair is None:
            first, second = sorted(self.alive.tolist(), key=self._rank)[:2]
            pair = (0.0, self._rank(first), self._rank(second), first, second)
        _, low, high, lower, upper = pair
        rank = low if self._obstacle(upper, lower) is None else high
        for number in (lower, upper):
            self._lives[number] = False
            self._edges[:, self._rank(number)] = OUTSIDE
            self._rows.pop(number, None)
        self._add(merge(self._layers[lower], self._layers[upper]), rank)
        for number in (lower, upper):
            for key in self._waiting_for.pop(number, ()):
                if (waiting := self._waiting.pop(key, None)) is not None:
                    heapq.heappush(self._heap, waiting)

    def _add(self, layer: NamedCut, rank: int) -> None:
        number = len(self._layers)
        self._layers.append(layer)
        self._costs.put(number, layer)
        self._ranks[number] = rank
        self._holders[rank], self._edges[:, rank] = number, layer.box
        self._background[number] = layer.kind is LayerKind.BACKGROUND
        others = self.alive
        self._lives[number] = True
        if len(others):
            self._rows[number] = self._row(number, others)
            self._offer(number)

    def _row(self, number: int, others: NDArray[np.int64]) -> Iterator[Pair]:
        """The layer's pairs with those that came before it, the cheapest first; nothing is put into a background."""
        rank = int(self._ranks[number])
        costs = self._costs.between(number, others)
        low, high = np.minimum(rank, self._ranks[others]), np.maximum(rank, self._ranks[others])
        order = np.lexsort((high, low, costs))
        order = order[~self._background[np.where(self._ranks[others] < rank, others, number)[order]]]
        return self._pairs(number, costs[order], others[order].astype(np.int32))

    def _pairs(self, number: int, costs: NDArray[np.float64], others: NDArray[np.int32]) -> Iterator[Pair]:
        for cost, other in zip(costs, others, strict=True):
            lower, upper = sorted((number, int(other)), key=self._rank)
            yield float(cost), self._rank(lower), self._rank(upper), lower, upper

    def _rank(self, number: int) -> int:
        return int(self._ranks[number])

    def _offer(self, number: int) -> None:
        """Put the layer's next pair into the heap."""
        for pair in self._rows.get(number, ()):
            if self._lives[pair[-2]] and self._lives[pair[-1]]:
                self._owner[pair[-2:]] = number
                heapq.heappush(self._heap, pair)
                return

    def _cheapest(self) -> Pair | None:
        while self._heap:
            pair = heapq.heappop(self._heap)
            lower, upper = pair[-2:]
            owner = self._owner.pop((lower, upper), None)
            if owner is not None:
                self._offer(owner)
            if not (self._lives[lower] and self._lives[upper]):
                continue
            below, above = self._obstacle(upper, lower), self._obstacle(lower, upper)
            if below is None or above is None:
                return pair
            self._waiting[lower, upper] = pair
            self._waiting_for.setdefault(below, []).append((lower, upper))
            self._waiting_for.setdefault(above, []).append((lower, upper))
        return None

    def _obstacle(self, moving: int, to: int) -> int | None:
        """A layer that the first would pass over or under on its way beside the second, and touches; or None."""
        low, high = sorted((self._rank(moving), self._rank(to)))
        left, top, right, bottom = self._costs.boxes[moving]
        lefts, tops, rights, bottoms = self._edges[:, low + 1 : high]
        touching = (lefts < right) & (tops < bottom) & (rights > left) & (bottoms > top)
        return int(self._holders[low + 1 + touching.argmax()]) if touching.any() else None
