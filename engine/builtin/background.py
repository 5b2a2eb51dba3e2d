"""What the picture's ground is: a smooth surface that reaches the frame, or something busy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from engine.cancel import Check, never
from engine.imaging.arrays import (
    AREA,
    BY_SIDES,
    WHITE,
    Bools,
    Floats,
    channel_max,
    components,
    erode,
)
from engine.imaging.fills import Surface, fit_surface, harmonic

MIN_BORDER = 0.34
MIN_AREA = 0.10
FAR = 8
COMPRESSED = 1.3

# Noise.
LAPLACIAN = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
LAPLACIAN_GAIN = 6
"""Its response to white noise of deviation 1 (Immerkaer 1996)."""
MEDIAN_OF_NORMAL = 0.6745
"""Median of the absolute value of a normal variable of deviation 1."""
GRAINY = 0.7
"""0..255: noise from which on it would break calm zones up, so that it is smoothed away first …"""
MEDIAN_SIDE = 3
"""… by a median over this many px."""

# JPEG leaves small steps on the borders of its blocks.
BLOCK = 8
"""px, and the least side on which noise can be measured."""
BORDER = BLOCK - 1
"""Which of a block's steps, counted from its left side, crosses its border."""
STEP_FROM, STEP_TO = 0.6, 8
"""0..255: steps that quantising leaves; smaller ones are rounding, larger ones edges."""
BLOCKS_FROM = 64
"""px of width from which on the borders can be told from the rest."""
BORDER_EXCESS, BORDER_SHARE = 1.25, 0.01
"""So many times more steps on borders than elsewhere, and on this share of them at least."""

# How calm a zone is, and how far its pixels may be from its colour, 0..255, and more for each step of noise.
CALM, CALM_NOISE = 5.0, 4.0
TOLERANCE, TOLERANCE_NOISE = 5.0, 3.5
UNEVEN, MOST_TOLERANCE = 2.0, 2.2
"""A ground that its surface fits less well may be off by this many times what most of it is, up to so much more."""
MOST = 85
"""Percentile of a zone's pixels that stands for most of them."""

# Shares of a zone's pixels, 0..1.
EXPLAINS = 0.5
"""A surface that explains fewer is not the ground's; a membrane through it is tried."""
FITS = 0.9
"""A membrane that fits fewer is no ground either."""
HARDLY_ANY = 0.02
"""Less of the picture is too little to continue the ground from, so that its edges are taken in."""

FINEST = 4
"""Order of a surface that describes linear and radial gradients."""
MEMBRANE_BLUR = 1.5
"""px: takes the noise out of what a membrane was made from."""
LEAST_SIDE, THIN_SIDE = 3, 12
"""px: smaller pictures have no frame; up to the second the frame is looked for one px further out."""
AROUND = np.ones((3, 3), np.uint8)


@dataclass(slots=True, eq=False)
class Ground:
    """The background at the size of study.

    Attributes:
        plain: whether it is smooth; then `colours` is what it would be without anything on it.
        known: pixels that show it.
        tolerance: how far, 0..255, a pixel may be from `colours` and still be ground.
    """

    plain: bool
    colours: Floats
    known: Bools
    tolerance: float
    surface: Surface | None = None


def noise_of(image: Floats) -> float:
    """Standard deviation of the image's noise, 0..255 (median absolute value of the Laplacian, Immerkaer 1996)."""
    if min(image.shape[:2]) < BLOCK:
        return 0.0
    grey = np.ascontiguousarray(image.mean(2))
    kernel = LAPLACIAN
    response = np.abs(cv2.filter2D(grey, -1, kernel))
    grain = float(np.median(response) / MEDIAN_OF_NORMAL / LAPLACIAN_GAIN)
    return max(grain, COMPRESSED) if _is_blocky(grey) else grain


