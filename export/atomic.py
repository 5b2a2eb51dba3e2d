"""Writing so that a file is either there whole or not at all: temporary beside the target, fsync, rename.

Whatever ends a write early - an error, a full disk, cancelling, Ctrl-C - removes the temporary, and the old file stays.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from engine.errors import OutputError
from engine.words import Message, note

SYNC_EVERY = 32 << 20
"""Bytes after which written data is sent to the disk in the background, so that the last fsync has little left."""

_unfinished: set[Path] = set()


@contextmanager
def atomic_file(target: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """A binary file open for writing (and seeking) that becomes `target` when the block ends well.

    Raises:
        OutputError: it exists and `overwrite` is False, or it cannot be written.
    """
    check_target(target, overwrite, folder=False)
    temp = _beside(target)
    done = False
    _unfinished.add(temp)
    try:
        with saying_why(target):
            with temp.open("xb", buffering=1 << 20) as raw:
                stream = _Syncing(raw)
                try:
                    yield stream  # type: ignore[misc]
                finally:
                    stream.wait()
                raw.flush()
                os.fsync(raw.fileno())
            check_target(target, overwrite, folder=False)
            _unfinished.discard(temp)
            temp.replace(target)
            done = True
            _sync_folder(target.parent)
    finally:
        _unfinished.discard(temp)
        if not done:
            with suppress(OSError):
                temp.unlink()


@contextmanager
def atomic_folder(target: Path, overwrite: bool, listing: str) -> Iterator[Path]:
    """An empty folder to fill; its files move to `target` when the block ends well.

    An existing folder keeps files that are not ours: with `overwrite`, files of the same names are replaced, and those
    that the folder's own `listing` (a JSON file name that the caller writes too) names but the new one lacks go.

    Raises:
        OutputError: it exists, is not empty and `overwrite` is False, or it cannot be written.
    """
    check_target(target, overwrite, folder=True)
    temp = _beside(target)
    _unfinished.add(temp)
    try:
        with saying_why(target):
            temp.mkdir()
            yield temp
            _unfinished.discard(temp)  # from here on it may hold what is replaced
            for path in temp.iterdir():
                _sync_file(path)
            if target.is_dir():
                _move_in(temp, target, listing)
            else:
                temp.replace(target)
            _sync_folder(target.parent)
    finally:
        _unfinished.discard(temp)
        shutil.rmtree(temp, ignore_errors=True)


def leave_nothing() -> None:
    """Remove the temporaries that are being written, for a process that ends without waiting for who writes them."""
    for temp in tuple(_unfinished):
        shutil.rmtree(temp, ignore_errors=True)
        with suppress(OSError):
            temp.unlink()


def check_target(target: Path, overwrite: bool, *, folder: bool) -> None:
    """Raise OutputError where `target` must not or cannot be written, before any work is done."""
    if "\0" in str(target):
        raise OutputError("export.nul-in-name")
    try:
        parent_ok, exists, is_dir = target.parent.is_dir(), os.path.lexists(target), target.is_dir()
        filled = is_dir and folder and any(target.iterdir())
    except OSError as error:
        raise OutputError.of(_reason(error, target)) from None
    if not parent_ok:
        raise OutputError("export.no-folder", folder=str(target.parent))
    if is_dir and not folder:
        raise OutputError("export.is-folder", target=str(target))
    if exists and not is_dir and folder:
        raise OutputError("export.is-file", target=str(target))
    if (filled if folder else exists) and not overwrite:
        raise OutputError("export.holds-files" if folder else "export.exists", target=str(target))


@contextmanager
def saying_why(target: Path) -> Iterator[None]:
    """Turn the operating system's errors into one sentence that says what to do. Raises OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError.of(_reason(error, target)) from error


_REASONS: dict[int, str] = {
    errno.ENOSPC: "export.disk-full",
    errno.EDQUOT: "export.quota",
    errno.EFBIG: "export.too-large-for-disk",
    errno.EACCES: "export.may-not-write",
    errno.EPERM: "export.may-not-write",
    errno.EROFS: "export.read-only",
    errno.ENAMETOOLONG: "export.name-too-long",
    errno.EBUSY: "export.in-use",
    errno.ETXTBSY: "export.in-use",
    errno.ENOENT: "export.folder-gone",
}
LONGEST_PATH, LONGEST_NAME, SHORTENED = 300, 60, 40
"""Characters: longer ones are cut to SHORTENED within a sentence."""


def _reason(error: OSError, target: Path) -> Message:
    name = target.name
    values = {
        "target": str(target) if len(str(target)) < LONGEST_PATH else name[:SHORTENED] + "…",
        "parent": str(target.parent),
        "name": name,
        "short": name if len(name) < LONGEST_NAME else name[:SHORTENED] + "…",
        "reason": (error.strerror or str(error)).lower(),
    }
    return note(_REASONS.get(error.errno or 0, "export.cannot-write"), **values)


def _beside(target: Path) -> Path:
    return target.parent / f".unflatten-{secrets.token_hex(6)}.part"


def _move_in(temp: Path, target: Path, listing: str) -> None:
    """Swap the new files in one by one (the listing last); on any failure put the old ones back."""
    backup = temp / ".replaced"
    backup.mkdir()
    new = sorted((p.name for p in temp.iterdir() if p.name != ".replaced"), key=lambda n: n == listing)
    moved: list[str] = []
    try:
        for name in [*_listed(target, listing), *new]:
            if (target / name).is_file():
                (target / name).replace(backup / name)
        for name in new:
            (temp / name).replace(target / name)
            moved.append(name)
    except BaseException:
        for name in moved:
            with suppress(OSError):
                (target / name).unlink()
        for path in backup.iterdir():
            path.replace(target / path.name)
        raise


def _listed(folder: Path, listing: str) -> list[str]:
    """Plain file names that the folder's own listing says it wrote."""
    import json

    try:
        entries = json.loads((folder / listing).read_text("utf-8"))["layers"]
        names = [str(e["file"]) for e in entries if e.get("file")]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return [n for n in names if n == Path(n).name and n not in (listing, "..", ".")]


def _sync_file(path: Path) -> None:
    with path.open("rb+") as stream:
        os.fsync(stream.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":
        return
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


class _Syncing:
    """A file that sends what it was given to the disk while more is being made."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._unsynced = 0
        self._thread: threading.Thread | None = None

    def write(self, data: bytes | bytearray | memoryview) -> int:
        count = self._raw.write(data)
        self._unsynced += count
        if self._unsynced >= SYNC_EVERY and (self._thread is None or not self._thread.is_alive()):
            self._unsynced = 0
            self._raw.flush()
            self._thread = threading.Thread(target=_sync_quietly, args=(self._raw.fileno(),), daemon=True)
            self._thread.start()
        return count

    def writelines(self, parts: Iterable[bytes]) -> None:
        for part in parts:
            self.write(part)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def flush(self) -> None:
        self._raw.flush()

    def wait(self) -> None:
        if self._thread is not None:
            self._thread.join()

    def read(self, size: int = -1) -> bytes:
        return self._raw.read(size)

    def seekable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True


def _sync_quietly(handle: int) -> None:
    with suppress(OSError):
        getattr(os, "fdatasync", os.fsync)(handle)
