"""The model manager: which weights are here, getting them, or choosing one's own."""

from __future__ import annotations

from collections.abc import Awaitable, Iterator
from threading import Event

from PySide6.QtCore import QSize, Qt, Slot
from PySide6.QtWidgets import (
    QDialog,
    QHBoxLayout,
    QLabel,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from engine.models.store import State, Store
from engine.models.transfer import Report, Transfer
from engine.words import said
from engine.words.amounts import GB, MB, duration, gigabytes, size
from gui.decompose.checkers import calm_selection
from gui.dialogs import asking
from gui.dialogs.hub_form import HubForm
from gui.dialogs.messages import plain_buttons
from gui.jobs import Done, Failed, Job, JobHost, Outcome, Stopped
from gui.tasks import Tasks
from gui.widgets.section import Hairline

STATUS = {"absent": "Not here", "partial": "Partly here", "present": "Here"}
STATE = Qt.ItemDataRole.UserRole
ROW = 30
"""Height of a row, px."""
SMALL = GB / 10
"""Bytes below which a size is in MB."""
STEPS = 1000
"""Of the bar."""


class ModelsDialog(QDialog):
    """Download (with pause and resume), verify and remove models; point at a folder or GGUF file of one's own.

    Made once for a window and opened again: a job that is still stopping when it is closed ends by itself.
    """

    def __init__(self, parent: QWidget | None = None, store: Store | None = None) -> None:
        """`store`: other models than those of the settings."""
        super().__init__(parent)
        self.setWindowTitle("Models")
        self.resize(720, 500)
        self._given = store
        self._host = JobHost("models", self)
        self._tasks = Tasks()
        self.list = QTreeWidget()
        self.list.setHeaderLabels(["Model", "Size", "On this computer"])
        self.list.setRootIsDecorated(False)
        self.list.setUniformRowHeights(True)
        self.list.setFixedHeight(4 * ROW + 34)
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
        self.bar.setRange(0, STEPS)
        self.bar.setTextVisible(False)
        self.state = QLabel()
        self.state.setWordWrap(True)
        self.form = HubForm()
        self.leave = QPushButton("Close")
        self._build()
        self._connect()
        self._fill()

    def open(self) -> None:
        """Show what is here now."""
        calm_selection(self.list)
        self.form.refresh()
        self._fill()
        super().open()

    def done(self, result: int) -> None:
        """A download under way is paused; it goes on with the next click on Download."""
        self._host.cancel()
        super().done(result)

    def close_jobs(self) -> None:
        """Ask the job to stop and hear no more of it; for the end of the program."""
        self._tasks.close()
        self.form.close_tasks()
        self._host.close()

    @property
    def running(self) -> bool:
        """Whether a download, a check or a removal is under way."""
        return self._host.running

    @property
    def store(self) -> Store:
        """The models that the dialog is about, reached as the fields say."""
        access = self.form.access
        return self._given or Store(endpoint=access.mirror, token=access.token)

    # -- building

    def _build(self) -> None:
        buttons = QHBoxLayout()
        for button in (self.fetch, self.pause, self.use, self.verify, self.remove):
            buttons.addWidget(button)
        buttons.addStretch(1)
        for button in (self.fetch, self.pause, self.use, self.verify, self.remove, self.leave):
            button.setAutoDefault(False)
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
        layout.addWidget(self.form)
        layout.addLayout(last)

    def _connect(self) -> None:
        self.list.currentItemChanged.connect(self._show_state)
        self.fetch.clicked.connect(self._on_fetch)
        self.pause.clicked.connect(self._on_pause)
        self.use.clicked.connect(self._on_use)
        self.verify.clicked.connect(self._on_verify)
        self.remove.clicked.connect(self._on_remove)
        self.leave.clicked.connect(self.reject)
        self.form.weights_changed.connect(self._show_use)
        self.form.refused.connect(self._say)

    # -- what is shown

    @Slot()
    def _fill(self) -> None:
        current = self.list.currentItem()
        row = 0 if current is None else self.list.indexOfTopLevelItem(current)
        self.list.clear()
        for state in self.store.states():
            item = QTreeWidgetItem([state.entry.title, size(state.entry.gigabytes * GB), ""])
            item.setData(0, STATE, state)
            item.setToolTip(0, str(state.folder))
            item.setSizeHint(0, QSize(0, ROW))
            self.list.addTopLevelItem(item)
        self._show_use()
        if (chosen := self.list.topLevelItem(row)) is not None:
            self.list.setCurrentItem(chosen)
        self._show_state()

    @Slot()
    def _show_use(self) -> None:
        """Say at each row whether it is here, and which one is used."""
        own = self.form.weights
        for item in self._items():
            state: State = item.data(0, STATE)
            used = _is_weights(state) and state.status == "present" and own in (_paths(state), ("", ""))
            item.setText(2, "In use" if used else _status(state))
            if used and own == ("", ""):
                own = _paths(state)  # where nothing is chosen, the first one that is here is used

    def _items(self) -> Iterator[QTreeWidgetItem]:
        for row in range(self.list.topLevelItemCount()):
            if (item := self.list.topLevelItem(row)) is not None:
                yield item

    def _chosen(self) -> State | None:
        item = self.list.currentItem()
        return None if item is None else item.data(0, STATE)

    @Slot()
    def _show_state(self) -> None:
        chosen, running = self._chosen(), self.running
        if chosen is None:
            return
        about = said(
            "models.about-chosen", advice=chosen.entry.advice, space=self._space(chosen), licence=chosen.entry.licence
        )
        self.about.setText(about)
        self.fetch.setText("Resume" if chosen.status == "partial" else "Download")
        self.fetch.setEnabled(not running and chosen.status != "present")
        self.pause.setEnabled(running and not self._host.stopping)
        self.use.setEnabled(not running and _is_weights(chosen) and chosen.status == "present")
        self.verify.setEnabled(not running and chosen.status == "present")
        self.remove.setEnabled(not running and chosen.status != "absent")
        self.list.setEnabled(not running)
        self.bar.setVisible(running)

    def _space(self, chosen: State) -> str:
        free = self.store.free()
        if chosen.status == "present":
            return said("models.takes", size=_shown(chosen.size), free=gigabytes(free))
        needed = max(0.0, chosen.entry.gigabytes * GB - chosen.size)
        enough = "models.to-download" if needed < free else "models.to-download-too-much"
        return said(enough, size=_shown(needed), free=gigabytes(free))

    @Slot(str)
    def _say(self, text: str) -> None:
        self.state.setText(text)
        self.state.setVisible(bool(text))

    # -- jobs

    def _start(self, job: Job[str]) -> None:
        """Run a job that ends with a sentence."""
        self._say("")
        self.bar.setValue(0)
        self._tasks.start(self._finish(self._host.run(job, self._on_progress)), "models")
        self._show_state()

    async def _finish(self, running: Awaitable[Outcome[str]]) -> None:
        match await running:
            case Done(sentence):
                self._say(sentence)
            case Failed(error):
                self._say(str(error))
            case Stopped():
                self._say(said("models.paused"))
        self._fill()

    @Slot()
    def _on_fetch(self) -> None:
        chosen, store = self._chosen(), self.store
        if chosen is None:
            return

        def job(report: Report, cancelled: Event) -> str:
            return said("models.complete", folder=str(store.fetch(chosen.entry, report, cancelled)))

        self._start(job)

    @Slot()
    def _on_pause(self) -> None:
        self._host.cancel()
        self._show_state()

    @Slot()
    def _on_use(self) -> None:
        if chosen := self._chosen():
            self.form.use(*_paths(chosen))
            self._say(said("models.used-from-now-on", title=chosen.entry.title))

    @Slot()
    def _on_verify(self) -> None:
        chosen, store = self._chosen(), self.store
        if chosen is None:
            return

        def job(report: Report, cancelled: Event) -> str:
            bad = store.verify(chosen.entry, report, cancelled)
            return said("models.bad-files-resume", count=len(bad)) if bad else said("models.whole")

        self._start(job)

    @Slot()
    def _on_remove(self) -> None:
        if chosen := self._chosen():
            self._tasks.start(self._ask_and_remove(chosen), "remove a model")

    async def _ask_and_remove(self, chosen: State) -> None:
        box = QMessageBox(self)
        box.setIcon(QMessageBox.Icon.Warning)
        box.setWindowTitle("Remove model")
        box.setText(said("models.ask-remove", title=chosen.entry.title, size=_shown(chosen.size)))
        box.setInformativeText(said("models.ask-remove-consequence"))
        box.setStandardButtons(QMessageBox.StandardButton.Cancel)
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        plain_buttons(box)
        await asking.accepted(box)
        if box.clickedButton() is delete and not self.running:
            self._remove(chosen)

    def _remove(self, chosen: State) -> None:
        store = self.store
        if self.form.weights == _paths(chosen):
            self.form.use("", "")

        def job(_report: Report, _cancelled: Event) -> str:
            return said("models.freed", size=_shown(store.remove(chosen.entry)))

        self._start(job)

    def _on_progress(self, transfer: Transfer) -> None:
        self.bar.setValue(round(STEPS * transfer.done / max(transfer.total, 1)))
        of, unit = (GB, "GB") if transfer.total >= SMALL else (MB, "MB")
        done, total, speed = transfer.done / of, transfer.total / of, transfer.speed / MB
        if transfer.eta_seconds is None:
            self._say(said("models.progress", done=done, total=total, unit=unit, speed=speed))
        else:
            left = duration(transfer.eta_seconds)
            self._say(said("models.progress-left", done=done, total=total, unit=unit, speed=speed, left=left))


def _shown(count: float) -> str:
    """Bytes at a glance; of a small model in MB."""
    return gigabytes(count) if count >= SMALL else size(count)


def _is_weights(state: State) -> bool:
    """Whether it is one of those that a run chooses from; the built-in engine takes what is here."""
    return state.entry.chosen


def _paths(state: State) -> tuple[str, str]:
    """What the fields say when a model of the list is used: (folder, GGUF file)."""
    return str(state.folder), str(state.folder / state.entry.gguf) if state.entry.gguf else ""


def _status(state: State) -> str:
    size = f" ({_shown(state.size)})" if state.status == "partial" else ""
    return STATUS[state.status] + size
