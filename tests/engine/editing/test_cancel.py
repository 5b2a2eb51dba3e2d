"""Slow edits hear a cancel while they work, not only at their end."""

from __future__ import annotations

import threading
import time
from itertools import pairwise

import numpy as np
import pytest

from engine.cancel import check_of
from engine.document import Document, Layer, Mask, Transform
from engine.editing.filling import fill_behind
from engine.editing.islands import split_islands
from engine.editing.plans import Plan
from engine.editing.surgery import hide_selection, merge, rasterize
from engine.errors import Cancelled
from engine.imaging.compositing import Raster

SIDE = 1200


def layers(count: int) -> tuple[Layer, ...]:
    """Noise that is turned a little: slow to draw, and nothing is calm enough to be filled smoothly."""
    noise = np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 4), dtype=np.uint8)
    noise[..., 3] = 255
    return tuple(Layer(noise, id=f"n{i}", name=f"n{i}", transform=Transform(rotation=5 + i)) for i in range(count))


def blots() -> Document:
    pixels = np.zeros((SIDE, SIDE, 4), np.uint8)
    for i in range(6):
        pixels[200 * i : 200 * i + 100] = 255
    return Document(SIDE, SIDE, (Layer(pixels, id="n0", name="n0"),))


def covered() -> Document:
    ground, top = layers(2)
    mask = np.zeros((SIDE, SIDE), np.uint8)
    mask[400:800, 400:800] = 255
    return Document(SIDE, SIDE, (ground, Layer(top.pixels, id="n1", mask=Mask(mask))))


PLANS = {
    "merge": lambda: merge(Document(SIDE, SIDE, layers(4)), ["n0", "n1", "n2", "n3"]),
    "rasterize": lambda: rasterize(Document(SIDE, SIDE, layers(4)), ["n0", "n1", "n2", "n3"]),
    "split": lambda: split_islands(blots(), "n0"),
    "hide": lambda: hide_selection(
        Document(SIDE, SIDE, layers(4)),
        ["n0", "n1", "n2", "n3"],
        Raster(np.full((SIDE, SIDE, 4), 255, np.uint8), 0, 0),
    ),
    "fill": lambda: fill_behind(covered(), "n0"),
}


class Counted:
    """A check that asks to stop at its n-th call."""

    def __init__(self, last: int = -1) -> None:
        self.calls, self.last = 0, last

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == self.last:
            raise Cancelled


@pytest.mark.parametrize("name", PLANS)
def test_a_plan_asks_several_times_and_stops_at_once(name: str):
    plan: Plan = PLANS[name]()
    whole = Counted()
    plan.make(whole)
    assert whole.calls >= 4
    for last in (1, whole.calls // 2, whole.calls):
        check = Counted(last)
        with pytest.raises(Cancelled):
            plan.make(check)


def test_a_fill_asks_at_least_three_times_a_second():
    times = [time.thread_time()]  # of the processor, so that a busy computer does not count
    PLANS["fill"]().make(lambda: times.append(time.thread_time()))
    assert max(b - a for a, b in pairwise(times)) < 0.3


def test_another_thread_stops_it():
    cancelled = threading.Event()
    check = check_of(cancelled)
    check()
    threading.Thread(target=cancelled.set).start()
    assert cancelled.wait(5)
    with pytest.raises(Cancelled):
        check()
