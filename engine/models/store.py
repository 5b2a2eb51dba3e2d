"""Model files on this machine: fetch with resume, verify by hash, list, remove.

`huggingface_hub` speaks the hub's protocol (addresses, tokens, mirrors, redirects, retries). Its own temporary files
get a new name with each try, so that a killed download would start over; the part files here keep their name and go on
where they stopped. Nothing is fetched unless `fetch` is called.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import importlib.util
import json
import os
import shutil
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from fnmatch import fnmatch
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Any

from engine.errors import Cancelled, EngineUnavailable, InputError, OutputError, RunFailed
from engine.models.catalog import CATALOG, ModelEntry, Source

MANIFEST = "unflatten-model.json"
PARTS = ".parts"
SAFE = (".safetensors", ".json", ".txt", ".md", ".jinja", ".gguf", ".model")
"""Endings of files that are fetched: data, never code and never pickles."""
RESERVE = 1_000_000_000
"""Bytes of the disk that are left free."""
CHUNK = 8 << 20


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
class Transfer:
    """How far a download or verification is: bytes, bytes a second, seconds left (None while not known)."""

    done: int
    total: int
    speed: float
    eta_seconds: float | None
    file: str


@dataclass(frozen=True, slots=True)
class State:
    """A model on this machine. `status`: "absent", "partial" or "present". Sizes in bytes."""

    entry: ModelEntry
    folder: Path
    status: str
    size: int


Report = Callable[[Transfer], None]


def models_folder() -> Path:
    """Where models lie: $UNFLATTEN_MODELS, or this user's data folder."""
    if chosen := os.environ.get("UNFLATTEN_MODELS"):
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
        files = [f for f in folder.rglob("*") if f.is_file()] if folder.is_dir() else []
        wanted = self._manifest(entry)
        whole = bool(wanted) and all(_has(folder / f.path, f.size) for f in wanted)
        status = "present" if whole else "partial" if files else "absent"
        return State(entry, folder, status, sum(f.stat().st_size for f in files))

    def fetch(self, entry: ModelEntry, report: Report, cancelled: Event) -> Path:
        """Bring the model here, going on where an earlier try stopped, and return its folder.

        Raises Cancelled where the user pauses (what came so far is kept), OutputError for a full disk, RunFailed for
        the network, InputError where the hub refuses the token. Every file's hash is checked before it counts.
        """
        _needs_hub()
        folder = self.folder(entry)
        files = [f for source in entry.sources for f in self._listing(source)]
        missing = [f for f in files if not _has(folder / f.path, f.size)]
        _check_space(folder, sum(f.size - _size(_part(folder, f)) for f in missing))
        self._write_manifest(entry, files)
        meter = _Meter(sum(f.size for f in files), report, cancelled)
        meter.done = sum(f.size for f in files) - sum(f.size for f in missing)
        for file in missing:
            self._fetch_file(folder, file, meter)
        shutil.rmtree(folder / PARTS, ignore_errors=True)
        return folder

    def verify(self, entry: ModelEntry, report: Report, cancelled: Event) -> list[str]:
        """Paths of files that are missing or whose hash is not the hub's; they are removed, so that `fetch` mends them.

        Needs no network. Raises InputError where the model was never fetched.
        """
        folder, files = self.folder(entry), self._manifest(entry)
        if not files:
            raise InputError(f"{entry.title} was not fetched here; fetch it with `unflatten models fetch {entry.id}`.")
        meter = _Meter(sum(f.size for f in files), report, cancelled)
        bad = []
        for file in files:
            path = folder / file.path
            if not _has(path, file.size) or not _matches(path, file, meter):
                path.unlink(missing_ok=True)
                bad.append(file.path)
        return bad

    def remove(self, entry: ModelEntry) -> int:
        """Delete the model. Returns the bytes that are free again."""
        size = self.state(entry).size
        try:
            if self.folder(entry).is_dir():
                shutil.rmtree(self.folder(entry))
        except OSError as error:
            raise OutputError(f"{self.folder(entry)} could not be deleted ({error.strerror}).") from error
        return size

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

    def _fetch_file(self, folder: Path, file: RemoteFile, meter: _Meter) -> None:
        part = _part(folder, file)
        part.parent.mkdir(parents=True, exist_ok=True)
        begun = _size(part)
        if begun > file.size:
            part.unlink()
            begun = 0
        meter.begin(file.path, begun)
        if begun < file.size or file.size == 0:
            self._download(part, file, begun, meter)
        if not _matches(part, file, None):
            part.unlink(missing_ok=True)
            raise RunFailed(f"{file.path} arrived damaged and was thrown away; fetch again to get it anew.")
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        part.replace(target)

    def _download(self, part: Path, file: RemoteFile, begun: int, meter: _Meter) -> None:
        from huggingface_hub import hf_hub_url
        from huggingface_hub.file_download import http_get
        from huggingface_hub.utils import build_hf_headers

        url = hf_hub_url(file.repo, file.path, revision=file.revision, endpoint=self._endpoint)
        headers = build_hf_headers(token=self._token)
        headers["Accept-Encoding"] = "identity"  # a compressed answer could not be gone on with
        with _spoken(self._endpoint), part.open("ab") as handle:
            try:
                http_get(
                    url,
                    handle,
                    resume_size=begun,
                    headers=headers,
                    expected_size=file.size,
                    displayed_filename=file.path,
                    tqdm_class=meter.bar(),
                )
            except OSError as error:
                if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                    raise _no_space(part) from error
                raise

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


