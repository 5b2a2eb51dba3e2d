"""The `unflatten` command: without arguments it opens the window.

Nothing heavy is imported until a command needs it: `unflatten --help` loads no Qt, torch or NumPy.
"""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from engine.decomposer import Progress, Request, Result
    from engine.imageio import Opened

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130

app = typer.Typer(
    name="unflatten",
    help="Turn a flat image back into layers. Without a command, opens the window (with IMAGE, if one is given).",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
models_app = typer.Typer(help="The models that engines use: list, fetch.", rich_markup_mode=None, no_args_is_help=True)
app.add_typer(models_app, name="models")


class EngineChoice(StrEnum):
    AUTO = "auto"
    BUILTIN = "builtin"
    QWEN = "qwen"


class LiftChoice(StrEnum):
    FULL = "full"
    NONE = "none"


def _version(value: bool) -> None:
    if value:
        from importlib.metadata import version

        print(f"unflatten {version('unflatten')}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def window_by_default(
    context: typer.Context,
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        open_window([])


@app.command("open")
def open_window(images: Annotated[list[Path] | None, typer.Argument(help="Image to open.")] = None) -> None:
    """Open the window."""
    from gui.app import run_window

    raise typer.Exit(run_window(images or []))


def _layers(value: str) -> int | None:
    if value == "auto":
        return None
    if value.isascii() and value.isdigit() and 2 <= int(value) <= 10:
        return int(value)
    raise typer.BadParameter(f"'{value}' is not auto or a whole number from 2 to 10.")


@app.command()
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
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Separate IMAGE into layers and write them to a file."""
    count = _layers(layers)
    with _one_sentence():
        from engine.decomposer import Lift, Request
        from engine.imageio import open_image
        from export.registry import ExportOptions

        targets = _targets(image, output, png)
        _check_targets(targets, image, overwrite)
        opened = open_image(image)
        _say(opened.notes)
        pixels = opened.document.original
        assert pixels is not None
        request = Request(pixels, engine.value, count, Lift(lift.value))
        result = _run(opened, request)
        options = ExportOptions(trim=trim, overwrite=overwrite)
        outputs = [str(path) for target, kind in targets for path in _write(result, target, kind, options)]
        _say(result.notes)
        print(json.dumps(_as_json(result, outputs), ensure_ascii=False)) if as_json else _print_table(result, outputs)


def _targets(image: Path, output: Path | None, png: Path | None) -> list[tuple[Path, str]]:
    """What to write, with the format of each."""
    from engine.errors import InputError
    from export.registry import FORMATS

    if output is None and png is None:
        output = image.with_name(f"{image.stem}-layers.psd")
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


def _run(opened: Opened, request: Request) -> Result:
    from engine.pipeline import decompose as run_decompose

    with _progress() as report:
        return run_decompose(opened.document, request, report)


def _write(result: Result, target: Path, kind: str, options: Any) -> tuple[Path, ...]:
    from engine.errors import OutputError
    from export.registry import export

    try:
        target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{target.parent} cannot be made: {error.strerror or error}.") from None
    return export(result.document, target, kind, options)


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """A bar on a terminal, a line per stage elsewhere; always on stderr."""
    if not sys.stderr.isatty():
        seen: set[str] = set()

        def line(progress: Progress) -> None:
            if progress.stage not in seen:
                seen.add(progress.stage)
                print(f"{progress.stage.value}...", file=sys.stderr, flush=True)

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[left]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Starting", total=1.0, left="")

        def update(progress: Progress) -> None:
            steps = f" ({progress.step} of {progress.total})" if progress.total else ""
            left = "" if progress.eta_seconds is None else f"{progress.eta_seconds:.0f} s left"
            bar.update(task, description=progress.stage.value + steps, completed=progress.fraction, left=left)

        yield update


def _as_json(result: Result, outputs: list[str]) -> dict[str, Any]:
    document = result.document
    return {
        "engine": result.engine,
        "width": document.width,
        "height": document.height,
        "seconds": round(result.seconds, 2),
        "layers": [
            {
                "name": layer.name,
                "kind": layer.kind.value,
                "left": layer.left,
                "top": layer.top,
                "width": layer.width,
                "height": layer.height,
                "opacity": layer.opacity,
                "blend_mode": layer.blend_mode.value,
                "visible": layer.visible,
            }
            for layer in document.layers()
        ],
        "recomposition": {
            "max_abs_error": result.recomposition.max_abs_error,
            "within_1": result.recomposition.within_1,
        },
        "outputs": outputs,
    }


def _print_table(result: Result, outputs: list[str]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    table.add_column("Layer (top first)", overflow="ellipsis", no_wrap=True)
    table.add_column("Kind")
    table.add_column("Size", justify="right")
    table.add_column("Position", justify="right")
    for layer in reversed(result.document.layers()):
        table.add_row(layer.name, layer.kind.value, f"{layer.width} x {layer.height}", f"{layer.left}, {layer.top}")
    console = Console(markup=False, highlight=False, width=None if sys.stdout.isatty() else 100)
    console.print(table)
    stack = result.recomposition
    console.print(
        f"\n{len(result.document.layers())} layers in {result.seconds:.1f} s ({result.engine})."
        f" Stacked, {stack.within_1:.3%} of pixels are within 1/255 of the image;"
        f" largest difference {stack.max_abs_error}."
    )
    if len(outputs) > 3:
        outputs = [*outputs[:1], f"{Path(outputs[-1]).parent} ({len(outputs) - 1} files)"]
    for path in outputs:
        console.print(f"Wrote {path}", soft_wrap=True)


@models_app.command("list")
def models_list() -> None:
    """Say which models there are, where they lie and whether they are here."""
    with _one_sentence():
        from engine.models import subject

        path = subject.path_if_present()
        print(f"subject  {subject.TITLE}  {path or 'not here; get it with: unflatten models fetch subject'}")


@models_app.command("fetch")
def models_fetch(name: Annotated[str, typer.Argument(help="Which model: subject.")]) -> None:
    """Download a model."""
    with _one_sentence():
        from engine.errors import InputError
        from engine.models import subject

        if name != "subject":
            raise InputError(f"There is no model called {name}; choose subject.")
        print(f"The subject model is at {subject.fetch()}")


def _say(notes: tuple[str, ...]) -> None:
    for note in notes:
        print(f"Note: {note}", file=sys.stderr)


@contextmanager
def _one_sentence() -> Iterator[None]:
    """Turn what went wrong into one sentence on stderr and an exit code."""
    from engine.errors import InputError, OutputError, UnflattenError

    try:
        yield
    except (InputError, OutputError) as error:
        _fail(str(error), USAGE)
    except UnflattenError as error:
        _fail(str(error), FAILED)
    except MemoryError:
        _fail("The computer ran out of memory; close other programs or use a smaller image.", FAILED)
    except KeyboardInterrupt:
        _fail("Stopped; nothing was left half-written.", INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(FAILED) from None
    except (typer.Exit, typer.Abort):
        raise
    except Exception as error:
        import logging

        logging.getLogger("unflatten").debug("Unexpected error", exc_info=True)
        _fail(f"Something went wrong inside Unflatten ({type(error).__name__}: {error}); please report it.", FAILED)


def _fail(sentence: str, code: int) -> NoReturn:
    print(f"unflatten: {sentence}", file=sys.stderr)
    raise typer.Exit(code)


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def run() -> None:
    """Entry point. `unflatten picture.png` is short for `unflatten open picture.png`."""
    signal.signal(signal.SIGTERM, _interrupt)
    arguments = sys.argv[1:]
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    commands |= {group.name or "" for group in app.registered_groups}
    if arguments and not arguments[0].startswith("-") and arguments[0] not in commands:
        arguments.insert(0, "open")
    app(arguments, prog_name="unflatten")


if __name__ == "__main__":
    run()
