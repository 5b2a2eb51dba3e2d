"""The model hub's protocol: which files a repository has, and where they are. A mirror speaks the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.errors import InputError, RunFailed
from engine.models.catalog import Source
from engine.models.transfer import Meter, RemoteFile

if TYPE_CHECKING:
    import httpx2

SAFE = (".safetensors", ".json", ".txt", ".md", ".jinja", ".gguf", ".model")
"""Endings of files that are fetched: data, never code and never pickles."""
REFUSED = (401, 403)
NO_SUCH = frozenset({"RepoNotFound", "GatedRepo", "RevisionNotFound"})


@dataclass(frozen=True, slots=True)
class _Words:
    """Ids of the sentences for what goes wrong, and the values that they share."""

    refused: str
    refused_token: str
    error: str
    silent: str
    values: dict[str, str]


class Hub:
    """`endpoint` is a mirror's address and `token` the user's key for it; None means the hub's own and none."""

    def __init__(self, endpoint: str | None, token: str | None) -> None:
        self._endpoint = endpoint.rstrip("/") if endpoint else None
        self._token = token or False

    def client(self) -> httpx2.AsyncClient:
        """The hub library's client, to be used in an `async with`."""
        from huggingface_hub.utils import get_async_session

        client: httpx2.AsyncClient = get_async_session()
        return client

    async def files(self, client: httpx2.AsyncClient, source: Source) -> list[RemoteFile]:
        """The files of a source that are to be fetched, with their sizes and hashes.

        Raises InputError where access is refused, RunFailed for the network or where there are none.
        """
        from huggingface_hub import constants
        from huggingface_hub.hf_api import ModelInfo

        from engine.models.download import limits, tried

        address = f"{self._endpoint or constants.ENDPOINT}/api/models/{source.repo}/revision/{source.revision}"

        async def ask() -> Any:
            answer = await client.get(address, params={"blobs": "true"}, headers=self._headers(), timeout=limits())
            answer.raise_for_status()
            return answer.json()

        with self.spoken():
            info = ModelInfo(**await tried(ask))
        siblings = [s for s in info.siblings or [] if _taken(source, s.rfilename)]
        if not siblings:
            raise RunFailed("models.nothing-there", repo=source.repo)
        return [_remote(source.repo, str(info.sha), sibling) for sibling in siblings]

    async def fetch(self, client: httpx2.AsyncClient, file: RemoteFile, part: Path, meter: Meter) -> bool:
        """Bring a file into `part`, going on with what is there; whether its hash is right.

        Raises InputError, RunFailed, OutputError, each with its sentence, and Cancelled.
        """
        from huggingface_hub import hf_hub_url

        from engine.models.download import Download

        url = hf_hub_url(file.repo, file.path, revision=file.revision, endpoint=self._endpoint)
        with self.spoken():
            return await Download(file, part, meter).run(client, url, self._headers())

    def _headers(self) -> dict[str, str]:
        from huggingface_hub.utils import build_hf_headers

        headers: dict[str, str] = build_hf_headers(token=self._token)
        return headers

    @contextmanager
    def spoken(self) -> Iterator[None]:
        """Turns what the network and the hub's library raise into sentences."""
        import httpx2
        from huggingface_hub.errors import OfflineModeIsEnabled

        words = self._words()
        try:
            yield
        except httpx2.HTTPStatusError as error:
            code = error.response.status_code
            if error.response.headers.get("X-Error-Code") in NO_SUCH:
                raise InputError(words.refused, **words.values) from error
            if code in REFUSED:
                raise InputError(words.refused_token, **words.values) from error
            raise RunFailed(words.error, code=code, **words.values) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, OfflineModeIsEnabled) as error:
            raise RunFailed(words.silent, **words.values) from error

    def _words(self) -> _Words:
        if self._endpoint is None:
            return _Words("models.hub-refused", "models.hub-refused-token", "models.hub-error", "models.hub-silent", {})
        return _Words(
            "models.mirror-refused",
            "models.mirror-refused-token",
            "models.mirror-error",
            "models.mirror-silent",
            {"address": self._endpoint},
        )


def _remote(repo: str, revision: str, sibling: Any) -> RemoteFile:
    lfs = sibling.lfs
    sha256 = str(lfs.sha256) if lfs is not None else ""
    return RemoteFile(repo, revision, sibling.rfilename, int(sibling.size or 0), sha256, str(sibling.blob_id or ""))


def _taken(source: Source, path: str) -> bool:
    safe = path.endswith(SAFE) and ".." not in Path(path).parts and not Path(path).is_absolute()
    wanted = any(fnmatch(path, pattern) for pattern in source.take)
    return safe and wanted and not any(fnmatch(path, pattern) for pattern in source.skip)
