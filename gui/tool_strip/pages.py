"""What each tool can be told, a page per kind of tool, in the strip above the canvas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import get_args

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QApplication, QCheckBox, QComboBox, QHBoxLayout, QLabel, QWidget

from engine.document import Layer
from engine.words import said
from gui.canvas.picking import free_layers
from gui.canvas.placing import Edge
from gui.canvas.view import CanvasView
from gui.inspector.place_edits import PlaceEdits
from gui.inspector.place_form import PlaceForm
from gui.widgets.buttons import ActionButton, ColorSwatch, IconButton
from gui.widgets.fields import NumberField, SliderField
from gui.widgets.labels import ElidedLabel
from gui.widgets.section import Divider

Actions = Mapping[str, QAction]

SAMPLES = ((1, "One pixel"), (3, "3 × 3 px mean"), (5, "5 × 5 px mean"), (11, "11 × 11 px mean"))
BRUSH_FIELDS = (
    ("size", "Size", 1, 4000, " px", 1.0),
    ("hardness", "Hardness", 0, 100, " %", 0.01),
    ("opacity", "Strength", 1, 100, " %", 0.01),
)
"""Field of a Brush, its label, range, unit, and the brush's own value of one step."""


class ToolPage(QWidget):
    """A row of controls.

    Signals:
        message(str): one sentence for the status bar.
    """

    message = Signal(str)

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__()
        self.canvas = canvas
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(6)

    def set_compact(self, compact: bool) -> None:
        """Give up words where there is little room."""


class MovePage(ToolPage):
    """What a press picks, aligning, and the way into the transform."""

    def __init__(self, canvas: CanvasView, actions: Actions) -> None:
        super().__init__(canvas)
        self.auto_select = QCheckBox("Auto-select")
        self.auto_select.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.auto_select.setToolTip(said("window.auto-select-tip"))
        self._action = actions["auto_select"]
        self.auto_select.clicked.connect(self._action.trigger)
        self._action.toggled.connect(self._show)
        self.row.addWidget(self.auto_select)
        self.row.addWidget(Divider())
        self.align: dict[str, IconButton] = {}
        for edge in get_args(Edge):
            button = self.align[edge] = IconButton(f"align-{edge}", f"Align {edge}")
            button.follow(actions[f"align_{edge}"])
            self.row.addWidget(button)
        self.row.addWidget(Divider())
        self.row.addWidget(ActionButton(actions["transform"], "Transform"))
        self.row.addStretch(1)
        self._show()

    @Slot()
    def _show(self) -> None:
        self.auto_select.setChecked(self._action.isChecked())


class ZoomPage(ToolPage):
    """The zoom as a number, and the usual ones."""

    def __init__(self, canvas: CanvasView, actions: Actions) -> None:
        super().__init__(canvas)
        self.zoom = NumberField(1, 6400, " %", 1)
        self.zoom.setAccessibleName("Zoom")
        self.zoom.setToolTip("Zoom")
        self.zoom.setFixedWidth(84)
        for name, icon_name in (("zoom_out", "zoom-out"), ("", ""), ("zoom_in", "zoom-in")):
            if not name:
                self.row.addWidget(self.zoom)
                continue
            button = IconButton(icon_name, name)
            button.follow(actions[name])
            self.row.addWidget(button)
        self.row.addWidget(Divider())
        self.row.addWidget(ActionButton(actions["fit"], "Fit"))
        self.row.addWidget(ActionButton(actions["actual"], "100 %"))
        self.row.addStretch(1)
        self.zoom.committed.connect(lambda value: canvas.zoom_to(value / 100))
        self.zoom.refused.connect(self.message)
        canvas.zoom_changed.connect(self._show)
        self._show(canvas.zoom)

    @Slot(float)
    def _show(self, zoom: float) -> None:
        self.zoom.show_value(zoom * 100)


