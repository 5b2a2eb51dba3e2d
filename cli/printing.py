"""What a command prints: progress on stderr, a table or JSON on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
            steps = f" ({progress.step} of {progress.total})" if progress.total else ""
            left = "" if progress.eta_seconds is None else f"{progress.eta_seconds:.0f} s left"
            bar.update(task, description=progress.stage.value + steps, completed=progress.fraction, left=left)

        yield update


def as_data(result: Result, outputs: list[str]) -> dict[str, Any]:
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
