"""Lends the canvas' eyedropper to the inspector: one press, and the tool of before is back."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot
from PySide6.QtGui import QColor

from gui.canvas.view import CanvasView
from gui.inspector.panel import InspectorPanel

PICKER = "eyedropper"


class TintPicker(QObject):
    """Connects inspector and canvas on being made."""

    def __init__(self, inspector: InspectorPanel, canvas: CanvasView, parent: QObject) -> None:
        super().__init__(parent)
        self._inspector, self._canvas = inspector, canvas
        self._tool_before = ""
        inspector.offer_eyedropper()
        inspector.pick_asked.connect(self._on_asked)
        canvas.color_picked.connect(self._on_picked)
        canvas.tool_changed.connect(self._on_tool)

    @Slot()
    def _on_asked(self) -> None:
        self._tool_before = self._canvas.tool_id
        self._canvas.set_tool(PICKER)

    @Slot(object)
    def _on_picked(self, color: tuple[int, int, int]) -> None:
        if tool := self._tool_before:
            self._tool_before = ""
            self._inspector.set_tint(QColor(*color))
            self._canvas.set_tool(tool)

    @Slot(str)
    def _on_tool(self, tool: str) -> None:
        if tool != PICKER:  # another tool was taken up instead
            self._tool_before = ""
