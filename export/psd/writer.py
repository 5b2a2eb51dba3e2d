"""Writes a document as PSD or PSB, streaming: channels are encoded on all cores while others are being written."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from engine.document import Document, Group, Layer, Pixels
from engine.errors import OutputError
from engine.file_keys import PSB_LIMIT_SIDE, PSD_LIMIT_SIDE, Resource
from engine.words import Message, note
from export.atomic import atomic_file, check_target
from export.job import Job
from export.metadata import jpeg_thumbnail, on_white, profile, program, xmp
from export.names import safe_stem
from export.parallel import in_order, workers
from export.pixels import tight_box
from export.preview import Preview, Thumbnail
from export.psd import structures as s
from export.psd.bands import band_planes, row_bands
from export.psd.codec import Chunk, Codec, RleCodec, ZipCodec
from export.psd.editable import linked_file_parts
from export.psd.tree import Plan, Record, plan
from export.registry_types import ExportOptions

PSD_LIMIT_BYTES = 1_900_000_000
"""Above this estimate a PSB is written; the format itself ends at 2 GiB."""

PSD_END = (1 << 31) - 1
"""Bytes: where offsets of a PSD end."""

_AROUND = 1.01
"""What records, resources and row tables add to the channels' own bytes, at most."""
_SAMPLING = 1.02
"""How far below the truth a size judged from some rows has been found to lie."""
_SAMPLE_ROWS, _SAMPLE_EVERY = 16, 16
"""A group of so many rows, of every so many groups, is encoded to judge the size."""
_PREVIEW_SHARE = 0.25
"""Of the work: making the merged image."""
_NO_PIXELS = b"\0\0"


class TooLargeForPsd(Exception):
    """The file has grown past what a PSD can hold."""


def write_psd(document: Document, target: Path, options: ExportOptions, job: Job) -> tuple[Path, ...]:
    """Write `document`; the path returned has the suffix `.psb` where a PSD could not hold it.

    Raises:
        OutputError: nothing to write, too large even for a PSB, or the file cannot be written.
        Cancelled: the job was cancelled.
    """
    _check_size(document)
    target = final_path(document, target, options)
    check_target(target, options.overwrite, folder=False)
    laid_out = plan(document, options)
    try:
        _write_file(document, laid_out, target, options, job)
    except TooLargeForPsd:
        target = target.with_suffix(".psb")
        _write_file(document, laid_out, target, options, job)
    return (target,)


def _write_file(document: Document, laid_out: Plan, target: Path, options: ExportOptions, job: Job) -> None:
    with atomic_file(target, options.overwrite) as stream:
        PsdFile(document, laid_out, options, target.suffix.lower() == ".psb").write(stream, job)


def final_path(document: Document, target: Path, options: ExportOptions) -> Path:
    """`target`, or the same name as `.psb` where a PSD cannot hold the document."""
    fits = not _is_too_wide(document) and not _is_too_heavy(document, options)
    return target if target.suffix.lower() == ".psb" or fits else target.with_suffix(".psb")


def psd_notes(document: Document, target: Path, options: ExportOptions) -> tuple[Message, ...]:
    """What this export does that a person may not expect: a PSB instead of a PSD, no original to include."""
    out: list[Message] = []
    name = target.with_suffix(".psb").name
    if target.suffix.lower() == ".psb":
        pass
    elif _is_too_wide(document):
        out.append(note("export.psb-for-side", limit=PSD_LIMIT_SIDE, name=name))
    elif _is_too_heavy(document, options):
        out.append(note("export.psb-for-size", name=name))
    if options.include_original and document.original is None:
        out.append(note("export.no-original"))
    return tuple(out)


def _is_too_wide(document: Document) -> bool:
    return max(document.width, document.height) > PSD_LIMIT_SIDE


def _is_too_heavy(document: Document, options: ExportOptions) -> bool:
    return estimated_bytes(document, options) > PSD_LIMIT_BYTES


def estimated_bytes(document: Document, options: ExportOptions) -> int:
    """About how large the file becomes, from its layers' visible boxes and a sample of their rows."""
    merged = document.width * document.height * 4
    layers = document.layers()
    most = sum(layer.pixels.size for layer in layers) + merged * (1 + options.include_original)
    if most * _AROUND < PSD_LIMIT_BYTES:
        return int(most * _AROUND)
    codec = ZipCodec() if options.compression == "zip" else RleCodec(large=True)
    sampled = sum(_sampled(layer, codec) for layer in layers)
    return int(sampled * _SAMPLING + merged * (1 + options.include_original))


