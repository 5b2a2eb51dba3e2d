"""A file's way over HTTP when the network, the server or the user stops it, against a server on this machine."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from engine.errors import Cancelled, RunFailed
from engine.models import download
from engine.models.catalog import LICENCE, ModelEntry, Source
from engine.models.store import PARTS, Store
from engine.models.transfer import Transfer
from tests.engine.models.hub import Hub

pytestmark = pytest.mark.filterwarnings("ignore")
REPO, NAME = "a/b", "weights.safetensors"
ENTRY = ModelEntry("some-model", "Some model", (Source(REPO),), 0.1, LICENCE, "")
BIG = np.random.default_rng(1).integers(0, 256, 6_000_000, dtype=np.uint8).tobytes()
SOON = 0.3
"""Seconds within which a cancel is heard."""


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub(REPO, {NAME: BIG})
    yield server
    server.close()


@pytest.fixture
def store(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setattr(download, "PAUSE_SECONDS", 0.01)
    return Store(tmp_path / "models", endpoint=hub.address)


def quiet(_transfer: Transfer) -> None:
    pass


def half_way(store: Store, hub: Hub) -> int:
    """Fetch until 3 MB are there, then stop; how many bytes were kept."""
    stop = Event()
    with pytest.raises(Cancelled):
        store.fetch(ENTRY, lambda t: stop.set() if t.done >= 3_000_000 else None, stop)
    hub.seen.clear()
    return next((store.folder(ENTRY) / PARTS).glob("*.part")).stat().st_size


def arrived(store: Store) -> bool:
    return (store.folder(ENTRY) / NAME).read_bytes() == BIG


def asked(hub: Hub) -> list[str]:
    return [wanted for _, path, wanted in hub.seen if "resolve" in path]


def test_a_connection_that_says_nothing_is_given_up_and_taken_up_again(store, hub, monkeypatch):
    monkeypatch.setattr(download, "STALL_SECONDS", 0.5)
    hub.stall_after, hub.stall_once = 2_000_000, True
    store.fetch(ENTRY, quiet, Event())
    assert arrived(store)
    assert asked(hub) == ["", "bytes=2000000-"]


def test_three_tries_that_bring_nothing_are_a_sentence_and_what_came_is_kept(store, hub, monkeypatch):
    half_way(store, hub)
    hub.break_after, hub.always_break, hub.ranges = 1_000_000, True, "ignored"
    with pytest.raises(RunFailed, match="what came so far is kept"):
        store.fetch(ENTRY, quiet, Event())
    assert len(asked(hub)) == download.TRIES
    hub.break_after, hub.ranges = 0, "kept"
    store.fetch(ENTRY, quiet, Event())
    assert arrived(store)


def test_a_server_that_breaks_again_and_again_is_asked_for_as_long_as_it_helps(store, hub):
    hub.break_after, hub.always_break = 1_000_000, True
    store.fetch(ENTRY, quiet, Event())
    assert arrived(store)
    assert asked(hub) == ["", *(f"bytes={n}000000-" for n in range(1, 6))]


def test_a_server_in_trouble_for_a_moment_is_asked_again(store, hub):
    hub.status, hub.status_times = 503, 2
    store.fetch(ENTRY, quiet, Event())
    assert arrived(store)


@pytest.mark.parametrize("ranges", ["ignored", "refused"])
def test_a_server_that_cannot_go_on_begins_anew(store, hub, ranges):
    kept = half_way(store, hub)
    hub.ranges = ranges
    seen: list[Transfer] = []
    store.fetch(ENTRY, seen.append, Event())
    assert arrived(store)
    assert asked(hub) == ([f"bytes={kept}-"] if ranges == "ignored" else [f"bytes={kept}-", ""])
    done = [t.done for t in seen]
    assert max(done) == done[-1] == len(BIG)
    assert 0 in done[done.index(kept) :], "what was of no use is taken back"


def test_a_part_is_gone_on_with_only_where_the_content_is_the_same(store, hub):
    kept = half_way(store, hub)
    mark = next((store.folder(ENTRY) / PARTS).glob("*.etag"))
    first = mark.read_text()
    store.fetch(ENTRY, quiet, Event())
    assert hub.if_range == first
    store.remove(ENTRY)
    half_way(store, hub)
    mark.write_text('"of other content"')
    store.fetch(ENTRY, quiet, Event())
    assert arrived(store)
    assert asked(hub)[0].startswith("bytes=")
    assert kept < len(BIG)


def test_an_answer_without_end_is_cut_off(store, hub):
    hub.too_much = 20_000_000
    with pytest.raises(RunFailed, match="arrived damaged"):
        store.fetch(ENTRY, quiet, Event())
    assert not list((store.folder(ENTRY) / PARTS).glob("*.part"))


def mute(hub: Hub) -> None:
    hub.mute = True


def silent_body(hub: Hub) -> None:
    hub.stall_after = 2_000_000


def no_more_answers(hub: Hub) -> None:
    hub.status = 503


@pytest.mark.parametrize("trouble", [mute, silent_body, no_more_answers])
def test_a_cancel_is_heard_at_once_whatever_the_network_does(store, hub, monkeypatch, trouble: Callable[[Hub], None]):
    monkeypatch.setattr(download, "PAUSE_SECONDS", 30)
    trouble(hub)
    assert seconds_to_cancel(store) < SOON


def test_a_cancel_is_heard_while_a_name_is_looked_up(tmp_path, monkeypatch):
    release = Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_place, **_how: release.wait(20) and [])
    assert seconds_to_cancel(Store(tmp_path, endpoint="http://mirror.invalid")) < SOON
    release.set()


def seconds_to_cancel(store: Store) -> float:
    stop, at = Event(), [0.0]

    def cancel() -> None:
        at[0] = time.monotonic()
        stop.set()

    timer = threading.Timer(0.8, cancel)
    timer.start()
    with pytest.raises(Cancelled):
        store.fetch(ENTRY, quiet, stop)
    took = time.monotonic() - at[0]
    timer.join()
    return took


def test_a_download_needs_no_thread_of_its_own(store, hub, monkeypatch):
    started = []
    start = threading.Thread.start
    monkeypatch.setattr(threading.Thread, "start", lambda self: (started.append(self.name), start(self))[1])
    store.fetch(ENTRY, quiet, Event())
    assert [name for name in started if "process_request_thread" not in name] == []


def test_a_mirror_whose_address_is_none_is_a_sentence(tmp_path):
    for address in ("mirror", "http://[bad", "ftp://mirror"):
        with pytest.raises(RunFailed, match="The connection to the mirror"):
            Store(tmp_path, endpoint=address).fetch(ENTRY, quiet, Event())


def test_files_that_lie_elsewhere_are_gone_on_with_there_and_the_key_stays_here(hub, tmp_path):
    hub.token, hub.elsewhere = "secret", True
    store = Store(tmp_path, endpoint=hub.address, token="secret")
    kept = half_way(store, hub)
    store.fetch(ENTRY, quiet, Event())
    assert arrived(store)
    assert (f"/elsewhere/{NAME}", f"bytes={kept}-") in [(path, wanted) for _, path, wanted in hub.seen]
    assert set(hub.keys) == {""}
