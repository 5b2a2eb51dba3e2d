"""Layers at working size, as floats on the whole working canvas: what haze, guide and colours are worked out on."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from engine.cancel import Check, never
from engine.decomposer import WorkingLayer
from engine.document import Pixels
from engine.imaging.arrays import (
    ALPHA,
    CHANNELS,
    RGB,
    RGBA,
    WHITE,
)
from engine.lifting.place import Sizes
from engine.lifting.resample import Floats, Grid, resample, triangle
from engine.words import Message, note

_ROWS = 64
_HAZE_CAP = 5 / 255
_BLOCK = 12

_MORE_ROWS = 3
"""Source rows beyond the last that a triangle reaches, rounded up."""
_SMOOTH = 3
"""The cubic that begins and ends level: x^2 (3 - 2 x)."""

# Noise of alpha, 0..1.
_SLOW, _SLOW_WIDTH = 0.06, 0.03
"""Alpha that changes by less within a px is calmed …"""
_CALM_BLUR = 1.2
"""… with this blur, px."""
_AROUND, _FAR_AROUND, _MEAN = np.ones((3, 3)), np.ones((7, 7)), (3, 3)

# Haze. Its level and its deviation are measured; what rises above it by so many deviations is no haze.
_HAZE_FROM = 0.25 / 255
_STRONG, _WIDE, _WIDE_WIDTH, _THIN = 3, 1.2, 1.5, 5
_HAZE_BLUR = 1.5
"""px."""
_LEAST_BLOCKS, _EMPTIEST = 4, 20
"""Blocks that are needed; and the part of them that counts as the emptiest."""
_ALIKE = 0.3 / 255
_GOOD_PART = 0.08
"""A block is like the emptiest within this; and so many of all must be."""
_LEAST_SPREAD = 1e-4


@dataclass(slots=True, eq=False)
class SmallSheet:
    """One layer on the working canvas.

    Attributes:
        alpha: float32 h x w, 0..1.
        colour: float32 3 x h x w, 0..255; meaningless where alpha is 0 until `colour.complete` has run.
        origin: the engine's layer.
        number: its place in the engine's stack, from 1.
    """

    alpha: Floats
    colour: Floats
    origin: WorkingLayer
    number: int

    @property
    def title(self) -> Message:
        """What to call it in a sentence."""
        return title(self.origin, self.number)


def title(layer: WorkingLayer, number: int) -> Message:
    """What to call an engine's layer in a sentence."""
    return note("lifting.named", name=layer.name) if layer.name else note("lifting.numbered", number=number)


def small_sheet(layer: WorkingLayer, number: int, sizes: Sizes) -> SmallSheet:
    """The layer, which must lie within the canvas, as a small sheet."""
    rows = slice(layer.top, layer.top + layer.pixels.shape[0])
    cols = slice(layer.left, layer.left + layer.pixels.shape[1])
    planes = np.zeros((RGBA, sizes.working_height, sizes.working_width), np.float32)
    planes[:, rows, cols] = np.moveaxis(layer.pixels, -1, 0)
    return SmallSheet(planes[ALPHA] / np.float32(WHITE), planes[RGB], layer, number)


def guide(original: Pixels, sizes: Sizes, check: Check = never) -> Floats:
    """The image at working size, colour times alpha, float32 C x h x w, 0..255.

    C is 3 for an opaque image and 4, with alpha last, for one with transparency. Reduced with a triangle, which blurs
    about as much as an engine's mattes are blurred; the regression of `matte` needs the two alike.
    """
    channels = CHANNELS if original[..., ALPHA].min() == WHITE else RGBA
    out = np.empty((channels, sizes.working_height, sizes.working_width), np.float32)
    to_working = Grid(1 / sizes.scale_x, 1 / sizes.scale_y)
    for top in range(0, sizes.working_height, _ROWS):
        check()
        bottom = min(sizes.working_height, top + _ROWS)
        first = max(0, int((top - 2) * sizes.scale_y) - 2)
        last = int((bottom + 2) * sizes.scale_y) + _MORE_ROWS
        planes = np.ascontiguousarray(np.moveaxis(original[first:last, :, :channels], -1, 0)).astype(np.float32)
        if channels == RGBA:
            planes[RGB] *= planes[ALPHA] / WHITE
        strip = Grid(to_working.scale_x, to_working.scale_y, 0, first)
        out[:, top:bottom] = resample(planes, strip, (top, bottom), (0, sizes.working_width), triangle)
    return out


def smoothstep(x: Floats) -> Floats:
    """The cubic from 0 to 1 that begins and ends level; clipped outside."""
    x = np.clip(x, 0, 1)
    return np.asarray(x * x * (_SMOOTH - 2 * x), np.float32)


def without_haze(alpha: Floats) -> Floats:
    """Alpha without the faint veil that an autoencoder leaves where a layer is meant to be empty, or full.

    The veil's level is read from the emptiest blocks, and nothing is done unless a good part of the canvas is as empty
    as those: a layer that is faint by intent has no such floor. Soft edges rise above the floor and stay.
    """
    return np.asarray(1 - _unveiled(1 - _unveiled(alpha)), np.float32)


def calmed(alpha: Floats) -> Floats:
    """Alpha without the autoencoder's noise where it changes slowly; edges and strands stay as they are."""
    span = cv2.dilate(alpha, _AROUND) - cv2.erode(alpha, _AROUND)
    slow = smoothstep((_SLOW - np.asarray(cv2.boxFilter(span, -1, _MEAN), np.float32)) / _SLOW_WIDTH)
    slow = np.asarray(cv2.erode(slow, _FAR_AROUND), np.float32)
    return np.asarray(alpha + slow * (cv2.GaussianBlur(alpha, (0, 0), _CALM_BLUR) - alpha), np.float32)


def _unveiled(alpha: Floats) -> Floats:
    level, spread = _veil(alpha)
    if not _HAZE_FROM < level < _HAZE_CAP:
        return alpha
    # What is strong is cut down first, or it would shelter the haze beside it.
    around = cv2.GaussianBlur(np.minimum(alpha, level + _STRONG * spread), (0, 0), _HAZE_BLUR)
    wide = smoothstep((around - level - _WIDE * spread) / (_WIDE_WIDTH * spread))
    thin = smoothstep((alpha - level - _THIN * spread) / (_STRONG * spread))
    lowered = np.clip(alpha - level, 0, 1) / (1 - level)
    return np.asarray(lowered * np.maximum(wide, thin), np.float32)


def _veil(alpha: Floats) -> tuple[float, float]:
    """Mean and deviation of alpha in the emptiest blocks; (0, 0) where no good part of the canvas is like them."""
    rows, cols = alpha.shape[0] // _BLOCK, alpha.shape[1] // _BLOCK
    if rows * cols < _LEAST_BLOCKS:
        return 0.0, 0.0
    cut = alpha[: rows * _BLOCK, : cols * _BLOCK].reshape(rows, _BLOCK, cols, _BLOCK)
    blocks = cut.swapaxes(1, 2).reshape(rows * cols, -1)
    means = blocks.mean(axis=1)
    emptiest = np.argsort(means)[: max(2, len(means) // _EMPTIEST)]
    level, spread = float(means[emptiest].mean()), float(blocks[emptiest].std())
    alike = float((means < level + spread + _ALIKE).mean())
    return (level, max(spread, _LEAST_SPREAD)) if alike >= _GOOD_PART else (0.0, 0.0)