def _sampled(layer: Layer, codec: Codec) -> float:
    """Bytes of a layer's channels, judged from some groups of rows of its visible box."""
    left, top, right, bottom = tight_box(layer.pixels)
    pixels = layer.pixels[top:bottom, left:right]
    grown = abs(layer.transform.scale_x * layer.transform.scale_y)
    step = _SAMPLE_ROWS
    rows = [(y, min(y + step, bottom - top)) for y in range(0, bottom - top, step * _SAMPLE_EVERY)]
    size = sum(len(codec.encode(plane).data) for span in rows for plane in band_planes(pixels, span))
    return float(size * (bottom - top) / max(sum(b - a for a, b in rows), 1) * max(grown, 1.0))


def _check_size(document: Document) -> None:
    if not any(isinstance(node, Layer | Group) for node in document.nodes):
        raise OutputError("export.nothing")
    if max(document.width, document.height) > PSB_LIMIT_SIDE:
        raise OutputError("export.psb-side", limit=PSB_LIMIT_SIDE)


@dataclass(frozen=True, slots=True)
class _Merged:
    """The merged image, encoded: the chunks of each plane, and the thumbnail."""

    planes: list[list[Chunk]]
    thumbnail: Pixels


class PsdFile:
    """One file being written."""

    def __init__(self, document: Document, laid_out: Plan, options: ExportOptions, large: bool) -> None:
        self._document = document
        self._plan = laid_out
        self._options = options
        self._large = large
        self._rle = RleCodec(large)
        self._codec = ZipCodec() if options.compression == "zip" else self._rle

    def write(self, stream: BinaryIO, job: Job) -> None:
        """Write every section in the file's own order."""
        with ThreadPoolExecutor(workers()) as pool:
            merged = self._merged(pool, job.part(0, _PREVIEW_SHARE))
            channels = 3 if self._plan.has_background else 4
            stream.write(s.header(self._large, channels, self._document.width, self._document.height))
            stream.write(s.section(b""))
            stream.write(s.section(self._resources(merged)))
            self._layers(stream, pool, job.part(_PREVIEW_SHARE, 1))
            stream.writelines(self._rle.join_planes(merged.planes[:channels]))

    def _merged(self, pool: ThreadPoolExecutor, job: Job) -> _Merged:
        width, height = self._document.width, self._document.height
        preview, small = Preview(self._plan.look, width, height), Thumbnail(width, height)
        opaque = self._plan.has_background

        def encode(rows: tuple[int, int]) -> tuple[int, Pixels, list[Chunk]]:
            pixels = preview.band(*rows)
            matted = np.ascontiguousarray(pixels[..., :3]) if opaque else on_white(pixels)
            planes = [np.ascontiguousarray(matted[..., i]) for i in range(3)]
            if not opaque:
                planes.append(np.ascontiguousarray(pixels[..., 3]))
            return rows[0], matted, [self._rle.encode(p) for p in planes]

        out: list[list[Chunk]] = [[] for _ in range(3 if opaque else 4)]
        for top, matted, chunks in in_order(pool, encode, row_bands(width, height), workers() * 2):
            small.add(top, matted)
            for plane, chunk in zip(out, chunks, strict=True):
                plane.append(chunk)
            job.advance((top + matted.shape[0]) / height)
        return _Merged(out, small.pixels())

    def _resources(self, merged: _Merged) -> bytes:
        height, width = merged.thumbnail.shape[:2]
        jpeg = jpeg_thumbnail(merged.thumbnail, self._document.icc)
        highest = max((r.fields.layer_id for r in self._plan.records), default=1)
        return b"".join(
            (
                s.resolution_resource(self._document.dpi),
                s.thumbnail_resource(jpeg, width, height),
                s.resource(Resource.ICC_PROFILE, profile(self._document)),
                s.resource(Resource.NEXT_LAYER_ID, struct.pack(">I", highest)),
                s.version_resource(program()),
                s.resource(Resource.XMP, xmp(self._document, self._options.caption)),
            )
        )

    def _layers(self, stream: BinaryIO, pool: ThreadPoolExecutor, job: Job) -> None:
        """The layer and mask section; lengths are filled in once the channels are written."""
        wide = ">Q" if self._large else ">I"
        size = struct.calcsize(wide)
        records = self._plan.records
        section_at = stream.tell()
        stream.write(b"\0" * 2 * size)
        count = len(records) if self._plan.has_background else -len(records)
        stream.write(struct.pack(">h", count))
        records_at = stream.tell()
        stream.write(b"".join(self._record(record, [0] * len(_channel_ids(record))) for record in records))
        lengths = self._channels(stream, pool, job)
        info_end = _pad(stream, section_at + 2 * size, 4)
        stream.write(struct.pack(">I", 0))  # no global layer mask
        self._embedded_files(stream)
        section_end = _pad(stream, section_at + size, 4)
        stream.seek(section_at)
        stream.write(struct.pack(wide, section_end - section_at - size))
        stream.write(struct.pack(wide, info_end - section_at - 2 * size))
        stream.seek(records_at)
        stream.writelines(self._record(record, sizes) for record, sizes in zip(records, lengths, strict=True))
        stream.seek(section_end)

    def _embedded_files(self, stream: BinaryIO) -> None:
        """The `lnk2` block: each smart object's own pixels as a PSD, which Photoshop opens on a double click."""
        if not self._plan.embedded:
            return
        long = self._large
        stream.write(b"8B64lnk2" if long else b"8BIMlnk2")
        length_at = stream.tell()
        stream.write(b"\0" * (8 if long else 4))
        for file_id, layer in self._plan.embedded:
            data = _layer_file(layer, self._document, self._options)
            before, after = linked_file_parts(file_id, f"{safe_stem(layer.name)}.psd", len(data))
            start = stream.tell()
            _write_all(stream, (before, data, after))
            _pad(stream, start, 4)
        end = stream.tell()
        stream.seek(length_at)
        stream.write(struct.pack(">Q" if long else ">I", end - length_at - (8 if long else 4)))
        stream.seek(end)

    def _record(self, record: Record, sizes: list[int]) -> bytes:
        return s.layer_record(record.fields, list(zip(_channel_ids(record), sizes, strict=True)), self._large)

    def _channels(self, stream: BinaryIO, pool: ThreadPoolExecutor, job: Job) -> list[list[int]]:
        """Write all channel data; the byte lengths of each record's channels."""
        pieces = [piece for index, record in enumerate(self._plan.records) for piece in _pieces(index, record)]
        total = sum(piece.weight for piece in pieces)
        lengths: list[list[int]] = [[] for _ in self._plan.records]
        done = 0
        held: list[list[Chunk]] = []
        for piece, chunks in zip(pieces, in_order(pool, self._encode, pieces, workers() * 2), strict=True):
            held = held or [[] for _ in chunks]
            for plane, chunk in zip(held, chunks, strict=True):
                plane.append(chunk)
            if piece.last:
                lengths[piece.index] += [_write_all(stream, self._joined(plane)) for plane in held]
                held = []
                if not self._large and stream.tell() > PSD_END:
                    raise TooLargeForPsd
            done += piece.weight
            job.advance(done / total)
        return lengths

    def _encode(self, piece: _Piece) -> list[Chunk]:
        return [self._codec.encode(plane) for plane in piece.planes()]

    def _joined(self, chunks: list[Chunk]) -> list[bytes]:
        return self._codec.join(chunks) if any(c.data for c in chunks) else [_NO_PIXELS]


