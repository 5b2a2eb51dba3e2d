"""Alpha at the image's own size, guided by the image.

Near an edge, alpha is a linear function of the image's colour (the colour line model behind closed-form matting), and
the function can be fitted at working size, where the engine's alpha and the reduced image describe the same thing. So
the fit is made there (colour guided filter: He, Sun & Tang 2010; at low resolution: He & Sun 2015), and applied to the
full-size image: the edge is then as sharp as the image's, down to strokes thinner than a working pixel.

It is used only in bands where alpha changes quickly, where the layer is seen, and as far as the fit explains it. All
else keeps the engine's alpha, interpolated: smoke stays smoke.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cancel import Check, never
from engine.imaging.arrays import (
    HALF,
    WHITE,
)
from engine.lifting.resample import Floats, Grid, catmull_rom, resample, triangle
from engine.lifting.sheet import Box
from engine.lifting.small import smoothstep

_RADIUS = 2
_EPSILON = 10.0
_GUIDE_BLUR = 0.6
_DUST = 0.012
_STRIP = 64
"""Rows that are solved between two looks at whether to stop."""

# Alpha, 0..1: where each part of the method begins, and how softly.
_BAND, _BAND_WIDTH = 0.08, 0.1
"""Change of alpha within a px of which a band is an edge."""
_FULL, _STEP_WIDTH = 0.75, 0.15
"""An edge between more than this and less than its opposite is a step."""
_EXPLAINED, _EXPLAINED_WIDTH = 0.3, 0.4
"""Share of alpha's change that a line must explain."""
_SEEN, _SEEN_WIDTH = 0.05, 0.15
"""How much of the layer must be seen."""
_STEEPER, _STEEPEST = 0.7, 4.0
"""A step is made steeper by this part of the scale, up to so much."""
_GRAIN, _MOST_DEAD = 2.5, 0.1
"""Deviations of noise that are as good as 0 or 1, and the most that may be."""
_NO_WEIGHT, _NO_ERROR = 1e-4, 1e-3
"""Keep shares of what is not seen, or fits exactly, finite."""
_AROUND, _WIDER = np.ones((3, 3)), np.ones((5, 5))
_BAND_MEAN = (3, 3)


@dataclass(frozen=True, slots=True, eq=False)
class Matte:
    """One layer's alpha at working size and how to bring it to the source's.

    Attributes:
        alpha: h x w.
        line: (C + 1) x h x w, coefficients per guide channel and the constant.
        fit: h x w, 0..1, how far the line is to be trusted.
        hard: h x w, 0..1, where the edge is a step, though it is not seen.
        where: working pixels whose surroundings have any fit or step.
    """

    alpha: Floats
    line: Floats
    fit: Floats
    hard: Floats
    where: NDArray[np.bool_]


def matte_of(alpha: Floats, guide: Floats, clear: Floats, check: Check = never) -> Matte:
    """Fit `alpha` (h x w) to `guide` (C x h x w) as far as the layers above let the layer through (`clear`, h x w)."""
    low, high = cv2.erode(alpha, _AROUND), cv2.dilate(alpha, _AROUND)
    band = cv2.boxFilter(cv2.dilate(high - low, _AROUND), -1, _BAND_MEAN)
    band = smoothstep((np.asarray(band, np.float32) - _BAND) / _BAND_WIDTH)
    hard = smoothstep((high - _FULL) / _STEP_WIDTH) * smoothstep((1 - _FULL - low) / _STEP_WIDTH)
    hard = np.asarray(cv2.dilate(hard, _AROUND), np.float32)
    line = np.zeros((len(guide) + 1, *alpha.shape), np.float32)
    fit = np.zeros_like(alpha)
    rows, cols = _bounds(band > 0, _RADIUS + 1)
    if rows.stop > rows.start:
        line[:, rows, cols], trust = _fitted(alpha[rows, cols], guide[:, rows, cols], clear[rows, cols], check)
        fit[rows, cols] = band[rows, cols] * trust
    where = cv2.dilate(((fit > 0) | (hard > 0)).astype(np.uint8), _WIDER) > 0
    return Matte(alpha, line, fit, hard, where)


def _bounds(mask: NDArray[np.bool_], margin: int) -> tuple[slice, slice]:
    rows, cols = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return slice(0, 0), slice(0, 0)
    return (
        slice(max(0, int(rows[0]) - margin), int(rows[-1]) + margin + 1),
        slice(max(0, int(cols[0]) - margin), int(cols[-1]) + margin + 1),
    )


