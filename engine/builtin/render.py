"""Layers at full size, bottom to top: mattes that follow the picture's edges, colours without what lies behind."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import cv2
import numpy as np

from engine.builtin.cuts import Cut
from engine.builtin.elements import Element
from engine.builtin.glyphs import Glyphs
from engine.builtin.saliency import guided
from engine.builtin.softness import veil
from engine.cancel import Check, never
from engine.document import Pixels
from engine.imaging.arrays import (
    ALPHA,
    CHANNELS,
    HALF,
    RGB,
    RGBA,
    WHITE,
    Bools,
    Box,
    Floats,
    bounds,
    channel_max,
    channel_sum,
    dilate,
    erode,
    resize,
    rounded_bytes,
    size_of,
    window,
)
from engine.imaging.fills import harmonic

SEPARABLE = 18.0
OPAQUE = 1.0 / 255
NEARBY = 12
"""px of study: as far as that around a pixel the ground is looked at."""
STRIP = 256
"""Rows that are worked on between two looks at whether to stop."""

MARGIN, LEAST_MARGIN = 3, 4
"""px of study, and of the picture, around an element that its edge may take."""
EDGE = 1.5
"""px of study that an edge is off or blurred."""
TOUCHED, SOFT = 0.02, 0.3
"""Part of a pixel, 0..1, from which on a mask brought to full size covers it; and a shadow's."""
ENLARGED = 1.2
"""Size of the picture over that of study from which on a subject's edge is drawn to the picture's …"""
SNAP_EPSILON = 1e-4
"""… and how flat (variance of 0..1) a neighbourhood is that has none."""
CLEAR = 0.04
"""Alpha of a subject's matte that is as good as 0, or short of 1."""
PURE, MIXED = 0.97, 0.9
"""Alpha from which on a subject's, or a text's, colour is its own."""
NOTHING = 1.5 / 255
"""Measured alpha that is only rounding, as is what lacks so much of 1."""
FAINTEST_INK = 2.5 / 255
UNEXPLAINED = 24
"""0..255: how far a pixel may be from ink mixed with what is below and still be a mixture."""
ENOUGH_CORE = 0.3
"""Share of pure ink that must be left without its edge, for colours to be taken from there."""
NO_ALPHA = 1e-4
"""Keeps the colour of what does not show finite."""


@dataclass(slots=True, eq=False)
class Canvas:
    """The picture and the stack so far.

    Attributes:
        image: uint8 H x W x 3, the flat picture.
        stack: uint8 H x W x 3, the layers so far composited; becomes `image` as layers are added.
        scale: size of the picture over the size of study.
        plain: whether the ground under the layers is known exactly, so that edges can be measured against it.
        check: raises where the user has asked to stop.
    """

    image: Pixels
    stack: Pixels
    scale: float
    plain: bool = True
    check: Check = never

    def place(self, box: Box, colour: Floats, alpha: Floats) -> Cut:
        """Composite a layer over the stack and return it, cut to where it shows."""
        stack = self.stack[window(box)]
        tight = bounds(alpha >= OPAQUE / 2) or (0, 0, 1, 1)
        out = np.empty((*size_of(tight), RGBA), np.uint8)
        shown, cover = colour[window(tight)], alpha[window(tight)]
        for top in range(0, len(stack), STRIP):
            self.check()
            rows = slice(top, top + STRIP)
            below = stack[rows].astype(np.float32)
            stack[rows] = rounded_bytes(below + (colour[rows] - below) * alpha[rows][..., None])
            out[rows, :, RGB] = rounded_bytes(shown[rows])
            out[rows, :, ALPHA] = rounded_bytes(cover[rows] * WHITE)
        return Cut(out, box[0] + tight[0], box[1] + tight[1])


def grown(box: Box, scale: float, shape: tuple[int, ...], margin: int) -> Box:
    """A box at the size of study, on the picture, with a margin in px of the picture."""
    left, top, right, bottom = box
    return (
        max(0, int(left * scale) - margin),
        max(0, int(top * scale) - margin),
        min(shape[1], int(np.ceil(right * scale)) + margin),
        min(shape[0], int(np.ceil(bottom * scale)) + margin),
    )


