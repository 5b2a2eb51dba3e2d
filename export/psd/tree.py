"""A document as the flat list of records that a PSD holds, bottom to top."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from engine.compositing import Raster, render_layer
from engine.document import Document, Group, Layer, Node, Pixels
from export.pixels import is_opaque, tight_box, with_original
from export.psd.structures import BLEND_KEYS, LABELS, RecordFields, Rect, divider
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
        embedded: files inside smart objects, (id, name, layer).
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
        self.records: list[Record] = []
        self.embedded: list[tuple[str, Layer]] = []
        self.has_background = False

    def add_all(self, nodes: tuple[Node, ...], top: bool = False) -> tuple[Node, ...]:
        look: list[Node] = []
        for index, node in enumerate(nodes):
            if isinstance(node, Group):
                look.append(self._add_group(node))
            else:
                look.append(self._add_layer(node, bottom=top and index == 0))
        return tuple(look)

    def _id(self) -> int:
        self._next_id += 1
        return self._next_id

    def _add_group(self, group: Group) -> Node:
        self._add(RecordFields("</Layer group>", divider=divider(3)))
        children = self.add_all(group.children)
        key = BLEND_KEYS[group.blend_mode]
        fields = RecordFields(
            group.name,
            blend_key=key,
            opacity=round(group.opacity * 255),
            visible=group.visible,
            locked=group.locked,
            divider=divider(1, key),
        )
        self._add(fields)
        return replace(group, children=children)

    def _add_layer(self, layer: Layer, bottom: bool) -> Node:
        shown = render_layer(layer)
        box = tight_box(shown.pixels)
        pixels, rect = _cropped(shown, box)
        fixed = bottom and self._is_background(layer, shown)
        self.has_background |= fixed
        fields = RecordFields(
            layer.name,
            rect,
            blend_key=BLEND_KEYS[layer.blend_mode],
            opacity=round(layer.opacity * 255),
            visible=layer.visible,
            fixed=fixed,
            locked=layer.locked,
            label=LABELS[layer.kind],
        )
        self._add(fields, pixels)
        return _as_shown(layer, shown)

    def _is_background(self, layer: Layer, shown: Raster) -> bool:
        whole = shown.box == (0, 0, self._document.width, self._document.height)
        plain = layer.opacity == 1 and layer.blend_mode == "normal" and layer.visible
        return whole and plain and is_opaque(shown.pixels)

    def _add(self, fields: RecordFields, pixels: Pixels | None = None, mask: Pixels | None = None) -> None:
        self.records.append(Record(replace(fields, layer_id=self._id()), pixels, mask))


def _cropped(raster: Raster, box: tuple[int, int, int, int]) -> tuple[Pixels, Rect]:
    left, top, right, bottom = box
    rect = Rect(raster.left + left, raster.top + top, raster.left + right, raster.top + bottom)
    return raster.pixels[top:bottom, left:right], rect if rect.width and rect.height else Rect()


def _as_shown(layer: Layer, shown: Raster) -> Layer:
    """A layer that composites like `layer` does, with nothing left to compute."""
    return Layer(
        shown.pixels,
        shown.left,
        shown.top,
        opacity=layer.opacity,
        blend_mode=layer.blend_mode,
        visible=layer.visible,
    )
