"""One PNG per layer in a folder, with `layers.json`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.words import note
from export.job import Job
from export.registry_types import ExportOptions, Format

if TYPE_CHECKING:
    from engine.document import Document


def _write(document: Document, target: Path, options: ExportOptions, job: Job) -> tuple[Path, ...]:
    from export.png import write_stack

    return write_stack(document, target, options, job)


FORMAT = Format(
    id="png",
    title="PNG layers",
    suffixes=(),
    is_folder=True,
    write=_write,
    hint=note("export.hint-png"),
    options=("trim", "include_original"),
    rank=10,
)
