"""What a user can ask of Qwen-Image-Layered. Defaults are the official ones, not the pipeline's raw ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from engine.errors import InputError
from engine.options import Options, setting, settings_of
from engine.qwen.planning.geometry import RESOLUTIONS
from engine.qwen.planning.records import KINDS

MAX_PROMPT = 4000
"""Characters; the model reads 512 tokens, about 2,000 characters of English."""
MAX_CAPTION = 1024
"""Tokens."""
DEFAULT_LAYERS = 4


class Language(StrEnum):
    """Language of the model's own description of the picture."""

    ENGLISH = "en"
    CHINESE = "zh"


class Dtype(StrEnum):
    """The numbers that the model calculates with; auto is bf16."""

    AUTO = "auto"
    BF16 = "bf16"
    FP16 = "fp16"
    FP32 = "fp32"


@dataclass(frozen=True, slots=True)
class Preset:
    """Steps and guidance under a name that a user chooses from. `advice`: id of the sentence that goes with it."""

    id: str
    title: str
    steps: int
    cfg: float
    advice: str


PRESETS: dict[str, Preset] = {
    p.id: p
    for p in (
        Preset("quality", "Quality", 50, 4.0, "qwen.preset-quality"),
        Preset("fast", "Fast", 20, 2.5, "qwen.preset-fast"),
        Preset("draft", "Draft", 10, 2.5, "qwen.preset-draft"),
    )
}
LANGUAGES = ((Language.ENGLISH, "English"), (Language.CHINESE, "Chinese"))
DTYPES = (
    (Dtype.AUTO, "Automatic"),
    (Dtype.BF16, "16 bit (bf16)"),
    (Dtype.FP16, "16 bit (fp16)"),
    (Dtype.FP32, "32 bit"),
)
AUTOMATIC = ("auto", "Automatic")
DEVICES = (AUTOMATIC, ("cpu", "Processor"))
"""What can be chosen on any computer; the cards that are there come to it."""
PLANS = (AUTOMATIC, *((kind.id, kind.title) for kind in KINDS.values()))
LORA_FILES = "LoRA (*.safetensors)"


@dataclass(frozen=True, slots=True)
class QwenOptions(Options):
    """The model's settings; with the request's image, layers and seed they determine the result.

    Attributes:
        prompt: describes the whole image, hidden parts included; "" lets the model describe it.
        negative_prompt: what to steer away from; used only with `cfg` > 1.
        steps: 2..200. cfg: true classifier-free guidance, 1..20; 1 switches it off and halves the time.
        cfg_normalize: keep the guided prediction's norm at the conditional one's (official: on).
        resolution: 640 or 1024, the side of a square of the area that the model works at.
        language: of the model's own description.
        model: a local diffusers folder, or None for the downloaded one.
        gguf: a GGUF file for the denoiser, or None. lora: a LoRA .safetensors for the denoiser, or None.
        device: "auto", "cpu", "cuda", "cuda:1", "mps". memory_plan: "auto" or a plan's id (see `records.KINDS`).
        names: name layers by what they show. tidy: drop empty and merge duplicate layers (always on for auto layers).
        caption_tokens: the longest description, in tokens.
    """

    prompt: str = setting("", flag="qwen.flag-prompt")
    negative_prompt: str = setting(
        " ",
        "Steer away from",
        tip="qwen.tip-negative-prompt",
        flag="qwen.flag-negative-prompt",
        hint="Nothing in particular",
        empty=" ",
    )
    # The scheduler divides by zero for a single step.
    steps: int = setting(50, "Steps", tip="qwen.tip-steps", flag="qwen.flag-steps", low=2, high=200)
    cfg: float = setting(4.0, "CFG", tip="qwen.tip-cfg", flag="qwen.flag-cfg", low=1, high=20, step=0.5)
    cfg_normalize: bool = setting(True, "Normalise CFG", tip="qwen.tip-cfg-normalize", flag="qwen.flag-cfg-normalize")
    resolution: int = setting(640, flag="qwen.flag-resolution")
    language: Language = setting(
        Language.ENGLISH, "Describes in", tip="qwen.tip-language", flag="qwen.flag-language", choices=LANGUAGES
    )
    preset: str = setting("quality", flag="qwen.flag-preset")
    model: Path | None = setting(None, flag="qwen.flag-model")
    gguf: Path | None = setting(None, flag="qwen.flag-gguf")
    lora: Path | None = setting(
        None, "LoRA file", tip="qwen.tip-lora", flag="qwen.flag-lora", hint="None", files=LORA_FILES
    )
    lora_scale: float = setting(
        1.0, "LoRA strength", tip="qwen.tip-lora-scale", flag="qwen.flag-lora-scale", low=0, high=4, step=0.05
    )
    device: str = setting("auto", "Device", tip="qwen.tip-device", flag="qwen.flag-device", choices=DEVICES)
    memory_plan: str = setting(
        "auto", "Memory plan", tip="qwen.tip-memory-plan", flag="qwen.flag-memory-plan", choices=PLANS
    )
    dtype: Dtype = setting(Dtype.AUTO, "Precision", tip="qwen.tip-dtype", flag="qwen.flag-dtype", choices=DTYPES)
    names: bool = setting(True, "Name the layers", tip="qwen.tip-names", flag="qwen.flag-names")
    tidy: bool = setting(False, "Always tidy up", tip="qwen.tip-tidy", flag="qwen.flag-tidy")
    caption_tokens: int = 512

    def __post_init__(self) -> None:
        described = settings_of(QwenOptions)
        if self.resolution not in RESOLUTIONS:
            raise InputError("qwen.resolution-out-of-range", resolution=self.resolution)
        if not described["steps"].holds(self.steps):
            raise InputError("qwen.steps-out-of-range", steps=self.steps)
        if not described["cfg"].holds(self.cfg):
            raise InputError("qwen.cfg-out-of-range", cfg=self.cfg)
        if self.preset not in PRESETS:
            raise _unknown_preset(self.preset)
        if not 1 <= self.caption_tokens <= MAX_CAPTION:
            raise InputError("qwen.caption-out-of-range", tokens=self.caption_tokens)
        for text in (self.prompt, self.negative_prompt):
            if len(text) > MAX_PROMPT:
                raise InputError("qwen.prompt-too-long", length=len(text), most=MAX_PROMPT)

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        """As `Options.of`; a preset is the base for what else was given."""
        if "preset" not in given:
            return super(QwenOptions, cls).of(given)
        chosen = PRESETS.get(given["preset"])
        if chosen is None:
            raise _unknown_preset(given["preset"])
        return super(QwenOptions, cls).of({"steps": chosen.steps, "cfg": chosen.cfg, **given})

    @property
    def guided(self) -> bool:
        """True where every step calls the denoiser twice."""
        return self.cfg > 1.0


def _unknown_preset(preset: str) -> InputError:
    return InputError("qwen.preset-unknown", preset=preset, known=", ".join(PRESETS))
