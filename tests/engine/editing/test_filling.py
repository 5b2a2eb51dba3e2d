"""Fill behind: what a layer hides behind others is made from what is seen of it."""

from dataclasses import replace

import numpy as np
import pytest

from engine.document import Document, Layer
from engine.editing.filling import fill_behind
from engine.errors import InputError
from engine.imaging.compositing import composite


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
    filled = fill_behind(document, "ground").run()[0]
    assert np.abs(filled.layer("ground").pixels.astype(int) - ramp()).max() <= 12
    assert np.abs(composite(filled)[:, :36].astype(int) - composite(document)[:, :36]).max() == 0
    assert np.array_equal(composite(filled)[30:60, 40:80], composite(document)[30:60, 40:80])


def test_an_enclosed_hole_is_filled(document):
    holed = ramp()
    holed[40:50, 50:60] = 0
    filled = fill_behind(replace(document, nodes=(Layer(holed, id="ground"),)), "ground").run()[0]
    assert (filled.layer("ground").pixels[..., 3] == 255).all()
    assert np.abs(filled.layer("ground").pixels.astype(int) - ramp()).max() <= 12


def test_refusals(document):
    with pytest.raises(InputError, match="Nothing covers"):
        fill_behind(document, "cover").run()
    with pytest.raises(InputError, match="locked"):
        fill_behind(replace(document, nodes=(replace(document.nodes[0], locked=True), document.nodes[1])), "ground")


def test_a_large_hole_is_filled_like_its_surroundings():
    """Above 1400 px the smooth part is solved on a smaller copy: it must meet the rim all the same."""
    ground = ramp(2400, 1600)
    rng = np.random.default_rng(0)
    ground[..., :3] = np.clip(ground[..., :3] + rng.normal(0, 9, (1600, 2400, 1)), 0, 255)
    cover = Layer(np.full((800, 1200, 4), (10, 10, 10, 255), np.uint8), 600, 400, id="cover")
    spoiled = ground.copy()
    spoiled[400:1200, 600:1800, :3] = (255, 0, 255)
    document = Document(2400, 1600, (Layer(spoiled, id="ground"), cover))
    made = fill_behind(document, "ground").run()[0].layer("ground").pixels
    inside = made[400:1200, 600:1800, :3].astype(int)
    truth = ramp(2400, 1600)[400:1200, 600:1800, :3].astype(int)
    means = np.abs((inside - truth).reshape(16, 50, 24, 50, 3).mean(axis=(1, 3)))
    assert means.max() <= 20, "no patch is far from the colour that belongs there"
    assert np.abs((inside - truth).mean(axis=(0, 1))).max() <= 3, "the fill is neither darker nor lighter"
    assert 5 <= (inside - truth)[100:-100, 100:-100, 0].std() <= 14, "the grain goes on"
    rim = made[380:420, 700:1700, :3].astype(int).mean(axis=(1, 2))
    assert np.abs(np.diff(rim)).max() <= 3, "no seam along the edge"
    outside = np.ones((1600, 2400), bool)
    outside[397:1203, 597:1803] = False
    assert np.array_equal(made[outside], spoiled[outside])
