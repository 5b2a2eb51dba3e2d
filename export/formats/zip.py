"""The PNG layers in one ZIP archive."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.words import note
from export.job import Job
from export.registry_types import ExportOptions, Format

if TYPE_CHECKING:
    from engine.document import Document


def _write(document: Document, target: Path, options: ExportOptions, job: Job) -> tuple[Path, ...]:
    from export.archive import write_zip

    return write_zip(document, target, options, job)


FORMAT = Format(
    id="zip",
    title="PNG layers in a ZIP archive",
    suffixes=(".zip",),
    is_folder=False,
    write=_write,
    hint=note("export.hint-zip"),
    options=("trim", "include_original"),
    rank=30,
)
