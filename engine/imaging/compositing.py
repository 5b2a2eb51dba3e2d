"""The reference compositor: what a document looks like, in NumPy. Exporters, the canvas and every figure agree with it.

Blending is in the document's own (non-linear) RGB, as image editors do by default. Formulas: W3C "Compositing and
Blending Level 1", which are those of the PDF specification (ISO 32000-1, 11.3.5); source over for the rest.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cancel import Check, never
from engine.document import BlendMode, Document, Group, Layer, Mask, Node, Pixels, frozen
from engine.imaging.coloring import recolored

Floats: TypeAlias = NDArray[np.floating[Any]]
Box: TypeAlias = tuple[int, int, int, int]
"""left, top, right, bottom in px; right and bottom are exclusive."""

STRIP_PIXELS = 1 << 20
"""px that one thread composites at a time."""
TINY = 1e-6
"""An alpha or a share that is not divided by."""
WIDE = 180  # 8-bit to 16-bit, with room above for a bicubic overshoot: clipping it would tint edges


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """Pixels ready to be blended: uint8 h x w x 4 straight alpha at an integer place in the document."""

    pixels: Pixels
    left: int
    top: int

    @property
    def box(self) -> Box:
        """Where it lies in the document."""
        h, w = self.pixels.shape[:2]
        return self.left, self.top, self.left + w, self.top + h


def matrix(layer: Layer) -> NDArray[np.float64]:
    """2 x 3 affine matrix from the layer's pixel coordinates (0, 0 = top left corner) to document coordinates."""
    t = layer.transform
    cx, cy = layer.width / 2, layer.height / 2
    angle = math.radians(t.rotation)
    cos, sin = math.cos(angle), math.sin(angle)
    a, b = cos * t.scale_x, -sin * t.scale_y
    c, d = sin * t.scale_x, cos * t.scale_y
    x, y = layer.left + cx + t.dx, layer.top + cy + t.dy
    return np.array([[a, b, x - a * cx - b * cy], [c, d, y - c * cx - d * cy]])


