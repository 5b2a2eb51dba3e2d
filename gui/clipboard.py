"""Layers out to the clipboard, as pictures with alpha that other programs paste too."""

from __future__ import annotations

import json
from collections.abc import Sequence

from PySide6.QtCore import QMimeData
from PySide6.QtGui import QGuiApplication, QImage

from engine.compositing import Box, bounds, composite, composite_nodes
from engine.document import Document, Layer, Node, Pixels
from engine.edits import ids_under
from engine.surgery import tight

PLACE = "application/x-unflatten-place"
"""Beside the picture: where it was in the document and what it was called, as JSON {left, top, name}."""


def copy_selection(document: Document, selection: Sequence[str]) -> bool:
    """Put what the selected nodes look like, and nothing else, on the clipboard; False where they show nothing."""
    nodes = [node for node in document.walk() if node.id in selection]
    nodes = [n for n in nodes if document.place_of(n.id)[0] not in selection]
    box = _extent([document.layer(i) for i in ids_under(document, selection)])
    if box is None:
        return False
    pixels, left, top = tight(composite_nodes(_shown(nodes), box))
    if not pixels.size:
        return False
    _put(pixels, {"left": box[0] + left, "top": box[1] + top, "name": nodes[-1].name})
    return True


def copy_merged(document: Document) -> None:
    """Put the whole picture on the clipboard."""
    _put(composite(document), None)


def place_of(mime: QMimeData) -> dict[str, object] | None:
    """Where a picture that came from a document was, or None for one from elsewhere."""
    if not mime.hasFormat(PLACE):
        return None
    try:
        found = json.loads(bytes(mime.data(PLACE).data()))
        return {"left": int(found["left"]), "top": int(found["top"]), "name": str(found["name"])}
    except (ValueError, KeyError, TypeError):
        return None


def _put(pixels: Pixels, place: dict[str, object] | None) -> None:
    h, w = pixels.shape[:2]
    image = QImage(pixels.tobytes(), w, h, 4 * w, QImage.Format.Format_RGBA8888).copy()
    mime = QMimeData()
    mime.setImageData(image)
    if place is not None:
        mime.setData(PLACE, json.dumps(place).encode())
    QGuiApplication.clipboard().setMimeData(mime)


def _shown(nodes: list[Node]) -> list[Node]:
    from dataclasses import replace

    return [replace(node, visible=True) for node in nodes]


def _extent(layers: list[Layer]) -> Box | None:
    boxes = [bounds(layer) for layer in layers]
    if not boxes:
        return None
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return int(min(lefts)) - 2, int(min(tops)) - 2, int(max(rights)) + 2, int(max(bottoms)) + 2