def _layer_file(layer: Layer, document: Document, options: ExportOptions) -> bytes:
    """A layer's untouched pixels as a PSD of their own size."""
    alone = Layer(layer.pixels, name=layer.name, kind=layer.kind)
    inner = replace(document, width=layer.width, height=layer.height, nodes=(alone,), original=None)
    plain = replace(options, editable=False, include_original=False)
    out = BytesIO()
    large = max(layer.width, layer.height) > PSD_LIMIT_SIDE
    PsdFile(inner, plan(inner, plain), plain, large).write(out, Job())
    return out.getvalue()


@dataclass(frozen=True, slots=True, eq=False)
class _Piece:
    """Some rows of a record's picture or mask, which one thread encodes at a time."""

    index: int
    source: Pixels
    rows: tuple[int, int]
    last: bool
    has_alpha: bool = True

    @property
    def weight(self) -> int:
        return int((self.rows[1] - self.rows[0]) * self.source.shape[1] + 1)

    def planes(self) -> list[Pixels]:
        if self.source.ndim == 2:
            return [np.ascontiguousarray(self.source[slice(*self.rows)])]
        planes = band_planes(self.source, self.rows)
        return planes if self.has_alpha else planes[1:]


_EMPTY = np.zeros((0, 0, 4), np.uint8)


def _pieces(index: int, record: Record) -> Iterator[_Piece]:
    for source in (_EMPTY if record.pixels is None else record.pixels, record.mask):
        if source is not None:
            bands = row_bands(source.shape[1], source.shape[0])
            for rows in bands:
                yield _Piece(index, source, rows, rows == bands[-1], not record.fields.fixed)


def _channel_ids(record: Record) -> list[int]:
    colour = [0, 1, 2] if record.fields.fixed else [-1, 0, 1, 2]
    return colour if record.mask is None else [*colour, -2]


def _write_all(stream: BinaryIO, parts: Iterable[bytes]) -> int:
    return sum(stream.write(part) for part in parts)


def _pad(stream: BinaryIO, start: int, align: int) -> int:
    """Fill up with zeros to a multiple of `align` bytes from `start` on; where the stream then is."""
    stream.write(b"\0" * (-(stream.tell() - start) % align))
    return stream.tell()
