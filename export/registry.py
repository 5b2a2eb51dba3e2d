"""The formats that a document can be written in, and the one door to all of them.

Each file in `export/formats/` defines one `FORMAT`; adding a format is adding a file there. Those files are light: the
writer behind a format is imported when it is first used.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import export.formats as formats
from engine.errors import InputError, OutputError
from engine.words import Message
from export.job import Job
from export.registry_types import ExportOptions, Format

if TYPE_CHECKING:
    from engine.document import Document

__all__ = ["FORMATS", "ExportOptions", "Format", "export", "format_for", "notes"]


def _collect() -> dict[str, Format]:
    names = sorted(m.name for m in pkgutil.iter_modules(formats.__path__))
    found: list[Format] = [importlib.import_module(f"export.formats.{name}").FORMAT for name in names]
    return {f.id: f for f in sorted(found, key=lambda f: f.rank)}


FORMATS: dict[str, Format] = _collect()


def format_for(path: Path) -> Format:
    """The format that a file name's suffix stands for; a name without a suffix is a PNG stack's folder.

    Raises:
        InputError: no format has that suffix.
    """
    suffix = path.suffix.lower()
    for entry in FORMATS.values():
        if suffix in entry.suffixes or (not suffix and entry.is_folder):
            return entry
    known = ", ".join(s for f in FORMATS.values() for s in f.suffixes)
    raise InputError("export.no-format-for", suffix=suffix, known=known)


def notes(document: Document, target: Path, format_id: str, options: ExportOptions) -> tuple[Message, ...]:
    """What a person should know about this export; empty for a plain one. Raises InputError: no such format."""
    from export.unwritten import unwritten

    return (*unwritten(document), *_format(format_id).notes(document, target, options))


def export(
    document: Document,
    target: Path,
    format_id: str,
    options: ExportOptions = ExportOptions(),  # noqa: B008 - frozen
    report: Callable[[float], None] | None = None,
    cancelled: Event | None = None,
) -> tuple[Path, ...]:
    """Write `document` to `target`. Either everything is written, or nothing is left behind.

    Args:
        report: called with the finished share, 0..1, never falling.
        cancelled: set it from any thread to stop.

    Returns:
        The paths written, the most important one first. A PSD that had to become a PSB has the suffix `.psb`.

    Raises:
        InputError: there is no such format.
        OutputError: the result cannot be written; the message says why and what to do.
        Cancelled: `cancelled` was set.
    """
    writer = _format(format_id)
    job = Job(report, cancelled)
    job.advance(0.0)
    try:
        paths = writer.write(document, Path(target), options, job)
    except MemoryError:
        raise OutputError("export.out-of-memory") from None
    job.finish()
    return paths


def _format(format_id: str) -> Format:
    if format_id not in FORMATS:
        raise InputError("export.no-format", name=format_id, known=", ".join(FORMATS))
    return FORMATS[format_id]
