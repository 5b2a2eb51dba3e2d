"""Edits that make new pixels: merge, rasterise, split into islands, cut out a selection. Pure, as `edits` is."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import cv2
import numpy as np

from engine.compositing import Box, Raster, composite_nodes, render_layer
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
from engine.edits import insert, remove
from engine.errors import InputError

MAX_ISLANDS = 40
_JOIN = 3  # px: gaps up to this wide do not part an island


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


def rasterize(document: Document, ids: Collection[str]) -> Document:
    """Those layers with their own look made into pixels. Locked layers stay."""

    def change(node: Node) -> Node:
        return rasterized(node) if isinstance(node, Layer) and node.id in ids and not node.locked else node

    return document.map_nodes(change)


def merge(document: Document, ids: Collection[str]) -> tuple[Document, str]:
    """Flatten sibling nodes into one layer at the place of the topmost; its name and blend mode are the lowest one's.

    Raises InputError, one sentence, where there is nothing to merge or a layer is locked.
    """
    members = [node for node in document.walk() if node.id in ids]
    if len(members) < 2:
        raise InputError("Select at least two layers to merge.")
    if any(_locked(node) for node in members):
        raise InputError("A locked layer cannot be merged; unlock it first.")
    places = {node.id: document.place_of(node.id) for node in members}
    if len({parent for parent, _ in places.values()}) > 1:
        raise InputError("Only layers of the same group can be merged.")
    lowest, highest = members[0], members[-1]
    flat = _flattened(members)
    merged = replace(
        flat,
        name=lowest.name,
        kind=lowest.kind if isinstance(lowest, Layer) else flat.kind,
        blend_mode=BlendMode.NORMAL if lowest.blend_mode is BlendMode.PASS_THROUGH else lowest.blend_mode,
    )
    parent, index = places[highest.id]
    rest = [n for n in document.siblings(parent) if n.id not in ids]
    rest.insert(index - (len(members) - 1), merged)
    return document.with_siblings(parent, rest), merged.id


def merge_down(document: Document, node_id: str) -> tuple[Document, str]:
    """Merge a node with the visible one below it. Raises InputError where there is none."""
    parent, index = document.place_of(node_id)
    below = [n for n in document.siblings(parent)[:index] if n.visible]
    if not below:
        raise InputError("There is no visible layer below to merge with.")
    return merge(document, [below[-1].id, node_id])


def merge_visible(document: Document) -> tuple[Document, str]:
    """Merge every visible node of the top level. Raises InputError where there are fewer than two."""
    return merge(document, [n.id for n in document.nodes if n.visible])


def split_islands(document: Document, layer_id: str) -> tuple[Document, list[str]]:
    """Make each disconnected part of a layer a layer of its own, in a group that takes the layer's place.

    Raises InputError where the layer is one piece, locked, or falls into more than MAX_ISLANDS parts.
    """
    layer = free_layer(document, layer_id)
    raster = render_layer(layer)
    labels, count = _islands(raster.pixels)
    if count < 2:
        raise InputError(f"{layer.name} is one piece; there is nothing to split.")
    if count > MAX_ISLANDS:
        raise InputError(f"{layer.name} falls into {count} pieces, more than {MAX_ISLANDS}; cut it with a selection.")
    parts = [_part(layer, raster, labels == i + 1, f"{layer.name} {i + 1}") for i in range(count)]
    group = Group(tuple(parts), name=layer.name)
    return _put_in_place(document, layer, [group]), [part.id for part in parts]


def move_selection(document: Document, layer_id: str, selection: Raster) -> tuple[Document, str]:
    """Cut what `selection` covers out of a layer and put it on a layer of its own, right above.

    `selection.pixels[..., 3]` is the selection, 0..255, at its place in the document; a soft one gives soft edges
    that add up to the layer again.
    Raises InputError where it covers nothing of the layer or the layer is locked.
    """
    layer = free_layer(document, layer_id)
    raster = render_layer(layer)
    share = aligned_alpha(selection, raster.box).astype(np.float32) / 255
    alpha = raster.pixels[..., 3].astype(np.float32)
    cut = np.rint(alpha * share)
    if not cut.any():
        raise InputError(f"The selection covers nothing of {layer.name}.")
    # (1 - cut)(1 - rest) = 1 - alpha, so that the two stack to what there was.
    rest = np.rint(np.clip((alpha - cut) / np.maximum(1 - cut / 255, 1e-6), 0, 255))
    piece = _with_alpha(layer, raster, cut, f"{layer.name} part")
    kept = replace(_with_alpha(layer, raster, rest, layer.name), id=layer.id)
    return _put_in_place(document, layer, [kept, piece] if rest.any() else [piece]), piece.id


def set_mask(document: Document, layer_id: str, mask: Pixels | None) -> Document:
    """Give a layer a mask (uint8 of the layer's own pixel size), or none. Locked layers stay."""

    def change(node: Node) -> Node:
        if not isinstance(node, Layer) or node.id != layer_id or node.locked:
            return node
        return replace(node, mask=None if mask is None or (mask == 255).all() else Mask(frozen(mask)))

    return document.map_nodes(change)


def free_layer(document: Document, layer_id: str) -> Layer:
    """That layer. Raises InputError where it is locked or a group."""
    node = document.find(layer_id)
    if not isinstance(node, Layer):
        raise InputError("Choose a layer, not a group.")
    if node.locked:
        raise InputError(f"{node.name} is locked; unlock it first.")
    return node


def _locked(node: Node) -> bool:
    return node.locked or (isinstance(node, Group) and any(_locked(child) for child in node.children))


def _flattened(members: list[Node]) -> Layer:
    box = _extent(members)
    pixels, left, top = tight(composite_nodes(members, box))
    return Layer(pixels, box[0] + left, box[1] + top)


def _extent(members: list[Node]) -> Box:
    boxes = [render_layer(layer).box for node in members for layer in _layers_of(node) if layer.visible]
    if not boxes:
        raise InputError("There is nothing visible to merge.")
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _layers_of(node: Node) -> list[Layer]:
    if isinstance(node, Layer):
        return [node]
    return [layer for child in node.children for layer in _layers_of(child)]


def _islands(pixels: Pixels) -> tuple[Pixels, int]:
    """Labels 1..n, top to bottom and left to right, of the parts; specks belong to the nearest large part."""
    solid = (pixels[..., 3] > 8).astype(np.uint8)
    joined = cv2.dilate(solid, np.ones((_JOIN, _JOIN), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count < 3:
        return labels.astype(np.uint8), count - 1
    large = np.flatnonzero(areas >= max(64, 0.002 * areas.sum()))
    order = sorted(large, key=lambda i: (stats[i + 1, cv2.CC_STAT_TOP] // 32, stats[i + 1, cv2.CC_STAT_LEFT]))
    if len(order) > MAX_ISLANDS:
        return labels.astype(np.uint8), len(order)
    seeds = np.zeros(count, np.uint8)
    for number, i in enumerate(order):
        seeds[i + 1] = number + 1
    return _spread(seeds[labels]), len(order)


def _spread(seeds: Pixels) -> Pixels:
    """Every pixel gets the label of the nearest labelled one."""
    _, nearest = cv2.distanceTransformWithLabels(
        (seeds == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    at_seed = np.zeros(int(nearest.max()) + 1, np.uint8)
    at_seed[nearest[seeds > 0]] = seeds[seeds > 0]
    out: Pixels = at_seed[nearest]
    return out


def _part(layer: Layer, raster: Raster, where: np.ndarray, name: str) -> Layer:
    return _with_alpha(layer, raster, np.where(where, raster.pixels[..., 3], 0), name)


def _with_alpha(layer: Layer, raster: Raster, alpha: np.ndarray, name: str) -> Layer:
    pixels, left, top = tight(np.dstack([raster.pixels[..., :3], alpha.astype(np.uint8)]))
    return Layer(
        pixels,
        raster.left + left,
        raster.top + top,
        name=name,
        kind=layer.kind,
        opacity=layer.opacity,
        blend_mode=layer.blend_mode,
        visible=layer.visible,
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


def _put_in_place(document: Document, layer: Layer, nodes: list[Node]) -> Document:
    parent, index = document.place_of(layer.id)
    return insert(remove(document, [layer.id]), nodes, parent, index)
