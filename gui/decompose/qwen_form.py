"""What Qwen-Image-Layered can be told, in a strip below the bar; shown while that engine is chosen."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import QSignalBlocker, Qt, QTimer, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.document import Change
from engine.errors import UnflattenError
from engine.options import settings_of
from engine.qwen.options import PRESETS, QwenOptions
from engine.words import Message, said
from gui.decompose.advice_cards import AdviceCards
from gui.decompose.engine_form import EngineForm
from gui.decompose.qwen_settings import QwenSettings
from gui.decompose.seed_fields import label
from gui.document.session import DocumentSession
from gui.jobs import JobHost
from gui.look import theme
from gui.look.icons import icon

if TYPE_CHECKING:
    from engine.qwen.advise import Advice
    from engine.qwen.planning.plan import Machine
    from gui.decompose.setting_fields import SettingFields

    Found: TypeAlias = tuple[Message | None, tuple[Advice, Advice], Machine]

AWAY = frozenset({"qwen.weights-missing", "qwen.weights-begun"})
"""Why the engine cannot run, where the window has a better way out than a command."""
FIELDS = (
    "steps", "cfg", "negative_prompt", "device", "dtype", "memory_plan", "language", "lora_scale", "lora",
    "cfg_normalize", "names", "tidy",
)  # fmt: skip
"""What stands behind More, in rows of three and a row of switches."""


class QwenForm(EngineForm):
    """Preset, seed and description, the two sizes with what they need on this computer, and the rest behind More."""

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        """Hidden until its engine is chosen."""
        super().__init__(parent)
        self._session = session
        self._layers: int | None = None
        self._caption = ""
        self._language = ""
        self.settings = QwenSettings(self)
        self._advice = JobHost("advice", self)
        self._soon = QTimer(self, singleShot=True, interval=250)
        self.preset = _presets()
        self.prompt = QLineEdit()
        self.prompt.setPlaceholderText(said("decompose.prompt-empty"))
        self.prompt.setToolTip(said("decompose.prompt"))
        self.more = QPushButton("More…")
        self.more.setCheckable(True)
        self.more.setToolTip(said("decompose.more"))
        self.models = QPushButton("Models…")
        self.models.setToolTip(said("decompose.models"))
        self.cards = AdviceCards(self.settings.get("resolution"))
        self.problem = QLabel()
        self.problem.setObjectName("problem")
        self.problem.setWordWrap(True)
        self.problem.hide()
        self._devices: list[tuple[str, str]] = []
        self._build()
        self._connect()
        self._show_icon()
        self._show_settings()
        self.hide()

    @cached_property
    def advanced(self) -> SettingFields:
        """The fields behind More; made when they are first wanted."""
        from gui.decompose.setting_fields import SettingFields

        panel = SettingFields(settings_of(QwenOptions), self.settings, FIELDS)
        panel.offer("device", self._devices)
        panel.hide()
        layout = self.layout()
        assert layout is not None
        layout.addWidget(panel)
        return panel

    def options(self, *, for_layer: bool = False) -> QwenOptions:
        """The engine's settings; the description is of the whole image and is left out for one layer of it.

        Raises InputError for what cannot be.
        """
        return self.settings.options("" if for_layer else self.prompt.text().strip())

    def show_caption(self, text: str) -> None:
        """Show the model's own description of the open image, for the user to change before the next run."""
        if not self.prompt.text().strip() or self.prompt.text() == self._caption:
            self._caption = " ".join(text.split())
            self.prompt.setText(self._caption)
            self.prompt.setCursorPosition(0)

    def set_layers(self, layers: int | None) -> None:
        """How many layers the bar says; a run's needs depend on it."""
        self._layers = layers
        self._soon.start()

    @Slot()
    def refresh(self) -> None:
        """Say anew what a run needs; the weights or the machine may be others now."""
        self._show_settings()
        self._soon.start()

    def close_jobs(self) -> None:
        """End the question what a run needs; the window closes."""
        self._soon.stop()
        self._advice.close()

    # -- building

    def _build(self) -> None:
        first, second = _row(), _row()
        label(first, "Preset", self.preset)
        first.addSpacing(8)
        first.addWidget(self.seeds)
        first.addStretch(1)
        first.addWidget(self.more)
        first.addWidget(self.models)
        label(second, "Prompt", self.prompt, 1)
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 1, 12, 9)
        column.setSpacing(7)
        column.addLayout(first)
        column.addLayout(second)
        for part in (self.cards, self.problem):
            column.addWidget(part)

    def _connect(self) -> None:
        self._advice.done.connect(self._on_advice)
        self._advice.failed.connect(self._on_advice_failed)
        self._soon.timeout.connect(self.ask_advice)
        self.preset.activated.connect(self._on_preset)
        self.prompt.textChanged.connect(self._soon.start)
        self.cards.chosen.connect(lambda side: self.settings.set("resolution", side))
        self.more.toggled.connect(self._on_more)
        self.models.clicked.connect(self.models_requested)
        self.settings.changed.connect(self._on_settings)
        self._session.opened.connect(self._on_opened)
        self._session.changed.connect(self._on_changed)
        theme.notifier().changed.connect(self._show_icon)

    # -- what changed

    @Slot(bool)
    def _on_more(self, shown: bool) -> None:
        self.advanced.setVisible(shown)
        self._show_icon()

    @Slot()
    def _show_icon(self) -> None:
        self.more.setIcon(icon("chevron-up" if self.more.isChecked() else "chevron-down"))

    @Slot()
    def _on_opened(self) -> None:
        """A description that the model wrote belongs to the image before."""
        self._drop_caption()
        self._soon.start()

    @Slot(object)
    def _on_changed(self, change: Change) -> None:
        if change.document & {"width", "height"}:
            self._soon.start()

    def _drop_caption(self) -> None:
        if self._caption and self.prompt.text() == self._caption:
            self.prompt.clear()
        self._caption = ""

    @Slot(int)
    def _on_preset(self, _index: int) -> None:
        if self.preset.currentData():
            self.settings.use_preset(self.preset.currentData())
        else:
            self.more.setChecked(True)
            self._show_settings()

    @Slot()
    def _on_settings(self) -> None:
        if self.settings.get("language") != self._language:
            self._drop_caption()
        self._show_settings()
        self._soon.start()

    def _show_settings(self) -> None:
        self._language = self.settings.get("language")
        blocker = QSignalBlocker(self.preset)
        self.preset.setCurrentIndex(self.preset.findData(self.settings.preset))
        blocker.unblock()

    # -- advice

    @Slot()
    def ask_advice(self) -> None:
        """Ask what a run needs on this computer, and show it when it is known."""
        if not self.isVisible() or not self._session.is_open:
            return
        if self._advice.running:
            self._soon.start()
            return
        document, layers = self._session.document, self._layers
        try:
            options = self.options()
        except UnflattenError as error:
            self._on_advice_failed(error)
            return

        def job(_report: object, _cancelled: object) -> Found:
            from engine.hardware import probe
            from engine.qwen.advise import advise
            from engine.qwen.engine import QwenEngine
            from engine.runs import default_runs

            machine = probe()
            both = advise(options, document.width, document.height, layers, machine, default_runs())
            return QwenEngine().missing(options), both, machine

        self._advice.start(job)

    @Slot(object)
    def _on_advice(self, found: Found) -> None:
        missing, both, machine = found
        self.cards.show_advice(both, machine)
        self._devices = [(gpu.device, gpu.name) for gpu in machine.gpus]
        if "advanced" in self.__dict__:
            self.advanced.offer("device", self._devices)
        away = missing is not None and missing.id in AWAY
        self._say("" if missing is None else said("decompose.weights-away") if away else str(missing))

    @Slot(object)
    def _on_advice_failed(self, error: UnflattenError) -> None:
        self.cards.show_nothing()
        self._say(str(error))

    def _say(self, sentence: str) -> None:
        self.problem.setText(sentence)
        self.problem.setVisible(bool(sentence))


def _presets() -> QComboBox:
    combo = QComboBox()
    rows = [(p.title, p.id, said(p.advice)) for p in PRESETS.values()]
    for title, preset, tip in (*rows, ("Custom", "", said("decompose.preset-custom"))):
        combo.addItem(title, preset)
        combo.setItemData(combo.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
    return combo


def _row() -> QHBoxLayout:
    row = QHBoxLayout()
    row.setSpacing(8)
    return row
