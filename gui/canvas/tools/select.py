"""Selecting a part of the picture with a rectangle, a lasso or a soft brush."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCursor, QPainter

from gui.canvas import overlays
from gui.canvas.area import Area, Join, joined, polygon, rectangle
from gui.canvas.brush import Stroke
from gui.canvas.tools.base import DRAG_DISTANCE, Tool, ToolEvent
from gui.canvas.tools.canvas import ToolCanvas


class SelectTool(Tool):
    """Base: a drag draws a new selection; Shift adds to the one there is, Alt takes away; a click drops it.

    A drag that begins inside the selection moves its outline.

    Attributes:
        moves: whether a drag inside does so.
    """

    moves = True

    def __init__(self, canvas: ToolCanvas) -> None:
        super().__init__(canvas)
        self._start: ToolEvent | None = None
        self._last: ToolEvent | None = None
        self._moving: Area | None = None

    @property
    def dragging(self) -> bool:
        return self._start is not None

    @property
    def drawing(self) -> bool:
        """Whether a new selection is being drawn."""
        return self._start is not None and self._moving is None

    def press(self, event: ToolEvent) -> None:
        self._start = self._last = event
        self._moving = self.canvas.area if self._grabs(event) else None

    def _grabs(self, event: ToolEvent) -> bool:
        area = self.canvas.area
        plain = not (event.shift or event.alt or event.ctrl)
        return self.moves and plain and area is not None and area.covers(event.x, event.y)

    def move(self, event: ToolEvent) -> None:
        self._last = event
        if self._start is not None and self._moving is not None:
            dx, dy = event.x - self._start.x, event.y - self._start.y
            if event.shift:
                dx, dy = (dx, 0.0) if abs(dx) >= abs(dy) else (0.0, dy)
            self._shift_area(self._moving.left + round(dx), self._moving.top + round(dy))
        self.canvas.update()

    def _shift_area(self, left: int, top: int) -> None:
        area = self.canvas.area
        if area is not None:
            self.canvas.move_area(left - area.left, top - area.top)

    def release(self, event: ToolEvent) -> None:
        if self._start is None:
            return
        if self._moving is not None and not self._is_click(event):
            self.move(event)
            self._reset()
            return
        self._last = event
        how = join_of(self._start)
        if self._is_click(event):
            if how == "replace":
                self.canvas.set_area(None)
        else:
            self.canvas.set_area(joined(self.canvas.area, self.drawn(), how))
        self._reset()

    def drawn(self) -> Area | None:
        """What the drag covers."""
        raise NotImplementedError

    def cancel(self) -> bool:
        had = self.dragging
        if self._moving is not None:
            self._shift_area(self._moving.left, self._moving.top)
        self._reset()
        return had

    def _reset(self) -> None:
        self._start = self._last = self._moving = None
        self.canvas.update()

    def _is_click(self, event: ToolEvent) -> bool:
        assert self._start is not None
        away = event.view - self._start.view
        return max(abs(away.x()), abs(away.y())) < DRAG_DISTANCE * self.canvas.dpr

    def cursor(self, event: ToolEvent | None) -> QCursor:
        grabs = self._moving is not None or (event is not None and not self.dragging and self._grabs(event))
        return QCursor(Qt.CursorShape.SizeAllCursor if grabs else Qt.CursorShape.CrossCursor)


class RectangleTool(SelectTool):
    """A rectangle of whole pixels; Shift during the drag makes it a square."""

    id = "select-rectangle"

    def _end(self) -> tuple[float, float]:
        assert self._start is not None
        assert self._last is not None
        x, y = self._last.point
        # Shift at the start means "add"; only pressed later does it mean "square".
        if self._last.shift and not self._start.shift:
            side = max(abs(x - self._start.x), abs(y - self._start.y))
            x = self._start.x + (side if x >= self._start.x else -side)
            y = self._start.y + (side if y >= self._start.y else -side)
        return x, y

    def drawn(self) -> Area | None:
        assert self._start is not None
        document = self.session.document
        return rectangle(self._start.point, self._end(), document.width, document.height)

    def paint(self, painter: QPainter) -> None:
        if not self.drawing or self._start is None or self._last is None:
            return
        (x0, y0), (x1, y1) = self._start.point, self._end()
        corners = [(round(x), round(y)) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
        overlays.draw_ants(painter, self.canvas.viewport, [corners], 0)
        text = (f"W {abs(round(x1) - round(x0))}   H {abs(round(y1) - round(y0))} px",)
        area, font = self.canvas.device_rect(), self.canvas.font()
        overlays.draw_readout(painter, text, self._last.view, area, font, self.canvas.dpr)


class LassoTool(SelectTool):
    """A line drawn by hand, closed on release."""

    id = "select-lasso"

    def __init__(self, canvas: ToolCanvas) -> None:
        super().__init__(canvas)
        self._points: list[tuple[float, float]] = []

    def press(self, event: ToolEvent) -> None:
        super().press(event)
        self._points = [event.point]

    def move(self, event: ToolEvent) -> None:
        if self.drawing:
            self._points.append(event.point)
        super().move(event)

    def _is_click(self, event: ToolEvent) -> bool:
        return len(self._points) < 3 and super()._is_click(event)

    def drawn(self) -> Area | None:
        document = self.session.document
        return polygon(self._points, document.width, document.height)

    def paint(self, painter: QPainter) -> None:
        if self.drawing:
            overlays.draw_ants(painter, self.canvas.viewport, [self._points], 0, closed=False)


class SelectBrushTool(SelectTool):
    """Paint the selection with a soft brush; `[` and `]` change its size."""

    id = "select-brush"
    moves = False

    def __init__(self, canvas: ToolCanvas) -> None:
        super().__init__(canvas)
        self._stroke: Stroke | None = None
        self._box: tuple[int, int, int, int] | None = None
        self._at: QPointF | None = None

    def press(self, event: ToolEvent) -> None:
        super().press(event)
        document, brush = self.session.document, self.canvas.brush
        r = brush.size / 2
        self._stroke, self._box = Stroke(document.width, document.height, r, r, brush.hardness), None
        self.move(event)

    def move(self, event: ToolEvent) -> None:
        self._at = event.view
        if self._stroke is not None:
            self._grow(self._stroke.to(event.x, event.y))
        super().move(event)

    def hover(self, event: ToolEvent | None) -> None:
        self._at = event.view if event is not None else None
        self.canvas.update()

    def _grow(self, box: tuple[int, int, int, int] | None) -> None:
        if box is not None:
            old = self._box or box
            self._box = (min(old[0], box[0]), min(old[1], box[1]), max(old[2], box[2]), max(old[3], box[3]))

    def _is_click(self, event: ToolEvent) -> bool:  # noqa: ARG002
        return False  # one dab is a selection too

    def drawn(self) -> Area | None:
        if self._stroke is None or self._box is None:
            return None
        left, top, right, bottom = self._box
        return Area(np.ascontiguousarray(self._stroke.coverage[top:bottom, left:right]), left, top)

    def _reset(self) -> None:
        self._stroke = self._box = None
        super()._reset()

    def paint(self, painter: QPainter) -> None:
        drawn = self.drawn()
        if drawn is not None:
            overlays.draw_matte(painter, self.canvas.viewport, drawn)
        if self._at is not None:
            overlays.draw_brush(painter, self._at, self.canvas.brush.size * self.canvas.zoom)

    def cursor(self, event: ToolEvent | None) -> QCursor:
        small = self.canvas.brush.size * self.canvas.zoom < 6
        return super().cursor(event) if small else QCursor(Qt.CursorShape.BlankCursor)


def join_of(event: ToolEvent) -> Join:
    if event.alt:
        return "subtract"
    return "add" if event.shift else "replace"
