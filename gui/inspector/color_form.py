"""Recolouring: hue, saturation, lightness, and a tint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QCheckBox, QGridLayout, QHBoxLayout, QLabel, QWidget

from engine.document import Recolor
from engine.words import said
from gui.look.color_dialog import color_dialog
from gui.widgets.buttons import ColorSwatch, IconButton
from gui.widgets.fields import SliderField

FIRST_TINT = (52, 120, 220)

Change = Callable[[Recolor], Recolor]


class ColorForm(QWidget):
    """Sliders for hue, saturation and lightness, and the tint.

    Signals:
        previewed(object): while dragging: a function from a layer's recolour to the one it gets.
        chosen(str, str, object): name of the edit, name of the field, and such a function.
        cancelled(): a preview is given up.
        pick_asked(): the user wants to take the tint from the canvas.
        refused(str): what was typed is out of range.
    """

    previewed = Signal(object)
    chosen = Signal(str, str, object)
    cancelled = Signal()
    pick_asked = Signal()
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hue = SliderField(-180, 180, 0, "°", "Hue")
        self.saturation = SliderField(-100, 100, 0, "", "Saturation")
        self.lightness = SliderField(-100, 100, 0, "", "Lightness")
        self.tint = QCheckBox("Colourise")
        self.tint.setToolTip(said("inspector.tint-tip"))
        self.tint.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.color = ColorSwatch(QColor(*FIRST_TINT), "Colour to tint with")
        self.pick = IconButton("eyedropper", "Take the colour from the canvas", side=16)
        self.pick.hide()
        self.strength = SliderField(0, 100, 100, " %", "Strength of the tint")
        self.reset = IconButton("reset", "Reset the colour", side=16)
        self._build()
        self._connect()

    def show_recolor(self, value: Recolor | None, any_changed: bool) -> None:
        """Show a layer's recolour, or none."""
        value = value or Recolor()
        self.hue.show_value(round(value.hue))
        self.saturation.show_value(round(value.saturation))
        self.lightness.show_value(round(value.lightness))
        tinted = value.colorize is not None
        self.tint.setChecked(tinted)
        if value.colorize is not None:
            self.color.set_color(QColor(*value.colorize))
        self.strength.show_value(round(value.strength * 100))
        self.strength.setVisible(tinted)
        self._strength_label.setVisible(tinted)
        self.reset.setEnabled(any_changed)
        self._show_grooves(round(value.hue))

    def set_tint(self, color: QColor) -> None:
        """Tint with that colour, e.g. one picked on the canvas."""
        rgb = (color.red(), color.green(), color.blue())
        self.chosen.emit("Colourise", "tint", lambda r: replace(r, colorize=rgb))

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 2, 8, 10)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for row, (text, field) in enumerate(
            (("Hue", self.hue), ("Saturation", self.saturation), ("Lightness", self.lightness))
        ):
            label = QLabel(text)
            label.setBuddy(field)
            grid.addWidget(label, row, 0)
            grid.addWidget(field, row, 1)
        tint = QHBoxLayout()
        tint.setSpacing(4)
        tint.addWidget(self.tint, 1)
        tint.addWidget(self.pick)
        tint.addWidget(self.color)
        grid.addLayout(tint, 3, 0, 1, 2)
        self._strength_label = QLabel("Strength")
        self._strength_label.setBuddy(self.strength)
        grid.addWidget(self._strength_label, 4, 0)
        grid.addWidget(self.strength, 4, 1)
        grid.setRowMinimumHeight(3, 30)
        grid.setColumnStretch(1, 1)

    def _connect(self) -> None:
        for name, field in (("hue", self.hue), ("saturation", self.saturation), ("lightness", self.lightness)):
            text = name.capitalize()
            field.moved.connect(lambda v, n=name: self.previewed.emit(_setter(n, v)))
            field.committed.connect(lambda v, n=name, t=text: self.chosen.emit(t, n, _setter(n, v)))
        self.hue.moved.connect(self._show_grooves)
        self.strength.moved.connect(lambda v: self.previewed.emit(_setter("strength", v / 100)))
        self.strength.committed.connect(
            lambda v: self.chosen.emit("Strength of the tint", "strength", _setter("strength", v / 100))
        )
        for field in (self.hue, self.saturation, self.lightness, self.strength):
            field.cancelled.connect(self.cancelled)
            field.refused.connect(self.refused)
        self.tint.clicked.connect(self._on_tint)
        self.color.clicked.connect(self._on_color)
        self.pick.clicked.connect(self.pick_asked)
        self.reset.clicked.connect(lambda: self.chosen.emit("Reset colour", "", lambda _r: Recolor()))

    def _on_tint(self, on: bool) -> None:
        c = self.color.color
        rgb = (c.red(), c.green(), c.blue())
        self.chosen.emit("Colourise", "", lambda r: replace(r, colorize=rgb if on else None))

    def _on_color(self) -> None:
        dialog = color_dialog(self.color.color, "Colour to tint with", self)
        dialog.currentColorChanged.connect(lambda c: self.previewed.emit(_tint(c)))
        dialog.colorSelected.connect(self.set_tint)
        dialog.rejected.connect(self.cancelled)
        dialog.open()

    def _show_grooves(self, hue: int) -> None:
        self.hue.slider.set_stops([QColor.fromHsv((hue_of + 180) % 360, 190, 235) for hue_of in range(0, 361, 30)])
        at = (hue + 360) % 360
        self.saturation.slider.set_stops(
            [QColor(128, 128, 128), QColor.fromHsv(at, 110, 190), QColor.fromHsv(at, 230, 235)]
        )
        self.lightness.slider.set_stops([QColor(10, 10, 10), QColor.fromHsv(at, 140, 190), QColor(250, 250, 250)])


def _setter(name: str, value: float) -> Change:
    fields: dict[str, Any] = {name: float(value)}
    return lambda r: replace(r, **fields)


def _tint(color: QColor) -> Change:
    rgb = (color.red(), color.green(), color.blue())
    return lambda r: replace(r, colorize=rgb)
