"""Everything else that Qwen-Image-Layered can be told; folded away behind More."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Slot
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QWidget,
)

from engine.qwen.options import Dtype, Language
from engine.qwen.planning.plan import KINDS
from gui.decompose.qwen_settings import QwenSettings

LANGUAGES = ((Language.ENGLISH, "English"), (Language.CHINESE, "Chinese"))
DTYPES = (
    (Dtype.AUTO, "Automatic"),
    (Dtype.BF16, "16 bit (bf16)"),
    (Dtype.FP16, "16 bit (fp16)"),
    (Dtype.FP32, "32 bit"),
)
DEVICES = (("auto", "Automatic"), ("cpu", "Processor"))
TIPS = {
    "steps": "How often the picture is refined; 50 is the model's own setting",
    "cfg": "How strictly the description is followed; 4 is the model's own setting, 1 is off and twice as fast",
    "negative_prompt": "What to steer away from; used with a CFG above 1",
    "cfg_normalize": "Keeps contrast and colours calm at a high CFG; on in the model's own settings",
    "language": "Language of the description that the model writes itself",
    "device": "Where the model runs; automatic takes the card with most free memory",
    "memory_plan": "How the model is placed in memory; automatic takes the quickest that fits",
    "dtype": "The numbers that the model calculates with",
    "names": "The model looks at each layer and names it; off saves a little time",
    "tidy": "Drops empty layers and merges duplicates also where a number of layers is asked for",
    "lora": "A small file of extra weights (.safetensors) for the denoiser",
    "lora_scale": "How strongly the LoRA file acts; 1 is as it was made",
}


class QwenAdvanced(QWidget):
    """One field for each setting; a change is kept at once."""

    def __init__(self, settings: QwenSettings, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._settings = settings
        self._shown: list[Callable[[], None]] = []
        self.steps = self._spin("steps", "Steps", QSpinBox(), 2, 200)
        self.cfg = self._spin("cfg", "CFG", QDoubleSpinBox(decimals=1, singleStep=0.5), 1, 20)
        self.negative = self._text("negative_prompt", "Steer away from", "Nothing in particular", empty=" ")
        self.device = self._combo("device", "Device", DEVICES)
        self.dtype = self._combo("dtype", "Precision", DTYPES)
        plans = [("auto", "Automatic"), *((kind.id, kind.title) for kind in KINDS.values())]
        self.plan = self._combo("memory_plan", "Memory plan", plans)
        self.language = self._combo("language", "Describes in", LANGUAGES)
        self.strength = self._spin("lora_scale", "LoRA strength", QDoubleSpinBox(decimals=2, singleStep=0.05), 0, 4)
        self.lora = self._text("lora", "LoRA file", "None")
        self.normalize = self._check("cfg_normalize", "Normalise CFG")
        self.names = self._check("names", "Name the layers")
        self.tidy = self._check("tidy", "Always tidy up")
        self.reset = QPushButton("Reset")
        self.reset.setToolTip("Back to the model's own settings")
        self.reset.clicked.connect(settings.reset)
        self._build()
        settings.changed.connect(self._show)
        self._show()

    def offer_devices(self, found: Iterable[tuple[str, str]]) -> None:
        """Let these (id, title) be chosen too; a chosen one that is not here any more stays and says so."""
        for device, title in found:
            at = self.device.findData(device)
            if at < 0:
                self.device.addItem(title, device)
            else:
                self.device.setItemText(at, title)
        self._show()

    def _build(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 2, 0, 0)
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(6)
        rows = (
            (self.steps, self.cfg, self.negative),
            (self.device, self.dtype, self.plan),
            (self.language, self.strength, self._with_browse()),
        )
        for y, row in enumerate(rows):
            for x, field in enumerate(row):
                label = QLabel((field.focusProxy() or field).accessibleName())
                label.setObjectName("hint")
                label.setBuddy(field)
                label.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
                grid.addWidget(label, y, 2 * x)
                grid.addWidget(field, y, 2 * x + 1)
        grid.setColumnStretch(5, 1)
        for column in (1, 3):
            grid.setColumnMinimumWidth(column, 120)
        switches = QHBoxLayout()
        switches.setSpacing(18)
        for box in (self.normalize, self.names, self.tidy):
            switches.addWidget(box)
        switches.addStretch(1)
        switches.addWidget(self.reset)
        grid.addLayout(switches, len(rows), 0, 1, 6)

    def _with_browse(self) -> QWidget:
        holder = QWidget()
        row = QHBoxLayout(holder)
        row.setContentsMargins(0, 0, 0, 0)
        browse = QPushButton("Browse…")
        browse.clicked.connect(self._on_browse)
        row.addWidget(self.lora, 1)
        row.addWidget(browse)
        holder.setFocusProxy(self.lora)
        return holder

    @Slot()
    def _on_browse(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "LoRA file", self.lora.text(), "LoRA (*.safetensors)")
        if chosen:
            self._settings.set("lora", chosen)

    # -- one field for one setting

    def _bound(self, name: str, title: str, field: Any, show: Callable[[Any], None]) -> Any:
        field.setAccessibleName(title)
        field.setToolTip(TIPS[name])

        def refresh() -> None:
            blocker = QSignalBlocker(field)
            show(self._settings.get(name))
            blocker.unblock()

        self._shown.append(refresh)
        return field

    def _spin(self, name: str, title: str, field: Any, low: int, high: int) -> Any:
        field.setRange(low, high)
        field.setKeyboardTracking(False)
        field.lineEdit().setTextMargins(4, 0, 0, 0)  # a style sheet's padding does not reach it
        field.valueChanged.connect(lambda value: self._settings.set(name, value))
        return self._bound(name, title, field, field.setValue)

    def _text(self, name: str, title: str, hint: str, empty: str = "") -> QLineEdit:
        field = QLineEdit()
        field.setPlaceholderText(hint)
        field.editingFinished.connect(lambda: self._settings.set(name, field.text().strip() or empty))
        return self._bound(name, title, field, lambda value: field.setText(value.strip()))

    def _combo(self, name: str, title: str, rows: Iterable[tuple[str, str]]) -> QComboBox:
        field = QComboBox()
        field.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        field.setMinimumContentsLength(10)
        for data, text in rows:
            field.addItem(text, str(data))
        field.currentIndexChanged.connect(lambda: self._settings.set(name, field.currentData()))

        def show(value: str) -> None:
            if field.findData(str(value)) < 0:
                field.addItem(f"{value} (not found here)", str(value))
            field.setCurrentIndex(field.findData(str(value)))

        return self._bound(name, title, field, show)

    def _check(self, name: str, title: str) -> QCheckBox:
        field = QCheckBox(title)
        field.toggled.connect(lambda on: self._settings.set(name, on))
        return self._bound(name, title, field, field.setChecked)

    @Slot()
    def _show(self) -> None:
        for refresh in self._shown:
            refresh()
