"""`unflatten decompose`: an image in, a layered file out."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli import engine_flags
from cli.ending import one_sentence, say
from cli.printing import as_data, print_table, progress_bar
from engine.engines import AUTO, ENGINES
from engine.words import note, said

if TYPE_CHECKING:
    from engine.decomposer import Request, Result
    from engine.engines import Engine
    from engine.opening.flat import Opened
    from export.registry import ExportOptions, Format


class LiftChoice(StrEnum):
    """What becomes of an engine's layers; the values are those of `engine.decomposer.Lift`."""

    FULL = "full"
    NONE = "none"


def command() -> Callable[..., None]:
    """`decompose`, with the engines that there are now and a flag for each of their settings."""
    plain = inspect.signature(_decompose, eval_str=True).parameters
    choices = StrEnum("EngineChoice", {choice: choice for choice in (AUTO, *ENGINES)})  # type: ignore[misc]
    own = {name: one for name, one in plain.items() if name != "settings"}
    own["engine"] = own["engine"].replace(
        annotation=Annotated[choices, typer.Option(help=said("command.engine"))], default=choices(AUTO)
    )

    def decompose(**flags: Any) -> None:
        settings = {name: flags.pop(name) for name in flags.keys() - own.keys()}
        ordered = {one.name: settings[one.name] for one in engine_flags.parameters() if one.name in settings}
        _decompose(**flags, settings=engine_flags.given(ordered))

    *first, last = own.values()  # the flags of engines stand before --json
    parameters = [*first, *engine_flags.parameters(), last]
    shown = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in parameters]
    decompose.__signature__ = inspect.Signature(shown)  # type: ignore[attr-defined]
    decompose.__doc__ = said("command.decompose")
    return decompose


def _decompose(
    image: Annotated[Path, typer.Argument(help=said("command.image"), metavar="IMAGE")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help=said("command.output"))] = None,
    png: Annotated[Path | None, typer.Option("--png", help=said("command.png"), metavar="DIR")] = None,
    engine: str = AUTO,
    layers: Annotated[str, typer.Option(help=said("command.layers"), metavar="auto|2..10")] = "auto",
    lift: Annotated[LiftChoice, typer.Option(help=said("command.lift"))] = LiftChoice.FULL,
    trim: Annotated[bool, typer.Option("--trim", help=said("command.trim"))] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help=said("command.overwrite"))] = False,
    seed: Annotated[int | None, typer.Option("--seed", help=said("command.seed"))] = None,
    seeds: Annotated[str | None, typer.Option("--seeds", help=said("command.seeds"), metavar="1,2,3")] = None,
    as_json: Annotated[bool, typer.Option("--json", help=said("command.json"))] = False,
    *,
    settings: dict[str, Any],
) -> None:
    count = _layers(layers)
    several = engine_flags.seeds_from(seeds) if seeds is not None else []
    with one_sentence():
        from engine.decomposer import Lift, Request
        from engine.errors import InputError
        from engine.opening.flat import open_image
        from export.registry import ExportOptions

        targets = [(s, _targets(image, output, png, s)) for s in several or (None,)]
        for _seed, target in targets:
            _check_targets(target, image, overwrite)
        chosen, options = _engine(str(engine), settings)
        opened = open_image(image)
        say(opened.notes)
        pixels = opened.document.original
        assert pixels is not None
        request = Request(pixels, chosen.id, count, Lift(lift.value), seed or 0, options)
        if several and not chosen.has_seeds:
            raise InputError("command.no-seeds-here", engine=chosen.subject)
        written = ExportOptions(trim=trim, overwrite=overwrite)
        printed = []
        for number, target in targets:
            result = _run(opened, request if number is None else replace(request, seed=number))
            outputs = [str(path) for one in target for path in _write(result, one, written)]
            say(result.notes)
            printed.append(_shown(result, outputs, number, as_json))
        if as_json:
            print(json.dumps(printed if several else printed[0], ensure_ascii=False))


def _layers(value: str) -> int | None:
    if value == "auto":
        return None
    if value.isascii() and value.isdigit() and 2 <= int(value) <= 10:
        return int(value)
    raise typer.BadParameter(said("command.no-layer-count", value=value))


