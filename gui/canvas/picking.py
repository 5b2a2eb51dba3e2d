"""What lies at a place of the document, and which layers a hand may change. Pure functions of a document."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

import cv2
import numpy as np
import numpy.typing as npt

from engine.document import Document, Group, Layer, Node
from engine.editing.edits import ids_under, locked_ids
from engine.imaging.compositing import bounds, matrix
from gui.canvas.snapping import Box

SOLID = 26
"""Alpha (of 255) from which a pixel counts as visible: a tenth."""

LOOK = 250
"""Places each way at which a large box is looked at first."""


def layers_at(document: Document, x: float, y: float, threshold: int = SOLID) -> list[Layer]:
    """Shown layers with a visible pixel there, topmost first; locked ones too."""
    return [layer for layer in reversed(list(shown_layers(document))) if alpha_at(layer, x, y) >= threshold]


def alpha_at(layer: Layer, x: float, y: float) -> int:
    """The layer's alpha (mask included) at a document place; 0 outside it."""
    left, top, right, bottom = bounds(layer)
    if not (left <= x < right and top <= y < bottom):
        return 0
    m = matrix(layer)
    try:
        px, py = np.linalg.solve(m[:, :2], np.array([x - m[0, 2], y - m[1, 2]]))
    except np.linalg.LinAlgError:
        return 0
    col, row = int(np.floor(px)), int(np.floor(py))
    if not (0 <= col < layer.width and 0 <= row < layer.height):
        return 0
    alpha = int(layer.pixels[row, col, 3])
    return alpha * int(layer.mask.pixels[row, col]) // 255 if layer.mask is not None else alpha


def shown_layers(document: Document) -> Iterator[Layer]:
    """Layers that are visible, as are all groups around them; bottom to top."""

    def visit(nodes: Iterable[Node]) -> Iterator[Layer]:
        for node in nodes:
            if not node.visible or node.opacity <= 0:
                continue
            if isinstance(node, Group):
                yield from visit(node.children)
            elif isinstance(node, Layer):
                yield node

    return visit(document.nodes)


def free_layers(document: Document, ids: Iterable[str]) -> list[Layer]:
    """The layers among `ids` and in the groups among them that may be changed, bottom to top."""
    chosen, locked = ids_under(document, ids), locked_ids(document)
    return [layer for layer in document.layers() if layer.id in chosen and layer.id not in locked]


def holder_in(document: Document, layer_id: str, ids: Iterable[str]) -> str | None:
    """The id among `ids` that is the layer itself or a group around it."""
    wanted = set(ids)
    current: str | None = layer_id
    while current is not None:
        if current in wanted:
            return current
        current = document.place_of(current)[0]
    return None


def topmost(document: Document, ids: Iterable[str]) -> list[str]:
    """The ids that do not lie in a group among them."""
    chosen = list(ids)
    parents = {i: document.place_of(i)[0] for i in chosen}
    return [i for i, parent in parents.items() if parent is None or holder_in(document, parent, chosen) is None]


def touched_by(document: Document, box: Box) -> list[str]:
    """Free shown layers with a visible pixel in `box`, bottom to top: what a marquee catches.

    A layer on whose solid ground the whole marquee was drawn is not meant.
    """
    left, top, right, bottom = box
    locked = locked_ids(document)
    out = []
    for layer in shown_layers(document):
        a, b, c, d = bounds(layer)
        if layer.id in locked or not (a < right and c > left and b < bottom and d > top):
            continue
        steps = (_coarse(box), 1)  # a look at few pixels mostly settles it
        if _on_it(layer, box) and all(_solid(layer, box, step).all() for step in steps):
            continue
        if any(_solid(layer, box, step).any() for step in steps):
            out.append(layer.id)
    return out


def _on_it(layer: Layer, box: Box) -> bool:
    """Whether all four corners of a box lie on the layer's visible pixels."""
    left, top, right, bottom = box
    inset = min(0.5, (right - left) / 2, (bottom - top) / 2)
    xs, ys = (left + inset, right - inset), (top + inset, bottom - inset)
    return all(alpha_at(layer, x, y) >= SOLID for x in xs for y in ys)


def _coarse(box: Box) -> int:
    return max(1, math.isqrt(int((box[2] - box[0]) * (box[3] - box[1]))) // LOOK)


def _solid(layer: Layer, box: Box, step: int) -> npt.NDArray[np.bool_]:
    """Which of the layer's pixels in a document box are visible, every `step`-th each way; bool, one-dimensional."""
    inverse = np.linalg.inv(np.vstack([matrix(layer), (0, 0, 1)]))
    left, top, right, bottom = box
    corners = np.array([(left, top, 1), (right, top, 1), (right, bottom, 1), (left, bottom, 1)], np.float64)
    places = (corners @ inverse.T)[:, :2]
    x0, y0 = np.maximum(np.floor(places.min(axis=0)), 0).astype(int)
    x1, y1 = np.minimum(np.ceil(places.max(axis=0)), (layer.width, layer.height)).astype(int)
    if x0 >= x1 or y0 >= y1:
        return np.zeros(0, bool)
    here = np.s_[y0:y1:step, x0:x1:step]
    alpha = layer.pixels[here][..., 3]
    solid: npt.NDArray[np.bool_] = alpha >= SOLID
    if layer.mask is not None:
        solid &= alpha * (layer.mask.pixels[here] / np.float32(255)) >= SOLID
    if layer.transform.rotation % 90 == 0:
        return solid.ravel()
    covered = np.zeros(solid.shape, np.uint8)
    cv2.fillConvexPoly(covered, np.rint((places - (x0, y0)) / step).astype(np.int32), 1)
    inside: npt.NDArray[np.bool_] = solid[covered.astype(bool)]
    return inside
