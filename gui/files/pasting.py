"""What is pasted: pictures from the clipboard as new layers of the open document."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QBuffer, QIODevice, QMimeData
from PySide6.QtGui import QImage

from engine.cancel import Check, never
from engine.document import Document, Group, Layer, LayerKind, Node
from engine.editing.edits import clean_name, insert, locked_ids
from engine.imaging.profiles import converted
from engine.opening.flat import Opened, open_bytes
from engine.opening.layered import open_layered
from engine.words import Message
from gui.files.clipboard import PNG


@dataclass(frozen=True, slots=True, eq=False)
class Pasted:
    """A node for the open document, in its colours, and the size in px of the picture that it came from."""

    node: Node
    width: int
    height: int
    notes: tuple[Message, ...] = ()


def files_in(mime: QMimeData) -> list[Path]:
    """Files of this computer that were copied or dragged."""
    return [Path(url.toLocalFile()) for url in mime.urls() if url.isLocalFile()]


def picture_in(mime: QMimeData) -> bytes | None:
    """An encoded picture, with the alpha and the colour profile that the other program gave it; None where none is."""
    if mime.hasFormat(PNG) and (data := bytes(mime.data(PNG).data())):
        return data
    if mime.hasImage() and not (image := QImage(mime.imageData())).isNull():
        buffer = QBuffer()
        buffer.open(QIODevice.OpenModeFlag.WriteOnly)
        image.save(buffer, "PNG")  # type: ignore[call-overload] # the stubs want bytes, the call refuses them
        return bytes(buffer.data().data())
    return None


def read_picture(data: bytes, document: Document, name: str, check: Check = never) -> Pasted:
    """A picture as a layer for that document. Raises InputError where it cannot be read, and what `check` does."""
    return _pasted(open_bytes(data, check=check), document, name)


def read_file(path: Path, document: Document, check: Check = never) -> Pasted:
    """A file as a layer for that document, or as a group where it has several. Raises as `open_layered` does."""
    return _pasted(open_layered(path, check=check), document, path.stem)


def place_in(
    document: Document, pasted: Sequence[Pasted], above: str | None, corners: Sequence[tuple[int, int]]
) -> Document:
    """The document with those nodes right above that one (None: on top), their top left corners there."""
    parent, index = None, len(document.nodes)
    if above is not None:
        parent, index = document.place_of(above)
        index += 1
    locked = locked_ids(document)
    while parent is not None and parent in locked:
        parent, index = document.place_of(parent)
        index += 1
    nodes = [_moved(p.node, *corner) for p, corner in zip(pasted, corners, strict=True)]
    return insert(document, nodes, parent, index)


def corner_of(
    pasted: Pasted, document: Document, place: dict[str, Any] | None, centre: tuple[float, float]
) -> tuple[int, int]:
    """Where its top left corner goes: to its old place where that is on the canvas, else around `centre`.

    A picture of the page's size lies on the page: the middle of a view is exact to a pixel of the screen only.
    """
    if place is not None:
        left, top = int(place["left"]), int(place["top"])
        if -pasted.width < left < document.width and -pasted.height < top < document.height:
            return left, top
    if (pasted.width, pasted.height) == (document.width, document.height):
        return 0, 0
    x, y = min(max(centre[0], 0), document.width), min(max(centre[1], 0), document.height)
    return round(x - pasted.width / 2), round(y - pasted.height / 2)


def _pasted(opened: Opened, document: Document, name: str) -> Pasted:
    found = converted(opened.document, document.icc)
    name = clean_name(name) or "Pasted image"
    node: Node
    if len(found.nodes) == 1 and isinstance(layer := found.nodes[0], Layer):
        node = replace(layer, name=name, kind=LayerKind.OBJECT, locked=False)
    else:
        node = Group(found.nodes, name=name)
    return Pasted(node, found.width, found.height, opened.notes)


def _moved(node: Node, dx: int, dy: int) -> Node:
    if isinstance(node, Group):
        return replace(node, children=tuple(_moved(child, dx, dy) for child in node.children))
    if isinstance(node, Layer):
        return replace(node, left=node.left + dx, top=node.top + dy)
    mask = node.mask and replace(node.mask, left=node.mask.left + dx, top=node.mask.top + dy)
    return replace(node, mask=mask)
