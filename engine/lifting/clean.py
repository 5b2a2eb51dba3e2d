"""Layers that an engine should not have returned: empty, doubled, specks. Each goes with a sentence that says why."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from scipy import ndimage

from engine.cancel import Check, never
from engine.errors import RunFailed
from engine.imaging.arrays import (
    BY_CORNERS,
    HALF,
    WHITE,
)
from engine.lifting.resample import Floats
from engine.lifting.small import SmallSheet, calmed, without_haze
from engine.words import Message, note

_FAINTEST = 6 / 255
_SPECK_MASS = 4.0
_SAME_SHAPE = 0.97
_SAME_COLOUR = 8.0
_SURELY_LESS = 0.96
"""Two layers of which one has less of the other's whole alpha cannot have the same shape."""

_EMPTY = 100
"""A canvas of this many times a speck's area is large enough for a speck to be one."""
_FAINT_ISLAND, _ISLANDS = 0.1, 500
"""Alpha up to which an island is haze, and the part of the canvas that it is smaller than."""


def cleaned(smalls: Sequence[SmallSheet], notes: list[Message], check: Check = never) -> list[SmallSheet]:
    """The sheets without haze, and without layers that hold nothing of their own; reasons are added to `notes`.

    Raises RunFailed where nothing would be left.
    """
    kept: list[SmallSheet] = []
    for small in smalls:
        check()
        small.alpha = without_haze(small.alpha)
        check()
        small.alpha = calmed(small.alpha)
        check()
        small.alpha = _without_faint_specks(small.alpha)
        check()
        if reason := _pointless(small):
            notes.append(reason)
        else:
            kept.append(small)
    if not kept:
        raise RunFailed("lifting.all-empty")
    return _without_doubles(kept, notes, check)


def _pointless(small: SmallSheet) -> Message | None:
    """Why a layer is worth nothing; None where it is worth something."""
    if small.alpha.max() <= _FAINTEST:
        return note("lifting.empty", layer=small.title)
    if small.alpha.sum() < _SPECK_MASS and small.alpha.size > _EMPTY * _SPECK_MASS:
        return note("lifting.speck", layer=small.title)
    return None


def _without_faint_specks(alpha: Floats) -> Floats:
    """Faint islands that touch nothing solid are what is left of haze; they would only widen the layer's box."""
    count, found, stats, _ = cv2.connectedComponentsWithStats(
        (alpha > HALF / WHITE).astype(np.uint8), connectivity=BY_CORNERS
    )
    labels = np.asarray(found, np.int32)
    if count <= 2:
        return alpha
    strongest = np.asarray(ndimage.maximum(alpha, labels, np.arange(count)), np.float32)
    gone = (strongest < _FAINT_ISLAND) & (stats[:, cv2.CC_STAT_AREA] < alpha.size / _ISLANDS)
    gone[0] = True
    return np.where(gone[labels], np.float32(0), alpha)


def _without_doubles(smalls: list[SmallSheet], notes: list[Message], check: Check) -> list[SmallSheet]:
    mass = [float(small.alpha.sum()) for small in smalls]
    kept: list[SmallSheet] = []
    for index, small in enumerate(smalls):
        twin = None
        for other, weight in zip(smalls[index + 1 :], mass[index + 1 :], strict=True):
            check()
            alike = min(mass[index], weight) > _SURELY_LESS * max(mass[index], weight)
            if alike and _same(small, other):
                twin = other
                break
        if twin is None:
            kept.append(small)
        else:
            notes.append(note("lifting.doubled", layer=small.title, twin=twin.title))
    return kept


def _same(a: SmallSheet, b: SmallSheet) -> bool:
    if a.origin.text != b.origin.text:
        return False
    both, either = np.minimum(a.alpha, b.alpha), np.maximum(a.alpha, b.alpha)
    shared = float(both.sum())
    if shared < _SAME_SHAPE * float(either.sum()):
        return False
    apart = np.abs(a.colour - b.colour).mean(axis=0)
    return float((apart * both).sum()) < _SAME_COLOUR * shared
