"""Thumbnails: what they show, and that they are made again only when that changes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor, QPixmap

from engine.document import Layer, LayerKind, Mask, Recolor
from gui.layers.thumbnails import SIZE, Thumbnails, render
from tests.gui.documents import block


def color(picture: QPixmap, x: float, y: float) -> QColor:
    """The colour at a place given as parts of the width and height."""
    image = picture.toImage()
    return image.pixelColor(int(x * (image.width() - 1)), int(y * (image.height() - 1)))


def near(a: QColor, rgb: tuple[int, int, int]) -> bool:
    return all(abs(x - y) <= 3 for x, y in zip((a.red(), a.green(), a.blue()), rgb, strict=True))


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
def test_it_has_the_asked_size_on_any_screen(qapp, ratio):
    picture = render(Layer(block(300, 200)), ratio)
    assert picture.deviceIndependentSize().toSize() == SIZE
    assert picture.width() == round(SIZE.width() * ratio)
    assert near(color(picture, 0.5, 0.5), (200, 60, 40))


def test_clear_parts_show_checkers_and_light_pictures_dark_ones(qapp):
    pixels = block(100, 80).copy()
    pixels[:, :50, 3] = 0
    assert color(render(Layer(pixels), 1.0), 0.2, 0.5).lightness() > 190
    white = block(100, 80, (255, 255, 255)).copy()
    white[:, :50, 3] = 0
    assert color(render(Layer(white), 1.0), 0.2, 0.5).lightness() < 130


def test_a_long_line_of_text_shows_its_start(qapp):
    pixels = block(2000, 100, (0, 0, 200)).copy()
    pixels[:, :120, :3] = (200, 0, 0)
    text = Layer(pixels, kind=LayerKind.TEXT)
    assert color(render(text, 1.0), 0.15, 0.5).red() > 150
    shape = Layer(pixels, kind=LayerKind.SHAPE)
    assert color(render(shape, 1.0), 0.15, 0.5).blue() > 150, "other kinds show their middle"


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 1), (3, 2)])
def test_extreme_shapes_are_drawn(qapp, shape):
    picture = render(Layer(block(shape[1], shape[0])), 1.0)
    assert near(color(picture, 0.5, 0.5), (200, 60, 40))


def test_a_mask_and_a_recolour_are_shown(qapp):
    layer = Layer(block(80, 60, (220, 30, 30)))
    half = np.full((60, 80), 255, np.uint8)
    half[:, :40] = 0
    masked = render(replace(layer, mask=Mask(half)), 1.0)
    assert color(masked, 0.2, 0.5).saturation() < 20
    assert near(color(masked, 0.8, 0.5), (220, 30, 30))
    turned = color(render(replace(layer, recolor=Recolor(hue=120)), 1.0), 0.5, 0.5)
    assert turned.green() > turned.red()


def test_the_same_look_is_made_once(qapp):
    made = Thumbnails()
    layer = Layer(block(80, 60))
    first = made.get(layer)
    assert made.get(replace(layer, name="x", opacity=0.2, left=4)).cacheKey() == first.cacheKey()
    assert made.get(replace(layer, recolor=Recolor(hue=9))).cacheKey() != first.cacheKey()
    assert made.get(layer, 2.0).cacheKey() != first.cacheKey()


def test_a_new_mask_in_an_old_ones_memory_is_seen(qapp):
    made = Thumbnails()
    layer = Layer(block(80, 60))
    for value in (255, 0) * 5:
        masked = replace(layer, mask=Mask(np.full((60, 80), value, np.uint8)))
        shows = near(color(made.get(masked), 0.5, 0.5), (200, 60, 40))
        assert shows == (value == 255)
        del masked  # the next mask may take its place in memory
