"""Photoshop documents (PSD, and PSB above its limits)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from engine.words import Message, note
from export.job import Job
from export.registry_types import ExportOptions, Format

if TYPE_CHECKING:
    from engine.document import Document


def _write(document: Document, target: Path, options: ExportOptions, job: Job) -> tuple[Path, ...]:
    from export.psd.writer import write_psd

    return write_psd(document, target, options, job)


def _notes(document: Document, target: Path, options: ExportOptions) -> tuple[Message, ...]:
    from export.psd.writer import psd_notes

    return psd_notes(document, target, options)


FORMAT = Format(
    id="psd",
    title="Photoshop document",
    suffixes=(".psd", ".psb"),
    is_folder=False,
    write=_write,
    hint=note("export.hint-psd"),
    notes=_notes,
    options=("compression", "include_original", "editable", "caption"),
    rank=0,
)
