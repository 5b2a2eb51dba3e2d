"""Split a layer into its disconnected parts. They keep its transform, recolour and mask as parameters."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cancel import Check
from engine.document import Document, Group, Layer, Mask, Pixels, frozen, new_id
from engine.editing.carrying import dropped_blocks
from engine.editing.edits import clean_name, quoted
from engine.editing.plans import Made, Plan
from engine.editing.surgery import free_layer, in_place_of
from engine.errors import InputError
from engine.imaging.compositing import Box, matrix
from engine.words import note

MAX_ISLANDS = 40
_JOIN = 3  # px: gaps up to this wide do not part an island
_RIM = 2  # px of nothing kept around a part that is resampled, so that its edge stays as soft as it was
_LEAST_AREA = 64  # px: a smaller part is a speck
_LEAST_SHARE = 0.002  # of all that is solid: likewise
_LINE = 32  # px: parts that begin within so many rows of each other are numbered from left to right
_SOLID = 8  # 8-bit alpha above which a pixel belongs to an island of its own right


def split_islands(document: Document, layer_id: str) -> Plan:
    """Make each disconnected part of a layer a layer of its own, in a group that takes the layer's place.

    Specks go with the part they are nearest to, and so do the smallest parts where there are more than MAX_ISLANDS.
    Raises InputError where the layer is one piece or locked.
    """
    layer = free_layer(document, layer_id)

    def put(made: Made) -> tuple[Document, list[str]]:
        group = Group(made.nodes, name=layer.name, clip=layer.clip)
        return in_place_of(document, layer, [group]), [node.id for node in made.nodes]

    return Plan((layer,), lambda check: _split(layer, check), put, 2 * layer.width * layer.height)


def cropped(layer: Layer, box: Box) -> Layer:
    """The layer cut to `box` of its own pixels (left, top, right, bottom); what is left stays where it is seen."""
    left, top, right, bottom = box
    part = replace(
        layer,
        pixels=frozen(layer.pixels[top:bottom, left:right].copy()),
        mask=_cropped_mask(layer.mask, box),
        left=layer.left + left,
        top=layer.top + top,
    )
    t = layer.transform
    if t.scale_x == t.scale_y == 1 and t.rotation == 0:
        return part
    # A layer turns about its own centre, and that is another one now.
    centre = matrix(layer) @ ((left + right) / 2, (top + bottom) / 2, 1.0)
    dx = float(centre[0]) - part.left - part.width / 2
    dy = float(centre[1]) - part.top - part.height / 2
    return replace(part, transform=replace(t, dx=dx, dy=dy))


def _cropped_mask(mask: Mask | None, box: Box) -> Mask | None:
    if mask is None:
        return None
    part = mask.pixels[box[1] : box[3], box[0] : box[2]]
    return None if (part == 255).all() else Mask(frozen(part.copy()))


def _split(layer: Layer, check: Check) -> Made:
    alpha = layer.pixels[..., 3]
    if layer.mask is not None:
        alpha = np.where(layer.mask.pixels > 0, alpha, 0).astype(np.uint8)
    check()
    labels, count, found = _islands(alpha, check)
    if count < 2:
        raise InputError("editing.one-piece", name=quoted(layer.name))
    parts = []
    for i in range(count):
        check()
        parts.append(_part(layer, np.asarray(labels == i + 1), f"{layer.name} {i + 1}"))
    joined = found - count
    notes = (note("editing.pieces-joined", found=found, count=count),) if joined else ()
    return Made(tuple(parts), (*notes, *dropped_blocks(layer)))


def _part(layer: Layer, where: NDArray[np.bool_], name: str) -> Layer:
    shown = np.where(where, layer.pixels[..., 3], 0).astype(np.uint8)
    x, y, w, h = cv2.boundingRect(shown)
    rim = 0 if layer.transform.is_integer_move else _RIM
    left, top = max(0, x - rim), max(0, y - rim)
    right, bottom = min(layer.width, x + w + rim), min(layer.height, y + h + rim)
    part = cropped(layer, (left, top, right, bottom))
    pixels = np.dstack([part.pixels[..., :3], shown[top:bottom, left:right]])
    return replace(part, pixels=frozen(pixels), name=clean_name(name), id=new_id(), clip=False, carried=())


def _islands(alpha: Pixels, check: Check) -> tuple[Pixels, int, int]:
    """Labels 1..n, top to bottom and left to right, of the parts; n; and how many there were before any were joined.

    Specks belong to the nearest large part and do not count.
    """
    solid = (alpha > _SOLID).astype(np.uint8)
    joined = cv2.dilate(solid, np.ones((_JOIN, _JOIN), np.uint8))
    count, labels, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    areas = stats[1:, cv2.CC_STAT_AREA]
    if count < 3:
        return labels.astype(np.uint8), count - 1, count - 1
    large = np.flatnonzero(areas >= max(_LEAST_AREA, _LEAST_SHARE * areas.sum()))
    if len(large) == 0:
        large = np.arange(len(areas))
    kept = sorted(large, key=lambda i: -int(areas[i]))[:MAX_ISLANDS]
    order = sorted(kept, key=lambda i: (stats[i + 1, cv2.CC_STAT_TOP] // _LINE, stats[i + 1, cv2.CC_STAT_LEFT]))
    seeds = np.zeros(count, np.uint8)
    for number, i in enumerate(order):
        seeds[i + 1] = number + 1
    check()
    return _spread(seeds[labels]), len(order), len(large)


def _spread(seeds: Pixels) -> Pixels:
    """Every pixel gets the label of the nearest labelled one."""
    _, nearest = cv2.distanceTransformWithLabels(
        (seeds == 0).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    at_seed = np.zeros(int(nearest.max()) + 1, np.uint8)
    at_seed[nearest[seeds > 0]] = seeds[seeds > 0]
    out: Pixels = at_seed[nearest]
    return out
