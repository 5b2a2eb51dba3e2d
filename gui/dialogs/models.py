"""The model manager: which weights are here, getting them, or choosing one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSettings, Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.errors import UnflattenError
from engine.models.store import Store
from engine.worker import JobHost

if TYPE_CHECKING:
    from engine.models.store import State, Transfer

STATUS = {"absent": "Not here", "partial": "Partly here", "present": "Here"}


class ModelsDialog(QDialog):
    """Download (with pause and resume), verify and remove models; point at a folder or GGUF file of one's own."""

    def __init__(self, parent: QWidget | None = None, store: Store | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Models")
        self.resize(680, 460)
        self._given = store
        self._host = JobHost("models", self)
        self._host.progress.connect(self._on_progress)
        self._host.done.connect(self._on_done)
        self._host.failed.connect(self._on_failed)
        self._host.cancelled.connect(lambda: self._say("Paused. Download goes on where it stopped."))
        self._host.finished.connect(self._show_state)
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["Model", "Size", "On this computer"])
        self.list.setRootIsDecorated(False)
        self.list.setColumnWidth(0, 380)
        self.list.currentItemChanged.connect(self._show_state)
        self.about = QLabel()
        self.about.setObjectName("hint")
        self.about.setWordWrap(True)
        self.fetch = QPushButton("Download")
        self.fetch.setObjectName("primary")
        self.pause = QPushButton("Pause")
        self.verify = QPushButton("Verify")
        self.remove = QPushButton("Remove")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.folder, self.gguf = QLineEdit(), QLineEdit()
        self.mirror, self.token = QLineEdit(), QLineEdit()
        self._build()
        self._fill()

    def done(self, result: int) -> None:
        """A download under way is paused; it goes on with the next click on Download."""
        self._host.close()
        super().done(result)

    # -- building

    def _build(self) -> None:
        buttons = QHBoxLayout()
        for button, slot in (
            (self.fetch, self._on_fetch),
            (self.pause, self._host.cancel),
            (self.verify, self._on_verify),
            (self.remove, self._on_remove),
        ):
            button.setAutoDefault(False)
            button.clicked.connect(slot)
            buttons.addWidget(button)
        buttons.addStretch(1)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        rows = (
            ("Own folder", self.folder, "qwen/model", "A diffusers folder with the weights; empty: the downloaded one"),
            ("GGUF file", self.gguf, "qwen/gguf", "For the denoiser; empty: the folder's own"),
            ("Mirror", self.mirror, "models/mirror", "Address of a mirror; empty: the hub itself"),
            ("Access token", self.token, "models/token", "Only if the hub asks for one"),
        )
        for text, field, key, hint in rows:
            field.setText(QSettings().value(key, "", type=str))
            field.setPlaceholderText(hint)
            field.setAccessibleName(text)
            field.editingFinished.connect(lambda f=field, k=key: QSettings().setValue(k, f.text().strip()))
            form.addRow(text, self._with_browse(field, key))
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 16)
        layout.setSpacing(10)
        for part in (self.list, self.about):
            layout.addWidget(part)
        layout.addLayout(buttons)
        layout.addWidget(self.bar)
        layout.addWidget(self.state)
        layout.addLayout(form)

    def _with_browse(self, field: QLineEdit, key: str) -> QWidget:
        if not key.startswith("qwen/"):
            return field
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        browse = QPushButton("Browse…")
        browse.setAutoDefault(False)
        browse.clicked.connect(lambda: self._on_browse(field, key))
        row.addWidget(field, 1)
        row.addWidget(browse)
        return holder

    def _on_browse(self, field: QLineEdit, key: str) -> None:
        if key == "qwen/model":
            chosen = QFileDialog.getExistingDirectory(self, "Folder with the weights", field.text())
        else:
            chosen, _ = QFileDialog.getOpenFileName(self, "GGUF file", field.text(), "GGUF (*.gguf)")
        if chosen:
            field.setText(chosen)
            QSettings().setValue(key, chosen)

    # -- what is shown

    def _store(self) -> Store:
        return self._given or Store(
            endpoint=self.mirror.text().strip() or None, token=self.token.text().strip() or None
        )

    def _fill(self) -> None:
        current = self.list.indexOfTopLevelItem(self.list.currentItem()) if self.list.currentItem() else 0
        self.list.clear()
        for state in self._store().states():
            item = QTreeWidgetItem([state.entry.title, f"{state.entry.gigabytes:.1f} GB", _status(state)])
            item.setData(0, Qt.ItemDataRole.UserRole, state)
            item.setToolTip(0, str(state.folder))
            self.list.addTopLevelItem(item)
        self.list.setCurrentItem(self.list.topLevelItem(current))
        self._show_state()

    def _chosen(self) -> State | None:
        item = self.list.currentItem()
        return item.data(0, Qt.ItemDataRole.UserRole) if item else None

    @Slot()
    def _show_state(self) -> None:
        chosen, running = self._chosen(), self._host.running
        if chosen is None:
            return
        self.about.setText(f"{chosen.entry.advice} Licence: {chosen.entry.licence}")
        self.fetch.setText("Resume" if chosen.status == "partial" else "Download")
        self.fetch.setEnabled(not running and chosen.status != "present")
        self.pause.setEnabled(running)
        self.verify.setEnabled(not running and chosen.status == "present")
        self.remove.setEnabled(not running and chosen.status != "absent")
        self.list.setEnabled(not running)
        self.bar.setVisible(running)

    def _say(self, text: str) -> None:
        self.state.setText(text)

    # -- jobs

    def _run(self, job: Any) -> None:
        self._say("")
        self.bar.setValue(0)
        self._host.start(job)
        self._show_state()

    @Slot()
    def _on_fetch(self) -> None:
        chosen, store = self._chosen(), self._store()
        if chosen is not None:
            self._run(lambda report, cancelled: f"{store.fetch(chosen.entry, report, cancelled)} is complete.")

    @Slot()
    def _on_verify(self) -> None:
        chosen, store = self._chosen(), self._store()
        if chosen is None:
            return

        def job(report, cancelled):
            bad = store.verify(chosen.entry, report, cancelled)
            return f"{len(bad)} files were damaged; Resume brings them again." if bad else "Every file is whole."

        self._run(job)

    @Slot()
    def _on_remove(self) -> None:
        chosen, store = self._chosen(), self._store()
        if chosen is not None:
            self._run(lambda _report, _cancelled: f"{store.remove(chosen.entry) / 1e9:.1f} GB are free again.")

    @Slot(object)
    def _on_progress(self, transfer: Transfer) -> None:
        self.bar.setValue(round(1000 * transfer.done / max(transfer.total, 1)))
        left = "" if transfer.eta_seconds is None else f", {_duration(transfer.eta_seconds)} left"
        self._say(f"{transfer.done / 1e9:.2f} of {transfer.total / 1e9:.2f} GB, {transfer.speed / 1e6:.1f} MB/s{left}")

    @Slot(object)
    def _on_done(self, text: str) -> None:
        self._fill()
        self._say(text)

    @Slot(object)
    def _on_failed(self, error: UnflattenError) -> None:
        self._fill()
        self._say(str(error))


def _status(state: State) -> str:
    size = f" ({state.size / 1e9:.1f} GB)" if state.status == "partial" else ""
    return STATUS[state.status] + size


def _duration(seconds: float) -> str:
    return f"about {seconds / 60:.0f} min" if seconds >= 90 else f"{seconds:.0f} s"
