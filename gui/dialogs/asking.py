"""Dialogs that are awaited. They are opened, never run: a loop inside the loop would stop every other task."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QDialog, QFileDialog, QMessageBox, QWidget

from gui.dialogs.messages import plain_buttons
from gui.tasks import loop

Mode = QFileDialog.FileMode


async def accepted(dialog: QDialog) -> bool:
    """Open a dialog and wait for its end; whether it was accepted. It may be read until the next await.

    A cancelled task takes its dialog off the screen.
    """
    ending = loop().create_future()

    def end(result: int) -> None:
        if not ending.done():
            ending.set_result(result == QDialog.DialogCode.Accepted)

    dialog.finished.connect(end)
    dialog.open()
    try:
        return bool(await ending)
    finally:
        dialog.finished.disconnect(end)
        dialog.close()
        dialog.deleteLater()


async def choice(parent: QWidget, text: str, consequence: str, keep: str, drop: str) -> str:
    """Ask with the answers `keep` (the default), `drop` and Cancel; the one chosen, "" for Cancel and Esc."""
    box = QMessageBox(QMessageBox.Icon.Question, "Unflatten", text, QMessageBox.StandardButton.Cancel, parent)
    box.setInformativeText(consequence)
    first = box.addButton(keep, QMessageBox.ButtonRole.AcceptRole)
    second = box.addButton(drop, QMessageBox.ButtonRole.DestructiveRole)
    box.setDefaultButton(first)
    plain_buttons(box)
    await accepted(box)
    return {id(first): keep, id(second): drop}.get(id(box.clickedButton()), "")


async def file_to_open(parent: QWidget, title: str, folder: str, filters: str) -> Path | None:
    """Ask for an existing file; None where none was chosen. `filters` as QFileDialog has them."""
    return await _chosen(QFileDialog(parent, title, folder, filters), Mode.ExistingFile)


async def file_to_write(
    parent: QWidget, title: str, start: Path, filters: str, suffix: str, *, ask_to_replace: bool = True
) -> Path | None:
    """Ask where to write a file, `start` proposed; a name without a suffix gets `suffix` (without the dot)."""
    dialog = QFileDialog(parent, title, str(start.parent), filters)
    dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    dialog.setDefaultSuffix(suffix)
    dialog.setOption(QFileDialog.Option.DontConfirmOverwrite, not ask_to_replace)
    dialog.selectFile(start.name)
    return await _chosen(dialog, Mode.AnyFile)


async def folder(parent: QWidget, title: str, start: str) -> Path | None:
    """Ask for an existing folder; None where none was chosen."""
    dialog = QFileDialog(parent, title, start)
    dialog.setOption(QFileDialog.Option.ShowDirsOnly, True)
    return await _chosen(dialog, Mode.Directory)


async def _chosen(dialog: QFileDialog, mode: Mode) -> Path | None:
    dialog.setFileMode(mode)
    if not await accepted(dialog):
        return None
    return next((Path(name) for name in dialog.selectedFiles()), None)