def _fitted(alpha: Floats, guide: Floats, clear: Floats, check: Check) -> tuple[Floats, Floats]:
    """The line (C + 1 x h x w), and how much of alpha it explains where the layer is seen (h x w, 0..1)."""
    blurred = np.stack([cv2.GaussianBlur(plane, (0, 0), _GUIDE_BLUR) for plane in guide])
    weight = clear * clear + np.float32(_NO_WEIGHT)
    mass = _mean(weight)
    centre = _mean(blurred * weight) / mass
    middle = _mean(alpha * weight) / mass
    with_alpha = _mean(blurred * (alpha * weight)) / mass - centre * middle
    spread = _mean(alpha * alpha * weight) / mass - middle * middle
    count = len(guide)
    matrix = np.empty((*alpha.shape, count, count), np.float32)
    for i in range(count):
        for j in range(i, count):
            check()
            matrix[..., i, j] = _mean(blurred[i] * blurred[j] * weight) / mass - centre[i] * centre[j]
            matrix[..., j, i] = matrix[..., i, j]
        matrix[..., i, i] += _EPSILON
    wanted = np.moveaxis(with_alpha, 0, -1)[..., None]
    slope = np.empty_like(with_alpha, np.float32)
    for top in range(0, len(matrix), _STRIP):
        check()
        rows = slice(top, top + _STRIP)
        slope[:, rows] = np.moveaxis(np.linalg.solve(matrix[rows], wanted[rows])[..., 0], -1, 0)
    check()
    explained = (slope * with_alpha).sum(axis=0)
    line = np.concatenate([slope, (middle - (slope * centre).sum(axis=0))[None]])
    # Windows that fit well speak louder: near a crossing of edges, the window with one edge knows better.
    voice = mass / (np.maximum(spread - explained, 0) + np.float32(_NO_ERROR))
    check()
    line = _mean(line * voice) / _mean(voice)
    good = smoothstep((explained / (spread + np.float32(_NO_WEIGHT)) - _EXPLAINED) / _EXPLAINED_WIDTH) * smoothstep(
        (mass - _SEEN) / _SEEN_WIDTH
    )
    return line, np.asarray(_mean(good * voice) / _mean(voice), np.float32)


def _mean(planes: Floats) -> Floats:
    size = (2 * _RADIUS + 1, 2 * _RADIUS + 1)
    if planes.ndim == 2:
        return np.asarray(cv2.boxFilter(planes, -1, size, borderType=cv2.BORDER_REFLECT), np.float32)
    return np.stack([cv2.boxFilter(p, -1, size, borderType=cv2.BORDER_REFLECT) for p in planes])


def refined(matte: Matte, grid: Grid, tile: Box, image: Floats, clear: Floats, grain: float) -> Floats:
    """Alpha in `tile`, h x w, 0..1.

    Args:
        image: the full-size guide in the tile, C x h x w, colour times alpha.
        clear: how far the layers above let this one through, h x w.
        grain: deviation of the image's noise, 8-bit steps.
    """
    rows, cols = (tile.top, tile.bottom), (tile.left, tile.right)
    plain = np.clip(resample(matte.alpha, grid, rows, cols, catmull_rom), 0, 1)
    if not _near(matte.where, grid, tile):
        return plain
    planes = np.concatenate([matte.line, matte.fit[None], matte.hard[None]])
    *slope, constant, fit, hard = resample(planes, grid, rows, cols, triangle)
    steep = np.float32(max(1.0, min(_STEEPEST, _STEEPER * min(grid.scale_x, grid.scale_y))))
    plain += hard * (np.clip((plain - HALF) * steep + HALF, 0, 1) - plain)
    found, squared = constant, np.zeros_like(constant)
    for part, channel in zip(slope, image, strict=True):
        found = found + part * channel
        squared += part * part
    dead = np.minimum(_DUST + _GRAIN * grain * np.sqrt(squared), _MOST_DEAD)
    found = np.clip((found - dead) / (1 - 2 * dead), 0, 1)
    out = np.asarray(plain + fit * clear * (found - plain), np.float32)
    out[(out < _DUST) & (plain < 1 / WHITE)] = 0
    out[(out > 1 - _DUST) & (plain > 1 - 1 / WHITE)] = 1
    return out


def _near(where: NDArray[np.bool_], grid: Grid, tile: Box) -> bool:
    rows = slice(max(0, int(tile.top / grid.scale_y) - 1), int(tile.bottom / grid.scale_y) + 2)
    cols = slice(max(0, int(tile.left / grid.scale_x) - 1), int(tile.right / grid.scale_x) + 2)
    return bool(where[rows, cols].any())
