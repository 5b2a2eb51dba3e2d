"""Edits that make new pixels: merge, rasterise, cut out or copy a selection, hide it. Pure, as `edits` is.

What can take long is a `Plan`: `merge(document, ids).run()` gives the document and the ids of the nodes to select.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cancel import Check
from engine.document import (
    BlendMode,
    Document,
    Group,
    Layer,
    Mask,
    Node,
    Pixels,
    Provenance,
    Recolor,
    Transform,
    frozen,
)
from engine.editing.carrying import dropped_blocks, left_out
from engine.editing.edits import clean_name, free_ids, ids_under, insert, locked_ids, outermost, quoted, refusal, remove
from engine.editing.plans import Made, Plan, area_of
from engine.errors import InputError
from engine.imaging.compositing import TINY, Box, Raster, composite_nodes, matrix, render_layer


def tight(pixels: Pixels) -> tuple[Pixels, int, int]:
    """The part of uint8 H x W x 4 where alpha > 0, and its left and top; 0 x 0 where nothing shows."""
    rows = np.flatnonzero(pixels[..., 3].any(axis=1))
    columns = np.flatnonzero(pixels[..., 3].any(axis=0))
    if not rows.size:
        return frozen(pixels[:0, :0].copy()), 0, 0
    top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    return frozen(pixels[top:bottom, left:right].copy()), int(left), int(top)


def rasterized(layer: Layer) -> Layer:
    """The layer with mask, recolour and transform made into pixels; it looks the same."""
    raster = render_layer(layer)
    pixels, left, top = tight(raster.pixels)
    return replace(
        layer,
        pixels=pixels,
        left=raster.left + left,
        top=raster.top + top,
        transform=Transform(),
        recolor=Recolor(),
        mask=None,
    )


def rasterize(document: Document, ids: Collection[str]) -> Plan:
    """Those layers, and the layers in those groups, with their look made into pixels. Locked layers stay.

    Raises InputError where all are locked or none has a transform, recolour or mask.
    """
    within = ids_under(document, ids)
    free = set(free_ids(document, within))
    if within and not free:
        raise InputError.of(refusal(document, ids))
    layers = tuple(n for n in document.layers() if n.id in free and _is_edited(n))
    if not layers:
        raise InputError("editing.nothing-to-rasterize")

    def put(made: Made) -> tuple[Document, list[str]]:
        new = {node.id: node for node in made.nodes}
        return document.map_nodes(lambda node: new.get(node.id, node)), list(ids)

    def make(check: Check) -> Made:
        made = []
        for layer in layers:
            check()
            made.append(rasterized(layer))
        return Made(tuple(made))

    return Plan(layers, make, put, area_of(layers))


def merge(document: Document, ids: Collection[str]) -> Plan:
    """Flatten sibling nodes into one layer at the place of the topmost; its name and blend mode are the lowest one's.

    Raises InputError, one sentence, where there is nothing to merge, a layer is locked, or an adjustment or fill is
    among them: the compositor does not draw those yet, so the merged layer would be without them.
    """
    members = tuple(outermost(document, ids))
    if len(members) < 2:
        raise InputError("editing.merge-needs-two")
    _refuse_locked(document, members)
    _refuse_undrawn(members)
    places = {node.id: document.place_of(node.id) for node in members}
    if len({parent for parent, _ in places.values()}) > 1:
        raise InputError("editing.merge-one-group")
    parent, index = places[members[-1].id]

    def put(made: Made) -> tuple[Document, list[str]]:
        rest = [n for n in document.siblings(parent) if n.id not in places]
        rest.insert(index - (len(members) - 1), made.nodes[0])
        return document.with_siblings(parent, rest), [made.nodes[0].id]

    return Plan(members, lambda check: Made((_merged(members, check),), left_out(members)), put, 2 * area_of(members))


def merge_down(document: Document, node_id: str) -> Plan:
    """Merge a node with the visible one below it. Raises InputError where there is none."""
    parent, index = document.place_of(node_id)
    below = [n for n in document.siblings(parent)[:index] if n.visible]
    if not below:
        raise InputError("editing.merge-nothing-below")
    return merge(document, [below[-1].id, node_id])


def merge_visible(document: Document) -> Plan:
    """Merge every visible node of the top level. Raises InputError where there are fewer than two."""
    visible = [n.id for n in document.nodes if n.visible]
    if len(visible) < 2:
        raise InputError("editing.merge-nothing-visible")
    return merge(document, visible)


def move_selection(document: Document, layer_id: str, selection: Raster) -> Plan:
    """Cut what `selection` covers out of a layer and put it on a layer of its own, right above.

    `selection.pixels[..., 3]` is the selection, 0..255, at its place in the document; a soft one gives soft edges
    that add up to the layer again.
    Raises InputError where it covers nothing of the layer or the layer is locked.
    """
    layer = free_layer(document, layer_id)

    def make(check: Check) -> Made:
        raster = render_layer(layer)
        check()
        cut = _covered_alpha(layer, raster, selection)
        alpha = raster.pixels[..., 3].astype(np.float32)
        # (1 - cut)(1 - rest) = 1 - alpha, so that the two stack to what there was.
        rest = np.rint(np.clip((alpha - cut) / np.maximum(1 - cut / 255, TINY), 0, 255))
        piece = with_alpha(layer, raster, cut, f"{layer.name} part")
        kept = replace(with_alpha(layer, raster, rest, layer.name), id=layer.id)
        return Made((kept, piece)) if rest.any() else Made((piece,), dropped_blocks(layer))

    def put(made: Made) -> tuple[Document, list[str]]:
        return in_place_of(document, layer, made.nodes), [made.nodes[-1].id]

    return Plan((layer,), make, put, 2 * area_of((layer,)))


def copy_selection(document: Document, layer_id: str, selection: Raster) -> Plan:
    """Put what `selection` covers of a layer on a layer of its own, right above; the layer stays as it is.

    Raises InputError where it covers nothing of the layer or the node is a group.
    """
    layer = _layer(document, layer_id)

    def make(check: Check) -> Made:
        raster = render_layer(layer)
        check()
        return Made((with_alpha(layer, raster, _covered_alpha(layer, raster, selection), f"{layer.name} part"),))

    def put(made: Made) -> tuple[Document, list[str]]:
        parent, index = document.place_of(layer_id)
        return insert(document, made.nodes, parent, index + 1), [made.nodes[0].id]

    return Plan((layer,), make, put, area_of((layer,)))


def hide_selection(document: Document, ids: Collection[str], selection: Raster) -> Plan:
    """Hide what `selection` covers of those layers, and of the layers in those groups, through their masks.

    Locked layers stay. Raises InputError where all are locked or it covers nothing of them.
    """
    within = ids_under(document, ids)
    free = set(free_ids(document, within))
    if within and not free:
        raise InputError.of(refusal(document, ids))
    layers = tuple(n for n in document.layers() if n.id in free)

    def make(check: Check) -> Made:
        masked = []
        for layer in layers:
            check()
            if (node := _hidden(layer, selection)) is not None:
                masked.append(node)
        if not masked:
            if len(layers) != 1:
                raise InputError("editing.covers-none")
            raise InputError("editing.covers-nothing", name=quoted(layers[0].name))
        return Made(tuple(masked))

    def put(made: Made) -> tuple[Document, list[str]]:
        new = {node.id: node for node in made.nodes}
        return document.map_nodes(lambda node: new.get(node.id, node)), list(ids)

    return Plan(layers, make, put, sum(n.width * n.height for n in layers))


def set_mask(document: Document, layer_id: str, mask: Pixels | None) -> Document:
    """Give a layer a mask (uint8 of the layer's own pixel size), or none. Locked layers stay."""
    locked = locked_ids(document)

    def change(node: Node) -> Node:
        if not isinstance(node, Layer) or node.id != layer_id or node.id in locked:
            return node
        return replace(node, mask=None if mask is None or (mask == 255).all() else Mask(frozen(mask)))

    return document.map_nodes(change)


def free_layer(document: Document, layer_id: str) -> Layer:
    """That layer. Raises InputError where it is locked or a group."""
    layer = _layer(document, layer_id)
    if layer_id in locked_ids(document):
        raise InputError.of(refusal(document, [layer_id]))
    return layer


def with_alpha(layer: Layer, raster: Raster, alpha: NDArray[np.floating] | Pixels, name: str) -> Layer:
    """A new layer of what a layer shows, with that alpha (0..255, of the raster's size)."""
    pixels, left, top = tight(np.dstack([raster.pixels[..., :3], alpha.astype(np.uint8)]))
    return Layer(
        pixels,
        raster.left + left,
        raster.top + top,
        name=clean_name(name),
        kind=layer.kind,
        opacity=layer.opacity,
        blend_mode=layer.blend_mode,
        visible=layer.visible,
        clip=layer.clip,
        effects=layer.effects,
        provenance=Provenance(layer.provenance.engine, layer.provenance.score),
    )


def aligned_alpha(selection: Raster, box: Box) -> Pixels:
    """The selection's alpha within `box`, 0 where it does not reach."""
    out = np.zeros((box[3] - box[1], box[2] - box[0]), np.uint8)
    left, top = max(box[0], selection.left), max(box[1], selection.top)
    right, bottom = min(box[2], selection.box[2]), min(box[3], selection.box[3])
    if left < right and top < bottom:
        part = selection.pixels[
            top - selection.top : bottom - selection.top, left - selection.left : right - selection.left
        ]
        out[top - box[1] : bottom - box[1], left - box[0] : right - box[0]] = part[..., 3]
    return out


def in_place_of(document: Document, layer: Layer, nodes: Collection[Node]) -> Document:
    """The document with those nodes where the layer was."""
    parent, index = document.place_of(layer.id)
    return insert(remove(document, [layer.id]), nodes, parent, index)


def _layer(document: Document, layer_id: str) -> Layer:
    node = document.find(layer_id)
    if isinstance(node, Group):
        raise InputError("editing.not-a-layer")
    if not isinstance(node, Layer):
        raise InputError("editing.no-pixels", name=quoted(node.name))
    return node


def _is_edited(layer: Layer) -> bool:
    return not layer.transform.is_identity or not layer.recolor.is_identity or layer.mask is not None


def _refuse_locked(document: Document, members: Collection[Node]) -> None:
    within = {node.id for member in members for node in _nodes_of(member)}
    if held := within & locked_ids(document):
        top = [node.id for node in document.walk() if node.id in held]
        raise InputError.of(refusal(document, top[-1:]))


def _refuse_undrawn(members: Collection[Node]) -> None:
    for node in (n for member in members for n in _nodes_of(member)):
        if not isinstance(node, Layer | Group):
            raise InputError("editing.merge-undrawn", name=quoted(node.name))


def _nodes_of(node: Node) -> list[Node]:
    inner = [n for child in node.children for n in _nodes_of(child)] if isinstance(node, Group) else []
    return [*inner, node]


def _merged(members: tuple[Node, ...], check: Check) -> Layer:
    lowest = members[0]
    box = _extent(members, check)
    pixels, left, top = tight(composite_nodes(members, box, check))
    flat = Layer(pixels, box[0] + left, box[1] + top, name=lowest.name)
    return replace(
        flat,
        kind=lowest.kind if isinstance(lowest, Layer) else flat.kind,
        blend_mode=BlendMode.NORMAL if lowest.blend_mode is BlendMode.PASS_THROUGH else lowest.blend_mode,
    )


def _extent(members: Collection[Node], check: Check) -> Box:
    nodes = [node for member in members for node in _nodes_of(member)]
    boxes = []
    for node in nodes:
        if isinstance(node, Layer) and node.visible:
            check()
            boxes.append(render_layer(node).box)
    if not boxes:
        raise InputError("editing.merge-nothing-shown")
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _covered_alpha(layer: Layer, raster: Raster, selection: Raster) -> NDArray[np.float32]:
    """Alpha 0..255 of what the selection covers of a layer."""
    share = aligned_alpha(selection, raster.box).astype(np.float32) / 255
    cut = np.rint(raster.pixels[..., 3] * share)
    if not cut.any():
        raise InputError("editing.covers-nothing", name=quoted(layer.name))
    return cut


def _hidden(layer: Layer, selection: Raster) -> Layer | None:
    """The layer with the selection taken out of its mask; None where it covers nothing of it."""
    cover = _in_own_pixels(layer, selection)
    mask = layer.mask.pixels if layer.mask is not None else np.full(cover.shape, 255, np.uint8)
    if not cv2.min(cv2.min(cover, mask), np.ascontiguousarray(layer.pixels[..., 3])).any():
        return None
    left = (mask.astype(np.uint16) * (255 - cover) + 127) // 255
    return replace(layer, mask=Mask(frozen(left.astype(np.uint8))))


def _in_own_pixels(layer: Layer, selection: Raster) -> Pixels:
    """The selection's alpha as seen from the layer's own pixels, before its transform."""
    t = layer.transform
    if t.is_integer_move:
        left, top = layer.left + int(t.dx), layer.top + int(t.dy)
        return aligned_alpha(selection, (left, top, left + layer.width, top + layer.height))
    m = matrix(layer)
    # OpenCV puts pixel centres at integers; the document puts them at + 0.5.
    m[:, 2] += m[:, :2] @ (0.5, 0.5) - (selection.left + 0.5, selection.top + 0.5)
    alpha = np.ascontiguousarray(selection.pixels[..., 3])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(alpha, m, (layer.width, layer.height), flags=flags), np.uint8)
