"""Actions get the workplace: parts and a few verbs, and no way to the window."""

from dataclasses import FrozenInstanceError, fields

import pytest
from PySide6.QtWidgets import QMainWindow

from gui.workplace import Workplace


def test_nothing_in_it_is_the_window(window):
    parts = {field.name: getattr(window.place, field.name) for field in fields(Workplace)}
    assert not [name for name, part in parts.items() if isinstance(part, QMainWindow)]


def test_its_parts_stay(window):
    with pytest.raises(FrozenInstanceError):
        window.place.session = None


def test_the_dialogs_open_by_name(window):
    for name in ("palette", "shortcuts", "history", "about"):
        window.place.show(name)
    shown = [w for w in window.findChildren(object) if type(w).__name__ in OPENED and w.isVisible()]
    assert {type(w).__name__ for w in shown} == OPENED
    for dialog in shown:
        dialog.close()


OPENED = {"CommandPalette", "ShortcutsDialog", "HistoryDialog", "QMessageBox"}


def test_another_tool_in_the_hand_ends_picking_a_tint(separated):
    picked = separated.session.document.nodes[-1].id
    separated.session.select([picked])
    separated.inspector.pick_asked.emit()
    separated.canvas.set_tool("hand")
    separated.canvas.set_tool("eyedropper")
    separated.canvas.color_picked.emit((10, 20, 30))
    assert separated.canvas.tool_id == "eyedropper"
    assert separated.session.document.layer(picked).recolor.colorize is None
