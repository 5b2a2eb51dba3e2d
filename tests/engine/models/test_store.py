"""Fetching, going on, verifying and removing models, with the hub's own library against a server on this machine."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from engine.errors import Cancelled, InputError, OutputError, RunFailed
from engine.models import access
from engine.models.catalog import CATALOG, LICENCE, ModelEntry, Source
from engine.models.store import PARTS, Store, entry_for
from engine.models.transfer import Transfer
from tests.engine.models.hub import Hub

pytestmark = pytest.mark.filterwarnings("ignore")
REPO = "someone/some-model"
ENTRY = ModelEntry("some-model", "Some model", (Source(REPO),), 0.1, LICENCE, "")
BIG = np.random.default_rng(0).integers(0, 256, 30_000_000, dtype=np.uint8).tobytes()
FILES = {
    "model_index.json": b'{"_class_name": "X"}',
    "vae/weights.safetensors": BIG,
    "vae/config.json": b"{}",
    "run_me.py": b"import os",
    "vae/weights.bin": b"\x80\x04." + b"x" * 2000,
}


@pytest.fixture
def hub() -> Iterator[Hub]:
    server = Hub(REPO, dict(FILES))
    yield server
    server.close()


@pytest.fixture
def store(hub: Hub, tmp_path: Path) -> Store:
    return Store(tmp_path / "models", endpoint=hub.address)


def quiet(_transfer: Transfer) -> None:
    pass


def test_a_model_comes_whole_and_without_anything_that_could_run(store: Store, hub: Hub) -> None:
    seen: list[Transfer] = []
    assert store.state(ENTRY).status == "absent"
    folder = store.fetch(ENTRY, seen.append, Event())
    assert (folder / "vae" / "weights.safetensors").read_bytes() == BIG
    assert not (folder / "run_me.py").exists()
    assert not (folder / "vae" / "weights.bin").exists()
    assert not (folder / PARTS).exists()
    assert store.state(ENTRY).status == "present"
    assert store.verify(ENTRY, quiet, Event()) == []
    done = [t.done for t in seen]
    assert done == sorted(done)
    assert done[-1] == seen[-1].total == sum(len(FILES[n]) for n in FILES if n.endswith((".json", ".safetensors")))
    assert any(t.speed > 0 and t.eta_seconds is not None for t in seen)
    before = len(hub.seen)
    store.fetch(ENTRY, quiet, Event())
    assert not any("resolve" in path for _, path, _ in hub.seen[before:]), "what is here is not fetched again"


def test_a_broken_connection_is_taken_up_where_it_stopped(store: Store, hub: Hub) -> None:
    hub.break_after = 12_000_000
    folder = store.fetch(ENTRY, quiet, Event())
    assert (folder / "vae" / "weights.safetensors").read_bytes() == BIG
    assert any(asked.startswith("bytes=") for _, _, asked in hub.seen)


def test_pause_keeps_what_came_and_the_next_fetch_goes_on(store: Store, hub: Hub) -> None:
    paused = Event()

    def pause(transfer: Transfer) -> None:
        if transfer.done > 10_000_000:
            paused.set()

    with pytest.raises(Cancelled):
        store.fetch(ENTRY, pause, paused)
    assert store.state(ENTRY).status == "partial"
    kept = max(p.stat().st_size for p in (store.folder(ENTRY) / PARTS).iterdir())
    assert kept >= 10_000_000
    store.fetch(ENTRY, quiet, Event())
    assert any(asked == f"bytes={kept}-" for _, _, asked in hub.seen)
    assert store.verify(ENTRY, quiet, Event()) == []


def test_a_killed_download_goes_on(store: Store, hub: Hub, tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from threading import Event\n"
        "from tests.engine.models.test_store import ENTRY; from engine.models.store import Store\n"
        "def slow(t):\n    print(t.done, flush=True)\n    time.sleep(0.5 if t.done > 10_000_000 else 0)\n"
        f"Store(Path({str(tmp_path / 'models')!r}), endpoint={hub.address!r}).fetch(ENTRY, slow, Event())"
    )
    root = Path(__file__).resolve().parents[3]
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root)
    assert child.stdout is not None
    for line in child.stdout:
        if int(line) > 20_000_000:
            break
    time.sleep(0.1)
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    child.stdout.close()
    kept = max(p.stat().st_size for p in (store.folder(ENTRY) / PARTS).iterdir())
    assert kept > 0
    store.fetch(ENTRY, quiet, Event())
    assert any(asked == f"bytes={kept}-" for _, _, asked in hub.seen)
    assert (store.folder(ENTRY) / "vae" / "weights.safetensors").read_bytes() == BIG


def test_a_file_that_arrives_changed_is_thrown_away(store: Store, hub: Hub) -> None:
    hub.spoil = "vae/weights.safetensors"
    with pytest.raises(RunFailed, match=r"weights\.safetensors arrived damaged"):
        store.fetch(ENTRY, quiet, Event())
    assert not (store.folder(ENTRY) / "vae" / "weights.safetensors").exists()
    hub.spoil = "vae/config.json"
    with pytest.raises(RunFailed, match=r"config\.json arrived damaged"):
        store.fetch(ENTRY, quiet, Event())
    hub.spoil = ""
    store.fetch(ENTRY, quiet, Event())
    assert store.state(ENTRY).status == "present"


def test_verify_finds_a_changed_file_and_fetch_mends_it(store: Store, hub: Hub) -> None:
    folder = store.fetch(ENTRY, quiet, Event())
    hub.status = 500  # verifying needs no network
    data = bytearray(BIG)
    data[5_000_000] ^= 1
    (folder / "vae" / "weights.safetensors").write_bytes(data)
    (folder / "vae" / "config.json").write_bytes(b"[]")
    assert sorted(store.verify(ENTRY, quiet, Event())) == ["vae/config.json", "vae/weights.safetensors"]
    hub.status = 0
    store.fetch(ENTRY, quiet, Event())
    assert store.verify(ENTRY, quiet, Event()) == []


def test_a_token_is_sent_and_a_refusal_is_a_sentence(hub: Hub, tmp_path: Path) -> None:
    hub.token = "secret"
    for token in (None, "wrong"):
        with pytest.raises(InputError, match=r"refused.*token"):
            Store(tmp_path, endpoint=hub.address, token=token).fetch(ENTRY, quiet, Event())
    assert Store(tmp_path, endpoint=hub.address, token="secret").fetch(ENTRY, quiet, Event()).is_dir()


def test_a_model_that_the_mirror_has_not(store: Store, hub: Hub) -> None:
    hub.repo = "someone/else"
    with pytest.raises((InputError, RunFailed), match="mirror"):
        store.fetch(ENTRY, quiet, Event())


def test_no_network_is_a_sentence(hub: Hub, tmp_path: Path) -> None:
    address = hub.address
    hub.close()
    try:
        with pytest.raises(RunFailed, match="Check the network"):
            Store(tmp_path, endpoint=address).fetch(ENTRY, quiet, Event())
    finally:
        hub.__init__(REPO, dict(FILES))  # type: ignore[misc]


def test_a_server_in_trouble_is_a_sentence(store: Store, hub: Hub) -> None:
    hub.status = 410
    with pytest.raises(RunFailed, match="error 410"):
        store.fetch(ENTRY, quiet, Event())


def test_too_little_space_is_said_before_anything_is_fetched(
    store: Store, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(10**12, 10**12 - 5, 1_000_000_005))
    with pytest.raises(OutputError, match=r"needs 0.0 GB and the disk has 1.0 GB free"):
        store.fetch(ENTRY, quiet, Event())
    assert not any("resolve" in path for _, path, _ in hub.seen)


@pytest.mark.skipif(sys.platform == "win32", reason="limits the size of a file as POSIX does")
def test_a_disk_that_fills_up_on_the_way_keeps_what_came(store: Store, hub: Hub) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (15_000_000, before[1]))
    try:
        with pytest.raises(OutputError, match="full; what came so far is kept"):
            store.fetch(ENTRY, quiet, Event())
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert max(p.stat().st_size for p in (store.folder(ENTRY) / PARTS).iterdir()) >= 10_000_000
    store.fetch(ENTRY, quiet, Event())
    assert store.verify(ENTRY, quiet, Event()) == []


def test_a_pause_ends_at_once_though_the_network_says_nothing(store: Store, hub: Hub) -> None:
    hub.stall_after = 12_000_000
    paused = Event()
    at: list[float] = []

    def pause(transfer: Transfer) -> None:
        if transfer.done >= 10_000_000 and not at:
            threading.Timer(0.3, lambda: (at.append(time.monotonic()), paused.set())).start()

    with pytest.raises(Cancelled):
        store.fetch(ENTRY, pause, paused)
    assert time.monotonic() - at[0] < 1.5
    hub.stall_after = 0
    store.fetch(ENTRY, quiet, Event())
    assert store.verify(ENTRY, quiet, Event()) == []


def test_going_on_shows_how_far_the_check_of_what_is_here_is(store: Store, hub: Hub) -> None:
    paused = Event()
    with pytest.raises(Cancelled):
        store.fetch(ENTRY, lambda t: paused.set() if t.done > 20_000_000 else None, paused)
    seen: list[Transfer] = []
    store.fetch(ENTRY, seen.append, Event())
    assert any(0 < t.done <= 20_000_000 for t in seen)
    assert store.state(ENTRY).status == "present"


def test_one_at_a_time_and_the_other_one_says_so(store: Store, hub: Hub, tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from threading import Event\n"
        "from tests.engine.models.test_store import ENTRY, Store\n"
        f"Store(Path({str(tmp_path / 'models')!r}), endpoint={hub.address!r})"
        ".fetch(ENTRY, lambda t: print(t.done, flush=True), Event())"
    )
    hub.stall_after = 12_000_000
    root = Path(__file__).resolve().parents[3]
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root)
    assert other.stdout is not None
    for line in other.stdout:
        if int(line) >= 10_000_000:
            break
    for work in (store.fetch, store.verify):
        with pytest.raises(RunFailed, match=r"Another window or command .* Some model"):
            work(ENTRY, quiet, Event())
    with pytest.raises(RunFailed, match="Another window or command"):
        store.remove(ENTRY)
    other.kill()
    other.wait()
    other.stdout.close()
    hub.stall_after = 0
    store.fetch(ENTRY, quiet, Event())  # a lock does not outlive the one who held it
    assert store.verify(ENTRY, quiet, Event()) == []


def test_a_place_that_cannot_be_written_is_a_sentence(hub: Hub, tmp_path: Path) -> None:
    (tmp_path / "models").write_text("in the way")
    with pytest.raises(OutputError, match=r"cannot be written.*another models folder"):
        Store(tmp_path / "models", endpoint=hub.address).fetch(ENTRY, quiet, Event())


def test_mirror_and_token_are_kept_for_this_user_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNFLATTEN_CONFIG", str(tmp_path))
    assert access.load() == access.Access()
    access.save(access.Access("http://mirror", "secret"))
    assert access.load() == access.Access("http://mirror", "secret")
    if os.name == "posix":
        assert access.path().stat().st_mode & 0o077 == 0
    assert "http://mirror" not in access.path().read_text(), "it is a setting"
    access.path().write_text("no json")
    assert access.load() == access.Access("http://mirror")


def test_removing_gives_the_space_back(store: Store) -> None:
    store.fetch(ENTRY, quiet, Event())
    assert store.remove(ENTRY) > len(BIG)
    assert store.state(ENTRY).status == "absent"
    with pytest.raises(InputError, match="was not fetched"):
        store.verify(ENTRY, quiet, Event())


def test_the_catalogue_is_honest() -> None:
    assert {e.id for e in CATALOG.values()} == set(CATALOG)
    assert all("Apache-2.0" in str(e.licence) for e in CATALOG.values())
    assert entry_for("qwen-image-layered").gigabytes > 50
    with pytest.raises(InputError, match="qwen-image-layered"):
        entry_for("stable-diffusion")
