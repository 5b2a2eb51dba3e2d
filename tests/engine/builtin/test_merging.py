"""Merging layers: the same as testing every pair anew after each merge, in a hundredth of the time."""

from __future__ import annotations

import time
from itertools import combinations

import numpy as np
import pytest

from engine.builtin.cuts import Cut, NamedCut, merge
from engine.builtin.merging import Costs, reduce_to
from engine.document import LayerKind
from engine.errors import Cancelled

KINDS = (LayerKind.OBJECT, LayerKind.SHAPE, LayerKind.TEXT)


def plainly_reduced(layers: list[NamedCut], wanted: int) -> list[NamedCut]:
    """What `reduce_to` gives, by looking at every pair and at all between them after each merge."""
    out = list(layers)

    def clear(moving: int, to: int) -> bool:
        low, high = min(moving, to) + 1, max(moving, to)
        return not any(touch(out[moving], out[k]) for k in range(low, high))

    while len(out) > max(1, wanted):
        pairs = [
            (cost(out[i], out[j]), i, j)
            for i, j in combinations(range(len(out)), 2)
            if out[i].kind is not LayerKind.BACKGROUND and (clear(j, i) or clear(i, j))
        ]
        _, i, j = min(pairs, default=(0.0, 0, 1))
        merged, at = merge(out[i], out[j]), i if clear(j, i) else j - 1
        out = [layer for k, layer in enumerate(out) if k not in (i, j)]
        out.insert(at, merged)
    return out


def touch(one: NamedCut, other: NamedCut) -> bool:
    a, b = one.box, other.box
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def cost(one: NamedCut, other: NamedCut) -> float:
    costs = Costs(2)
    costs.put(0, one)
    costs.put(1, other)
    return float(costs.between(0, np.array([1]))[0])


def scattered(seed: int, count: int, side: int = 300, background: bool = True) -> list[NamedCut]:
    """Layers of any size, colour and transparency, many over each other."""
    random = np.random.default_rng(seed)
    out = [ground(side)] if background else []
    for number in range(count):
        width, height = (int(v) for v in random.integers(3, side // 4, 2))
        left, top = int(random.integers(0, side - width)), int(random.integers(0, side - height))
        pixels = np.empty((height, width, 4), np.uint8)
        pixels[..., :3] = random.integers(0, 256, 3)
        pixels[..., 3] = random.choice([255, 128, 0], (height, width))
        kind = KINDS[int(random.integers(3))]
        cut = Cut(pixels, left, top)
        weight, level = float(random.random()), int(random.integers(3))
        out.append(NamedCut(cut, f"L{number}", kind, text=f"T{number}", weight=weight, level=level))
    return out


def pattern(count: int, step: int = 14) -> list[NamedCut]:
    """Tiles that are all alike, so that most pairs cost the same."""
    tile = np.full((10, 10, 4), 255, np.uint8)
    tile[..., :3] = 40
    columns = int(np.ceil(np.sqrt(count)))
    places = [(index % columns * step, index // columns * step) for index in range(count)]
    tiles = [NamedCut(Cut(tile, x, y), f"L{i}", LayerKind.SHAPE, weight=0.01) for i, (x, y) in enumerate(places)]
    return [ground(columns * step), *tiles]


def ground(side: int) -> NamedCut:
    pixels = np.full((side, side, 4), 255, np.uint8)
    return NamedCut(Cut(pixels, 0, 0), "Background", LayerKind.BACKGROUND, weight=float("inf"))


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("count", "wanted"), [(12, 3), (9, 1), (20, 6), (3, 8)])
def test_the_same_layers_as_by_testing_every_pair(seed: int, count: int, wanted: int) -> None:
    for layers in (scattered(seed, count, background=seed % 3 > 0), pattern(count)):
        expected, found = plainly_reduced(layers, wanted), reduce_to(layers, wanted)
        assert [(d.name, d.kind, d.text, d.weight, d.level, d.box) for d in found] == [
            (d.name, d.kind, d.text, d.weight, d.level, d.box) for d in expected
        ]
        assert all(np.array_equal(a.cut.pixels, b.cut.pixels) for a, b in zip(found, expected, strict=True))


def test_the_background_takes_nothing_while_something_else_can() -> None:
    layers = reduce_to(scattered(4, 10), 2)
    assert layers[0].kind is LayerKind.BACKGROUND
    assert (layers[0].cut.pixels == 255).all()


def test_six_hundred_tiles_are_merged_in_a_moment() -> None:
    layers = pattern(600)
    start = time.thread_time()
    assert len(reduce_to(layers, 24)) == 24
    assert time.thread_time() - start < 5  # 0.3 s; by testing every pair it is more than an hour


def test_merging_hears_a_cancel_before_each_merge() -> None:
    calls = 0

    def check() -> None:
        nonlocal calls
        calls += 1
        if calls == 5:
            raise Cancelled

    with pytest.raises(Cancelled):
        reduce_to(pattern(60), 4, check)
