"""The main job through the real window: open, decompose, edit, undo, export - and what goes wrong on the way."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QGuiApplication, QImage, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMessageBox, QPushButton

from engine.document import Layer
from engine.imaging.compositing import composite
from export.registry import ExportOptions
from gui.actions.palette import CommandPalette
from gui.actions.shortcuts import ShortcutsDialog, rows
from gui.actions.table import ACTIONS
from gui.dialogs.export import ExportDialog


def stacked(window) -> np.ndarray:
    return composite(window.session.document)


def layer_named(window, text: str):
    return next(layer for layer in window.session.document.layers() if text.casefold() in layer.name.casefold())


def drop(window, mime: QMimeData) -> None:
    at = QPoint(300, 300)
    enter = QDragEnterEvent(
        at, Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    )
    window.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.dropEvent(
        QDropEvent(
            QPointF(at), Qt.DropAction.CopyAction, mime, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
        )
    )


def error_box(window, qtbot) -> QMessageBox:
    qtbot.waitUntil(lambda: bool(window.findChildren(QMessageBox)), timeout=5000)
    return window.findChildren(QMessageBox)[-1]


@pytest.mark.filterwarnings("ignore:.*QDragEnterEvent:DeprecationWarning")
def test_a_dropped_file_is_opened_and_named_in_the_title(window, card, qtbot):
    assert window.welcome.isVisible()
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(card))])
    drop(window, mime)
    qtbot.waitUntil(lambda: window.session.is_open)
    assert window.canvas.isVisible()
    assert window.windowTitle().startswith("card.png")
    assert [p.name for p in window.files.recent()] == ["card.png"]


def test_a_file_that_is_opened_by_another_way_to_its_folder_is_recent_once(window, card, qtbot):
    for path in (card, card.parent / ".." / card.parent.name / card.name):
        before = window.session.document if window.session.is_open else None
        window.files.open_path(path)
        qtbot.waitUntil(lambda before=before: window.session.is_open and window.session.document is not before)
    assert window.files.recent() == [card]


def test_a_picture_is_pasted_as_the_document_and_then_as_a_layer(window, qtbot):
    picture = QImage(40, 30, QImage.Format.Format_RGBA8888)
    picture.fill(Qt.GlobalColor.red)
    QGuiApplication.clipboard().setImage(picture)
    window.actions_by_id["paste"].trigger()
    qtbot.waitUntil(lambda: window.session.is_open)
    assert (window.session.document.width, window.session.document.height) == (40, 30)
    window.actions_by_id["paste"].trigger()
    qtbot.waitUntil(lambda: len(window.session.document.nodes) == 2)
    assert window.session.stack.undoText() == "Paste"


def test_the_status_bar_follows_the_documents_size_and_profile(opened):
    told = opened.status.document_words
    before = told()
    opened.session.apply("Crop", lambda d: replace(d, width=123, height=45, icc_name="Display P3"))
    assert told() == ("123 × 45 px", "Display P3")
    opened.session.stack.undo()
    assert told() == before


def test_decompose_gives_named_layers_as_one_undo_step(opened, card, qtbot):
    separated = opened
    QTest.mouseClick(opened.decompose.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not opened.controller.running, timeout=60_000)
    layers = separated.session.document.layers()
    assert [layer.kind for layer in layers] == ["background", "shape", "shape"]
    assert np.abs(stacked(separated)[..., :3].astype(int) - np.asarray(Image.open(card))).max() <= 1
    assert "3 layers" in separated.decompose.outcome.text()
    assert "exactly your image" in separated.decompose.outcome.text()
    separated.session.stack.undo()
    assert [layer.name for layer in separated.session.document.layers()] == ["Image"]
    assert not separated.session.stack.canUndo()


@pytest.mark.parametrize("by", ["button", "action"])
def test_the_window_stays_usable_during_a_run_and_cancel_changes_nothing(opened, qtbot, by):
    before = opened.session.document
    opened.decompose.button.click()
    assert opened.controller.running
    assert opened.decompose.cancel.isVisible()
    assert not opened.actions_by_id["decompose"].isEnabled()
    zoom = opened.canvas.zoom
    opened.canvas.zoom_in()
    assert opened.canvas.zoom > zoom
    if by == "button":
        QTest.mouseClick(opened.decompose.cancel, Qt.MouseButton.LeftButton)
    else:
        opened.actions_by_id["cancel_run"].trigger()
    assert opened.decompose.cancel.text() == "Cancelling…"
    qtbot.waitUntil(lambda: not opened.controller.running, timeout=30_000)
    assert opened.session.document is before
    assert "Cancelled" in opened.decompose.outcome.text()
    assert opened.decompose.button.isVisible()


def test_closing_the_image_during_a_run_ends_the_run_and_says_so(opened, qtbot):
    opened.decompose.button.click()
    qtbot.waitUntil(lambda: opened.controller.running)
    with qtbot.waitSignal(opened.controller.stopped, timeout=20_000) as stopped:
        opened.actions_by_id["close"].trigger()
    assert stopped.args == ["Cancelled: the image was closed."]
    assert not opened.session.is_open


def test_opening_another_image_during_a_run_drops_the_run(opened, tmp_path, qtbot):
    other = tmp_path / "other.png"
    Image.new("RGB", (60, 50), "green").save(other)
    opened.decompose.button.click()
    opened.files.open_path(other)
    qtbot.waitUntil(lambda: opened.session.document.width == 60, timeout=30_000)
    qtbot.waitUntil(lambda: not opened.controller.running, timeout=30_000)
    assert [layer.name for layer in opened.session.document.layers()] == ["Image"]


def test_a_layer_is_dragged_on_the_canvas_undone_and_redone(separated, qtbot):
    canvas = separated.canvas
    canvas.actual_size()
    disc = next(layer for layer in separated.session.document.layers() if layer.left < 100 and layer.kind == "shape")
    centre = canvas.rect().center() + QPoint(140 - 240, 140 - 160)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, centre)
    for step in (5, 12, 20, 25):
        QTest.mouseMove(canvas, centre + QPoint(step, step // 2))
        QTest.qWait(5)
    release = centre + QPoint(25, 12)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, release)
    assert separated.session.selection == (disc.id,)
    moved = separated.session.document.layer(disc.id).transform
    snap = 10  # it may snap to what is near
    assert abs(moved.dx - 25) <= snap
    assert abs(moved.dy - 12) <= snap
    assert (moved.dx, moved.dy) == (int(moved.dx), int(moved.dy))
    assert separated.session.stack.undoText().startswith("Move")
    QTest.keySequence(separated, QKeySequence("Ctrl+Z"))
    assert separated.session.document.layer(disc.id).transform.is_identity
    QTest.keySequence(separated, QKeySequence("Ctrl+Shift+Z"))
    assert separated.session.document.layer(disc.id).transform == moved


def test_export_writes_what_is_seen(separated, tmp_path, qtbot):
    disc = separated.session.document.layers()[1]
    separated.session.select([disc.id])
    separated.canvas.setFocus()
    for _ in range(3):
        QTest.keyClick(separated.canvas, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert separated.session.document.layer(disc.id).transform.dx == 30
    assert separated.isWindowModified()
    seen = stacked(separated)
    separated.files.export(tmp_path / "a.psd", "psd", ExportOptions())
    qtbot.waitUntil(lambda: not separated.files.running, timeout=20_000)
    from psd_tools import PSDImage

    psd = PSDImage.open(tmp_path / "a.psd")
    assert [layer.name for layer in psd] == [layer.name for layer in separated.session.document.layers()]
    got = np.asarray(psd.composite(force=True).convert("RGBA")).astype(int)
    assert np.abs(got - seen).max() <= 2
    assert not separated.isWindowModified()
    separated.files.export(tmp_path / "stack", "png", ExportOptions())
    qtbot.waitUntil(lambda: not separated.files.running, timeout=20_000)
    listed = json.loads((tmp_path / "stack" / "layers.json").read_text())
    assert len(listed["layers"]) == 3


def test_where_the_images_folder_cannot_be_written_home_is_proposed(window, card, qtbot, monkeypatch):
    """As the sample's, in a program that is installed for everybody."""
    window.files.open_path(card)
    qtbot.waitUntil(lambda: window.session.is_open)
    monkeypatch.setattr("os.access", lambda path, _mode: path != card.parent)
    dialog = ExportDialog(window.session.document, window)
    assert dialog.target().parent == Path.home()


