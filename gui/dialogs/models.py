"""The model manager: which weights are here, getting them, or choosing one's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.errors import UnflattenError
from engine.models import access
from engine.models.access import Access
from engine.models.store import Store
from gui.decompose.checkers import calm_selection
from engine.words.amounts import duration, gigabytes
from gui.dialogs.messages import plain_buttons
from gui.jobs import JobHost
from gui.settings import bind, preferences
from gui.widgets.section import Hairline

if TYPE_CHECKING:
    from engine.models.store import State
    from engine.models.transfer import Transfer

STATUS = {"absent": "Not here", "partial": "Partly here", "present": "Here"}
ROW = 30
PAUSED = "Paused. The download goes on where it stopped."
FOLDER, GGUF = "engines.qwen.model", "engines.qwen.gguf"
OWN = (
    ("Own folder", FOLDER, "A diffusers folder with the weights; empty: the downloaded one"),
    ("GGUF file", GGUF, "For the denoiser; empty: the folder's own"),
)


class ModelsDialog(QDialog):
    """Download (with pause and resume), verify and remove models; point at a folder or GGUF file of one's own.

    Made once for a window and opened again: a job that is still stopping when it is closed ends by itself.
    """

    def __init__(self, parent: QWidget | None = None, store: Store | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Models")
        self.resize(720, 500)
        self._given = store
        self._host = JobHost("models", self)
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["Model", "Size", "On this computer"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFixedHeight(4 * ROW + 26)
        self.list.setColumnWidth(0, 400)
        self.list.setColumnWidth(1, 90)
        self.about = QLabel()
        self.about.setObjectName("hint")
        self.about.setWordWrap(True)
        self.fetch = QPushButton("Download")
        self.fetch.setObjectName("primary")
        self.pause = QPushButton("Pause")
        self.use = QPushButton("Use this")
        self.use.setToolTip("Run with these weights; the fields below say which ones")
        self.verify = QPushButton("Verify")
        self.verify.setToolTip("Check every file by its hash; needs no network")
        self.remove = QPushButton("Remove…")
        self.bar = QProgressBar()
        self.bar.setRange(0, 1000)
        self.bar.setTextVisible(False)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.folder, self.gguf = QLineEdit(), QLineEdit()
        self.mirror, self.token = QLineEdit(), QLineEdit()
        self.leave = QPushButton("Close")
        self._build()
        self._connect()
        self._fill()

    def open(self) -> None:
        """Show what is here now."""
        calm_selection(self.list)
        self._show_settings()
        self._fill()
        super().open()

    def done(self, result: int) -> None:
        """A download under way is paused; it goes on with the next click on Download."""
        self._host.cancel()
        super().done(result)

    def close_jobs(self) -> None:
        """End the job and wait for that; for the end of the program."""
        self._host.close()

    # -- building

    def _build(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.fetch, self.pause, self.use, self.verify, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.fetch, self.pause, self.use, self.verify, self.remove, self.leave):
            button.setAutoDefault(False)
        form = QFormLayout()
        form.setVerticalSpacing(8)
        form.setHorizontalSpacing(12)
        for (text, key, hint), field in zip(OWN, (self.folder, self.gguf), strict=True):
            _named(field, text, hint)
            form.addRow(text, self._with_browse(field, key))
        _named(self.mirror, "Mirror", "Address of a mirror; empty: the hub itself")
        _named(self.token, "Access token", "Only if the hub asks for one; kept in a file that only you can read")
        self.token.setEchoMode(QLineEdit.EchoMode.Password)
        form.addRow("Mirror", self.mirror)
        form.addRow("Access token", self.token)
        last = QHBoxLayout()
        last.addStretch(1)
        last.addWidget(self.leave)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 16, 16, 14)
        layout.setSpacing(10)
        layout.addWidget(self.list)
        layout.addWidget(self.about)
        layout.addLayout(buttons)
        layout.addWidget(self.bar)
        layout.addWidget(self.state)
        layout.addStretch(1)
        layout.addWidget(Hairline())
        layout.addSpacing(2)
        layout.addLayout(form)
        layout.addLayout(last)

    def _connect(self) -> None:
        self._host.progress.connect(self._on_progress)
        self._host.done.connect(self._on_done)
        self._host.failed.connect(self._on_failed)
        self._host.cancelled.connect(self._on_cancelled)
        self._host.finished.connect(self._fill)
        self.list.currentItemChanged.connect(self._show_state)
        self.fetch.clicked.connect(self._on_fetch)
        self.pause.clicked.connect(self._on_pause)
        self.use.clicked.connect(self._on_use)
        self.verify.clicked.connect(self._on_verify)
        self.remove.clicked.connect(self._on_remove)
        self.leave.clicked.connect(self.reject)
        for (_, key, _), field in zip(OWN, (self.folder, self.gguf), strict=True):
            bind(field, key)
            field.textChanged.connect(self._show_use)
        self.mirror.editingFinished.connect(self._save_access)
        self.token.editingFinished.connect(self._save_access)

    def _with_browse(self, field: QLineEdit, key: str) -> QWidget:
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
        if key == FOLDER:
            chosen = QFileDialog.getExistingDirectory(self, "Folder with the weights", field.text())
        else:
            chosen, _ = QFileDialog.getOpenFileName(self, "GGUF file", field.text(), "GGUF (*.gguf)")
        if chosen:
            self._set_own({key: chosen})

    # -- settings

    def _show_settings(self) -> None:
        for (_, key, _), field in zip(OWN, (self.folder, self.gguf), strict=True):
            field.setText(preferences().get(key) or "")
        saved = access.load()
        self.mirror.setText(saved.mirror)
        self.token.setText(saved.token)

    def _set_own(self, paths: dict[str, str]) -> None:
        preferences().update({key: path or None for key, path in paths.items()})
        self._show_use()

    @Slot()
    def _save_access(self) -> None:
        wanted = Access(self.mirror.text().strip(), self.token.text().strip())
        if wanted != access.load():
            try:
                access.save(wanted)
            except UnflattenError as error:
                self._say(str(error))

    def _store(self) -> Store:
        return self._given or Store(endpoint=self.mirror.text().strip(), token=self.token.text().strip())

    # -- what is shown

    @Slot()
    def _fill(self) -> None:
        current = self.list.indexOfTopLevelItem(self.list.currentItem()) if self.list.currentItem() else 0
        self.list.clear()
        for state in self._store().states():
            item = QTreeWidgetItem([state.entry.title, f"{state.entry.gigabytes:.3g} GB", ""])
            item.setData(0, Qt.ItemDataRole.UserRole, state)
            item.setToolTip(0, str(state.folder))
            item.setSizeHint(0, QSize(0, ROW))
            self.list.addTopLevelItem(item)
        self._show_use()
        self.list.setCurrentItem(self.list.topLevelItem(current))
        self._show_state()

    def _show_use(self) -> None:
        """Say at each row whether it is here, and which one is used."""
        own = (self.folder.text().strip(), self.gguf.text().strip())
        for row in range(self.list.topLevelItemCount()):
            item = self.list.topLevelItem(row)
            state: State = item.data(0, Qt.ItemDataRole.UserRole)
            used = _is_weights(state) and state.status == "present" and own in (_paths(state), ("", ""))
            item.setText(2, "In use" if used else _status(state))
            if used and own == ("", ""):
                own = _paths(state)  # where nothing is chosen, the first one that is here is used

    def _chosen(self) -> State | None:
        item = self.list.currentItem()
        return item.data(0, Qt.ItemDataRole.UserRole) if item else None

    @Slot()
    def _show_state(self) -> None:
        chosen, running = self._chosen(), self._host.running
        if chosen is None:
            return
        self.about.setText(f"{chosen.entry.advice} {self._space(chosen)}\nLicence: {chosen.entry.licence}")
        self.fetch.setText("Resume" if chosen.status == "partial" else "Download")
        self.fetch.setEnabled(not running and chosen.status != "present")
        self.pause.setEnabled(running and not self._host.stopping)
        self.use.setEnabled(not running and _is_weights(chosen) and chosen.status == "present")
        self.verify.setEnabled(not running and chosen.status == "present")
        self.remove.setEnabled(not running and chosen.status != "absent")
        self.list.setEnabled(not running)
        self.bar.setVisible(running)

    def _space(self, chosen: State) -> str:
        free = self._store().free()
        if chosen.status == "present":
            return f"Takes {gigabytes(chosen.size)}; {gigabytes(free)} of the disk are free."
        needed = max(0.0, chosen.entry.gigabytes * 1e9 - chosen.size)
        short = "" if needed < free else " That is not enough."
        return f"{gigabytes(needed)} to download; {gigabytes(free)} of the disk are free.{short}"

    def _say(self, text: str) -> None:
        self.state.setText(text)
        self.state.setVisible(bool(text))

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
    def _on_pause(self) -> None:
        self._host.cancel()
        self._show_state()

    @Slot()
    def _on_use(self) -> None:
        if chosen := self._chosen():
            folder, gguf = _paths(chosen)
            self._set_own({FOLDER: folder, GGUF: gguf})
            self._say(f"Runs use {chosen.entry.title} from now on.")

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
        chosen = self._chosen()
        if chosen is None:
            return
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Remove model")
        box.setText(f"Delete {chosen.entry.title} ({gigabytes(chosen.size)}) from this computer?")
        box.setInformativeText("It would have to be downloaded again.")
        box.setStandardButtons(QMessageBox.StandardButton.Cancel)
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        plain_buttons(box)
        delete.clicked.connect(self._remove)
        box.open()

    @Slot()
    def _remove(self) -> None:
        chosen, store = self._chosen(), self._store()
        if chosen is not None:
            if (self.folder.text().strip(), self.gguf.text().strip()) == _paths(chosen):
                self._set_own({FOLDER: "", GGUF: ""})
            self._run(lambda _report, _cancelled: f"{gigabytes(store.remove(chosen.entry))} are free again.")

    @Slot(object)
    def _on_progress(self, transfer: Transfer) -> None:
        if self._host.stopping:
            return
        self.bar.setValue(round(1000 * transfer.done / max(transfer.total, 1)))
        left = "" if transfer.eta_seconds is None else f", about {duration(transfer.eta_seconds)} left"
        self._say(f"{transfer.done / 1e9:.2f} of {transfer.total / 1e9:.2f} GB, {transfer.speed / 1e6:.1f} MB/s{left}")

    @Slot(object)
    def _on_done(self, text: str) -> None:
        self._say(text)

    @Slot(object)
    def _on_failed(self, error: UnflattenError) -> None:
        self._say(str(error))

    @Slot()
    def _on_cancelled(self) -> None:
        self._say(PAUSED)


def _named(field: QLineEdit, name: str, hint: str) -> None:
    field.setAccessibleName(name)
    field.setPlaceholderText(hint)


def _is_weights(state: State) -> bool:
    """Whether it is one of those that a run chooses from; the built-in engine takes what is here."""
    return state.entry.engine != "builtin"


def _paths(state: State) -> tuple[str, str]:
    """What the fields say when a model of the list is used: (folder, GGUF file)."""
    return str(state.folder), str(state.folder / state.entry.gguf) if state.entry.gguf else ""


def _status(state: State) -> str:
    size = f" ({gigabytes(state.size)})" if state.status == "partial" else ""
    return STATUS[state.status] + size
