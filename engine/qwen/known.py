"""What the asking side knows and the model's process can use; travels as the `known` part of a request."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Known:
    """Attributes:
    folder, gguf, lora: the weights. avoid: ids of plans that ran out of memory here before.
    scale: measured over predicted seconds by plan id and phase, see `engine.qwen.planning.plan.Scale`.
    caption: what the model said about this picture before, or None.
    """

    folder: Path
    gguf: Path | None = None
    lora: Path | None = None
    avoid: tuple[str, ...] = ()
    scale: dict[str, dict[str, float]] = field(default_factory=dict)
    caption: str | None = None
