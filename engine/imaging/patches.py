"""Filling a hole with texture: every patch of the hole is made of patches that the picture has elsewhere.

A multi-scale PatchMatch (Barnes et al. 2009; the coherence energy of Wexler, Shechtman and Irani 2007), written so that
all pixels move at once, from a fixed seed: the same picture gives the same fill.
"""

from __future__ import annotations

from typing import TypeAlias, cast

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
    Box,
    Floats,
    bounds,
    dilate,
    erode,
    resize,
    window,
)
from engine.imaging.fills import harmonic, relax

Indices: TypeAlias = NDArray[np.int64]

RADIUS = 2
FINEST_SIDE = 300
COARSEST_SIDE = 36
SEED = 11
INWARD = 1.25
MAX_SEAM = 48.0
CALM_SPREAD = 3.0
SMOOTH_SIDE = 1400
"""px: a larger picture's membrane and roughness are found on a smaller copy; both are smooth, so nothing is lost."""
STRIP = 256
"""Rows of the full-size picture that are worked on at once: bounds memory, and a stop is heard between them."""

LEAST_SIDE = 8
"""px: of a smaller copy."""
KNOWN_AT_ALL = 1e-3
"""Weight of a pixel that something is known of."""
ALL = 0.98
"""Part of a small pixel that must be known, or free, for all of it to count as that."""

# How textured the surroundings of the hole are.
SPREAD_WINDOW = (7, 7)
"""px over which colours spread."""
AWAY = 4
"""px from the hole that its own blurred edge takes."""
RING, LEAST_RING = 0.02, 8
"""Width of what is looked at around it: part of the longer side, px."""
COARSE, RING_KNOWN = 4, 0.2
"""It is spread over the hole at this part of the size, from pixels that are so much ring."""
RIM_MEAN = (3, 3)
"""px over which differences along the rim are averaged."""

# The search.
LEVEL_STEP = 1.8
"""Each level is so many times the size of the one before."""
LEAST_SOURCES = 24
"""Patches to copy from; a level with fewer is passed over."""
FIRST_ROUNDS, ROUNDS, LAST_ROUNDS = 10, 4, 2
"""Rounds of search and vote at the coarsest level, at those between, and at the finest, which the others prepared."""
SPREADING = (4, 1, 1)
"""px to the neighbours whose matches are tried, in turn."""
NARROWING = 3
"""A random try reaches so many times less far than the one before."""
TYPICAL = 60
"""Percentile of the costs that stands for a fair match."""
LEAST_VOICE = 1e-4
"""Weight of the worst match, so that a pixel with none better still gets a colour."""


def texture_fill(image: Floats, hole: Bools, allowed: Bools, check: Check = never) -> Floats:
    """`image` (H x W x 3) with `hole` filled from patches of `allowed`, at full size.

    The matching is done on a picture of at most `FINEST_SIDE` px; the pixels themselves are then copied at full size.
    Where there is too little to copy from, the fill is smooth.
    """
    if not hole.any():
        return image
    smooth = _membrane(image, hole, check)
    rough = _roughness(image, hole, check)
    if float(rough[hole].max()) <= 0:
        return smooth
    levels = _pyramid(smooth, hole, allowed, check)
    source = _match(levels, check)
    if source is None:
        return smooth
    textured = _without_seam(_copy(image, hole, source, check), image, hole, source, check)
    # In place: outside the hole both are the picture, so that it stays as it is there.
    for top in range(0, len(textured), STRIP):
        check()
        rows = slice(top, top + STRIP)
        textured[rows] -= smooth[rows]
        textured[rows] *= rough[rows][..., None]
        textured[rows] += smooth[rows]
    return textured


def _membrane(image: Floats, hole: Bools, check: Check) -> Floats:
    """`image` with the hole filled smoothly; large ones from a smaller copy, bent to meet the rim at full size."""
    height, width = hole.shape
    blank = _without(image, hole)
    if max(height, width) <= SMOOTH_SIDE:
        return harmonic(blank, ~hole, check)
    size = _reduced(height, width)
    weight = resize((~hole).astype(np.float32), *size)
    small = resize(blank, *size) / np.maximum(weight, NOT_ZERO)[..., None]
    check()
    guess = resize(harmonic(small, weight > KNOWN_AT_ALL, check), width, height)
    check()
    np.copyto(blank, guess, where=hole[..., None])
    return relax(blank, hole, check)


def _without(image: Floats, hole: Bools) -> Floats:
    """`image` with zeros in the hole."""
    return cast(Floats, cv2.copyTo(image, (~hole).view(np.uint8)))


