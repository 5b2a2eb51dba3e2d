"""Colours that go together, as a designer would choose them."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass

import numpy as np

from tests.bench.layers.raster import Colour

CONTRAST = 4.0
"""WCAG 2 contrast from which words are read with ease at the sizes that are drawn."""


def hsl(hue: float, saturation: float, lightness: float) -> Colour:
    """From hue in turns, saturation and lightness 0..1."""
    r, g, b = colorsys.hls_to_rgb(hue % 1.0, min(max(lightness, 0), 1), min(max(saturation, 0), 1))
    return round(r * 255), round(g * 255), round(b * 255)


def luminance(colour: Colour) -> float:
    """Relative luminance, WCAG 2."""
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in (v / 255 for v in colour)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: Colour, b: Colour) -> float:
    """WCAG 2 contrast, 1..21."""
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@dataclass(frozen=True, slots=True)
class Palette:
    """A ground, a second ground, and accents that stand out on them."""

    ground: Colour
    second: Colour
    accents: tuple[Colour, ...]

    def ink(self, on: Colour) -> Colour:
        """A colour for words on `on`: an accent that is read, else near black or white."""
        for colour in self.accents:
            if contrast(colour, on) >= CONTRAST:
                return colour
        return (24, 24, 32) if luminance(on) > 0.3 else (250, 248, 244)


def palette(rng: np.random.Generator, unified: bool = False) -> Palette:
    """Light or dark, muted or loud; `unified`: accents keep to the ground's hue."""
    hue = rng.random()
    dark = rng.random() < 0.35
    loud = rng.uniform(0.35, 0.95)
    ground = hsl(hue, loud * 0.6, rng.uniform(0.1, 0.25) if dark else rng.uniform(0.8, 0.97))
    second = hsl(hue + rng.normal(0, 0.05), loud * 0.7, rng.uniform(0.2, 0.35) if dark else rng.uniform(0.65, 0.85))
    scheme = (0.0, 0.03, -0.04, 0.02, -0.02) if unified else rng.permutation([0.08, 0.33, 0.5, 0.62, 0.83])
    accents = tuple(
        hsl(hue + step, loud, rng.uniform(0.5, 0.75) if dark else rng.uniform(0.28, 0.58)) for step in scheme
    )
    return Palette(ground, second, accents)
