"""Model files on this machine: fetch with resume, verify by hash, list, remove.

`huggingface_hub` speaks the hub's protocol (addresses, tokens, mirrors, redirects, retries). Its own temporary files
get a new name with each try, so that a killed download would start over; the part files here keep their name and go on
where they stopped. Nothing is fetched unless `fetch` is called.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib.util
import json
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from threading import Event
from typing import Any

from engine import settings
from engine.errors import Cancelled, EngineUnavailable, InputError, OutputError, RunFailed
from engine.models.catalog import CATALOG, INSTALL, ModelEntry, Source
from engine.models.transfer import Meter, PartFile, Report, disk, hash_file, new_digest, promptly

MANIFEST = "unflatten-model.json"
PARTS = ".parts"
SAFE = (".safetensors", ".json", ".txt", ".md", ".jinja", ".gguf", ".model")
"""Endings of files that are fetched: data, never code and never pickles."""
RESERVE = 1_000_000_000
"""Bytes of the disk that are left free."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file on the hub. `sha256` for large files, `git_sha1` (of the blob, with git's header) for small ones."""

    repo: str
    revision: str
    path: str
    size: int
    sha256: str = ""
    git_sha1: str = ""


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
    import platformdirs

    return Path(platformdirs.user_data_dir("unflatten", appauthor=False)) / "models"


def entry_for(model_id: str) -> ModelEntry:
    """Raises InputError for an unknown id."""
    if model_id not in CATALOG:
        raise InputError(f"There is no model called {model_id}; choose {', '.join(CATALOG)}.")
    return CATALOG[model_id]


