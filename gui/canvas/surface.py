"""The canvas as a picture: zoom, pan, painting in good time. Knows nothing of tools; `view` adds those."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from PySide6.QtCore import QCoreApplication, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QColor, QImage, QPainter, QPaintEvent, QRegion, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.document import Change
from gui.canvas import overlays
from gui.canvas.images import LayerImages
from gui.canvas.painter import CanvasPainter
from gui.canvas.snapping import Box
from gui.canvas.viewport import Viewport, next_step, previous_step
from gui.document.session import DocumentSession
from gui.look import theme

PAINT_BUDGET = 0.010
REFINE_BUDGET = 0.008
REST_MS = 120
FIT_MARGIN = 24


class CanvasSurface(QWidget):
    """Shows the session's document.

    Signals:
        zoom_changed(float): device pixels per document pixel.

    Attributes:
        margin_left_top: logical px at the top and left that something else covers, for `fit`.
    """

    zoom_changed = Signal(float)
    margin_left_top = 0

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self._images = LayerImages(self)
        self._images.ready.connect(self._images_ready)
        self._painter = CanvasPainter(self._images)
        self._viewport = Viewport()
        self._fitted = True
        self._pixel_grid = True
        self._document = session.document
        self._refine_timer = QTimer(self, singleShot=True, interval=REST_MS)
        self._refine_timer.timeout.connect(self._refine)
        self._paint_timer = QTimer(self, singleShot=True, interval=0)
        self._paint_timer.timeout.connect(self._repaint)
        self._ready_timer = QTimer(self, singleShot=True, interval=30)
        self._ready_timer.timeout.connect(self._use_ready)
        self._set_up_widget()
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self._images.stop)
        theme.notifier().changed.connect(self._take_theme)
        self._take_theme()
        session.changed.connect(self._document_changed)
        if session.is_open:
            self._painter.open(session.shown)

    def _set_up_widget(self) -> None:
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(self.tr("Canvas"))
        self.setAccessibleDescription(self.tr("Shows the picture. Layers are selected and moved here."))

    # What tools add

    @property
    def gesture_active(self) -> bool:
        """Whether a button is down: nothing is refined meanwhile."""
        return False

    def paint_over(self, painter: QPainter) -> None:
        """Paint on top of the picture, in device px."""

    def moved_under_mouse(self) -> None:
        """The picture lies elsewhere or is another one, though the mouse did not move."""

    def document_replaced(self) -> None:
        """Another document is about to be shown."""

    def document_edited(self) -> None:
        """The session's document is another one; previews do not count."""

    def sizeHint(self) -> QSize:
        return QSize(900, 640)

    def minimumSizeHint(self) -> QSize:
        return QSize(160, 120)

    @property
    def viewport(self) -> Viewport:
        return self._viewport

    @property
    def dpr(self) -> float:
        return self.devicePixelRatioF()

    @property
    def zoom(self) -> float:
        return self._viewport.zoom

    @property
    def busy(self) -> bool:
        """Whether the picture may still get better without any input."""
        painter = self._painter
        return (
            painter.pending or painter.unrefined or self._images.busy or self._ready_timer.isActive()
        ) and self.session.is_open

    def device_rect(self) -> QRect:
        return QRect(0, 0, self._viewport.width, self._viewport.height)

    def visible_box(self) -> Box:
        """The document box inside the view, canvas or not."""
        v = self._viewport
        return (*v.to_document(0, 0), *v.to_document(v.width, v.height))

    def visible_centre(self) -> tuple[float, float]:
        """The document place in the middle of the view."""
        left, top, right, bottom = self.visible_box()
        return (left + right) / 2, (top + bottom) / 2

    def image(self) -> QImage:
        """The picture without overlays, as it is on screen, in device px."""
        self._painter.render()
        return self._painter.screen.copy()

    def expect(self, ids: Iterable[str]) -> None:
        """A gesture on these layers is about to begin."""
        self._painter.expect(ids)

    def stop(self) -> None:
        """End background work; the canvas stays usable with drafts."""
        self._images.stop()

    # Zoom and pan

    def zoom_in(self) -> None:
        self.zoom_to(next_step(self.zoom))

    def zoom_out(self) -> None:
        self.zoom_to(previous_step(self.zoom))

    def zoom_to(self, factor: float, anchor: QPointF | None = None) -> None:
        """`factor`: device px per document px. `anchor` (widget coordinates, default the middle) keeps its place."""
        at = QPointF(self._viewport.width / 2, self._viewport.height / 2) if anchor is None else anchor * self.dpr
        self._set_viewport(self._viewport.zoomed(factor, at.x(), at.y()), fitted=False)

    def fit(self) -> None:
        """The whole document, and it stays so while the window changes size."""
        self._set_viewport(self._fit_viewport(self._viewport), fitted=True)

    def actual_size(self) -> None:
        self.zoom_to(1.0)

    def scroll_view(self, dx: int, dy: int) -> None:
        """Move the picture by device px."""
        self._set_viewport(self._viewport.scrolled(dx, dy), fitted=False)

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
        self.moved_under_mouse()
        self._refine_timer.start()
        self.update()

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self._match_size()

    def _match_size(self) -> None:
        size = self.size() * self.dpr
        viewport = self._viewport.resized(size.width(), size.height())
        if not self.session.is_open:
            self._viewport = viewport
        elif self._fitted:
            self._set_viewport(self._fit_viewport(viewport), fitted=True)
        else:
            self._set_viewport(viewport, fitted=False)

    # How it looks

    def set_background(self, kind: str | QColor) -> None:
        """What is seen through the document: "checker", "white", "black" or a colour."""
        named = {"white": QColor(255, 255, 255), "black": QColor(0, 0, 0), "checker": None}
        background = kind if isinstance(kind, QColor) else named[kind]
        backdrop = self._painter.backdrop
        self._painter.set_colors(backdrop.pasteboard, backdrop.checkers, background)
        self.update()

    @Slot()
    def _take_theme(self) -> None:
        look = theme.tokens()
        checkers = (QColor(look.checker_a), QColor(look.checker_b))
        self._painter.set_colors(QColor(look.canvas), checkers, self._painter.backdrop.background)
        self.update()

    @property
    def showing(self) -> str:
        """ "layers", "original" or "difference"."""
        return self._painter.shows

    def show_original(self, on: bool) -> None:
        self._painter.show("original" if on else "layers")
        self.update()

    def show_difference(self, on: bool) -> None:
        self._painter.show("difference" if on else "layers")
        self.update()

    @property
    def pixel_grid(self) -> bool:
        """Whether lines between the pixels are drawn from 800 % on."""
        return self._pixel_grid

    @pixel_grid.setter
    def pixel_grid(self, on: bool) -> None:
        self._pixel_grid = on
        self.update()

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
            self.document_edited()
        self._refine_timer.start()
        self.update()

    def _open(self) -> None:
        self.document_replaced()
        document = self.session.shown
        size = self.size() * self.dpr
        self._viewport = Viewport(max(1, size.width()), max(1, size.height()), document.width, document.height)
        self._painter.open(document)
        self._match_size()
        self.fit()
        self._painter.begin()

    @Slot()
    def _repaint(self) -> None:
        # Not self.update itself: as a timer's slot PySide6 6.12 crashes on its overloads.
        self.update()

    @Slot()
    def _images_ready(self) -> None:
        if not self._ready_timer.isActive():
            self._ready_timer.start()

    @Slot()
    def _use_ready(self) -> None:
        self._painter.improve()
        self.update()

    # Painting

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        try:
            self._paint(painter, event)
        finally:
            painter.end()  # an error must not leave a painter on the widget: Qt would crash

    def _paint(self, painter: QPainter, event: QPaintEvent) -> None:
        if not self.session.is_open:
            painter.fillRect(event.rect(), self._painter.backdrop.pasteboard)
            return
        if (self._viewport.width, self._viewport.height) != self._device_size():
            self._match_size()
        self._painter.render(PAINT_BUDGET)
        scale = self.dpr
        painter.save()
        painter.scale(1 / scale, 1 / scale)
        area = scaled_rect(event.rect(), scale)
        painter.drawImage(area, self._painter.screen, area)
        overlays.draw_edge(painter, self._viewport)
        if self._pixel_grid:
            overlays.draw_grid(painter, self._viewport)
        if self._painter.shows == "layers":
            self.paint_over(painter)
        painter.restore()
        if self._painter.pending:
            self._paint_timer.start()
        elif self._painter.unrefined and not self._refine_timer.isActive():
            self._refine_timer.start()

    def _device_size(self) -> tuple[int, int]:
        size = self.size() * self.dpr
        return max(1, size.width()), max(1, size.height())

    @Slot()
    def _refine(self) -> None:
        if self.gesture_active or self._painter.pending or not self._painter.unrefined:
            if self._painter.unrefined:
                self._refine_timer.setInterval(REST_MS)
                self._refine_timer.start()
            return
        drawn: QRegion = self._painter.refine(REFINE_BUDGET)
        for rect in drawn:
            self.update(unscaled_rect(rect, self.dpr))
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
