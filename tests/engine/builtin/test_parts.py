"""The engine's own steps: fills, shapes, names, text blocks."""

from __future__ import annotations

import numpy as np
import pytest

from engine.builtin.names import colour_name, numbered, text_name
from engine.builtin.shapes import Shape, complete
from engine.imaging.fills import fit_surface, harmonic
from engine.imaging.patches import texture_fill


def test_a_membrane_continues_a_gradient_into_a_hole() -> None:
    x = np.linspace(0, 200, 80, dtype=np.float32)
    image = np.repeat(np.broadcast_to(x, (60, 80))[..., None], 3, 2).copy()
    known = np.ones((60, 80), bool)
    known[20:40, 30:50] = False
    filled = harmonic(np.where(known[..., None], image, 0), known)
    assert np.abs(filled - image).max() < 6


@pytest.mark.parametrize("order", [0, 2, 4])
def test_a_surface_ignores_what_does_not_belong(order: int) -> None:
    image = np.full((90, 120, 3), 90, np.float32)
    if order:
        image += np.linspace(0, 60, 120, dtype=np.float32)[None, :, None]
    truth = image.copy()
    image[20:40, 20:50] = 250
    surface = fit_surface(image, np.ones((90, 120), bool), order)
    assert surface is not None
    assert np.abs(surface.render((0, 0, 120, 90)) - truth).max() < 2


def test_a_surface_is_the_same_at_twice_the_size() -> None:
    image = np.linspace(0, 200, 100, dtype=np.float32)[None, :, None] * np.ones((50, 1, 3), np.float32)
    surface = fit_surface(image, np.ones((50, 100), bool), 4)
    assert surface is not None
    large = surface.render((0, 0, 200, 100), 2.0)
    assert np.abs(large[::2, ::2] - surface.render((0, 0, 100, 50))).max() < 2


def test_a_half_hidden_disc_is_completed_to_a_disc() -> None:
    disc = Shape("ellipse", 60, 60, 40, 40)
    full = disc.mask((120, 160))
    cover = np.zeros_like(full)
    cover[20:110, 75:150] = True
    found = complete(full & ~cover, cover)
    assert found is not None
    assert found.shape is not None
    assert found.shape.kind == "ellipse"
    assert (found.full & full).sum() / (found.full | full).sum() > 0.97


def test_a_disc_cut_by_the_ground_is_not_completed() -> None:
    full = Shape("ellipse", 60, 60, 40, 40).mask((120, 160))
    region = full.copy()
    region[:, 75:] = False
    found = complete(region, np.zeros_like(region))
    assert found is not None
    assert (found.full & ~region).sum() < 0.05 * region.sum()


def test_texture_is_continued_and_repeatable() -> None:
    random = np.random.default_rng(1)
    image = (random.normal(128, 40, (120, 160, 1)) * np.ones(3)).astype(np.float32)
    hole = Shape("ellipse", 80, 60, 30, 25).mask((120, 160))
    first = texture_fill(image, hole, ~hole)
    assert np.array_equal(first, texture_fill(image, hole, ~hole))
    assert np.array_equal(first[~hole], image[~hole])
    assert first[hole].std() > 0.6 * image[~hole].std()


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((255, 255, 255), "White"),
        ((0, 0, 0), "Black"),
        ((128, 128, 128), "Grey"),
        ((214, 40, 40), "Red"),
        ((244, 122, 148), "Pink"),
        ((250, 200, 60), "Yellow"),
        ((40, 90, 200), "Blue"),
        ((25, 30, 70), "Navy"),
        ((33, 150, 143), "Teal"),
        ((110, 70, 40), "Brown"),
        ((255, 247, 232), "Cream"),
        ((64, 50, 104), "Purple"),
    ],
)
def test_colours_have_everyday_names(colour: tuple[int, int, int], name: str) -> None:
    assert colour_name(np.array(colour, np.float32)) == name


def test_names_are_numbered_and_long_texts_cut_at_a_word() -> None:
    assert numbered(["Shape", "Text", "Shape"]) == ["Shape", "Text", "Shape 2"]
    name = text_name(["A long paragraph of many words that goes on", "and on for ever and ever"])
    assert len(name) <= 50
    assert name.endswith("…")
