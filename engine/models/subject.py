"""The subject model u2netp (U-2-Net, small), which finds the main object of a photograph.

The built-in engine works without it and says what it lacks.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from engine.models.catalog import SUBJECT
from engine.models.store import Store

COMMAND = f"unflatten models fetch {SUBJECT.id}"


def path_if_present() -> Path | None:
    """The model file where it is there and whole (its SHA-256 is checked), else None."""
    store = Store()
    file = store.known_files(SUBJECT)[0]
    path = store.place_of(SUBJECT, file)
    try:
        stat = path.stat()
    except OSError:
        return None
    return path if _digest(path, stat.st_mtime_ns, stat.st_size) == file.sha256 else None


@lru_cache(maxsize=4)
def _digest(path: Path, changed: int, size: int) -> str:
    """SHA-256 of a file; `changed` and `size` are there so that a new file is read anew."""
    del changed, size
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
