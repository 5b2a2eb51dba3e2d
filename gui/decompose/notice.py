"""A strip above the canvas for what must not pass by: it stays until it is closed or the next run begins."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QToolButton, QVBoxLayout, QWidget

from engine.words import said
from gui.look import theme
from gui.look.icons import icon, pixmap

MOST = 4
"""Buttons at once; the next ones come when these are done."""
LONGEST = 28


class Notice(QFrame):
    """Sentences, and below them a button for each layer that holds several objects.

    Signals:
        split_requested(str): id of a layer that is to be taken apart further.
    """

    split_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self.mark = QLabel()
        self.mark.hide()
        self.text = QLabel()
        self.text.setWordWrap(True)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        close = QToolButton()
        close.setIcon(icon("close"))
        close.setToolTip("Close")
        close.setAccessibleName("Close this notice")
        close.clicked.connect(self.hide)
        self.offers = QWidget()
        self._buttons = QHBoxLayout(self.offers)
        self._buttons.setContentsMargins(0, 0, 0, 2)
        self._buttons.setSpacing(6)
        column = QVBoxLayout()
        column.setSpacing(5)
        column.addWidget(self.text)
        column.addWidget(self.offers)
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 5, 6, 5)
        row.setSpacing(8)
        row.addWidget(self.mark, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addLayout(column, 1)
        row.addWidget(close, 0, Qt.AlignmentFlag.AlignTop)
        self.offers.hide()
        self.hide()

    @Slot(str)
    def show_text(self, text: str) -> None:
        """Show a sentence or more; "" hides the strip."""
        self.mark.hide()
        self.text.setText(text)
        self.text.setVisible(bool(text))
        self.offer_split(())

    @Slot(str)
    def show_problem(self, text: str) -> None:
        """Show why something could not be done."""
        self.show_text(text)
        self.mark.setPixmap(pixmap("error", 18, theme.tokens().danger, self.devicePixelRatioF()))
        self.mark.show()

    @Slot(object)
    def offer_split(self, layers: Sequence[tuple[str, str]]) -> None:
        """Offer to take (id, name) apart further; none takes the buttons away."""
        while item := self._buttons.takeAt(0):
            if (old := item.widget()) is not None:
                old.deleteLater()
        if layers:
            label = QLabel("Split further:")
            label.setObjectName("hint")
            self._buttons.addWidget(label)
        for layer_id, name in layers[:MOST]:
            button = QPushButton(name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…")
            button.setToolTip(said("decompose.split", name=name))
            button.clicked.connect(lambda _on=False, i=layer_id: self.split_requested.emit(i))
            self._buttons.addWidget(button)
        self._buttons.addStretch(1)
        self.offers.setVisible(bool(layers))
        self.setVisible(bool(layers or self.text.text()))
