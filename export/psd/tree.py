"""A document as the flat list of records that a PSD holds, bottom to top."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace

import numpy as np

from engine.document import Document, Group, Layer, Mask, Node, Pixels, Recolor
from engine.file_keys import BLEND_KEYS, COLOR_KEY, LABELS, Divider
from engine.imaging.compositing import Raster, render_layer
from export.pixels import is_opaque, tight_box, with_original
from export.psd.editable import (
    has_adjustment,
    hue_saturation,
    is_placed,
    placed_layer,
    solid_colour,
    solid_pixels,
)
from export.psd.structures import RecordFields, Rect, divider
from export.registry_types import ExportOptions


@dataclass(frozen=True, slots=True, eq=False)
class Record:
    """A layer record with what its channels are made of.

    Attributes:
        pixels: straight RGBA of the record's box, or None where it has no pixels.
        mask: uint8, of the mask's box, or None.
    """

    fields: RecordFields
    pixels: Pixels | None = None
    mask: Pixels | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Everything that a file will hold.

    Attributes:
        records: bottom to top.
        look: the nodes that the merged image is made of, every layer with final pixels and no transform.
        has_background: the bottom record is a Background, so the file has three channels.
        embedded: the layers whose pixels are embedded for smart objects, each with the id of its file.
    """

    records: tuple[Record, ...]
    look: tuple[Node, ...]
    has_background: bool
    embedded: tuple[tuple[str, Layer], ...] = field(default=())


def plan(document: Document, options: ExportOptions) -> Plan:
    """Lay a document out as records."""
    builder = _Builder(document, options)
    look = builder.add_all(with_original(document, options).nodes, top=True)
    return Plan(tuple(builder.records), look, builder.has_background, tuple(builder.embedded))


class _Builder:
    def __init__(self, document: Document, options: ExportOptions) -> None:
        self._document = document
        self._options = options
        self._next_id = 1
        self._adjustments = 0
        self._fills = 0
        self._file_ids: dict[int, str] = {}
        self.records: list[Record] = []
        self.embedded: list[tuple[str, Layer]] = []
        self.has_background = False

    def add_all(self, nodes: tuple[Node, ...], top: bool = False) -> tuple[Node, ...]:
        look: list[Node] = []
        for index, node in enumerate(nodes):
            if isinstance(node, Group):
                look.append(self._add_group(node))
            elif isinstance(node, Layer):
                look.append(self._add_layer(node, bottom=top and index == 0))
        return tuple(look)

    def _id(self) -> int:
        self._next_id += 1
        return self._next_id

    def _add_group(self, group: Group) -> Node:
        self._add(RecordFields("</Layer group>", divider=divider(Divider.END)))
        children = self.add_all(group.children)
        key = BLEND_KEYS[group.blend_mode]
        fields = RecordFields(
            group.name,
            blend_key=key,
            opacity=round(group.opacity * 255),
            visible=group.visible,
            locked=group.locked,
            divider=divider(Divider.OPEN_FOLDER, key),
        )
        self._add(fields)
        return replace(group, children=children)

    def _add_layer(self, layer: Layer, bottom: bool) -> Node:
        shown = render_layer(layer)
        fixed = bottom and self._is_background(layer, shown)
        self.has_background |= fixed
        stored = self._stored(layer) if self._options.editable else _Stored(shown)
        box = tight_box(shown.pixels)
        same = stored.raster.pixels is shown.pixels
        pixels, rect = _cropped(stored.raster, box if same else tight_box(stored.raster.pixels))
        fields = RecordFields(
            layer.name,
            rect,
            blend_key=BLEND_KEYS[layer.blend_mode],
            opacity=round(layer.opacity * 255),
            visible=layer.visible,
            fixed=fixed,
            locked=layer.locked,
            label=LABELS[layer.kind],
            mask=None if stored.mask is None else Rect(*stored.mask.box),
            blocks=stored.blocks,
        )
        self._add(fields, pixels, None if stored.mask is None else stored.mask.pixels[..., 3])
        if self._options.editable:
            self._add_adjustments(layer, clipped=not fixed)
        return _as_shown(layer, shown, box)

    def _stored(self, layer: Layer) -> _Stored:
        """The layer as Photoshop will edit it: without recolouring, its mask apart, embedded where it is scaled."""
        raster = render_layer(replace(layer, recolor=Recolor(), mask=None))
        mask = None if layer.mask is None else render_layer(replace(layer, pixels=_as_alpha(layer.mask), mask=None))
        if not is_placed(layer):
            return _Stored(raster, mask)
        file_id = self._embed(layer)
        return _Stored(raster, mask, (placed_layer(layer, raster, file_id, self._document.dpi[0]),))

    def _embed(self, layer: Layer) -> str:
        """The id of the embedded file with the layer's pixels; copies of a layer share one, as in Photoshop."""
        key = id(layer.pixels)
        if key not in self._file_ids:
            self._file_ids[key] = str(uuid.uuid4())
            self.embedded.append((self._file_ids[key], layer))
        return self._file_ids[key]

    def _add_adjustments(self, layer: Layer, clipped: bool) -> None:
        recolor, plain = layer.recolor, RecordFields("", no_pixels=True, clipped=clipped)
        if has_adjustment(recolor):
            self._adjustments += 1
            name = f"Hue/Saturation {self._adjustments}"
            self._add(replace(plain, name=name, blocks=(hue_saturation(recolor),)))
        if recolor.colorize is not None:
            self._fills += 1
            width, height = self._document.width, self._document.height
            fields = replace(
                plain,
                name=f"Color Fill {self._fills}",
                rect=Rect(0, 0, width, height),
                blend_key=COLOR_KEY,
                opacity=round(recolor.strength * 255),
                blocks=(solid_colour(recolor.colorize),),
            )
            self._add(fields, solid_pixels(recolor.colorize, width, height))

    def _is_background(self, layer: Layer, shown: Raster) -> bool:
        whole = shown.box == (0, 0, self._document.width, self._document.height)
        plain = layer.opacity == 1 and layer.blend_mode == "normal" and layer.visible
        return whole and plain and is_opaque(shown.pixels)

    def _add(self, fields: RecordFields, pixels: Pixels | None = None, mask: Pixels | None = None) -> None:
        self.records.append(Record(replace(fields, layer_id=self._id()), pixels, mask))


@dataclass(frozen=True, slots=True, eq=False)
class _Stored:
    """What a layer's record holds: its pixels, the alpha of `mask`, and blocks that say how they came about."""

    raster: Raster
    mask: Raster | None = None
    blocks: tuple[tuple[bytes, bytes], ...] = ()


def _as_alpha(mask: Mask) -> Pixels:
    """A mask as the alpha of a black picture, so that it can be placed like one."""
    out = np.zeros((*mask.pixels.shape, 4), np.uint8)
    out[..., 3] = mask.pixels
    return out


def _cropped(raster: Raster, box: tuple[int, int, int, int]) -> tuple[Pixels, Rect]:
    left, top, right, bottom = box
    rect = Rect(raster.left + left, raster.top + top, raster.left + right, raster.top + bottom)
    return raster.pixels[top:bottom, left:right], rect if rect.width and rect.height else Rect()


def _as_shown(layer: Layer, shown: Raster, box: tuple[int, int, int, int]) -> Layer:
    """A layer that composites like `layer` does, with nothing left to compute and no clear margins."""
    left, top, right, bottom = box
    return Layer(
        shown.pixels[top:bottom, left:right],
        shown.left + left,
        shown.top + top,
        opacity=layer.opacity,
        blend_mode=layer.blend_mode,
        visible=layer.visible,
    )
