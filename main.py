"""The `unflatten` command: without arguments it opens the window.

Nothing heavy is imported until a command needs it: `unflatten --help` loads no Qt, torch or NumPy.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from cli import decompose, models
from cli.diagnose import bench, doctor

DEBUG_VARIABLE = "UNFLATTEN_DEBUG"
"""As `engine.log` reads it, which would take too long to import for --help."""

app = typer.Typer(
    name="unflatten",
    help="Turn a flat image back into layers. Without a command, opens the window (with IMAGE, if one is given).",
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("decompose")(decompose.command())
app.command()(doctor)
app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(bench)
app.add_typer(models.app, name="models")


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
    _debug: Annotated[
        bool, typer.Option("--debug", help="Print the traceback of an unexpected error; works anywhere in the line.")
    ] = False,
) -> None:
    if context.invoked_subcommand is None:
        open_window([])


@app.command("open")
def open_window(images: Annotated[list[Path] | None, typer.Argument(help="Image to open.")] = None) -> None:
    """Open the window."""
    from gui.app import run_window

    raise typer.Exit(run_window(images or []))


def _interrupt(_signal: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt


def _without_debug(arguments: list[str]) -> tuple[list[str], bool]:
    """The arguments without --debug, which may stand before or after the command, and whether it was there."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options, rest = arguments[:end], arguments[end:]
    return [a for a in options if a != "--debug"] + rest, "--debug" in options


def run() -> None:
    """Entry point. `unflatten picture.png` is short for `unflatten open picture.png`."""
    signal.signal(signal.SIGTERM, _interrupt)
    arguments, debug = _without_debug(sys.argv[1:])
    if debug:
        os.environ[DEBUG_VARIABLE] = "1"
    commands = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    commands |= {group.name or "" for group in app.registered_groups}
    if arguments and not arguments[0].startswith("-") and arguments[0] not in commands:
        arguments.insert(0, "open")
    app(arguments, prog_name="unflatten")


if __name__ == "__main__":
    run()
