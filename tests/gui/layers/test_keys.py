"""Keys of the layer panel in the real window: they work from the canvas and the list, and not while typing."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from engine.document import BlendMode
from tests.gui.documents import poster


@pytest.fixture
def full(window):
    """The window with a document of several layers."""
    window.session.open(poster())
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    window.session.select(["sun"])
    return window


def opacity(window) -> float:
    return window.session.document.find("sun").opacity


def test_digits_work_on_the_canvas_and_in_the_list(full, monkeypatch):
    now = [100.0]
    monkeypatch.setattr("gui.layers.panel.time.monotonic", lambda: now[0])
    for widget, key, value in (
        (full.canvas, Qt.Key.Key_4, 0.4),
        (full.layers.view, Qt.Key.Key_7, 0.7),
        (full.canvas, Qt.Key.Key_0, 1.0),
    ):
        widget.setFocus()
        QTest.keyClick(widget, key)
        assert opacity(full) == value
        now[0] += 5
    QTest.keyClick(full.canvas, Qt.Key.Key_3)
    QTest.keyClick(full.canvas, Qt.Key.Key_5)
    assert opacity(full) == 0.35


def test_digits_and_letters_typed_into_a_name_or_a_field_stay_there(full):
    full.layers.rename_current()
    field = full.layers.view.viewport().findChild(QLineEdit)
    QTest.keyClicks(field, "v4h")
    assert field.text() == "v4h"
    QTest.keyClick(field, Qt.Key.Key_Escape)
    number = full.inspector.place.left
    number.setFocus()
    number.selectAll()
    QTest.keyClicks(number, "42")
    QTest.keyClick(number, Qt.Key.Key_Return)
    assert opacity(full) == 1.0
    assert full.canvas.tool_id == "move"
    assert full.inspector.place.left.text() == "42 px"


def test_shift_plus_and_minus_on_the_canvas(full):
    full.session.select(["boat"])
    full.canvas.setFocus()
    QTest.keyClick(full.canvas, Qt.Key.Key_Plus, Qt.KeyboardModifier.ShiftModifier)
    assert full.session.document.find("boat").blend_mode is BlendMode.DARKEN
    QTest.keyClick(full.canvas, Qt.Key.Key_Underscore, Qt.KeyboardModifier.ShiftModifier)
    assert full.session.document.find("boat").blend_mode is BlendMode.NORMAL


def test_delete_selects_the_neighbour_and_says_why_it_refuses(full):
    full.session.select(["boat"])
    full.layers.view.setFocus()
    QTest.keyClick(full.layers.view, Qt.Key.Key_Delete)
    assert not full.session.document.has("boat")
    assert full.session.selection == ("land",) or full.session.selection == ("hills",)
    full.session.select(["sky"])
    full.actions_by_id["delete"].trigger()
    assert "unlock it first" in full.statusBar().currentMessage()


def test_the_buttons_below_the_list_are_the_actions(full):
    session, buttons, left = full.session, full.layers.buttons, Qt.MouseButton.LeftButton
    session.select(["boat"])
    QTest.mouseClick(buttons["duplicate"], left)
    assert session.document.find(session.selection[0]).name == "Boat copy"
    assert session.stack.count() == 1
    QTest.mouseClick(buttons["lower"], left)
    assert [n.name for n in session.document.find("land").children] == ["Hills", "Boat copy", "Boat"]
    QTest.mouseClick(buttons["delete"], left)
    assert [n.name for n in session.document.find("land").children] == ["Hills", "Boat"]
    assert session.selection == ("boat",), "the neighbour is selected"
    session.select([])
    assert not any(button.isEnabled() for button in buttons.values())


def test_ctrl_f_filters_and_down_goes_to_the_list(full):
    full.canvas.setFocus()
    QTest.keyClick(full.canvas, Qt.Key.Key_F, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(full.layers.filter.field, "hill")
    QTest.keyClick(full.layers.filter.field, Qt.Key.Key_Down)
    assert full.layers.view.hasFocus()
    QTest.keyClick(full.layers.view, Qt.Key.Key_V)
    assert full.canvas.tool_id == "move"


def test_photoshops_keys_for_blend_modes(full):
    full.session.select(["boat", "hills"])
    full.canvas.setFocus()
    QTest.keyClick(full.canvas, Qt.Key.Key_M, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
    assert {full.session.document.find(i).blend_mode for i in ("boat", "hills")} == {BlendMode.MULTIPLY}
    assert full.session.stack.count() == 1
    full.session.select(["sky"])
    QTest.keyClick(full.canvas, Qt.Key.Key_S, Qt.KeyboardModifier.AltModifier | Qt.KeyboardModifier.ShiftModifier)
    assert full.session.document.find("sky").blend_mode is BlendMode.NORMAL
    assert "“Sky” is locked; unlock it first." in full.statusBar().currentMessage()