def test_export_dialog_refuses_the_source_and_says_what_it_replaces(opened, card, tmp_path):
    dialog = ExportDialog(opened.session.document, opened)
    assert dialog.target().name == "card-layers.psd"
    export = next(b for b in dialog.findChildren(QPushButton) if b.objectName() == "primary")
    assert export.isEnabled()
    (tmp_path / "old.psd").touch()
    dialog.path.setText(str(tmp_path / "old.psd"))
    assert export.text() == "Replace"
    dialog.path.setText(str(card))
    assert not export.isEnabled()
    dialog.path.setText(str(tmp_path / "no" / "x.psd"))
    assert not export.isEnabled()
    dialog.reject()


@pytest.mark.parametrize(("name", "content", "said"), [("a.png", b"", "empty"), ("b.png", b"text", "not an image")])
def test_a_bad_file_gets_a_sentence_and_the_document_stays(opened, tmp_path, qtbot, name, content, said):
    before = opened.session.document
    (tmp_path / name).write_bytes(content)
    opened.files.open_path(tmp_path / name)
    box = error_box(opened, qtbot)
    assert said in box.text()
    box.accept()
    assert opened.session.document is before


def test_closing_with_unsaved_changes_asks_first(separated, qtbot):
    separated.close()
    box = error_box(separated, qtbot)
    assert separated.isVisible()
    assert "not exported" in box.text()
    next(b for b in box.buttons() if b.text() == "Go on without").click()
    qtbot.waitUntil(lambda: not separated.isVisible())


