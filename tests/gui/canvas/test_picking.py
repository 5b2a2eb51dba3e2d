"""What a marquee catches."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.document import Document, Layer, Mask, Transform
from gui.canvas.picking import touched_by
from tests.gui.canvas.conftest import disc, plain


def document(*layers: Layer) -> Document:
    return Document(400, 300, layers)


def test_pixels_are_caught_not_boxes() -> None:
    ball = Layer(disc(100, 100, (200, 0, 0)), 50, 50, id="ball")
    assert touched_by(document(ball), (40, 40, 60, 60)) == [], "only a transparent corner of its box is inside"
    assert touched_by(document(ball), (40, 90, 60, 110)) == ["ball"]
    assert touched_by(document(replace(ball, locked=True)), (40, 90, 60, 110)) == []
    assert touched_by(document(replace(ball, visible=False)), (40, 90, 60, 110)) == []


def test_masked_pixels_do_not_count() -> None:
    mask = np.full((60, 120), 255, np.uint8)
    mask[:, :60] = 0
    card = Layer(plain(120, 60, (9, 9, 9)), 100, 100, id="card", mask=Mask(mask))
    assert touched_by(document(card), (90, 90, 150, 200)) == []
    assert touched_by(document(card), (90, 90, 170, 200)) == ["card"]


def test_the_ground_a_marquee_is_drawn_on_is_not_caught_but_a_wide_sparse_layer_is() -> None:
    ground = Layer(plain(400, 300, (1, 2, 3)), id="ground")
    stars = np.zeros((300, 400, 4), np.uint8)
    stars[100, 100] = 255
    sky = Layer(stars, id="sky")
    assert touched_by(document(ground, sky), (90, 90, 110, 110)) == ["sky"]
    assert touched_by(document(ground, sky), (190, 90, 210, 110)) == []
    assert touched_by(document(ground, sky), (350, 250, 450, 350)) == ["ground"], "drawn from outside it"


@pytest.mark.parametrize(("angle", "expected"), [(0, []), (45, ["bar"]), (-45, [])])
def test_turned_layers_are_met_where_they_are_seen(angle: float, expected: list[str]) -> None:
    bar = Layer(plain(200, 20, (9, 9, 9)), 100, 140, id="bar", transform=Transform(rotation=angle))
    assert touched_by(document(bar), (250, 200, 270, 220)) == expected


def test_a_single_pixel_in_a_large_marquee_is_found() -> None:
    pixels = np.zeros((4000, 4000, 4), np.uint8)
    pixels[1237, 2311] = 255
    big = Layer(pixels, id="dot")
    assert touched_by(Document(4000, 4000, (big,)), (0, 0, 3999, 3999)) == ["dot"]
