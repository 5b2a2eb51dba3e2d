"""Keeps the finished picture of the view and redraws only what changed, at the right price.

Three kinds of work, most urgent first: what an edit changed is drawn at once (8 bits, with everything that stands
still cached below and above); what a scroll or zoom uncovered is drawn in tiles within a time budget, over a stretched
draft; and when the hand rests, tiles are drawn again exactly (16 bits, the compositor's own rasters).
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QRegion

from engine.document import Document
from gui.canvas.backdrop import Backdrop
from gui.canvas.contents import Contents, Shows
from gui.canvas.images import LayerImages
from gui.canvas.pace import TilePace
from gui.canvas.screen import Screen
from gui.canvas.snapping import Box
from gui.canvas.tiles import composition_rect, device_rect, few_rects, next_tile
from gui.canvas.viewport import Viewport

OPENING_SECONDS = 0.12
"""What the first frame of a document may take: a little longer, and most of it is there at once."""
EDIT_SECONDS = 0.03
"""What an edit outside a gesture may take in one frame; undoing the deletion of a hundred layers takes several."""


class CanvasPainter:
    """The picture of a document in a viewport.

    What is not drawn as it should be is kept as regions in device px: `urgent` (an edit changed it), `waiting` (it came
    into view), `coarse` (drawn, but not exactly), `drafty` (drawn from images that will be better).
    """

    def __init__(self, images: LayerImages) -> None:
        self._contents = Contents(images)
        self._screen = Screen()
        self._pace = TilePace()
        self._gesture = False
        self._opening = False
        self._urgent = QRegion()
        self._waiting = QRegion()
        self._coarse = QRegion()
        self._drafty = QRegion()
        self._bare: QRegion | None = None

    @property
    def screen(self) -> QImage:
        """The finished picture, opaque RGB32, in device px."""
        return self._screen.image

    @property
    def backdrop(self) -> Backdrop:
        """What is around the document and behind it."""
        return self._screen.backdrop

    @property
    def viewport(self) -> Viewport:
        """Where the document lies."""
        return self._screen.viewport

    # What to show

    @property
    def shows(self) -> Shows:
        """The layers, the original or the difference."""
        return self._contents.shows

    def show(self, shows: Shows) -> None:
        """Show something else of the document."""
        if shows != self._contents.shows:
            self._contents.shows = shows
            self.redraw()

    def open(self, document: Document) -> None:
        """Show another document; everything is drawn anew at the next `render`."""
        self._contents.open(document)
        self._pace.expect(self._contents.count)
        self.redraw()

    def update_document(self, document: Document, structure: bool, gesture: bool = True) -> None:
        """Show the document after an edit; only what it changed is drawn anew.

        `gesture`: a hand is at work, more changes of the same layers will follow.
        """
        self._gesture = gesture
        before = self._contents.document
        boxes = self._contents.update(document, structure, gesture, self._composition())
        self._pace.expect(self._contents.count)
        if before is not None and (document.icc != before.icc or document.original is not before.original):
            self.redraw()
        if boxes:
            self._screen.outdated()
        if self.shows != "original":
            for box in boxes:
                self._urgent += device_rect(self.viewport, self._contents.rect_of(box))

    def expect(self, ids: Iterable[str]) -> None:
        """A gesture will change these layers: cache what lies below and above them now."""
        self._contents.expect(ids, self._composition())

    def narrow(self, layer_id: str, box: Box) -> None:
        """The next edit of that layer changes the picture only within `box` (document px)."""
        self._contents.narrow(layer_id, box)

    def sample(self, x: int, y: int, size: int) -> tuple[int, int, int] | None:
        """The mean colour of size x size px around a document pixel, in the document's colours; None where empty."""
        return self._contents.sample(x, y, size)

    def screen_color(self, color: tuple[int, int, int]) -> QColor:
        """A document colour as it is shown."""
        return self._contents.screen_color(color)

    def begin(self) -> None:
        """Draw everything anew in tiles, over the bare canvas: for a document that was just opened."""
        self.redraw()
        self._urgent, self._waiting = QRegion(), QRegion(self._screen.rect)
        self._opening = True
        self._screen.clear(self._waiting)

    def redraw(self) -> None:
        """Draw everything anew at the next `render`."""
        self._urgent = QRegion(self._screen.rect)
        # Three objects: += on a QRegion changes it in place.
        self._waiting, self._coarse, self._drafty = QRegion(), QRegion(), QRegion()
        self._bare = None
        self._screen.outdated()

    def set_colors(self, pasteboard: QColor, checkers: tuple[QColor, QColor], background: QColor | None) -> None:
        """`pasteboard`: around the document. `background`: seen through it; None for checkers."""
        self.backdrop.set_colors(pasteboard, checkers, background)
        self.redraw()

    def improve(self) -> None:
        """Better images are there: draw again where drafts were used."""
        self._contents.improve()
        self._waiting += self._drafty
        self._drafty = QRegion()

    # Where to show it

    def set_viewport(self, viewport: Viewport, dpr: float = 1.0) -> None:
        """Show the document elsewhere or at another zoom; what is there is moved or stretched meanwhile."""
        old = self.viewport
        self.backdrop.set_dpr(dpr)
        left, top, right, bottom = viewport.shown
        box = (*viewport.to_document(left, top), *viewport.to_document(right, bottom))
        self._contents.set_view(min(viewport.zoom, 1.0), box)
        if old == viewport and (self.screen.width(), self.screen.height()) == (viewport.width, viewport.height):
            return
        if old.zoom != viewport.zoom:
            self._bare = self._screen.zoom(viewport, complete=not self.pending)
            self._urgent, self._coarse, self._drafty = QRegion(), QRegion(), QRegion()
            self._waiting = QRegion(self._screen.rect)
        else:
            self._scroll(viewport)
        prepared = self._contents.prepared
        whole = composition_rect(viewport, self._screen.rect)
        if prepared is not None and not (old.zoom == viewport.zoom and prepared.rect.contains(whole)):
            self._contents.drop_prepared()

    def _scroll(self, viewport: Viewport) -> None:
        dx, dy = viewport.x - self.viewport.x, viewport.y - self.viewport.y
        bare = self._screen.scroll(viewport)
        whole = QRegion(self._screen.rect)
        self._urgent = self._urgent.translated(dx, dy) & whole
        self._waiting = (self._waiting.translated(dx, dy) & whole) + bare
        self._coarse = self._coarse.translated(dx, dy) & whole
        self._drafty = self._drafty.translated(dx, dy) & whole

    def _composition(self) -> QRect:
        """The composition px that are seen."""
        return composition_rect(self.viewport, self._screen.canvas)

    # Drawing

    @property
    def pending(self) -> bool:
        """Whether the screen is incomplete; exactness is another matter."""
        return not (self._urgent.isEmpty() and self._waiting.isEmpty())

    @property
    def unrefined(self) -> bool:
        """Whether something is not drawn exactly."""
        return not self._coarse.isEmpty()

    def render(self, budget: float = math.inf) -> QRegion:
        """Draw what edits changed, then waiting tiles for at most `budget` seconds. Returns what was drawn.

        Right after a change of zoom only what has no draft is drawn; call again for the rest.
        """
        started = time.perf_counter()
        if self._opening:
            budget, self._opening = max(budget, OPENING_SECONDS), False
        self._contents.begin_frame()
        drawn = self._draw_urgent(started, budget)
        if not self._urgent.isEmpty():
            return drawn
        bare, self._bare = self._bare, None
        if bare is None or budget == math.inf:
            drawn += self._draw_waiting(QRegion(self._waiting), started, budget)
        elif not bare.isEmpty():
            drawn += self._draw_waiting(bare, started, budget / 2)
        return drawn

    def refine(self, budget: float) -> QRegion:
        """Draw tiles exactly for at most `budget` seconds. Returns what was drawn."""
        self._contents.begin_frame()
        drawn = self._drain(QRegion(self._coarse), True, time.perf_counter(), budget)
        self._coarse -= drawn
        return drawn

    def _draw_urgent(self, started: float, budget: float) -> QRegion:
        """What edits changed: whole while a gesture goes on, so that nothing tears; else as much as a frame allows."""
        self._urgent &= QRegion(self._screen.rect)
        if self._contents.prepared is not None and self._gesture:
            drawn = QRegion()
            for rect in few_rects(self._urgent):
                self._draw(rect, exact=False)
                drawn += rect
        else:
            drawn = self._drain(QRegion(self._urgent), False, started, max(budget, EDIT_SECONDS))
        self._urgent -= drawn
        self._waiting -= drawn
        self._note_exactness(drawn, exact=self.shows == "difference")  # that is exact at once
        return drawn

    def _draw_waiting(self, region: QRegion, started: float, budget: float) -> QRegion:
        # Below 100 % the exact picture is barely another one, and twice the work: it can wait.
        exact = self.viewport.zoom >= 1 or self.shows == "difference"
        drawn = self._drain(region, exact, started, budget)
        self._waiting -= drawn
        self._note_exactness(drawn, exact)
        return drawn

    def _note_exactness(self, drawn: QRegion, exact: bool) -> None:
        if exact:
            self._coarse -= drawn
        else:
            self._coarse += drawn

    def _drain(self, region: QRegion, exact: bool, started: float, budget: float) -> QRegion:
        drawn = QRegion()
        region = region & QRegion(self._screen.rect)
        middle = self._screen.rect.center()
        took = 0.0
        # A tile that would not be done in time is left for the next frame.
        while not region.isEmpty() and (drawn.isEmpty() or time.perf_counter() - started + took < budget):
            rect = next_tile(region, middle, self._pace.side)
            before = time.perf_counter()
            self._draw(rect, exact)
            took = time.perf_counter() - before
            self._pace.learn(rect.width() * rect.height(), took)
            region -= QRegion(rect)
            drawn += rect
        return drawn

    def _draw(self, rect: QRect, exact: bool) -> None:
        canvas = self._screen.canvas & rect
        if canvas.isEmpty():
            self._screen.put(rect, None, QRect(), False)
            return
        part = composition_rect(self.viewport, canvas)
        piece = self._contents.piece(part, exact)
        if not piece.final:
            self._drafty += rect
        self._screen.put(rect, piece.image, part, piece.opaque)
