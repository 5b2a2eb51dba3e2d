"""Flags of `unflatten decompose` that only Qwen-Image-Layered understands."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from engine.qwen.options import QwenOptions

Resolution = Annotated[int | None, typer.Option("--resolution", help="qwen: 640 or 1024, the size it works at.")]
Steps = Annotated[int | None, typer.Option("--steps", help="qwen: denoising steps (50).")]
Cfg = Annotated[float | None, typer.Option("--cfg", help="qwen: guidance (4.0); 1 is off and twice as fast.")]
Seed = Annotated[int | None, typer.Option("--seed", help="qwen: the same seed gives the same layers (0).")]
Prompt = Annotated[
    str | None, typer.Option("--prompt", help="qwen: describes the whole image; default: its own words.")
]
NegativePrompt = Annotated[str | None, typer.Option("--negative-prompt", help="qwen: what to steer away from.")]
CfgNormalize = Annotated[
    bool | None,
    typer.Option("--cfg-normalize/--no-cfg-normalize", help="qwen: keep the guided prediction's norm (on)."),
]
Seeds = Annotated[
    str | None,
    typer.Option("--seeds", help="qwen: several seeds, a file each: NAME-seed1.psd ...", metavar="1,2,3"),
]
PresetName = Annotated[str | None, typer.Option("--preset", help="qwen: quality, fast or draft.")]
ModelFolder = Annotated[Path | None, typer.Option("--model", help="qwen: folder with the weights.")]
GgufFile = Annotated[Path | None, typer.Option("--gguf", help="qwen: GGUF file for the denoiser.")]
LoraFile = Annotated[Path | None, typer.Option("--lora", help="qwen: LoRA file for the denoiser.")]
LoraScale = Annotated[float | None, typer.Option("--lora-scale", help="qwen: how strongly the LoRA acts (1.0).")]
Tidy = Annotated[
    bool | None,
    typer.Option("--tidy/--no-tidy", help="qwen: drop empty and merge duplicate layers (on where layers is auto)."),
]
Device = Annotated[str | None, typer.Option("--device", help="qwen: auto, cpu, cuda, cuda:1, mps.")]
MemoryPlan = Annotated[str | None, typer.Option("--memory-plan", help="qwen: auto, or one of doctor --plans.")]
DtypeName = Annotated[str | None, typer.Option("--dtype", help="qwen: auto, bf16, fp16 or fp32.")]
LanguageName = Annotated[str | None, typer.Option("--language", help="qwen: of its own description, en or zh.")]
NoNames = Annotated[bool, typer.Option("--no-names", help="qwen: do not let the model name the layers.")]


def seeds_from(text: str) -> list[int]:
    """Different seeds in their order. Raises typer.BadParameter for anything else than numbers with commas."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and int(part) < 2**31 for part in parts):
        raise typer.BadParameter(f"'{text}' is not a list of whole numbers like 1,2,3.")
    return list(dict.fromkeys(int(part) for part in parts))


def options_from(given: dict[str, Any]) -> QwenOptions:
    """The engine's settings from the flags that were given (None: not given). Raises InputError for a bad value."""
    from dataclasses import replace

    from engine.errors import InputError
    from engine.qwen.options import Dtype, Language, QwenOptions, with_preset

    values = {name: value for name, value in given.items() if value is not None}
    base = with_preset(values.pop("preset")) if "preset" in values else QwenOptions()
    for name, kind in (("dtype", Dtype), ("language", Language)):
        if name in values:
            try:
                values[name] = kind(values[name])
            except ValueError:
                known = ", ".join(member.value for member in kind)
                raise InputError(f"--{name} {values[name]} is not known; choose {known}.") from None
    return replace(base, **values)
