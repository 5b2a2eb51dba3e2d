"""Keys are the user's: changed in the list of keys, live everywhere, kept, and taken back."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QKeySequenceEdit

from gui.actions.keymap import KeyMap, Refusal, portable
from gui.actions.palette import CommandPalette
from gui.actions.shortcuts import ShortcutsDialog
from gui.actions.table import ACTIONS
from gui.settings import preferences

Key, Modifier = Qt.Key, Qt.KeyboardModifier


@pytest.fixture
def dialog(full) -> ShortcutsDialog:
    full.actions_by_id["shortcuts"].trigger()
    dialog = full.findChild(ShortcutsDialog)
    QTest.qWaitForWindowActive(dialog)
    return dialog


def press(dialog: ShortcutsDialog, action_id: str, key, modifiers=Modifier.NoModifier, column: int = 1) -> None:
    """Choose a row, press Enter, and press the new key."""
    dialog.tree.setFocus()
    dialog.tree.setCurrentItem(dialog.items[action_id], column)
    QTest.keyClick(dialog.tree, Key.Key_Return)
    field = dialog.tree.findChildren(QKeySequenceEdit)[-1]
    QTest.keyClick(field, key, modifiers)


def back_to(window) -> None:
    window.findChild(ShortcutsDialog).accept()
    window.activateWindow()
    assert QTest.qWaitForWindowActive(window)
    window.canvas.setFocus()


def test_a_tool_gets_another_key_and_the_old_one_is_free(dialog, full):
    full.canvas.set_tool("hand")
    press(dialog, "move", Key.Key_W)
    assert dialog.items["move"].text(1) == "W"
    back_to(full)
    QTest.keyClick(full.canvas, Key.Key_V)
    assert full.canvas.tool_id == "hand"
    QTest.keyClick(full.canvas, Key.Key_W)
    assert full.canvas.tool_id == "move"
    assert full.actions_by_id["move"].toolTip() == "Move (W)"


def test_keys_are_kept_between_runs_and_reset_brings_the_first_ones_back(dialog, full):
    press(dialog, "move", Key.Key_W)
    assert preferences().get("keys.move") == ("W",)
    assert KeyMap().keys("move") == ("W",)
    assert dialog.reset.isEnabled()
    QTest.mouseClick(dialog.reset, Qt.MouseButton.LeftButton)
    assert KeyMap().keys("move") == ("V",)
    assert preferences().get("keys.move") is None
    back_to(full)
    full.canvas.set_tool("hand")
    QTest.keyClick(full.canvas, Key.Key_V)
    assert full.canvas.tool_id == "move"


def test_a_taken_key_is_named_and_can_be_left_or_taken_over(dialog, full):
    press(dialog, "hand", Key.Key_V)
    assert dialog.note.text() == "V is the key of “Move”."
    QTest.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)
    assert dialog.items["hand"].text(1) == "H"
    press(dialog, "hand", Key.Key_V)
    QTest.mouseClick(dialog.take, Qt.MouseButton.LeftButton)
    assert dialog.items["hand"].text(1) == "V"
    assert dialog.items["move"].text(1) == ""
    back_to(full)
    QTest.keyClick(full.canvas, Key.Key_V)
    assert full.canvas.tool_id == "hand"


def test_resetting_the_one_whose_key_was_taken_takes_it_back(full):
    keymap = full.keymap
    keymap.assign("hand", ["V"], take=True)
    keymap.reset("move")
    assert keymap.keys("move") == ("V",)
    assert keymap.keys("hand") == ()
    keymap.reset_all()
    assert keymap.keys("hand") == ("H",)
    assert preferences().now.keys == {}


def test_a_second_key_beside_the_first_and_a_removed_one(dialog, full):
    press(dialog, "delete", Key.Key_X, column=2)
    assert full.keymap.keys("delete") == ("Del", "X")
    dialog.tree.setCurrentItem(dialog.items["delete"], 1)
    QTest.keyClick(dialog.tree, Key.Key_Delete)
    assert full.keymap.keys("delete") == ("X",)
    back_to(full)
    QTest.keyClick(full.canvas, Key.Key_Delete)
    assert full.session.document.has("boat")
    QTest.keyClick(full.canvas, Key.Key_X)
    assert not full.session.document.has("boat")


def test_digits_and_arrows_can_be_changed_too(dialog, full):
    press(dialog, "opacity4", Key.Key_4, Modifier.ControlModifier)
    press(dialog, "left", Key.Key_J)
    back_to(full)
    QTest.keyClick(full.canvas, Key.Key_4)
    QTest.keyClick(full.canvas, Key.Key_Left)
    full.layers.view.setFocus()
    QTest.keyClick(full.layers.view, Key.Key_4)
    assert full.session.stack.count() == 0
    full.canvas.setFocus()
    QTest.keyClick(full.canvas, Key.Key_J)
    assert full.session.document.layer("boat").transform.dx == -1
    QTest.keyClick(full.canvas, Key.Key_4, Modifier.ControlModifier)
    assert full.session.document.layer("boat").opacity == 0.4


def test_held_keys_can_be_changed(dialog, full):
    press(dialog, "difference", Key.Key_Q)
    back_to(full)
    QTest.keyPress(full.canvas, Key.Key_D)
    assert full.canvas.showing == "layers"
    QTest.keyPress(full.canvas, Key.Key_Q)
    assert full.canvas.showing == "difference"
    QTest.keyRelease(full.canvas, Key.Key_Q)
    assert full.canvas.showing == "layers"
    assert full.actions_by_id["difference"].text().endswith("\tHold Q")


def test_keys_of_the_canvas_itself_cannot_be_taken(full):
    with pytest.raises(Refusal) as refused:
        full.keymap.assign("move", ["Space"], take=True)
    assert "Space always means" in str(refused.value.message)
    with pytest.raises(Refusal) as refused:
        full.keymap.assign("move", ["Alt+L"], take=True)
    assert str(refused.value.message) == "Alt+L opens the Layer menu; choose another key."
    assert full.keymap.keys("move") == ("V",)


def test_every_tip_that_names_a_key_names_the_one_in_force(full):
    changes = {"group": "Ctrl+9", "lock": "Ctrl+8", "move_area": "Ctrl+7", "decompose": "F9", "blend_next": "F8"}
    for action_id, key in changes.items():
        full.keymap.assign(action_id, [key])
    assert full.layers.buttons["group"].toolTip() == "Group (Ctrl+9)"
    assert full.layers.lock.toolTip() == "Lock (Ctrl+8)"
    assert full.layers.blend.toolTip() == "Blend mode (F8 next, Shift+- previous)"
    assert full.tool_options.move_area.toolTip().endswith("(Ctrl+7)")
    assert full.decompose.button.toolTip().endswith("(F9)")
    full.actions_by_id["palette"].trigger()
    palette = full.findChild(CommandPalette)
    assert palette.commands["decompose"].keys == "F9"
    palette.reject()


def test_the_list_is_grouped_by_menu_and_filtered_by_name_and_key(dialog):
    titles = [dialog.tree.topLevelItem(i).text(0) for i in range(dialog.tree.topLevelItemCount())]
    assert titles[:7] == ["File", "Edit", "Image", "Layer", "Select", "View", "Help"]

    def shown() -> list[str]:
        return [item.text(0) for item in dialog.items.values() if not item.isHidden()]

    dialog.filter.setText("ctrl+shift+d")
    assert shown() == ["Decompose"]
    dialog.filter.setText("merge")
    assert shown() == ["Copy merged", "Merge down", "Merge selected", "Merge visible"]


def test_stored_keys_that_make_no_sense_are_passed_over(qapp):
    kept = {"move": ["Space"], "hand": ["no such key at all"], "gone": ["W"], "lock": ["Q", "W"], "group": ["W"]}
    preferences().update({f"keys.{action}": keys for action, keys in kept.items()})
    keymap = KeyMap()
    assert keymap.keys("move") == ()
    assert keymap.keys("lock") == ("Q", "W")
    assert keymap.keys("group") == ()
    given = [key for spec in ACTIONS for key in keymap.keys(spec.id)]
    assert len(given) == len(set(given))


def test_the_tables_keys_are_keys(qapp):
    assert [key for spec in ACTIONS for key in spec.shortcuts if not portable(key)] == []
