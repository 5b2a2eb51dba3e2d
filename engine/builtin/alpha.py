"""Pictures that are transparent already: what to study them on, and giving their own alpha back to the layers."""

from __future__ import annotations

from dataclasses import replace
from typing import cast

import numpy as np

from engine.builtin.cuts import Cut, NamedCut
from engine.cancel import Check, never
from engine.document import LayerKind, Pixels
from engine.imaging.arrays import (
    ALPHA,
    HALF,
    RGB,
    RGBA,
    WHITE,
    Bools,
    Floats,
    Labels,
    bounds,
    dilate,
    resize,
    size_of,
    window,
)
from engine.imaging.fills import harmonic
from engine.lifting.sheet import is_seen

BACKDROPS = ((255, 255, 255), (0, 0, 0), (128, 128, 128), (255, 0, 255), (0, 160, 80))
GREY = 3
"""0..255: channels that differ by no more are a grey."""
FRAME_SHARE = 0.12
OPAQUE = 250

# Alpha, 0..255.
MIDDLE = 128
"""Half: from here on a pixel is more there than not."""
FAINT = 24
"""Up to here nobody would miss a pixel that no layer holds."""
ENOUGH = 12
"""px that somebody would miss, so that they become a layer of details …"""
DETAILS_WEIGHT = 0.001
"""… which is merged first where there are too many."""
CLAIM = 3
"""px: what no layer holds goes to a layer this near."""
SAMPLES = 40_000
"""Pixels that are looked at to choose a backdrop; more change nothing."""
STANDS_OUT = 4
"""Percentile of the colours' distances from a backdrop that must be large: all but a few colours stand out."""


def is_cut_out(image: Pixels) -> bool:
    """Whether the picture is a cut-out on a transparent ground, rather than a full picture with clipped corners."""
    return float((image[..., ALPHA] < MIDDLE).mean()) > FRAME_SHARE


def backdrop(image: Pixels) -> Floats:
    """The plain colour that stands out best from the picture's own colours, RGB."""
    step = max(1, int(np.sqrt(image[..., 0].size / SAMPLES)))
    sample = image[::step, ::step].reshape(-1, RGBA)
    colours = sample[sample[:, ALPHA] >= MIDDLE, RGB].astype(np.float32)
    choices = np.array(BACKDROPS, np.float32)
    if not len(colours):
        return cast(Floats, choices[0])
    away = np.abs(colours[:, None] - choices[None]).max(2)
    return cast(Floats, choices[int(np.percentile(away, STANDS_OUT, axis=0).argmax())])


def is_grey(image: Pixels) -> bool:
    """Whether the picture has greys and alpha alone."""
    away = image[..., RGB].max(2) - image[..., RGB].min(2)
    return not bool(((away > GREY) & (image[..., ALPHA] > 0)).any())


