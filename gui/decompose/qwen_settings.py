"""What a person has set for Qwen-Image-Layered; kept from one start of the program to the next."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QSettings, Signal

from engine.qwen.options import PRESETS, Dtype, Language, QwenOptions

PATHS = ("model", "gguf", "lora")
SETTINGS = (
    "steps", "cfg", "negative_prompt", "cfg_normalize", "language", "device", "memory_plan", "dtype", "names", "tidy",
    "lora", "lora_scale", "resolution", "model", "gguf",
)  # fmt: skip
ELSEWHERE = ("resolution", "model", "gguf")
"""Chosen by the cards and in the model manager; `reset` leaves them."""


class QwenSettings(QObject):
    """The fields of `QwenOptions` except the prompt, by name. What was never set has the official value.

    Signals:
        changed(): a setting is another one.
    """

    changed = Signal()

    def get(self, name: str) -> Any:
        """The value as `QwenOptions` wants it; a path is a str here, "" for none."""
        default = _official(name)
        value = QSettings().value(f"qwen/{name}", default, type=_kept_as(default))
        if isinstance(default, Language | Dtype):
            with suppress(ValueError):
                return type(default)(value)
            return default
        return value

    def set(self, name: str, value: Any) -> None:
        if value != self.get(name):
            QSettings().setValue(f"qwen/{name}", _kept_as(_official(name))(value))
            self.changed.emit()

    def reset(self) -> None:
        """Everything as the model's makers set it, but for the resolution and which weights are used."""
        for name in SETTINGS:
            if name not in ELSEWHERE:
                QSettings().remove(f"qwen/{name}")
        self.changed.emit()

    @property
    def preset(self) -> str:
        """Id of the preset that steps and CFG are those of, or "" for the user's own."""
        now = (self.get("steps"), self.get("cfg"))
        return next((p.id for p in PRESETS.values() if (p.steps, p.cfg) == now), "")

    def use_preset(self, preset: str) -> None:
        chosen = PRESETS[preset]
        self.set("steps", chosen.steps)
        self.set("cfg", chosen.cfg)

    def options(self, prompt: str = "") -> QwenOptions:
        """Raises InputError for what cannot be."""
        values = {name: self.get(name) for name in SETTINGS}
        for name in PATHS:
            values[name] = Path(values[name]) if values[name] else None
        return replace(QwenOptions(), prompt=prompt, preset=self.preset or "quality", **values)


def _official(name: str) -> Any:
    value = getattr(QwenOptions(), name)
    return "" if name in PATHS else value


def _kept_as(default: Any) -> type:
    return str if isinstance(default, str) else type(default)