class Store:
    """The models under one folder.

    `endpoint` is a mirror's address and `token` the user's key for it; None means the hub's own and none.
    """

    def __init__(self, root: Path | None = None, endpoint: str | None = None, token: str | None = None) -> None:
        self.root = root or models_folder()
        self._endpoint = endpoint.rstrip("/") if endpoint else None
        self._token = token or False

    def folder(self, entry: ModelEntry) -> Path:
        return self.root / entry.folder

    def states(self) -> list[State]:
        """Every model of the catalogue with what is here of it."""
        return [self.state(entry) for entry in CATALOG.values()]

    def state(self, entry: ModelEntry) -> State:
        folder = self.folder(entry)
        files = [size for f in folder.rglob("*") if (size := _size(f))] if folder.is_dir() else []
        wanted = self._manifest(entry)
        whole = bool(wanted) and all(_has(folder / f.path, f.size) for f in wanted)
        status = "present" if whole else "partial" if files else "absent"
        return State(entry, folder, status, sum(files))

    def free(self) -> int:
        """Bytes free on the disk that models lie on."""
        existing = next(p for p in (self.root, *self.root.absolute().parents) if p.exists())
        return shutil.disk_usage(existing).free

    def fetch(self, entry: ModelEntry, report: Report, cancelled: Event) -> Path:
        """Bring the model here, going on where an earlier try stopped, and return its folder.

        Raises Cancelled soon after the user pauses (what came so far is kept), OutputError for a full disk, RunFailed
        for the network or where another window or command is at it, InputError where the hub refuses the token. Every
        file's hash is checked before it counts.
        """
        _needs_hub()
        with self._alone(entry), disk(self.folder(entry)):
            return self._fetch(entry, report, cancelled)

    def verify(self, entry: ModelEntry, report: Report, cancelled: Event) -> list[str]:
        """Paths of files that are missing or whose hash is not the hub's; they are removed, so that `fetch` mends them.

        Needs no network. Raises InputError where the model was never fetched.
        """
        folder, files = self.folder(entry), self._manifest(entry)
        if not files:
            raise InputError(f"{entry.title} was not fetched here; fetch it with `unflatten models fetch {entry.id}`.")
        meter = Meter(sum(f.size for f in files), report, cancelled)
        bad = []
        with self._alone(entry), disk(folder):
            for file in files:
                path = folder / file.path
                meter.begin(file.path)
                if not _has(path, file.size) or not _matches(path, file, meter.add):
                    path.unlink(missing_ok=True)
                    bad.append(file.path)
        return bad

    def remove(self, entry: ModelEntry) -> int:
        """Delete the model. Returns the bytes that are free again."""
        size = self.state(entry).size
        with self._alone(entry):
            try:
                if self.folder(entry).is_dir():
                    shutil.rmtree(self.folder(entry))
            except OSError as error:
                raise OutputError(f"{self.folder(entry)} could not be deleted ({error.strerror}).") from error
        return size

    @contextlib.contextmanager
    def _alone(self, entry: ModelEntry) -> Iterator[None]:
        """Holds the model's lock, so that a window and a command never write into one file."""
        from filelock import FileLock, Timeout

        with disk(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.root / f".{entry.folder}.lock", timeout=0)
            try:
                lock.acquire()
            except Timeout:
                raise RunFailed(
                    f"Another window or command of Unflatten is working on {entry.title}; wait for it or stop it there."
                ) from None
        try:
            yield
        finally:
            lock.release()

    def _fetch(self, entry: ModelEntry, report: Report, cancelled: Event) -> Path:
        folder = self.folder(entry)
        files = promptly(lambda: [f for source in entry.sources for f in self._listing(source)], cancelled)
        missing = [f for f in files if not _has(folder / f.path, f.size)]
        _check_space(self.free(), sum(f.size - _size(_part(folder, f)) for f in missing))
        self._write_manifest(entry, files)
        meter = Meter(sum(f.size for f in files), report, cancelled)
        meter.done = sum(f.size for f in files) - sum(f.size for f in missing)
        for file in missing:
            self._fetch_file(folder, file, meter)
        shutil.rmtree(folder / PARTS, ignore_errors=True)
        return folder

    def _listing(self, source: Source) -> list[RemoteFile]:
        """The files of a source that are to be fetched, with their sizes and hashes."""
        from huggingface_hub import HfApi

        with _spoken(self._endpoint):
            api = HfApi(endpoint=self._endpoint, token=self._token)
            info = api.model_info(source.repo, revision=source.revision, files_metadata=True)
        found = [_remote(source.repo, str(info.sha), s) for s in info.siblings or [] if _taken(source, s.rfilename)]
        if not found:
            raise RunFailed(f"{source.repo} holds none of the files that are needed; check the mirror's address.")
        return found

    def _fetch_file(self, folder: Path, file: RemoteFile, meter: Meter) -> None:
        part = _part(folder, file)
        part.parent.mkdir(parents=True, exist_ok=True)
        begun = _size(part)
        if begun > file.size:
            part.unlink()
            begun = 0
        meter.begin(file.path)
        digest = new_digest(bool(file.sha256), file.size)
        if begun:
            hash_file(part, digest, lambda count: meter.add(count, moved=False))
        arrived: str | None = digest.hexdigest()
        if begun < file.size or file.size == 0:
            arrived = self._download(part, file, begun, digest, meter)
        wanted = file.sha256 or file.git_sha1
        if arrived is None:
            arrived = hash_file(part, new_digest(bool(file.sha256), file.size), lambda _n: meter.check()).hexdigest()
        if wanted and arrived != wanted:
            part.unlink(missing_ok=True)
            raise RunFailed(f"{file.path} arrived damaged and was thrown away; fetch again to get it anew.")
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)

    def _download(self, part: Path, file: RemoteFile, begun: int, digest: Any, meter: Meter) -> str | None:
        """Returns the whole file's hash, or None where it has to be read for that."""
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers

        url = hf_hub_url(file.repo, file.path, revision=file.revision, endpoint=self._endpoint)
        headers = build_hf_headers(token=self._token)
        headers["Accept-Encoding"] = "identity"  # a compressed answer could not be gone on with
        handle = PartFile(part, digest)

        def get() -> None:
            with _spoken(self._endpoint):
                http_get(
                    url,
                    handle,
                    resume_size=begun,
                    headers=headers,
                    expected_size=file.size,
                    displayed_filename=file.path,
                    tqdm_class=meter.bar(),
                )

        try:
            promptly(get, meter.cancelled)
        finally:
            handle.close()  # a thread that was left alone writes nothing more
        return handle.hexdigest

    def _manifest(self, entry: ModelEntry) -> list[RemoteFile]:
        try:
            data = json.loads((self.folder(entry) / MANIFEST).read_text(encoding="utf-8"))
            return [RemoteFile(**values) for values in data["files"]]
        except (OSError, ValueError, KeyError, TypeError):
            return []

    def _write_manifest(self, entry: ModelEntry, files: Iterable[RemoteFile]) -> None:
        folder = self.folder(entry)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            text = json.dumps({"model": entry.id, "files": [asdict(f) for f in files]}, indent=1)
            (folder / MANIFEST).write_text(text, encoding="utf-8")
        except OSError as error:
            raise OutputError(
                f"{folder} cannot be written ({error.strerror}); choose another models folder."
            ) from error


