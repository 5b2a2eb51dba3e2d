"""Rows on their way out of the list: to another place in it, or to another program as PNG files with alpha."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QUrl

from engine.cancel import Check, never
from engine.document import Document, Node
from engine.errors import Cancelled

FILES = "text/uri-list"


class LayerMime(QMimeData):
    """What a drag of rows carries. The files are written only when a program asks for them, after the drop."""

    def __init__(self, rows: QMimeData, document: Document, ids: Sequence[str]) -> None:
        super().__init__()
        for name in rows.formats():
            self.setData(name, rows.data(name))
        self._document = document
        self._ids = tuple(ids)
        self._urls: list[QUrl] | None = None

    @property
    def written(self) -> bool:
        """Whether the files are there."""
        return self._urls is not None

    def formats(self) -> list[str]:
        return [*super().formats(), FILES]

    def hasFormat(self, mimetype: str) -> bool:
        return mimetype in self.formats()

    def retrieveData(self, mimetype: str, kind: object) -> object:
        if mimetype != FILES:
            return super().retrieveData(mimetype, kind)  # type: ignore[arg-type]
        if self._urls is None:
            paths = write_files(self._document, self._ids, _folder())
            self._urls = [QUrl.fromLocalFile(str(path)) for path in paths]
        return self._urls


def write_files(document: Document, ids: Sequence[str], folder: Path, check: Check = never) -> list[Path]:
    """One PNG for each of those nodes as it looks alone, cut to what is visible; nodes that show nothing give none.

    Raises OutputError as `write_png` does, and Cancelled where `check` does: then none of the files is left.
    """
    from export.names import numbered

    nodes = [node for node in document.walk() if node.id in ids]
    out: list[Path] = []
    try:
        for node, name in zip(nodes, numbered((n.name for n in nodes), ".png"), strict=True):
            path = _free(folder / name)
            if write_png(document, node, path, check):
                out.append(path)
    except Cancelled:
        for path in out:
            path.unlink(missing_ok=True)
        raise
    return out


def write_png(document: Document, node: Node, path: Path, check: Check = never) -> bool:
    """One node as it looks alone, cut to what is visible, whole or not at all. False where it shows nothing.

    Raises:
        OutputError: the file cannot be written.
        Cancelled: `check` raised it; the file is not there.
    """
    from PIL import Image

    from engine.editing.alone import alone
    from export.atomic import atomic_file

    shown = alone(document, [node.id], check=check)
    if shown is None:
        return False
    check()
    with atomic_file(path, overwrite=True) as stream:
        Image.fromarray(shown.pixels).save(stream, "PNG", icc_profile=document.icc, dpi=document.dpi)
        check()
    return True


def _free(path: Path) -> Path:
    """That path, or one beside it that is not taken."""
    count, free = 2, path
    while free.exists():
        free = path.with_stem(f"{path.stem} {count}")
        count += 1
    return free


_kept: list[tempfile.TemporaryDirectory[str]] = []


def _folder() -> Path:
    """A folder of its own for each drag, kept until the program ends: the other program may copy late."""
    _kept.append(tempfile.TemporaryDirectory(prefix="unflatten-"))
    return Path(_kept[-1].name)
