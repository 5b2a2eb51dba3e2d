"""A cancel is answered within 0.3 s, wherever the built-in engine or the lift is; and nothing runs away.

What is measured is how long a run goes on without asking whether to stop: the processor time of its own thread
between two questions, which a busy machine does not stretch. A model's call runs on a thread of its own and is never
waited for.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.builtin.engine import BuiltinEngine
from engine.decomposer import Request, WorkingLayer, WorkingStack
from engine.errors import Cancelled
from engine.lifting.lift import lift
from tests.engine.builtin.posters import make_poster

ANSWER_SECONDS = 0.3
SLACK_SECONDS = 1.0
"""What a test allows beyond that on the wall's clock, for a machine that does other things as well."""
MOST_SECONDS = 10.0
"""Processor seconds that a picture of 1 MP may take."""
Drawn = dict[str, Callable[[], np.ndarray]]
"""How each picture is drawn, by its name."""


def opaque(rgb: np.ndarray) -> np.ndarray:
    return np.dstack([rgb.astype(np.uint8), np.full(rgb.shape[:2], 255, np.uint8)])


def dots(side: int = 1000, step: int = 40) -> np.ndarray:
    """Discs of many colours in rows: 625 things."""
    image = Image.new("RGB", (side, side), (250, 248, 240))
    pen, colours = ImageDraw.Draw(image), np.random.default_rng(2)
    for top in range(step // 2, side, step):
        for left in range(step // 2, side, step):
            reach = step * 0.35
            fill = tuple(int(v) for v in colours.integers(0, 220, 3))
            pen.ellipse((left - reach, top - reach, left + reach, top + reach), fill=fill)
    return opaque(np.asarray(image))


def stripes(side: int = 1000, step: int = 40) -> np.ndarray:
    odd = (np.arange(side) // step % 2)[None, :, None]
    return opaque(np.broadcast_to(np.where(odd, (230, 60, 60), (245, 240, 230)), (side, side, 3)))


def checker(side: int = 1000, step: int = 50) -> np.ndarray:
    y, x = np.mgrid[:side, :side] // step
    return opaque(np.where(((x + y) % 2)[..., None], (30, 60, 160), (245, 240, 230)))


def noise(side: int = 1000) -> np.ndarray:
    return opaque(np.random.default_rng(1).integers(0, 256, (side, side, 3)))


def confetti(side: int = 1000, count: int = 600) -> np.ndarray:
    image, places = Image.new("RGB", (side, side), (250, 248, 240)), np.random.default_rng(3)
    pen = ImageDraw.Draw(image)
    for _ in range(count):
        left, top, width, height = (int(v) for v in (*places.integers(0, side - 24, 2), *places.integers(8, 24, 2)))
        fill = tuple(int(v) for v in places.integers(0, 230, 3))
        pen.rectangle((left, top, left + width, top + height), fill=fill)
    return opaque(np.asarray(image))


def page(lines: int = 12) -> np.ndarray:
    image = Image.new("RGB", (600, 40 + 30 * lines), "white")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(size=20)
    for line in range(lines):
        pen.text((30, 20 + 30 * line), "The quick brown fox jumps over it", font=font, fill=(20, 20, 20))
    return opaque(np.asarray(image))


def poster() -> np.ndarray:
    return make_poster(8, "card", 800, 1000).image


def photograph() -> np.ndarray:
    return make_poster(9, "photo", 640, 800).image


PATTERNS: Drawn = {"dots": dots, "stripes": stripes, "checker": checker, "noise": noise, "confetti": confetti}
PICTURES: Drawn = {"dots": dots, "page": page, "poster": poster, "photograph": photograph}
SMALLER: Drawn = {
    "dots": lambda: dots(480),
    "page": lambda: page(6),
    "poster": lambda: make_poster(8, "card", 400, 500).image,
    "photograph": lambda: make_poster(9, "photo", 320, 400).image,
}


def halved(stack: WorkingStack) -> WorkingStack:
    """The stack as an engine returns it that works at half the size: the lift's long way."""
    layers = []
    for layer in stack.layers:
        canvas = np.zeros((stack.height, stack.width, 4), np.uint8)
        height, width = layer.pixels.shape[:2]
        canvas[layer.top : layer.top + height, layer.left : layer.left + width] = layer.pixels
        layers.append(WorkingLayer(np.ascontiguousarray(canvas[::2, ::2]), name=layer.name, kind=layer.kind))
    return WorkingStack(-(-stack.width // 2), -(-stack.height // 2), tuple(layers))


class Questions(threading.Event):
    """Never set; remembers the longest time, in seconds of its thread's own work, between two looks at it."""

    def __init__(self) -> None:
        super().__init__()
        self.longest = 0.0
        self._last = time.thread_time()

    def is_set(self) -> bool:
        now = time.thread_time()
        self.longest, self._last = max(self.longest, now - self._last), now
        return False


@pytest.mark.parametrize("name", PICTURES)
def test_a_run_never_goes_on_for_long_without_asking_whether_to_stop(name: str) -> None:
    image = PICTURES[name]()
    asked = Questions()
    stack = BuiltinEngine().run(Request(image), lambda progress: None, asked)
    asked.is_set()
    assert asked.longest < ANSWER_SECONDS
    for working in (stack, halved(stack)):
        asked = Questions()
        lift(image, working, cancelled=asked)
        asked.is_set()
        assert asked.longest < ANSWER_SECONDS


@pytest.mark.parametrize("name", SMALLER)
def test_a_cancel_at_any_moment_is_answered_at_once(name: str) -> None:
    image = SMALLER[name]()
    stacks: list[WorkingStack] = []

    def whole(cancelled: threading.Event) -> None:
        stacks.append(BuiltinEngine().run(Request(image), lambda progress: None, cancelled))
        lift(image, stacks[-1], cancelled=cancelled)

    def long_way(cancelled: threading.Event) -> None:
        lift(image, halved(stacks[0]), cancelled=cancelled)

    moments = random.Random(name)
    for work, tries in ((whole, 4), (long_way, 2)):
        taken = seconds(work)
        late = [answer(work, taken * moments.random()) for _ in range(tries)]
        assert max(late) < ANSWER_SECONDS + SLACK_SECONDS, late


def seconds(work: Callable[[threading.Event], None]) -> float:
    start = time.monotonic()
    work(threading.Event())
    return time.monotonic() - start


def answer(work: Callable[[threading.Event], None], moment: float) -> float:
    """Seconds from a cancel at that moment of the run until the run has ended."""
    cancelled, at = threading.Event(), [0.0]

    def cancel() -> None:
        at[0] = time.monotonic()
        cancelled.set()

    timer = threading.Timer(moment, cancel)
    timer.start()
    try:
        work(cancelled)
    except Cancelled:
        return time.monotonic() - at[0]
    finally:
        timer.cancel()
        timer.join()
    return 0.0


@pytest.mark.slow
@pytest.mark.parametrize("name", PATTERNS)
def test_no_pattern_runs_away(name: str) -> None:
    start = time.thread_time()
    stack = BuiltinEngine().run(Request(PATTERNS[name]()), lambda progress: None, threading.Event())
    assert time.thread_time() - start < MOST_SECONDS
    assert 1 <= len(stack.layers) <= 24
