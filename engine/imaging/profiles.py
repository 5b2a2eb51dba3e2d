"""Colours from one RGB profile to another, for what is pasted into a document."""

from __future__ import annotations

import io
from dataclasses import replace

import numpy as np
from PIL import Image, ImageCms

from engine.document import Document, Layer, Node, Pixels, frozen
from engine.errors import InputError


def converted(document: Document, icc: bytes | None) -> Document:
    """The document with its layers' colours in that profile (None: sRGB); alpha stays.

    Raises InputError where the profiles cannot be used for it.
    """
    if document.icc == icc:
        return document
    try:
        change = ImageCms.buildTransform(
            _profile(document.icc), _profile(icc), "RGB", "RGB", ImageCms.Intent.RELATIVE_COLORIMETRIC
        )
    except (OSError, ImageCms.PyCMSError):
        raise InputError("The picture's colour profile cannot be converted; save it as sRGB first.") from None

    def repainted(node: Node) -> Node:
        return replace(node, pixels=_applied(change, node.pixels)) if isinstance(node, Layer) else node

    return replace(document.map_nodes(repainted), icc=icc)


def _profile(icc: bytes | None) -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB") if icc is None else io.BytesIO(icc))


def _applied(change: ImageCms.ImageCmsTransform, pixels: Pixels) -> Pixels:
    if not pixels.size:
        return pixels
    rgb = ImageCms.applyTransform(Image.fromarray(np.ascontiguousarray(pixels[..., :3])), change)
    if rgb is None:
        raise InputError("The picture's colours cannot be converted; save it as sRGB first.")
    return frozen(np.dstack([np.asarray(rgb), pixels[..., 3]]))
