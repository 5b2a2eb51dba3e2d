"""From an engine's layers to sheets at the source's size: checked, clipped to the canvas, resampled."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np

from engine.cancel import Check, never
from engine.decomposer import WorkingLayer, WorkingStack
from engine.document import Pixels
from engine.errors import InputError, RunFailed
from engine.imaging.arrays import (
    ALPHA,
    RGB,
    RGBA,
    WHITE,
)
from engine.lifting.resample import Floats, Grid, Kernel, lanczos3, resample
from engine.lifting.sheet import Box, Sheet
from engine.words import Message, note

_MARGIN = 4

_NO_ALPHA = 1e-3
"""Keeps the colour of what does not show finite."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """The source's size and the working canvas that stands for it."""

    width: int
    height: int
    working_width: int
    working_height: int

    @property
    def box(self) -> Box:
        """The source, px."""
        return Box(0, 0, self.width, self.height)

    @property
    def working_box(self) -> Box:
        """The working canvas, working px."""
        return Box(0, 0, self.working_width, self.working_height)

    @property
    def scale_x(self) -> float:
        """Source px per working px."""
        return self.width / self.working_width

    @property
    def scale_y(self) -> float:
        """Source px per working px."""
        return self.height / self.working_height

    @property
    def is_same_size(self) -> bool:
        """Whether nothing needs to be resampled."""
        return (self.width, self.height) == (self.working_width, self.working_height)

    def grid(self, left: int = 0, top: int = 0) -> Grid:
        """How a raster lies on the source whose first sample is at `left`, `top` (working px)."""
        return Grid(self.scale_x, self.scale_y, left, top)

    def to_source(self, box: Box) -> Box:
        """Every source pixel that a working box touches."""
        return Box(
            int(np.floor(box.left * self.scale_x)),
            int(np.floor(box.top * self.scale_y)),
            int(np.ceil(box.right * self.scale_x)),
            int(np.ceil(box.bottom * self.scale_y)),
        ).meet(self.box)


def check_pixels(pixels: Pixels, what: Message) -> None:
    """Raise InputError unless `pixels` is a uint8 H x W x 4 array with at least one pixel."""
    if not _is_rgba(pixels):
        found = f"{pixels.dtype} {pixels.shape}" if isinstance(pixels, np.ndarray) else type(pixels).__name__
        raise InputError("lifting.not-rgba", what=what, found=found)
    if not pixels.size:
        raise InputError("lifting.no-pixels", what=what)


def _is_rgba(pixels: object) -> bool:
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        return False
    return bool(pixels.shape[2:] == (RGBA,))


def check_stack(original: Pixels, stack: WorkingStack) -> Sizes:
    """The sizes of a stack that can be lifted; raises InputError or RunFailed for one that cannot."""
    check_pixels(original, note("lifting.the-image"))
    if not original[..., ALPHA].any():
        raise InputError("lifting.transparent")
    if not stack.layers:
        raise RunFailed("lifting.no-layers")
    if stack.width < 1 or stack.height < 1:
        raise RunFailed("lifting.no-canvas", width=stack.width, height=stack.height)
    for index, layer in enumerate(stack.layers):
        if not _is_rgba(layer.pixels):
            check_pixels(layer.pixels, note("lifting.engine-layer", number=index + 1))
    return Sizes(original.shape[1], original.shape[0], stack.width, stack.height)


def clipped(layer: WorkingLayer, sizes: Sizes) -> WorkingLayer | None:
    """The part of `layer` that lies on the canvas, cut to its tight box, or None where nothing shows."""
    height, width = layer.pixels.shape[:2]
    on_canvas = Box(layer.left, layer.top, layer.left + width, layer.top + height).meet(sizes.working_box)
    if not on_canvas.area:
        return None
    rows, cols = on_canvas.within(Box(layer.left, layer.top, 0, 0))
    x, y, w, h = cv2.boundingRect(np.ascontiguousarray(layer.pixels[rows, cols, ALPHA]))
    if not w:
        return None
    left, top = on_canvas.left + x, on_canvas.top + y
    rows, cols = Box(left, top, left + w, top + h).within(Box(layer.left, layer.top, 0, 0))
    return replace(layer, pixels=layer.pixels[rows, cols], left=left, top=top)


def padded(layer: WorkingLayer, sizes: Sizes, *, edge_alpha: bool = True) -> tuple[Pixels, int, int]:
    """The layer's pixels with a margin for the kernel, and the working position of its first sample.

    The margin repeats the edge, but is transparent where the layer ends inside the canvas: there is nothing there.
    """
    height, width = layer.pixels.shape[:2]
    out = np.pad(layer.pixels, ((_MARGIN, _MARGIN), (_MARGIN, _MARGIN), (0, 0)), mode="edge")
    if edge_alpha:
        if layer.left > 0:
            out[:, :_MARGIN, ALPHA] = 0
        if layer.top > 0:
            out[:_MARGIN, :, ALPHA] = 0
        if layer.left + width < sizes.working_width:
            out[:, -_MARGIN:, ALPHA] = 0
        if layer.top + height < sizes.working_height:
            out[-_MARGIN:, :, ALPHA] = 0
    return out, layer.left - _MARGIN, layer.top - _MARGIN


def placed(layer: WorkingLayer, sizes: Sizes, check: Check = never, kernel: Kernel = lanczos3) -> Sheet:
    """The layer resampled to the source's size, colour weighted by alpha; a plain copy where the sizes agree."""
    height, width = layer.pixels.shape[:2]
    own = Box(layer.left, layer.top, layer.left + width, layer.top + height)
    if sizes.is_same_size:
        return Sheet(layer.pixels.copy(), own, layer)
    box = sizes.to_source(own.grown(2, sizes.working_box))
    pixels, left, top = padded(layer, sizes)
    planes = premultiplied(pixels)
    out = np.empty((box.height, box.width, RGBA), np.uint8)
    for tile in box.tiles():
        check()
        piece = resample(planes, sizes.grid(left, top), (tile.top, tile.bottom), (tile.left, tile.right), kernel)
        out[tile.within(box)] = straight(piece)
    return Sheet(out, box, layer)


def premultiplied(pixels: Pixels) -> Floats:
    """uint8 h x w x 4 straight to float32 4 x h x w, colour times alpha in 0..255, alpha in 0..1."""
    planes = np.moveaxis(pixels, -1, 0).astype(np.float32)
    planes[ALPHA] /= WHITE
    planes[RGB] *= planes[ALPHA]
    return planes


def straight(planes: Floats) -> Pixels:
    """The reverse of `premultiplied`, clipped and rounded."""
    alpha = np.clip(planes[ALPHA], 0, 1)
    colour = planes[RGB] / np.maximum(alpha, _NO_ALPHA)
    out = np.empty((*alpha.shape, RGBA), np.uint8)
    out[..., RGB] = np.moveaxis(np.clip(np.rint(colour), 0, WHITE), 0, -1)
    out[..., ALPHA] = np.rint(alpha * WHITE)
    out[out[..., ALPHA] == 0] = 0
    return out
