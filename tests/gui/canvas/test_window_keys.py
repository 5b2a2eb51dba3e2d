"""Keys of the canvas while the keyboard is elsewhere in the real window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from engine.document import Layer, Transform
from gui.shell.main_window import MainWindow

NONE = Qt.KeyboardModifier.NoModifier
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def work(separated: MainWindow, qtbot: QtBot) -> MainWindow:
    """The window with the disc selected and the keyboard really in it."""
    separated.activateWindow()
    qtbot.waitUntil(separated.isActiveWindow)
    separated.canvas.actual_size()
    separated.session.select([disc(separated).id])
    return separated


def disc(window: MainWindow) -> Layer:
    return next(x for x in window.session.document.layers() if x.kind == "shape" and x.left < 100)


def focused() -> QWidget:
    """What has the keyboard."""
    widget = QApplication.focusWidget()
    assert widget is not None
    return widget


def press(key: Qt.Key, modifiers: Qt.KeyboardModifier = NONE) -> None:
    """To whatever has the keyboard, as from a hand."""
    QTest.keyClick(focused(), key, modifiers)


def give_keyboard(widget: QWidget) -> None:
    widget.setFocus()
    assert QApplication.focusWidget() is widget


def places(window: MainWindow) -> dict[str, QWidget]:
    return {
        "list": window.layers.view,
        "number": window.inspector.place.left,
        "slider": window.inspector.color.hue.slider,
        "combo": window.layers.blend,
    }


@pytest.mark.parametrize("place", ["list", "number", "slider", "combo"])
@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Escape])
def test_enter_and_escape_end_a_transform_from_anywhere(work: MainWindow, place: str, key: Qt.Key) -> None:
    work.actions_by_id["transform"].trigger()
    assert QApplication.focusWidget() is work.canvas
    press(Qt.Key.Key_Right)
    give_keyboard(places(work)[place])
    press(key)
    assert not work.canvas.transform_active
    kept = Transform(dx=1) if key == Qt.Key.Key_Return else Transform()
    assert disc(work).transform == kept
    assert work.session.stack.undoText() == ("Transform " + disc(work).name if kept.dx else "Decompose")


def test_enter_in_a_field_takes_the_number_and_gives_the_keyboard_back(work: MainWindow) -> None:
    field = work.inspector.place.left
    give_keyboard(field)
    field.selectAll()
    QTest.keyClicks(field, "100")
    press(Qt.Key.Key_Return)
    assert field.value() == 100
    assert QApplication.focusWidget() is work.canvas
    press(Qt.Key.Key_M)
    assert work.canvas.tool_id == "select-rectangle"


def test_escape_in_a_field_drops_what_was_typed_and_gives_the_keyboard_back(work: MainWindow) -> None:
    field, before = work.inspector.place.left, work.inspector.place.left.value()
    give_keyboard(field)
    field.selectAll()
    QTest.keyClicks(field, "999")
    press(Qt.Key.Key_Escape)
    assert field.value() == before
    assert disc(work).transform == Transform()
    press(Qt.Key.Key_Right)
    assert disc(work).transform == Transform(dx=1)


def test_a_number_typed_in_a_transform_belongs_to_it_and_a_second_enter_applies(work: MainWindow) -> None:
    canvas, count = work.canvas, work.session.stack.count()
    work.actions_by_id["transform"].trigger()
    press(Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    field = work.inspector.place.width_
    give_keyboard(field)
    field.selectAll()
    QTest.keyClicks(field, "80")
    press(Qt.Key.Key_Return)
    assert canvas.transform_active
    assert field.value() == 80
    press(Qt.Key.Key_Return)
    assert not work.canvas.transform_active
    assert work.session.stack.count() == count + 1
    work.actions_by_id["undo"].trigger()
    assert disc(work).transform == Transform()


def test_flip_reset_and_undo_act_inside_the_transform(work: MainWindow) -> None:
    canvas, count = work.canvas, work.session.stack.count()
    work.actions_by_id["transform"].trigger()
    press(Qt.Key.Key_Right)
    QTest.mouseClick(work.inspector.place.flip_h, LEFT)
    work.actions_by_id["flip_v"].trigger()
    assert canvas.transform_active
    assert (disc(work).transform.scale_x, disc(work).transform.scale_y) == (-1, -1)
    press(Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert canvas.transform_active
    assert (disc(work).transform.scale_x, disc(work).transform.scale_y) == (-1, 1)
    QTest.mouseClick(work.inspector.place.reset, LEFT)
    assert canvas.transform_active
    assert disc(work).transform == Transform()
    press(Qt.Key.Key_Escape)
    assert disc(work).transform == Transform()
    assert work.session.stack.count() == count


def test_undo_does_not_reach_beyond_the_beginning_of_a_transform(work: MainWindow) -> None:
    undo = Qt.KeyboardModifier.ControlModifier
    work.canvas.setFocus()
    press(Qt.Key.Key_Right)
    work.actions_by_id["transform"].trigger()
    press(Qt.Key.Key_Down)
    for _ in range(3):
        press(Qt.Key.Key_Z, undo)
    assert work.canvas.transform_active
    assert disc(work).transform == Transform(dx=1)
    assert not work.actions_by_id["undo"].isEnabled()
    press(Qt.Key.Key_Escape)
    press(Qt.Key.Key_Z, undo)
    assert disc(work).transform == Transform()


def test_a_click_on_another_row_applies_the_transform(work: MainWindow) -> None:
    work.actions_by_id["transform"].trigger()
    press(Qt.Key.Key_Right)
    view, chosen = work.layers.view, disc(work).id
    other = view.visualRect(view.model().index(0, 0))
    if work.layers.model.index_of(chosen).row() == 0:
        other = view.visualRect(view.model().index(1, 0))
    QTest.mouseClick(view.viewport(), LEFT, NONE, QPoint(120, other.center().y()))
    assert not work.canvas.transform_active
    assert work.session.selection != (chosen,)
    assert work.session.document.layer(chosen).transform == Transform(dx=1)


def test_delete_during_a_transform_applies_it_first(work: MainWindow) -> None:
    chosen = disc(work).id
    work.actions_by_id["transform"].trigger()
    press(Qt.Key.Key_Right)
    press(Qt.Key.Key_Delete)
    assert not work.session.document.has(chosen)
    work.actions_by_id["undo"].trigger()
    assert work.session.document.layer(chosen).transform == Transform(dx=1)


@pytest.mark.parametrize("place", ["list", "slider", "combo"])
def test_space_pans_and_brackets_size_the_brush_from_anywhere(work: MainWindow, place: str) -> None:
    canvas, widget = work.canvas, places(work)[place]
    canvas.zoom_to(2)
    give_keyboard(widget)
    before, size = canvas.viewport.x, canvas.brush.size
    QTest.keyPress(widget, Qt.Key.Key_Space)
    centre = canvas.rect().center()
    QTest.mousePress(canvas, LEFT, NONE, centre)
    QTest.mouseMove(canvas, centre + QPoint(25, 0))
    QTest.mouseRelease(canvas, LEFT, NONE, centre + QPoint(25, 0))
    QTest.keyRelease(focused(), Qt.Key.Key_Space)
    assert canvas.viewport.x == before + 25
    assert work.session.document.layer(disc(work).id).transform == Transform(), "it panned, it did not move the layer"
    give_keyboard(widget)
    press(Qt.Key.Key_BracketRight)
    assert canvas.brush.size > size
    QTest.mouseClick(canvas, LEFT, NONE, centre)
    assert canvas.viewport.x == before + 25, "after the release of Space a drag is the tool's again"


def test_a_name_that_is_being_typed_keeps_its_keys(work: MainWindow, qtbot: QtBot) -> None:
    size = work.canvas.brush.size
    work.actions_by_id["rename"].trigger()
    qtbot.waitUntil(lambda: QApplication.focusWidget() is not work.layers.view)
    editor = focused()
    assert isinstance(editor, QLineEdit)
    editor.selectAll()
    for text in ("a", " ", "]"):
        QTest.keyClicks(editor, text)
    assert editor.text() == "a ]"
    QTest.keyClick(editor, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: disc(work).name == "a ]")
    assert work.canvas.brush.size == size


def test_after_a_click_in_the_list_the_arrows_move_the_layer(work: MainWindow) -> None:
    view = work.layers.view
    row = view.visualRect(work.layers.model.index_of(disc(work).id))
    QTest.mouseClick(view.viewport(), LEFT, NONE, QPoint(120, row.center().y()))
    press(Qt.Key.Key_Right)
    assert disc(work).transform == Transform(dx=1)
    give_keyboard(view)
    press(Qt.Key.Key_Down)
    assert work.session.selection != (disc(work).id,), "reached by Tab, the list keeps its own arrows"


def test_space_is_let_go_when_the_window_loses_the_keyboard(work: MainWindow) -> None:
    give_keyboard(work.layers.view)
    QTest.keyPress(work.layers.view, Qt.Key.Key_Space)
    assert work.canvas.cursor().shape() == Qt.CursorShape.OpenHandCursor
    QApplication.sendEvent(work, QEvent(QEvent.Type.WindowDeactivate))
    assert work.canvas.cursor().shape() != Qt.CursorShape.OpenHandCursor
