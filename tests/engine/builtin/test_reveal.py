"""The ground is the picture's own wherever it is seen, and the fill only where something hid it."""

from __future__ import annotations

import numpy as np

from engine.builtin.cuts import Cut
from engine.builtin.render import Canvas, lay_ground, reveal
from engine.document import Pixels
from engine.imaging.arrays import Floats

SIDE, FILL = 120, 77


def striped() -> Pixels:
    """Stripes of two greens, with a square on them that has a black outline of 2 px."""
    picture = np.empty((SIDE, SIDE, 3), np.uint8)
    picture[:] = np.where(np.arange(SIDE)[:, None] // 4 % 2, (60, 120, 60), (90, 180, 90)).astype(np.uint8)[:, None]
    picture[38:82, 38:82] = 0
    picture[40:80, 40:80] = (200, 40, 40)
    return picture


def revealed(picture: Pixels) -> Pixels:
    """The ground, which was filled 6 px around the square."""
    covered = np.zeros((SIDE, SIDE), bool)
    covered[34:86, 34:86] = True
    clean: Floats = picture.astype(np.float32)
    stack = lay_ground(picture, np.full((SIDE, SIDE, 3), FILL, np.float32), covered)
    square = Cut(np.full((40, 40, 4), 255, np.uint8), 40, 40)
    reveal(stack, Canvas(picture, stack.copy(), 1.0), covered, [square], clean, 5.0)
    return stack


def test_what_is_seen_of_a_texture_is_the_pictures() -> None:
    picture = striped()
    stack = revealed(picture)
    ring = np.zeros((SIDE, SIDE), bool)
    ring[34:86, 34:86] = True
    ring[38:82, 38:82] = False
    assert np.array_equal(stack[ring], picture[ring])


def test_an_outline_and_what_is_hidden_keep_the_fill() -> None:
    stack = revealed(striped())
    assert (stack[38:82, 38:82] == FILL).all()
