"""Layers out to the clipboard, as pictures with alpha, colour profile and resolution that other programs paste too."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QColorSpace, QGuiApplication, QImage

from engine.cancel import Check, never
from engine.document import Document, Pixels
from engine.editing.alone import alone, covered
from engine.editing.edits import outermost
from engine.editing.plans import area_of
from engine.imaging.compositing import Raster, composite

PLACE = "application/x-unflatten-place"
"""Beside the picture: where it was in the document and what it was called, as JSON {left, top, name}."""
PNG = "image/png"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """What goes to the clipboard: uint8 H x W x 4 straight RGBA, where it was (None: the whole picture), and as PNG."""

    pixels: Pixels
    dpi: tuple[float, float]
    icc: bytes | None
    place: dict[str, object] | None
    png: bytes


def size_of(document: Document, selection: Sequence[str]) -> int:
    """Px that `picture_of` has to work through, about."""
    return 2 * area_of(tuple(outermost(document, selection)))


def picture_of(
    document: Document, selection: Sequence[str], cover: Raster | None = None, check: Check = never
) -> Picture | None:
    """What the selected nodes look like, and nothing else; None where they show nothing.

    With `cover`, whose alpha is a selected part of the picture, only that part of them. Raises Cancelled soon after
    `check` does.
    """
    shown = alone(document, selection, cover, check)
    if shown is None:
        return None
    check()
    name = outermost(document, selection)[-1].name
    return _picture(document, shown.pixels, {"left": shown.left, "top": shown.top, "name": name})


def merged_picture(document: Document, cover: Raster | None = None, check: Check = never) -> Picture:
    """The whole picture, or the part of it that `cover` selects."""
    whole = composite(document, check=check)
    if cover is None:
        return _picture(document, whole, None)
    left, top, right, bottom = cover.box
    part = covered(whole[top:bottom, left:right], cover.box, cover)
    return _picture(document, part, {"left": left, "top": top, "name": "Merged"})


def put(picture: Picture) -> None:
    """Put a picture on the clipboard."""
    mime = QMimeData()
    mime.setData(PNG, picture.png)
    mime.setImageData(_image(picture))
    if picture.place is not None:
        mime.setData(PLACE, json.dumps(picture.place).encode())
    QGuiApplication.clipboard().setMimeData(mime)


def place_of(mime: QMimeData) -> dict[str, object] | None:
    """Where a picture that came from a document was, or None for one from elsewhere."""
    if not mime.hasFormat(PLACE):
        return None
    try:
        found = json.loads(bytes(mime.data(PLACE).data()))
        return {"left": int(found["left"]), "top": int(found["top"]), "name": str(found["name"])}
    except (ValueError, KeyError, TypeError):
        return None


def _picture(document: Document, pixels: Pixels, place: dict[str, object] | None) -> Picture:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1, icc_profile=document.icc, dpi=document.dpi)
    return Picture(pixels, document.dpi, document.icc, place, out.getvalue())


def _image(picture: Picture) -> QImage:
    h, w = picture.pixels.shape[:2]
    image = QImage(picture.pixels.tobytes(), w, h, 4 * w, QImage.Format.Format_RGBA8888).copy()
    image.setDotsPerMeterX(round(picture.dpi[0] / 0.0254))
    image.setDotsPerMeterY(round(picture.dpi[1] / 0.0254))
    if picture.icc is not None:
        image.setColorSpace(QColorSpace.fromIccProfile(picture.icc))
    return image
