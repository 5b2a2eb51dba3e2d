"""Keeps the finished picture of the view and redraws only what changed, at the right price.

Three kinds of work, most urgent first: what an edit changed is drawn at once (8 bits, with everything that stands
still cached below and above); what a scroll or zoom uncovered is drawn in tiles within a time budget, over a stretched
draft; and when the hand rests, tiles are drawn again exactly (16 bits, the compositor's own rasters).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable
from typing import Literal

import numpy as np
from PySide6.QtCore import QRect, QRectF
from PySide6.QtGui import QColor, QColorTransform, QImage, QPainter, QRegion, QTransform

from engine.document import Document, Layer
from gui.canvas.backdrop import Backdrop
from gui.canvas.colour import view_transform
from gui.canvas.compose import Compositor, is_opaque
from gui.canvas.images import LayerImages, raw_array
from gui.canvas.scene import Item, Leaf, Step, Still, by_id, changed_boxes, holds, items_of, leaves, still_same
from gui.canvas.tiles import (
    NEAREST_FROM,
    composition_rect,
    device_rect,
    difference,
    few_rects,
    image_of,
    next_tile,
    rect_of,
    reduced_to_peaks,
    stretch,
)
from gui.canvas.viewport import Viewport

TILE = 512
SMALLEST_TILE = 128
TILE_SECONDS = 0.005
LAYER_SECONDS = 5e-9
"""A guess of what a layer costs a px, until tiles have been timed."""
OPENING_SECONDS = 0.12
EDIT_SECONDS = 0.03
"""What an edit outside a gesture may take in one frame; undoing the deletion of a hundred layers takes several."""

Shows = Literal["layers", "original", "difference"]


class CanvasPainter:
    """The picture of a document in a viewport.

    Attributes:
        screen: the finished picture, opaque RGB32, in device px.
        backdrop: what is around and behind it.
    """

    def __init__(self, images: LayerImages) -> None:
        self._images = images
        self._compositor = Compositor(images)
        self._document: Document | None = None
        self._items: tuple[Item, ...] = ()
        self._live: dict[str, Item] = {}
        self._viewport = Viewport()
        self._transform: QColorTransform | None = None
        self._shows: Shows = "layers"
        self._original: tuple[Item, ...] = ()
        self._plan: tuple[Step, ...] | None = None
        self._plan_ids: frozenset[str] = frozenset()
        self._plan_rect = QRect()
        self._plan_opaque = False
        self._gesture = False
        self._tile = TILE
        self._opening = False
        self._last_ids: frozenset[str] = frozenset()
        self._urgent = QRegion()
        self._waiting = QRegion()
        self._coarse = QRegion()
        self._drafty = QRegion()
        self._bare: QRegion | None = None
        self._narrowed: tuple[str, tuple[float, float, float, float]] | None = None
        self._stable: tuple[QImage, Viewport] | None = None
        self.backdrop = Backdrop()
        self.screen = QImage(1, 1, QImage.Format.Format_RGB32)

    # What to show

    @property
    def viewport(self) -> Viewport:
        return self._viewport

    @property
    def shows(self) -> Shows:
        return self._shows

    def open(self, document: Document) -> None:
        """Show another document; everything is drawn anew at the next `render`."""
        self._document = document
        # Nothing may hold on to the layers of the document before.
        self._images.clear()
        self._compositor.begin_frame()
        self._items, self._old_index = (), ((), {})
        self._set_items(document)
        self._transform = view_transform(document.icc)
        self._original = ()
        self._drop_plan()
        self.redraw()

    def update_document(self, document: Document, structure: bool, gesture: bool = True) -> None:
        """Show the document after an edit; only what it changed is drawn anew.

        `gesture`: a hand is at work, more changes of the same layers will follow.
        """
        self._gesture = gesture
        old, before = self._items, self._document
        self._document = document
        self._set_items(document)
        if before is not None and document.icc != before.icc:
            self._transform = view_transform(document.icc)
            self.redraw()
        if before is not None and document.original is not before.original:
            self._original = ()
            self.redraw()
        boxes = changed_boxes(old, self._items)
        if not boxes:
            return
        self._stable = None
        ids = frozenset(
            leaf.layer.id for leaf in leaves(self._items) if self._live_before(leaf.layer.id, old) is not leaf.layer
        )
        if structure or (self._plan is not None and not still_same(old, self._items, self._plan_ids)):
            self._drop_plan()
        if gesture and self._plan is None and ids and ids == self._last_ids and not structure:
            self._make_plan(ids)
        self._last_ids = ids
        if self._narrowed is not None and ids == {self._narrowed[0]}:
            boxes = [self._narrowed[1]]
        self._narrowed = None
        if self._shows != "original":
            for box in boxes:
                self._urgent += device_rect(self._viewport, self._compositor.rect_of(box))

    def _live_before(self, layer_id: str, old: tuple[Item, ...]) -> Layer | None:
        if self._old_index[0] is not old:
            self._old_index = (old, {leaf.layer.id: leaf.layer for leaf in leaves(old)})
        return self._old_index[1].get(layer_id)

    _old_index: tuple[tuple[Item, ...], dict[str, Layer]] = ((), {})

    def expect(self, ids: Iterable[str]) -> None:
        """A gesture will change these layers: cache what lies below and above them now."""
        active = frozenset(ids)
        if active and (self._plan is None or self._plan_ids != active):
            self._make_plan(active)
            self._last_ids = active

    def narrow(self, layer_id: str, box: tuple[float, float, float, float]) -> None:
        """The next edit of that layer changes the picture only within `box` (document px)."""
        self._narrowed = (layer_id, box)

    def sample(self, x: int, y: int, size: int) -> tuple[int, int, int] | None:
        """The mean colour of size x size px around a document pixel, in the document's colours; None where empty."""
        document = self._document
        if document is None or not (0 <= x < document.width and 0 <= y < document.height):
            return None
        compositor = Compositor(self._images)
        compositor.view = (x - size, y - size, x + size, y + size)
        rect = QRect(x - size // 2, y - size // 2, size, size) & QRect(0, 0, document.width, document.height)
        items = self._original_items() if self._shows == "original" else self._items
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

    def show(self, shows: Shows) -> None:
        if shows != self._shows:
            self._shows = shows
            self.redraw()

    def begin(self) -> None:
        """Draw everything anew in tiles, over the bare canvas: for a document that was just opened."""
        self.redraw()
        self._urgent, self._waiting = QRegion(), QRegion(self.screen.rect())
        self._opening = True
        self._clear(self._waiting)

    def redraw(self) -> None:
        self._urgent = QRegion(self.screen.rect())
        # Three objects: += on a QRegion changes it in place.
        self._waiting, self._coarse, self._drafty = QRegion(), QRegion(), QRegion()
        self._bare = self._stable = None

    def set_colors(self, pasteboard: QColor, checkers: tuple[QColor, QColor], background: QColor | None) -> None:
        self.backdrop.set_colors(pasteboard, checkers, background)
        self.redraw()

    def improve(self) -> None:
        """Better images are there: draw again where drafts were used."""
        self._plan = None
        self._waiting += self._drafty
        self._drafty = QRegion()

    # Where to show it

    def set_viewport(self, viewport: Viewport, dpr: float = 1.0) -> None:
        old, self._viewport = self._viewport, viewport
        self.backdrop.set_dpr(dpr)
        size = (viewport.width, viewport.height)
        self._compositor.scale = min(viewport.zoom, 1.0)
        left, top, right, bottom = viewport.shown
        self._compositor.view = (*viewport.to_document(left, top), *viewport.to_document(right, bottom))
        if (self.screen.width(), self.screen.height()) == size and old == viewport:
            return
        if old.zoom != viewport.zoom:
            if not self.pending:
                self._stable = (self.screen, old)
            self._zoom_screen(old, size)
        else:
            self._scroll_screen(old, size)
        if self._plan is not None and not (
            old.zoom == viewport.zoom and self._plan_rect.contains(composition_rect(self._viewport, QRect(0, 0, *size)))
        ):
            self._drop_plan()

    def _scroll_screen(self, old: Viewport, size: tuple[int, int]) -> None:
        dx, dy = self._viewport.x - old.x, self._viewport.y - old.y
        previous, self.screen = self.screen, QImage(*size, QImage.Format.Format_RGB32)
        painter = QPainter(self.screen)
        painter.drawImage(dx, dy, previous)
        painter.end()
        whole = QRegion(self.screen.rect())
        kept = QRegion(previous.rect().translated(dx, dy)) & whole
        for name in ("_urgent", "_waiting", "_coarse", "_drafty"):
            setattr(self, name, getattr(self, name).translated(dx, dy) & whole)
        self._clear(whole - kept)
        self._waiting += whole - kept

    def _clear(self, region: QRegion) -> None:
        """What is seen where nothing is drawn yet: the bare canvas."""
        canvas = rect_of(self._viewport.shown)
        with QPainter(self.screen) as painter:
            painter.setClipRegion(region)
            painter.fillRect(self.screen.rect(), self.backdrop.pasteboard)
            if not canvas.isEmpty():
                self.backdrop.fill(painter, canvas, self._viewport.x, self._viewport.y)

    def _zoom_screen(self, old: Viewport, size: tuple[int, int]) -> None:
        """Stretch what is there as a draft; the tiles that follow replace it.

        While zooming goes on, the last complete picture is stretched, not a stretched one again.
        """
        previous, self.screen = self.screen, QImage(*size, QImage.Format.Format_RGB32)
        bare = QRegion(rect_of(self._viewport.shown))
        self._clear(QRegion(self.screen.rect()))
        with QPainter(self.screen) as painter:
            for image, viewport in [self._stable or (previous, old), (previous, old)]:
                if bare.isEmpty():
                    break
                place = stretch(viewport, self._viewport)
                painter.resetTransform()
                painter.setClipRegion(bare)
                painter.setTransform(place)
                painter.drawImage(0, 0, image)
                bare -= QRegion(place.mapRect(QRectF(image.rect())).toRect())
        self._urgent, self._coarse, self._drafty = QRegion(), QRegion(), QRegion()
        self._waiting, self._bare = QRegion(self.screen.rect()), bare

    # Drawing

    @property
    def pending(self) -> bool:
        """Whether the screen is incomplete; exactness is another matter."""
        return not (self._urgent.isEmpty() and self._waiting.isEmpty())

    @property
    def unrefined(self) -> bool:
        return not self._coarse.isEmpty()

    def render(self, budget: float = math.inf) -> QRegion:
        """Draw what edits changed, then waiting tiles for at most `budget` seconds. Returns what was drawn.

        Right after a change of zoom only what has no draft is drawn; call again for the rest.
        """
        started = time.perf_counter()
        if self._opening:
            budget, self._opening = max(budget, OPENING_SECONDS), False
        self._begin_frame()
        drawn = self._draw_urgent(started, budget)
        if not self._urgent.isEmpty():
            return drawn
        bare, self._bare = self._bare, None
        if bare is None or budget == math.inf:
            drawn += self._draw_waiting(QRegion(self._waiting), started, budget)
        elif not bare.isEmpty():
            drawn += self._draw_waiting(bare, started, budget / 2)
        return drawn

    def _draw_urgent(self, started: float, budget: float) -> QRegion:
        """What edits changed: whole while a gesture goes on, so that nothing tears; else as much as a frame allows."""
        self._urgent &= QRegion(self.screen.rect())
        if self._plan is not None and self._gesture:
            drawn = QRegion()
            for rect in few_rects(self._urgent):
                self._draw(rect, exact=False)
                drawn += rect
        else:
            drawn = self._drain(QRegion(self._urgent), False, started, max(budget, EDIT_SECONDS))
        self._urgent -= drawn
        self._waiting -= drawn
        if self._shows == "difference":  # that is exact at once
            self._coarse -= drawn
        else:
            self._coarse += drawn
        return drawn

    def _draw_waiting(self, region: QRegion, started: float, budget: float) -> QRegion:
        # Below 100 % the exact picture is barely another one, and twice the work: it can wait.
        exact = self._viewport.zoom >= 1 or self._shows == "difference"
        drawn = self._drain(region, exact, started, budget)
        self._waiting -= drawn
        if exact:
            self._coarse -= drawn
        else:
            self._coarse += drawn
        return drawn

    def refine(self, budget: float) -> QRegion:
        """Draw tiles exactly for at most `budget` seconds. Returns what was drawn."""
        self._begin_frame()
        drawn = self._drain(QRegion(self._coarse), True, time.perf_counter(), budget)
        self._coarse -= drawn
        return drawn

    def _drain(self, region: QRegion, exact: bool, started: float, budget: float) -> QRegion:
        drawn = QRegion()
        region = region & QRegion(self.screen.rect())
        middle = self.screen.rect().center()
        took = 0.0
        # A tile that would not be done in time is left for the next frame.
        while not region.isEmpty() and (drawn.isEmpty() or time.perf_counter() - started + took < budget):
            rect = next_tile(region, middle, self._tile)
            before = time.perf_counter()
            self._draw(rect, exact)
            took = time.perf_counter() - before
            self._learn(rect.width() * rect.height(), took)
            region -= QRegion(rect)
            drawn += rect
        return drawn

    def _begin_frame(self) -> None:
        self._images.begin_frame()
        self._compositor.begin_frame()

    def _learn(self, area: int, seconds: float) -> None:
        """Choose the tile so that one takes a few milliseconds: a hundred layers need smaller ones than three."""
        if area >= 4096:
            self._tile = (self._tile + self._tile_for(seconds / area)) // 2 // 32 * 32

    def _tile_for(self, seconds_a_px: float) -> int:
        side = math.sqrt(TILE_SECONDS / max(seconds_a_px, 1e-12))
        return max(SMALLEST_TILE, min(TILE, round(side / 32) * 32))

    def _draw(self, rect: QRect, exact: bool) -> None:
        canvas = rect_of(self._viewport.shown) & rect
        image, part = None, QRect()
        if not canvas.isEmpty():
            part = composition_rect(self._viewport, canvas)
            self._compositor.drafts = False
            image = self._picture(part, exact)
            if self._compositor.drafts:
                self._drafty += rect
        with QPainter(self.screen) as painter:
            painter.setClipRect(rect)
            if canvas != rect:
                painter.fillRect(rect, self.backdrop.pasteboard)
            if image is not None:
                painter.setClipRect(canvas)
                if self._shows == "layers" and self._plan_opaque and self._uses_plan(part, exact):
                    painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Source)
                else:
                    self.backdrop.fill(painter, canvas, self._viewport.x, self._viewport.y)
                self._put(painter, image, part)

    def _picture(self, part: QRect, exact: bool) -> QImage:
        """What is shown within `part` (composition px), in the screen's colours."""
        if self._shows == "difference":
            return self._difference(part)
        if self._shows == "original":
            image = self._compositor.compose(self._original_items(), {}, part, exact)
        elif self._plan is not None and self._uses_plan(part, exact):
            image = self._compositor.compose(self._plan, self._live, part, False)
        else:
            image = self._compositor.compose(self._items, {}, part, exact)
        if self._transform is not None:
            image = image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied)
            image.applyColorTransform(self._transform)
        return image

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

    def _uses_plan(self, part: QRect, exact: bool) -> bool:
        return self._plan is not None and not exact and self._plan_rect.contains(part)

    def _put(self, painter: QPainter, image: QImage, part: QRect) -> None:
        v = self._viewport
        if v.zoom <= 1:
            painter.drawImage(part.x() + v.x, part.y() + v.y, image)
            return
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, v.zoom < NEAREST_FROM)
        painter.setTransform(
            QTransform.fromScale(v.zoom, v.zoom)
            * QTransform.fromTranslate(v.x + part.x() * v.zoom, v.y + part.y() * v.zoom)
        )
        painter.drawImage(0, 0, image.convertToFormat(QImage.Format.Format_ARGB32_Premultiplied))
        painter.resetTransform()

    # Plans

    def _make_plan(self, ids: frozenset[str]) -> None:
        rect = composition_rect(self._viewport, rect_of(self._viewport.shown))
        if rect.isEmpty() or not any(holds(item, ids) for item in self._items):
            return
        self._begin_frame()
        self._compositor.drafts = False
        self._plan = self._compositor.plan(self._items, ids, rect)
        self._plan_ids, self._plan_rect = ids, rect
        below = self._plan[0] if self._plan else None
        self._plan_opaque = isinstance(below, Still) and is_opaque(below.image)

    def _drop_plan(self) -> None:
        self._plan, self._plan_ids, self._last_ids = None, frozenset(), frozenset()

    def _set_items(self, document: Document) -> None:
        self._items = items_of(document.nodes, {id(leaf.layer): leaf for leaf in leaves(self._items)})
        self._live = by_id(self._items)
        count = max(1, sum(1 for _ in leaves(self._items)))
        self._tile = min(self._tile, self._tile_for(LAYER_SECONDS * count))
        self._images.set_layers(leaf.layer for leaf in leaves(self._items))

    def _original_items(self) -> tuple[Item, ...]:
        document = self._document
        if not self._original and document is not None and document.original is not None:
            layer = Layer(document.original)
            self._original = (Leaf(layer, (0, 0, layer.width, layer.height)),)
        return self._original
