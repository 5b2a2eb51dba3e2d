"""What the window shows before anything is open: one thing to do."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.opening.formats import READABLE


class Welcome(QFrame):
    """A drop target with two buttons.

    Signals:
        open_requested(): the user wants to choose a file.
        sample_requested(): the user wants to try the sample.
    """

    open_requested = Signal()
    sample_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("welcome")
        title = QLabel("Drop an image here")
        title.setObjectName("title")
        hint = QLabel(READABLE)
        hint.setObjectName("hint")
        choose = QPushButton("Open image…")
        choose.setObjectName("primary")
        choose.clicked.connect(self.open_requested)
        sample = QPushButton("Try the sample")
        sample.clicked.connect(self.sample_requested)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        layout.addLayout(_centred(title))
        layout.addLayout(_centred(hint))
        layout.addSpacing(16)
        layout.addLayout(_centred(choose, sample))
        layout.addStretch(1)


def _centred(*widgets: QWidget) -> QHBoxLayout:
    # By stretches: the namespace Qt with its alignment flags takes longer to load than this whole page.
    row = QHBoxLayout()
    row.setSpacing(8)
    row.addStretch(1)
    for widget in widgets:
        row.addWidget(widget)
    row.addStretch(1)
    return row
