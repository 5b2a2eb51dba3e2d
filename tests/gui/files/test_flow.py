"""What is asked before anything goes, and what follows each answer."""

from __future__ import annotations

import gc
import threading
import weakref
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from PySide6.QtWidgets import QFileDialog, QMessageBox, QPushButton

from engine.document import Layer
from engine.errors import OutputError
from engine.opening.layered import open_layered
from export.registry import ExportOptions
from gui import jobs
from gui.dialogs.export import ExportDialog
from gui.files import files as files_module
from tests.gui.answers import answer, choose_file, shown


@pytest.fixture
def changed(opened):
    """The card with an edit that is not exported."""
    opened.session.apply("Fade", lambda d: replace(d, nodes=(replace(d.nodes[0], opacity=0.5),)))
    assert opened.isWindowModified()
    return opened


def export_to(window, qtbot, path) -> None:
    """Fill in the export dialog and press its button."""
    dialog = shown(window, qtbot, ExportDialog)
    dialog.show_target(path)
    next(b for b in dialog.findChildren(QPushButton) if b.objectName() == "primary").click()


def questions(window) -> list[QMessageBox]:
    return [box for box in window.findChildren(QMessageBox) if box.isVisible()]


def settled(window, qtbot) -> None:
    """Nothing is asked, read or written any more."""
    qtbot.waitUntil(lambda: not window.files.running and not questions(window), timeout=20_000)
    qtbot.wait(50)


# -- quit, close and open, with Export…


def test_quit_then_export_exports_and_quits(changed, tmp_path, qtbot):
    changed.close()
    answer(changed, qtbot, "Export…")
    export_to(changed, qtbot, tmp_path / "out.psd")
    qtbot.waitUntil(lambda: not changed.isVisible(), timeout=20_000)
    assert (tmp_path / "out.psd").exists()


def test_close_then_export_exports_and_closes(changed, tmp_path, qtbot):
    changed.close_document()
    answer(changed, qtbot, "Export…")
    export_to(changed, qtbot, tmp_path / "out.psd")
    qtbot.waitUntil(lambda: not changed.session.is_open, timeout=20_000)
    assert (tmp_path / "out.psd").exists()
    assert changed.isVisible()


def test_open_then_export_exports_and_opens(changed, tmp_path, qtbot):
    Image.new("RGB", (60, 50), "green").save(tmp_path / "other.png")
    changed.files.open_path(tmp_path / "other.png")
    answer(changed, qtbot, "Export…")
    export_to(changed, qtbot, tmp_path / "out.psd")
    qtbot.waitUntil(lambda: changed.session.document.width == 60, timeout=20_000)
    assert (tmp_path / "out.psd").exists()


def test_after_export_and_close_nothing_holds_the_document(changed, tmp_path, qtbot):
    document = changed.session.document
    seen = [weakref.ref(document.original), weakref.ref(document.nodes[0].pixels)]
    del document
    changed.close_document()
    answer(changed, qtbot, "Export…")
    export_to(changed, qtbot, tmp_path / "out.psd")
    qtbot.waitUntil(lambda: not changed.session.is_open, timeout=20_000)
    settled(changed, qtbot)
    assert jobs.wait(5)
    gc.collect()
    assert [ref() for ref in seen] == [None, None]


def test_after_a_run_and_a_close_nothing_holds_the_document(opened, qtbot):
    document = opened.session.document
    opened.decompose.button.click()
    qtbot.waitUntil(lambda: not opened.controller.running, timeout=60_000)
    made = opened.session.document
    assert len(made.layers()) == 3
    seen = [weakref.ref(document.original), *(weakref.ref(layer.pixels) for layer in made.layers())]
    del document, made
    opened.close_document()
    answer(opened, qtbot, "Go on without")
    qtbot.waitUntil(lambda: not opened.session.is_open)
    settled(opened, qtbot)
    gc.collect()
    assert [ref() for ref in seen] == [None] * 4


@pytest.mark.parametrize("start", ["close", "close_document"])
def test_a_cancelled_export_dialog_stays(changed, qtbot, start):
    before = changed.session.document
    getattr(changed, start)()
    answer(changed, qtbot, "Export…")
    shown(changed, qtbot, ExportDialog).reject()
    settled(changed, qtbot)
    assert changed.isVisible()
    assert changed.session.document is before
    assert changed.isWindowModified()


@pytest.mark.parametrize("start", ["close", "close_document"])
def test_a_failed_export_stays_and_says_why(changed, tmp_path, qtbot, monkeypatch, start):
    def fail(*_args):
        raise OutputError("export.disk-full", target="out.psd")

    monkeypatch.setattr("export.registry.export", fail)
    before = changed.session.document
    getattr(changed, start)()
    answer(changed, qtbot, "Export…")
    export_to(changed, qtbot, tmp_path / "out.psd")
    box = shown(changed, qtbot)
    assert "disk is full" in box.text()
    box.accept()
    settled(changed, qtbot)
    assert changed.isVisible()
    assert changed.session.document is before