def zoomed(mask: Bools | Floats, box: Box, shape: tuple[int, ...]) -> Floats:
    """A mask of study, smooth 0..1, at full size over `box` of a picture of `shape`."""
    height, width = mask.shape[:2]
    if (height, width) == tuple(shape[:2]):
        return mask[window(box)].astype(np.float32)
    turn = np.array(
        [
            [width / shape[1], 0, (box[0] + HALF) * width / shape[1] - HALF],
            [0, height / shape[0], (box[1] + HALF) * height / shape[0] - HALF],
        ],
        np.float32,
    )
    size = size_of(box)[::-1]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return cast(
        Floats, cv2.warpAffine(mask.astype(np.float32), turn, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    )


def cut_element(canvas: Canvas, element: Element, above: Bools, clean: Floats) -> Cut | None:
    """The layer of one element.

    Args:
        above: what lies over it at the size of study, text included.
        clean: the picture without its text at the size of study.
    """
    extent = element.full if element.soft is None else element.full | element.soft
    small = bounds(extent, 1)
    if small is None:
        return None
    shape, scale = canvas.image.shape, canvas.scale
    box = grown(small, scale, shape, round(MARGIN * scale) + LEAST_MARGIN)
    image = canvas.image[window(box)].astype(np.float32)
    below = canvas.stack[window(box)].astype(np.float32)
    hidden = zoomed(dilate(above, 1), box, shape) > TOUCHED
    canvas.check()
    if element.matte is not None:
        return _cut_subject(canvas, element, box, image, hidden, clean)
    canvas.check()
    cover = _coverage(element, box, shape, scale)
    canvas.check()
    colour = _colours(canvas, element, image, cover, hidden, box)
    canvas.check()
    exact = element.shape is not None and not canvas.plain
    alpha = cover if exact else _matte(canvas, image, below, colour, cover, hidden)
    canvas.check()
    if element.soft is not None:
        colour, alpha = _with_shadow(canvas, element, box, hidden, colour, alpha)
    return canvas.place(box, colour, alpha)


def _cut_subject(canvas: Canvas, element: Element, box: Box, image: Floats, hidden: Bools, clean: Floats) -> Cut:
    """A photograph's object: its matte snapped to the picture's edges, its colours cleaned of the ground."""
    assert element.matte is not None
    alpha = zoomed(element.matte, box, canvas.image.shape)
    if canvas.scale > ENLARGED:
        alpha = guided(image / WHITE, alpha, max(2, round(2 * canvas.scale)), SNAP_EPSILON, canvas.check)
    alpha = np.clip((alpha - CLEAR) / (1 - 2 * CLEAR), 0, 1).astype(np.float32)
    source = np.where(hidden[..., None], zoomed(clean, box, canvas.image.shape), image)
    pure = alpha > PURE
    if not pure.any():
        pure = alpha > HALF
    canvas.check()
    colour = harmonic(np.where(pure[..., None], source, 0).astype(np.float32), pure, canvas.check)
    return canvas.place(box, colour, alpha)


def _coverage(element: Element, box: Box, shape: tuple[int, ...], scale: float) -> Floats:
    if element.soft is not None and not (element.visible & ~element.soft).any():
        return np.zeros(size_of(box), np.float32)
    if element.shape is not None:
        return element.shape.scaled(scale).coverage(box)
    smooth = zoomed(element.full, box, shape)
    return cast(Floats, np.clip((smooth - HALF) * max(1.0, scale) + HALF, 0, 1)) if scale > 1 else smooth


def _colours(canvas: Canvas, element: Element, image: Floats, cover: Floats, hidden: Bools, box: Box) -> Floats:
    """The element's own colours over the whole box: the picture's where they are pure, else continued from there."""
    shape, scale = canvas.image.shape, canvas.scale
    pure = erode(cover > HALF, round(1 + scale)) & ~hidden
    if element.surface is not None:
        model = element.surface.render(box, scale)
        pure &= erode(zoomed(element.visible, box, shape) > HALF, round(1 + scale))
        canvas.check()
        if not pure.any():
            return model
        rest = harmonic(np.where(pure[..., None], image - model, 0).astype(np.float32), pure, canvas.check)
        canvas.check()
        return cast(Floats, np.clip(model + rest, 0, WHITE))
    if not pure.any():
        pure = (cover > HALF) & ~hidden
    canvas.check()
    return harmonic(np.where(pure[..., None], image, 0).astype(np.float32), pure, canvas.check)


def _matte(canvas: Canvas, image: Floats, below: Floats, colour: Floats, cover: Floats, hidden: Bools) -> Floats:
    """Alpha: 1 well inside, 0 well outside, and along the visible edge how much of `colour` the picture shows over
    `below`: a = (I - B)(F - B) / |F - B|^2."""
    reach = round(EDGE * canvas.scale) + 1
    inside = cover > HALF
    band = dilate(inside, reach) & ~erode(inside, reach) & ~hidden
    if not band.any():
        return cover
    canvas.check()
    span = colour - below
    power = channel_sum(span * span)
    canvas.check()
    share = np.clip(channel_sum((image - below) * span) / np.maximum(power, 1), 0, 1)
    canvas.check()
    trusted = band & (power > SEPARABLE**2)
    out = np.where(trusted, share, cover).astype(np.float32)
    out[out < NOTHING] = 0
    out[out > 1 - NOTHING] = 1
    return out


def _with_shadow(
    canvas: Canvas, element: Element, box: Box, hidden: Bools, colour: Floats, alpha: Floats
) -> tuple[Floats, Floats]:
    """The layer with its shadow or glow under it: the least veil that explains the picture, continued where hidden."""
    assert element.soft is not None
    image, below = canvas.image[window(box)].astype(np.float32), canvas.stack[window(box)].astype(np.float32)
    soft = zoomed(dilate(element.soft, 1), box, canvas.image.shape) > SOFT
    reach = round(EDGE * canvas.scale) + 1
    canvas.check()
    solid = dilate(alpha > OPAQUE / 2, 1) if (alpha > 0).any() else alpha > 0
    seen = soft & ~hidden & ~solid
    if not seen.any():
        return colour, alpha
    canvas.check()
    dark = float((image - below)[seen].mean()) <= 0
    canvas.check()
    amount = veil(np.minimum(image, below) if dark else np.maximum(image, below), below)
    canvas.check()
    outside = ~dilate(soft, reach) & ~dilate(alpha > 0, reach)
    canvas.check()
    known = seen | outside
    field = harmonic(np.where(seen, amount, 0).astype(np.float32)[..., None], known, canvas.check)[..., 0]
    canvas.check()
    shade = np.where(soft | solid, field, 0)
    tint = np.full(CHANNELS, 0.0 if dark else WHITE, np.float32)
    total = alpha + (1 - alpha) * shade
    canvas.check()
    out = colour.copy()
    for top in range(0, len(out), STRIP):
        canvas.check()
        rows = slice(top, top + STRIP)
        own, shaded = alpha[rows][..., None], ((1 - alpha) * shade)[rows][..., None]
        mixed = (colour[rows] * own + tint * shaded) / np.maximum(total[rows], NO_ALPHA)[..., None]
        np.copyto(out[rows], mixed, where=own < 1, casting="same_kind")
    return out, total.astype(np.float32)


def cut_text(canvas: Canvas, group: list[Glyphs]) -> Cut | None:
    """One layer of all lines in `group`."""
    lows = np.array([g.box[:2] for g in group]).min(0)
    highs = np.array([g.box[2:] for g in group]).max(0)
    box = (int(lows[0]), int(lows[1]), int(highs[0]), int(highs[1]))
    size = size_of(box)
    colour, alpha = np.zeros((*size, CHANNELS), np.float32), np.zeros(size, np.float32)
    for glyphs in group:
        canvas.check()
        own_colour, own_alpha = _text_matte(canvas, glyphs)
        left, top = glyphs.box[0] - box[0], glyphs.box[1] - box[1]
        part = np.s_[top : top + own_alpha.shape[0], left : left + own_alpha.shape[1]]
        stronger = own_alpha > alpha[part]
        alpha[part] = np.where(stronger, own_alpha, alpha[part])
        colour[part] = np.where(stronger[..., None], own_colour, colour[part])
    return canvas.place(box, colour, alpha) if alpha.any() else None


def _text_matte(canvas: Canvas, glyphs: Glyphs) -> tuple[Floats, Floats]:
    image = canvas.image[window(glyphs.box)].astype(np.float32)
    below = canvas.stack[window(glyphs.box)].astype(np.float32)
    ink = np.broadcast_to(glyphs.ink, image.shape) if glyphs.flat else _ink_field(image, glyphs, canvas.check)
    span = ink - below
    power = channel_sum(span * span)
    share = np.clip(channel_sum((image - below) * span) / np.maximum(power, 1), 0, 1)
    canvas.check()
    left_over = channel_max(image - (below + span * share[..., None]))
    least = veil(image, below)
    explained = (left_over < UNEXPLAINED) & (power > SEPARABLE**2)
    canvas.check()
    alpha = np.where(explained, np.maximum(share, least), least)
    if not glyphs.flat:
        alpha = np.where(erode(glyphs.core, 1), 1, alpha)
    alpha = np.where(glyphs.support & (alpha > FAINTEST_INK), alpha, 0).astype(np.float32)
    safe = np.maximum(alpha, 1 / WHITE)[..., None]
    solved = np.clip((image - (1 - alpha[..., None]) * below) / safe, 0, WHITE)
    colour = np.where((explained & (alpha < MIXED))[..., None], ink, solved)
    return colour.astype(np.float32), alpha


def _ink_field(image: Floats, glyphs: Glyphs, check: Check) -> Floats:
    core = erode(glyphs.core, 1)
    core = core if core.sum() > ENOUGH_CORE * glyphs.core.sum() else glyphs.core
    return harmonic(np.where(core[..., None], image, 0).astype(np.float32), core, check)


def lay_ground(image: Pixels, colours: Floats, busy: Bools, check: Check = never) -> Pixels:
    """The background at full size: the picture itself where nothing covers it, `colours` elsewhere."""
    height, width = image.shape[:2]
    fill = resize(colours, width, height) if colours.shape[:2] != (height, width) else colours
    check()
    soft = zoomed(busy, (0, 0, width, height), image.shape) > TOUCHED
    out = image.copy()
    for top in range(0, height, STRIP):
        check()
        rows = slice(top, top + STRIP)
        np.copyto(out[rows], rounded_bytes(fill[rows]), where=soft[rows][..., None])
    return out


def reveal(
    stack: Pixels, canvas: Canvas, covered: Bools, layers: Iterable[Cut], clean: Floats, tolerance: float
) -> None:
    """Give the ground the picture's own pixels, in place, wherever nothing was cut and they look like ground.

    `lay_ground` fills a margin around everything that lies on the ground, since blurred edges and outlines reach into
    it. Where no layer has taken them in the end, they are ground if, in every channel, they lie within what the ground
    shows nearby; an outline does not.

    Args:
        stack: uint8 H x W x 3, the ground as `lay_ground` made it.
        covered: at the size of study, where it was filled.
        clean: the picture without its text at the size of study, float32 h x w x 3, 0..255.
        tolerance: how far, 0..255, ground may be from ground.
    """
    free = zoomed(covered, (0, 0, stack.shape[1], stack.shape[0]), canvas.image.shape) > 0
    for cut in layers:
        canvas.check()
        height, width = cut.pixels.shape[:2]
        free[cut.top : cut.top + height, cut.left : cut.left + width] &= cut.pixels[..., ALPHA] == 0
    box = bounds(free)
    if box is None:
        return
    kernel = np.ones((2 * NEARBY + 1, 2 * NEARBY + 1), np.uint8)
    hidden = covered[..., None]
    lowest = cast(Floats, cv2.erode(np.where(hidden, np.float32(WHITE), clean), kernel))
    canvas.check()
    highest = cast(Floats, cv2.dilate(np.where(hidden, np.float32(0), clean), kernel))
    left, first, right, last = box
    for top in range(first, last, STRIP):
        canvas.check()
        strip = (left, top, right, min(last, top + STRIP))
        here = window(strip)
        low, high = (zoomed(side, strip, stack.shape) for side in (lowest, highest))
        image = canvas.image[here]
        alike = free[here] & ((image >= low - tolerance) & (image <= high + tolerance)).all(2)
        np.copyto(stack[here], image, where=alike[..., None])


def cut_plainly(canvas: Canvas, box: Box, mask: Bools, covered: tuple[Bools, Floats] | None = None) -> Cut:
    """What the picture shows in `mask` (bool, over `box`) as a layer with hard edges: for what cannot be cut well.

    Args:
        covered: where, over `box`, something else lies on it, and the picture's colours without that.
    """
    colour = canvas.image[window(box)].astype(np.float32)
    if covered is not None:
        colour = np.where(covered[0][..., None], covered[1], colour)
    return canvas.place(box, colour, mask.astype(np.float32))
