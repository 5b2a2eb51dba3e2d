"""The one table: everything in it is reached by the keyboard, found in the palette, and named once."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QMenu

from gui.actions.fuzzy import Fit, fit
from gui.actions.palette import CommandPalette, commands_of
from gui.actions.table import ACTIONS, BY_ID, CONTEXT_MENU, TOOLS, menus
from gui.actions.titles import MENUS

Key = Qt.Key


def mnemonics(menu: QMenu) -> list[str]:
    return [action.text().split("\t")[0] for action in menu.actions() if not action.isSeparator()]


def test_the_menus_are_photoshops_and_each_letter_leads_to_one_thing(full):
    titles = [menu.title().replace("&", "") for menu in full.menus.values()]
    assert titles == ["File", "Edit", "Image", "Layer", "Select", "View", "Help"]
    assert titles == [title.replace("&", "") for title in MENUS]
    pending = list(full.menus.values())
    while pending:
        menu = pending.pop()
        letters = [text[text.index("&") + 1].casefold() for text in mnemonics(menu) if "&" in text]
        assert len(letters) == len(mnemonics(menu)), f"an entry of {menu.title()} has no letter"
        assert len(set(letters)) == len(letters), f"{menu.title()}: {sorted(letters)}"
        pending += [action.menu() for action in menu.actions() if action.menu() and action.menu().actions()]


def test_each_action_has_a_key_or_stands_in_a_menu(full):
    shown = {spec.id for _title, entries in menus() for spec, _separated in entries}
    assert [spec.id for spec in ACTIONS if not spec.shortcuts and spec.id not in shown] == []
    assert [spec.id for spec in ACTIONS if not spec.menu and not spec.section] == []
    assert len({spec.name for spec in ACTIONS}) == len(ACTIONS)
    assert {name for name in (*TOOLS, *CONTEXT_MENU) if name} <= set(BY_ID)


def test_each_action_is_run_from_the_palette_by_keys_alone(full):
    ran: list[str] = []
    for spec in ACTIONS:
        item = full.actions_by_id[spec.id]
        item.triggered.disconnect()
        item.triggered.connect(lambda _on=False, name=spec.id: ran.append(name))
    for spec in ACTIONS:
        if spec.id == "palette":
            continue
        full.actions_by_id[spec.id].setEnabled(True)
        palette = CommandPalette(commands_of(full.actions_by_id, full.keymap), full)
        palette.show()
        QTest.keyClicks(palette.field, full.actions_by_id[spec.id].text().split("\t")[0].replace("&", "").rstrip("…"))
        for _ in range(12):
            command = palette.command_in(palette.list.currentRow())
            assert command is not None, spec.name
            if command.id == spec.id:
                break
            QTest.keyClick(palette.field, Key.Key_Down)
        QTest.keyClick(palette.field, Key.Key_Return)
        assert ran[-1:] == [spec.id]


def test_a_menu_is_opened_and_used_by_its_letters(full):
    layer = full.menus["&Layer"]
    layer.popup(full.mapToGlobal(full.rect().center()))
    QTest.keyClick(layer, Key.Key_O)
    assert full.session.stack.undoText() == "Solo"
    assert [node.id for node in full.session.document.nodes if node.visible] == ["land"]
    full.actions_by_id["solo"].trigger()
    assert all(node.visible for node in full.session.document.walk())


def test_the_palette_puts_what_was_used_and_what_fits_first(full):
    def names() -> list[str]:
        palette = CommandPalette(commands_of(full.actions_by_id, full.keymap), full)
        out = [palette.list.item(row).text() for row in range(palette.list.count())]
        palette.reject()
        return out

    first = names()
    assert first[:2] == ["For what is selected", "Rename"]
    assert first.index("Duplicate") < first.index("Open")
    palette = CommandPalette(commands_of(full.actions_by_id, full.keymap), full)
    QTest.keyClicks(palette.field, "rulers")
    QTest.keyClick(palette.field, Key.Key_Return)
    assert full.canvas.rulers
    assert names()[:2] == ["Used lately", "Rulers"]
    full.session.select(())
    assert "For what is selected" not in names()
    assert "Rename" not in names()


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("hue", "recolor"),
        ("free t", "transform"),
        ("fv", "flip_v"),
        ("vert flip", "flip_v"),
        ("marquee", "select-rectangle"),
        ("background white", "on_white"),
        ("zin", "zoom_in"),
        ("save", "export"),
        ("before", "original"),
    ],
)
def test_a_few_letters_or_anothers_word_find_it(full, typed, found):
    palette = CommandPalette(commands_of(full.actions_by_id, full.keymap), full)
    palette.field.setText(typed)
    command = palette.command_in(palette.list.currentRow())
    assert command is not None
    assert command.id == found
    palette.reject()


def test_what_fits_nothing_lists_nothing_and_enter_does_nothing(full):
    palette = CommandPalette(commands_of(full.actions_by_id, full.keymap), full)
    palette.show()
    palette.field.setText("qqqq")
    assert palette.list.count() == 0
    QTest.keyClick(palette.field, Key.Key_Return)
    QTest.keyClick(palette.field, Key.Key_Down)
    assert palette.isVisible()
    QTest.keyClick(palette.field, Key.Key_Escape)
    assert not palette.isVisible()


def test_letters_met_are_told_apart():
    def met(typed: str, name: str, more: str = "") -> Fit:
        found = fit(typed, name, more)
        assert found is not None
        return found

    assert met("flip", "Flip vertically").at == (0, 1, 2, 3)
    assert met("fv", "Flip vertically").at == (0, 5)
    assert met("ert", "Flip vertically").at == (6, 7, 8)
    assert fit("xyz", "Flip vertically") is None
    assert met("fill", "Fill behind") < met("fill", "Bring forward fill") < met("mirror", "Fill", "mirror")


def test_the_context_menu_offers_what_the_hand_expects(full):
    def names() -> set[str]:
        return {action.objectName() for action in full.context_menu().actions()}

    assert {"recolor", "solo", "merge_visible", "export_layer", "rename", "lock", "group"} <= names()
    assert not names() & {"ungroup", "merge", "move_area"}, "what cannot be done only makes the menu long"
    full.session.select(["head", "boat"])
    assert {"ungroup", "merge"} <= names()


def test_home_end_and_the_pages_go_through_the_list(full):
    view = full.layers.view
    view.setFocus()
    QTest.keyClick(view, Key.Key_End)
    assert full.session.selection == ("sky",)
    QTest.keyClick(view, Key.Key_Home)
    assert full.session.selection == ("head",)
    QTest.keyClick(view, Key.Key_PageDown)
    assert full.session.selection in {("boat",), ("hills",), ("sky",)}, "as far as the list is high"
    QTest.keyClick(view, Key.Key_PageUp)
    assert full.session.selection == ("head",)
    QTest.keyClick(view, Key.Key_Left)
    assert not view.isExpanded(full.layers.model.index_of("head"))


def test_brackets_change_the_brush_and_with_shift_its_edge(full):
    full.canvas.set_tool("mask-erase")
    before = full.canvas.brush
    QTest.keyClick(full.canvas, Key.Key_BracketRight)
    assert full.canvas.brush.size > before.size
    QTest.keyClick(full.canvas, Key.Key_BracketLeft)
    QTest.keyClick(full.canvas, Key.Key_BraceLeft, Qt.KeyboardModifier.ShiftModifier)
    assert full.canvas.brush.hardness < before.hardness


def test_select_all_and_invert_mean_the_picture_with_a_selection_tool_in_the_hand(full):
    QTest.keyClick(full.canvas, Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert set(full.session.selection) == {"sky", "land", "sun", "head"}
    QTest.keyClick(full.canvas, Key.Key_M)
    QTest.keyClick(full.canvas, Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert full.canvas.area.box == (0, 0, 400, 300)
    QTest.keyClick(full.canvas, Key.Key_I, Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier)
    assert full.canvas.area is None
    assert full.session.selection, "the layers stay selected"
