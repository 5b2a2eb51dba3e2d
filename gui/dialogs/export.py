"""The export dialog: which format, where, and the few options that format has."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from engine.document import Document
from engine.words import Message, note
from export.registry import FORMATS, ExportOptions, Format
from gui.dialogs import asking
from gui.dialogs.messages import plain_buttons
from gui.settings import preferences
from gui.tasks import Tasks

OPTIONS: tuple[tuple[str, str, bool], ...] = (
    ("trim", "Trim every picture to its content", False),
    ("editable", "Keep masks, recolouring and scaling editable in Photoshop", True),
    ("zip", "Smaller file (ZIP; some programs cannot read it)", False),
    ("include_original", "Add the image as a hidden layer", False),
)
"""Field of ExportOptions ("zip" stands for compression), its text, and whether it is on at first."""


class ExportDialog(QDialog):
    """Asks what to export and where. `accepted` comes only with a usable target.

    Attributes:
        path: the field with the file or folder.
    """

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self._tasks = Tasks()
        self._source = document.source
        self._stem = document.source.stem if document.source else "Untitled"
        folder = document.source.parent if document.source else Path.home()
        if not os.access(folder, os.W_OK):  # as that of the sample, where the program is installed for everybody
            folder = Path.home()
        last = preferences().now.export
        self._folder = Path(last.folder or folder)
        self._format = QComboBox()
        for entry in FORMATS.values():
            self._format.addItem(entry.title, entry.id)
        self._format.setCurrentIndex(max(0, self._format.findData(last.format)))
        self.path = QLineEdit()
        self.path.setMinimumWidth(380)
        self.path.setAccessibleName("File")
        self._hint = QLabel()
        self._hint.setObjectName("hint")
        self._hint.setWordWrap(True)
        self._boxes = {name: QCheckBox(text) for name, text, _on in OPTIONS}
        for name, _text, on in OPTIONS:
            self._boxes[name].setChecked(last.options.get(name, on))
        self._problem = QLabel()
        self._problem.setObjectName("problem")
        self._problem.setWordWrap(True)
        lines = self._problem.fontMetrics().lineSpacing()
        for label in (self._hint, self._problem):  # room for two lines always: no row moves under the mouse
            label.setFixedHeight(2 * lines + 4)
            label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        self._buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        self._export = self._buttons.addButton("Export", QDialogButtonBox.ButtonRole.AcceptRole)
        self._export.setObjectName("primary")
        plain_buttons(self._buttons)
        self._build()
        self._on_format()

    def format_id(self) -> str:
        """The chosen format's key in the registry."""
        return str(self._format.currentData())

    def target(self) -> Path:
        """The chosen file or folder."""
        return Path(self.path.text().strip()).expanduser()

    def show_target(self, path: Path) -> None:
        """Propose another file."""
        self.path.setText(str(path))

    def options(self) -> ExportOptions:
        """The options that are shown for the chosen format."""
        used = FORMATS[self.format_id()].options
        small = "compression" in used and self._boxes["zip"].isChecked()
        chosen = ExportOptions(overwrite=True, compression="zip" if small else "rle")
        on: dict[str, Any] = {name: box.isChecked() for name, box in self._boxes.items() if name in used}
        return replace(chosen, **on)

    def _build(self) -> None:
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._on_browse)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.path, 1)
        row.addWidget(browse)
        form = QFormLayout(self)
        form.setContentsMargins(16, 16, 16, 16)
        form.setHorizontalSpacing(12)
        form.setVerticalSpacing(10)
        form.addRow("Format", self._format)
        form.addRow("", self._hint)
        form.addRow("File", row)
        for box in self._boxes.values():
            form.addRow("", box)
        form.addRow(self._problem)
        form.addRow(self._buttons)
        self._format.currentIndexChanged.connect(self._on_format)
        self.path.textChanged.connect(self._check)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)

    @Slot()
    def _on_format(self) -> None:
        entry = FORMATS[self.format_id()]
        name = f"{self._stem}-layers" + ("" if entry.is_folder else entry.suffixes[0])
        self.path.setText(str(self._folder / name))
        self._hint.setText(str(entry.hint))
        for option, box in self._boxes.items():
            box.setVisible(("compression" if option == "zip" else option) in entry.options)
        self.adjustSize()

    @Slot()
    def _on_browse(self) -> None:
        self._tasks.start(self._browse(), "browse for an export")

    async def _browse(self) -> None:
        entry, target = FORMATS[self.format_id()], self.target()
        if entry.is_folder:
            chosen = await asking.folder(self, "Folder for the layers", str(target.parent))
        else:
            filters = f"{entry.title} ({' '.join(f'*{suffix}' for suffix in entry.suffixes)})"
            suffix = entry.suffixes[0].removeprefix(".")
            # Replacing is asked about in this dialog itself.
            chosen = await asking.file_to_write(self, "Export", target, filters, suffix, ask_to_replace=False)
        if chosen is not None:
            self.show_target(chosen)

    def done(self, result: int) -> None:
        self._tasks.close()
        super().done(result)

    @Slot()
    def _check(self) -> None:
        named = bool(self.path.text().strip())
        found = problem_with(self.target(), FORMATS[self.format_id()], self._source) if named else NAMELESS
        self._problem.setText(str(found.message or ""))
        self._export.setEnabled(found.usable)
        self._export.setText("Replace" if found.replaces else "Export")

    def accept(self) -> None:
        boxes = {f"export.options.{name}": box.isChecked() for name, box in self._boxes.items()}
        folder = str(self.target().parent)
        preferences().update({"export.folder": folder, "export.format": self.format_id(), **boxes})
        super().accept()


@dataclass(frozen=True, slots=True)
class Target:
    """What there is to say about a place to export to.

    Attributes:
        message: what is wrong with it, or what is worth knowing; None for nothing.
        usable: it can be written to. replaces: something there goes.
    """

    message: Message | None = None
    usable: bool = False
    replaces: bool = False


NAMELESS = Target(note("files.name-missing"))
FREE = Target(usable=True)


def problem_with(target: Path, entry: Format, source: Path | None) -> Target:
    """Whether a document that came from `source` can be exported to `target` in that format."""
    if not target.name:
        return NAMELESS
    try:
        if source is not None and target.exists() and target.samefile(source):
            return Target(note("files.is-the-image"))
        if not target.parent.is_dir():
            return Target(note("files.no-folder", folder=str(target.parent)))
        return _folder_problem(target) if entry.is_folder else _file_problem(target, entry.suffixes)
    except OSError as error:
        return Target(note("files.bad-place", reason=error.strerror or str(error)))


def _folder_problem(target: Path) -> Target:
    if target.is_file():
        return Target(note("files.is-a-file"))
    if target.is_dir() and any(target.iterdir()):
        return Target(note("files.folder-not-empty"), usable=True, replaces=True)
    return FREE


def _file_problem(target: Path, suffixes: tuple[str, ...]) -> Target:
    if target.is_dir():
        return Target(note("files.is-a-folder"))
    if target.suffix.lower() not in suffixes:
        one, *others = suffixes
        if others:
            return Target(note("files.wrong-suffixes", one=one, other=others[0]))
        return Target(note("files.wrong-suffix", suffix=one))
    if target.exists():
        return Target(note("files.will-be-replaced"), usable=True, replaces=True)
    return FREE
