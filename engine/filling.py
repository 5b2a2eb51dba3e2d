"""Fill behind: what other layers cover is made anew from a layer's own surroundings."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.compositing import Raster, render_layer
from engine.document import Document, Group, Layer, Node, Pixels, frozen
from engine.errors import InputError
from engine.surgery import aligned_alpha, free_layer, rasterized

EDGE = 3  # px around a covering layer whose colours may still be its own
SEEN = 8  # 8-bit alpha from which a layer counts as covering


def fill_behind(document: Document, layer_id: str) -> Document:
    """The layer with everything that visible layers above it cover filled from what is seen of it.

    Enclosed transparent holes are filled too. The layer's transform, recolour and mask become pixels.
    Raises InputError where nothing covers it, nothing of it is left to fill from, or it is locked.
    """
    layer = rasterized(free_layer(document, layer_id))
    raster = Raster(layer.pixels, layer.left, layer.top)
    hole = _covered(document, layer_id, raster)
    known = (raster.pixels[..., 3] == 255) & ~hole
    if not hole.any():
        raise InputError(f"Nothing covers {layer.name}; there is nothing to fill behind.")
    if known.sum() < 64:
        raise InputError(f"{layer.name} is covered altogether; there is nothing to fill it from.")
    filled = replace(layer, pixels=_filled(raster.pixels, hole, known))
    return document.map_nodes(lambda node: filled if node.id == layer_id else node)


def _filled(pixels: Pixels, hole: NDArray[np.bool_], known: NDArray[np.bool_]) -> Pixels:
    from engine.builtin.patches import texture_fill

    colour = texture_fill(pixels[..., :3].astype(np.float32), hole | ~known, known)
    out = pixels.copy()
    out[hole, :3] = np.rint(np.clip(colour[hole], 0, 255))
    out[hole, 3] = 255
    return frozen(out)


def _covered(document: Document, layer_id: str, raster: Raster) -> NDArray[np.bool_]:
    """Where visible layers above cover the layer's shape, and its enclosed holes."""
    cover = np.zeros(raster.pixels.shape[:2], np.uint8)
    for above in _above(document, layer_id):
        np.maximum(cover, aligned_alpha(render_layer(above), raster.box), out=cover)
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
            elif visible and node.visible and node.opacity > 0:
                shown.append(node)

    visit(document.nodes, True)
    return shown
