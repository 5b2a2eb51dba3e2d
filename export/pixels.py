"""A layer's pixels made ready for a file: trimmed, on the canvas, as PNG."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
from PIL import Image, PngImagePlugin

from engine.document import Document, Layer, LayerKind, Pixels
from engine.imaging.compositing import Raster
from export.bleed import with_bleed
from export.metadata import profile, program
from export.registry_types import ExportOptions

_ROWS = 256
"""Rows that are looked at at a time, so that they stay in the cache."""
_DEFLATE = 4
"""Of 9: beyond it a PNG takes far longer and hardly shrinks."""


def with_original(document: Document, options: ExportOptions) -> Document:
    """The document with its flat image as a hidden bottom layer, where that is asked for and there is one."""
    if not options.include_original or document.original is None:
        return document
    original = Layer(document.original, name="Original", kind=LayerKind.BACKGROUND, visible=False)
    return document.with_siblings(None, (original, *document.nodes))


def tight_box(pixels: Pixels) -> tuple[int, int, int, int]:
    """left, top, right, bottom of what has any alpha; all 0 where nothing has."""
    if not pixels.size:
        return 0, 0, 0, 0
    if pixels[0, 0, 3] and pixels[-1, -1, 3]:
        return 0, 0, pixels.shape[1], pixels.shape[0]
    boxes = []
    for top in range(0, pixels.shape[0], _ROWS):
        x, y, w, h = cv2.boundingRect(cv2.extractChannel(pixels[top : top + _ROWS], 3))
        if w:
            boxes.append((x, top + y, x + w, top + y + h))
    if not boxes:
        return 0, 0, 0, 0
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), tops[0], max(rights), bottoms[-1]


def is_opaque(pixels: Pixels) -> bool:
    """True where every pixel's alpha is 255."""
    bands = (pixels[y : y + _ROWS, :, 3] for y in range(0, pixels.shape[0], _ROWS))
    return all(bool((band == 255).all()) for band in bands)


def trimmed(raster: Raster) -> Raster:
    """Cut to what is visible; a layer with nothing visible becomes one transparent pixel."""
    left, top, right, bottom = tight_box(raster.pixels)
    if left == right or top == bottom:
        return Raster(np.zeros((1, 1, 4), np.uint8), raster.left, raster.top)
    return Raster(raster.pixels[top:bottom, left:right], raster.left + left, raster.top + top)


def on_canvas(raster: Raster, document: Document) -> Raster:
    """The raster on a transparent picture of the document's size."""
    if raster.box == (0, 0, document.width, document.height):
        return raster
    out = np.zeros((document.height, document.width, 4), np.uint8)
    left, top, right, bottom = raster.box
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, document.width), min(bottom, document.height)
    if x0 < x1 and y0 < y1:
        out[y0:y1, x0:x1] = raster.pixels[y0 - top : y1 - top, x0 - left : x1 - left]
    return Raster(out, 0, 0)


def png_bytes(pixels: Pixels, document: Document, bleed: bool = True) -> bytes:
    """RGBA as PNG with the document's profile and resolution."""
    about = PngImagePlugin.PngInfo()
    about.add_text("Software", program())
    out = BytesIO()
    image = Image.fromarray(np.ascontiguousarray(with_bleed(pixels) if bleed else pixels))
    image.save(out, "PNG", compress_level=_DEFLATE, dpi=document.dpi, icc_profile=profile(document), pnginfo=about)
    return out.getvalue()
