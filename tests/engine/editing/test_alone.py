"""Nodes by themselves: over nothing, cut to what is visible, shown even if hidden."""

import numpy as np

from engine.document import Document, Group, Layer
from engine.editing.alone import alone
from engine.imaging.compositing import Raster


def block(width: int, height: int, alpha: int = 255) -> np.ndarray:
    return np.full((height, width, 4), (200, 40, 30, alpha), np.uint8)


DOCUMENT = Document(
    60,
    40,
    (
        Layer(block(60, 40), id="ground"),
        Group((Layer(block(10, 8), 20, 5, id="card", visible=False), Layer(block(4, 4, 0), id="glass")), id="folder"),
    ),
)


def test_a_hidden_layer_is_shown_at_its_place_without_what_lies_below():
    shown = alone(DOCUMENT, ["card"])
    assert shown.box == (20, 5, 30, 13)
    assert (shown.pixels == (200, 40, 30, 255)).all()


def test_a_layer_inside_a_chosen_group_counts_once():
    assert alone(DOCUMENT, ["folder", "glass"]) is None, "what is hidden in a group stays hidden"


def test_what_shows_nothing_gives_nothing():
    assert alone(DOCUMENT, ["glass"]) is None
    assert alone(DOCUMENT, []) is None


def test_only_the_selected_part():
    cover = Raster(block(5, 40, 128), 22, 0)
    shown = alone(DOCUMENT, ["card"], cover)
    assert shown.box == (22, 5, 27, 13)
    assert (shown.pixels[..., 3] == 128).all()
