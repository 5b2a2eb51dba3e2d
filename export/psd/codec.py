"""Channel compression: PackBits rows (RLE) and deflate with prediction (ZIP), in bands that any thread can encode.

A band is some full rows of one channel. Encoded bands of a channel are joined without touching their bytes again.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import cv2
import numpy as np
from isal import isal_zlib
from numpy.typing import NDArray

from engine.document import Pixels
from engine.file_keys import Compression

_PACKBITS = [cv2.IMWRITE_TIFF_COMPRESSION, 32773, cv2.IMWRITE_TIFF_ROWSPERSTRIP, 1]
_ADLER = 65521
"""The modulus of Adler-32 (RFC 1950, 2.2)."""

WIDE_ROW = 256
"""px: narrower rows are run-length coded whatever they hold; there is nothing to be won."""
SAMPLED_ROWS = 8
"""Rows that are looked at before all are."""
LEAST_GAIN = 0.01
"""Share of a row that runs must save to be worth their coding."""
LITERAL = 128
"""Bytes that PackBits stores as they are behind one length byte, at most."""
_STRIP_OFFSETS, _STRIP_LENGTHS = 273, 279
"""Tags of TIFF 6.0."""
_SHORT = 3
"""TIFF 6.0: the type of 16-bit numbers."""


class Codec(Protocol):
    """Compresses one channel, band by band."""

    def encode(self, plane: Pixels) -> Chunk:
        """Pack a band: uint8 rows x width."""
        ...

    def join(self, chunks: Sequence[Chunk]) -> list[bytes]:
        """The bands of one channel, top to bottom, as the file holds it; parts to be written in a row."""
        ...


@dataclass(frozen=True, slots=True)
class Chunk:
    """A band of a channel, encoded.

    Attributes:
        data: PackBits rows, or raw deflate blocks that end at a byte.
        lengths: bytes of each row (RLE).
        size, adler: length and Adler-32 of what was deflated (ZIP).
    """

    data: bytes
    lengths: NDArray[np.uint32] | None = None
    size: int = 0
    adler: int = 1


class RleCodec:
    """PackBits per row, with a table of row lengths in front: big-endian uint16, or uint32 in a PSB."""

    def __init__(self, large: bool) -> None:
        self._dtype = ">u4" if large else ">u2"

    def encode(self, plane: Pixels) -> Chunk:
        """Encode uint8 rows x width."""
        if not plane.size:
            return Chunk(b"", np.zeros(plane.shape[0], np.uint32))
        return _literal_rows(plane) if _is_noisy(plane) else _packbits(plane)

    def join(self, chunks: Sequence[Chunk]) -> list[bytes]:
        """One layer channel: compression id, row lengths, rows."""
        return self.join_planes([chunks])

    def join_planes(self, planes: Sequence[Sequence[Chunk]]) -> list[bytes]:
        """Several channels behind one compression id and one table, as in the merged image."""
        lengths = [c.lengths for chunks in planes for c in chunks if c.lengths is not None]
        table = np.concatenate(lengths) if lengths else np.zeros(0, np.uint32)
        rows = [c.data for chunks in planes for c in chunks]
        return [struct.pack(">H", Compression.RLE), table.astype(self._dtype).tobytes(), *rows]


class ZipCodec:
    """Deflate of the rows' byte differences. Bands end in a flush, so that together they are one zlib stream."""

    def encode(self, plane: Pixels) -> Chunk:
        """Encode uint8 rows x width."""
        if not plane.size:
            return Chunk(b"")
        delta = np.empty_like(plane)
        delta[:, :1] = plane[:, :1]
        np.subtract(plane[:, 1:], plane[:, :-1], out=delta[:, 1:])
        packer = isal_zlib.compressobj(1, isal_zlib.DEFLATED, -15)
        data = packer.compress(delta) + packer.flush(isal_zlib.Z_FULL_FLUSH)
        return Chunk(data, size=delta.size, adler=isal_zlib.adler32(delta))

    def join(self, chunks: Sequence[Chunk]) -> list[bytes]:
        """One layer channel: compression id, zlib header, blocks, an empty last block, checksum."""
        adler = 1
        for chunk in chunks:
            adler = adler32_combine(adler, chunk.adler, chunk.size)
        start = struct.pack(">H", Compression.ZIP_PREDICTION) + b"\x78\x01"
        return [start, *(c.data for c in chunks), b"\x03\x00" + struct.pack(">I", adler)]


