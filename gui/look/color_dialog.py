"""The dialog in which a colour is chosen, as the inspector and the View menu show it."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QColorDialog, QWidget


def color_dialog(start: QColor, title: str, parent: QWidget | None) -> QColorDialog:
    """A dialog to connect and open; it deletes itself when it is closed.

    Not the system's own, which cannot preview on some desktops, nor be driven by tests.
    """
    dialog = QColorDialog(start, parent)
    dialog.setWindowTitle(title)
    dialog.setOption(QColorDialog.ColorDialogOption.DontUseNativeDialog)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    return dialog
