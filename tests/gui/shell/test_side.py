"""The inspector and the list share the right side of the real window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from gui.shell.side import LIST_HEIGHT


def click(section) -> None:
    QTest.mouseClick(section.header, Qt.MouseButton.LeftButton)


def is_whole(window, widget) -> bool:
    """Whether all of it is inside what the inspector shows."""
    top = widget.mapTo(window.inspector.viewport(), widget.rect().topLeft()).y()
    return top >= 0 and top + widget.height() <= window.inspector.viewport().height()


@pytest.fixture
def sections(separated):
    separated.session.select([separated.session.document.layers()[1].id])
    return separated.inspector.sections


def test_there_is_no_empty_band_below_what_is_folded(separated, sections, qtbot):
    inspector = separated.inspector
    for section in (*sections, *sections):
        click(section)
        qtbot.waitUntil(lambda: abs(inspector.height() - inspector.sizeHint().height()) <= 1)


def test_what_is_unfolded_is_seen_whole(separated, sections, qtbot):
    separated.resize(1000, 640)
    click(sections[2])
    qtbot.waitUntil(lambda: is_whole(separated, sections[2].body))
    assert sections[2].body.isVisible()


def test_a_short_window_leaves_the_list_its_room_and_a_tall_one_shows_everything_again(separated, sections, qtbot):
    assert sections[1].body.isVisible()
    separated.resize(1000, 640)
    qtbot.waitUntil(lambda: not sections[1].body.isVisible())
    assert sections[0].body.isVisible()
    assert separated.layers.height() >= LIST_HEIGHT
    separated.resize(1200, 900)
    qtbot.waitUntil(lambda: sections[1].body.isVisible())


def test_recolour_opens_the_folded_colours_and_shows_them(separated, sections, qtbot):
    separated.resize(1000, 640)
    qtbot.waitUntil(lambda: not sections[1].body.isVisible())
    separated.actions_by_id["recolor"].trigger()
    qtbot.waitUntil(lambda: is_whole(separated, separated.inspector.color.hue))
    assert separated.inspector.color.hue.field.hasFocus()
    separated.resize(1010, 650)
    QTest.qWait(50)
    assert sections[1].body.isVisible(), "what was opened by hand is not folded again"


def test_recolour_of_a_locked_layer_says_why(separated, sections):
    heard = []
    separated.inspector.message.connect(heard.append)
    separated.actions_by_id["lock"].trigger()
    separated.actions_by_id["recolor"].trigger()
    assert "Unlock" in heard[-1]


def test_a_tint_is_taken_from_the_canvas_before_colourise_is_ticked(separated, sections):
    color = separated.inspector.color
    assert not color.tint.isChecked()
    QTest.mouseClick(color.pick, Qt.MouseButton.LeftButton)
    assert separated.canvas.tool_id == "eyedropper"
    separated.canvas.actual_size()
    QTest.mouseClick(separated.canvas, Qt.MouseButton.LeftButton)
    assert color.tint.isChecked()
    assert separated.session.document.layers()[1].recolor.colorize == (250, 244, 230)
