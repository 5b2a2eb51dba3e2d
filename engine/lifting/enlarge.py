"""Small sheets to the source's size: mattes guided by the image, colours completed and grained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engine.cancel import Check
from engine.decomposer import WorkingLayer
from engine.document import LayerKind, Pixels
from engine.imaging.arrays import (
    ALPHA,
    HALF,
    RGB,
    RGBA,
    WHITE,
)
from engine.lifting.colour import complete
from engine.lifting.grain import NONE, Grain, measured
from engine.lifting.matte import Matte, matte_of, refined
from engine.lifting.parallel import each_tile
from engine.lifting.place import Sizes
from engine.lifting.resample import Floats, catmull_rom, resample
from engine.lifting.sheet import LEAST_SLACK, TILE, Box, Sheet, tight_box
from engine.lifting.small import SmallSheet, guide

_REACH = 3
_NO_FINER = 1.5
_PLAINLY = 0.97
"""A layer's share of a working pixel from which its colour is seen plainly there."""
_SAMPLES = 60_000
"""Working pixels that are looked at to learn how far a layer's colours are off."""
_MOSTLY = 90
"""Per cent of them that are off by less than is then allowed to all."""
_FEWEST = 12
"""Samples from which that counts."""


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """What every layer of a stack needs."""

    original: Pixels
    sizes: Sizes
    clear: Pixels
    grain: float
    tick: Callable[[], None]
    check: Check


def enlarged(
    original: Pixels,
    smalls: Sequence[SmallSheet],
    sizes: Sizes,
    floor: SmallSheet | None,
    tick: Callable[[], None],
    check: Check,
) -> list[Sheet]:
    """The small sheets at the source's size, bottom to top; the one that is `floor` covers the whole image."""
    image = guide(original, sizes, check)
    complete(smalls, image, check)
    everywhere = np.ones((sizes.working_height, sizes.working_width), np.float32)
    overall = measured(original, everywhere, sizes.scale_x, sizes.scale_y).level
    clear = np.full((sizes.height, sizes.width), WHITE, np.uint8)
    work = _Work(original, sizes, clear, overall, tick, check)
    sheets: list[Sheet] = []
    for small in reversed(smalls):
        check()
        matte = matte_of(small.alpha, image, everywhere, check)
        check()
        noise = NONE
        if min(sizes.scale_x, sizes.scale_y) > _NO_FINER:
            noise = measured(original, small.alpha * everywhere, sizes.scale_x, sizes.scale_y)
        slack = _slack(original, small, everywhere, sizes)
        sheets.append(_enlarged(work, small, matte, noise, slack, small is floor))
        everywhere = everywhere * (1 - small.alpha)
    return sheets[::-1]


def _slack(original: Pixels, small: SmallSheet, clear: Floats, sizes: Sizes) -> float:
    """How far the layer's colours, which know nothing finer than a working pixel, are off where they are seen plainly,
    0..255. Hidden ones are no better, and may move that far."""
    step = max(1, int(np.sqrt(clear.size / _SAMPLES)))
    rows, cols = np.nonzero((small.alpha * clear)[::step, ::step] > _PLAINLY)
    if rows.size < _FEWEST:
        return float(WHITE)
    rows, cols = rows * step, cols * step
    ys = np.minimum(((rows + HALF) * sizes.scale_y).astype(np.int64), sizes.height - 1)
    xs = np.minimum(((cols + HALF) * sizes.scale_x).astype(np.int64), sizes.width - 1)
    off = np.abs(original[ys, xs, RGB] - small.colour[:, rows, cols].T).max(axis=1)
    return max(LEAST_SLACK, float(np.percentile(off, _MOSTLY)))


def _enlarged(work: _Work, small: SmallSheet, matte: Matte, noise: Grain, slack: float, is_floor: bool) -> Sheet:
    sizes = work.sizes
    box = sizes.box if is_floor else _box_of(small, sizes)
    out = np.zeros((box.height, box.width, RGBA), np.uint8)
    channels = len(matte.line) - 1

    def work_on(tile: Box) -> None:
        through = work.clear[tile.within(sizes.box)]
        pixels = work.original[tile.within(sizes.box)]
        piece = out[tile.within(box)]
        seen = np.asarray(through / WHITE, np.float32)
        alpha = refined(matte, sizes.grid(), tile, _planes(pixels, channels), seen, work.grain)
        piece[..., ALPHA] = np.rint(alpha * WHITE)
        solid = piece[..., ALPHA]
        if not is_floor and not solid.any():
            return
        if solid.min() == WHITE and through.min() == WHITE:
            piece[..., RGB] = pixels[..., RGB]
        else:
            piece[..., RGB] = _colour(small, sizes, tile, noise, seen)
        through[...] = cv2.multiply(through, WHITE - np.ascontiguousarray(solid), scale=1 / WHITE)

    each_tile(box.tiles(TILE), work_on, work.tick, work.check)
    return Sheet(out, box, small.origin, slack)


def _colour(small: SmallSheet, sizes: Sizes, tile: Box, noise: Grain, seen: Floats) -> Pixels:
    colour = resample(small.colour, sizes.grid(), (tile.top, tile.bottom), (tile.left, tile.right), catmull_rom)
    if noise.level and seen.min() < 1:
        colour += noise.tile(tile, small.number) * (1 - seen)
    return np.moveaxis(np.clip(np.rint(colour), 0, WHITE), 0, -1).astype(np.uint8)


def _box_of(small: SmallSheet, sizes: Sizes) -> Box:
    return sizes.to_source(tight_box((small.alpha > HALF / WHITE).astype(np.uint8)).grown(_REACH, sizes.working_box))


def _planes(pixels: Pixels, channels: int) -> Floats:
    planes = np.ascontiguousarray(np.moveaxis(pixels[..., :channels], -1, 0)).astype(np.float32)
    if channels == RGBA:
        planes[RGB] *= planes[ALPHA] / WHITE
    return planes


def residual(sizes: Sizes) -> Sheet:
    """An empty sheet under all others, for what none of them covers."""
    canvas = np.zeros((sizes.height, sizes.width, RGBA), np.uint8)
    origin = WorkingLayer(canvas[:1, :1], name="Residual", kind=LayerKind.BACKGROUND)
    return Sheet(canvas, sizes.box, origin, slack=float(WHITE))
