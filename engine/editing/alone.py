"""What some nodes look like by themselves: for the clipboard, a drag to another program, a layer exported as PNG."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace

import numpy as np

from engine.cancel import Check, never
from engine.document import Document, Pixels
from engine.editing.edits import ids_under, outermost
from engine.editing.surgery import aligned_alpha, tight
from engine.imaging.compositing import Box, Raster, bounds, composite_nodes

MARGIN = 2
"""px around the layers' bounds, where resampling may still leave something."""


def alone(document: Document, ids: Collection[str], cover: Raster | None = None, check: Check = never) -> Raster | None:
    """Those nodes, shown even if hidden, over nothing, cut to what is visible; None where they show nothing.

    With `cover`, whose alpha is a selected part of the picture, only that part of them. Raises Cancelled soon after
    `check` does.
    """
    boxes = [bounds(document.layer(i)) for i in ids_under(document, ids)]
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    left, top = math.floor(min(lefts)) - MARGIN, math.floor(min(tops)) - MARGIN
    box = (left, top, math.ceil(max(rights)) + MARGIN, math.ceil(max(bottoms)) + MARGIN)
    shown = composite_nodes([replace(node, visible=True) for node in outermost(document, ids)], box, check)
    pixels, dx, dy = tight(shown if cover is None else covered(shown, box, cover))
    return Raster(pixels, left + dx, top + dy) if pixels.size else None


def covered(pixels: Pixels, box: Box, cover: Raster) -> Pixels:
    """The part of uint8 H x W x 4 pixels at `box` that `cover`'s alpha selects."""
    out = pixels.copy()
    share = aligned_alpha(cover, box).astype(np.uint16)
    out[..., 3] = (out[..., 3] * share + 127) // 255
    return out
