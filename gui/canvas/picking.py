"""What lies at a place of the document, and which layers a hand may change. Pure functions of a document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from engine.compositing import bounds, matrix
from engine.document import Document, Group, Layer, Node
from engine.edits import ids_under, locked_ids

SOLID = 26
"""Alpha (of 255) from which a pixel counts as visible: a tenth."""

Box = tuple[float, float, float, float]


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
            else:
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


def touched_by(document: Document, box: Box) -> list[str]:
    """Free shown layers whose box touches `box` without enclosing it, bottom to top: what a marquee catches."""
    left, top, right, bottom = box
    locked = locked_ids(document)
    out = []
    for layer in shown_layers(document):
        a, b, c, d = bounds(layer)
        touches = a < right and c > left and b < bottom and d > top
        encloses = a <= left and b <= top and c >= right and d >= bottom
        if layer.id not in locked and touches and not encloses:
            out.append(layer.id)
    return out
