"""What is in the picture: the document's stack, its original or the difference of the two, as images of any part."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QColorTransform, QImage

from engine.document import Document, Layer
from gui.canvas.colour import view_transform
from gui.canvas.compose import Compositor, is_opaque
from gui.canvas.images import LayerImages
from gui.canvas.qimages import raw_array
from gui.canvas.scene import Item, Leaf, Step, Still, by_id, changed_boxes, holds, items_of, leaves, still_same
from gui.canvas.snapping import Box
from gui.canvas.tiles import difference, image_of, reduced_to_peaks

Shows = Literal["layers", "original", "difference"]


class Piece(NamedTuple):
    """A part of the picture in the screen's colours.

    `final`: nothing better will come. `opaque`: nothing behind it is seen.
    """

    image: QImage
    final: bool
    opaque: bool


@dataclass(frozen=True, slots=True)
class Prepared:
    """A stack in which what stands still during a gesture was drawn once.

    Attributes:
        ids: of the layers that change. rect: where it was drawn, composition px. opaque: whether the lowest step is.
    """

    steps: tuple[Step, ...]
    ids: frozenset[str]
    rect: QRect
    opaque: bool


class Contents:
    """The contents of one document at a time, drawn by the compositor.

    Attributes:
        shows: the layers, the original or the difference.
    """

    def __init__(self, images: LayerImages) -> None:
        self._images = images
        self._compositor = Compositor(images)
        self._document: Document | None = None
        self._items: tuple[Item, ...] = ()
        self._live: dict[str, Item] = {}
        self._original: tuple[Item, ...] = ()
        self._transform: QColorTransform | None = None
        self._prepared: Prepared | None = None
        self._last_ids: frozenset[str] = frozenset()
        self._narrowed: tuple[str, Box] | None = None
        self.shows: Shows = "layers"

    @property
    def document(self) -> Document | None:
        """What is shown now, None before the first one."""
        return self._document

    @property
    def count(self) -> int:
        """How many layers are seen."""
        return sum(1 for _ in leaves(self._items))

    def open(self, document: Document) -> None:
        """Show another document."""
        # Nothing may hold on to the layers of the document before.
        self._images.clear()
        self._compositor.begin_frame()
        self._items = ()
        self._set_document(document)
        self._transform = view_transform(document.icc)
        self._original = ()
        self.drop_prepared()

    def update(self, document: Document, structure: bool, gesture: bool, rect: QRect) -> list[Box]:
        """Show the document after an edit. Returns the document boxes that may look different now.

        `gesture`: a hand is at work, more changes of the same layers will follow, within `rect` (composition px).
        """
        old, before = self._items, self._document
        self._set_document(document)
        if before is not None and document.icc != before.icc:
            self._transform = view_transform(document.icc)
        if before is not None and document.original is not before.original:
            self._original = ()
        boxes = changed_boxes(old, self._items)
        if not boxes:
            return []
        known = {leaf.layer.id: leaf.layer for leaf in leaves(old)}
        ids = frozenset(i.layer.id for i in leaves(self._items) if known.get(i.layer.id) is not i.layer)
        if structure or (self._prepared is not None and not still_same(old, self._items, self._prepared.ids)):
            self.drop_prepared()
        if gesture and self._prepared is None and ids and ids == self._last_ids and not structure:
            self._prepare(ids, rect)
        self._last_ids = ids
        if self._narrowed is not None and ids == {self._narrowed[0]}:
            boxes = [self._narrowed[1]]
        self._narrowed = None
        return boxes

    def _set_document(self, document: Document) -> None:
        self._document = document
        self._items = items_of(document.nodes, {id(leaf.layer): leaf for leaf in leaves(self._items)})
        self._live = by_id(self._items)
        self._images.set_layers(leaf.layer for leaf in leaves(self._items))

    def set_view(self, scale: float, box: Box) -> None:
        """Device px per document px, at most 1; and the document box that is shown."""
        self._compositor.scale, self._compositor.view = scale, box

    def rect_of(self, box: Box) -> QRect:
        """The composition px that a document box touches."""
        return self._compositor.rect_of(box)

    def begin_frame(self) -> None:
        """What is quick enough to be made at once counts anew."""
        self._images.begin_frame()
        self._compositor.begin_frame()

    # Gestures

    @property
    def prepared(self) -> Prepared | None:
        """What was prepared for the gesture under way."""
        return self._prepared

    def expect(self, ids: Iterable[str], rect: QRect) -> None:
        """A gesture will change these layers: draw what lies below and above them now, within `rect`."""
        active = frozenset(ids)
        if active and (self._prepared is None or self._prepared.ids != active):
            self._prepare(active, rect)
            self._last_ids = active

    def narrow(self, layer_id: str, box: Box) -> None:
        """The next edit of that layer changes the picture only within `box` (document px)."""
        self._narrowed = (layer_id, box)

    def drop_prepared(self) -> None:
        """The gesture is over, or what stood still does not any more."""
        self._prepared, self._last_ids = None, frozenset()

    def improve(self) -> None:
        """Better images are there: what was prepared of drafts is made again at the next change."""
        self._prepared = None

    def _prepare(self, ids: frozenset[str], rect: QRect) -> None:
        if rect.isEmpty() or not any(holds(item, ids) for item in self._items):
            return
        self.begin_frame()
        self._compositor.drafts = False
        steps = self._compositor.prepare(self._items, ids, rect)
        below = steps[0] if steps else None
        self._prepared = Prepared(steps, ids, rect, isinstance(below, Still) and is_opaque(below.image))

    # Drawing

    def piece(self, part: QRect, exact: bool) -> Piece:
        """What is shown within `part` (composition px). `exact`: 16 bits and the compositor's own rasters."""
        self._compositor.drafts = False
        prepared = self._prepared if not exact and self.shows == "layers" else None
        if prepared is not None and prepared.rect.contains(part):
            image, opaque = self._compositor.compose(prepared.steps, self._live, part, False), prepared.opaque
        elif self.shows == "difference":
            image, opaque = self._difference(part), False
        else:
            items = self._original_items() if self.shows == "original" else self._items
            image, opaque = self._compositor.compose(items, {}, part, exact), False
        if self._transform is not None and self.shows != "difference":
            image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
            image.applyColorTransform(self._transform)
        return Piece(image, not self._compositor.drafts, opaque)

    def _difference(self, part: QRect) -> QImage:
        """Where the stack is not the original, taken at the document's own size: reduced first, the two would differ
        in how they were reduced."""
        scale = self._compositor.scale
        full = Compositor(self._images)
        left, top = math.floor(part.x() / scale), math.floor(part.y() / scale)
        right, bottom = math.ceil((part.x() + part.width()) / scale), math.ceil((part.y() + part.height()) / scale)
        full.view = (left, top, right, bottom)
        rect = QRect(left, top, right - left, bottom - top)
        gap = difference(*(full.compose(items, {}, rect, True) for items in (self._items, self._original_items())))
        self._compositor.drafts |= full.drafts
        return image_of(gap if scale == 1 else reduced_to_peaks(gap, part.width(), part.height()))

    def _original_items(self) -> tuple[Item, ...]:
        document = self._document
        if not self._original and document is not None and document.original is not None:
            layer = Layer(document.original)
            self._original = (Leaf(layer, (0, 0, layer.width, layer.height)),)
        return self._original

    # Colours

    def sample(self, x: int, y: int, size: int) -> tuple[int, int, int] | None:
        """The mean colour of size x size px around a document pixel, in the document's colours; None where empty."""
        document = self._document
        if document is None or not (0 <= x < document.width and 0 <= y < document.height):
            return None
        compositor = Compositor(self._images)
        compositor.view = (x - size, y - size, x + size, y + size)
        rect = QRect(x - size // 2, y - size // 2, size, size) & QRect(0, 0, document.width, document.height)
        items = self._original_items() if self.shows == "original" else self._items
        pixels = raw_array(
            compositor.compose(items, {}, rect, True).convertToFormat(QImage.Format.Format_RGBA8888_Premultiplied)
        )
        total = pixels.reshape(-1, 4).sum(axis=0, dtype=np.float64)
        if total[3] < 1:
            return None
        red, green, blue = (int(v) for v in np.rint(np.minimum(total[:3] * 255 / total[3], 255)))
        return red, green, blue

    def screen_color(self, color: tuple[int, int, int]) -> QColor:
        """A document colour as it is shown."""
        shown = QColor(*color)
        return self._transform.map(shown) if self._transform is not None else shown
