"""What a person has set for Qwen-Image-Layered; kept from one start of the program to the next."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal, Slot

from engine.qwen.options import PRESETS, QwenOptions
from engine.settings import options_of
from gui.settings import preferences

PLACE = "engines.qwen."
ONCE = ("prompt", "preset")
"""Options of one run: the words that describe its picture, and a name for steps and CFG together."""
ELSEWHERE = ("resolution", "model", "gguf")
"""Chosen by the cards and in the model manager; `reset` leaves them."""
SETTINGS = tuple(field.name for field in fields(QwenOptions) if field.name not in ONCE)


class QwenSettings(QObject):
    """The fields of `QwenOptions` except the prompt, by name. What was never set has the official value.

    Signals:
        changed(): a setting is another one.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        preferences().changed.connect(self._on_changed)

    def get(self, name: str) -> Any:
        """The value as `QwenOptions` wants it; a path is a str here, "" for none."""
        value = self._values()[name]
        return "" if value is None else str(value) if isinstance(value, Path) else value

    def set(self, name: str, value: Any) -> None:
        """Keep a value; "" for a path and None bring the official one back."""
        official = getattr(QwenOptions(), name)
        if value != self.get(name):
            preferences().set(PLACE + name, None if official is None and value == "" else value)

    def reset(self) -> None:
        """Everything as the model's makers set it, but for the resolution and which weights are used."""
        preferences().update({PLACE + name: None for name in SETTINGS if name not in ELSEWHERE})

    @property
    def preset(self) -> str:
        """Id of the preset that steps and CFG are those of, or "" for the user's own."""
        now = (self.get("steps"), self.get("cfg"))
        return next((p.id for p in PRESETS.values() if (p.steps, p.cfg) == now), "")

    def use_preset(self, preset: str) -> None:
        chosen = PRESETS[preset]
        preferences().update({f"{PLACE}steps": chosen.steps, f"{PLACE}cfg": chosen.cfg})

    def options(self, prompt: str = "") -> QwenOptions:
        """Raises InputError for what cannot be."""
        return replace(QwenOptions(), prompt=prompt, preset=self.preset or "quality", **self._values())

    def _values(self) -> dict[str, Any]:
        kept, official = options_of("qwen", QwenOptions), QwenOptions()
        return {name: kept.get(name, getattr(official, name)) for name in SETTINGS}

    @Slot(str)
    def _on_changed(self, name: str) -> None:
        if name.startswith(PLACE):
            self.changed.emit()
