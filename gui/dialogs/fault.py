"""A fault that nobody foresaw, in a box that keeps the program alive and has a report for its makers."""

from __future__ import annotations

import threading

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QLayout, QPushButton, QStyle, QVBoxLayout, QWidget

from engine.words import Message, said
from gui.dialogs.messages import plain_buttons

WIDTH = 420
"""Logical px of the text: some sixty letters a line."""


class FaultDialog(QDialog):
    """Says what happened; *Copy report* puts versions, hardware and the end of the log on the clipboard."""

    _made = Signal(str)

    def __init__(self, message: Message, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Unflatten")
        self.sentence = _label(str(message), "faultSentence")
        self.hint = _label(said("fault.hint"), "hint")
        self.copy = QPushButton("Copy report")
        self.copy.clicked.connect(self._copy)
        buttons = QDialogButtonBox()
        buttons.addButton(self.copy, QDialogButtonBox.ButtonRole.ActionRole)
        self.go_on = buttons.addButton("Continue", QDialogButtonBox.ButtonRole.AcceptRole)
        self.go_on.setDefault(True)
        plain_buttons(buttons)
        buttons.accepted.connect(self.accept)
        layout = QVBoxLayout(self)
        margin = self.style().pixelMetric(QStyle.PixelMetric.PM_LayoutLeftMargin)
        layout.setContentsMargins(2 * margin, 2 * margin, 2 * margin, margin)
        layout.setSpacing(margin)
        for part in (self.sentence, self.hint, buttons):
            layout.addWidget(part)
        layout.setSizeConstraint(QLayout.SizeConstraint.SetFixedSize)
        self._made.connect(self._put)

    @Slot()
    def _copy(self) -> None:
        """Beside the window: looking at the hardware can take seconds."""
        self.copy.setEnabled(False)
        self.copy.setText("Copying…")
        threading.Thread(target=self._make, name="report", daemon=True).start()

    def _make(self) -> None:
        from engine import doctor, log

        try:
            text = doctor.for_a_report()
        except Exception as error:  # noqa: BLE001 - the report of a fault must not be lost to another one
            text = f"{log.about()}\n{log.unforeseen(error, 'the report')}\n\n{log.tail()}"
        self._made.emit(text)

    @Slot(str)
    def _put(self, text: str) -> None:
        QGuiApplication.clipboard().setText(text)
        self.copy.setText("Copied")


def _label(text: str, name: str) -> QLabel:
    label = QLabel(text)
    label.setObjectName(name)
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setFixedWidth(WIDTH)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    return label
