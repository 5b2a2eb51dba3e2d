"""Writing so that a file is either there whole or not at all: temporary beside the target, fsync, rename.

Whatever ends a write early - an error, a full disk, cancelling, Ctrl-C - removes the temporary, and the old file stays.
"""

from __future__ import annotations

import errno
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO

from engine.errors import OutputError

SYNC_EVERY = 32 << 20
"""Bytes after which written data is sent to the disk in the background, so that the last fsync has little left."""


@contextmanager
def atomic_file(target: Path, overwrite: bool) -> Iterator[BinaryIO]:
    """A binary file open for writing (and seeking) that becomes `target` when the block ends well.

    Raises:
        OutputError: it exists and `overwrite` is False, or it cannot be written.
    """
    check_target(target, overwrite, folder=False)
    temp = _beside(target)
    done = False
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
            temp.replace(target)
            done = True
            _sync_folder(target.parent)
    finally:
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
    try:
        with saying_why(target):
            temp.mkdir()
            yield temp
            for path in temp.iterdir():
                _sync_file(path)
            if target.is_dir():
                _move_in(temp, target, listing)
            else:
                temp.replace(target)
            _sync_folder(target.parent)
    finally:
        shutil.rmtree(temp, ignore_errors=True)


def check_target(target: Path, overwrite: bool, *, folder: bool) -> None:
    """Raise OutputError where `target` must not or cannot be written, before any work is done."""
    if "\0" in str(target):
        raise OutputError("A file name cannot contain a NUL character; choose another name.")
    try:
        parent_ok, exists, is_dir = target.parent.is_dir(), os.path.lexists(target), target.is_dir()
        filled = is_dir and folder and any(target.iterdir())
    except OSError as error:
        raise OutputError(_sentence(error, target)) from None
    if not parent_ok:
        raise OutputError(f"The folder {target.parent} does not exist; create it or choose another.")
    if is_dir and not folder:
        raise OutputError(f"{target} is a folder; choose a file name.")
    if exists and not is_dir and folder:
        raise OutputError(f"{target} is a file; choose a folder.")
    if (filled if folder else exists) and not overwrite:
        what = "holds files already" if folder else "exists already"
        raise OutputError(f"{target} {what}; choose another name or allow overwriting.")


@contextmanager
def saying_why(target: Path) -> Iterator[None]:
    """Turn the operating system's errors into one sentence that says what to do. Raises OutputError."""
    try:
        yield
    except OSError as error:
        raise OutputError(_sentence(error, target)) from error


_REASONS: dict[int, str] = {
    errno.ENOSPC: "{target} could not be written: the disk is full. Free some space or choose another disk.",
    errno.EDQUOT: "{target} could not be written: your disk quota is used up. Free some space or choose another disk.",
    errno.EFBIG: "{target} is too large for this disk's file system; choose another disk.",
    errno.EACCES: "You may not write to {parent}, or {name} is open in another program; choose another folder.",
    errno.EPERM: "You may not write to {parent}, or {name} is open in another program; choose another folder.",
    errno.EROFS: "{parent} is on a read-only disk; choose another folder.",
    errno.ENAMETOOLONG: "The name {short} is too long for this disk; choose a shorter one.",
    errno.EBUSY: "{name} is in use by another program; close it there or choose another name.",
    errno.ETXTBSY: "{name} is in use by another program; close it there or choose another name.",
    errno.ENOENT: "The folder {parent} is gone; choose another.",
}


def _sentence(error: OSError, target: Path) -> str:
    text = _REASONS.get(error.errno or 0, "{target} could not be written: {reason}. Choose another place.")
    name = target.name
    return text.format(
        target=target if len(str(target)) < 300 else name[:40] + "…",
        parent=target.parent,
        name=name,
        short=name if len(name) < 60 else name[:40] + "…",
        reason=(error.strerror or str(error)).lower(),
    )


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
