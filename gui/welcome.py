"""What the window shows before anything is open: one thing to do."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from engine.formats import READABLE


class Welcome(QWidget):
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
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        title = QLabel("Drop an image here")
        title.setObjectName("title")
        hint = QLabel(READABLE)
        hint.setObjectName("hint")
        choose = QPushButton("Open image…")
        choose.setObjectName("primary")
        choose.clicked.connect(self.open_requested)
        sample = QPushButton("Try the sample")
        sample.clicked.connect(self.sample_requested)
        buttons = QHBoxLayout()
        buttons.setSpacing(8)
        buttons.addStretch(1)
        buttons.addWidget(choose)
        buttons.addWidget(sample)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.addStretch(1)
        for label in (title, hint):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            layout.addWidget(label)
        layout.addSpacing(16)
        layout.addLayout(buttons)
        layout.addStretch(1)