class TransformPage(ToolPage):
    """The numbers of the transform under way, and its end."""

    def __init__(self, canvas: CanvasView, actions: Actions) -> None:
        super().__init__(canvas)
        self.place = PlaceForm(in_row=True)
        self.cancel = ActionButton(actions["cancel_transform"], "Cancel")
        self.apply = ActionButton(actions["apply_transform"], "Apply", primary=True)
        self.row.addWidget(self.place)
        self.row.addStretch(1)
        self.row.addWidget(self.cancel)
        self.row.addWidget(self.apply)
        PlaceEdits(self.place, canvas.session, self._layers)
        self.place.chosen.connect(self._show)
        self.place.refused.connect(self.message)
        canvas.session.changed.connect(self._show)
        canvas.tool_changed.connect(self._show)

    def set_compact(self, compact: bool) -> None:
        self.apply.show_words(not compact, "check")
        self.cancel.show_words(not compact, "close")

    def _layers(self) -> list[Layer]:
        session = self.canvas.session
        return free_layers(session.document, session.selection)

    @Slot()
    def _show(self) -> None:
        if self.canvas.transform_active:
            session = self.canvas.session
            self.place.show_layers(free_layers(session.shown, session.selection))


class BrushPage(ToolPage):
    """Size, hardness and strength; a selecting brush has no strength."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        self.fields: dict[str, SliderField] = {}
        self._labels: dict[str, QLabel] = {}
        for name, text, low, high, unit, step in BRUSH_FIELDS:
            self._add(name, text, low, high, unit, step)
        self.row.addStretch(1)
        canvas.brush_changed.connect(self._show)
        canvas.tool_changed.connect(self._show)

    def _add(self, name: str, text: str, low: int, high: int, unit: str, step: float) -> None:
        label = self._labels[name] = QLabel(text)
        label.setObjectName("hint")
        now = round(getattr(self.canvas.brush, name) / step)
        field = self.fields[name] = SliderField(low, high, now, unit, text, log=name == "size")
        field.setMaximumWidth(190)

        def change(value: int) -> None:
            self.canvas.set_brush(replace(self.canvas.brush, **{name: value * step}))

        field.moved.connect(change)
        field.committed.connect(change)
        field.refused.connect(self.message)
        self.row.addWidget(label)
        self.row.addWidget(field, 3)
        self.row.addSpacing(4)

    @Slot()
    def _show(self) -> None:
        for name, _text, _low, _high, _unit, step in BRUSH_FIELDS:
            self.fields[name].show_value(round(getattr(self.canvas.brush, name) / step))
        selecting = self.canvas.tool_id == "select-brush"
        for widget in (self.fields["opacity"], self._labels["opacity"]):
            widget.setVisible(not selecting)


class SelectPage(ToolPage):
    """How to draw a selection."""

    def __init__(self, canvas: CanvasView) -> None:
        super().__init__(canvas)
        hint = ElidedLabel()
        hint.setObjectName("hint")
        hint.setText(said("window.select-hint"))
        self.row.addWidget(hint, 1)


class EyedropperPage(ToolPage):
    """The colour that was picked, as a number to copy, and how much of the picture it is the mean of."""

    def __init__(self, canvas: CanvasView, _actions: Actions) -> None:
        super().__init__(canvas)
        self.swatch = ColorSwatch(QColor("#808080"), "Picked colour")
        self.swatch.setCursor(Qt.CursorShape.ArrowCursor)
        self.swatch.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.hex = QLabel("Click the picture")
        self.hex.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.copy = ActionButton(None, "Copy")
        self.copy.setToolTip(said("window.copy-color-tip"))
        self.copy.clicked.connect(self._copy)
        self.sample = QComboBox()
        self.sample.setAccessibleName("Sample size")
        self.sample.setToolTip(said("window.sample-tip"))
        for side, text in SAMPLES:
            self.sample.addItem(text, side)
        self.sample.activated.connect(self._choose_sample)
        label = QLabel("Sample")
        label.setObjectName("hint")
        for widget in (self.swatch, self.hex, self.copy, Divider(), label, self.sample):
            self.row.addWidget(widget)
        self.row.addStretch(1)
        self.swatch.hide()
        self.copy.setEnabled(False)
        canvas.color_picked.connect(self._show)

    @Slot(object)
    def _show(self, color: tuple[int, int, int]) -> None:
        self.swatch.set_color(QColor(*color))
        self.swatch.show()
        self.hex.setText(QColor(*color).name())
        self.hex.setMinimumWidth(self.hex.fontMetrics().horizontalAdvance("#mmmmmm"))
        self.copy.setEnabled(True)

    @Slot()
    def _copy(self) -> None:
        QApplication.clipboard().setText(self.hex.text())
        self.message.emit(said("window.color-copied", color=self.hex.text()))

    @Slot(int)
    def _choose_sample(self, _at: int) -> None:
        self.canvas.sample_size = self.sample.currentData()
