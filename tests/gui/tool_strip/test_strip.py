"""The strip above the canvas in the real window."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from engine.document import Transform
from engine.imaging.compositing import bounds
from gui.actions.table import BY_ID

LEFT = Qt.MouseButton.LeftButton
TOOLS = (
    *("move", "hand", "select-rectangle", "select-lasso", "select-brush"),
    *("mask-erase", "mask-restore", "eyedropper"),
)


@pytest.fixture
def work(separated):
    separated.canvas.actual_size()
    separated.session.select([disc(separated).id])
    return separated


def disc(window):
    return next(x for x in window.session.document.layers() if x.kind == "shape" and x.left < 100)


def on_canvas(window, x: float, y: float) -> QPoint:
    vx, vy = window.canvas.viewport.to_view(x, y)
    return QPoint(round(vx), round(vy))


def drag(window, start, end) -> None:
    canvas, none = window.canvas, Qt.KeyboardModifier.NoModifier
    QTest.mousePress(canvas, LEFT, none, on_canvas(window, *start))
    for share in (0.3, 0.7, 1.0):
        x, y = (a + (b - a) * share for a, b in zip(start, end, strict=True))
        QTest.mouseMove(canvas, on_canvas(window, x, y))
    QTest.mouseRelease(canvas, LEFT, none, on_canvas(window, *end))


def type_into(field, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def test_no_tool_moves_the_picture(work, qtbot):
    work.canvas.fit()
    places = set()
    for tool in (*TOOLS, "transform"):
        work.canvas.set_tool(tool)
        QTest.qWait(10)
        assert work.tool_options.isVisible()
        assert work.tool_options.width() <= work.canvas.width()
        places.add((work.canvas.geometry().getRect(), work.canvas.viewport.zoom, work.canvas.viewport.x))
    assert len(places) == 1


def test_the_switch_and_the_menu_say_the_same_about_auto_select(work):
    box, action = work.tool_options.move_page.auto_select, work.actions_by_id["auto_select"]
    assert box.isChecked()
    QTest.mouseClick(box, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(8, box.height() // 2))
    assert not work.canvas.auto_select
    assert not action.isChecked()
    action.trigger()
    assert box.isChecked()


def test_the_align_buttons_move_the_selected_layer(work):
    buttons = work.tool_options.move_page.align
    QTest.mouseClick(buttons["right"], LEFT)
    QTest.mouseClick(buttons["bottom"], LEFT)
    assert bounds(disc_now(work))[2:] == (480, 320)
    assert work.session.stack.undoText() == "Align bottom"
    work.session.select([])
    assert not buttons["left"].isEnabled()


def disc_now(window):
    return next(x for x in window.session.document.layers() if x.kind == "shape" and x.height > 100)


def test_the_hand_has_the_zoom_as_a_number(work):
    work.canvas.set_tool("hand")
    page = work.tool_options.zoom
    assert page.zoom.text() == "100 %"
    type_into(page.zoom, "250")
    assert work.canvas.zoom == pytest.approx(2.5)
    work.canvas.zoom_to(0.5)
    assert page.zoom.text() == "50 %"


def test_the_transform_has_its_numbers_and_its_end_in_sight(work):
    strip, start = work.tool_options.transform, work.session.stack.count()
    assert not strip.isVisible()
    work.actions_by_id["transform"].trigger()
    assert strip.isVisible()
    assert strip.place.left.value() == disc(work).left
    drag(work, (140, 140), (150, 140))
    assert strip.place.left.value() == disc(work).left + disc(work).transform.dx != disc(work).left
    type_into(strip.place.width_, "80")
    QTest.mouseClick(strip.place.flip_h, LEFT)
    assert work.canvas.transform_active
    assert work.inspector.place.width_.value() == 80
    QTest.mouseClick(strip.apply, LEFT)
    assert not work.canvas.transform_active
    assert not strip.isVisible()
    assert work.session.stack.count() == start + 1
    assert disc(work).transform.scale_x == pytest.approx(-80 / disc(work).width)
    work.actions_by_id["transform"].trigger()
    QTest.mouseClick(strip.place.reset, LEFT)
    assert disc(work).transform == Transform()
    QTest.mouseClick(strip.cancel, LEFT)
    assert disc(work).transform != Transform()
    assert work.session.stack.count() == start + 1


def test_the_brush_size_has_as_much_room_for_small_as_for_large(work):
    work.canvas.set_tool("mask-erase")
    field = work.tool_options.brush.fields["size"]
    slider = field.slider
    QTest.mouseClick(slider, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(slider.width() // 2, slider.height() // 2))
    assert work.canvas.brush.size == pytest.approx(63, abs=12)
    type_into(field.field, "3500")
    assert work.canvas.brush.size == 3500
    before = slider.value()
    work.actions_by_id["brush_larger"].trigger()
    assert slider.value() > before
    assert field.field.value() == work.canvas.brush.size == 4000
    assert work.tool_options.brush.fields["opacity"].isVisible()
    work.canvas.set_tool("select-brush")
    assert not work.tool_options.brush.fields["opacity"].isVisible(), "a selecting brush has no strength"


def test_the_selected_part_has_its_buttons_with_every_tool(work):
    strip = work.tool_options
    assert not strip.invert.isVisible()
    work.canvas.set_tool("select-rectangle")
    assert not strip.clear.isEnabled()
    assert not strip.move_area.isEnabled()
    drag(work, (10, 10), (60, 60))
    work.canvas.set_tool("move")
    assert strip.move_area.isVisible()
    assert strip.move_area.isEnabled()
    QTest.mouseClick(strip.invert, LEFT)
    assert work.canvas.area.covers(200, 200)
    assert not work.canvas.area.covers(30, 30)
    QTest.mouseClick(strip.clear, LEFT)
    assert work.canvas.area is None
    assert not strip.move_area.isVisible()


def test_a_picked_colour_waits_for_its_button_and_leaves_the_clipboard(work):
    QGuiApplication.clipboard().setText("kept")
    work.canvas.set_tool("eyedropper")
    page = work.tool_options.eyedropper
    assert not page.copy.isEnabled()
    QTest.mouseClick(work.canvas, LEFT, Qt.KeyboardModifier.NoModifier, on_canvas(work, 140, 140))
    assert page.hex.text() == page.swatch.color.name() == "#d62839"
    assert QGuiApplication.clipboard().text() == "kept"
    QTest.mouseClick(page.copy, LEFT)
    assert QGuiApplication.clipboard().text() == "#d62839"
    page.sample.setCurrentIndex(2)
    page.sample.activated.emit(2)
    assert work.canvas.sample_size == 5


def test_every_control_has_a_name_and_a_tip(work):
    from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QComboBox, QSlider

    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider)
    strip = work.tool_options
    widgets = [w for kind in kinds for w in strip.findChildren(kind) if not w.objectName().startswith("qt_")]
    assert len(widgets) > 30
    assert [w for w in widgets if not (w.accessibleName() or getattr(w, "text", str)()) or not w.toolTip()] == []
    assert set(strip.pages) == {a for a in BY_ID if a in (*TOOLS, "transform")}
