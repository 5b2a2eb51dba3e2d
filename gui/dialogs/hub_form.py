"""Which weights a run uses, and how the model hub is reached: the lower part of the models' dialog."""

from __future__ import annotations

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QFormLayout, QHBoxLayout, QLineEdit, QPushButton, QWidget

from engine.errors import UnflattenError
from engine.models import access
from engine.models.access import Access
from gui.dialogs import asking
from gui.settings import bind, preferences
from gui.tasks import Tasks

FOLDER, GGUF = "engines.qwen.model", "engines.qwen.gguf"


class HubForm(QWidget):
    """Fields for a folder and a GGUF file of one's own, a mirror and an access token; kept as they are left.

    Signals:
        weights_changed(): another folder or file is used.
        refused(str): what was typed could not be kept, in a sentence.
    """

    weights_changed = Signal()
    refused = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tasks = Tasks()
        self.folder, self.gguf = QLineEdit(), QLineEdit()
        self.mirror, self.token = QLineEdit(), QLineEdit()
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(12)
        for name, field, hint in (
            ("Own folder", self.folder, "A diffusers folder with the weights; empty: the downloaded one"),
            ("GGUF file", self.gguf, "For the denoiser; empty: the folder's own"),
            ("Mirror", self.mirror, "Address of a mirror; empty: the hub itself"),
            ("Access token", self.token, "Only if the hub asks for one; kept in a file that only you can read"),
        ):
            field.setAccessibleName(name)
            field.setPlaceholderText(hint)
        self.browse_folder, self.browse_gguf = QPushButton("Browse…"), QPushButton("Browse…")
        self.browse_folder.clicked.connect(self._on_browse_folder)
        self.browse_gguf.clicked.connect(self._on_browse_gguf)
        form.addRow("Own folder", _beside(self.folder, self.browse_folder))
        form.addRow("GGUF file", _beside(self.gguf, self.browse_gguf))
        form.addRow("Mirror", self.mirror)
        form.addRow("Access token", self.token)
        bind(self.folder, FOLDER)
        bind(self.gguf, GGUF)
        for field in (self.folder, self.gguf):
            field.textChanged.connect(self.weights_changed)
        for field in (self.mirror, self.token):
            field.editingFinished.connect(self._save_access)

    @property
    def weights(self) -> tuple[str, str]:
        """The folder and the GGUF file of the user's own, "" for none."""
        return self.folder.text().strip(), self.gguf.text().strip()

    @property
    def access(self) -> Access:
        """Mirror and token as they stand in the fields."""
        return Access(self.mirror.text().strip(), self.token.text().strip())

    def use(self, folder: str, gguf: str) -> None:
        """Run with these weights from now on; "" for the downloaded ones."""
        preferences().update({FOLDER: folder or None, GGUF: gguf or None})
        self.weights_changed.emit()

    def refresh(self) -> None:
        """Show what is set now."""
        self.folder.setText(_text(FOLDER))
        self.gguf.setText(_text(GGUF))
        saved = access.load()
        self.mirror.setText(saved.mirror)
        self.token.setText(saved.token)

    def close_tasks(self) -> None:
        """Take back a file dialog that is still open."""
        self._tasks.close()

    @Slot()
    def _on_browse_folder(self) -> None:
        self._tasks.start(self._browse_folder(), "folder of weights")

    @Slot()
    def _on_browse_gguf(self) -> None:
        self._tasks.start(self._browse_gguf(), "GGUF file")

    async def _browse_folder(self) -> None:
        if chosen := await asking.folder(self, "Folder with the weights", self.folder.text()):
            preferences().set(FOLDER, str(chosen))

    async def _browse_gguf(self) -> None:
        if chosen := await asking.file_to_open(self, "GGUF file", self.gguf.text(), "GGUF (*.gguf)"):
            preferences().set(GGUF, str(chosen))

    @Slot()
    def _save_access(self) -> None:
        if self.access == access.load():
            return
        try:
            access.save(self.access)
        except UnflattenError as error:
            self.refused.emit(str(error))


def _beside(field: QLineEdit, button: QPushButton) -> QWidget:
    holder = QWidget()
    row = QHBoxLayout(holder)
    row.setContentsMargins(0, 0, 0, 0)
    button.setAutoDefault(False)
    row.addWidget(field, 1)
    row.addWidget(button)
    return holder


def _text(name: str) -> str:
    return str(preferences().get(name) or "")
