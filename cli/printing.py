"""What a command prints: progress on stderr, a table or JSON on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.words import said
from engine.words.amounts import time_left

if TYPE_CHECKING:
    from engine.decomposer import Progress, Result


@contextmanager
def progress_bar() -> Iterator[Callable[[Progress], None]]:
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
            stage = progress.stage.value
            if progress.total:
                stage = said("printing.steps", stage=stage, step=progress.step, total=progress.total)
            left = "" if progress.eta_seconds is None else said("printing.left", time=time_left(progress.eta_seconds))
            bar.update(task, description=stage, completed=progress.fraction, left=left)

        yield update


def as_data(result: Result, outputs: list[str]) -> dict[str, Any]:
    """What --json prints: sizes and places in px, seconds, the stack-back figures, and the paths that were written."""
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


def print_table(result: Result, outputs: list[str]) -> None:
    """The layers, top first, and how the run ended; `outputs` are the paths that were written."""
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
    stack, count = result.recomposition, len(result.document.layers())
    console.print()
    console.print(
        said(
            "printing.summary" if count != 1 else "printing.summary-of-one",
            count=count,
            seconds=result.seconds,
            engine=result.engine,
            within=stack.within_1,
            error=stack.max_abs_error,
        )
    )
    if len(outputs) > 3:
        more = said("printing.files", folder=str(Path(outputs[-1]).parent), count=len(outputs) - 1)
        outputs = [*outputs[:1], more]
    for path in outputs:
        console.print(said("printing.wrote", what=path), soft_wrap=True)
