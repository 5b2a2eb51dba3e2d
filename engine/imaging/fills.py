"""Filling what is not known: smooth (harmonic) fills and smooth surfaces fitted to what is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cancel import Check, never
from engine.imaging.arrays import (
    CHANNELS,
    HALF,
    NOT_ZERO,
    WHITE,
    Bools,
    Floats,
    Real,
    bounds,
    window,
)

RELAXATIONS = 6
FIT_SAMPLES = 2_500
FIT_ROUNDS = 6

NEIGHBOURS = np.array([[0, 0.25, 0], [0.25, 0, 0.25], [0, 0.25, 0]], np.float32)
"""Their mean; a membrane is where each pixel is that of its four."""
HIGHEST = 4
"""Degree of the polynomial at most; from here on terms in the distance from the centre are added …"""
RADIAL = 3
"""… and in this power of it: what a radial gradient needs that a polynomial cannot give."""
TOLERANCE, LEAST_TOLERANCE = 6.0, 1e-3
"""0..255: how far a pixel may be from a surface, unless said, and at least."""
LEAST_PIXELS, ENOUGH_PIXELS = 12, 120
"""Pixels that a flat colour, and anything bent, is fitted to."""
RIDGE = 1e-7
"""For each pixel; keeps the normal equations solvable where terms are alike."""
FALL = 4
"""A pixel at half the tolerance counts half, and further off this power less."""


def harmonic(image: Real, known: Bools, check: Check = never) -> Floats:
    """`image` (H x W x C) with the pixels outside `known` filled by a smooth membrane through the known ones.

    Coarse to fine: averages of the known pixels at half the size, filled there first, then relaxed at each size.
    """
    if known.all():
        return image.astype(np.float32)
    if not known.any():
        return np.zeros(image.shape, np.float32)
    return _harmonic(image.astype(np.float32), known.astype(np.float32), check)


def _harmonic(image: Floats, weight: Floats, check: Check) -> Floats:
    check()
    height, width = weight.shape
    if min(height, width) <= 2 or (weight > 0).all():
        mean = (image * weight[..., None]).sum((0, 1)) / max(float(weight.sum()), NOT_ZERO)
        return np.where(weight[..., None] > 0, image, mean).astype(np.float32)
    half = ((width + 1) // 2, (height + 1) // 2)
    small_weight = cast(Floats, cv2.resize(weight, half, interpolation=cv2.INTER_AREA))
    small = cv2.resize(image * weight[..., None], half, interpolation=cv2.INTER_AREA).reshape(half[1], half[0], -1)
    small = small / np.maximum(small_weight, NOT_ZERO)[..., None]
    check()
    filled = _harmonic(small.astype(np.float32), (small_weight > 0).astype(np.float32), check)
    guess = cv2.resize(filled, (width, height), interpolation=cv2.INTER_LINEAR).reshape(image.shape)
    check()
    out = np.where(weight[..., None] > 0, image, guess).astype(np.float32)
    return relax(out, weight <= 0, check)


def relax(image: Floats, unknown: Bools, check: Check = never) -> Floats:
    """`image` with its unknown pixels (a guess, not none) drawn towards their neighbours' mean, in place."""
    kernel = NEIGHBOURS
    rows, cols = np.flatnonzero(unknown.any(1)), np.flatnonzero(unknown.any(0))
    part = np.s_[max(0, rows[0] - 1) : rows[-1] + 2, max(0, cols[0] - 1) : cols[-1] + 2]
    hole = unknown[part]
    area = np.ascontiguousarray(image[part])
    for _ in range(RELAXATIONS):
        check()
        mean = cv2.filter2D(area, -1, kernel, borderType=cv2.BORDER_REPLICATE).reshape(area.shape)
        np.copyto(area, mean, where=hole[..., None])
    image[part] = area
    return image


