"""What a selecting drag can draw: a rectangle, a line by hand, or the track of a soft brush."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from PySide6.QtCore import QPointF
from PySide6.QtGui import QPainter

from gui.canvas import overlays
from gui.canvas.area import Area, polygon, rectangle
from gui.canvas.brush import SMALLEST_RIM, Box, Stroke
from gui.canvas.handles import Point
from gui.canvas.tools.base import ToolEvent
from gui.canvas.tools.canvas import ToolCanvas

FEWEST_POINTS = 3
"""Of a line by hand that encloses something."""


class Shape(Protocol):
    """A shape while it is drawn; document px."""

    @property
    def moves_outline(self) -> bool:
        """Whether a drag that begins inside the selection moves its outline instead of drawing."""

    @property
    def blank(self) -> bool:
        """Whether the shape itself shows where the mouse is, so that there need be no cursor."""

    def begin(self, event: ToolEvent) -> None:
        """The drag begins there."""

    def extend(self, event: ToolEvent) -> None:
        """The drag goes on to there."""

    def end(self, event: ToolEvent) -> None:
        """The button went up there."""

    def hover(self, event: ToolEvent | None) -> None:
        """The mouse is there; None: it left the canvas."""

    def is_click(self, near: bool) -> bool:
        """Whether what was drawn is nothing but a click; `near`: the mouse is about where the drag began."""

    def drawn(self) -> Area | None:
        """What the drag covers."""

    def forget(self) -> None:
        """The drag is over."""

    def paint(self, painter: QPainter, drawing: bool) -> None:
        """Draw it, in device px."""


class Rectangle:
    """A rectangle of whole pixels; Shift during the drag makes it a square."""

    moves_outline = True
    blank = False

    def __init__(self, canvas: ToolCanvas) -> None:
        self._canvas = canvas
        self._start: ToolEvent | None = None
        self._last: ToolEvent | None = None

    def begin(self, event: ToolEvent) -> None:
        self._start = self._last = event

    def extend(self, event: ToolEvent) -> None:
        self._last = event

    def end(self, event: ToolEvent) -> None:
        self._last = event

    def hover(self, event: ToolEvent | None) -> None: ...

    def is_click(self, near: bool) -> bool:
        return near

    def drawn(self) -> Area | None:
        ends = self._ends()
        document = self._canvas.session.document
        return rectangle(*ends, document.width, document.height) if ends is not None else None

    def _ends(self) -> tuple[Point, Point] | None:
        start, last = self._start, self._last
        if start is None or last is None:
            return None
        x, y = last.point
        # Shift at the start means "add"; only pressed later does it mean "square".
        if last.shift and not start.shift:
            side = max(abs(x - start.x), abs(y - start.y))
            x = start.x + (side if x >= start.x else -side)
            y = start.y + (side if y >= start.y else -side)
        return start.point, (x, y)

    def forget(self) -> None:
        self._start = self._last = None

    def paint(self, painter: QPainter, drawing: bool) -> None:
        ends = self._ends()
        if not drawing or ends is None or self._last is None:
            return
        canvas, ((x0, y0), (x1, y1)) = self._canvas, ends
        corners = [(round(x), round(y)) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]
        overlays.draw_ants(painter, canvas.viewport, [corners], 0)
        text = (f"W {abs(round(x1) - round(x0))}   H {abs(round(y1) - round(y0))} px",)
        overlays.draw_readout(painter, text, self._last.view, canvas.device_rect(), canvas.font(), canvas.dpr)


class Lasso:
    """A line drawn by hand, closed on release."""

    moves_outline = True
    blank = False

    def __init__(self, canvas: ToolCanvas) -> None:
        self._canvas = canvas
        self._points: list[Point] = []

    def begin(self, event: ToolEvent) -> None:
        self._points = [event.point]

    def extend(self, event: ToolEvent) -> None:
        self._points.append(event.point)

    def end(self, event: ToolEvent) -> None: ...

    def hover(self, event: ToolEvent | None) -> None: ...

    def is_click(self, near: bool) -> bool:
        return near and len(self._points) < FEWEST_POINTS

    def drawn(self) -> Area | None:
        document = self._canvas.session.document
        return polygon(self._points, document.width, document.height)

    def forget(self) -> None:
        self._points = []

    def paint(self, painter: QPainter, drawing: bool) -> None:
        if drawing:
            overlays.draw_ants(painter, self._canvas.viewport, [self._points], 0, closed=False)


class Track:
    """What a soft brush passes over; `[` and `]` change its size. One dab is something too."""

    moves_outline = False

    def __init__(self, canvas: ToolCanvas) -> None:
        self._canvas = canvas
        self._stroke: Stroke | None = None
        self._box: Box | None = None
        self._at: QPointF | None = None

    @property
    def blank(self) -> bool:
        return self._canvas.brush.size * self._canvas.zoom >= SMALLEST_RIM

    def begin(self, event: ToolEvent) -> None:
        document, brush = self._canvas.session.document, self._canvas.brush
        radius = brush.size / 2
        self._stroke, self._box = Stroke(document.width, document.height, radius, radius, brush.hardness), None
        self.extend(event)

    def extend(self, event: ToolEvent) -> None:
        self._at = event.view
        box = self._stroke.to(event.x, event.y) if self._stroke is not None else None
        if box is not None:
            old = self._box or box
            self._box = (min(old[0], box[0]), min(old[1], box[1]), max(old[2], box[2]), max(old[3], box[3]))

    def end(self, event: ToolEvent) -> None: ...

    def hover(self, event: ToolEvent | None) -> None:
        self._at = event.view if event is not None else None
        self._canvas.update()

    def is_click(self, near: bool) -> bool:  # noqa: ARG002
        return False

    def drawn(self) -> Area | None:
        if self._stroke is None or self._box is None:
            return None
        left, top, right, bottom = self._box
        return Area(np.ascontiguousarray(self._stroke.coverage[top:bottom, left:right]), left, top)

    def forget(self) -> None:
        self._stroke = self._box = None

    def paint(self, painter: QPainter, drawing: bool) -> None:
        drawn = self.drawn() if drawing else None
        if drawn is not None:
            overlays.draw_matte(painter, self._canvas.viewport, drawn)
        if self._at is not None:
            overlays.draw_brush(painter, self._at, self._canvas.brush.size * self._canvas.zoom)
