"""What colour a layer has where the image does not show it plainly: at soft edges, under glass, behind other layers.

Two steps at working size. The engine's colour is first extended over the canvas from where the layer is solid (push and
pull over halving sizes, the idea of multi-level foreground estimation: Germer et al. 2020), so that no colour of the
background reaches the edge. Then it is corrected by what the image says: wherever the layer shows, the difference
between the image and the engine is known, and that difference, being smooth, is extended the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from engine.cancel import Check, never
from engine.imaging.arrays import (
    ALPHA,
    CHANNELS,
    RGB,
    RGBA,
    WHITE,
)
from engine.lifting.resample import Floats
from engine.lifting.small import SmallSheet, smoothstep

_FARTHEST = 30
_EVEN = 2.0

_NO_WEIGHT = 1e-8
"""Keeps a mean without weight finite; below the weight of the last level of a large canvas."""
_KEEP_SOLID, _KEEP_CORRECTION = 8.0, 0.5
"""How quickly known values outweigh their continuation: a layer's own colour soon, what corrects it never at once."""

# The engine's tones: how far, as a rule, gain and offset are from none, and how much noise a pixel has (0..255).
_GAIN, _OFFSET, _TONE_NOISE = 0.03, 8.0, 6.0
_TONE_PULL = 40
"""Pixels that the rule counts as."""
_TONE_SAMPLES, _FIT_SAMPLES = 60_000, 20_000
"""Pixels that are looked at; more change nothing."""

_TRUST_POWER = 4
"""A correction is believed with alpha to this power: hardly at all where the layer is not solid."""
_SEEN, _SEEN_WIDTH = 0.85, 0.1
"""How far the layers above must let a layer through for it to be corrected, and how softly that begins."""
_LEAST_TRUST = 0.5
_SURE = 0.97
"""Share of what is seen from which on a pixel is the layer's alone."""
_LEAST_FIT, _FIT_FROM, _QUADRATIC = 12, 400, 6
"""Pixels that make a flat colour, and that make a quadratic, which has so many terms."""
_NEAR_FIT, _REPLACED = 6, 14
"""0..255: what is this near is described by a fit; up to the second the engine's colour gives way to it."""
_MOSTLY, _NEARLY_ALL = 0.9, 95
"""Share of pixels that a fit must describe, and the percentile of its errors that must be within `_EVEN`."""
_EVEN_BLUR = (5, 5)
AROUND = np.ones((3, 3))


