"""Errors as one sentence in a box of their own."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QDialogButtonBox, QMessageBox, QWidget


def show_error(parent: QWidget, sentence: str) -> QMessageBox:
    """Show a sentence; does not block, and goes away with its button or Esc."""
    box = QMessageBox(QMessageBox.Icon.Warning, "Unflatten", sentence, QMessageBox.StandardButton.Ok, parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    plain_buttons(box)
    box.open()
    return box


def plain_buttons(box: QMessageBox | QDialogButtonBox) -> None:
    """Take the style's own icons off the buttons; they are not ours."""
    for button in box.buttons():
        button.setIcon(QIcon())
