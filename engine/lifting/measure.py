"""How well layers give the image back, measured in strips so that memory stays bounded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.cancel import Check, never
from engine.decomposer import Recomposition
from engine.document import Layer, Pixels
from engine.imaging.arrays import (
    ALPHA,
    CHANNELS,
    NOT_ZERO,
    RGB,
    RGBA,
    WHITE,
)
from engine.lifting.resample import Floats
from engine.lifting.sheet import Box

_STRIP = 256

_WHOLE = 250
"""0..255: alpha from which on a stack covers a pixel."""
_EXACT = 1e-3
"""0..255: a difference that is only the arithmetic's."""


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """Straight RGBA pixels, uint8, and the box of the image that they fill."""

    pixels: Pixels
    box: Box
    opacity: float = 1.0


def composite(layers: Sequence[Placed], area: Box, check: Check = never) -> tuple[Floats, Floats]:
    """The layers over each other, bottom to top, in Normal mode inside `area`.

    Returns colour times alpha (float32 h x w x 3, 0..255) and alpha (float32 h x w, 0..1).
    """
    colour = np.zeros((area.height, area.width, CHANNELS), np.float32)
    alpha = np.zeros((area.height, area.width), np.float32)
    for layer in layers:
        check()
        part = layer.box.meet(area)
        if not part.area:
            continue
        pixels = layer.pixels[part.within(layer.box)]
        if not pixels[..., ALPHA].any():
            continue
        a = pixels[..., ALPHA].astype(np.float32) * np.float32(layer.opacity / WHITE)
        target = part.within(area)
        colour[target] *= (1 - a)[..., None]
        colour[target] += pixels[..., RGB] * a[..., None]
        alpha[target] += a * (1 - alpha[target])
    return colour, alpha


def rounded(colour: Floats, alpha: Floats) -> Pixels:
    """A composite as 8-bit straight RGBA."""
    out = np.empty((*alpha.shape, RGBA), np.uint8)
    out[..., ALPHA] = np.rint(alpha * WHITE)
    opaque = alpha >= 1
    straight = colour if opaque.all() else colour / np.maximum(alpha, NOT_ZERO)[..., None]
    out[..., RGB] = np.clip(np.rint(straight), 0, WHITE)
    return out


def recomposition(original: Pixels, layers: Sequence[Layer], check: Check = never) -> Recomposition:
    """The layers over each other, rounded to 8 bits, against `original` (uint8 H x W x 4, straight alpha).

    Compared are colour times alpha, and alpha, in 8-bit steps.
    """
    placed = [
        Placed(
            layer.pixels, Box(layer.left, layer.top, layer.left + layer.width, layer.top + layer.height), layer.opacity
        )
        for layer in layers
    ]
    worst, within = 0, 0
    for strip, found in _strips(original, placed, check):
        off = difference(original[strip.top : strip.bottom], found)
        worst = max(worst, int(off.max()))
        within += int(np.count_nonzero(off <= 1))
    return Recomposition(worst, within / (original.shape[0] * original.shape[1]))


def closeness(original: Pixels, placed: Sequence[Placed], step: int, check: Check = never) -> float:
    """Of the pixels that the stack covers, the share that it shows within `step` of the image; 1 for none."""
    covered, close = 0, 0
    for strip, found in _strips(original, placed, check):
        off = difference(original[strip.top : strip.bottom], found)
        whole = found[..., ALPHA] > _WHOLE
        covered += int(np.count_nonzero(whole))
        close += int(np.count_nonzero(whole & (off <= step)))
    return close / covered if covered else 1.0


def _strips(original: Pixels, placed: Sequence[Placed], check: Check) -> Iterator[tuple[Box, Pixels]]:
    height, width = original.shape[:2]
    for top in range(0, height, _STRIP):
        strip = Box(0, top, width, min(height, top + _STRIP))
        yield strip, rounded(*composite(placed, strip, check))


def difference(a: Pixels, b: Pixels) -> Pixels:
    """The largest difference of any channel at each pixel, uint8 H x W, rounded up; colour is taken times alpha."""
    error = np.abs(a.astype(np.int16) - b.astype(np.int16)).max(axis=-1)
    soft = (a[..., ALPHA] < WHITE) | (b[..., ALPHA] < WHITE)
    if soft.any():
        one, other = (_premultiplied(x[soft]) for x in (a, b))
        exact = np.ceil(np.abs(one - other).max(axis=-1) - _EXACT)
        error[soft] = exact.astype(np.int16)
    out: Pixels = error.astype(np.uint8)
    return out


def _premultiplied(pixels: Pixels) -> Floats:
    out = pixels.astype(np.float32)
    out[:, RGB] *= out[:, ALPHA:] / WHITE
    return out
