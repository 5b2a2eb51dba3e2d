"""The model manager against a hub on this machine: download, pause, verify, use, remove, and closing it meanwhile."""

import os
import time

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.models import access, store
from engine.models.catalog import LICENCE, ModelEntry, Source
from gui import jobs
from gui.dialogs.models import ModelsDialog
from gui.settings import preferences
from tests.engine.models.hub import Hub
from tests.gui.answers import answer, choose_file, shown

pytestmark = pytest.mark.filterwarnings("ignore")
BIG = np.random.default_rng(0).integers(0, 256, 20_000_000, dtype=np.uint8).tobytes()
WHOLE = ModelEntry("whole", "The whole model", (Source("a/b"),), 0.02, LICENCE, "Advice.")
GGUF = ModelEntry("small", "As GGUF", (Source("a/b"),), 0.02, LICENCE, "Advice.", gguf="denoiser.gguf")


@pytest.fixture
def catalog(monkeypatch) -> dict[str, ModelEntry]:
    """The models that there are."""
    entries = {e.id: e for e in (WHOLE, GGUF)}
    monkeypatch.setattr(store, "CATALOG", entries)
    return entries


@pytest.fixture
def hub(tmp_path, monkeypatch, catalog):
    monkeypatch.setenv("UNFLATTEN_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("UNFLATTEN_CONFIG", str(tmp_path / "config"))
    server = Hub("a/b", {"model_index.json": b"{}", "denoiser.gguf": BIG})
    yield server
    server.close()


@pytest.fixture
def dialog(hub, qtbot):
    access.save(access.Access(hub.address))
    made = ModelsDialog()
    qtbot.addWidget(made)
    made.open()
    yield made
    made.close_jobs()


def click(button) -> None:
    assert button.isEnabled()
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def idle(dialog, qtbot) -> None:
    qtbot.waitUntil(lambda: not dialog.running, timeout=20_000)


def here(dialog, row=0) -> str:
    return dialog.list.topLevelItem(row).text(2)


def test_a_model_is_downloaded_checked_used_and_removed_after_a_question(dialog, qtbot):
    assert here(dialog) == "Not here"
    assert "of the disk are free" in dialog.about.text()
    assert "Apache-2.0" in dialog.about.text()
    dialog.list.setCurrentItem(dialog.list.topLevelItem(1))
    click(dialog.fetch)
    idle(dialog, qtbot)
    assert here(dialog, 1) == "In use", "the only one that is here, where none is chosen"
    assert "is complete" in dialog.state.text()
    click(dialog.verify)
    idle(dialog, qtbot)
    assert dialog.state.text() == "Every file is whole."
    preferences().set("engines.qwen.model", "/own")
    dialog.open()
    assert here(dialog, 1) == "Here"
    click(dialog.use)
    assert here(dialog, 1) == "In use"
    folder = dialog.store.folder(GGUF)
    assert preferences().get("engines.qwen.model") == str(folder)
    assert preferences().get("engines.qwen.gguf") == str(folder / "denoiser.gguf")
    click(dialog.remove)
    answer(dialog, qtbot, "Cancel")
    assert folder.is_dir()
    click(dialog.remove)
    assert "As GGUF" in shown(dialog, qtbot).text()
    answer(dialog, qtbot, "Delete")
    qtbot.waitUntil(lambda: not folder.exists(), timeout=10_000)
    idle(dialog, qtbot)
    assert here(dialog, 1) == "Not here"
    assert dialog.form.folder.text() == dialog.form.gguf.text() == "", "what is gone is not used any more"


def test_a_model_of_the_built_in_engine_is_never_the_weights_of_a_run(dialog, qtbot, catalog):
    other = ModelEntry("other", "Something else", (Source("a/b"),), 0.005, LICENCE, "Advice.", chosen=False)
    catalog["other"] = other
    dialog.open()
    dialog.list.setCurrentItem(dialog.list.topLevelItem(2))
    assert dialog.list.currentItem().text(1) == "5 MB"
    click(dialog.fetch)
    idle(dialog, qtbot)
    assert here(dialog, 2) == "Here"
    assert not dialog.use.isEnabled()
    assert dialog.verify.isEnabled()


def test_a_folder_and_a_file_of_ones_own_are_chosen_by_browsing(dialog, qtbot, tmp_path):
    (tmp_path / "own").mkdir()
    (tmp_path / "own.gguf").write_bytes(b"")
    click(dialog.form.browse_folder)
    choose_file(dialog, qtbot, tmp_path / "own")
    qtbot.waitUntil(lambda: dialog.form.folder.text() == str(tmp_path / "own"), timeout=5_000)
    click(dialog.form.browse_gguf)
    choose_file(dialog, qtbot, tmp_path / "own.gguf")
    qtbot.waitUntil(lambda: dialog.form.gguf.text() == str(tmp_path / "own.gguf"), timeout=5_000)
    assert preferences().get("engines.qwen.model") == str(tmp_path / "own")
    assert preferences().get("engines.qwen.gguf") == str(tmp_path / "own.gguf")


def test_pause_on_a_silent_network_and_resume(dialog, hub, qtbot):
    hub.stall_after = 12_000_000
    click(dialog.fetch)
    qtbot.waitUntil(lambda: dialog.bar.value() >= 500, timeout=10_000)
    click(dialog.pause)
    qtbot.waitUntil(lambda: not dialog.running, timeout=2_000)
    assert "goes on where it stopped" in dialog.state.text()
    assert here(dialog).startswith("Partly here")
    assert dialog.fetch.text() == "Resume"
    hub.stall_after = 0
    click(dialog.fetch)
    idle(dialog, qtbot)
    assert here(dialog) == "In use"
    assert any(asked.startswith("bytes=") for _, _, asked in hub.seen)


def test_closing_the_manager_or_the_window_never_waits_for_the_network(dialog, hub, qtbot):
    hub.stall_after = 12_000_000
    click(dialog.fetch)
    qtbot.waitUntil(lambda: dialog.bar.value() >= 500, timeout=10_000)
    started = time.monotonic()
    dialog.reject()
    assert time.monotonic() - started < 0.5
    idle(dialog, qtbot)
    dialog.open()
    click(dialog.fetch)
    qtbot.waitUntil(lambda: dialog.running, timeout=5_000)
    QTest.qWait(300)
    started = time.monotonic()
    dialog.close_jobs()
    assert time.monotonic() - started < 2


def test_a_second_program_at_the_same_model_is_told_so(dialog, hub, qtbot):
    with dialog.store.alone(WHOLE):
        click(dialog.fetch)
        idle(dialog, qtbot)
    assert "Another window or command" in dialog.state.text()
    click(dialog.fetch)
    idle(dialog, qtbot)
    assert here(dialog) == "In use"


def test_what_the_hub_or_the_disk_refuses_is_said(dialog, hub, qtbot, tmp_path):
    hub.token = "secret"
    click(dialog.fetch)
    idle(dialog, qtbot)
    assert "token" in dialog.state.text()
    dialog.form.token.setText("secret")
    dialog.form.token.editingFinished.emit()
    click(dialog.fetch)
    idle(dialog, qtbot)
    assert here(dialog) == "In use"


@pytest.mark.skipif(os.name != "posix", reason="POSIX permissions")
def test_the_token_is_not_among_the_settings_and_only_this_user_can_read_it(dialog):
    dialog.form.token.setText("very secret")
    dialog.form.token.editingFinished.emit()
    assert access.load().token == "very secret"
    assert access.path().stat().st_mode & 0o077 == 0
    assert "secret" not in str(preferences().now)
    assert dialog.form.token.echoMode() == dialog.form.token.EchoMode.Password


def test_the_window_closes_the_manager_with_it(hub, window, qtbot):
    access.save(access.Access(hub.address))
    window.show_dialog("models")
    first = window.dialogs.models
    first.reject()
    window.show_dialog("models")
    assert window.dialogs.models is first
    hub.stall_after = 12_000_000
    click(first.fetch)
    qtbot.waitUntil(lambda: first.bar.value() >= 500, timeout=10_000)
    window.close()
    assert jobs.wait(10)
