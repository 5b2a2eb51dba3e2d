"""What a user can ask of Qwen-Image-Layered. Defaults are the official ones, not the pipeline's raw ones."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.qwen.planning.geometry import RESOLUTIONS

MAX_PROMPT = 4000
"""Characters; the model reads 512 tokens, about 2,000 characters of English."""
DEFAULT_LAYERS = 4


class Language(StrEnum):
    """Language of the model's own description of the picture."""

    ENGLISH = "en"
    CHINESE = "zh"


class Dtype(StrEnum):
    AUTO = "auto"
    BF16 = "bf16"
    FP16 = "fp16"
    FP32 = "fp32"


@dataclass(frozen=True, slots=True)
class Preset:
    """Steps and guidance under a name that a user chooses from."""

    id: str
    title: str
    steps: int
    cfg: float
    advice: str


PRESETS: dict[str, Preset] = {
    p.id: p
    for p in (
        Preset("quality", "Quality", 50, 4.0, "The model's own settings: cleanest edges and separation."),
        Preset(
            "fast", "Fast", 20, 2.5, "About 2.5 times as fast; thin and small things may stay on a neighbour's layer."
        ),
        Preset("draft", "Draft", 10, 2.5, "About 5 times as fast, to see what the layers will be before a long run."),
    )
}


@dataclass(frozen=True, slots=True)
class QwenOptions:
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
        device: "auto", "cpu", "cuda", "cuda:1", "mps". memory_plan: "auto" or a plan's id (see `plan.PLANS`).
        names: name layers by what they show. tidy: drop empty and merge duplicate layers (always on for auto layers).
        caption_tokens: the longest description, in tokens.
    """

    prompt: str = ""
    negative_prompt: str = " "
    steps: int = 50
    cfg: float = 4.0
    cfg_normalize: bool = True
    resolution: int = 640
    language: Language = Language.ENGLISH
    preset: str = "quality"
    model: Path | None = None
    gguf: Path | None = None
    lora: Path | None = None
    lora_scale: float = 1.0
    device: str = "auto"
    memory_plan: str = "auto"
    dtype: Dtype = Dtype.AUTO
    names: bool = True
    tidy: bool = False
    caption_tokens: int = 512

    def __post_init__(self) -> None:
        if self.resolution not in RESOLUTIONS:
            raise InputError(f"The model works at 640 or 1024, not at {self.resolution}; choose one of them.")
        if not 2 <= self.steps <= 200:  # the scheduler divides by zero for a single step
            raise InputError(f"{self.steps} steps cannot be run; choose 2 to 200 (50 is the model's own setting).")
        if not 1.0 <= self.cfg <= 20.0:
            raise InputError(f"A CFG of {self.cfg:g} cannot be used; choose 1 to 20 (4 is the model's own setting).")
        if self.preset not in PRESETS:
            raise InputError(f"There is no preset called {self.preset}; choose {', '.join(PRESETS)}.")
        if not 1 <= self.caption_tokens <= 1024:
            raise InputError(f"A description of {self.caption_tokens} tokens is out of range; choose 1 to 1024.")
        for text in (self.prompt, self.negative_prompt):
            if len(text) > MAX_PROMPT:
                raise InputError(
                    f"The description has {len(text)} characters and the model reads about 2000; "
                    f"shorten it to {MAX_PROMPT} at most."
                )

    @property
    def guided(self) -> bool:
        """True where every step calls the denoiser twice."""
        return self.cfg > 1.0


def with_preset(preset: str, base: QwenOptions | None = None) -> QwenOptions:
    """`base` (or the defaults) with a preset's steps and CFG. Raises InputError for an unknown preset."""
    if preset not in PRESETS:
        raise InputError(f"There is no preset called {preset}; choose {', '.join(PRESETS)}.")
    chosen = PRESETS[preset]
    return replace(base or QwenOptions(), preset=preset, steps=chosen.steps, cfg=chosen.cfg)


def to_json(options: QwenOptions) -> dict[str, object]:
    """Plain data for the child process."""
    data = asdict(options)
    return {key: str(value) if isinstance(value, Path) else value for key, value in data.items()}


def from_json(data: dict[str, object]) -> QwenOptions:
    """The options that `to_json` wrote."""
    values: dict[str, Any] = dict(data)
    for key in ("model", "gguf", "lora"):
        values[key] = None if values[key] is None else Path(values[key])
    values["language"], values["dtype"] = Language(values["language"]), Dtype(values["dtype"])
    return QwenOptions(**values)