def bounds(layer: Layer) -> tuple[float, float, float, float]:
    """left, top, right, bottom of the transformed layer in document px (exact, may be fractional)."""
    m = matrix(layer)
    corners = np.array([[0, 0, 1], [layer.width, 0, 1], [0, layer.height, 1], [layer.width, layer.height, 1]]) @ m.T
    (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
    return float(left), float(top), float(right), float(bottom)


def render_layer(layer: Layer) -> Raster:
    """The layer's pixels with mask, recolour and transform applied; opacity and blend mode are left to the blend.

    A layer without any of these gives its own pixels, not a copy. Whole-pixel moves and turns by 90 degrees are
    exact; scaling uses area averaging (down) or bicubic (up) and rotation bicubic, on premultiplied 16-bit values.
    """
    pixels = masked(recolored(layer.pixels, layer.recolor), layer.mask)
    return place(pixels, layer)


def masked(pixels: Pixels, mask: Mask | None) -> Pixels:
    """RGBA with its alpha multiplied by the mask; the same array where there is none."""
    if mask is None:
        return pixels
    out = pixels.copy()
    out[..., 3] = (pixels[..., 3].astype(np.uint16) * mask.pixels + 127) // 255
    return frozen(out)


def place(pixels: Pixels, layer: Layer) -> Raster:
    """`pixels` (of the layer's own size) under the layer's transform."""
    t = layer.transform
    if t.is_integer_move:
        return Raster(pixels, layer.left + int(t.dx), layer.top + int(t.dy))
    if t.rotation % 90 == 0:
        return _place_upright(pixels, layer)
    return _place_turned(pixels, layer)


def composite(document: Document, box: Box | None = None, check: Check = never) -> Pixels:
    """What the document looks like: uint8 H x W x 4 straight alpha of the whole canvas, or of `box`.

    Colour where alpha is 0 is black. Works in strips on all cores: the memory beyond the result is small.
    """
    return composite_nodes(document.nodes, box or (0, 0, document.width, document.height), check)


def composite_nodes(nodes: Sequence[Node], box: Box, check: Check = never) -> Pixels:
    """The stack of `nodes` (bottom to top) over transparency, within `box`. Raises what `check` raises, soon after."""
    left, top, right, bottom = box
    out = np.zeros((bottom - top, right - left, 4), np.uint8)
    items = prepare(nodes, check)
    rows = max(1, STRIP_PIXELS // max(1, right - left))

    def strip(y: int) -> None:
        check()
        part = (left, y, right, min(y + rows, bottom))
        colour, alpha = _empty(part)
        _draw(items, part, colour, alpha)
        out[y - top : part[3] - top] = _to_bytes(colour, alpha)

    tops = range(top, bottom, rows)
    if len(tops) == 1:  # exporters ask for many small boxes
        strip(top)
        return out
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(strip, tops))
    return out


@dataclass(frozen=True, slots=True, eq=False)
class _Item:
    """A visible node with its raster, or its children, ready to be drawn in any strip."""

    opacity: float
    blend_mode: BlendMode
    raster: Raster | None = None
    children: tuple[_Item, ...] = ()


def prepare(nodes: Sequence[Node], check: Check = never) -> tuple[_Item, ...]:
    """The visible ones of `nodes`, with their rasters made. Raises Cancelled soon after `check` does."""
    return tuple(_prepare(nodes, check))


def _prepare(nodes: Sequence[Node], check: Check) -> Iterator[_Item]:
    for node in nodes:
        if not node.visible or node.opacity <= 0:
            continue
        if isinstance(node, Group):
            yield _Item(node.opacity, node.blend_mode, children=prepare(node.children, check))
        elif isinstance(node, Layer) and node.pixels.size:
            check()
            yield _Item(node.opacity, node.blend_mode, raster=render_layer(node))


def _empty(box: Box) -> tuple[Floats, Floats]:
    h, w = box[3] - box[1], box[2] - box[0]
    return np.zeros((h, w, 3), np.float32), np.zeros((h, w, 1), np.float32)


def _draw(items: Sequence[_Item], box: Box, colour: Floats, alpha: Floats) -> None:
    """Blend items into premultiplied `colour` and `alpha` (both 0..1), in place."""
    for item in items:
        if item.raster is not None:
            _draw_raster(item, item.raster, box, colour, alpha)
        elif item.blend_mode is BlendMode.PASS_THROUGH:
            _draw_through(item, box, colour, alpha)
        else:
            inner_colour, inner_alpha = _empty(box)
            _draw(item.children, box, inner_colour, inner_alpha)
            source = inner_colour / np.maximum(inner_alpha, TINY)
            _blend_in(colour, alpha, source, inner_alpha * item.opacity, item.blend_mode)


def _draw_through(item: _Item, box: Box, colour: Floats, alpha: Floats) -> None:
    if item.opacity >= 1:
        _draw(item.children, box, colour, alpha)
        return
    inner_colour, inner_alpha = colour.copy(), alpha.copy()
    _draw(item.children, box, inner_colour, inner_alpha)
    colour += (inner_colour - colour) * np.float32(item.opacity)
    alpha += (inner_alpha - alpha) * np.float32(item.opacity)


def _draw_raster(item: _Item, raster: Raster, box: Box, colour: Floats, alpha: Floats) -> None:
    left, top = max(box[0], raster.left), max(box[1], raster.top)
    right, bottom = min(box[2], raster.box[2]), min(box[3], raster.box[3])
    if left >= right or top >= bottom:
        return
    part = raster.pixels[top - raster.top : bottom - raster.top, left - raster.left : right - raster.left]
    here = np.s_[top - box[1] : bottom - box[1], left - box[0] : right - box[0]]
    values = part.astype(np.float32)
    values *= np.float32(1 / 255)
    _blend_in(colour[here], alpha[here], values[..., :3], values[..., 3:] * item.opacity, item.blend_mode)


def _blend_in(colour: Floats, alpha: Floats, source: Floats, source_alpha: Floats, mode: BlendMode) -> None:
    """co = as (1 - ab) Cs + as ab B(Cb, Cs) + (1 - as) ab Cb, with `colour` = ab Cb, in place."""
    if mode is not BlendMode.NORMAL:
        backdrop = colour / np.maximum(alpha, TINY)
        np.minimum(backdrop, 1, out=backdrop)
        source = source + (blend(mode, backdrop, source) - source) * alpha
    colour *= 1 - source_alpha
    colour += source * source_alpha
    alpha += source_alpha - alpha * source_alpha


def _to_bytes(colour: Floats, alpha: Floats) -> Pixels:
    out = np.empty((*alpha.shape[:2], 4), np.uint8)
    straight = colour / np.maximum(alpha, TINY)
    out[..., :3] = np.rint(np.clip(straight, 0, 1) * 255)
    out[..., 3:] = np.rint(np.clip(alpha, 0, 1) * 255)
    out[out[..., 3] == 0] = 0
    return out


def blend(mode: BlendMode, backdrop: Floats, source: Floats) -> Floats:
    """B(Cb, Cs) of a separable blend mode; float32 arrays of one shape, 0..1."""
    return _BLEND[mode](backdrop, source)


def _hard_light(b: Floats, s: Floats) -> Floats:
    return np.where(s <= 0.5, 2 * b * s, b + (2 * s - 1) - b * (2 * s - 1))


def _dodge(b: Floats, s: Floats) -> Floats:
    quotient = np.minimum(1, b / np.maximum(1 - s, TINY))
    return np.where(b <= 0, np.float32(0), np.where(s >= 1, np.float32(1), quotient))


def _burn(b: Floats, s: Floats) -> Floats:
    quotient = 1 - np.minimum(1, (1 - b) / np.maximum(s, TINY))
    return np.where(b >= 1, np.float32(1), np.where(s <= 0, np.float32(0), quotient))


def _soft_light(b: Floats, s: Floats) -> Floats:
    d = np.where(b <= 0.25, ((16 * b - 12) * b + 4) * b, np.sqrt(b))
    return np.where(s <= 0.5, b - (1 - 2 * s) * b * (1 - b), b + (2 * s - 1) * (d - b))


_BLEND: dict[BlendMode, Callable[[Floats, Floats], Floats]] = {
    BlendMode.NORMAL: lambda _b, s: s,
    BlendMode.MULTIPLY: lambda b, s: b * s,
    BlendMode.SCREEN: lambda b, s: b + s - b * s,
    BlendMode.OVERLAY: lambda b, s: _hard_light(s, b),
    BlendMode.DARKEN: lambda b, s: np.minimum(b, s),
    BlendMode.LIGHTEN: lambda b, s: np.maximum(b, s),
    BlendMode.COLOR_DODGE: _dodge,
    BlendMode.COLOR_BURN: _burn,
    BlendMode.HARD_LIGHT: _hard_light,
    BlendMode.SOFT_LIGHT: _soft_light,
    BlendMode.DIFFERENCE: lambda b, s: np.abs(b - s),
    BlendMode.EXCLUSION: lambda b, s: b + s - 2 * b * s,
}


def _place_upright(pixels: Pixels, layer: Layer) -> Raster:
    """Turns by multiples of 90 degrees and scaling: the result snaps to whole pixels, so straight edges stay sharp."""
    t = layer.transform
    quarter = round(t.rotation / 90) % 4
    if t.scale_x < 0:
        pixels = pixels[:, ::-1]
    if t.scale_y < 0:
        pixels = pixels[::-1]
    pixels = np.rot90(pixels, -quarter)
    left, top, right, bottom = bounds(layer)
    w, h = max(1, round(right - left)), max(1, round(bottom - top))
    x, y = round((left + right - w) / 2), round((top + bottom - h) / 2)
    if (h, w) != pixels.shape[:2]:
        pixels = _unpremultiplied(_resized(_premultiplied(pixels), w, h))
    return Raster(frozen(pixels), x, y)


def _place_turned(pixels: Pixels, layer: Layer) -> Raster:
    m = matrix(layer)
    values = _premultiplied(pixels)
    w, h = _reduced(layer.width, layer.transform.scale_x), _reduced(layer.height, layer.transform.scale_y)
    if (w, h) != (layer.width, layer.height):
        values = _resized(values, w, h)
        m = m @ np.diag([layer.width / w, layer.height / h, 1.0])
    left, top, right, bottom = bounds(layer)
    x, y = math.floor(left) - 1, math.floor(top) - 1
    size = (math.ceil(right) + 1 - x, math.ceil(bottom) + 1 - y)
    m = m.copy()
    # OpenCV puts pixel centres at integers; the document puts them at + 0.5.
    m[:, 2] += m[:, :2] @ (0.5, 0.5) - (x + 0.5, y + 0.5)
    turned = cv2.warpAffine(values, m, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_CONSTANT, borderValue=0)
    return Raster(frozen(_unpremultiplied(turned.astype(np.uint16, copy=False))), x, y)


def _reduced(side: int, scale: float) -> int:
    """The size to average down to before turning: interpolation alone would skip pixels."""
    return max(1, round(side * abs(scale))) if abs(scale) < 1 else side


def _resized(values: NDArray[np.uint16], w: int, h: int) -> NDArray[np.uint16]:
    src_h, src_w = values.shape[:2]
    # Per axis: area averaging where it shrinks, bicubic where it grows.
    shrunk = (min(w, src_w), min(h, src_h))
    if shrunk != (src_w, src_h):
        values = cv2.resize(values, shrunk, interpolation=cv2.INTER_AREA).astype(np.uint16, copy=False)
    if shrunk != (w, h):
        values = cv2.resize(values, (w, h), interpolation=cv2.INTER_CUBIC).astype(np.uint16, copy=False)
    return values


def _premultiplied(pixels: Pixels) -> NDArray[np.uint16]:
    """Straight 8-bit RGBA to premultiplied 16-bit: alpha x WIDE, colour x alpha."""
    out = np.empty(pixels.shape, np.uint16)
    alpha = pixels[..., 3:].astype(np.uint32)
    out[..., :3] = (pixels[..., :3] * alpha * WIDE + 127) // 255
    out[..., 3:] = alpha * WIDE
    return out


def _unpremultiplied(values: NDArray[np.uint16]) -> Pixels:
    out = np.empty(values.shape, np.uint8)
    alpha = values[..., 3:].astype(np.float32)
    colour = values[..., :3] * (255 / np.maximum(alpha, 1))
    out[..., :3] = np.rint(np.minimum(colour, 255))
    out[..., 3:] = np.rint(np.minimum(alpha / WIDE, 255))
    return out
