"""The PNG stack as one ZIP archive."""

from __future__ import annotations

import zipfile
from pathlib import Path

from engine.document import Document
from export.atomic import atomic_file
from export.job import Job
from export.png import stack_files
from export.registry_types import ExportOptions


def write_zip(document: Document, target: Path, options: ExportOptions, job: Job) -> tuple[Path, ...]:
    """Write the archive: the PNGs and `layers.json`, without a folder around them.

    Raises:
        OutputError: the document has no layers, or the file cannot be written.
        Cancelled: the job was cancelled.
    """
    with atomic_file(target, options.overwrite) as stream, zipfile.ZipFile(stream, "w") as archive:
        for entry in stack_files(document, options, job):
            # PNGs are deflated already.
            stored = zipfile.ZIP_STORED if entry.name.endswith(".png") else zipfile.ZIP_DEFLATED
            archive.writestr(entry.name, entry.data, compress_type=stored)
    return (target,)
