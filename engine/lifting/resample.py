"""Resampling in tiles with exact pixel-centre geometry: any factor, separate in x and y, from any sub-box.

Every output pixel knows its own samples and weights, so two tiles always meet without a seam.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.imaging.arrays import HALF

Floats = NDArray[np.float32]
Kernel = Callable[[NDArray[np.float64]], NDArray[np.float64]]


_LOBES = 3
"""Of Lanczos' window, on each side."""
_INNER, _OUTER = (1.5, -2.5), (-0.5, 2.5, -4, 2)
"""Keys' cubic pieces for a = -0.5, from the highest power; the inner one has no linear term and ends in 1."""
_PLANES = 3
"""Dimensions of channels x rows x columns."""


def lanczos3(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The windowed sinc of three lobes (Duchon 1979), `x` in input px: sharpest, with some overshoot."""
    return np.where(np.abs(x) < _LOBES, np.sinc(x) * np.sinc(x / _LOBES), 0.0)


def catmull_rom(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cubic convolution with a = -0.5 (Keys 1981): sharp, with little overshoot."""
    x = np.abs(x)
    inner = (_INNER[0] * x + _INNER[1]) * x * x + 1
    outer = ((_OUTER[0] * x + _OUTER[1]) * x + _OUTER[2]) * x + _OUTER[-1]
    return np.where(x < 1, inner, np.where(x < 2, outer, 0.0))


def triangle(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Linear interpolation, `x` in input px; an area mean when reducing."""
    out: NDArray[np.float64] = np.maximum(0.0, 1 - np.abs(x))
    return out


_RADIUS: dict[Kernel, float] = {lanczos3: 3.0, catmull_rom: 2.0, triangle: 1.0}


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """How a working raster lies on the source.

    Attributes:
        scale_x, scale_y: source pixels per working pixel.
        left, top: where the raster's first sample lies, in working px.
    """

    scale_x: float
    scale_y: float
    left: int = 0
    top: int = 0


def taps(
    size: int, scale: float, offset: int, start: int, stop: int, kernel: Kernel = catmull_rom
) -> tuple[NDArray[np.int64], Floats]:
    """For outputs `start..stop`, the input samples each is made of and their weights, both outputs x taps.

    Outputs are whole pixels of the source; `offset` is the working position of input sample 0. Samples beyond the
    raster repeat its last one. Below a scale of 1 the kernel widens, so that reducing does not alias.
    """
    stretch = max(1.0, 1.0 / scale)
    reach = _RADIUS[kernel] * stretch
    centre = (np.arange(start, stop) + HALF) / scale - HALF - offset
    first = np.floor(centre - reach).astype(np.int64) + 1
    index = first[:, None] + np.arange(int(np.ceil(2 * reach)))[None, :]
    weight = kernel((index - centre[:, None]) / stretch)
    weight /= weight.sum(axis=1, keepdims=True)
    return np.clip(index, 0, size - 1), weight.astype(np.float32)


def resample(
    planes: Floats, grid: Grid, rows: tuple[int, int], cols: tuple[int, int], kernel: Kernel = catmull_rom
) -> Floats:
    """The tile `rows` x `cols` of the source, from `planes` (float32 h x w or C x h x w) that lie on `grid`."""
    down, heights = taps(planes.shape[-2], grid.scale_y, grid.top, *rows, kernel)
    across, widths = taps(planes.shape[-1], grid.scale_x, grid.left, *cols, kernel)
    top, left = int(down.min()), int(across.min())
    needed = planes[..., top : int(down.max()) + 1, left : int(across.max()) + 1]
    stack = needed if needed.ndim == _PLANES else needed[None]
    if grid.scale_y < 1:
        out = _across(_down(stack, down - top, heights), across - left, widths)
    else:
        out = _down(_across(stack, across - left, widths), down - top, heights)
    return out if needed.ndim == _PLANES else out[0]


def _across(planes: Floats, index: NDArray[np.int64], weight: Floats) -> Floats:
    out: Floats = np.take(planes, index[:, 0], axis=2, mode="clip") * weight[:, 0]
    for tap in range(1, index.shape[1]):
        out += np.take(planes, index[:, tap], axis=2, mode="clip") * weight[:, tap]
    return out


def _down(planes: Floats, index: NDArray[np.int64], weight: Floats) -> Floats:
    out = np.empty((planes.shape[0], index.shape[0], planes.shape[2]), np.float32)
    for plane, made in zip(planes, out, strict=True):
        np.multiply(plane[index[:, 0]], weight[:, :1], out=made)
        for tap in range(1, index.shape[1]):
            part = plane[index[:, tap]]
            part *= weight[:, tap : tap + 1]
            made += part
    return out
