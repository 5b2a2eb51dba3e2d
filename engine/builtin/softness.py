"""Drop shadows and glows: parts that only darken or lighten what lies below them, and fade out into it."""

from __future__ import annotations

from typing import cast

import cv2
import numpy as np

from engine.imaging.arrays import (
    AREA,
    BY_SIDES,
    WHITE,
    Bools,
    Floats,
    Labels,
    bounds,
    channel_max,
    channel_sum,
    components,
    dilate,
    erode,
    opened,
    window,
)

FADE = 14.0
GENTLE = 10.0
MIN_FADING = 0.55
REACH = 20
FAINT = 24.0

NOISE = 3
"""What counts as gentle or faded grows by this many steps for each step of noise."""
MARGIN = 4
"""px more than `REACH` that are looked at."""
SHADE, LEFTOVER_SHADE = 7, 10
"""0..255: how far a shadow, and a leftover beside one, may be from the ground mixed with black or white."""
LEAST_AREA, LEAST_EDGE = 24, 6
"""px of a soft part and of its outer edge."""
BROAD = 2.2
"""px of area for each px of edge from which on a part is no seam."""
FAINTER = 1.5
"""A part's inside is this many times as strong as its edge at least."""
BESIDE = 3
"""px within which faint pixels belong to a soft part."""
END_BLUR = 1.5
"""px: what the noise is smoothed with where the end of a shadow is sought …"""
SEEN, SEEN_NOISE = 1.2, 0.9
"""… which is where it is stronger than this, 0..255, and that much more for each step of noise."""


def veil(image: Floats, under: Floats) -> Floats:
    """The least alpha 0..1 with which some colour over `under` gives `image`, per pixel:
    a >= max over channels of (I - B) / (255 - B) and (B - I) / B. Where B is nearly white or black, and a step of
    noise would make it 1, it is kept small."""
    rise = (image - under) / np.maximum(WHITE - under, FAINT)
    fall = (under - image) / np.maximum(under, FAINT)
    return cast(Floats, np.clip(channel_max(np.maximum(rise, fall).astype(np.float32)), 0, 1))


def split_soft(image: Floats, steep: Floats, mask: Bools, under: Floats, noise: float) -> tuple[Bools, Bools]:
    """(hard, soft): the parts of `mask` with an edge of their own, and those that fade into what lies below."""
    box = bounds(mask, REACH + MARGIN)
    soft = np.zeros_like(mask)
    if box is None:
        return mask, soft
    place = window(box)
    soft[place] = _soft_part(image[place], steep[place], mask[place], under[place], noise)
    return mask & ~soft, soft


def _soft_part(image: Floats, steep: Floats, mask: Bools, under: Floats, noise: float) -> Bools:
    shade_error = _shade_error(image, under)
    gentle = opened(mask & (steep < GENTLE + NOISE * noise) & (shade_error < SHADE + 2 * noise), 1)
    _, labels, stats = components(gentle, BY_SIDES)
    contrast = channel_max(image - under)
    edge = gentle & dilate(~mask, 2)
    edges = np.bincount(labels[edge], minlength=len(stats))
    fading = np.bincount(labels[edge & (contrast < FADE + NOISE * noise)], minlength=len(stats))
    thick = np.bincount(labels[erode(gentle, 1)], minlength=len(stats)) > 0
    chosen = (stats[:, AREA] >= LEAST_AREA) & (edges >= LEAST_EDGE) & (fading >= MIN_FADING * edges)
    chosen &= thick | (stats[:, AREA] > BROAD * edges)
    chosen &= _fades(labels, len(stats), gentle, edge, contrast)
    chosen[0] = False
    soft = chosen[labels]
    return _settle(mask, soft, contrast, shade_error, noise) if soft.any() else soft


def _fades(labels: Labels, count: int, gentle: Bools, edge: Bools, contrast: Floats) -> Bools:
    """Which parts are much fainter at their edge than inside; a pale flat shape is not."""
    rim = np.bincount(labels[edge], contrast[edge], count) / np.maximum(np.bincount(labels[edge], minlength=count), 1)
    inner = gentle & ~edge
    total = np.maximum(np.bincount(labels[inner], minlength=count), 1)
    mean = np.bincount(labels[inner], contrast[inner], count) / total
    square = np.bincount(labels[inner], contrast[inner] ** 2, count) / total
    return mean + np.sqrt(np.maximum(square - mean**2, 0)) > FAINTER * rim


def _shade_error(image: Floats, under: Floats) -> Floats:
    """How far a pixel is from being `under` mixed with black or with white, 0..255."""
    darker = channel_sum(image * under) / np.maximum(channel_sum(under * under), 1)
    black = channel_max(image - np.clip(darker, 0, 1)[..., None] * under)
    rest, other = WHITE - image, WHITE - under
    lighter = channel_sum(rest * other) / np.maximum(channel_sum(other * other), 1)
    white = channel_max(rest - np.clip(lighter, 0, 1)[..., None] * other)
    return cast(Floats, np.minimum(black, white))


def _settle(mask: Bools, soft: Bools, contrast: Floats, shade_error: Floats, noise: float) -> Bools:
    """`soft` with the faint leftovers along it, which belong to the shadow and not to the objects."""
    faint = mask & (contrast < FADE) & dilate(soft, BESIDE)
    thin = mask & ~soft & ~opened(mask & ~soft, 1) & dilate(soft, 2) & (shade_error < LEFTOVER_SHADE + 2 * noise)
    return _to_its_end(soft | faint | thin, mask, contrast, noise)


def _to_its_end(soft: Bools, mask: Bools, contrast: Floats, noise: float) -> Bools:
    """`soft` followed out to where it can no longer be seen, so that no pale remains stay behind."""
    smooth = cast(Floats, cv2.GaussianBlur(contrast, (0, 0), END_BLUR))
    low = dilate(soft, REACH) & (~mask | soft) & (smooth > SEEN + SEEN_NOISE * noise)
    _, labels, stats = components(low | soft)
    touched = np.bincount(labels[soft], minlength=len(stats)) > 0
    touched[0] = False
    return touched[labels]