@dataclass(frozen=True, slots=True, eq=False)
class Surface:
    """A smooth colour field: a polynomial in x and y, and the distance from a centre, per channel.

    Attributes:
        weights: terms x 3.
        order: degree of the polynomial, 0 for one flat colour.
        size: width, height of the image it was fitted on; its coordinates run 0..1 over that.
        error: typical distance (median absolute, 0..255) of the pixels it was fitted to.
        inliers: share of the given pixels that it explains.
    """

    weights: NDArray[np.float64]
    order: int
    size: tuple[int, int]
    error: float
    inliers: float

    def render(self, box: tuple[int, int, int, int], scale: float = 1.0) -> Floats:
        """RGB over `box`, given in px of an image `scale` times as large as the one fitted on."""
        left, top, right, bottom = box
        width, height = self.size
        x = 2 * (np.arange(left, right) + HALF) / (width * scale) - 1
        y = 2 * (np.arange(top, bottom) + HALF) / (height * scale) - 1
        powers = min(self.order, HIGHEST)
        grid = np.zeros((CHANNELS, powers + 1, powers + 1))
        for index, (i, j) in enumerate(_exponents(powers)):
            grid[:, j, i] = self.weights[index]
        rows = np.stack([y**j for j in range(powers + 1)], 1)
        cols = np.stack([x**i for i in range(powers + 1)], 0)
        planes = [(rows @ grid[c] @ cols).astype(np.float32) for c in range(CHANNELS)]
        if self.order >= HIGHEST:
            radius = np.hypot(x.astype(np.float32), y.astype(np.float32)[:, None])
            cube = radius**RADIAL
            first = self.weights[-2:].astype(np.float32)
            planes = [plane + radius * first[0, c] + cube * first[1, c] for c, plane in enumerate(planes)]
        return cast(Floats, np.clip(cv2.merge(planes), 0, WHITE))


def fit_surface(image: Floats, mask: Bools, order: int, tolerance: float = TOLERANCE) -> Surface | None:
    """A robust least-squares surface through the pixels of `mask`; None where there are too few."""
    box = bounds(mask)
    if box is None:
        return None
    ys, xs = np.nonzero(mask[window(box)])
    ys, xs = ys + box[1], xs + box[0]
    if len(ys) < LEAST_PIXELS:
        return None
    step = max(1, len(ys) // FIT_SAMPLES)
    ys, xs = ys[step // 2 :: step], xs[step // 2 :: step]
    height, width = mask.shape
    values = image[ys, xs].astype(np.float64)
    order = order if len(ys) > ENOUGH_PIXELS else 0
    terms = _terms((xs + HALF) / width, (ys + HALF) / height, order)
    trust: NDArray[np.float64] = np.ones(len(ys))
    weights: NDArray[np.float64] = np.zeros((terms.shape[1], CHANNELS))
    for _ in range(FIT_ROUNDS):
        scaled = terms * trust[:, None]
        gram = scaled.T @ terms + RIDGE * len(ys) * np.eye(terms.shape[1])
        weights = np.asarray(np.linalg.solve(gram, scaled.T @ values), np.float64)
        distance = np.abs(values - terms @ weights).max(1)
        trust = np.asarray(1.0 / (1.0 + (distance / max(tolerance / 2, LEAST_TOLERANCE)) ** FALL), np.float64)
    near = distance < tolerance
    error = float(np.median(distance[near])) if near.any() else WHITE
    return Surface(weights, order, (width, height), error, float(near.mean()))


def _exponents(order: int) -> list[tuple[int, int]]:
    """Powers (of x, of y) of the polynomial's terms."""
    return [(i, total - i) for total in range(order + 1) for i in range(total, -1, -1)]


def _terms(x: NDArray[np.float64], y: NDArray[np.float64], order: int) -> NDArray[np.float64]:
    """Polynomial terms up to `order`; order 4 and above add distances from the centre, for radial gradients."""
    u, v = 2 * x - 1, 2 * y - 1
    terms = [u**i * v**j for i, j in _exponents(min(order, HIGHEST))]
    if order >= HIGHEST:
        radius = np.hypot(u, v)
        terms += [radius, radius**RADIAL]
    return np.stack(terms, 1)
