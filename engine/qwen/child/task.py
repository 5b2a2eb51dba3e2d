"""One run as the phases take it: what was asked for, where it is placed, and how it is watched and stopped."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Event
from typing import Any

import torch

from engine.decomposer import check
from engine.document import Pixels
from engine.qwen.child.comfort import Comfort
from engine.qwen.child.meter import Meter
from engine.qwen.options import Dtype, QwenOptions
from engine.qwen.planning.plan import Plan
from engine.qwen.planning.weights import Weights


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """One image into `layers` layers.

    Attributes:
        image: uint8 H x W x 4, the source at its own size.
        captioned: told the description that the run goes by, where the user gave none.
        known_caption: what the model said about this image before, or None; then it is not asked again.
        comfort: what may fail without taking the run with it.
        unchanged: raises RunFailed where the weights' files are not the ones any more that the run began with.
    """

    weights: Weights
    plan: Plan
    options: QwenOptions
    layers: int
    seed: int
    image: Pixels
    meter: Meter
    cancelled: Event
    captioned: Callable[[str], None] = lambda _text: None
    known_caption: str | None = None
    unchanged: Callable[[], None] = lambda: None
    comfort: Comfort = field(default_factory=Comfort)

    @property
    def device(self) -> Any:
        """The denoiser's torch device."""
        return torch.device(self.plan.device)

    @property
    def dtype(self) -> Any:
        """The numbers that are calculated with, as torch has them."""
        return dtype_of(self.options)

    def check(self) -> None:
        """Raises Cancelled where the user has asked to stop."""
        check(self.cancelled)

    def enter(self, phase: str, total: int = 0) -> None:
        """Go on to that phase, unless the run is to stop."""
        self.check()
        self.meter.phase(phase, total)


@dataclass(frozen=True, slots=True)
class Size:
    """What the model works at: px and layers."""

    wide: int
    high: int
    layers: int


def dtype_of(options: QwenOptions) -> Any:
    """The dtype that those settings ask for, as torch has it."""
    named = {Dtype.BF16: torch.bfloat16, Dtype.FP16: torch.float16, Dtype.FP32: torch.float32}
    return named.get(options.dtype, torch.bfloat16)
