"""The export dialog: which format, where, and the few options that format has."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QWidget,
)

from engine.document import Document
from export.registry import FORMATS, ExportOptions
from gui.dialogs.messages import plain_buttons
from gui.settings import preferences

OPTIONS: tuple[tuple[str, str, bool], ...] = (
    ("trim", "Trim every picture to its content", False),
    ("editable", "Keep masks, recolouring and scaling editable in Photoshop", True),
    ("zip", "Smaller file (ZIP; some programs cannot read it)", False),
    ("include_original", "Add the image as a hidden layer", False),
)
"""Field of ExportOptions ("zip" stands for compression), its text, and whether it is on at first."""


class ExportDialog(QDialog):
    """Asks what to export and where. `accepted` comes only with a usable target."""

    def __init__(self, document: Document, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Export")
        self._source = document.source
        self._stem = document.source.stem if document.source else "Untitled"
        folder = document.source.parent if document.source else Path.home()
        last = preferences().now.export
        self._folder = Path(last.folder or folder)
        self._format = QComboBox()
        for entry in FORMATS.values():
            self._format.addItem(entry.title, entry.id)
        self._format.setCurrentIndex(max(0, self._format.findData(last.format)))
        self._path = QLineEdit()
        self._path.setMinimumWidth(380)
        self._path.setAccessibleName("File")
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
        return str(self._format.currentData())

    def target(self) -> Path:
        return Path(self._path.text().strip()).expanduser()

    def show_target(self, path: Path) -> None:
        """Propose another file."""
        self._path.setText(str(path))

    def options(self) -> ExportOptions:
        used = FORMATS[self.format_id()].options
        on = {name: box.isChecked() for name, box in self._boxes.items() if name in used}
        compression = "zip" if self._boxes["zip"].isChecked() and "compression" in used else "rle"
        return ExportOptions(overwrite=True, compression=compression, **on)

    def _build(self) -> None:
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._on_browse)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self._path, 1)
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
        self._path.textChanged.connect(self._check)
        self._buttons.accepted.connect(self.accept)
        self._buttons.rejected.connect(self.reject)

    @Slot()
    def _on_format(self) -> None:
        entry = FORMATS[self.format_id()]
        name = f"{self._stem}-layers" + ("" if entry.is_folder else entry.suffixes[0])
        self._path.setText(str(self._folder / name))
        self._hint.setText(str(entry.hint))
        for option, box in self._boxes.items():
            box.setVisible(("compression" if option == "zip" else option) in entry.options)
        self.adjustSize()

    @Slot()
    def _on_browse(self) -> None:
        entry = FORMATS[self.format_id()]
        if entry.is_folder:
            chosen = QFileDialog.getExistingDirectory(self, "Folder for the layers", str(self.target().parent))
        else:
            patterns = " ".join(f"*{suffix}" for suffix in entry.suffixes)
            options = QFileDialog.Option.DontConfirmOverwrite
            chosen, _ = QFileDialog.getSaveFileName(
                self, "Export", str(self.target()), f"{entry.title} ({patterns})", options=options
            )
            if chosen and Path(chosen).suffix.lower() not in entry.suffixes:
                chosen += entry.suffixes[0]
        if chosen:
            self._path.setText(chosen)

    @Slot()
    def _check(self) -> None:
        problem, exists = self._problem_with(self.target())
        self._problem.setText(problem)
        self._export.setEnabled(exists or not problem)
        self._export.setText("Replace" if exists else "Export")

    def _problem_with(self, target: Path) -> tuple[str, bool]:
        """(what is wrong or worth knowing, whether it only replaces something)."""
        entry = FORMATS[self.format_id()]
        if not self._path.text().strip() or not target.name:
            return "Give the file a name.", False
        try:
            if self._source is not None and target.exists() and target.samefile(self._source):
                return "This is the image itself; choose another name, so that nothing is lost.", False
            if not target.parent.is_dir():
                return f"The folder {target.parent} does not exist.", False
            if entry.is_folder:
                used = target.is_dir() and any(target.iterdir())
                if target.is_file():
                    return "There is a file of this name; choose another one.", False
                return ("The folder is not empty; files of the same names are replaced.", True) if used else ("", False)
            if target.is_dir():
                return "There is a folder of this name; choose another one.", False
            if target.suffix.lower() not in entry.suffixes:
                return f"The name must end in {' or '.join(entry.suffixes)}.", False
            return ("This file exists and will be replaced.", True) if target.exists() else ("", False)
        except OSError as error:
            return f"This place cannot be used: {error.strerror}.", False

    def accept(self) -> None:
        boxes = {f"export.options.{name}": box.isChecked() for name, box in self._boxes.items()}
        folder = str(self.target().parent)
        preferences().update({"export.folder": folder, "export.format": self.format_id(), **boxes})
        super().accept()
