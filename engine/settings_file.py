"""One JSON file of settings, shared by all windows and commands of this user at once.

A change is put into the file as it is at that moment, under a lock, and the file is replaced as a whole: two programs
never undo each other's settings, and a reader never sees half a file.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Generic, TypeAlias, TypeVar

log = logging.getLogger(__name__)

T = TypeVar("T")
Data: TypeAlias = "dict[str, Any]"

FILE = "settings.json"
CONFIG = "UNFLATTEN_CONFIG"
"""Environment variable: another folder for settings and the hub's key."""
THEME = "UNFLATTEN_THEME"
EARLY = MappingProxyType({"view.theme": THEME})
"""Environment variables of settings that are needed before there is time to load the typed ones."""
LOCK_SECONDS = 2.0
"""A change holds the lock for milliseconds; whoever waits longer keeps the setting in memory and tries later."""


def config_folder() -> Path:
    """Where settings lie: $UNFLATTEN_CONFIG, or this user's configuration folder."""
    if chosen := os.environ.get(CONFIG):
        return Path(chosen)
    import platformdirs

    return Path(platformdirs.user_config_dir("unflatten", appauthor=False))


def glance(name: str) -> Any:
    """A setting as it stands in the environment or the file, unchecked; None for nothing. Takes no library to load."""
    if overridden := os.environ.get(EARLY.get(name, "")):
        return overridden
    try:
        return dig(json.loads((config_folder() / FILE).read_text(encoding="utf-8")), name)
    except (OSError, ValueError, RecursionError):
        return None


class SettingsFile(Generic[T]):
    """The data of one file, what could not be written yet over it, and the typed settings made of both."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._mutex = threading.RLock()
        self._unsaved: Data = {}
        self._seen: Hashable = None
        self._made: T | None = None

    def data(self) -> Data:
        """What is set, as plain data that the caller may change."""
        with self._mutex:
            try:
                data = self._read()
            except OSError as error:
                log.warning("settings in %s cannot be read: %s", self.path, error)
                data = {}
            for name, value in self._unsaved.items():
                put(data, name, value)
            return data

    def settings(self, extra: Hashable, make: Callable[[Data], T]) -> T:
        """What `make` made of the data; made again only where the file or `extra` is another one than before."""
        with self._mutex:
            seen = (self._stamp(), extra)
            if self._made is None or seen != self._seen:
                self._made = make(self.data())
                self._seen = (self._stamp(), extra)  # reading may have set a damaged file aside
            return self._made

    def keep(self, changes: Mapping[str, object], version: int) -> None:
        """Put values into the file by dotted name, None to take one out. What cannot be written is kept in memory."""
        from filelock import Timeout

        with self._mutex:
            self._unsaved.update(changes)
            self._seen = None
            try:
                with self._alone():
                    data = self._read()
                    for name, value in self._unsaved.items():
                        put(data, name, value)
                    written = data.get("version")
                    data["version"] = max(version, written) if isinstance(written, int) else version
                    replace_text(self.path.resolve(), json.dumps(data, indent=1, ensure_ascii=False, sort_keys=True))
                self._unsaved.clear()
            except (OSError, Timeout) as error:
                log.warning("settings are not kept in %s: %s", self.path, error)

    def _stamp(self) -> Hashable:
        try:
            stat = self.path.stat()
        except OSError:
            return None
        return stat.st_ino, stat.st_mtime_ns, stat.st_size

    def _read(self) -> Data:
        """Raises OSError where there is a file that cannot be read, so that it is not taken for an empty one."""
        data = self._parsed()
        if data is None:
            with contextlib.suppress(TimeoutError), self._alone():
                if self._parsed() is None:  # and not mended by someone else meanwhile
                    self._set_aside()
        return data or {}

    def _parsed(self) -> Data | None:
        """None for a damaged file."""
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except (ValueError, RecursionError):
            return None
        return data if isinstance(data, dict) else None

    def _set_aside(self) -> None:
        """Under the first free name, so that nothing that was set is lost for good."""
        number = 1
        while (aside := self.path.with_name(f"{self.path.stem}.damaged-{number}{self.path.suffix}")).exists():
            number += 1
        self.path.replace(aside)
        log.warning("settings in %s were damaged; set aside as %s", self.path, aside.name)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        from filelock import FileLock

        self.path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(self.path.with_name(f".{self.path.name}.lock"), timeout=LOCK_SECONDS, is_singleton=True):
            yield


def replace_text(path: Path, text: str) -> None:
    """Write a file that only this user can read, whole or not at all. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def dig(data: Data, name: str) -> Any:
    """What stands in nested data under a dotted name; None for nothing."""
    found: Any = data
    for part in name.split("."):
        found = found.get(part) if isinstance(found, dict) else None
    return found


def put(data: Data, name: str, value: object) -> None:
    """Set what stands in nested data under a dotted name, or take it out (None)."""
    *way, last = name.split(".")
    for part in way:
        inner = data.get(part)
        if not isinstance(inner, dict):  # nothing yet, or something that cannot be
            inner = data[part] = {}
        data = inner
    if value is None:
        data.pop(last, None)
    else:
        data[last] = value
