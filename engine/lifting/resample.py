"""Resampling in tiles with exact pixel-centre geometry: any factor, separate in x and y, from any sub-box.

An axis is a small dense matrix, so a tile is two matrix products and two tiles always meet without a seam.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Kernel = Callable[[NDArray[np.float64]], NDArray[np.float64]]


def lanczos3(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.abs(x) < 3, np.sinc(x) * np.sinc(x / 3), 0.0)


def catmull_rom(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cubic convolution with a = -0.5 (Keys 1981): sharp, with little overshoot."""
    x = np.abs(x)
    inner = (1.5 * x - 2.5) * x * x + 1
    outer = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x < 1, inner, np.where(x < 2, outer, 0.0))


def triangle(x: NDArray[np.float64]) -> NDArray[np.float64]:
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


def axis(
    size: int, scale: float, offset: int, start: int, stop: int, kernel: Kernel = catmull_rom
) -> tuple[slice, Floats]:
    """The input samples that outputs `start..stop` need, and their weights (outputs x inputs, rows sum to 1).

    Outputs are whole pixels of the source; `offset` is the working position of input sample 0. Samples beyond the
    raster repeat its last one. Below a scale of 1 the kernel widens, so that reducing does not alias.
    """
    stretch = max(1.0, 1.0 / scale)
    reach = _RADIUS[kernel] * stretch
    centre = (np.arange(start, stop) + 0.5) / scale - 0.5 - offset
    first = np.floor(centre - reach).astype(np.int64) + 1
    taps = first[:, None] + np.arange(int(np.ceil(2 * reach)) + 1)[None, :]
    weight = kernel((taps - centre[:, None]) / stretch)
    weight /= weight.sum(axis=1, keepdims=True)
    taps = np.clip(taps, 0, size - 1)
    low, high = int(taps.min()), int(taps.max()) + 1
    matrix = np.zeros((stop - start, high - low), np.float32)
    rows = np.broadcast_to(np.arange(stop - start)[:, None], taps.shape)
    np.add.at(matrix, (rows, taps - low), weight.astype(np.float32))
    return slice(low, high), matrix


def resample(
    planes: Floats, grid: Grid, rows: tuple[int, int], cols: tuple[int, int], kernel: Kernel = catmull_rom
) -> Floats:
    """The tile `rows` x `cols` of the source, from `planes` (float32 ... x h x w) that lie on `grid`."""
    in_rows, down = axis(planes.shape[-2], grid.scale_y, grid.top, *rows, kernel)
    in_cols, across = axis(planes.shape[-1], grid.scale_x, grid.left, *cols, kernel)
    return np.asarray(down @ planes[..., in_rows, in_cols] @ across.T, np.float32)
