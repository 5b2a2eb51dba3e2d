"""The strip above the canvas with what the tool in use can be told; hidden for tools that need nothing."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from gui.canvas.view import CanvasView
from gui.widgets.fields import SliderField

BRUSHES = ("select-brush", "mask-erase", "mask-restore")
SELECTORS = ("select-rectangle", "select-lasso", "select-brush")
FIELDS = (
    ("size", "Size", 1, 500, " px", 1.0),
    ("hardness", "Hardness", 0, 100, " %", 0.01),
    ("opacity", "Strength", 1, 100, " %", 0.01),
)
"""Field of a Brush, its label, range, unit, and the brush's own value of one step."""


class ToolOptions(QFrame):
    """Brush settings, and what can be done with a selection.

    Signals:
        move_requested(), clear_requested(): the buttons beside a selection.
    """

    move_requested = Signal()
    clear_requested = Signal()

    def __init__(self, canvas: CanvasView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._canvas = canvas
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 12, 5)
        row.setSpacing(8)
        self._brush_parts: list[QWidget] = []
        self._fields: dict[str, SliderField] = {}
        for name, text, low, high, unit, step in FIELDS:
            self._add_field(row, name, text, low, high, unit, step)
        self.move = QPushButton("Move to new layer")
        self.move.clicked.connect(self.move_requested)
        self.clear = QPushButton("Deselect")
        self.clear.clicked.connect(self.clear_requested)
        row.addStretch(1)
        row.addWidget(self.clear)
        row.addWidget(self.move)
        canvas.tool_changed.connect(self._show)
        canvas.area_changed.connect(self._show)
        canvas.brush_changed.connect(self._show)
        self._show()

    def _add_field(self, row: QHBoxLayout, name: str, text: str, low: int, high: int, unit: str, step: float) -> None:
        label = QLabel(text)
        label.setObjectName("hint")
        field = SliderField(low, high, round(getattr(self._canvas.brush, name) / step), unit, text)
        field.setFixedWidth(190)

        def change(value: int) -> None:
            self._canvas.set_brush(replace(self._canvas.brush, **{name: value * step}))

        field.moved.connect(change)
        field.committed.connect(change)
        row.addWidget(label)
        row.addWidget(field)
        self._brush_parts += [label, field]
        self._fields[name] = field

    @Slot()
    def _show(self) -> None:
        tool, brush = self._canvas.tool_id, self._canvas.brush
        painting, selected = tool in BRUSHES, self._canvas.area is not None
        for name, _text, _low, _high, _unit, step in FIELDS:
            self._fields[name].show_value(round(getattr(brush, name) / step))
        for part in self._brush_parts:
            part.setVisible(painting)
        self.move.setEnabled(selected)
        self.clear.setEnabled(selected)
        for button in (self.move, self.clear):
            button.setVisible(tool in SELECTORS or selected)
        self.setVisible(painting or tool in SELECTORS or selected)
