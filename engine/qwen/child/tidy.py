"""What to do with layers that the model should not have made: empty ones, specks, duplicates; and which could be split.

Pure NumPy over uint8 h x w x 4 straight alpha layers of one canvas, bottom first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.document import Pixels
from engine.words import Message, note

FAINT = 10
"""Alpha up to which a pixel counts as empty: the decoder leaves a haze of a few steps."""
SPECK = 0.0004
"""Share of the canvas under which a layer is a speck."""
SAME_SHAPE = 0.9
SAME_COLOR = 12.0
OBJECT = 0.02
"""Share of the canvas from which one connected part counts as an object of its own."""


@dataclass(frozen=True, slots=True, eq=False)
class Tidied:
    """Attributes: layers: what is left, bottom first. notes: for the user. parts: objects on each layer."""

    layers: tuple[Pixels, ...]
    notes: tuple[Message, ...]
    parts: tuple[int, ...]


def tidy(layers: Sequence[Pixels]) -> Tidied:
    """Drop empty layers, merge specks into the layer below and duplicates into each other.

    A duplicate goes into any lower layer that nothing in between covers. The stack's picture stays within what the
    dropped haze contributed. At least one layer is left.
    """
    kept: list[Pixels] = []
    dropped = merged = 0
    for layer in layers:
        share = float((layer[..., 3] > FAINT).mean())
        if share == 0.0:
            dropped += 1
        elif (target := _home(kept, layer, share)) is not None:
            kept[target] = over(kept[target], layer)
            merged += 1
        else:
            kept.append(layer)
    if not kept:
        kept, dropped = [layers[0]], dropped - 1
    notes = []
    if dropped:
        notes.append(note("qwen.one-dropped") if dropped == 1 else note("qwen.dropped", count=dropped))
    if merged:
        notes.append(note("qwen.one-merged") if merged == 1 else note("qwen.merged", count=merged))
    parts = tuple(objects(layer) for layer in kept)
    return Tidied(tuple(kept), tuple(notes), parts)


def _home(kept: Sequence[Pixels], layer: Pixels, share: float) -> int | None:
    """Which of the layers below `layer` is to take it in; None where it stands for itself."""
    if kept and share < SPECK:
        return len(kept) - 1
    seen: NDArray[np.bool_] = layer[..., 3] > FAINT
    for index in range(len(kept) - 1, -1, -1):
        if duplicates(kept[index], layer):
            return index
        if bool((seen & (kept[index][..., 3] > FAINT)).any()):
            return None  # it would go under what it covers now
    return None


def duplicates(lower: Pixels, upper: Pixels) -> bool:
    """True where both show the same thing in the same place: soft IoU of the alphas over 0.9, colours 12 steps apart
    at most on average where both are seen."""
    a, b = lower[..., 3].astype(np.float32), upper[..., 3].astype(np.float32)
    union = float(np.maximum(a, b).sum())
    if union == 0 or float(np.minimum(a, b).sum()) / union < SAME_SHAPE:
        return False
    both = (a > FAINT) & (b > FAINT)
    apart = np.abs(lower[both][:, :3].astype(np.float32) - upper[both][:, :3].astype(np.float32))
    return bool(apart.mean() < SAME_COLOR)


def over(lower: Pixels, upper: Pixels) -> Pixels:
    """Both composited, as one layer with straight alpha (Porter-Duff over)."""
    a, b = upper[..., 3:].astype(np.float32) / 255, lower[..., 3:].astype(np.float32) / 255
    alpha = a + b * (1 - a)
    color = upper[..., :3] * a + lower[..., :3] * b * (1 - a)
    color = np.divide(color, alpha, out=np.zeros_like(color), where=alpha > 0)
    return np.concatenate([color, alpha * 255], axis=2).round().clip(0, 255).astype(np.uint8)


def objects(layer: Pixels) -> int:
    """How many separate objects a layer holds: connected parts (8 neighbours, gaps up to about 1 % of the canvas
    bridged) of at least 2 % of the canvas each. Two or more can be offered *Split further*."""
    solid: NDArray[np.bool_] = layer[..., 3] > 64
    gap = max(1, round(0.005 * max(solid.shape)))
    joined = ndimage.binary_dilation(solid, iterations=gap)
    labels, count = ndimage.label(joined, structure=np.ones((3, 3)))
    if count < 2:
        return int(count)
    sizes = np.bincount(labels[solid], minlength=count + 1)[1:]
    return int((sizes >= OBJECT * solid.size).sum())


def within(layers: Sequence[Pixels], alpha: Pixels) -> tuple[Pixels, ...]:
    """The layers with no more alpha than the source has there, so that a cut-out that is split stays a cut-out."""
    if alpha.min() == 255:
        return tuple(layers)
    limited = []
    for layer in layers:
        copy = layer.copy()
        copy[..., 3] = np.minimum(layer[..., 3], alpha)
        limited.append(copy)
    return tuple(limited)
