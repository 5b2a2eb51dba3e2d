"""Layers that an engine should not have returned: empty, doubled, specks. Each goes with a sentence that says why."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from scipy import ndimage

from engine.errors import RunFailed
from engine.lifting.drafts import Draft, calmed, without_haze
from engine.lifting.resample import Floats

_FAINTEST = 6 / 255
_SPECK_MASS = 4.0
_SAME_SHAPE = 0.97
_SAME_COLOUR = 8.0


def cleaned(drafts: Sequence[Draft], notes: list[str]) -> list[Draft]:
    """The drafts without haze, and without layers that hold nothing of their own; reasons are added to `notes`.

    Raises RunFailed where nothing would be left.
    """
    kept: list[Draft] = []
    for draft in drafts:
        draft.alpha = _without_faint_specks(calmed(without_haze(draft.alpha)))
        if reason := _pointless(draft):
            notes.append(f"{draft.title} {reason} and was left out.")
        else:
            kept.append(draft)
    if not kept:
        raise RunFailed("Every layer that the engine returned is empty; run it again with another seed.")
    return _without_doubles(kept, notes)


def _pointless(draft: Draft) -> str | None:
    if draft.alpha.max() <= _FAINTEST:
        return "was empty"
    if draft.alpha.sum() < _SPECK_MASS and draft.alpha.size > 100 * _SPECK_MASS:
        return "was only a speck"
    return None


def _without_faint_specks(alpha: Floats) -> Floats:
    """Faint islands that touch nothing solid are what is left of haze; they would only widen the layer's box."""
    count, found, stats, _ = cv2.connectedComponentsWithStats((alpha > 0.5 / 255).astype(np.uint8), connectivity=8)
    labels = np.asarray(found, np.int32)
    if count <= 2:
        return alpha
    strongest = np.asarray(ndimage.maximum(alpha, labels, np.arange(count)), np.float32)
    gone = (strongest < 0.1) & (stats[:, cv2.CC_STAT_AREA] < alpha.size / 500)
    gone[0] = True
    return np.where(gone[labels], np.float32(0), alpha)


def _without_doubles(drafts: list[Draft], notes: list[str]) -> list[Draft]:
    kept: list[Draft] = []
    for index, draft in enumerate(drafts):
        twin = next((other for other in drafts[index + 1 :] if _same(draft, other)), None)
        if twin is None:
            kept.append(draft)
        else:
            notes.append(f"{draft.title} was the same as {twin.title} and was merged into it.")
    return kept


def _same(a: Draft, b: Draft) -> bool:
    if a.origin.text != b.origin.text:
        return False
    both, either = np.minimum(a.alpha, b.alpha), np.maximum(a.alpha, b.alpha)
    shared = float(both.sum())
    if shared < _SAME_SHAPE * float(either.sum()):
        return False
    apart = np.abs(a.colour - b.colour).mean(axis=0)
    return float((apart * both).sum()) < _SAME_COLOUR * shared
