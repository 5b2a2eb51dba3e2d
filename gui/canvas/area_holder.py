"""The selected part of the picture: kept, moved, and shown by marching ants."""

from __future__ import annotations

from PySide6.QtCore import QObject, QPointF, QRectF, QTimer, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QWidget

from gui.canvas import overlays
from gui.canvas.area import Area
from gui.canvas.handles import Point
from gui.canvas.picture import Picture, unscaled_rect

MARCH_MS = 150
"""Time between two steps of the ants, each a device px."""
SPARE = 2
"""Logical px around the outline that are painted again with it: dashes are drawn beside whole pixels."""


class AreaHolder(QObject):
    """Holds the selected part of what `picture` shows on `widget`.

    Signals:
        changed(): `area` is another one.
    """

    changed = Signal()

    def __init__(self, picture: Picture, widget: QWidget) -> None:
        super().__init__(widget)
        self._picture, self._widget = picture, widget
        self._area: Area | None = None
        self._outlines: list[list[Point]] = []
        self._phase = 0
        self._timer = QTimer(self, interval=MARCH_MS)
        self._timer.timeout.connect(self._march)

    @property
    def area(self) -> Area | None:
        """The selected part of the picture, or None."""
        return self._area

    def set(self, area: Area | None) -> None:
        """Select that part, or nothing."""
        if area is self._area:
            return
        self._area = area
        self._outlines = area.outlines() if area is not None else []
        if area is None:
            self._timer.stop()
        else:
            self._timer.start()
        self.changed.emit()
        self._widget.update()

    def move(self, dx: int, dy: int) -> None:
        """Move the outline, not the picture, by document px; a pixel of it stays in the picture."""
        if self._area is None:
            return
        document = self._picture.session.document
        left, top, right, bottom = self._area.box
        dx = min(max(dx, 1 - right), document.width - 1 - left)
        dy = min(max(dy, 1 - bottom), document.height - 1 - top)
        self._area = self._area.moved(dx, dy)
        self._outlines = [[(x + dx, y + dy) for x, y in line] for line in self._outlines]
        self.changed.emit()
        self._widget.update()

    def paint(self, painter: QPainter) -> None:
        """Draw the outline, in device px."""
        if self._outlines:
            overlays.draw_ants(painter, self._picture.viewport, self._outlines, self._phase)

    @Slot()
    def _march(self) -> None:
        if self._area is None or not self._widget.isVisible():
            return
        self._phase = (self._phase + 1) % overlays.ANTS_PERIOD
        viewport = self._picture.viewport
        left, top, right, bottom = self._area.box
        a, b = viewport.to_view(left, top), viewport.to_view(right, bottom)
        seen = QRectF(QPointF(*a), QPointF(*b)) & QRectF(self._picture.device_rect())
        around = unscaled_rect(seen.toAlignedRect(), self._picture.dpr)
        self._widget.update(around.adjusted(-SPARE, -SPARE, SPARE, SPARE))