def _reduced(height: int, width: int) -> tuple[int, int]:
    shrink = SMOOTH_SIDE / max(height, width)
    return max(LEAST_SIDE, round(width * shrink)), max(LEAST_SIDE, round(height * shrink))


def _roughness(image: Floats, hole: Bools, check: Check) -> Floats:
    """How textured the surroundings of each hole pixel are: 0 calm (a membrane fills it best) to 1 textured."""
    height, width = hole.shape
    grey = cv2.transform(image, np.full((1, CHANNELS), 1 / CHANNELS, np.float32))
    spread = np.sqrt(np.maximum(cv2.blur(grey * grey, SPREAD_WINDOW) - cv2.blur(grey, SPREAD_WINDOW) ** 2, 0))
    check()
    if max(height, width) > SMOOTH_SIDE:
        size = _reduced(height, width)
        # What the hole's own old pixels show must not count as its surroundings.
        free = resize((~dilate(hole, AWAY)).astype(np.float32), *size)
        spread = resize(np.where(hole, 0, spread).astype(np.float32), *size)
        hole = free < 1
    check()
    ring = dilate(hole, max(LEAST_RING, round(RING * max(hole.shape)))) & ~dilate(hole, AWAY)
    if not ring.any():
        return np.ones((height, width), np.float32)
    small = max(1, hole.shape[1] // COARSE), max(1, hole.shape[0] // COARSE)
    weight = resize(ring.astype(np.float32), *small)
    mean = resize(np.where(ring, spread, 0).astype(np.float32), *small) / np.maximum(weight, NOT_ZERO)
    field = resize(harmonic(mean[..., None], weight > RING_KNOWN, check)[..., 0], width, height)
    check()
    return cast(Floats, np.clip((field - CALM_SPREAD) / CALM_SPREAD, 0, 1))


def _without_seam(filled: Floats, image: Floats, hole: Bools, source: Indices, check: Check) -> Floats:
    """`filled`, shifted in place and smoothly so that it meets the picture along the rim: what the copied texture would
    be there is compared with what is there, and the difference is continued into the hole."""
    height, width = hole.shape
    size = (source.shape[1], source.shape[0])
    check()
    known = resize((~hole).astype(np.float32), *size) > ALL
    small = resize(_without(image, hole), *size)
    rim = known & (source.ravel() != np.arange(source.size)).reshape(source.shape)
    rim &= known.ravel()[source.ravel()].reshape(source.shape)
    if not rim.any():
        return filled
    # Averaged over the rim alone: beside it lies the hole, which has no colour to compare with.
    share = rim.astype(np.float32)[..., None]
    wanted = cv2.blur((small - small.reshape(-1, CHANNELS)[source.ravel()].reshape(small.shape)) * share, RIM_MEAN)
    wanted /= np.maximum(cv2.blur(share, RIM_MEAN), NOT_ZERO)[..., None]
    shift = harmonic(np.clip(wanted, -MAX_SEAM, MAX_SEAM) * rim[..., None], rim, check)
    shift = resize(cast(Floats, cv2.GaussianBlur(shift, (0, 0), 1.0)), width, height)
    for top in range(0, height, STRIP):
        check()
        rows, inside = slice(top, top + STRIP), hole[top : top + STRIP, :, None]
        np.add(filled[rows], shift[rows], out=filled[rows], where=inside)
        np.clip(filled[rows], 0, WHITE, out=filled[rows], where=inside)
    return filled


def _pyramid(smooth: Floats, hole: Bools, allowed: Bools, check: Check) -> list[tuple[Floats, Bools, Bools]]:
    """(image, hole, where patches may come from) from coarse to fine."""
    height, width = hole.shape
    sides = [min(FINEST_SIDE, max(height, width))]
    while sides[-1] / LEVEL_STEP > COARSEST_SIDE:
        sides.append(round(sides[-1] / LEVEL_STEP))
    levels = []
    for side in reversed(sides):
        check()
        shrink = side / max(height, width)
        size = (max(LEAST_SIDE, round(width * shrink)), max(LEAST_SIDE, round(height * shrink)))
        small = resize(smooth, *size)
        small_hole = resize(hole.astype(np.float32), *size) > 1 - ALL
        free = resize((allowed & ~hole).astype(np.float32), *size) > ALL
        padded = np.pad(free, 1)
        source = erode(padded, RADIUS)[1:-1, 1:-1] & ~dilate(small_hole, RADIUS)
        source[:RADIUS] = source[-RADIUS:] = False
        source[:, :RADIUS] = source[:, -RADIUS:] = False
        levels.append((small, small_hole, source))
    return levels


def _match(levels: list[tuple[Floats, Bools, Bools]], check: Check) -> Indices | None:
    """For each pixel of the finest level the flat index of the pixel whose patch it takes (itself outside the hole)."""
    random = np.random.default_rng(SEED)
    field: Indices | None = None
    previous: tuple[int, int] | None = None
    for number, (image, hole, source) in enumerate(levels):
        shape = cast(tuple[int, int], hole.shape)
        if source.sum() < LEAST_SOURCES:
            continue
        target = dilate(hole, RADIUS)
        target[:RADIUS] = target[-RADIUS:] = False
        target[:, :RADIUS] = target[:, -RADIUS:] = False
        level = _Level(image.copy(), hole, source, target, random, check)
        level.start(field, previous)
        level.settle(
            FIRST_ROUNDS if field is None else ROUNDS if number < len(levels) - 1 else LAST_ROUNDS, field is not None
        )
        field, previous = level.map(), shape
    if field is None or previous != levels[-1][1].shape:
        return None
    return field.reshape(previous)


class _Level:
    """The search at one size."""

    def __init__(
        self,
        image: Floats,
        hole: Bools,
        source: Bools,
        target: Bools,
        random: np.random.Generator,
        check: Check,
    ) -> None:
        self.check = check
        self.image, self.hole, self.source, self.random = image, hole, source, random
        self.height, self.width = hole.shape
        self.targets = np.flatnonzero(target)
        self.sources = np.flatnonzero(source)
        self.free = source.ravel()
        self.slot = np.full(hole.size, -1, np.int64)
        self.slot[self.targets] = np.arange(len(self.targets))
        depth = cv2.distanceTransform(np.pad(hole, 1).view(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_3)[1:-1, 1:-1]
        self.trust = np.power(INWARD, -depth.ravel()[self.targets]).astype(np.float32)
        self.match: Indices = self.random.choice(self.sources, len(self.targets))

    def start(self, coarse: Indices | None, shape: tuple[int, int] | None) -> None:
        """Take over the coarser level's offsets, scaled, where they lead to a valid patch."""
        if coarse is None or shape is None:
            return
        rows, cols = np.divmod(self.targets, self.width)
        zoom = (self.height / shape[0], self.width / shape[1])
        small_rows = np.minimum((rows / zoom[0]).astype(np.int64), shape[0] - 1)
        small_cols = np.minimum((cols / zoom[1]).astype(np.int64), shape[1] - 1)
        from_rows, from_cols = np.divmod(coarse.reshape(-1)[small_rows * shape[1] + small_cols], shape[1])
        new_rows = rows + np.round((from_rows - small_rows) * zoom[0]).astype(np.int64)
        new_cols = cols + np.round((from_cols - small_cols) * zoom[1]).astype(np.int64)
        valid = (new_rows >= 0) & (new_rows < self.height) & (new_cols >= 0) & (new_cols < self.width)
        index = np.where(valid, new_rows * self.width + new_cols, 0)
        valid &= self.free[index]
        self.match = np.where(valid, index, self.match)

    def settle(self, rounds: int, vote_first: bool) -> None:
        """Search and vote in turn until the fill is coherent."""
        if vote_first:
            self._measure()
            self._vote()
        for _ in range(rounds):
            self._measure()
            self._search()
            self._vote()

    def map(self) -> Indices:
        out = np.arange(self.hole.size)
        out[self.targets] = self.match
        return out

    def _measure(self) -> None:
        self.check()
        padded = np.pad(self.image, ((RADIUS, RADIUS), (RADIUS, RADIUS), (0, 0)), mode="edge")
        span = 2 * RADIUS + 1
        views = np.lib.stride_tricks.sliding_window_view(padded, (span, span), axis=(0, 1))
        self.patches = np.ascontiguousarray(views).reshape(self.height * self.width, -1)
        self.wanted = self.patches[self.targets]
        self.cost = self._costs(self.match)

    def _costs(self, match: Indices) -> Floats:
        difference = self.patches[match] - self.wanted
        return cast(Floats, np.einsum("ij,ij->i", difference, difference))

    def _try(self, candidates: Indices) -> None:
        self.check()
        candidates = np.where(self.free[np.clip(candidates, 0, self.hole.size - 1)], candidates, self.match)
        candidates = np.clip(candidates, 0, self.hole.size - 1)
        cost = self._costs(candidates)
        better = cost < self.cost
        self.match = np.where(better, candidates, self.match)
        self.cost = np.where(better, cost, self.cost)

    def _search(self) -> None:
        for step in SPREADING:
            for shift in (-step * self.width, -step, step, step * self.width):
                neighbour = self.slot[np.clip(self.targets + shift, 0, self.hole.size - 1)]
                candidate = np.where(neighbour >= 0, self.match[neighbour] - shift, self.match)
                self._try(candidate)
        reach = float(max(self.height, self.width)) / 2
        while reach >= 2:
            jump = self.random.integers(-int(reach), int(reach) + 1, (2, len(self.targets)))
            rows, cols = np.divmod(self.match, self.width)
            rows = np.clip(rows + jump[0], 0, self.height - 1)
            cols = np.clip(cols + jump[1], 0, self.width - 1)
            self._try(rows * self.width + cols)
            reach /= NARROWING

    def _vote(self) -> None:
        """Every hole pixel becomes the mean of what the patches over it want it to be, the surer ones counting more."""
        typical = max(float(np.percentile(self.cost, TYPICAL)), 1.0)
        weight = (np.exp(-self.cost / (2 * typical)).astype(np.float32) + LEAST_VOICE) * self.trust
        flat = self.image.reshape(-1, CHANNELS)
        pixels = np.flatnonzero(self.hole)
        total = np.zeros((len(pixels), CHANNELS), np.float32)
        mass = np.zeros(len(pixels), np.float32)
        for dy in range(-RADIUS, RADIUS + 1):
            self.check()
            for dx in range(-RADIUS, RADIUS + 1):
                shift = dy * self.width + dx
                slot = self.slot[np.clip(pixels + shift, 0, self.hole.size - 1)]
                known = slot >= 0
                mine = np.where(known, weight[slot], 0)
                total += flat[np.where(known, self.match[slot] - shift, 0)] * mine[:, None]
                mass += mine
        good = mass > 0
        flat[pixels[good]] = total[good] / mass[good, None]


def _copy(image: Floats, hole: Bools, source: Indices, check: Check) -> Floats:
    """Copy pixels at full size along the matched offsets, blended between neighbouring matches."""
    filled = image.copy()
    missing = np.zeros_like(hole)
    box = bounds(hole)
    assert box is not None
    left, first, right, last = box
    for top in range(first, last, STRIP):
        check()
        part = (left, top, right, min(top + STRIP, last))
        out, mass = _copied(image, hole, source, part)
        here = window(part)
        good = hole[here] & (mass > KNOWN_AT_ALL)
        filled[here][good] = out[good] / mass[good, None]
        missing[here] = hole[here] & ~good
    if missing.any():
        filled = harmonic(np.where(missing[..., None], 0, filled).astype(np.float32), ~missing, check)
    return filled


def _copied(image: Floats, hole: Bools, source: Indices, box: Box) -> tuple[Floats, Floats]:
    """What the matches bring to `box`: the sum of colours and the sum of their shares."""
    height, width = hole.shape
    small_height, small_width = source.shape
    zoom = (height / small_height, width / small_width)
    left, top, right, bottom = box
    ys, xs = np.arange(top, bottom), np.arange(left, right)
    at_y, at_x = (ys + HALF) / zoom[0] - HALF, (xs + HALF) / zoom[1] - HALF
    low_y, low_x = np.floor(at_y).astype(np.int64), np.floor(at_x).astype(np.int64)
    free = (~hole).view(np.uint8)
    out = np.zeros((len(ys), len(xs), CHANNELS), np.float32)
    mass = np.zeros((len(ys), len(xs)), np.float32)
    from_row, from_col = np.divmod(source, small_width)
    shift_y = np.round((from_row - np.arange(small_height)[:, None]) * zoom[0]).astype(np.float32)
    shift_x = np.round((from_col - np.arange(small_width)) * zoom[1]).astype(np.float32)
    for step_y in (0, 1):
        for step_x in (0, 1):
            row = np.clip(low_y + step_y, 0, small_height - 1)
            col = np.clip(low_x + step_x, 0, small_width - 1)
            y = np.clip(ys[:, None] + shift_y[np.ix_(row, col)], 0, height - 1).astype(np.float32)
            x = np.clip(xs + shift_x[np.ix_(row, col)], 0, width - 1).astype(np.float32)
            near_y = (1 - np.abs(at_y - low_y - step_y)).astype(np.float32)
            near_x = (1 - np.abs(at_x - low_x - step_x)).astype(np.float32)
            share = near_y[:, None] * near_x * cv2.remap(free, x, y, cv2.INTER_NEAREST)
            out += cv2.remap(image, x, y, cv2.INTER_NEAREST) * share[..., None]
            mass += share
    return out, mass
