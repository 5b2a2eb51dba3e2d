"""The image's noise, measured and made anew: a hidden part that is smooth where the rest has grain looks pasted."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.document import Pixels
from engine.lifting.resample import Floats
from engine.lifting.sheet import Box

_SIDE = 24
_PATCHES = 48
_LEAST = 0.7
_MOST = 12.0


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
        return float(np.sqrt((self.mix**2).sum() / 3))

    def tile(self, box: Box, seed: int) -> Floats:
        """Noise for that tile, 3 x h x w; the same for the same tile and seed."""
        rng = np.random.default_rng((seed, box.top, box.left))
        white = rng.standard_normal((box.height, box.width, 3), np.float32)
        if self.blur > 0.3:
            white = np.asarray(cv2.GaussianBlur(white, (0, 0), self.blur), np.float32) * np.float32(self._loss())
        return np.moveaxis(white @ self.mix.T.astype(np.float32), -1, 0)

    def _loss(self) -> float:
        reach = np.arange(-8, 9)
        kernel = np.exp(-(reach**2) / (2 * self.blur**2))
        return 1 / float(((kernel / kernel.sum()) ** 2).sum())


NONE = Grain(np.zeros((3, 3)), 0.0)


def measured(original: Pixels, seen: Floats, scale_x: float, scale_y: float) -> Grain:
    """The grain of the image where `seen` (h x w at working size, 0..1) is full: the quieter half of many patches."""
    sure = cv2.erode((seen > 0.97).astype(np.uint8), np.ones((5, 5)))
    spots = np.flatnonzero(sure)
    if spots.size < 8 or min(original.shape[:2]) < _SIDE:
        return NONE
    chosen = spots[np.linspace(0, spots.size - 1, _PATCHES).astype(int)]
    rows, cols = np.unravel_index(chosen, seen.shape)
    fine = [_fine(original, int(y * scale_y), int(x * scale_x)) for y, x in zip(rows, cols, strict=True)]
    quiet = sorted(fine, key=lambda patch: float(np.median(np.abs(patch))))[: _PATCHES // 2]
    noise = np.stack(quiet)
    deviation = 1.4826 * np.median(np.abs(noise), axis=(0, 1, 2)) * 1.25
    if deviation.mean() < _LEAST:
        return NONE
    flat = noise.reshape(-1, 3)
    likeness = np.corrcoef(flat.T) if (flat.std(axis=0) > 0).all() else np.eye(3)
    wanted = np.minimum(deviation, _MOST)
    mix = np.linalg.cholesky(likeness * 0.999 + 0.001 * np.eye(3)) * wanted[:, None]
    beside = float((noise[:, :, 1:] * noise[:, :, :-1]).mean() / max(1e-6, float((noise**2).mean())))
    blur = 0.0 if beside < 0.05 else 1 / (2 * np.sqrt(-np.log(min(beside, 0.6))))
    return Grain(mix.astype(np.float64), float(blur))


def _fine(original: Pixels, y: int, x: int) -> Floats:
    top = min(max(0, y - _SIDE // 2), original.shape[0] - _SIDE)
    left = min(max(0, x - _SIDE // 2), original.shape[1] - _SIDE)
    patch = original[top : top + _SIDE, left : left + _SIDE, :3].astype(np.float32)
    return np.asarray(patch - cv2.GaussianBlur(patch, (0, 0), 1.5), np.float32)
