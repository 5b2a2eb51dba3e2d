"""What a file says about itself: colour profile, XMP, thumbnail."""

from __future__ import annotations

import functools
import io
from importlib.metadata import PackageNotFoundError, version
from xml.sax.saxutils import escape

import cv2
import numpy as np
from PIL import Image

from engine.document import Document, Pixels
from engine.file_keys import PROGRAM

THUMBNAIL_SIDE = 160
"""px: what Photoshop writes at most."""
_TILE = 128
_QUALITY = 88
"""Of the thumbnail's JPEG."""


@functools.cache
def srgb_profile() -> bytes:
    """An sRGB profile's bytes."""
    from PIL import ImageCms

    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


def profile(document: Document) -> bytes:
    """The profile that the document's pixels are in."""
    return document.icc or srgb_profile()


@functools.cache
def program() -> str:
    """Name and version, e.g. `Unflatten 0.1.0`."""
    try:
        return f"{PROGRAM} {version('unflatten')}"
    except PackageNotFoundError:
        return PROGRAM


def title(document: Document) -> str:
    """What the picture is called: the source's name without its suffix."""
    return _plain(document.source.stem) if document.source else "Untitled"


def xmp(document: Document, caption: str) -> bytes:
    """An XMP packet (ISO 16684-1): title, program, source file name and, where there is one, a caption."""
    rows = [f"<xmp:CreatorTool>{escape(program())}</xmp:CreatorTool>", _alt("dc:title", title(document))]
    if document.source:
        rows.append(f"<dc:source>{escape(_plain(document.source.name))}</dc:source>")
    if caption:
        rows.append(_alt("dc:description", _plain(caption)))
    body = "\n   ".join(rows)
    return (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        '<x:xmpmeta xmlns:x="adobe:ns:meta/">\n'
        ' <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">\n'
        '  <rdf:Description rdf:about="" xmlns:xmp="http://ns.adobe.com/xap/1.0/"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/">\n'
        f"   {body}\n"
        "  </rdf:Description>\n </rdf:RDF>\n</x:xmpmeta>\n"
        '<?xpacket end="w"?>'
    ).encode()


def _alt(tag: str, text: str) -> str:
    return f'<{tag}><rdf:Alt><rdf:li xml:lang="x-default">{escape(text)}</rdf:li></rdf:Alt></{tag}>'


def _plain(text: str) -> str:
    """Text that XML may hold: no control characters, no lone surrogates."""
    kept = "".join(c if c.isprintable() or c in "\n\t" else " " for c in text)
    return kept.encode("utf-8", "replace").decode("utf-8")


def on_white(pixels: Pixels) -> Pixels:
    """Straight RGBA matted on white: uint8 H x W x 3, rounded."""
    out = np.full((*pixels.shape[:2], 3), 255, np.uint8)
    for y in range(0, pixels.shape[0], _TILE):
        for x in range(0, pixels.shape[1], _TILE):
            here = np.s_[y : y + _TILE, x : x + _TILE]
            part = pixels[here]
            low, high, _, _ = cv2.minMaxLoc(cv2.extractChannel(part, 3))
            if low == 255:
                out[here] = part[..., :3]
            elif high:
                out[here] = _matted(part)
    return out


def _matted(pixels: Pixels) -> Pixels:
    alpha = pixels[..., 3:].astype(np.uint16)
    mixed = pixels[..., :3] * alpha + 255 * (255 - alpha)
    mixed += 128
    return ((mixed + (mixed >> 8)) >> 8).astype(np.uint8)


def jpeg_thumbnail(small: Pixels, icc: bytes | None) -> bytes:
    """A small RGB picture as baseline JPEG in sRGB, which is what thumbnails are taken for."""
    image = Image.fromarray(small)
    if icc is not None:
        image = _to_srgb(image, icc)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def _to_srgb(image: Image.Image, icc: bytes) -> Image.Image:
    from PIL import ImageCms

    try:
        return ImageCms.profileToProfile(image, io.BytesIO(icc), ImageCms.createProfile("sRGB")) or image
    except ImageCms.PyCMSError:
        return image