def test_every_shortcut_is_used_once(window):
    keys = [(key, a.id) for a in ACTIONS for key in a.shortcuts]
    assert len({key for key, _ in keys}) == len(keys)
    assert len({a.id for a in ACTIONS}) == len(ACTIONS)
    assert len(rows()) >= 30


def test_actions_follow_what_is_open_and_selected(window, card, qtbot):
    enabled = {name for name, action in window.actions_by_id.items() if action.isEnabled()}
    looks = {"on_checker", "on_white", "on_black", "on_color", "theme_system", "theme_dark", "theme_light"}
    assert enabled == {"open", "paste", "paste_new", "quit", "models", "palette", "shortcuts", "about"} | looks
    window.files.open_path(card)
    qtbot.waitUntil(lambda: window.session.is_open)
    assert window.actions_by_id["export"].isEnabled()
    assert not window.actions_by_id["delete"].isEnabled()
    window.session.select([window.session.document.nodes[0].id])
    assert window.actions_by_id["delete"].isEnabled()


def test_the_image_as_it_was_shows_only_while_the_key_is_held(separated, qtbot):
    background = separated.session.document.layers()[0]
    separated.session.select([background.id])
    separated.actions_by_id["visible"].trigger()
    separated.canvas.setFocus()
    hidden = separated.canvas.grab().toImage()
    QTest.keyPress(separated.canvas, Qt.Key.Key_Backslash)
    QTest.qWait(50)
    original = separated.canvas.grab().toImage()
    QTest.keyRelease(separated.canvas, Qt.Key.Key_Backslash)
    QTest.qWait(50)
    assert original != hidden
    assert separated.canvas.grab().toImage() == hidden


def test_a_drag_over_the_background_selects_what_it_meets_and_moves_nothing(separated, qtbot):
    canvas, document = separated.canvas, separated.session.document
    canvas.actual_size()
    corner = canvas.rect().center() - QPoint(238, 158)
    far = corner + QPoint(250, 200)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, corner)
    for step in (40, 120, 200):
        QTest.mouseMove(canvas, corner + QPoint(step, step))
    QTest.mouseMove(canvas, far)
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, far)
    assert separated.session.document is document
    disc = next(layer for layer in document.layers() if layer.kind == "shape" and layer.left < 100)
    assert disc.id in separated.session.selection
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, corner)
    assert separated.session.selection == (document.layers()[0].id,)


def test_the_list_of_keys_opens_with_a_question_mark_and_filters(window, qtbot):
    window.activateWindow()
    QTest.keyClick(window, Qt.Key.Key_Question, Qt.KeyboardModifier.ShiftModifier)
    dialog = window.findChild(ShortcutsDialog)
    assert dialog.isVisible()
    dialog.filter.setText("ctrl+shift+d")
    assert [item.text(0) for item in dialog.items.values() if not item.isHidden()] == ["Decompose"]
    dialog.reject()


def test_a_layer_is_cut_and_pasted_back_to_its_place_with_its_alpha(separated, qtbot):
    before = stacked(separated)
    disc = separated.session.document.layers()[2]
    separated.session.select([disc.id])
    separated.actions_by_id["cut"].trigger()
    assert not np.array_equal(stacked(separated), before)
    separated.actions_by_id["paste"].trigger()
    qtbot.waitUntil(lambda: len(separated.session.document.nodes) == 3)
    assert separated.session.document.layers()[-1].name == disc.name
    assert np.abs(stacked(separated).astype(int) - before).max() <= 1
    separated.actions_by_id["copy_merged"].trigger()
    assert QGuiApplication.clipboard().image().width() == 480


