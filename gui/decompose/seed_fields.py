"""Which seed a run has, how many are tried, and the way back to the results of the last ones."""

from __future__ import annotations

import random

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSpinBox, QWidget

from engine.words import said
from gui.widgets.buttons import IconButton

MAX_SEED = 2**31 - 1
MAX_VARIANTS = 4


class SeedFields(QWidget):
    """Seed with a die, number of variants, and a button that shows while there are variants to choose from.

    Signals:
        choose_requested(): look at the results of the last seeds again.
    """

    choose_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.seed = QSpinBox()
        self.seed.setRange(0, MAX_SEED)
        self.seed.setToolTip(said("decompose.seed"))
        self.seed.lineEdit().setTextMargins(4, 0, 0, 0)
        self.dice = IconButton("dice", "Another seed", side=16)
        self.dice.clicked.connect(self._on_dice)
        self.variants = QSpinBox()
        self.variants.setRange(1, MAX_VARIANTS)
        self.variants.setMinimumWidth(56)
        self.variants.lineEdit().setTextMargins(4, 0, 0, 0)
        self.variants.setToolTip(said("decompose.variants"))
        self.choose = QPushButton("Choose…")
        self.choose.setToolTip(said("decompose.choose"))
        self.choose.clicked.connect(self.choose_requested)
        self.choose.hide()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        label(row, "Seed", self.seed)
        row.addWidget(self.dice)
        row.addSpacing(8)
        label(row, "Variants", self.variants)
        row.addSpacing(8)
        row.addWidget(self.choose)

    def seeds(self) -> list[int]:
        """The seed and the ones after it, one for each variant that is wanted."""
        first = self.seed.value()
        return [(first + i) % (MAX_SEED + 1) for i in range(self.variants.value())]

    @Slot()
    def _on_dice(self) -> None:
        self.seed.setValue(random.randrange(MAX_SEED))


def label(row: QHBoxLayout, text: str, field: QWidget, stretch: int = 0) -> None:
    """Add a field with its name before it."""
    name = QLabel(text)
    name.setObjectName("hint")
    name.setBuddy(field)
    field.setAccessibleName(text)
    row.addWidget(name)
    row.addWidget(field, stretch)