def _shown(result: Result, outputs: list[str], seed: int | None, as_json: bool) -> dict[str, Any]:
    """The result as data; printed at once as a table where no JSON is wanted."""
    if not as_json:
        print_table(result, outputs)
    return as_data(result, outputs) | ({} if seed is None else {"seed": seed})


def _engine(wanted: str, settings: dict[str, Any]) -> tuple[Engine, object | None]:
    """The engine that will run, and its settings; says so where flags were given that it does not understand."""
    from engine.engines import choose, with_settings

    engine = with_settings(wanted)
    options = None if engine is None else _options(engine, settings)
    chosen = choose(wanted, options).record
    unknown = settings.keys() - _names(chosen)
    if unused := [name.replace("_", "-") for name in settings if name in unknown]:
        say((note("command.unused-flags", engine=chosen.subject, flags=", --".join(unused)),))
    return chosen, options if chosen == engine else None


def _names(engine: Engine) -> set[str]:
    from engine.options import settings_of

    return set(settings_of(engine.options())) if engine.options is not None else set()


def _options(engine: Engine, settings: dict[str, Any]) -> object:
    assert engine.options is not None
    known = _names(engine)
    return engine.options().of({name: value for name, value in settings.items() if name in known})


@dataclass(frozen=True, slots=True)
class _Target:
    """A file or folder to write, and its format."""

    path: Path
    format: Format


def _targets(image: Path, output: Path | None, png: Path | None, seed: int | None) -> list[_Target]:
    """What to write, with the format of each; with a seed, its number stands at the end of every name."""
    from export.registry import FORMATS

    if output is None and png is None:
        output = image.with_name(f"{image.stem}-layers.psd")
    if seed is not None:
        output = output and output.with_name(f"{output.stem}-seed{seed}{output.suffix}")
        png = png and png.with_name(f"{png.name}-seed{seed}")
    targets = [] if output is None else [_Target(output, _file_format(output))]
    return targets if png is None else [*targets, _Target(png, FORMATS["png"])]


def _file_format(output: Path) -> Format:
    """Of a file by its ending. Raises InputError for a name that no file is written under."""
    from engine.errors import InputError
    from export.registry import FORMATS, format_for

    known = ", ".join(suffix for one in FORMATS.values() for suffix in one.suffixes)
    try:
        found = format_for(output)
    except InputError:
        raise InputError("command.no-ending", name=output.name, known=known) from None
    if found.is_folder:
        raise InputError("command.no-ending", name=output.name, known=known)
    return found


def _check_targets(targets: list[_Target], image: Path, overwrite: bool) -> None:
    """Find out before a long run, not after it, that a result could not be written."""
    from engine.errors import InputError, OutputError

    for target in targets:
        path = target.path
        if path.exists() and image.exists() and path.samefile(image):
            raise InputError("command.target-is-image", path=str(path))
        if target.format.is_folder:
            if path.exists() and not path.is_dir():
                raise OutputError("command.target-is-file", path=str(path))
            if path.is_dir() and any(path.iterdir()) and not overwrite:
                raise OutputError("command.target-not-empty", path=str(path))
        elif path.is_dir():
            raise OutputError("command.target-is-folder", path=str(path))
        elif path.exists() and not overwrite:
            raise OutputError("command.target-exists", path=str(path))
        _check_folder(path.absolute().parent)


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
        raise OutputError("command.cannot-write", folder=str(folder), reason=reason) from None


def _run(opened: Opened, request: Request) -> Result:
    from engine.pipeline import decompose as run_decompose

    with progress_bar() as report:
        return run_decompose(opened.document, request, report)


def _write(result: Result, target: _Target, options: ExportOptions) -> tuple[Path, ...]:
    from engine.errors import OutputError
    from export.registry import export, notes

    folder = target.path.parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError("command.cannot-make", folder=str(folder), reason=error.strerror or str(error)) from None
    say(notes(result.document, target.path, target.format.id, options))
    return export(result.document, target.path, target.format.id, options)
