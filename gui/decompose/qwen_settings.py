"""What a person has set for Qwen-Image-Layered; kept from one start of the program to the next."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject

from engine.qwen.options import PRESETS, QwenOptions
from gui.decompose.engine_settings import EngineSettings

ONCE = ("prompt", "preset")
"""Options of one run: the words that describe its picture, and a name for steps and CFG together."""


class QwenSettings(EngineSettings):
    """The fields of `QwenOptions` except the prompt; steps and CFG also by the name of a preset."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__("qwen", QwenOptions, parent, once=ONCE)

    @property
    def preset(self) -> str:
        """Id of the preset that steps and CFG are those of, or "" for the user's own."""
        now = (self.get("steps"), self.get("cfg"))
        return next((p.id for p in PRESETS.values() if (p.steps, p.cfg) == now), "")

    def use_preset(self, preset: str) -> None:
        """Set steps and CFG as that preset has them."""
        chosen = PRESETS[preset]
        self.update(steps=chosen.steps, cfg=chosen.cfg)

    def options(self, prompt: str = "") -> QwenOptions:
        """Raises InputError for what cannot be."""
        return replace(QwenOptions(), prompt=prompt, preset=self.preset or "quality", **self.values())
