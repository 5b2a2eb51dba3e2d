"""Finished layers before they are handed over, and two of them as one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from engine.document import LayerKind, Pixels
from engine.imaging.arrays import ALPHA, RGB, WHITE, Box, Floats, rounded_bytes

COLOUR_SAMPLES = 64
"""px: a layer's mean colour is taken from a grid of about this side."""
FAINTEST = 1e-3
"""Weight, 0..255, of a pixel that does not show: keeps the mean of an empty layer finite."""
NO_ALPHA = 1e-6
"""Keeps the colour of what does not show finite."""


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """A finished layer: uint8 h x w x 4 straight alpha, and where it lies in the picture, px."""

    pixels: Pixels
    left: int
    top: int


@dataclass(frozen=True, eq=False)
class NamedCut:
    """A finished layer with what is known about it.

    Attributes:
        text: what was read on it, or "".
        score: the reader's confidence 0..1, or None.
        weight: how much a person would miss it as a layer of its own.
        level: how many shapes it lies on; layers of one level may be merged sooner.
    """

    cut: Cut
    name: str
    kind: LayerKind
    text: str = ""
    score: float | None = None
    weight: float = 1.0
    level: int = 0

    @cached_property
    def colour(self) -> Floats:
        """Mean RGB of what shows, 0..255."""
        return _mean(self.cut.pixels)

    @property
    def box(self) -> Box:
        """Where it lies in the picture, px."""
        height, width = self.cut.pixels.shape[:2]
        return self.cut.left, self.cut.top, self.cut.left + width, self.cut.top + height


def _mean(pixels: Pixels) -> Floats:
    step = max(1, max(pixels.shape[:2]) // COLOUR_SAMPLES)
    small = pixels[::step, ::step].reshape(-1, pixels.shape[2]).astype(np.float32)
    weight = np.maximum(small[:, ALPHA:], FAINTEST)
    mean: Floats = ((small[:, RGB] * weight).sum(0) / weight.sum()).astype(np.float32)
    return mean


def merge(lower: NamedCut, upper: NamedCut) -> NamedCut:
    """Two layers as one: `upper` over `lower`."""
    larger, smaller = (lower, upper) if lower.weight >= upper.weight else (upper, lower)
    texts = [d.text for d in sorted((lower, upper), key=_reading_place) if d.text]
    return replace(
        larger,
        cut=_over(lower, upper),
        name=_merged_name(larger, smaller),
        text="\n".join(texts),
        weight=lower.weight + upper.weight,
        level=min(lower.level, upper.level),
    )


def _reading_place(layer: NamedCut) -> tuple[int, int]:
    return layer.box[1], layer.box[0]


def _over(lower: NamedCut, upper: NamedCut) -> Cut:
    """Both composited. What only one of them shows is copied, so that merging many small ones stays quick."""
    left, top = min(lower.box[0], upper.box[0]), min(lower.box[1], upper.box[1])
    right, bottom = (max(a, b) for a, b in zip(lower.box[2:], upper.box[2:], strict=True))
    pixels = np.zeros((bottom - top, right - left, lower.cut.pixels.shape[2]), np.uint8)
    for layer in (lower, upper):
        height, width = layer.cut.pixels.shape[:2]
        y, x = layer.cut.top - top, layer.cut.left - left
        part = pixels[y : y + height, x : x + width]
        own = np.ascontiguousarray(layer.cut.pixels)
        shown = own[..., ALPHA] > 0
        both = shown & (part[..., ALPHA] > 0)
        mixed = _mixed(part[both], own[both]) if both.any() else None
        np.copyto(part.view(np.uint32), own.view(np.uint32), where=shown[..., None])
        if mixed is not None:
            part[both] = mixed
    return Cut(pixels, left, top)


def _mixed(below: Pixels, above: Pixels) -> Pixels:
    """uint8 n x 4 over uint8 n x 4, straight alpha (Porter and Duff 1984)."""
    alpha, over = (pixels[:, ALPHA:].astype(np.float32) / WHITE for pixels in (below, above))
    colour = below[:, RGB] * alpha / np.maximum(alpha, NO_ALPHA)
    total = over + alpha * (1 - over)
    mixed = above[:, RGB] * over + colour * alpha * (1 - over)
    return rounded_bytes(np.concatenate([mixed / np.maximum(total, NO_ALPHA), total * WHITE], 1))


def _merged_name(larger: NamedCut, smaller: NamedCut) -> str:
    if larger.kind is smaller.kind is LayerKind.TEXT:
        first, second = sorted((larger, smaller), key=_reading_place)
        return f"{first.name} {second.name}"
    return larger.name