def extended(values: Floats, weight: Floats, *, keep: float = 1.0, check: Check = never) -> Floats:
    """`values` (C x h x w) where `weight` (h x w, 0..1) is high, a smooth continuation of them where it is low.

    Args:
        keep: how quickly a known value outweighs the continuation; below 1 everything is smoothed.
    """
    known = [np.moveaxis(values * weight, 0, -1)]
    mass = [weight]
    while min(mass[-1].shape) > 1:
        check()
        size = ((mass[-1].shape[1] + 1) // 2, (mass[-1].shape[0] + 1) // 2)
        known.append(_channels(cv2.resize(known[-1], size, interpolation=cv2.INTER_AREA)))
        mass.append(np.asarray(cv2.resize(mass[-1], size, interpolation=cv2.INTER_AREA), np.float32))
    total = np.maximum(mass[-1], _NO_WEIGHT)[..., None]
    out = known[-1] / total
    for colour, share in zip(known[-2::-1], mass[-2::-1], strict=True):
        check()
        wider = _channels(cv2.resize(out, share.shape[::-1], interpolation=cv2.INTER_LINEAR))
        own = np.minimum(1.0, share * keep)[..., None]
        check()
        out = wider + own * (colour / np.maximum(share, _NO_WEIGHT)[..., None] - wider)
    return np.ascontiguousarray(np.moveaxis(out, -1, 0), np.float32)


def _channels(image: object) -> Floats:
    out = np.asarray(image, np.float32)
    return out if out.ndim == CHANNELS else out[..., None]


def complete(smalls: Sequence[SmallSheet], image: Floats, check: Check = never) -> None:
    """Give every sheet a sensible colour on the whole canvas, in place.

    Args:
        smalls: bottom to top.
        image: the guide, C x h x w.
    """
    for small in smalls:
        check()
        small.colour = extended(small.colour, small.alpha**2, keep=_KEEP_SOLID, check=check)
    clear = _clear_above(smalls)
    check()
    _match_tones(smalls, image, clear, check)
    below = np.zeros_like(image)
    for small, unhidden in zip(smalls, clear, strict=True):
        check()
        small.colour = _evened(_corrected(small, image, below, unhidden, check), image, small.alpha * unhidden, check)
        check()
        below *= 1 - small.alpha
        below[RGB] += small.alpha * small.colour
        if len(below) == RGBA:
            below[ALPHA] += small.alpha * WHITE


def _match_tones(smalls: Sequence[SmallSheet], image: Floats, clear: Sequence[Floats], check: Check) -> None:
    """Undo the engine's overall colour shift: per layer and channel a gain and an offset, all layers at once.

    Least squares of image = sum of w_k (F_k + gain_k F_k + offset_k) over the canvas, held near no change. A veil or a
    shadow that nowhere shows alone gets its share from the picture as a whole.
    """
    step = max(1, int(np.sqrt(image[0].size / _TONE_SAMPLES)))
    shares = np.stack(
        [(small.alpha * through)[::step, ::step].ravel() for small, through in zip(smalls, clear, strict=True)]
    )
    pull = np.repeat([_GAIN**-2, _OFFSET**-2], len(smalls)) * _TONE_NOISE**2 * _TONE_PULL
    for channel in range(CHANNELS):
        check()
        colour = np.stack([small.colour[channel, ::step, ::step].ravel() for small in smalls])
        terms = np.concatenate([shares * colour, shares]).astype(np.float64)
        check()
        lacking = image[channel, ::step, ::step].ravel() - terms[: len(smalls)].sum(axis=0)
        change = np.linalg.solve(terms @ terms.T + np.diag(pull), terms @ lacking)
        for small, gain, offset in zip(smalls, change, change[len(smalls) :], strict=False):
            small.colour[channel] = np.clip(small.colour[channel] * (1 + gain) + offset, 0, WHITE)


def _clear_above(smalls: Sequence[SmallSheet]) -> list[Floats]:
    """For each sheet, how far the layers above let it through, h x w, 0..1."""
    clear = np.ones_like(smalls[0].alpha)
    out = []
    for small in reversed(smalls):
        out.append(clear)
        clear = clear * (1 - small.alpha)
    return out[::-1]


def _corrected(small: SmallSheet, image: Floats, below: Floats, unhidden: Floats, check: Check) -> Floats:
    """The sheet's colour, moved towards what the image shows.

    What the stack lacks, R = I - (aF + (1-a)B), may be the fault of this layer or of those below; with both equally
    likely to be wrong, the layer's part of it is a R / (a^2 + (1-a)^2): all of it where opaque, little where faint.
    """
    alpha = small.alpha
    lacking = image[RGB] - alpha * small.colour - (1 - alpha) * below[RGB]
    off = np.clip(lacking * (alpha / (alpha * alpha + (1 - alpha) ** 2)), -_FARTHEST, _FARTHEST)
    check()
    trust = np.asarray(alpha**_TRUST_POWER * smoothstep((unhidden - _SEEN) / _SEEN_WIDTH), np.float32)
    if trust.sum() < _LEAST_TRUST:
        return small.colour
    return np.asarray(
        np.clip(small.colour + extended(off, trust, keep=_KEEP_CORRECTION, check=check), 0, WHITE), np.float32
    )


def _evened(colour: Floats, image: Floats, share: Floats, check: Check) -> Floats:
    """A flat or evenly graded layer, made exactly so: engines leave noise, and a patch of it shows when uncovered.

    A quadratic is fitted to the image where the layer shows; if it describes all that is seen, the engine's colour is
    replaced by it wherever the two are close. Whatever differs more is something else and stays.
    """
    sure = cv2.erode((share > _SURE).astype(np.uint8), AROUND) > 0
    count = int(np.count_nonzero(sure))
    if count < _LEAST_FIT:
        return colour
    terms = _terms(share.shape)[: _QUADRATIC if count > _FIT_FROM else 1]
    step = max(1, count // _FIT_SAMPLES)
    check()
    known = terms[:, sure][:, ::step].T.astype(np.float64)
    check()
    wanted = image[RGB, sure][:, ::step].T.astype(np.float64)
    check()
    fit = np.linalg.lstsq(known, wanted, rcond=None)[0]
    close = np.abs(known @ fit - wanted).max(axis=1) < _NEAR_FIT
    if close.mean() < _MOSTLY:
        return colour
    fit = np.linalg.lstsq(known[close], wanted[close], rcond=None)[0]
    if np.percentile(np.abs(known @ fit - wanted).max(axis=1), _NEARLY_ALL) > _EVEN:
        return colour
    even = np.asarray(np.tensordot(fit.T.astype(np.float32), terms, axes=1), np.float32)
    check()
    apart: Floats = np.asarray(cv2.blur(np.abs(colour - even).max(axis=0), _EVEN_BLUR), np.float32)
    check()
    near = smoothstep(np.float32(_REPLACED / _NEAR_FIT) - apart / np.float32(_NEAR_FIT))
    return np.asarray(np.clip(colour + near * (even - colour), 0, WHITE), np.float32)


def _terms(shape: tuple[int, ...]) -> Floats:
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    return np.stack([np.ones_like(x), x, y, x * x, x * y, y * y]).astype(np.float32)
