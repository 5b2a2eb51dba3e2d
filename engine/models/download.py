"""One file over HTTP to the disk: streamed, gone on with where it stopped, tried again, and stopped at once.

The client is the hub library's own (httpx2, asynchronous). It runs on a loop of the calling thread, which also looks at
the cancel: nothing waits for a silent network, and there is no second thread that could be left alone with the file.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

import httpx2

from engine.errors import Cancelled
from engine.models.transfer import Meter, RemoteFile, disk, hash_file, size_of

LOOK_SECONDS = 0.05
"""Between two looks at whether the user has asked to stop."""
STALL_SECONDS = 30.0
"""A connection over which nothing comes for so long is given up."""
CONNECT_SECONDS = 15.0
TRIES = 3
"""In a row that bring nothing new."""
PAUSE_SECONDS = 0.5
"""Before the second try; twice as long before the third."""
PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
"""Status codes of a server that may answer better in a moment."""
CONTINUED, OUT_OF_RANGE = 206, 416
T = TypeVar("T")


def heed(work: Coroutine[Any, Any, T], cancelled: Event) -> T:
    """What `work` returns or raises, on a loop of this thread's own; Cancelled soon after that is asked for."""
    loop = _Loop()
    task = loop.create_task(work)
    try:
        while not task.done():
            if cancelled.is_set():
                raise Cancelled
            loop.run_until_complete(asyncio.wait({task}, timeout=LOOK_SECONDS))
        return task.result()
    finally:
        task.cancel()
        loop.run_until_complete(asyncio.gather(task, return_exceptions=True))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def tried(work: Callable[[], Awaitable[T]], moved: Callable[[], bool] = lambda: False) -> T:
    """Await `work()` up to three times while network or server fail; a try after which `moved()` counts as none.

    Raises what the last try raised: httpx2.TransportError or, for a server's refusal, httpx2.HTTPStatusError.
    """
    failed = 0
    while True:
        try:
            return await work()
        except (httpx2.TransportError, httpx2.HTTPStatusError) as error:
            if isinstance(error, httpx2.HTTPStatusError) and error.response.status_code not in PASSING:
                raise
            failed = 0 if moved() else failed + 1
            if failed >= TRIES:
                raise
            await asyncio.sleep(PAUSE_SECONDS * 2 ** max(failed - 1, 0))


def limits() -> httpx2.Timeout:
    """How long a connection may say nothing."""
    return httpx2.Timeout(STALL_SECONDS, connect=CONNECT_SECONDS)


class Download:
    """A file on its way into a part file, whose name belongs to its content: what is there is gone on with.

    Beside the part lies the server's mark for the content (ETag), so that a part of other content is not gone on with.
    """

    def __init__(self, file: RemoteFile, part: Path, meter: Meter) -> None:
        self._file = file
        self._part = part
        self._mark = part.with_suffix(".etag")
        self._meter = meter
        self._digest = file.digest()
        self._had = 0
        self._furthest = 0

    async def run(self, client: httpx2.AsyncClient, url: str, headers: dict[str, str]) -> bool:
        """Bring the file; whether its hash is right. Raises httpx2.HTTPError, OutputError for the disk, Cancelled."""
        with disk(self._part):
            self._part.parent.mkdir(parents=True, exist_ok=True)
            self._go_on()
        self._furthest = self._had
        if self._had < self._file.size:
            await tried(lambda: self._get(client, url, headers), moved=self._has_moved)
        return self._file.is_right(self._digest)

    def _go_on(self) -> None:
        """Count and hash what is here already."""
        if size_of(self._part) > self._file.size:
            self._part.unlink()
        self._part.touch()
        hash_file(self._part, self._digest, self._add_kept)

    def _add_kept(self, count: int) -> None:
        self._had += count
        self._meter.add(count, moved=False)

    def _has_moved(self) -> bool:
        before, self._furthest = self._furthest, max(self._furthest, self._had)
        return self._furthest > before

    async def _get(self, client: httpx2.AsyncClient, url: str, headers: dict[str, str]) -> None:
        wanted = headers | {"Accept-Encoding": "identity"}  # a compressed answer could not be gone on with
        if self._had:
            wanted |= {"Range": f"bytes={self._had}-"}
            if self._mark.exists():
                wanted |= {"If-Range": self._mark.read_text(encoding="ascii")}
        async with client.stream("GET", url, headers=wanted, timeout=limits()) as response:
            if response.status_code != OUT_OF_RANGE or not self._had:
                return await self._take(response)
        self._start_over()
        return await self._get(client, url, headers)

    async def _take(self, response: httpx2.Response) -> None:
        if response.is_error:
            await response.aread()
        response.raise_for_status()
        if self._had and not self._continues(response):
            self._start_over()
        self._note(response.headers.get("ETag", ""))
        with self._part.open("ab", buffering=0) as target:
            async for data in response.aiter_raw():
                with disk(self._part):
                    target.write(data)
                self._digest.update(data)
                self._had += len(data)
                self._meter.add(len(data))
                if self._had > self._file.size:  # other content; it will not be right however much comes
                    return
        if self._had < self._file.size:
            raise httpx2.RemoteProtocolError("the answer ended before the file did")

    def _continues(self, response: httpx2.Response) -> bool:
        begins = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
        return response.status_code == CONTINUED and begins == str(self._had)

    def _start_over(self) -> None:
        self._meter.take_back(self._had)
        self._had = 0
        self._digest = self._file.digest()
        with disk(self._part):
            self._part.write_bytes(b"")
            self._mark.unlink(missing_ok=True)

    def _note(self, mark: str) -> None:
        """Keep a mark that is strong: a weak one says nothing about bytes."""
        with disk(self._mark), contextlib.suppress(UnicodeError):
            if mark.startswith('"'):
                self._mark.write_text(mark, encoding="ascii")


class _Loop(asyncio.SelectorEventLoop):
    """Looks names up on a thread that nobody waits for: the system's look-up cannot be stopped, and a thread of the
    usual pool would hold up the end of the program until the network answers."""

    async def getaddrinfo(self, *place: Any, **how: Any) -> Any:
        found: asyncio.Future[Any] = self.create_future()

        def look() -> None:
            answer: Any
            try:
                answer = socket.getaddrinfo(*place, **how)
            except OSError as error:
                answer = error
            with contextlib.suppress(RuntimeError):  # the loop was closed meanwhile
                self.call_soon_threadsafe(tell, answer)

        def tell(answer: Any) -> None:
            if found.done():  # given up
                return
            if isinstance(answer, OSError):
                found.set_exception(answer)
            else:
                found.set_result(answer)

        threading.Thread(target=look, name="names", daemon=True).start()
        return await found
