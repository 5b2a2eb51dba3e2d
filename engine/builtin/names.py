"""Names that a person would give: colours, shapes, the words that were read."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from engine.imaging.arrays import RGB, WHITE, Floats

MAX_NAME = 38
"""Characters; with an ellipsis and a number it fits the layer panel."""

HUES: tuple[tuple[float, str], ...] = (
    (14, "Red"),
    (41, "Orange"),
    (66, "Yellow"),
    (90, "Lime"),
    (155, "Green"),
    (190, "Teal"),
    (250, "Blue"),
    (318, "Purple"),
    (340, "Pink"),
    (361, "Red"),
)
"""Degrees of hue up to which each word holds."""
TURN = 360


class Shade(NamedTuple):
    """A word for light or dark colours of some hues: from and to degrees, lightness and chroma, each 0..1."""

    word: str
    start: float
    end: float
    lightest: float = 1.1
    darkest: float = -0.1
    strongest: float = 1.1

    def holds(self, degrees: float, lightness: float, chroma: float) -> bool:
        """Whether a colour is of this shade; hues may run through 0."""
        hue = self.start <= degrees < self.end or self.start <= degrees + TURN < self.end
        return hue and self.darkest < lightness < self.lightest and chroma < self.strongest


SHADES = (
    Shade("Brown", 10, 50, lightest=0.42, strongest=0.62),
    Shade("Cream", 20, 66, darkest=0.78),
    Shade("Pink", 330, 380, darkest=0.66),
    Shade("Navy", 205, 262, lightest=0.22),
)
"""Asked in this order, before the hue."""
GREYS = ((0.93, "White"), (0.78, "Light grey"), (0.32, "Grey"), (0.12, "Dark grey"), (-1, "Black"))
"""Lightness 0..1 above which each word holds."""

# 0..1; all limits of this file were set by eye on swatches of named colours.
NO_CHROMA, PALE_CHROMA = 0.07, 0.13
"""Below them a colour, or one that is nearly white, is a grey."""
WHITE_FROM, CREAM_TO = 0.93, 0.975
WARM = 0.03
"""Red over blue from which on nearly white is cream."""
BLACK_TO = 0.09
LIGHT_FROM, VIVID = 0.82, 0.9
"""Lighter, and of less than that saturation, is called light."""


def colour_name(rgb: Floats) -> str:
    """The everyday word for a colour, RGB 0..255."""
    red, green, blue = (float(v) / WHITE for v in np.asarray(rgb).ravel()[RGB])
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    chroma = max(red, green, blue) - min(red, green, blue)
    if chroma < NO_CHROMA or (lightness > WHITE_FROM and chroma < PALE_CHROMA):
        return _grey(lightness, warm=red - blue > WARM)
    if lightness < BLACK_TO:
        return "Black"
    degrees = hue * TURN
    for shade in SHADES:
        if shade.holds(degrees, lightness, chroma):
            return shade.word
    name = next(word for limit, word in HUES if degrees < limit)
    if lightness > LIGHT_FROM and saturation < VIVID:
        return f"Light {name.lower()}"
    return name


def _grey(lightness: float, warm: bool) -> str:
    if lightness > WHITE_FROM and warm and lightness < CREAM_TO:
        return "Cream"
    return next(word for limit, word in GREYS if lightness > limit)


def text_name(lines: Iterable[str]) -> str:
    """The words of a text layer as its name, cut at a word where they are many."""
    words = " ".join(" ".join(lines).split())
    if len(words) <= MAX_NAME:
        return words
    cut = words[:MAX_NAME].rsplit(" ", 1)[0]
    return f"{cut[:MAX_NAME]}…"


def numbered(names: list[str]) -> list[str]:
    """The same names, with 2, 3, … after those that came before."""
    seen: dict[str, int] = {}
    out = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        out.append(name if seen[name] == 1 else f"{name} {seen[name]}")
    return out
