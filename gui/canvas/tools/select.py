"""Selecting a part of the picture by drawing a shape."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor, QPainter

from gui.canvas.area import Area, Join, joined
from gui.canvas.tools.base import DRAG_DISTANCE, Tool, ToolEvent
from gui.canvas.tools.canvas import ToolCanvas
from gui.canvas.tools.shapes import Shape


class SelectTool(Tool):
    """A drag draws a new selection; Shift adds to the one there is, Alt takes away; a click drops it.

    With most shapes a drag that begins inside the selection moves its outline.
    """

    def __init__(self, canvas: ToolCanvas, tool_id: str, shape: Shape) -> None:
        super().__init__(canvas)
        self.id, self._shape = tool_id, shape
        self._start: ToolEvent | None = None
        self._moving: Area | None = None

    @property
    def dragging(self) -> bool:
        return self._start is not None

    @property
    def wants_keys(self) -> bool:
        return self.dragging

    def press(self, event: ToolEvent) -> None:
        self._start = event
        self._moving = self.canvas.area if self._grabs(event) else None
        if self._moving is None:
            self._shape.begin(event)
        self.canvas.update()

    def _grabs(self, event: ToolEvent) -> bool:
        area = self.canvas.area
        plain = not (event.shift or event.alt or event.ctrl)
        return self._shape.moves_outline and plain and area is not None and area.covers(event.x, event.y)

    def move(self, event: ToolEvent) -> None:
        if self._start is None:
            return
        if self._moving is None:
            self._shape.extend(event)
        else:
            dx, dy = event.x - self._start.x, event.y - self._start.y
            if event.shift:
                dx, dy = (dx, 0.0) if abs(dx) >= abs(dy) else (0.0, dy)
            self._put_area(self._moving.left + round(dx), self._moving.top + round(dy))
        self.canvas.update()

    def _put_area(self, left: int, top: int) -> None:
        area = self.canvas.area
        if area is not None:
            self.canvas.move_area(left - area.left, top - area.top)

    def release(self, event: ToolEvent) -> None:
        start = self._start
        if start is None:
            return
        how = join_of(start)
        if self._moving is not None and not _is_near(start, event, self.canvas.dpr):
            self.move(event)
        elif self._moving is not None or self._shape.is_click(_is_near(start, event, self.canvas.dpr)):
            if how == "replace":
                self.canvas.set_area(None)
        else:
            self._shape.end(event)
            self.canvas.set_area(joined(self.canvas.area, self._shape.drawn(), how))
        self._reset()

    def cancel(self) -> bool:
        had = self.dragging
        if self._moving is not None:
            self._put_area(self._moving.left, self._moving.top)
        self._reset()
        return had

    def _reset(self) -> None:
        self._start = self._moving = None
        self._shape.forget()
        self.canvas.update()

    def hover(self, event: ToolEvent | None) -> None:
        self._shape.hover(event)

    def paint(self, painter: QPainter) -> None:
        self._shape.paint(painter, drawing=self._start is not None and self._moving is None)

    def cursor(self, event: ToolEvent | None) -> QCursor:
        if self._shape.blank:
            return QCursor(Qt.CursorShape.BlankCursor)
        grabs = self._moving is not None or (event is not None and not self.dragging and self._grabs(event))
        return QCursor(Qt.CursorShape.SizeAllCursor if grabs else Qt.CursorShape.CrossCursor)


def join_of(event: ToolEvent) -> Join:
    """How a drag that begins like that changes the selection."""
    if event.alt:
        return "subtract"
    return "add" if event.shift else "replace"


def _is_near(start: ToolEvent, event: ToolEvent, dpr: float) -> bool:
    """Whether the mouse is about where it was pressed."""
    away = event.view - start.view
    return max(abs(away.x()), abs(away.y())) < DRAG_DISTANCE * dpr
