"""The bytes of a PSD around its pixels: header, image resources, layer records, named as in the specification."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.document import BlendMode
from engine.file_keys import BLEND_KEYS, FIXED_POINT, PSD_HEADER, PSD_SIGNATURE, Divider, Resource

MAX_NAME_UNITS = 255
"""UTF-16 units of a layer's name; longer ones break files."""
MAX_PASCAL = 255
"""Bytes of a name in MacRoman: its length is one byte."""

# Keys whose block length takes 8 bytes in a PSB.
_LONG_KEYS = frozenset({b"LMsk", b"Lr16", b"Lr32", b"Layr", b"Mt16", b"Mt32", b"Mtrn", b"Alph", b"FMsk", b"lnk2"})

LOCK_ALL = 0x80000000
"""`lspf`: everything of the layer is locked."""


@dataclass(frozen=True, slots=True)
class Rect:
    """A box in document px; right and bottom are exclusive."""

    left: int = 0
    top: int = 0
    right: int = 0
    bottom: int = 0

    @property
    def width(self) -> int:
        """px; 0 for an empty box."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """px; 0 for an empty box."""
        return self.bottom - self.top

    def packed(self) -> bytes:
        """Top, left, bottom, right as signed 32-bit numbers, the specification's order."""
        return struct.pack(">iiii", self.top, self.left, self.bottom, self.right)


@dataclass(frozen=True, slots=True)
class RecordFields:
    """A layer record but for its channels.

    Attributes:
        mask: rectangle of the layer mask, or None.
        divider: bytes of the `lsct` block for groups and their ends, or None.
        blocks: further tagged blocks, (key, data).
        fixed: the record is a *Background*: its transparency is locked.
        no_pixels: an adjustment or fill, whose pixels Photoshop makes itself.
    """

    name: str
    rect: Rect = Rect()
    blend_key: bytes = BLEND_KEYS[BlendMode.NORMAL]
    opacity: int = 255
    visible: bool = True
    clipped: bool = False
    fixed: bool = False
    no_pixels: bool = False
    locked: bool = False
    label: int = 0
    layer_id: int = 0
    mask: Rect | None = None
    divider: bytes | None = None
    blocks: tuple[tuple[bytes, bytes], ...] = field(default=())


def header(large: bool, channels: int, width: int, height: int) -> bytes:
    """File header: 8-bit RGB."""
    return PSD_HEADER.pack(PSD_SIGNATURE, 2 if large else 1, channels, height, width, 8, 3)


def section(data: bytes) -> bytes:
    """Data behind its 32-bit length."""
    return struct.pack(">I", len(data)) + data


def resource(key: int, data: bytes) -> bytes:
    """One image resource block with an empty name."""
    return struct.pack(">4sHHI", b"8BIM", key, 0, len(data)) + data + b"\0" * (len(data) % 2)


def resolution_resource(dpi: tuple[float, float]) -> bytes:
    """1005 ResolutionInfo: 16.16 fixed point pixels per inch, sizes shown in inches."""
    x, y = (min(max(round(v * FIXED_POINT), 1), 0x7FFFFFFF) for v in dpi)
    return resource(Resource.RESOLUTION, struct.pack(">IHHIHH", x, 1, 1, y, 1, 1))


def thumbnail_resource(jpeg: bytes, width: int, height: int) -> bytes:
    """1036: a JPEG thumbnail behind its 28-byte header."""
    row = (width * 24 + 31) // 32 * 4
    return resource(
        Resource.THUMBNAIL, struct.pack(">IIIIIIHH", 1, width, height, row, row * height, len(jpeg), 24, 1) + jpeg
    )


def version_resource(writer: str) -> bytes:
    """1057: the merged image is real; who wrote the file."""
    names = unicode_string(writer) + unicode_string("Adobe Photoshop CC")
    return resource(Resource.VERSION, struct.pack(">I?", 1, True) + names + struct.pack(">I", 1))


def unicode_string(text: str) -> bytes:
    """UTF-16 big-endian behind the number of its units."""
    data = text.encode("utf-16-be", "replace")
    return struct.pack(">I", len(data) // 2) + data


def limited(name: str) -> str:
    """At most 255 UTF-16 units, without cutting a character in two; no NUL and no lone surrogates."""
    data = name.replace("\0", " ").encode("utf-16-be", "replace")[: MAX_NAME_UNITS * 2]
    return data.decode("utf-16-be", "ignore")


def pascal_name(name: str) -> bytes:
    """MacRoman, `?` for what it lacks, length in front, padded to 4 bytes."""
    data = name.encode("mac_roman", "replace")[:MAX_PASCAL]
    out = bytes([len(data)]) + data
    return out + b"\0" * (-len(out) % 4)


def tagged_block(key: bytes, data: bytes, large: bool = False, align: int = 4) -> bytes:
    """One additional-information block, its length rounded up to `align`."""
    data += b"\0" * (-len(data) % align)
    if large and key in _LONG_KEYS:
        return struct.pack(">4s4sQ", b"8B64", key, len(data)) + data
    return struct.pack(">4s4sI", b"8BIM", key, len(data)) + data


def layer_record(fields: RecordFields, channels: Sequence[tuple[int, int]], large: bool) -> bytes:
    """A layer record. `channels`: (id, length of its data) each; its size does not depend on the lengths."""
    pair = ">hQ" if large else ">hI"
    flags = (fields.fixed or fields.locked) | (not fields.visible) << 1 | 1 << 3 | fields.no_pixels << 4
    start = fields.rect.packed() + struct.pack(">H", len(channels))
    start += b"".join(struct.pack(pair, key, length) for key, length in channels)
    start += struct.pack(">4s4sBBBx", b"8BIM", fields.blend_key, fields.opacity, fields.clipped, flags)
    return start + section(_extra(fields))


def _extra(fields: RecordFields) -> bytes:
    mask = b"" if fields.mask is None else fields.mask.packed() + struct.pack(">BBxx", 0, 0)
    ranges = b"\x00\x00\xff\xff" * 10  # grey and four channels, source and destination, all open
    name = limited(fields.name)
    return section(mask) + section(ranges) + pascal_name(name) + b"".join(_blocks(fields, name))


def _blocks(fields: RecordFields, name: str) -> list[bytes]:
    out = [tagged_block(key, data) for key, data in fields.blocks]
    out.append(tagged_block(b"luni", unicode_string(name)))
    out.append(tagged_block(b"lyid", struct.pack(">I", fields.layer_id)))
    if fields.divider is not None:
        out.append(tagged_block(b"lsct", fields.divider))
    out.append(tagged_block(b"clbl", b"\1\0\0\0"))
    out.append(tagged_block(b"infx", b"\0\0\0\0"))
    out.append(tagged_block(b"knko", b"\0\0\0\0"))
    out.append(tagged_block(b"lspf", struct.pack(">I", LOCK_ALL if fields.locked else 0)))
    out.append(tagged_block(b"lclr", struct.pack(">HHHH", fields.label, 0, 0, 0)))
    out.append(tagged_block(b"fxrp", struct.pack(">dd", 0.0, 0.0)))
    return out


def divider(kind: Divider, blend_key: bytes = b"") -> bytes:
    """`lsct` data, with the folder's blend mode where it has one."""
    return struct.pack(">I", kind) + (b"8BIM" + blend_key if blend_key else b"")
