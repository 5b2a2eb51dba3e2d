"""PSD and PSB files as documents."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine.cancel import Check
from engine.document import BlendMode, Group, Layer, LayerKind, Mask, Node, Pixels, Recolor, frozen
from engine.errors import InputError
from engine.file_keys import (
    BLEND_KEYS,
    BLEND_MODES,
    COLOR_KEY,
    KINDS,
    MAX_CHANNELS,
    PROGRAM,
    PSD_HEADER,
    PSD_SIGNATURE,
    Resource,
)
from engine.opening.flat import Opened, open_image
from engine.opening.limits import MAX_DEPTH, check_counts, check_size
from engine.opening.losses import Losses, with_layers

LONGEST_NAME = 60
"""Characters of a layer's name within a sentence."""
_KINDS = {"type": LayerKind.TEXT, "shape": LayerKind.SHAPE}
_FILLS = ("solidcolorfill", "gradientfill", "patternfill")
_WITH_PIXELS = ("pixel", "type", "shape", "smartobject", *_FILLS)


def open_psd(path: Path, limit: float, check: Check) -> Opened:
    """Open a PSD or PSB with its layers. Raises InputError and what `check` does; damaged ones may raise anything."""
    with path.open("rb") as stream:
        _check_structure(stream, path, limit)
    flat = open_image(path, limit, check)
    from psd_tools import PSDImage

    psd: Any = PSDImage.open(path)
    losses = Losses()
    return with_layers(flat, _Reader(psd, losses, check).nodes(psd), losses)


def _check_structure(stream: IO[bytes], path: Path, limit: float) -> None:
    """Walk the sections' lengths and layer records without decoding: a bad file is refused here, at no cost."""
    size = path.stat().st_size
    damaged = InputError("opening.damaged", name=path.name)
    try:
        signature, version, _, height, width, depth, _ = PSD_HEADER.unpack(stream.read(PSD_HEADER.size))
        if signature != PSD_SIGNATURE or version not in (1, 2) or depth not in (1, 8, 16, 32):
            raise damaged
        check_size(width, height, path.name, limit)
        for _ in range(2):
            _skip(stream, ">I", size)
        areas = list(_layer_areas(stream, version == 2, size))
    except (struct.error, ValueError):
        raise damaged from None
    check_counts(len(areas), sum(areas), size, path.name, limit)


def _skip(stream: IO[bytes], form: str, size: int) -> int:
    (length,) = struct.unpack(form, stream.read(struct.calcsize(form)))
    if stream.tell() + length > size:
        raise ValueError
    stream.seek(length, 1)
    return int(length)


def _layer_areas(stream: IO[bytes], large: bool, size: int) -> Iterator[int]:
    """The area of each layer record in px. Raises ValueError or struct.error where lengths do not fit."""
    wide, pair = (">Q", ">hQ") if large else (">I", ">hI")
    (section,) = struct.unpack(wide, stream.read(struct.calcsize(wide)))
    if stream.tell() + section > size:
        raise ValueError
    if not section:
        return
    (info,) = struct.unpack(wide, stream.read(struct.calcsize(wide)))
    if not info:
        return  # layers of 16 bits stand elsewhere; the reader bounds them
    (count,) = struct.unpack(">h", stream.read(2))
    data = 0
    for _ in range(abs(count)):
        top, left, bottom, right, channels = struct.unpack(">iiiiH", stream.read(18))
        if channels > MAX_CHANNELS or right < left or bottom < top:
            raise ValueError
        for _ in range(channels):
            _, length = struct.unpack(pair, stream.read(struct.calcsize(pair)))
            data += length
        stream.seek(12, 1)
        _skip(stream, ">I", size)
        yield (right - left) * (bottom - top)
    if stream.tell() + data > size:
        raise ValueError


