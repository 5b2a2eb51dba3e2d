"""Transparent pictures of greys and alpha: greys stay grey, and every layer can be seen."""

from __future__ import annotations

from threading import Event

import cv2
import numpy as np
import pytest

from engine.builtin.names import HUES
from engine.decomposer import Request
from engine.document import Pixels
from engine.engines import engine_for
from engine.lifting.lift import Lifted, lift

WIDTH, HEIGHT = 320, 240


def over(below: Pixels, grey: int, alpha: Pixels) -> Pixels:
    """A grey of that alpha over the picture, straight alpha."""
    a, b = alpha / 255.0, below[..., 3] / 255.0
    total = a + b * (1 - a)
    colour = (grey * a + below[..., 0] * b * (1 - a)) / np.maximum(total, 1e-6)
    values = np.rint(np.where(total > 0, colour, 0)).astype(np.uint8)
    return np.dstack([values, values, values, np.rint(total * 255).astype(np.uint8)])


def box(left: int, top: int, right: int, bottom: int, blur: float = 0, strength: float = 1) -> Pixels:
    alpha = np.zeros((HEIGHT, WIDTH), np.float32)
    alpha[top:bottom, left:right] = 255 * strength
    return np.rint(cv2.GaussianBlur(alpha, (0, 0), blur) if blur else alpha).astype(np.uint8)


def shadowed_card() -> Pixels:
    """A white card with a soft black shadow, and a dark grey disc that lies over its edge."""
    picture = over(np.zeros((HEIGHT, WIDTH, 4), np.uint8), 0, box(70, 70, 250, 180, 6, 0.5))
    picture = over(picture, 255, box(60, 55, 240, 165))
    disc = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(disc, (230, 100), 36, 255, -1, cv2.LINE_AA)
    return over(picture, 90, disc)


def half_covered() -> Pixels:
    """Greys over greys, each of them half transparent."""
    picture = over(np.zeros((HEIGHT, WIDTH, 4), np.uint8), 200, box(30, 30, 200, 150))
    picture = over(picture, 60, box(120, 80, 290, 210, 3, 0.6))
    return over(picture, 151, box(150, 60, 180, 190, 1.5))


def far_haze() -> Pixels:
    """A disc, and veils of an alpha that nobody sees, beside it and far from it."""
    picture = over(np.zeros((HEIGHT, WIDTH, 4), np.uint8), 0, box(190, 150, 310, 235, 14, 0.05))
    picture = over(picture, 0, box(10, 2, 180, 3, 0, 1 / 255))
    disc = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.circle(disc, (110, 130), 60, 255, -1, cv2.LINE_AA)
    return over(picture, 128, disc)


def lifted(picture: Pixels) -> Lifted:
    made = engine_for("builtin").run(Request(picture, "builtin"), lambda _progress: None, Event())
    return lift(picture, made)


@pytest.mark.parametrize("make", [shadowed_card, half_covered, far_haze])
def test_greys_stay_grey_in_every_layer_and_name(make) -> None:
    found = lifted(make())
    words = {word.lower() for _, word in HUES} | {"brown", "cream", "navy"}
    for layer in found.layers:
        shown = layer.pixels[layer.pixels[..., 3] > 0][:, :3]
        assert np.ptp(shown, axis=1).max() <= 1, layer.name
        assert not words & set(layer.name.lower().split()), layer.name
    assert found.recomposition.max_abs_error <= 1


@pytest.mark.parametrize("make", [shadowed_card, half_covered, far_haze])
def test_every_layer_can_be_seen(make) -> None:
    for layer in lifted(make()).layers:
        alpha = layer.pixels[..., 3]
        assert (alpha > 24).sum() >= 12 or alpha.mean() >= 3, layer.name