def test_what_is_edited_while_the_export_runs_is_asked_about_again(changed, tmp_path, qtbot, monkeypatch):
    go = hold_exports(monkeypatch)
    changed.close_document()
    answer(changed, qtbot, "Export…")
    export_to(changed, qtbot, tmp_path / "out.psd")
    qtbot.waitUntil(lambda: changed.files.running)
    changed.session.apply("Fade", lambda d: replace(d, nodes=(replace(d.nodes[0], opacity=0.25),)))
    go.set()
    answer(changed, qtbot, "Cancel")
    settled(changed, qtbot)
    assert changed.session.document.nodes[0].opacity == 0.25
    assert (tmp_path / "out.psd").exists()


def test_quitting_twice_asks_once(changed, qtbot):
    changed.close()
    changed.close()
    shown(changed, qtbot)
    qtbot.wait(50)
    assert len(questions(changed)) == 1
    answer(changed, qtbot, "Cancel")
    settled(changed, qtbot)
    assert changed.isVisible()
    changed.close()
    answer(changed, qtbot, "Go on without")
    qtbot.waitUntil(lambda: not changed.isVisible())


# -- cancel


def slow_opening(monkeypatch, hears: bool) -> threading.Event:
    """Opening takes until the event is set, or, where it hears, until it is cancelled."""
    go = threading.Event()

    def slow(path, check):
        while not go.wait(0.01):
            if hears:
                check()
        return open_layered(path)

    monkeypatch.setattr(files_module, "open_layered", slow)
    return go


@pytest.mark.parametrize("hears", [True, False])
def test_open_then_cancel_never_opens(window, card, qtbot, monkeypatch, hears):
    go = slow_opening(monkeypatch, hears)
    window.files.open_path(card)
    qtbot.waitUntil(window.status.opening.stop.isVisible)
    window.status.opening.stop.click()
    qtbot.waitUntil(lambda: not window.files.running, timeout=2_000)
    assert not window.status.opening.isVisible()
    assert "nothing was opened" in window.status.currentMessage()
    go.set()
    assert jobs.wait(5)
    qtbot.wait(100)
    assert not window.session.is_open


def test_the_next_file_opens_while_one_that_was_cancelled_hears_nothing(window, card, tmp_path, qtbot, monkeypatch):
    go = slow_opening(monkeypatch, hears=False)
    window.files.open_path(card)
    qtbot.waitUntil(window.status.opening.stop.isVisible)
    window.status.opening.stop.click()
    qtbot.waitUntil(lambda: not window.files.running)
    monkeypatch.undo()
    Image.new("RGB", (60, 50), "green").save(tmp_path / "other.png")
    window.files.open_path(tmp_path / "other.png")
    qtbot.waitUntil(lambda: window.session.is_open, timeout=10_000)
    go.set()
    assert jobs.wait(5)
    qtbot.wait(50)
    assert window.session.document.width == 60


def test_what_was_edited_while_a_file_was_read_is_asked_about(opened, tmp_path, qtbot, monkeypatch):
    Image.new("RGB", (60, 50), "green").save(tmp_path / "other.png")
    go = slow_opening(monkeypatch, hears=True)
    opened.files.open_path(tmp_path / "other.png")
    qtbot.waitUntil(opened.status.opening.stop.isVisible)
    opened.session.apply("Fade", lambda d: replace(d, nodes=(replace(d.nodes[0], opacity=0.5),)))
    go.set()
    answer(opened, qtbot, "Cancel")
    settled(opened, qtbot)
    assert opened.session.document.width == 480


def test_a_file_that_was_in_place_before_the_cancel_is_not_denied(opened, tmp_path, qtbot, monkeypatch):
    from export import registry

    in_place, real = threading.Event(), registry.export

    def deaf_at_the_end(*arguments):
        paths = real(*arguments[:4])
        in_place.set()
        assert arguments[5].wait(10)
        return paths

    monkeypatch.setattr(registry, "export", deaf_at_the_end)
    opened.files.export(tmp_path / "a.psd", "psd", ExportOptions())
    qtbot.waitUntil(in_place.is_set, timeout=10_000)
    opened.status.exports.stop.click()
    qtbot.waitUntil(lambda: not opened.files.running)
    assert "a.psd was written before" in opened.status.currentMessage()


def test_two_files_at_once_are_one_and_a_sentence(window, card, tmp_path, qtbot):
    Image.new("RGB", (60, 50), "green").save(tmp_path / "other.png")
    window.files.open_path(card)
    window.files.open_path(tmp_path / "other.png")
    qtbot.waitUntil(lambda: window.session.is_open and not window.files.running, timeout=10_000)
    assert window.session.document.width == 480
    assert "Wait until the file before is done" in window.status.currentMessage()


# -- the queue of exports


