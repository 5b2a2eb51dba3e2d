"""`unflatten decompose`: an image in, a layered file out."""

from __future__ import annotations

import json
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import qwen_flags
from cli.ending import one_sentence, say
from cli.printing import as_data, print_table, progress_bar

if TYPE_CHECKING:
    from engine.decomposer import Request, Result
    from engine.opening.flat import Opened


class EngineChoice(StrEnum):
    AUTO = "auto"
    BUILTIN = "builtin"
    QWEN = "qwen"


class LiftChoice(StrEnum):
    FULL = "full"
    NONE = "none"


def _layers(value: str) -> int | None:
    if value == "auto":
        return None
    if value.isascii() and value.isdigit() and 2 <= int(value) <= 10:
        return int(value)
    raise typer.BadParameter(f"'{value}' is not auto or a whole number from 2 to 10.")


def decompose(
    image: Annotated[Path, typer.Argument(help="The flat image.", metavar="IMAGE")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="File to write; default: IMAGE-layers.psd beside the image.")
    ] = None,
    png: Annotated[Path | None, typer.Option("--png", help="Folder for a stack of PNGs.", metavar="DIR")] = None,
    engine: Annotated[EngineChoice, typer.Option(help="Which engine separates the image.")] = EngineChoice.AUTO,
    layers: Annotated[str, typer.Option(help="How many layers: auto, or 2 to 10.", metavar="auto|2..10")] = "auto",
    lift: Annotated[
        LiftChoice, typer.Option(help="full: exact layers at the image's size; none: as the engine made them.")
    ] = LiftChoice.FULL,
    trim: Annotated[bool, typer.Option("--trim", help="Trim the PNGs to their content.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
    resolution: qwen_flags.Resolution = None,
    steps: qwen_flags.Steps = None,
    cfg: qwen_flags.Cfg = None,
    cfg_normalize: qwen_flags.CfgNormalize = None,
    seed: qwen_flags.Seed = None,
    seeds: qwen_flags.Seeds = None,
    prompt: qwen_flags.Prompt = None,
    negative_prompt: qwen_flags.NegativePrompt = None,
    preset: qwen_flags.PresetName = None,
    model: qwen_flags.ModelFolder = None,
    gguf: qwen_flags.GgufFile = None,
    lora: qwen_flags.LoraFile = None,
    lora_scale: qwen_flags.LoraScale = None,
    device: qwen_flags.Device = None,
    memory_plan: qwen_flags.MemoryPlan = None,
    dtype: qwen_flags.DtypeName = None,
    language: qwen_flags.LanguageName = None,
    no_names: qwen_flags.NoNames = False,
    tidy: qwen_flags.Tidy = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Separate IMAGE into layers and write them to a file."""
    count = _layers(layers)
    for_qwen = {
        "resolution": resolution, "steps": steps, "cfg": cfg, "prompt": prompt, "negative_prompt": negative_prompt,
        "preset": preset, "model": model, "gguf": gguf, "lora": lora, "device": device, "memory_plan": memory_plan,
        "dtype": dtype, "language": language, "names": False if no_names else None, "cfg_normalize": cfg_normalize,
        "lora_scale": lora_scale, "tidy": tidy,
    }  # fmt: skip
    several = qwen_flags.seeds_from(seeds) if seeds is not None else []
    with one_sentence():
        from engine.decomposer import Lift, Request
        from engine.errors import InputError
        from engine.opening.flat import open_image
        from export.registry import ExportOptions

        targets = {s: _targets(image, output, png, s) for s in several or [None]}
        for target in targets.values():
            _check_targets(target, image, overwrite)
        chosen, settings = _engine(engine.value, for_qwen)
        opened = open_image(image)
        say(opened.notes)
        pixels = opened.document.original
        assert pixels is not None
        request = Request(pixels, chosen, count, Lift(lift.value), seed or 0, settings)
        options = ExportOptions(trim=trim, overwrite=overwrite)
        if several and chosen != "qwen":
            raise InputError("The built-in engine gives the same layers for every seed; leave --seeds out.")
        printed = []
        for number, target in targets.items():
            result = _run(opened, request if number is None else replace(request, seed=number))
            outputs = [str(path) for place, kind in target for path in _write(result, place, kind, options)]
            say(result.notes)
            printed.append(_shown(result, outputs, number, as_json))
        if as_json:
            print(json.dumps(printed if several else printed[0], ensure_ascii=False))


def _shown(result: Result, outputs: list[str], seed: int | None, as_json: bool) -> dict[str, Any]:
    """The result as data; printed at once as a table where no JSON is wanted."""
    if not as_json:
        print_table(result, outputs)
    return as_data(result, outputs) | ({} if seed is None else {"seed": seed})


def _engine(wanted: str, for_qwen: dict[str, Any]) -> tuple[str, object | None]:
    """The engine that will run, and its settings; says so where flags were given that it does not understand."""
    from engine.engines import engine_for

    settings = qwen_flags.options_from(for_qwen) if wanted != "builtin" else None
    chosen = engine_for(wanted, settings).id
    if chosen == "qwen":
        return chosen, settings
    given = [name.replace("_", "-") for name, value in for_qwen.items() if value is not None]
    if given:
        say((f"The built-in engine runs and does not use --{', --'.join(given)}.",))
    return chosen, None


def _targets(image: Path, output: Path | None, png: Path | None, seed: int | None) -> list[tuple[Path, str]]:
    """What to write, with the format of each; with a seed, its number stands at the end of every name."""
    from engine.errors import InputError
    from export.registry import FORMATS

    if output is None and png is None:
        output = image.with_name(f"{image.stem}-layers.psd")
    if seed is not None:
        output = output and output.with_name(f"{output.stem}-seed{seed}{output.suffix}")
        png = png and png.with_name(f"{png.name}-seed{seed}")
    targets: list[tuple[Path, str]] = []
    if output is not None:
        by_suffix = {suffix: f.id for f in FORMATS.values() for suffix in f.suffixes}
        if output.suffix.lower() not in by_suffix:
            raise InputError(f"{output.name} has no ending that Unflatten writes; use one of {', '.join(by_suffix)}.")
        targets.append((output, by_suffix[output.suffix.lower()]))
    if png is not None:
        targets.append((png, "png"))
    return targets


def _check_targets(targets: list[tuple[Path, str]], image: Path, overwrite: bool) -> None:
    """Find out before a long run, not after it, that a result could not be written."""
    from engine.errors import InputError, OutputError

    for target, kind in targets:
        if target.exists() and image.exists() and target.samefile(image):
            raise InputError(f"{target} is the image itself; choose another name for the result.")
        if kind == "png":
            if target.exists() and not target.is_dir():
                raise OutputError(f"{target} is a file; --png needs a folder.")
            if target.is_dir() and any(target.iterdir()) and not overwrite:
                raise OutputError(f"{target} is not empty; choose another folder or add --overwrite.")
        elif target.is_dir():
            raise OutputError(f"{target} is a folder; give a file name.")
        elif target.exists() and not overwrite:
            raise OutputError(f"{target} exists already; choose another name or add --overwrite.")
        _check_folder(target.absolute().parent)


def _check_folder(folder: Path) -> None:
    """Try to write into the folder, or into the nearest one above it that exists."""
    import tempfile

    from engine.errors import OutputError

    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        reason = error.strerror or str(error)
        raise OutputError(f"Nothing can be written in {folder} ({reason}); choose another folder.") from None


def _run(opened: Opened, request: Request) -> Result:
    from engine.pipeline import decompose as run_decompose

    with progress_bar() as report:
        return run_decompose(opened.document, request, report)


def _write(result: Result, target: Path, kind: str, options: Any) -> tuple[Path, ...]:
    from engine.errors import OutputError
    from export.registry import export, notes

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{target.parent} cannot be made: {error.strerror or error}.") from None
    say(notes(result.document, target, kind, options))
    return export(result.document, target, kind, options)