class _Meter:
    """Adds up bytes over files and says how fast they come."""

    def __init__(self, total: int, report: Report, cancelled: Event) -> None:
        self.done = 0
        self._total = total
        self._report = report
        self._cancelled = cancelled
        self._file = ""
        self._recent: deque[tuple[float, int]] = deque([(time.monotonic(), 0)], maxlen=200)
        self._moved = 0

    def begin(self, file: str, already: int) -> None:
        self._file = file
        self.done += already
        self._say()

    def add(self, count: int) -> None:
        """Raises Cancelled where the user has asked to pause."""
        if self._cancelled.is_set():
            raise Cancelled
        self.done += count
        self._moved += count
        now = time.monotonic()
        self._recent.append((now, self._moved))
        while len(self._recent) > 2 and now - self._recent[0][0] > 10:
            self._recent.popleft()
        self._say()

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


def _needs_hub() -> None:
    if importlib.util.find_spec("huggingface_hub") is None:
        raise EngineUnavailable("Fetching needs the library huggingface_hub: pip install 'unflatten[qwen]'.")


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


def _no_space(path: Path) -> OutputError:
    return OutputError(
        f"The disk of {path.parent.parent} is full; what came so far is kept. Free some space and fetch again, "
        "or set another models folder."
    )


def _check_space(folder: Path, needed: int) -> None:
    existing = next(p for p in (folder, *folder.parents) if p.exists())
    free = shutil.disk_usage(existing).free
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


def _matches(path: Path, file: RemoteFile, meter: _Meter | None) -> bool:
    """True where the file's hash is the one that the hub gave."""
    if _size(path) != file.size:
        return False
    digest = hashlib.sha256() if file.sha256 else hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)
    if meter:
        meter.begin(file.path, 0)
    with path.open("rb") as handle:
        while block := handle.read(CHUNK):
            digest.update(block)
            if meter:
                meter.add(len(block))
    wanted = file.sha256 or file.git_sha1
    return not wanted or digest.hexdigest() == wanted


def _part(folder: Path, file: RemoteFile) -> Path:
    """Named after the content, so that a part of an older revision is never gone on with."""
    name = hashlib.sha256(f"{file.repo}|{file.path}|{file.sha256 or file.git_sha1}".encode()).hexdigest()[:24]
    return folder / PARTS / f"{name}.part"


def _has(path: Path, size: int) -> bool:
    return path.is_file() and path.stat().st_size == size


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0
