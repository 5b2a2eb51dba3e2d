"""What stays editable in Photoshop: recolouring as clipped adjustment layers, scaling and rotation as smart objects."""

from __future__ import annotations

import struct
import uuid

import numpy as np

from engine.document import Layer, Pixels, Recolor
from engine.imaging.compositing import Raster, matrix
from export.psd.descriptor import Descriptor, Enum, Unit, Value, descriptor, versioned
from export.psd.structures import unicode_string

# Where each of the six colour ranges begins to fade in, is full, ends, and has faded out, in degrees: Photoshop's own.
_RANGES = (
    (315, 345, 15, 45),
    (15, 45, 75, 105),
    (75, 105, 135, 165),
    (135, 165, 195, 225),
    (195, 225, 255, 285),
    (255, 285, 315, 345),
)


def has_adjustment(recolor: Recolor) -> bool:
    """True where hue, saturation or lightness change."""
    return any((recolor.hue, recolor.saturation, recolor.lightness))


def hue_saturation(recolor: Recolor) -> tuple[bytes, bytes]:
    """The `hue2` block of a Hue/Saturation adjustment that changes the master range."""
    master = (round(recolor.hue), round(recolor.saturation), round(recolor.lightness))
    data = struct.pack(">HBx3h3h", 2, 0, 0, 25, 0, *master)
    return b"hue2", data + b"".join(struct.pack(">4h3h", *r, 0, 0, 0) for r in _RANGES)


def solid_colour(colour: tuple[int, int, int]) -> tuple[bytes, bytes]:
    """The `SoCo` block of a Solid Colour fill."""
    red, green, blue = (float(c) for c in colour)
    rgb = descriptor("RGBC", Rd__=red, Grn_=green, Bl__=blue)
    return b"SoCo", versioned(descriptor("null", Clr_=rgb))


def solid_pixels(colour: tuple[int, int, int], width: int, height: int) -> Pixels:
    """The fill's own pixels, which Photoshop stores too: one colour, without the memory."""
    return np.broadcast_to(np.array([*colour, 255], np.uint8), (height, width, 4))


def is_placed(layer: Layer) -> bool:
    """True where the layer is scaled, flipped or rotated, and so becomes a smart object."""
    t = layer.transform
    return not (t.scale_x == t.scale_y == 1 and t.rotation % 360 == 0) and layer.pixels.size > 0


def corners(layer: Layer, shown: Raster) -> list[float]:
    """x, y of the layer's four corners in the document, from its own top left one clockwise.

    Upright layers are drawn on whole pixels, so their corners are those of what was drawn.
    """
    w, h = layer.width, layer.height
    points = np.array([[0, 0, 1], [w, 0, 1], [w, h, 1], [0, h, 1]]) @ matrix(layer).T
    if layer.transform.rotation % 90 == 0:
        left, top, right, bottom = shown.box
        middle = points.mean(axis=0)
        points = np.where(points < middle, (left, top), (right, bottom))
    return [float(v) for v in points.ravel()]


def placed_layer(layer: Layer, shown: Raster, file_id: str, dpi: float) -> tuple[bytes, bytes]:
    """The `SoLd` block of a smart object: which embedded file, and where its corners are."""
    quad = corners(layer, shown)
    frame = descriptor("null", numerator=0, denominator=600)
    items: dict[str, Value] = {
        "Idnt": file_id,
        "placed": str(uuid.uuid4()),
        "PgNm": 1,
        "totalPages": 1,
        "Crop": 1,
        "frameStep": frame,
        "duration": frame,
        "frameCount": 1,
        "Annt": 16,
        "Type": 2,
        "Trnf": quad,
        "nonAffineTransform": quad,
        "warp": _no_warp(layer.width, layer.height),
        "Sz  ": descriptor("Pnt ", Wdth=float(layer.width), Hght=float(layer.height)),
        "Rslt": Unit("#Rsl", float(dpi)),
        "comp": -1,
        "compInfo": descriptor("null", compID=-1, originalCompID=-1),
    }
    return b"SoLd", b"soLD" + struct.pack(">I", 4) + versioned(Descriptor("null", tuple(items.items())))


def _no_warp(width: int, height: int) -> Descriptor:
    """Newer versions of Photoshop refuse smart objects without a warp, so there is one that does nothing."""
    sides = {"Top ": 0.0, "Left": 0.0, "Btom": float(height), "Rght": float(width)}
    bounds = Descriptor("Rctn", tuple((key, Unit("#Pxl", value)) for key, value in sides.items()))
    return descriptor(
        "warp",
        warpStyle=Enum("warpStyle", "warpNone"),
        warpValue=0.0,
        warpPerspective=0.0,
        warpPerspectiveOther=0.0,
        warpRotate=Enum("Ornt", "Hrzn"),
        bounds=bounds,
        uOrder=4,
        vOrder=4,
    )


def linked_file_parts(file_id: str, name: str, size: int) -> tuple[bytes, bytes]:
    """What stands before and after an embedded PSD of `size` bytes in the `lnk2` block, its own length included."""
    identity = file_id.encode("ascii")
    opened = versioned(descriptor("null", compInfo=descriptor("null", compID=-1, originalCompID=-1)))
    start = b"liFD" + struct.pack(">I", 7) + bytes([len(identity)]) + identity + unicode_string(name + "\0")
    start += struct.pack(">4s4sQ?", b"8BPB" if size >= 1 << 31 else b"8BPS", b"\0\0\0\0", size, True) + opened
    end = unicode_string("") + struct.pack(">dB", 0.0, 0)
    return struct.pack(">Q", len(start) + size + len(end)) + start, end
