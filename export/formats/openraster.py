"""OpenRaster, the exchange format of Krita, GIMP and MyPaint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.words import note
from export.job import Job
from export.registry_types import ExportOptions, Format

if TYPE_CHECKING:
    from engine.document import Document


def _write(document: Document, target: Path, options: ExportOptions, job: Job) -> tuple[Path, ...]:
    from export.openraster import write_openraster

    return write_openraster(document, target, options, job)


FORMAT = Format(
    id="ora",
    title="OpenRaster",
    suffixes=(".ora",),
    is_folder=False,
    write=_write,
    hint=note("export.hint-ora"),
    options=("include_original",),
    rank=20,
)
