"""What an export is asked for and what a format is: the small types that the registry and the formats share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from engine.words import Message
from export.job import Job

if TYPE_CHECKING:
    from engine.document import Document


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """How to write. Each format uses the options that mean something to it.

    Attributes:
        trim: PNG stack: each picture as tight as its layer instead of the full canvas.
        compression: PSD: "rle" (Photoshop's own choice, read by every program) or "zip" (much smaller).
        include_original: add the flat image as a hidden layer "Original" below all others.
        editable: PSD: recolouring, scaling and rotation stay editable in Photoshop; False writes final pixels.
        overwrite: replace an existing file.
        caption: a description of the picture for the file's metadata.
    """

    trim: bool = False
    compression: Literal["rle", "zip"] = "rle"
    include_original: bool = False
    editable: bool = True
    overwrite: bool = False
    caption: str = ""


Writer = Callable[["Document", Path, ExportOptions, Job], tuple[Path, ...]]
Notes = Callable[["Document", Path, ExportOptions], tuple[Message, ...]]


def _no_notes(_document: Document, _target: Path, _options: ExportOptions) -> tuple[Message, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a document.

    Attributes:
        id: what the command line and settings call it.
        title: what people see.
        suffixes: of its files, with the dot; the first is the default. Empty for folders.
        is_folder: the target is a folder that will hold several files.
        write: writes the document to the target and returns the paths that it wrote.
        hint: one line: who reads it, and what it keeps.
        notes: sentences that a person should know about this export before or after it (a larger format, for example).
        options: names of the `ExportOptions` fields that this format uses.
    """

    id: str
    title: str
    suffixes: tuple[str, ...]
    is_folder: bool
    write: Writer
    hint: Message
    notes: Notes = _no_notes
    options: tuple[str, ...] = ()
    rank: int = 50