def test_a_command_is_found_by_a_few_letters_and_run_with_enter(separated, qtbot):
    separated.session.select([separated.session.document.layers()[1].id])
    separated.actions_by_id["palette"].trigger()
    palette = separated.findChild(CommandPalette)
    QTest.keyClicks(palette.field, "flip v")
    assert palette.list.currentItem().text() == "Flip vertically"
    QTest.keyClick(palette.field, Qt.Key.Key_Return)
    assert separated.session.stack.undoText() == "Flip vertically"


def test_a_selected_rectangle_is_cut_to_a_new_layer_by_its_button(separated, qtbot):
    canvas = separated.canvas
    canvas.actual_size()
    before = stacked(separated)
    disc = next(x for x in separated.session.document.layers() if x.kind == "shape" and x.left < 100)
    separated.session.select([disc.id])
    separated.actions_by_id["select-rectangle"].trigger()
    assert separated.tool_options.isVisible()
    start = canvas.rect().center() + QPoint(60 - 240, 60 - 160)
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for step in (20, 60, 80):
        QTest.mouseMove(canvas, start + QPoint(step, 2 * step))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start + QPoint(80, 160))
    QTest.mouseClick(separated.tool_options.move_area, Qt.MouseButton.LeftButton)
    assert len(separated.session.document.layers()) == 4
    assert np.abs(stacked(separated).astype(int) - before).max() <= 2


def test_the_eyedropper_tints_the_selected_layer_and_gives_the_tool_back(separated, qtbot):
    canvas = separated.canvas
    canvas.actual_size()
    bar = next(x for x in separated.session.document.layers() if x.kind == "shape" and x.left > 200)
    separated.session.select([bar.id])
    separated.inspector.pick_asked.emit()
    assert separated.canvas.tool_id == "eyedropper"
    on_disc = canvas.rect().center() + QPoint(140 - 240, 140 - 160)
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, on_disc)
    assert separated.session.document.layer(bar.id).recolor.colorize == (214, 40, 57)
    assert separated.canvas.tool_id == "move"


def test_an_exported_psd_opens_again_with_its_layers(separated, tmp_path, qtbot):
    names = [layer.name for layer in separated.session.document.layers()]
    before = stacked(separated)
    separated.files.export(tmp_path / "again.psd", "psd", ExportOptions())
    qtbot.waitUntil(lambda: not separated.files.running, timeout=20_000)
    separated.files.open_path(tmp_path / "again.psd")
    qtbot.waitUntil(lambda: separated.windowTitle().startswith("again.psd"), timeout=20_000)
    assert [layer.name for layer in separated.session.document.layers()] == names
    assert np.abs(stacked(separated).astype(int) - before).max() <= 1


def test_an_export_is_cancelled_by_its_button_and_leaves_no_file(separated, tmp_path, qtbot):
    big = Layer(np.random.default_rng(0).integers(0, 256, (4000, 4000, 4), dtype=np.uint8))
    separated.session.apply(
        "Add", lambda d: replace(d, nodes=(*d.nodes, *(replace(big, id=f"n{i}") for i in range(8))))
    )
    separated.files.export(tmp_path / "big.psd", "psd", ExportOptions())
    assert separated.status.exports.stop.isVisible()
    separated.status.exports.stop.click()
    qtbot.waitUntil(lambda: not separated.files.running, timeout=20_000)
    assert not separated.status.exports.stop.isVisible()
    assert not (tmp_path / "big.psd").exists()
    assert [p.name for p in tmp_path.iterdir()] == ["card.png"]
    assert separated.isWindowModified()


def test_undo_reaches_the_document_from_a_number_field(separated, qtbot):
    disc = separated.session.document.layers()[1]
    separated.session.select([disc.id])
    field = separated.inspector.place.left
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, "200")
    QTest.keyClick(field, Qt.Key.Key_Tab)
    assert separated.session.document.layer(disc.id).transform.dx != 0
    QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert separated.session.document.layer(disc.id).transform.is_identity


def test_the_palette_leaves_nothing_in_the_way(separated, qtbot):
    QTest.keyClick(separated.canvas, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    palette = separated.findChild(CommandPalette)
    qtbot.waitUntil(palette.isVisible)
    QTest.keyClick(palette.field, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not palette.isVisible())
    assert QApplication.activeModalWidget() is None
    separated.canvas.actual_size()
    centre = separated.canvas.rect().center() + QPoint(140 - 240, 140 - 160)
    QTest.mouseClick(
        separated.windowHandle(),
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
        separated.canvas.mapTo(separated, centre),
    )
    assert len(separated.session.selection) == 1
