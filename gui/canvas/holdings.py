"""What the canvas holds beside the picture: the selected part of it, the brush, how the eyedropper samples."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QTimer, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from engine.document import Layer, Mask
from engine.imaging.compositing import matrix
from gui.canvas import overlays
from gui.canvas.area import Area
from gui.canvas.brush import Brush
from gui.canvas.input import CanvasInput
from gui.canvas.surface import unscaled_rect
from gui.document.session import DocumentSession


class CanvasHoldings(CanvasInput):
    """A canvas with what tools work with.

    Signals:
        area_changed(): `area` is another one. brush_changed(Brush): `brush` is another one.

    Attributes:
        sample_size: side of the square, document px, whose mean the eyedropper takes.
    """

    area_changed = Signal()
    brush_changed = Signal(object)
    sample_size = 1

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._area: Area | None = None
        self._outlines: list[list[tuple[float, float]]] = []
        self._ants = 0
        self._ants_timer = QTimer(self, interval=150)
        self._ants_timer.timeout.connect(self._march)
        self._brush = Brush()

    def paint_area(self, painter: QPainter) -> None:
        """Draw the selected part's outline, in device px."""
        if self._outlines:
            overlays.draw_ants(painter, self._viewport, self._outlines, self._ants)

    @property
    def area(self) -> Area | None:
        """The selected part of the picture, or None."""
        return self._area

    def set_area(self, area: Area | None) -> None:
        if area is self._area:
            return
        self._area = area
        self._outlines = area.outlines() if area is not None else []
        if area is None:
            self._ants_timer.stop()
        else:
            self._ants_timer.start()
        self.area_changed.emit()
        self.update()

    def move_area(self, dx: int, dy: int) -> None:
        """Move the selected part's outline, not the picture, by document px; a pixel of it stays in the picture."""
        if self._area is None:
            return
        document = self.session.document
        left, top, right, bottom = self._area.box
        dx = min(max(dx, 1 - right), document.width - 1 - left)
        dy = min(max(dy, 1 - bottom), document.height - 1 - top)
        self._area = self._area.moved(dx, dy)
        self._outlines = [[(x + dx, y + dy) for x, y in line] for line in self._outlines]
        self.area_changed.emit()
        self.update()

    @Slot()
    def _march(self) -> None:
        if self._area is None or not self.isVisible():
            return
        self._ants = (self._ants + 1) % 8
        left, top, right, bottom = self._area.box
        a, b = self._viewport.to_view(left, top), self._viewport.to_view(right, bottom)
        seen = QRectF(QPointF(*a), QPointF(*b)) & QRectF(self.device_rect())
        self.update(unscaled_rect(seen.toAlignedRect(), self.dpr).adjusted(-2, -2, 2, 2))

    @property
    def brush(self) -> Brush:
        return self._brush

    def set_brush(self, brush: Brush) -> None:
        if brush != self._brush:
            self._brush = brush
            self.brush_changed.emit(brush)
            self._show_cursor()
            self.update()

    def prime_mask(self, layer: Layer) -> None:
        """A stroke on this layer's mask is about to begin."""
        self._images.prime(layer, min(self.zoom, 1.0), self.visible_box())

    def mask_changed(self, layer: Layer, old: Mask | None, box: tuple[int, int, int, int] | None) -> None:
        """The layer's mask is another one than `old`, but only within `box` (the layer's own px)."""
        self._images.mask_changed(layer, old, box)
        if box is not None:
            m = matrix(layer)
            corners = [m @ (x, y, 1) for x in (box[0], box[2]) for y in (box[1], box[3])]
            xs, ys = [float(c[0]) for c in corners], [float(c[1]) for c in corners]
            self._painter.narrow(layer.id, (min(xs) - 1, min(ys) - 1, max(xs) + 1, max(ys) + 1))
