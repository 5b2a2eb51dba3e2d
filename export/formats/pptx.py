"""A slide with every layer as a picture of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.words import Message, note
from export.job import Job
from export.registry_types import ExportOptions, Format

if TYPE_CHECKING:
    from engine.document import Document


def _write(document: Document, target: Path, options: ExportOptions, job: Job) -> tuple[Path, ...]:
    from export.slides import write_pptx

    return write_pptx(document, target, options, job)


def _notes(document: Document, _target: Path, _options: ExportOptions) -> tuple[Message, ...]:
    from export.slides import slide_notes

    return slide_notes(document)


FORMAT = Format(
    id="pptx",
    title="PowerPoint slide",
    suffixes=(".pptx",),
    is_folder=False,
    write=_write,
    hint=note("export.hint-pptx"),
    notes=_notes,
    rank=40,
)
