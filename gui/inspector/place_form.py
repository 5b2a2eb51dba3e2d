"""Position, size and angle as numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from engine.document import Layer, Transform
from engine.editing.edits import MAX_SIDE
from engine.words import said
from gui.canvas.placing import flipped, moved, place_of, resized, turned
from gui.widgets.buttons import IconButton
from gui.widgets.fields import NumberField, ScrubLabel

FAR = 1_000_000

Transforms = dict[str, Transform]
Make = Callable[[Sequence[Layer]], Transforms]
"""From the layers to the transforms they get."""


class PlaceForm(QWidget):
    """Fields for x, y, width, height and angle, and buttons to link, flip and reset.

    Signals:
        previewed(object): while a label is dragged: a `Make`.
        chosen(str, str, object): name of the edit, name of the field, and a `Make`.
        refused(str): why a number was not taken as it was typed.
    """

    previewed = Signal(object)
    chosen = Signal(str, str, object)
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None, *, in_row: bool = False) -> None:
        """`in_row`: everything in one row, the reset button too, instead of a grid."""
        super().__init__(parent)
        self.left = NumberField(-FAR, FAR, " px", 2)
        self.top = NumberField(-FAR, FAR, " px", 2)
        self.width_ = NumberField(1, MAX_SIDE, " px", 2)
        self.height_ = NumberField(1, MAX_SIDE, " px", 2)
        self.angle = NumberField(-360, 360, "°", 2)
        self.link = IconButton("unlink", "Keep the ratio of width and height", checked="link", side=16)
        self.link.setChecked(True)
        self.flip_h = IconButton("flip-h", "Flip horizontally")
        self.flip_v = IconButton("flip-v", "Flip vertically")
        self.reset = IconButton("reset", "Reset position, size and angle", side=16)
        self._several = False
        self._scrubs: list[tuple[ScrubLabel, str]] = []
        if in_row:
            self._build_row()
        else:
            self._build_grid()
        self._connect()

    def show_layers(self, layers: Sequence[Layer]) -> None:
        """Show where those layers are; none shows empty fields."""
        self._several = len(layers) > 1
        tip = "Turn the layers by" if self._several else "Angle"
        self.angle.setToolTip(tip)
        if not layers:
            for field in (self.left, self.top, self.width_, self.height_, self.angle):
                field.show_nothing()
            self.reset.setEnabled(False)
            return
        place = place_of(layers)
        self.left.show_value(place.x)
        self.top.show_value(place.y)
        self.width_.show_value(place.width)
        self.height_.show_value(place.height)
        self.angle.show_value(place.angle)
        self.reset.setEnabled(any(not n.transform.is_identity for n in layers))

    def _build_grid(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(12, 2, 8, 10)
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(6)
        for field, label, name, row, column in (
            (self.left, "X", "Left edge", 0, 0),
            (self.top, "Y", "Top edge", 1, 0),
            (self.width_, "W", "Width", 0, 2),
            (self.height_, "H", "Height", 1, 2),
            (self.angle, "∠", "Angle", 2, 0),
        ):
            grid.addWidget(self._scrub(field, label, name), row, column)
            grid.addWidget(field, row, column + 1)
        grid.addWidget(self.link, 0, 4, 2, 1, Qt.AlignmentFlag.AlignCenter)
        buttons = QHBoxLayout()
        buttons.setSpacing(2)
        for button in (self.flip_h, self.flip_v):
            buttons.addWidget(button)
        buttons.addStretch(1)
        grid.addLayout(buttons, 2, 3)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)

    def _build_row(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        for field, label, name in (
            (self.left, "X", "Left edge"),
            (self.top, "Y", "Top edge"),
            (self.width_, "W", "Width"),
            (self.height_, "H", "Height"),
            (self.angle, "∠", "Angle"),
        ):
            if field is self.height_:
                row.addWidget(self.link)
            row.addWidget(self._scrub(field, label, name))
            field.setMaximumWidth(102)
            row.addWidget(field, 1)
            row.addSpacing(2)
        for button in (self.flip_h, self.flip_v, self.reset):
            row.addWidget(button)

    def _scrub(self, field: NumberField, label: str, name: str) -> ScrubLabel:
        field.setAccessibleName(name)
        field.setToolTip(name)
        scrub = ScrubLabel(label, field)
        scrub.setToolTip(said("inspector.scrub-tip", name=name))
        scrub.setFixedWidth(14)
        self._scrubs.append((scrub, name))
        return scrub

    def _connect(self) -> None:
        makers: dict[str, Callable[[float], Make]] = {
            "Left edge": lambda v: lambda layers: moved(layers, x=v),
            "Top edge": lambda v: lambda layers: moved(layers, y=v),
            "Width": lambda v: lambda layers: resized(layers, v, None, self.link.isChecked()),
            "Height": lambda v: lambda layers: resized(layers, None, v, self.link.isChecked()),
            "Angle": lambda v: lambda layers: turned(layers, v),
        }
        texts = {"Left edge": "Move", "Top edge": "Move", "Width": "Scale", "Height": "Scale", "Angle": "Rotate"}
        for scrub, name in self._scrubs:
            make, text = makers[name], texts[name]
            field = scrub.buddy()
            assert isinstance(field, NumberField)
            scrub.moved.connect(lambda v, make=make: self.previewed.emit(make(v)))
            scrub.committed.connect(lambda v, make=make, text=text: self.chosen.emit(text, "", make(v)))
            field.committed.connect(lambda v, make=make, text=text, n=name: self._choose(text, n, make(v), v))
            field.refused.connect(self.refused)
        self.flip_h.clicked.connect(
            lambda: self.chosen.emit("Flip horizontally", "", lambda layers: flipped(layers, True))
        )
        self.flip_v.clicked.connect(
            lambda: self.chosen.emit("Flip vertically", "", lambda layers: flipped(layers, False))
        )
        self.reset.clicked.connect(
            lambda: self.chosen.emit(
                "Reset position and size", "", lambda layers: {layer.id: Transform() for layer in layers}
            )
        )

    def _choose(self, text: str, name: str, make: Make, value: float) -> None:
        self.chosen.emit(text, name, make)
        field = {"Width": self.width_, "Height": self.height_}.get(name)
        if field is not None and abs(field.value() - value) > 0.01:
            self.refused.emit(said("inspector.clamped", name=name, value=field.text()))