def _is_blocky(grey: Floats) -> bool:
    """Whether small steps gather on the borders of 8 x 8 blocks, as JPEG leaves them."""
    step = np.abs(np.diff(grey, axis=1))
    small = ((step > STEP_FROM) & (step < STEP_TO)).sum(0).astype(np.float64)
    usable = len(small) // BLOCK * BLOCK
    if usable < BLOCKS_FROM:
        return False
    phases = small[:usable].reshape(-1, BLOCK).sum(0)
    others = float(np.delete(phases, BORDER).mean())
    return bool(phases[BORDER] > BORDER_EXCESS * others and phases[BORDER] > BORDER_SHARE * grey.size / BLOCK)


def steepness(image: Floats) -> Floats:
    """The largest change of any channel within one px, H x W."""
    kernel = AROUND
    return channel_max(cast(Floats, cv2.dilate(image, kernel) - cv2.erode(image, kernel)))


def calm_zones(image: Floats, noise: float) -> Bools:
    """Pixels whose surroundings change slowly."""
    smooth = (
        cast(Floats, cv2.medianBlur(image.astype(np.uint8), MEDIAN_SIDE).astype(np.float32))
        if noise > GRAINY
        else image
    )
    return steepness(smooth) <= CALM + CALM_NOISE * noise


def tolerance_of(noise: float) -> float:
    """How far, 0..255, a pixel may be from the ground's colour and still be ground."""
    return TOLERANCE + TOLERANCE_NOISE * noise


def find_ground(image: Floats, hidden: Bools, noise: float, check: Check = never) -> Ground:
    """The ground of `image` (RGB), whose pixels in `hidden` are known to be something else (text)."""
    calm = calm_zones(image, noise) & ~hidden
    zone = _border_zone(calm)
    tolerance = tolerance_of(noise)
    check()
    surface = fit_surface(image, zone, FINEST, 2 * tolerance) if zone is not None else None
    if zone is None or surface is None:
        return Ground(False, image, np.zeros(calm.shape, bool), tolerance)
    return _refine(image, calm, zone, surface, tolerance, check)


def _border_zone(calm: Bools) -> Bools | None:
    """The calm zone that holds the most of the frame, if that is enough."""
    height, width = calm.shape
    if min(height, width) < LEAST_SIDE:
        return None
    count, labels, stats = components(calm, BY_SIDES)
    inset = 2 if min(height, width) > THIN_SIDE else 1
    rim = np.concatenate([labels[inset], labels[-1 - inset], labels[:, inset], labels[:, -1 - inset]])
    held = np.bincount(rim, minlength=count).astype(np.float64)
    held[0] = 0
    best = int(held.argmax())
    if held[best] < MIN_BORDER * len(rim) or stats[best, AREA] < MIN_AREA * calm.size:
        return None
    return cast(Bools, labels == best)


def _refine(image: Floats, calm: Bools, zone: Bools, surface: Surface, tolerance: float, check: Check) -> Ground:
    """From the fitted surface to the ground itself: what the surface misses within the zone is smooth, and is added."""
    height, width = calm.shape
    fitted = surface.render((0, 0, width, height))
    distance = channel_max(image - fitted)
    tolerance = max(tolerance, min(UNEVEN * float(np.percentile(distance[zone], MOST)), MOST_TOLERANCE * tolerance))
    if surface.inliers < EXPLAINS:
        return _soft_ground(image, zone, tolerance, check)
    known = erode((distance < tolerance) & calm, FAR)
    if known.mean() < HARDLY_ANY:
        known = erode((distance < tolerance) & calm, 1)
    check()
    rest = harmonic((image - fitted) * 1.0, known, check)
    check()
    rest = cast(Floats, cv2.GaussianBlur(rest, (0, 0), 2.0))
    colours = np.clip(fitted + rest, 0, WHITE).astype(np.float32)
    return Ground(True, colours, channel_max(image - colours) < tolerance, tolerance, surface)


def _soft_ground(image: Floats, zone: Bools, tolerance: float, check: Check) -> Ground:
    """A ground that no single surface fits: a membrane through its zone."""
    colours = cast(Floats, cv2.GaussianBlur(harmonic(image, erode(zone, 1), check), (0, 0), MEMBRANE_BLUR))
    known = channel_max(image - colours) < tolerance
    plain = bool(known[zone].mean() > FITS)
    return Ground(plain, colours, known, tolerance)
