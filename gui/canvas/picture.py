"""The session's document on a widget: zoom, pan, painting in good time. Knows nothing of tools."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QObject, QPointF, QRect, QRectF, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QWidget

from engine.document import Change, Layer, Mask
from engine.imaging.compositing import matrix
from gui.canvas import overlays
from gui.canvas.contents import Shows
from gui.canvas.images import LayerImages
from gui.canvas.painter import CanvasPainter
from gui.canvas.snapping import Box
from gui.canvas.tiles import rects_of
from gui.canvas.viewport import Viewport, next_step, previous_step
from gui.document.session import DocumentSession
from gui.look import theme

PAINT_BUDGET = 0.010
"""Seconds that a paint event may draw waiting tiles: with the rest of the frame it stays within a 60th."""
REFINE_BUDGET = 0.008
"""Seconds of one step of making the picture exact; input waits no longer than that."""
REST_MS = 120
"""How long the hand must rest before the picture is made exact."""
GATHER_MS = 30
"""Images that become ready within this time are drawn together."""
FIT_MARGIN = 24
"""Logical px left free around the document by `fit`."""
NAMED_BACKGROUNDS = {"white": QColor(255, 255, 255), "black": QColor(0, 0, 0), "checker": None}


class Picture(QObject):
    """What a canvas shows, and where.

    The widget says when it has another size (`match_size`) and when it paints (`paint`); the picture asks it for
    updates.

    Signals:
        zoom_changed(float): device px per document px.
        moved(): the picture lies elsewhere, though the mouse did not move.
        replaced(): another document is about to be shown.
        edited(): the session's document is another one; previews do not count.

    Attributes:
        margin_left_top: logical px at the top and left that something else covers, for `fit`.
    """

    zoom_changed = Signal(float)
    moved = Signal()
    replaced = Signal()
    edited = Signal()

    def __init__(self, session: DocumentSession, widget: QWidget) -> None:
        super().__init__(widget)
        self.session = session
        self.margin_left_top = 0
        self._widget = widget
        self._images = LayerImages(self)
        self._images.ready.connect(self._images_ready)
        self._painter = CanvasPainter(self._images)
        self._viewport = Viewport()
        self._fitted = True
        self._held = False
        self._pixel_grid = True
        self._document = session.document
        self._refine_timer = QTimer(self, singleShot=True, interval=REST_MS)
        self._refine_timer.timeout.connect(self._refine)
        self._paint_timer = QTimer(self, singleShot=True, interval=0)
        self._paint_timer.timeout.connect(self._widget.update)
        self._ready_timer = QTimer(self, singleShot=True, interval=GATHER_MS)
        self._ready_timer.timeout.connect(self._use_ready)
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._images.stop)
        theme.notifier().changed.connect(self._take_theme)
        self._take_theme()
        session.changed.connect(self._document_changed)
        if session.is_open:
            self._open()

    @property
    def viewport(self) -> Viewport:
        """Where the document lies in the widget, in device px."""
        return self._viewport

    @property
    def dpr(self) -> float:
        """Device px per logical px."""
        return self._widget.devicePixelRatioF()

    @property
    def zoom(self) -> float:
        """Device px per document px."""
        return self._viewport.zoom

    @property
    def busy(self) -> bool:
        """Whether the picture may still get better without any input."""
        painter = self._painter
        return (
            painter.pending or painter.unrefined or self._images.busy or self._ready_timer.isActive()
        ) and self.session.is_open

    @property
    def kept_bytes(self) -> int:
        """Memory of the images kept beside the layers' own pixels, in bytes."""
        return self._images.bytes

    def device_rect(self) -> QRect:
        """The widget in device px."""
        return QRect(0, 0, self._viewport.width, self._viewport.height)

    def visible_box(self) -> Box:
        """The document box inside the widget, canvas or not."""
        v = self._viewport
        return (*v.to_document(0, 0), *v.to_document(v.width, v.height))

    def visible_centre(self) -> tuple[float, float]:
        """The document place in the middle of the widget."""
        left, top, right, bottom = self.visible_box()
        return (left + right) / 2, (top + bottom) / 2

    def image(self) -> QImage:
        """The picture without what is painted over it, as it is on screen, in device px; finished, if not exact."""
        self._painter.render()
        return self._painter.screen.copy()

    def redraw(self) -> None:
        """Draw everything anew, at once and from all layers."""
        self._painter.redraw()
        self._painter.render()

    def stop(self) -> None:
        """End background work; the picture stays usable with drafts."""
        self._images.stop()

    # What hands tell it

    def hold(self, on: bool) -> None:
        """Whether a button is down: nothing is refined meanwhile."""
        self._held = on
        if on:
            self._refine_timer.setInterval(REST_MS)
        else:
            self._refine_timer.start()

    def expect(self, ids: Iterable[str]) -> None:
        """A gesture on these layers is about to begin."""
        self._painter.expect(ids)

    def prime_mask(self, layer: Layer) -> None:
        """A stroke on this layer's mask is about to begin."""
        self._images.prime(layer, min(self.zoom, 1.0), self.visible_box())

    def mask_changed(self, layer: Layer, old: Mask | None, box: tuple[int, int, int, int] | None) -> None:
        """The layer's mask is another one than `old`, but only within `box` (the layer's own px; None: nowhere)."""
        self._images.mask_changed(layer, old, box)
        if box is not None:
            m = matrix(layer)
            corners = [m @ (x, y, 1) for x in (box[0], box[2]) for y in (box[1], box[3])]
            xs, ys = [float(c[0]) for c in corners], [float(c[1]) for c in corners]
            self._painter.narrow(layer.id, (min(xs) - 1, min(ys) - 1, max(xs) + 1, max(ys) + 1))

    def color_at(self, x: float, y: float, size: int = 1) -> tuple[int, int, int] | None:
        """The document's colour at a place in document px (mean of size x size px); None where there is none."""
        return self._painter.sample(math.floor(x), math.floor(y), size)

    def screen_color(self, color: tuple[int, int, int]) -> QColor:
        """A document colour as the canvas shows it."""
        return self._painter.screen_color(color)

    # Zoom and pan

    def zoom_in(self) -> None:
        """To the next larger of the usual zooms."""
        self.zoom_to(next_step(self.zoom))

    def zoom_out(self) -> None:
        """To the next smaller of the usual zooms."""
        self.zoom_to(previous_step(self.zoom))

    def zoom_to(self, factor: float, anchor: QPointF | None = None) -> None:
        """`factor`: device px per document px. `anchor` (widget coordinates, default the middle) keeps its place."""
        at = QPointF(self._viewport.width / 2, self._viewport.height / 2) if anchor is None else anchor * self.dpr
        self._set_viewport(self._viewport.zoomed(factor, at.x(), at.y()), fitted=False)

    def fit(self) -> None:
        """The whole document, and it stays so while the window changes size."""
        self._set_viewport(self._fit_viewport(self._viewport), fitted=True)

    def scroll(self, dx: int, dy: int) -> None:
        """Move the picture by device px."""
        self._set_viewport(self._viewport.scrolled(dx, dy), fitted=False)

    def cover_left_top(self, margin: int) -> None:
        """Something else covers `margin` logical px at the left and the top; a fitted document keeps clear of it."""
        self.margin_left_top = margin
        if self._fitted:
            self.fit()
        self._widget.update()

    def match_size(self) -> None:
        """The widget has another size, or is on a screen of another density."""
        viewport = self._viewport.resized(*self._device_size())
        if not self.session.is_open:
            self._viewport = viewport
        elif self._fitted:
            self._set_viewport(self._fit_viewport(viewport), fitted=True)
        else:
            self._set_viewport(viewport, fitted=False)

    def _device_size(self) -> tuple[int, int]:
        size = self._widget.size() * self.dpr
        return max(1, size.width()), max(1, size.height())

    def _fit_viewport(self, viewport: Viewport) -> Viewport:
        inset = round(self.margin_left_top * self.dpr)
        inner = replace(viewport, width=max(1, viewport.width - inset), height=max(1, viewport.height - inset))
        fitted = inner.fitted(round(FIT_MARGIN * self.dpr), largest=1.0)
        return replace(
            fitted, width=viewport.width, height=viewport.height, x=fitted.x + inset, y=fitted.y + inset
        ).kept()

    def _set_viewport(self, viewport: Viewport, fitted: bool) -> None:
        if not self.session.is_open:
            return
        self._fitted = fitted
        zoom = self._viewport.zoom
        self._viewport = viewport
        self._painter.set_viewport(viewport, self.dpr)
        if viewport.zoom != zoom:
            self.zoom_changed.emit(viewport.zoom)
        self.moved.emit()
        self._refine_timer.start()
        self._widget.update()

    # How it looks

    def set_background(self, kind: str | QColor) -> None:
        """What is seen through the document: "checker", "white", "black" or a colour."""
        background = kind if isinstance(kind, QColor) else NAMED_BACKGROUNDS[kind]
        backdrop = self._painter.backdrop
        self._painter.set_colors(backdrop.pasteboard, backdrop.checkers, background)
        self._widget.update()

    @Slot()
    def _take_theme(self) -> None:
        look = theme.tokens()
        checkers = (QColor(look.checker_a), QColor(look.checker_b))
        self._painter.set_colors(QColor(look.canvas), checkers, self._painter.backdrop.background)
        self._widget.update()

    @property
    def showing(self) -> Shows:
        """ "layers", "original" or "difference"."""
        return self._painter.shows

    def show(self, shows: Shows) -> None:
        """Show the layers, the original image or the difference between the two."""
        self._painter.show(shows)
        self._widget.update()

    @property
    def pixel_grid(self) -> bool:
        """Whether lines between the pixels are drawn from 800 % on."""
        return self._pixel_grid

    @pixel_grid.setter
    def pixel_grid(self, on: bool) -> None:
        self._pixel_grid = on
        self._widget.update()

    # The session

    @Slot(object)
    def _document_changed(self, change: Change) -> None:
        if change.opened:
            self._open()
        else:
            shown = self.session.shown
            self._painter.update_document(shown, change.structure, gesture=shown is not self.session.document)
            if (shown.width, shown.height) != (self._viewport.doc_width, self._viewport.doc_height):
                self._open()
        if self.session.document is not self._document:
            self._document = self.session.document
            self.edited.emit()
        self._refine_timer.start()
        self._widget.update()

    def _open(self) -> None:
        self.replaced.emit()
        document = self.session.shown
        self._viewport = Viewport(*self._device_size(), document.width, document.height)
        self._painter.open(document)
        self.match_size()
        self.fit()
        self._painter.begin()

    @Slot()
    def _images_ready(self) -> None:
        if not self._ready_timer.isActive():
            self._ready_timer.start()

    @Slot()
    def _use_ready(self) -> None:
        self._painter.improve()
        self._widget.update()

    # Painting

    def paint(self, painter: QPainter, rect: QRect) -> None:
        """Paint the picture within `rect` (widget coordinates); `painter` is on the widget."""
        if not self.session.is_open:
            painter.fillRect(rect, self._painter.backdrop.pasteboard)
            return
        if (self._viewport.width, self._viewport.height) != self._device_size():
            self.match_size()
        self._painter.render(PAINT_BUDGET)
        scale = self.dpr
        painter.save()
        painter.scale(1 / scale, 1 / scale)
        area = scaled_rect(rect, scale)
        painter.drawImage(area, self._painter.screen, area)
        overlays.draw_edge(painter, self._viewport)
        if self._pixel_grid:
            overlays.draw_grid(painter, self._viewport)
        painter.restore()
        if self._painter.pending:
            self._paint_timer.start()
        elif self._painter.unrefined and not self._refine_timer.isActive():
            self._refine_timer.start()

    @Slot()
    def _refine(self) -> None:
        if self._held or self._painter.pending or not self._painter.unrefined:
            if self._painter.unrefined:
                self._refine_timer.setInterval(REST_MS)
                self._refine_timer.start()
            return
        for rect in rects_of(self._painter.refine(REFINE_BUDGET)):
            self._widget.update(unscaled_rect(rect, self.dpr))
        more = self._painter.unrefined
        self._refine_timer.setInterval(0 if more else REST_MS)
        if more:
            self._refine_timer.start()


def scaled_rect(rect: QRect, scale: float) -> QRect:
    """The smallest whole rectangle around `rect` times `scale`."""
    area = QRectF(rect.x() * scale, rect.y() * scale, rect.width() * scale, rect.height() * scale)
    return area.toAlignedRect()


def unscaled_rect(rect: QRect, scale: float) -> QRect:
    """A device rectangle in widget coordinates, a little too large where it does not fit."""
    return scaled_rect(rect, 1 / scale).adjusted(-1, -1, 1, 1) if scale != 1 else rect
