"""Recolouring: hue, saturation, lightness and tint on straight RGBA, as Photoshop's own layers of these names do.

Hue/Saturation order and formulas follow what Photoshop's *Hue/Saturation* adjustment renders (master channel):
lightness first, towards white or black, then hue and saturation in HSL. The tint is the *Color* blend mode
(W3C Compositing level 1, 10.3): the tint's hue and saturation with the pixel's own luminosity.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.document import Pixels, Recolor, frozen

Floats: TypeAlias = NDArray[np.float32]

STRIP_PIXELS = 1 << 19
"""px that one thread recolours at a time."""
_LUMA = np.array([0.3, 0.59, 0.11], np.float32)
"""Luminosity of red, green and blue (W3C Compositing level 1, 10.2)."""
_STEEPEST = 1.01
"""Full saturation multiplies by 1 / (this - 1): a hundredfold, as Photoshop's slider does at its end."""


def recolored(pixels: Pixels, recolor: Recolor) -> Pixels:
    """uint8 H x W x 4 with `recolor` applied; alpha is kept. The same array where there is nothing to do."""
    if recolor.is_identity or not pixels.size:
        return pixels
    out = pixels.copy()
    rows = max(1, STRIP_PIXELS // pixels.shape[1])

    def strip(y: int) -> None:
        colour = pixels[y : y + rows, :, :3].astype(np.float32)
        colour *= np.float32(1 / 255)
        colour = _adjusted(colour, recolor)
        if recolor.colorize is not None:
            colour += (_tinted(colour, recolor.colorize) - colour) * np.float32(recolor.strength)
        out[y : y + rows, :, :3] = np.rint(np.clip(colour, 0, 1) * 255)

    if pixels.shape[0] <= rows:
        strip(0)
        return frozen(out)
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(strip, range(0, pixels.shape[0], rows)))
    return frozen(out)


def _adjusted(colour: Floats, recolor: Recolor) -> Floats:
    lightness = np.float32(recolor.lightness / 100)
    if lightness > 0:
        colour = colour * (1 - lightness) + lightness
    elif lightness < 0:
        colour = colour * (1 + lightness)
    if recolor.hue == 0 and recolor.saturation == 0:
        return colour
    hls = cv2.cvtColor(colour, cv2.COLOR_RGB2HLS)
    hls[..., 0] = (hls[..., 0] + recolor.hue) % 360
    saturation = recolor.saturation / 100
    factor = 1 / (_STEEPEST - saturation) if saturation > 0 else 1 + saturation
    hls[..., 2] = np.clip(hls[..., 2] * np.float32(factor), 0, 1)
    return np.asarray(cv2.cvtColor(hls, cv2.COLOR_HLS2RGB), np.float32)


def _tinted(colour: Floats, tint: tuple[int, int, int]) -> Floats:
    """SetLum(tint, Lum(pixel)) with the specification's clipping into gamut."""
    rgb = np.array(tint, np.float32) / 255
    out = rgb + (colour @ _LUMA - rgb @ _LUMA)[..., None]
    lum = (out @ _LUMA)[..., None]
    low, high = out.min(axis=-1, keepdims=True), out.max(axis=-1, keepdims=True)
    out = np.where(low < 0, lum + (out - lum) * lum / np.maximum(lum - low, 1e-6), out)
    return np.where(high > 1, lum + (out - lum) * (1 - lum) / np.maximum(high - lum, 1e-6), out).astype(np.float32)