def greyed(layer: NamedCut) -> NamedCut:
    """The layer without the colour that a backdrop left in it: the middle of the lightest and the darkest channel.

    A backdrop of magenta has a grey in the middle, so what is left of it is grey too.
    """
    pixels = layer.cut.pixels.copy()
    sides = pixels[..., RGB].max(2).astype(np.uint16) + pixels[..., RGB].min(2)
    pixels[..., RGB] = (sides // 2)[..., None]
    return replace(layer, cut=replace(layer.cut, pixels=pixels))


def over(image: Pixels, ground: Floats) -> Pixels:
    """The picture composited over one colour, RGB."""
    alpha = image[..., ALPHA:].astype(np.float32) / WHITE
    mixed = image[..., RGB] * alpha + ground * (1 - alpha)
    return cast(Pixels, (mixed + HALF).astype(np.uint8))


def own_colours(image: Pixels, width: int, height: int) -> Floats:
    """The picture's own colours at another size, without any ground: RGB, 0 where it is transparent."""
    weight = image[..., ALPHA:].astype(np.float32)
    colour = resize(np.ascontiguousarray(image[..., RGB] * weight), width, height)
    return cast(Floats, colour / np.maximum(resize(weight[..., 0], width, height), 1)[..., None])


def opaque(image: Pixels, check: Check = never) -> Pixels:
    """The picture with its transparent parts filled smoothly, RGB."""
    known = image[..., ALPHA] > OPAQUE
    if not known.any():
        known = image[..., ALPHA] > 0
    rgb = np.ascontiguousarray(image[..., RGB])
    filled = harmonic(np.where(known[..., None], rgb, 0).astype(np.float32), known, check)
    check()
    return cast(Pixels, np.where(known[..., None], rgb, filled + HALF).astype(np.uint8))


def clip_ground(layers: list[NamedCut], alpha: Pixels) -> list[NamedCut]:
    """The layers of a picture with clipped corners: none shows where the picture is transparent."""
    out = []
    for layer in layers:
        left, top, right, bottom = layer.box
        pixels = layer.cut.pixels.copy()
        own = alpha[top:bottom, left:right]
        limit = own if layer.kind is LayerKind.BACKGROUND else np.where(own > 0, WHITE, 0)
        pixels[..., ALPHA] = np.minimum(pixels[..., ALPHA], limit)
        out.append(replace(layer, cut=Cut(pixels, left, top)))
    return out


def restore_alpha(layers: list[NamedCut], image: Pixels, check: Check = never) -> list[NamedCut]:
    """The layers of a cut-out with the picture's own alpha and colours wherever only one of them is; what none of them
    holds goes to the nearest, and what is far from all becomes a layer of details."""
    count = np.zeros(image.shape[:2], np.int32)
    top = np.full(image.shape[:2], -1, np.int32)
    for index, layer in enumerate(layers):
        check()
        shown = layer.cut.pixels[..., ALPHA] > 0
        count[_rows(layer), _cols(layer)] += shown
        top[_rows(layer), _cols(layer)][shown] = index
    missing = (count == 0) & (image[..., ALPHA] > 0)
    out = []
    for index, layer in enumerate(layers):
        check()
        out.append(_restored(layer, image, count, (top, index), missing))
    details = _cut(image, missing)
    visible = any(layer.cut.pixels[..., ALPHA].any() for layer in out)
    if details is not None and (not visible or int((details.pixels[..., ALPHA] > FAINT).sum()) >= ENOUGH):
        out.insert(0, NamedCut(details, "Details", LayerKind.OBJECT, weight=DETAILS_WEIGHT))
    if is_grey(image):
        out = [greyed(layer) for layer in out]
    found = [layer for layer in out if layer.cut.pixels[..., ALPHA].any()]
    return [layer for layer in found if is_seen(layer.cut.pixels[..., ALPHA])] or found


def _rows(layer: NamedCut) -> slice:
    return slice(layer.cut.top, layer.cut.top + layer.cut.pixels.shape[0])


def _cols(layer: NamedCut) -> slice:
    return slice(layer.cut.left, layer.cut.left + layer.cut.pixels.shape[1])


def _restored(layer: NamedCut, image: Pixels, count: Labels, tops: tuple[Labels, int], missing: Bools) -> NamedCut:
    """One layer with the picture's own pixels where it is alone; where the picture is not opaque nothing can be hidden,
    so there the topmost layer has them and those below have none."""
    margin = CLAIM
    height, width = missing.shape
    left, top, right, bottom = layer.box
    box = (max(0, left - margin), max(0, top - margin), min(width, right + margin), min(height, bottom + margin))
    pixels = np.zeros((*size_of(box), RGBA), np.uint8)
    inner = np.s_[top - box[1] : bottom - box[1], left - box[0] : right - box[0]]
    pixels[inner] = layer.cut.pixels
    own = image[window(box)]
    claimed = dilate(pixels[..., ALPHA] > 0, margin) & missing[window(box)]
    missing[window(box)] &= ~claimed
    alone = claimed | ((pixels[..., ALPHA] > 0) & (count[window(box)] == 1))
    pixels = np.where(alone[..., None], own, pixels).astype(np.uint8)
    on_top = tops[0][window(box)] == tops[1]
    clear = (own[..., ALPHA] < OPAQUE) & ~claimed
    pixels = np.where((clear & on_top)[..., None], own, pixels).astype(np.uint8)
    pixels[..., ALPHA] = np.where(clear & ~on_top, 0, pixels[..., ALPHA])
    tight = bounds(pixels[..., ALPHA] > 0) or (0, 0, 1, 1)
    return replace(layer, cut=Cut(pixels[window(tight)].copy(), box[0] + tight[0], box[1] + tight[1]))


def _cut(image: Pixels, mask: Bools) -> Cut | None:
    box = bounds(mask)
    if box is None:
        return None
    pixels = np.where(mask[window(box)][..., None], image[window(box)], 0).astype(np.uint8)
    return Cut(pixels, box[0], box[1])
