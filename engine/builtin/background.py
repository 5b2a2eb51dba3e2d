"""What the picture's ground is: a smooth surface that reaches the frame, or something busy."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from engine.cancel import Check, never
from engine.imaging.arrays import Bools, Floats, channel_max, components, erode
from engine.imaging.fills import Surface, fit_surface, harmonic

MIN_BORDER = 0.34
MIN_AREA = 0.10
FAR = 8
COMPRESSED = 1.3


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
    if min(image.shape[:2]) < 8:
        return 0.0
    grey = np.ascontiguousarray(image.mean(2))
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(grey, -1, kernel))
    grain = float(np.median(response) / 0.6745 / 6)
    return max(grain, COMPRESSED) if _is_blocky(grey) else grain


def _is_blocky(grey: Floats) -> bool:
    """Whether small steps gather on the borders of 8 x 8 blocks, as JPEG leaves them."""
    step = np.abs(np.diff(grey, axis=1))
    small = ((step > 0.6) & (step < 8)).sum(0).astype(np.float64)
    usable = len(small) // 8 * 8
    if usable < 64:
        return False
    phases = small[:usable].reshape(-1, 8).sum(0)
    others = float(np.delete(phases, 7).mean())
    return bool(phases[7] > 1.25 * others and phases[7] > 0.01 * grey.size / 8)


def steepness(image: Floats) -> Floats:
    """The largest change of any channel within one px, H x W."""
    kernel = np.ones((3, 3), np.uint8)
    return channel_max(cast(Floats, cv2.dilate(image, kernel) - cv2.erode(image, kernel)))


def calm_zones(image: Floats, noise: float) -> Bools:
    """Pixels whose surroundings change slowly."""
    smooth = cast(Floats, cv2.medianBlur(image.astype(np.uint8), 3).astype(np.float32)) if noise > 0.7 else image
    return steepness(smooth) <= 5.0 + 4.0 * noise


def tolerance_of(noise: float) -> float:
    """How far, 0..255, a pixel may be from the ground's colour and still be ground."""
    return 5.0 + 3.5 * noise


def find_ground(image: Floats, hidden: Bools, noise: float, check: Check = never) -> Ground:
    """The ground of `image` (RGB), whose pixels in `hidden` are known to be something else (text)."""
    calm = calm_zones(image, noise) & ~hidden
    zone = _border_zone(calm)
    tolerance = tolerance_of(noise)
    check()
    surface = fit_surface(image, zone, 4, 2 * tolerance) if zone is not None else None
    if zone is None or surface is None:
        return Ground(False, image, np.zeros(calm.shape, bool), tolerance)
    return _refine(image, calm, zone, surface, tolerance, check)


def _border_zone(calm: Bools) -> Bools | None:
    """The calm zone that holds the most of the frame, if that is enough."""
    height, width = calm.shape
    if min(height, width) < 3:
        return None
    count, labels, stats = components(calm, 4)
    inset = 2 if min(height, width) > 12 else 1
    rim = np.concatenate([labels[inset], labels[-1 - inset], labels[:, inset], labels[:, -1 - inset]])
    held = np.bincount(rim, minlength=count).astype(np.float64)
    held[0] = 0
    best = int(held.argmax())
    if held[best] < MIN_BORDER * len(rim) or stats[best, 4] < MIN_AREA * calm.size:
        return None
    return cast(Bools, labels == best)


def _refine(image: Floats, calm: Bools, zone: Bools, surface: Surface, tolerance: float, check: Check) -> Ground:
    """From the fitted surface to the ground itself: what the surface misses within the zone is smooth, and is added."""
    height, width = calm.shape
    fitted = surface.render((0, 0, width, height))
    distance = channel_max(image - fitted)
    tolerance = max(tolerance, min(2.0 * float(np.percentile(distance[zone], 85)), 2.2 * tolerance))
    if surface.inliers < 0.5:
        return _soft_ground(image, zone, tolerance, check)
    known = erode((distance < tolerance) & calm, FAR)
    if known.mean() < 0.02:
        known = erode((distance < tolerance) & calm, 1)
    check()
    rest = harmonic((image - fitted) * 1.0, known, check)
    check()
    rest = cast(Floats, cv2.GaussianBlur(rest, (0, 0), 2.0))
    colours = np.clip(fitted + rest, 0, 255).astype(np.float32)
    return Ground(True, colours, channel_max(image - colours) < tolerance, tolerance, surface)


def _soft_ground(image: Floats, zone: Bools, tolerance: float, check: Check) -> Ground:
    """A ground that no single surface fits: a membrane through its zone."""
    colours = cast(Floats, cv2.GaussianBlur(harmonic(image, erode(zone, 1), check), (0, 0), 1.5))
    known = channel_max(image - colours) < tolerance
    plain = bool(known[zone].mean() > 0.9)
    return Ground(plain, colours, known, tolerance)
