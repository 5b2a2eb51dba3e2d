"""The benchmark of layers measures what it says: on designs whose answer is known it gives that answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.bench.layers import layerd
from tests.bench.layers.design import Design, flat_pixels, read, write
from tests.bench.layers.make import design
from tests.bench.layers.match import match, order_right
from tests.bench.layers.material import load
from tests.bench.layers.predict import Prediction
from tests.bench.layers.raster import ellipse, on_canvas, polygon
from tests.bench.layers.score import fill, score

SIZE = 120


def disc(cx: float, cy: float, r: float, colour: tuple[int, int, int]) -> np.ndarray:
    return on_canvas(polygon(ellipse(cx, cy, r, r), colour), SIZE, SIZE)


@pytest.fixture
def known() -> Design:
    ground = np.full((SIZE, SIZE, 4), (240, 230, 220, 255), np.uint8)
    layers = (ground, disc(45, 60, 25, (200, 30, 40)), disc(75, 60, 25, (30, 60, 200)))
    return Design(flat_pixels(layers), layers, ("background", "object", "object"), ("", "Red", "Blue"))


def test_the_truth_scores_full(known):
    made = score(known, Prediction(known.layers, raw=known.layers))
    assert (made.iou, made.good, made.ratio, made.over, made.under) == (1.0, 1.0, 1.0, 0, 0)
    assert (made.rgb0, made.alpha0, made.rgb5, made.alpha5) == (0.0, 1.0, 0.0, 1.0)
    assert (made.order, made.ghost, made.sad, made.error) == (1.0, 0.0, 0.0, 0)


def test_one_layer_cut_in_two_is_over_and_two_in_one_is_under(known):
    red = known.layers[1]
    left, right = red.copy(), red.copy()
    left[:, 45:], right[:, :45] = 0, 0
    cut = match(known.layers[1:], [left, right, known.layers[2]])
    assert (cut.over, cut.under) == (1, 0)
    both = match(known.layers[1:], [flat_pixels(known.layers[1:])])
    assert (both.over, both.under) == (0, 1)
    assert both.mean < 0.5


def test_the_wrong_order_is_seen(known):
    swapped = [known.layers[2], known.layers[1]]
    assert order_right(known.layers[1:], match(known.layers[1:], swapped).partner) == (0, 1)


def test_a_fill_is_judged_where_something_hid_it(known):
    ghosted = known.layers[0].copy()
    hidden = known.layers[1][..., 3] > 128
    ghosted[hidden, :3] -= 10
    made = replace(Prediction(known.layers), layers=(ghosted, *known.layers[1:]))
    assert fill(known, Prediction(known.layers)) == 60
    assert 28 < fill(known, made) < 32


def test_a_lift_that_moves_the_ground_is_a_ghost(known):
    moved = known.layers[0].copy()
    moved[:12, :, 0] -= 8
    made = score(known, Prediction((moved, *known.layers[1:]), raw=known.layers))
    assert made.ghost == pytest.approx(0.1)


def test_layers_that_nothing_covers_are_one_level(known):
    apart = disc(20, 20, 10, (0, 120, 0))
    assert len(layerd.levels([*known.layers, apart])) == 3
    assert layerd.scores(known.layers, known.layers[:1])[0].iou < 0.5


def test_a_folder_reads_as_it_was_written(known, tmp_path):
    write(known, tmp_path / "a")
    again = read(tmp_path / "a")
    assert all(np.array_equal(x, y) for x, y in zip(known.layers, again.layers, strict=True))
    assert (again.kinds, again.names, again.ground) == (known.kinds, known.names, known.ground)


def test_a_seed_decides_a_design_and_the_layers_are_the_picture():
    material = load("train")
    one, two = design(3, material, busy=False), design(3, material, busy=False)
    assert np.array_equal(one.input, two.input)
    assert not one.busy
    assert design(3, material, busy=True).busy
    if one.meta["damage"] == "none":
        assert np.array_equal(flat_pixels(one.layers), one.input)
    assert all((layer[..., 3] > 0).any() for layer in one.layers)
