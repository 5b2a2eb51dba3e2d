"""A user's answers to what the window asks."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar, overload

from PySide6.QtWidgets import QDialog, QFileDialog, QLineEdit, QMessageBox, QWidget

D = TypeVar("D", bound=QDialog)


@overload
def shown(window: QWidget, qtbot) -> QMessageBox: ...
@overload
def shown(window: QWidget, qtbot, kind: type[D]) -> D: ...
def shown(window: QWidget, qtbot, kind: type[QDialog] = QMessageBox) -> QDialog:
    """The window's dialog of that kind, as soon as it is on screen."""

    def visible() -> list[QDialog]:
        return [dialog for dialog in window.findChildren(kind) if dialog.isVisible()]

    qtbot.waitUntil(lambda: bool(visible()), timeout=10_000)
    return visible()[-1]


def choose_file(window: QWidget, qtbot, path: Path) -> None:
    """Choose a file or folder in the file dialog."""
    dialog = shown(window, qtbot, QFileDialog)
    dialog.findChild(QLineEdit, "fileNameEdit").setText(str(path))
    dialog.accept()
    window.activateWindow()  # without a screen nothing gives the focus back


def answer(window: QWidget, qtbot, button: str) -> None:
    """Press that button of the question on screen."""
    box = shown(window, qtbot)
    next(b for b in box.buttons() if b.text().replace("&", "") == button).click()
