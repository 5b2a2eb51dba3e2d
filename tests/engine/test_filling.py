"""Fill behind: what a layer hides behind others is made from what is seen of it."""

from dataclasses import replace

import numpy as np
import pytest

from engine.compositing import composite
from engine.document import Document, Layer
from engine.errors import InputError
from engine.filling import fill_behind


def ramp(w=120, h=90) -> np.ndarray:
    pixels = np.full((h, w, 4), 255, np.uint8)
    pixels[..., 0] = np.linspace(40, 220, w)
    pixels[..., 1] = np.linspace(30, 90, h)[:, None]
    pixels[..., 2] = 120
    return pixels


@pytest.fixture
def document() -> Document:
    spoiled = ramp()
    spoiled[30:60, 40:80, :3] = (255, 0, 255)
    cover = Layer(np.full((30, 40, 4), (10, 10, 10, 255), np.uint8), 40, 30, id="cover")
    return Document(120, 90, (Layer(spoiled, id="ground"), cover))


def test_the_covered_part_continues_its_surroundings_and_the_picture_stays(document):
    filled = fill_behind(document, "ground")
    assert np.abs(filled.layer("ground").pixels.astype(int) - ramp()).max() <= 12
    assert np.abs(composite(filled)[:, :36].astype(int) - composite(document)[:, :36]).max() == 0
    assert np.array_equal(composite(filled)[30:60, 40:80], composite(document)[30:60, 40:80])


def test_an_enclosed_hole_is_filled(document):
    holed = ramp()
    holed[40:50, 50:60] = 0
    filled = fill_behind(replace(document, nodes=(Layer(holed, id="ground"),)), "ground")
    assert (filled.layer("ground").pixels[..., 3] == 255).all()
    assert np.abs(filled.layer("ground").pixels.astype(int) - ramp()).max() <= 12


def test_refusals(document):
    with pytest.raises(InputError, match="Nothing covers"):
        fill_behind(document, "cover")
    with pytest.raises(InputError, match="locked"):
        fill_behind(replace(document, nodes=(replace(document.nodes[0], locked=True), document.nodes[1])), "ground")
