"""`unflatten models` against a hub on this machine."""

import numpy as np
import pytest

from engine.models import access, store
from engine.models.catalog import LICENCE, ModelEntry, Source
from tests.engine.models.hub import Hub

pytestmark = pytest.mark.filterwarnings("ignore")
BIG = np.random.default_rng(0).integers(0, 256, 3_000_000, dtype=np.uint8).tobytes()
ENTRY = ModelEntry("some-model", "Some model", (Source("a/b"),), 0.003, LICENCE, "")


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(store, "CATALOG", {ENTRY.id: ENTRY})
    server = Hub("a/b", {"model_index.json": b"{}", "vae/weights.safetensors": BIG})
    yield server
    server.close()


def test_a_model_is_listed_fetched_verified_and_removed(run, hub):
    listed = run("models", "list")
    assert "some-model" in listed.stdout
    assert "absent" in listed.stdout
    assert "of the disk are free" in listed.stdout
    fetched = run("models", "fetch", "some-model", "--mirror", hub.address)
    assert fetched.exit_code == 0, fetched.output
    assert "Some model is at" in fetched.stdout
    assert "GB of the disk are free. Licence: Apache-2.0" in fetched.stderr
    assert "present" in run("models", "list").stdout
    assert run("models", "verify", "some-model").stdout == "Every file is whole.\n"
    path = store.Store().folder(ENTRY) / "vae" / "weights.safetensors"
    path.write_bytes(BIG[:-1] + b"!" if BIG[-1:] != b"!" else BIG[:-1] + b"?")
    bad = run("models", "verify", "some-model")
    assert bad.exit_code == 1
    assert "1 files were missing or damaged; run: unflatten models fetch some-model" in bad.stderr
    assert "are free again" in run("models", "remove", "some-model").stdout
    assert "absent" in run("models", "list").stdout


def test_the_windows_mirror_and_token_are_used_and_flags_win(run, hub):
    hub.token = "secret"
    access.save(access.Access(hub.address, "secret"))
    assert run("models", "fetch", "some-model").exit_code == 0
    run("models", "remove", "some-model")
    refused = run("models", "fetch", "some-model", "--token", "wrong")
    assert refused.exit_code == 2
    assert "token" in refused.stderr
    access.save(access.Access("http://127.0.0.1:1", "wrong"))
    assert run("models", "fetch", "some-model", "--mirror", hub.address, "--token", "secret").exit_code == 0


def test_ctrl_c_says_that_the_download_goes_on_next_time(run, hub, monkeypatch):
    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(store.Store, "fetch", interrupted)
    stopped = run("models", "fetch", "some-model", "--mirror", hub.address)
    assert stopped.exit_code == 130
    assert "what came so far is kept, and the same command goes on from there" in stopped.stderr


def test_unknown_models_and_a_silent_mirror_are_sentences(run, hub):
    unknown = run("models", "fetch", "magic")
    assert unknown.exit_code == 2
    assert "some-model" in unknown.stderr
    nobody = run("models", "fetch", "some-model", "--mirror", "http://127.0.0.1:1")
    assert nobody.exit_code == 1
    assert "Check the network" in nobody.stderr
    never = run("models", "verify", "some-model")
    assert "was not fetched" in never.stderr
