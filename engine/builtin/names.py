"""Names that a person would give: colours, shapes, the words that were read."""

from __future__ import annotations

import colorsys
from collections.abc import Iterable

import numpy as np

from engine.imaging.arrays import Floats

MAX_NAME = 38

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


def colour_name(rgb: Floats) -> str:
    """The everyday word for a colour, RGB 0..255."""
    red, green, blue = (float(v) / 255 for v in np.asarray(rgb).ravel()[:3])
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    chroma = max(red, green, blue) - min(red, green, blue)
    if chroma < 0.07 or (lightness > 0.93 and chroma < 0.13):
        return _grey(lightness, warm=red - blue > 0.03)
    if lightness < 0.09:
        return "Black"
    degrees = hue * 360
    if 10 <= degrees < 50 and lightness < 0.42 and chroma < 0.62:
        return "Brown"
    if 20 <= degrees < 66 and lightness > 0.78:
        return "Cream"
    if (degrees >= 330 or degrees < 20) and lightness > 0.66:
        return "Pink"
    if 205 <= degrees < 262 and lightness < 0.22:
        return "Navy"
    name = next(word for limit, word in HUES if degrees < limit)
    if lightness > 0.82 and saturation < 0.9:
        return f"Light {name.lower()}"
    return name


def _grey(lightness: float, warm: bool) -> str:
    if lightness > 0.93:
        return "Cream" if warm and lightness < 0.975 else "White"
    if lightness > 0.78:
        return "Light grey"
    if lightness > 0.32:
        return "Grey"
    return "Dark grey" if lightness > 0.12 else "Black"


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
