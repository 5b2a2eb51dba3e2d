"""What Qwen-Image-Layered can be told, in a strip below the bar; shown while that engine is chosen."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QSettings, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from engine.qwen.options import PRESETS, QwenOptions, with_preset
from engine.worker import JobHost
from gui.session import DocumentSession
from gui.widgets.buttons import IconButton
from gui.widgets.labels import ElidedLabel

if TYPE_CHECKING:
    from engine.qwen.advise import Advice

RESOLUTIONS = (
    (640, "640 px", "What the model was made for"),
    (1024, "1024 px", "Finer edges, three to four times as long"),
)
MAX_SEED = 2**31 - 1


class QwenForm(QFrame):
    """Preset, size, seed and description, with what the run will need on this computer.

    Signals:
        models_requested(): the user wants to get or choose the weights.
    """

    models_requested = Signal()

    def __init__(self, session: DocumentSession, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("notice")
        self._session = session
        self._advice = JobHost("advice", self)
        self._advice.done.connect(self._on_advice)
        self._soon = QTimer(self, singleShot=True, interval=250)
        self._soon.timeout.connect(self._ask_advice)
        self.preset = QComboBox()
        for preset in PRESETS.values():
            self.preset.addItem(preset.title, preset.id)
            self.preset.setItemData(self.preset.count() - 1, preset.advice, 3)
        self.resolution = QComboBox()
        for value, text, tip in RESOLUTIONS:
            self.resolution.addItem(text, value)
            self.resolution.setItemData(self.resolution.count() - 1, tip, 3)
        self.seed = QSpinBox()
        self.seed.setRange(0, MAX_SEED)
        self.seed.setToolTip("The same seed gives the same layers")
        self.dice = IconButton("reset", "Another seed", side=16)
        self.dice.clicked.connect(lambda: self.seed.setValue(random.randrange(MAX_SEED)))
        self.prompt = QLineEdit()
        self.prompt.setPlaceholderText("Description of the whole image; left empty, the model writes its own")
        self.models = QPushButton("Models…")
        self.models.clicked.connect(self.models_requested)
        self.advice = ElidedLabel()
        self.advice.setObjectName("hint")
        self._build()
        self.preset.currentIndexChanged.connect(self._soon.start)
        self.resolution.currentIndexChanged.connect(self._soon.start)
        session.opened.connect(self._soon.start)
        self.hide()

    def options(self) -> QwenOptions:
        """The engine's settings as the form and the model settings say. Raises InputError for what cannot be."""
        settings = QSettings()
        chosen = with_preset(self.preset.currentData())
        return replace(
            chosen,
            prompt=self.prompt.text().strip(),
            resolution=self.resolution.currentData(),
            model=_path(settings, "qwen/model"),
            gguf=_path(settings, "qwen/gguf"),
            lora=_path(settings, "qwen/lora"),
        )

    def show_caption(self, text: str) -> None:
        """Show the model's own description, for the user to change before the next run."""
        if not self.prompt.text():
            self.prompt.setText(text)
            self.prompt.setCursorPosition(0)

    def refresh(self) -> None:
        """Say anew what a run needs; the weights or the machine may be others now."""
        self._soon.start()

    def close_jobs(self) -> None:
        self._soon.stop()
        self._advice.close()

    def _build(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(8)
        for text, field in (("Preset", self.preset), ("Works at", self.resolution), ("Seed", self.seed)):
            label = QLabel(text)
            label.setObjectName("hint")
            label.setBuddy(field)
            field.setAccessibleName(text)
            row.addWidget(label)
            row.addWidget(field)
        row.addWidget(self.dice)
        row.addSpacing(4)
        row.addWidget(self.prompt, 1)
        row.addWidget(self.models)
        self.prompt.setAccessibleName("Description")
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 6, 12, 7)
        column.setSpacing(5)
        column.addLayout(row)
        column.addWidget(self.advice)

    @Slot()
    def _ask_advice(self) -> None:
        if not self.isVisible():
            return
        if self._advice.running:
            self._soon.start()
            return
        document = self._session.document
        options = self.options()

        def job(_report, _cancelled):
            from engine.qwen.advise import advise
            from engine.qwen.engine import QwenEngine
            from engine.runs import default_runs

            missing = QwenEngine().missing(options)
            return missing, advise(options, document.width, document.height, runs=default_runs())

        self._advice.start(job)

    @Slot(object)
    def _on_advice(self, found: tuple[str | None, tuple[Advice, Advice]]) -> None:
        missing, both = found
        chosen = both[0 if self.resolution.currentData() == 640 else 1]
        self.advice.setText(missing or f"{chosen.sentence} {chosen.buys}".strip())


def _path(settings: QSettings, key: str) -> Path | None:
    value = settings.value(key, "", type=str)
    return Path(value) if value else None
