"""The image's noise, measured and made anew: a hidden part that is smooth where the rest has grain looks pasted."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.document import Pixels
from engine.imaging.arrays import CHANNELS, NOT_ZERO, RGB
from engine.lifting.resample import Floats
from engine.lifting.sheet import Box

_SIDE = 24
_PATCHES = 48
_LEAST = 0.7
_MOST = 12.0

_SHARP = 0.3
"""px: a blur of less does nothing to white noise."""
_KERNEL = 8
"""px on each side over which a blur's loss of strength is summed."""
_SURE = 0.97
"""Share of what is seen from which on a pixel is the layer's alone."""
_AROUND = np.ones((5, 5))
_LEAST_SPOTS = 8
_DEVIATION = 1.4826
"""Of a normal variable over the median of its absolute value."""
_FINE = 1.5
"""px: what is finer than this blur is grain …"""
_HIGH_PASS_LOSS = 1.25
"""… of which that leaves this part's inverse; measured on white noise."""
_UNLIKE = 0.001
"""Keeps channels that are alike apart, so that the matrix has a root."""
_ALONE, _MOST_BESIDE = 0.05, 0.6
"""Correlation of neighbours up to which grain is white, and the most that is believed."""


@dataclass(frozen=True, slots=True, eq=False)
class Grain:
    """Noise of one layer.

    Attributes:
        mix: 3 x 3, white noise to RGB noise in 8-bit steps; all 0 for a layer without grain.
        blur: deviation in px of the blur that gives the noise its size.
    """

    mix: NDArray[np.float64]
    blur: float

    @property
    def level(self) -> float:
        """Deviation of the noise, 8-bit steps, a mean over the channels."""
        return float(np.sqrt((self.mix**2).sum() / CHANNELS))

    def tile(self, box: Box, seed: int) -> Floats:
        """Noise for that tile, 3 x h x w; the same for the same tile and seed."""
        rng = np.random.default_rng((seed, box.top, box.left))
        white = rng.standard_normal((box.height, box.width, CHANNELS), np.float32)
        if self.blur > _SHARP:
            white = np.asarray(cv2.GaussianBlur(white, (0, 0), self.blur), np.float32) * np.float32(self._loss())
        return np.moveaxis(white @ self.mix.T.astype(np.float32), -1, 0)

    def _loss(self) -> float:
        reach = np.arange(-_KERNEL, _KERNEL + 1)
        kernel = np.exp(-(reach**2) / (2 * self.blur**2))
        return 1 / float(((kernel / kernel.sum()) ** 2).sum())


NONE = Grain(np.zeros((3, 3)), 0.0)


def measured(original: Pixels, seen: Floats, scale_x: float, scale_y: float) -> Grain:
    """The grain of the image where `seen` (h x w at working size, 0..1) is full: the quieter half of many patches."""
    sure = cv2.erode((seen > _SURE).astype(np.uint8), _AROUND)
    spots = np.flatnonzero(sure)
    if spots.size < _LEAST_SPOTS or min(original.shape[:2]) < _SIDE:
        return NONE
    chosen = spots[np.linspace(0, spots.size - 1, _PATCHES).astype(int)]
    rows, cols = np.unravel_index(chosen, seen.shape)
    fine = [_fine(original, int(y * scale_y), int(x * scale_x)) for y, x in zip(rows, cols, strict=True)]
    quiet = sorted(fine, key=lambda patch: float(np.median(np.abs(patch))))[: _PATCHES // 2]
    noise = np.stack(quiet)
    deviation = _DEVIATION * np.median(np.abs(noise), axis=(0, 1, 2)) * _HIGH_PASS_LOSS
    if deviation.mean() < _LEAST:
        return NONE
    flat = noise.reshape(-1, CHANNELS)
    likeness = np.corrcoef(flat.T) if (flat.std(axis=0) > 0).all() else np.eye(CHANNELS)
    wanted = np.minimum(deviation, _MOST)
    mix = np.linalg.cholesky(likeness * (1 - _UNLIKE) + _UNLIKE * np.eye(CHANNELS)) * wanted[:, None]
    beside = float((noise[:, :, 1:] * noise[:, :, :-1]).mean() / max(NOT_ZERO, float((noise**2).mean())))
    blur = 0.0 if beside < _ALONE else 1 / (2 * np.sqrt(-np.log(min(beside, _MOST_BESIDE))))
    return Grain(mix.astype(np.float64), float(blur))


def _fine(original: Pixels, y: int, x: int) -> Floats:
    top = min(max(0, y - _SIDE // 2), original.shape[0] - _SIDE)
    left = min(max(0, x - _SIDE // 2), original.shape[1] - _SIDE)
    patch = original[top : top + _SIDE, left : left + _SIDE, RGB].astype(np.float32)
    return np.asarray(patch - cv2.GaussianBlur(patch, (0, 0), _FINE), np.float32)
