"""Errors as one sentence in a box of their own."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMessageBox, QWidget


def show_error(parent: QWidget, sentence: str) -> QMessageBox:
    """Show a sentence; does not block, and goes away with its button or Esc."""
    box = QMessageBox(QMessageBox.Icon.Warning, "Unflatten", sentence, QMessageBox.StandardButton.Ok, parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.open()
    return box