class _Reader:
    def __init__(self, psd: Any, losses: Losses, check: Check) -> None:
        self._psd = psd
        self._losses = losses
        self._check = check
        self._is_rgb = psd.color_mode.name == "RGB"
        self._is_ours = f"<xmp:CreatorTool>{PROGRAM}".encode() in _xmp(psd)

    def nodes(self, parent: Any, depth: int = 0) -> tuple[Node, ...]:
        if depth > MAX_DEPTH:
            raise RecursionError
        nodes: list[Node] = []
        base: Layer | None = None
        for item in parent:
            self._check()
            if item.is_group():
                nodes.append(self._group(item, depth))
                base = None
            elif base is not None and (item.clipping or self._is_over_all(item, nodes)):
                self._clipped(item, base, nodes)
            else:
                base = self._layer(item, bottom=depth == 0 and not nodes)
                if base is not None:
                    nodes.append(base)
        return tuple(nodes)

    def _is_over_all(self, item: Any, nodes: list[Node]) -> bool:
        """True for a recolouring right above a Background, which needs no clipping to change that alone."""
        only = nodes[0] if len(nodes) == 1 else None
        whole = (
            isinstance(only, Layer) and only.kind is LayerKind.BACKGROUND and bool((only.pixels[..., 3] == 255).all())
        )
        return whole and self._recolor(item, Recolor()) is not None

    def _group(self, item: Any, depth: int) -> Group:
        if item.has_mask():
            self._losses.add("opening.lost-group-mask")
        children = self.nodes(item, depth + 1)
        return Group(children, item.name, opacity=item.opacity / 255, visible=item.visible, blend_mode=self._mode(item))

    def _layer(self, item: Any, bottom: bool) -> Layer | None:
        """The layer with its pixels, or None where it has none."""
        if item.kind not in _WITH_PIXELS:
            self._losses.add("opening.lost-adjustment", name=item.name[:LONGEST_NAME])
            return None
        pixels = self._pixels(item)
        if pixels is None:
            self._losses.add("opening.lost-named-layer", name=item.name[:LONGEST_NAME])
            return None
        if item.has_effects():
            self._losses.add("opening.lost-effects", name=item.name[:LONGEST_NAME])
        return Layer(
            pixels,
            item.left,
            item.top,
            item.name,
            self._kind(item, bottom),
            mask=self._mask(item, pixels),
            opacity=item.opacity / 255 * _fill(item),
            blend_mode=self._mode(item),
            visible=item.visible,
            locked=_is_locked(item),
        )

    def _pixels(self, item: Any) -> Pixels | None:
        if not item.width or not item.height:
            empty = item.kind == "pixel"
            return np.zeros((0, 0, 4), np.uint8) if empty else None
        image = item.topil(apply_icc=not self._is_rgb)
        if image is None:
            return None
        pixels = np.asarray(image.convert("RGBA"))
        return frozen(pixels) if pixels.shape[:2] == (item.height, item.width) else None

    def _kind(self, item: Any, bottom: bool) -> LayerKind:
        if self._is_ours and (known := KINDS.get(int(item.sheet_color))):
            return known
        whole = (item.left, item.top, item.width, item.height) == (0, 0, self._psd.width, self._psd.height)
        return LayerKind.BACKGROUND if bottom and whole else _KINDS.get(item.kind, LayerKind.OBJECT)

    def _mode(self, item: Any) -> BlendMode:
        mode = BLEND_MODES.get(item.blend_mode.value)
        if mode is None:
            name = item.blend_mode.name.replace("_", " ").title()
            self._losses.add("opening.lost-mode", mode=name)
        return mode or BlendMode.NORMAL

    def _mask(self, item: Any, pixels: Pixels) -> Mask | None:
        """The layer's mask in the layer's own box."""
        mask = item.mask
        if mask is None or mask.disabled or not pixels.size:
            return None
        out = np.full(pixels.shape[:2], mask.background_color, np.uint8)
        if mask.width > 0 and mask.height > 0:
            picture = np.asarray(mask.topil().convert("L"))
            left, top = max(mask.left, item.left), max(mask.top, item.top)
            right, bottom = min(mask.right, item.right), min(mask.bottom, item.bottom)
            if left < right and top < bottom:
                part = picture[top - mask.top : bottom - mask.top, left - mask.left : right - mask.left]
                out[top - item.top : bottom - item.top, left - item.left : right - item.left] = part
        return Mask(frozen(out))

    def _clipped(self, item: Any, base: Layer, nodes: list[Node]) -> None:
        """A recolouring goes into the layer below; a picture gets that layer's shape as its mask."""
        at = next(i for i, node in enumerate(nodes) if node.id == base.id)
        recolor = self._recolor(item, getattr(nodes[at], "recolor", Recolor()))
        if recolor is not None:
            current = nodes[at]
            if isinstance(current, Layer):
                nodes[at] = replace(current, recolor=recolor)
            return
        layer = self._layer(item, bottom=False)
        if layer is not None and layer.pixels.size:
            nodes.append(replace(layer, mask=_shape_of(base, layer), visible=layer.visible and base.visible))
            self._losses.add("opening.lost-clipping")

    def _recolor(self, item: Any, before: Recolor) -> Recolor | None:
        """The recolouring that an adjustment or fill stands for, or None."""
        if (
            not item.visible
            or item.has_mask()
            or item.blend_mode.value not in (BLEND_KEYS[BlendMode.NORMAL], COLOR_KEY)
        ):
            return None
        if item.kind == "huesaturation" and item.opacity == 255 and not item.enable_colorization:
            if any(any(values) for _, values in item.data):
                return None
            hue, saturation, lightness = (float(v) for v in item.master)
            return replace(before, hue=hue, saturation=saturation, lightness=lightness)
        if item.kind == "solidcolorfill" and item.blend_mode.value == COLOR_KEY:
            colour = item.data
            red, green, blue = (round(min(max(float(colour[k]), 0), 255)) for k in (b"Rd  ", b"Grn ", b"Bl  "))
            return replace(before, colorize=(red, green, blue), strength=item.opacity / 255)
        return None


def _xmp(psd: Any) -> bytes:
    data = psd.image_resources.get_data(Resource.XMP)
    return bytes(data) if isinstance(data, bytes) else b""


def _fill(item: Any) -> float:
    """Fill opacity 0..1; without effects it acts as opacity does."""
    return float(item.fill_opacity) / 255


def _is_locked(item: Any) -> bool:
    locks = item.locks
    return bool(locks is not None and (locks.complete or (locks.composite and locks.position)))


def _shape_of(base: Layer, layer: Layer) -> Mask:
    """The alpha of `base` in the box of `layer`, times the mask that `layer` has."""
    out = np.zeros(layer.pixels.shape[:2], np.uint8)
    left, top = max(base.left, layer.left), max(base.top, layer.top)
    right, bottom = (
        min(base.left + base.width, layer.left + layer.width),
        min(base.top + base.height, layer.top + layer.height),
    )
    if left < right and top < bottom:
        alpha = base.pixels[top - base.top : bottom - base.top, left - base.left : right - base.left, 3]
        if base.mask is not None:
            inner = base.mask.pixels[top - base.top : bottom - base.top, left - base.left : right - base.left]
            alpha = (alpha.astype(np.uint16) * inner // 255).astype(np.uint8)
        out[top - layer.top : bottom - layer.top, left - layer.left : right - layer.left] = alpha
    if layer.mask is not None:
        out = (out.astype(np.uint16) * layer.mask.pixels // 255).astype(np.uint8)
    return Mask(frozen(out))