def adler32_combine(first: int, second: int, length: int) -> int:
    """Adler-32 of two byte strings in a row, from the checksum of each and the length of the second (RFC 1950, 9)."""
    a1, b1 = first & 0xFFFF, first >> 16
    a2, b2 = second & 0xFFFF, second >> 16
    a = (a1 + a2 - 1) % _ADLER
    b = (b1 + b2 + length * (a1 - 1)) % _ADLER
    return (b << 16) | a


def _is_noisy(plane: Pixels) -> bool:
    """True where run-length coding would gain nothing in any row: such rows are stored as literals, far faster."""
    if plane.shape[1] < WIDE_ROW:
        return False
    sample = plane[:: max(1, plane.shape[0] // SAMPLED_ROWS)]
    return _gain(sample) < LEAST_GAIN and _gain(plane) < LEAST_GAIN


def _gain(plane: Pixels) -> float:
    """Largest share of a row's bytes that its runs of four or more would save."""
    same = plane[:, 1:] == plane[:, :-1]
    runs = same[:, 2:] & same[:, 1:-1] & same[:, :-2]
    return float(np.count_nonzero(runs, axis=1).max() / plane.shape[1])


def _literal_rows(plane: Pixels) -> Chunk:
    """Rows as PackBits literals of LITERAL bytes, each behind its length - 1."""
    rows, width = plane.shape
    full, rest = divmod(width, LITERAL)
    length = width + full + (rest > 0)
    out = np.empty((rows, length), np.uint8)
    stored = full * (LITERAL + 1)
    blocks = out[:, :stored].reshape(rows, full, LITERAL + 1) if full else out[:, :0].reshape(rows, 0, LITERAL + 1)
    blocks[:, :, 0] = LITERAL - 1
    blocks[:, :, 1:] = plane[:, : full * LITERAL].reshape(rows, full, LITERAL)
    if rest:
        out[:, stored] = rest - 1
        out[:, stored + 1 :] = plane[:, full * LITERAL :]
    return Chunk(out.tobytes(), np.full(rows, length, np.uint32))


def _packbits(plane: Pixels) -> Chunk:
    """Rows through libtiff's PackBits encoder (in OpenCV, without the GIL): each strip of one row is a PSD row."""
    done, tiff = cv2.imencode(".tiff", plane, _PACKBITS)
    if not done:
        raise MemoryError
    offsets, lengths = _strips(tiff)
    first = int(offsets[0])
    if int(offsets[-1]) + int(lengths[-1]) - first == int(lengths.sum()):
        return Chunk(tiff[first : first + int(lengths.sum())].tobytes(), lengths)
    parts = [tiff[o : o + n].tobytes() for o, n in zip(offsets.tolist(), lengths.tolist(), strict=True)]
    return Chunk(b"".join(parts), lengths)


def _strips(tiff: NDArray[np.uint8]) -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Offsets and lengths of a little-endian TIFF's strips (TIFF 6.0)."""
    data = memoryview(tiff.tobytes() if not tiff.flags.c_contiguous else tiff.data).cast("B")
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    found: dict[int, NDArray[np.uint32]] = {}
    for i in range(count):
        at = start + 2 + 12 * i
        tag, kind, values = struct.unpack_from("<HHI", data, at)
        if tag in (_STRIP_OFFSETS, _STRIP_LENGTHS):
            dtype = np.dtype("<u2") if kind == _SHORT else np.dtype("<u4")
            where = at + 8 if values * dtype.itemsize <= 4 else struct.unpack_from("<I", data, at + 8)[0]
            found[tag] = np.frombuffer(data, dtype, values, where).astype(np.uint32)
    return found[_STRIP_OFFSETS], found[_STRIP_LENGTHS]