def hold_exports(monkeypatch) -> threading.Event:
    """Every export waits until the event is set, or until it is cancelled."""
    from engine.errors import Cancelled
    from export import registry

    go = threading.Event()
    real = registry.export

    def held(document, target, format_id, options, report, cancelled):
        while not go.wait(0.01):
            if cancelled.is_set():
                raise Cancelled
        return real(document, target, format_id, options, report, cancelled)

    monkeypatch.setattr(registry, "export", held)
    return go


def test_a_second_export_waits_its_turn_and_is_shown(opened, tmp_path, qtbot, monkeypatch):
    go = hold_exports(monkeypatch)
    shows = opened.status.exports
    for name in ("a.psd", "b.psd", "c.psd"):
        opened.files.export(tmp_path / name, "psd", ExportOptions())
    assert shows.title.text() == "Exporting a.psd, then 2 more"
    assert shows.toolTip().split("\n") == ["a.psd", "b.psd", "c.psd"]
    assert not list(tmp_path.glob("*.psd"))
    go.set()
    qtbot.waitUntil(lambda: not opened.files.running, timeout=30_000)
    assert sorted(path.name for path in tmp_path.glob("*.psd")) == ["a.psd", "b.psd", "c.psd"]
    assert not shows.isVisible()


def test_each_export_writes_what_was_there_when_it_was_asked_for(opened, tmp_path, qtbot, monkeypatch):
    go = hold_exports(monkeypatch)
    opened.files.export(tmp_path / "a.psd", "psd", ExportOptions())
    opened.files.export(tmp_path / "b.png", "png", ExportOptions())
    opened.session.apply("Add", lambda d: replace(d, nodes=(*d.nodes, Layer(np.full((9, 9, 4), 255, np.uint8)))))
    go.set()
    qtbot.waitUntil(lambda: not opened.files.running, timeout=30_000)
    assert len(list((tmp_path / "b.png").glob("*.png"))) <= 2
    assert opened.isWindowModified(), "what was added later is in neither"


def test_cancel_ends_the_one_that_is_written_and_the_next_begins(opened, tmp_path, qtbot, monkeypatch):
    go = hold_exports(monkeypatch)
    shows = opened.status.exports
    opened.files.export(tmp_path / "a.psd", "psd", ExportOptions())
    opened.files.export(tmp_path / "b.psd", "psd", ExportOptions())
    assert shows.title.text() == "Exporting a.psd, then b.psd"
    shows.stop.click()
    assert not shows.stop.isEnabled()
    qtbot.waitUntil(lambda: shows.title.text() == "Exporting b.psd")
    assert shows.stop.isEnabled()
    go.set()
    qtbot.waitUntil(lambda: not opened.files.running, timeout=30_000)
    assert [path.name for path in tmp_path.glob("*.psd")] == ["b.psd"]


def test_quitting_while_something_is_written_asks_and_can_wait(opened, tmp_path, qtbot, monkeypatch):
    go = hold_exports(monkeypatch)
    opened.files.export(tmp_path / "a.psd", "psd", ExportOptions())
    opened.close()
    assert "a.psd is not written yet" in shown(opened, qtbot).text()
    answer(opened, qtbot, "Wait")
    qtbot.wait(50)
    assert opened.isVisible()
    go.set()
    qtbot.waitUntil(lambda: not opened.isVisible(), timeout=20_000)
    assert (tmp_path / "a.psd").exists()


def test_quitting_without_what_is_written_leaves_no_file(opened, tmp_path, qtbot, monkeypatch):
    hold_exports(monkeypatch)
    for name in ("a.psd", "b.psd"):
        opened.files.export(tmp_path / name, "psd", ExportOptions())
    opened.close()
    assert "2 exports" in shown(opened, qtbot).text()
    answer(opened, qtbot, "Quit without")
    qtbot.waitUntil(lambda: not opened.isVisible())
    assert jobs.wait(5)
    assert [path.name for path in tmp_path.iterdir()] == ["card.png"]


# -- dialogs


def test_a_file_dialog_is_opened_not_run_and_other_flows_go_on(window, card, qtbot):
    window.files.open_dialog()
    dialog = shown(window, qtbot, QFileDialog)
    assert not window.session.is_open
    window.files.open_path(card)  # as from a drop, while the dialog is up
    qtbot.waitUntil(lambda: window.session.is_open, timeout=10_000)
    dialog.reject()
    qtbot.waitUntil(lambda: not window.findChildren(QFileDialog))


def test_closing_takes_an_open_question_with_it(changed, qtbot):
    changed.close_document()
    shown(changed, qtbot)
    changed.close_at_once()
    qtbot.waitUntil(lambda: not changed.isVisible())
    qtbot.waitUntil(lambda: not questions(changed))


def test_a_folder_is_chosen_for_several_layers(separated, tmp_path, qtbot):
    target = tmp_path / "layers"
    target.mkdir()
    separated.session.select([layer.id for layer in separated.session.document.layers()])
    separated.files.export_layers_dialog()
    choose_file(separated, qtbot, target)
    qtbot.waitUntil(lambda: len(list(target.iterdir())) == 3 and not separated.files.running, timeout=20_000)
