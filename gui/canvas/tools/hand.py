"""The hand: drag to pan."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCursor

from gui.canvas.tools.base import Tool, ToolEvent


class HandTool(Tool):
    """Pans the view; also what Space and the middle button do."""

    id = "hand"
    _last: QPointF | None = None

    @property
    def dragging(self) -> bool:
        return self._last is not None

    def press(self, event: ToolEvent) -> None:
        self._last = event.view

    def move(self, event: ToolEvent) -> None:
        if self._last is None:
            return
        delta = event.view - self._last
        dx, dy = round(delta.x()), round(delta.y())
        # What rounding leaves over is kept for the next move, so the picture stays under the cursor.
        self._last += QPointF(dx, dy)
        self.canvas.scroll_view(dx, dy)

    def release(self, event: ToolEvent) -> None:  # noqa: ARG002
        self._last = None

    def cancel(self) -> bool:
        had, self._last = self._last is not None, None
        return had

    def cursor(self, event: ToolEvent | None) -> QCursor:  # noqa: ARG002
        return QCursor(Qt.CursorShape.ClosedHandCursor if self.dragging else Qt.CursorShape.OpenHandCursor)
