"""What this program is."""

from __future__ import annotations

from importlib.metadata import version

from PySide6.QtWidgets import QMessageBox, QWidget

from gui.dialogs.messages import plain_buttons


def show_about(parent: QWidget) -> None:
    box = QMessageBox(parent)
    box.setWindowTitle("About Unflatten")
    box.setText(f"Unflatten {version('unflatten')}")
    box.setInformativeText(
        "Turns a flat image back into layers, on your own computer. Nothing is sent anywhere.\n\nApache License 2.0"
    )
    plain_buttons(box)
    box.open()
