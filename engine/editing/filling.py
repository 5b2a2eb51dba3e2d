"""Fill behind: what other layers cover is made anew from a layer's own surroundings."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cancel import Check
from engine.document import Document, Group, Layer, Node, Pixels, frozen
from engine.editing.edits import quoted
from engine.editing.plans import Made, Plan, area_of
from engine.editing.surgery import aligned_alpha, free_layer, rasterized
from engine.errors import InputError
from engine.imaging.compositing import Box, Raster, render_layer

EDGE = 3  # px around a covering layer whose colours may still be its own
SEEN = 8  # 8-bit alpha from which a layer counts as covering
MARGIN = 0.25  # of the hole's longer side: how far around it the fill looks first
LEAST_KNOWN = 64  # px that must be seen of a layer to fill the rest from
LEAST_MARGIN = 128  # px around the hole that the fill looks at in any case
LARGEST_SIDE = 30_000  # px: OpenCV samples no larger picture


def fill_behind(document: Document, layer_id: str) -> Plan:
    """The layer with everything that visible layers above it cover filled from what is seen of it.

    Enclosed transparent holes are filled too. The layer's transform, recolour and mask become pixels.
    Raises InputError where nothing covers it, nothing of it is left to fill from, or it is locked.
    """
    layer = free_layer(document, layer_id)
    above = tuple(_above(document, layer_id))

    def put(made: Made) -> tuple[Document, list[str]]:
        return document.map_nodes(lambda node: made.nodes[0] if node.id == layer_id else node), [layer_id]

    return Plan((layer, *above), lambda check: Made((_made(layer, above, check),)), put, 8 * area_of((layer,)))


def _made(layer: Layer, above: tuple[Layer, ...], check: Check) -> Layer:
    layer = rasterized(layer)
    hole = _covered(above, Raster(layer.pixels, layer.left, layer.top), check)
    known = (layer.pixels[..., 3] == 255) & ~hole
    if not hole.any():
        raise InputError("editing.nothing-covers", name=quoted(layer.name))
    if known.sum() < LEAST_KNOWN:
        raise InputError("editing.covered-altogether", name=quoted(layer.name))
    return replace(layer, pixels=_filled(layer.pixels, hole, known, check))


def _filled(pixels: Pixels, hole: NDArray[np.bool_], known: NDArray[np.bool_], check: Check) -> Pixels:
    left, top, right, bottom = _around(hole, known)
    here = np.s_[top:bottom, left:right]
    part = hole[here]
    colour = _colours(pixels[here][..., :3], part | ~known[here], known[here], check)
    out = pixels.copy()
    np.rint(np.clip(colour, 0, 255, out=colour), out=colour)
    np.copyto(out[here][..., :3], colour, where=part[..., None], casting="unsafe")
    out[here][part, 3] = 255
    return frozen(out)


def _colours(rgb: Pixels, unknown: NDArray[np.bool_], known: NDArray[np.bool_], check: Check) -> NDArray[np.float32]:
    from engine.imaging.arrays import resize, resize_mask
    from engine.imaging.patches import texture_fill

    h, w = unknown.shape
    image = rgb.astype(np.float32)
    if max(h, w) <= LARGEST_SIDE:
        return texture_fill(image, unknown, known, check)
    shrink = LARGEST_SIDE / max(h, w)
    size = max(1, round(w * shrink)), max(1, round(h * shrink))
    small = texture_fill(resize(image, *size), ~resize_mask(~unknown, *size), resize_mask(known, *size), check)
    return resize(small, w, h)


def _around(hole: NDArray[np.bool_], known: NDArray[np.bool_]) -> Box:
    """The hole's box with so much around it that there is at least as much to fill from as to fill."""
    h, w = hole.shape
    x, y, width, height = cv2.boundingRect(hole.view(np.uint8))
    margin = max(LEAST_MARGIN, round(MARGIN * max(width, height)))
    wanted = min(int(hole.sum()), int(known.sum()))
    while True:
        box = max(0, x - margin), max(0, y - margin), min(w, x + width + margin), min(h, y + height + margin)
        if known[box[1] : box[3], box[0] : box[2]].sum() >= wanted:
            return box
        margin *= 2


def _covered(above: tuple[Layer, ...], raster: Raster, check: Check) -> NDArray[np.bool_]:
    """Where those layers cover the layer's shape, and its enclosed holes."""
    cover = np.zeros(raster.pixels.shape[:2], np.uint8)
    for layer in above:
        check()
        np.maximum(cover, aligned_alpha(render_layer(layer), raster.box), out=cover)
    covered = cv2.dilate((cover > SEEN).astype(np.uint8), np.ones((2 * EDGE + 1, 2 * EDGE + 1), np.uint8)) > 0
    solid = raster.pixels[..., 3] > 0
    return (covered & solid) | _enclosed(solid)


def _enclosed(solid: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Transparent parts that no edge of the box reaches."""
    outside = np.pad((~solid).astype(np.uint8), 1, constant_values=1)
    cv2.floodFill(outside, None, (0, 0), 2)
    return np.asarray(outside[1:-1, 1:-1] == 1, np.bool_)


def _above(document: Document, layer_id: str) -> list[Layer]:
    """Visible layers above that one, whatever groups they lie in."""
    shown: list[Layer] = []

    def visit(nodes: tuple[Node, ...], visible: bool) -> None:
        for node in nodes:
            if isinstance(node, Group):
                visit(node.children, visible and node.visible)
            elif node.id == layer_id:
                shown.clear()
            elif isinstance(node, Layer) and visible and node.visible and node.opacity > 0:
                shown.append(node)

    visit(document.nodes, True)
    return shown