def _needs_hub() -> None:
    if importlib.util.find_spec("huggingface_hub") is None:
        raise EngineUnavailable(f"Fetching needs the library huggingface_hub: {INSTALL}")


@contextlib.contextmanager
def _spoken(endpoint: str | None) -> Iterator[None]:
    """Turns what the hub's library raises into sentences."""
    from huggingface_hub import errors as hub

    where = f"the mirror {endpoint}" if endpoint else "the model hub"
    try:
        yield
    except (hub.GatedRepoError, hub.RepositoryNotFoundError) as error:
        raise InputError(
            f"{where.capitalize()} refused access or has no such model; check token and address in the settings."
        ) from error
    except hub.HfHubHTTPError as error:
        code = error.response.status_code
        if code in (401, 403):
            raise InputError(f"{where.capitalize()} refused the token; check it in the settings.") from error
        raise RunFailed(f"{where.capitalize()} answered with error {code}; try again later.") from error
    except (OutputError, Cancelled, InputError, RunFailed):
        raise
    except (OSError, hub.OfflineModeIsEnabled) as error:
        raise _no_network(where) from error
    except Exception as error:
        if type(error).__module__.startswith("httpx"):
            raise _no_network(where) from error
        raise


def _no_network(where: str) -> RunFailed:
    return RunFailed(f"The connection to {where} failed; what came so far is kept. Check the network and fetch again.")


def _check_space(free: int, needed: int) -> None:
    if needed + RESERVE > free:
        raise OutputError(
            f"The download needs {needed / 1e9:.1f} GB and the disk has {free / 1e9:.1f} GB free; "
            "free some space or set another models folder."
        )


def _remote(repo: str, revision: str, sibling: Any) -> RemoteFile:
    lfs = sibling.lfs
    sha256 = str(lfs.sha256) if lfs is not None else ""
    return RemoteFile(repo, revision, sibling.rfilename, int(sibling.size or 0), sha256, str(sibling.blob_id or ""))


def _taken(source: Source, path: str) -> bool:
    safe = path.endswith(SAFE) and ".." not in Path(path).parts and not Path(path).is_absolute()
    wanted = any(fnmatch(path, pattern) for pattern in source.take)
    return safe and wanted and not any(fnmatch(path, pattern) for pattern in source.skip)


def _matches(path: Path, file: RemoteFile, step: Callable[[int], None]) -> bool:
    """True where the file's hash is the one that the hub gave."""
    wanted = file.sha256 or file.git_sha1
    digest = hash_file(path, new_digest(bool(file.sha256), file.size), step)
    return not wanted or digest.hexdigest() == wanted


def _part(folder: Path, file: RemoteFile) -> Path:
    """Named after the content, so that a part of an older revision is never gone on with."""
    name = hashlib.sha256(f"{file.repo}|{file.path}|{file.sha256 or file.git_sha1}".encode()).hexdigest()[:24]
    return folder / PARTS / f"{name}.part"


def _has(path: Path, size: int) -> bool:
    return path.is_file() and _size(path) == size


def _size(path: Path) -> int:
    """0 also for a file that another process has just moved away."""
    with contextlib.suppress(OSError):
        return path.stat().st_size if path.is_file() else 0
    return 0
