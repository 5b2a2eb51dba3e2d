"""What this program is."""

from __future__ import annotations

from importlib.metadata import version

from PySide6.QtWidgets import QMessageBox, QWidget

from engine.words import said
from gui.dialogs.messages import plain_buttons


def show_about(parent: QWidget) -> None:
    """Show it in a box over that window; this does not wait for its end."""
    box = QMessageBox(parent)
    box.setWindowTitle("About Unflatten")
    box.setText(f"Unflatten {version('unflatten')}")
    box.setInformativeText(said("window.about"))
    plain_buttons(box)
    box.open()
