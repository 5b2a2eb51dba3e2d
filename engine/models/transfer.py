"""Bytes on their way: how fast they come, where they are written, and stopping at once."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any, TypeVar

from engine.errors import Cancelled, OutputError

CHUNK = 8 << 20
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
LOOK = 0.05
"""Seconds between two looks at whether the user has asked to stop."""
T = TypeVar("T")


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
    """Adds up bytes over files and says how fast they come."""

    def __init__(self, total: int, report: Report, cancelled: Event) -> None:
        self.done = 0
        self.cancelled = cancelled
        self._total = total
        self._report = report
        self._file = ""
        self._recent: deque[tuple[float, int]] = deque([(time.monotonic(), 0)], maxlen=200)
        self._moved = 0

    def begin(self, file: str) -> None:
        self._file = file
        self._say()

    def add(self, count: int, *, moved: bool = True) -> None:
        """Raises Cancelled where the user has asked to stop. `moved`: whether the bytes count for the speed."""
        self.check()
        self.done += count
        self._moved += count if moved else 0
        now = time.monotonic()
        self._recent.append((now, self._moved))
        while len(self._recent) > 2 and now - self._recent[0][0] > 10:
            self._recent.popleft()
        self._say()

    def check(self) -> None:
        if self.cancelled.is_set():
            raise Cancelled

    def bar(self) -> type[Any]:
        """A progress bar class as the hub's library wants one, that ends up here."""
        meter = self

        class Bar:
            def __init__(self, *_arguments: object, **_settings: object) -> None:
                self.n = 0

            def update(self, count: int) -> None:
                meter.add(count)

            def __enter__(self) -> Bar:
                return self

            def __exit__(
                self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
            ) -> None:
                return None

        return Bar

    def _say(self) -> None:
        (t0, n0), (t1, n1) = self._recent[0], self._recent[-1]
        speed = (n1 - n0) / (t1 - t0) if t1 > t0 else 0.0
        left = (self._total - self.done) / speed if speed > 0 else None
        self._report(Transfer(self.done, self._total, speed, left, self._file))


class PartFile:
    """The end of a file that is being fetched. What comes is hashed as it is written; after `close` nothing is.

    `digest` is a hash of what the file holds already.
    """

    def __init__(self, path: Path, digest: Any) -> None:
        self._file = path.open("ab")
        self._path = path
        self._digest = digest
        self._lock = threading.Lock()

    def write(self, data: bytes) -> int:
        """Raises OutputError for a full disk, and Cancelled once the file is closed."""
        with self._lock:
            if self._file.closed:
                raise Cancelled
            with disk(self._path):
                count = self._file.write(data)
            if self._digest is not None:
                self._digest.update(data)
            return count

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int) -> int:
        return self._file.seek(offset)

    def truncate(self) -> int:
        """A server that cannot go on begins anew; the hash is then taken from the whole file at the end."""
        self._digest = None
        return self._file.truncate()

    def close(self) -> None:
        with self._lock, disk(self._path):
            self._file.close()

    @property
    def hexdigest(self) -> str | None:
        """Of the whole file, or None where it has to be read once more."""
        return str(self._digest.hexdigest()) if self._digest is not None else None


def hash_file(path: Path, digest: Any, step: Callable[[int], None]) -> Any:
    """Feed a file to a hash; `step` hears of each block's bytes and may raise."""
    with path.open("rb") as handle:
        while block := handle.read(CHUNK):
            digest.update(block)
            step(len(block))
    return digest


def new_digest(sha256: bool, size: int) -> Any:
    """SHA-256, or git's SHA-1 of a blob of that size."""
    return hashlib.sha256() if sha256 else hashlib.sha1(f"blob {size}\0".encode(), usedforsecurity=False)


def promptly(work: Callable[[], T], cancelled: Event) -> T:
    """What `work` returns or raises; or Cancelled soon after it is asked for, whatever the network does meanwhile.

    `work` runs on a thread of its own and is left alone after a cancel.
    """
    outcome: list[tuple[T | None, BaseException | None]] = []
    ended = Event()

    def run() -> None:
        try:
            outcome.append((work(), None))
        except BaseException as error:
            outcome.append((None, error))
        ended.set()

    threading.Thread(target=run, name="hub", daemon=True).start()
    while not ended.wait(LOOK):
        if cancelled.is_set():
            raise Cancelled
    value, error = outcome[0]
    if error is not None:
        raise error
    return value  # type: ignore[return-value]  # None only where `work` returns None


@contextlib.contextmanager
def disk(path: Path) -> Iterator[None]:
    """Turns what the system says about a file into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno in FULL:
            raise OutputError(
                f"The disk of {path} is full; what came so far is kept. Free some space and fetch again, "
                "or set another models folder."
            ) from error
        raise OutputError(
            f"{path} cannot be written ({error.strerror or error}); choose another models folder."
        ) from error
