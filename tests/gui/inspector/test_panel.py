"""The inspector under real mouse and key events."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QAbstractSpinBox, QColorDialog, QComboBox, QSlider

from engine.document import LayerKind, Recolor, Transform
from engine.editing import edits
from engine.imaging.compositing import bounds
from gui.document.session import DocumentSession
from gui.inspector.panel import InspectorPanel
from gui.widgets.fields import NumberField, ScrubLabel
from tests.gui.documents import poster

LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def session(qapp):
    out = DocumentSession()
    out.open(poster())
    return out


@pytest.fixture
def panel(qtbot, session):
    out = InspectorPanel(session)
    qtbot.addWidget(out)
    out.resize(300, 520)
    out.show()
    assert QTest.qWaitForWindowExposed(out)
    return out


def type_into(field: NumberField, text: str) -> None:
    field.setFocus()
    field.selectAll()
    QTest.keyClicks(field, text)
    QTest.keyClick(field, Qt.Key.Key_Return)


def recolor(session: DocumentSession, layer_id: str) -> Recolor:
    return session.document.layer(layer_id).recolor


def box(session: DocumentSession, layer_id: str) -> tuple[float, ...]:
    return bounds(session.document.layer(layer_id))


def scrub(panel: InspectorPanel, field: NumberField) -> ScrubLabel:
    return next(s for s in panel.findChildren(ScrubLabel) if s.buddy() is field)


def drag_by(widget, dx: int) -> None:
    start = widget.rect().center()
    QTest.mousePress(widget, LEFT, Qt.KeyboardModifier.NoModifier, start)
    for step in range(1, abs(dx) + 1):
        QTest.mouseMove(widget, start + QPoint(step if dx > 0 else -step, 0))


# -- place


def test_it_shows_where_the_selected_layer_is(panel, session):
    session.select(["boat"])
    fields = (panel.place.left, panel.place.top, panel.place.width_, panel.place.height_, panel.place.angle)
    assert [f.text() for f in fields] == ["50 px", "180 px", "60 px", "40 px", "0°"]
    session.apply("Move", lambda d: edits.transform_layers(d, {"boat": Transform(dx=1.25, rotation=0)}))
    assert panel.place.left.text() == "51.25 px"


def test_typing_moves_scales_and_turns_one_step_each(panel, session):
    session.select(["boat"])
    type_into(panel.place.left, "10")
    type_into(panel.place.width_, "120")
    type_into(panel.place.angle, "90")
    left, top, right, bottom = box(session, "boat")
    assert (right - left, bottom - top) == pytest.approx((80, 120))
    assert session.stack.count() == 3
    while session.stack.canUndo():
        session.stack.undo()
    assert box(session, "boat") == (50, 180, 110, 220)
    assert panel.place.left.text() == "50 px"


def test_the_ratio_link(panel, session):
    session.select(["boat"])
    type_into(panel.place.width_, "120")
    assert panel.place.height_.value() == 80
    QTest.mouseClick(panel.place.link, LEFT)
    type_into(panel.place.height_, "20")
    assert (panel.place.width_.value(), panel.place.height_.value()) == (120, 20)


def test_sums_are_worked_out_and_nonsense_is_not_taken(panel, session):
    session.select(["boat"])
    type_into(panel.place.left, "100+2*8")
    assert box(session, "boat")[0] == 116
    type_into(panel.place.left, "7/0")
    type_into(panel.place.left, "**")
    assert panel.place.left.text() == "116 px"
    assert session.stack.count() == 1


def test_escape_takes_back_what_is_being_typed(panel, session):
    session.select(["boat"])
    panel.place.left.setFocus()
    panel.place.left.selectAll()
    QTest.keyClicks(panel.place.left, "999")
    QTest.keyClick(panel.place.left, Qt.Key.Key_Escape)
    QTest.keyClick(panel.place.left, Qt.Key.Key_Return)
    assert panel.place.left.text() == "50 px"
    assert session.stack.count() == 0


def test_a_text_without_spaces_does_not_widen_the_panel(panel, session):
    from dataclasses import replace

    from engine.document import Provenance

    width = panel.widget().width()
    long = Provenance("builtin", None, "W" * 300)
    session.apply("x", lambda d: d.map_nodes(lambda n: replace(n, provenance=long) if n.id == "boat" else n))
    panel.sections[2].header.setChecked(True)
    session.select(["boat"])
    assert panel.widget().minimumSizeHint().width() <= 300
    assert panel.widget().width() == width


@pytest.mark.parametrize(
    ("text", "width", "said"),
    [
        ("0", 1, "Width must be at least 1 px."),
        ("-5", 1, "Width must be at least 1 px."),
        ("999999999", None, "Width must be at most 100,000 px."),
        ("100000", None, "300 megapixels"),
        ("**", 60, "type a number"),
    ],
)
def test_impossible_widths_are_kept_within_limits_and_said(panel, session, text, width, said):
    heard = []
    panel.message.connect(heard.append)
    session.select(["boat"])
    type_into(panel.place.width_, text)
    left, top, right, bottom = box(session, "boat")
    assert said in " ".join(heard)
    assert len(heard) <= 2
    assert (left, top) == pytest.approx((50, 180)), "it grows from its corner, even at the limits"
    if width is not None:
        assert right - left == pytest.approx(width)
    else:
        assert (right - left) * (bottom - top) == pytest.approx(300_000_000)
        assert (right - left) / (bottom - top) == pytest.approx(1.5), "the link holds, even at the limit"
        assert panel.place.width_.value() == pytest.approx(right - left, abs=0.01)
    assert session.document.layer("boat").transform.scale_x > 0


def test_arrows_in_a_field_are_one_step(panel, session):
    session.select(["boat"])
    panel.place.left.setFocus()
    for _ in range(5):
        QTest.keyClick(panel.place.left, Qt.Key.Key_Up)
    assert box(session, "boat")[0] == 55
    assert session.stack.count() == 1


def test_dragging_a_label_previews_and_is_one_step(panel, session):
    session.select(["boat"])
    label = scrub(panel, panel.place.left)
    drag_by(label, 12)
    assert bounds(session.shown.layer("boat"))[0] == 62
    assert box(session, "boat")[0] == 50
    QTest.mouseRelease(label, LEFT, Qt.KeyboardModifier.NoModifier, label.rect().center() + QPoint(12, 0))
    assert box(session, "boat")[0] == 62
    assert session.stack.count() == 1


def test_flip_and_reset(panel, session):
    session.select(["boat"])
    QTest.mouseClick(panel.place.flip_h, LEFT)
    assert session.document.layer("boat").transform.scale_x == -1
    assert box(session, "boat") == (50, 180, 110, 220)
    assert panel.place.reset.isEnabled()
    QTest.mouseClick(panel.place.reset, LEFT)
    assert session.document.layer("boat").transform.is_identity
    assert not panel.place.reset.isEnabled()


def test_a_group_and_several_layers_move_together(panel, session):
    session.select(["head"])
    assert panel.place.left.text() == "100 px"
    assert panel.place.width_.text() == "200 px"
    type_into(panel.place.left, "0")
    assert (box(session, "banner")[0], box(session, "title")[0]) == (0, 20)


# -- colour


def test_dragging_the_hue_previews_and_is_one_step(panel, session):
    session.select(["boat", "sun"])
    slider = panel.color.hue.slider
    drag_by(slider, 30)
    assert session.shown.layer("boat").recolor.hue > 10
    assert recolor(session, "boat").is_identity
    QTest.mouseRelease(slider, LEFT, Qt.KeyboardModifier.NoModifier, slider.rect().center() + QPoint(30, 0))
    assert recolor(session, "boat").hue == recolor(session, "sun").hue > 10
    assert session.stack.count() == 1
    session.stack.undo()
    assert panel.color.hue.value == 0


def test_one_slider_leaves_the_other_values_of_each_layer(panel, session):
    session.apply("Recolour", lambda d: edits.recolor(d, ["boat"], Recolor(saturation=-40)))
    session.select(["boat", "sun"])
    type_into(panel.color.lightness.field, "15")
    assert recolor(session, "boat") == Recolor(saturation=-40, lightness=15)
    assert recolor(session, "sun") == Recolor(lightness=15)


def test_colourise_with_strength_and_reset(panel, session):
    session.select(["boat"])
    assert not panel.color.strength.isVisible()
    QTest.mouseClick(panel.color.tint, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(8, panel.color.tint.height() // 2))
    assert recolor(session, "boat").colorize == (52, 120, 220)
    assert panel.color.strength.isVisible()
    type_into(panel.color.strength.field, "40")
    assert recolor(session, "boat").strength == 0.4
    panel.set_tint(QColor(200, 10, 20))
    assert recolor(session, "boat").colorize == (200, 10, 20)
    QTest.mouseClick(panel.color.reset, LEFT)
    assert recolor(session, "boat").is_identity
    assert session.stack.count() == 4


def test_the_colour_dialog_previews_and_cancel_restores(panel, session, qtbot):
    session.select(["boat"])
    QTest.mouseClick(panel.color.tint, LEFT, Qt.KeyboardModifier.NoModifier, QPoint(8, panel.color.tint.height() // 2))
    QTest.mouseClick(panel.color.color, LEFT)
    dialog = panel.color.findChild(QColorDialog)
    qtbot.waitUntil(dialog.isVisible)
    dialog.setCurrentColor(QColor(1, 200, 3))
    assert session.shown.layer("boat").recolor.colorize == (1, 200, 3)
    dialog.reject()
    assert session.shown is session.document
    assert recolor(session, "boat").colorize == (52, 120, 220)


def test_a_double_click_on_a_slider_is_its_neutral_value(panel, session):
    session.select(["boat"])
    type_into(panel.color.hue.field, "90")
    QTest.mouseDClick(panel.color.hue.slider, LEFT)
    assert recolor(session, "boat").is_identity


# -- locked, nothing, several


def test_nothing_selected_rests(panel, session):
    assert not panel.place.isEnabled()
    assert not panel.color.isEnabled()
    assert not panel.place.reset.isEnabled()
    assert panel.place.left.text() == ""
    session.select(["boat"])
    assert (panel.place.left.text(), panel.place.angle.text()) == ("50 px", "0°")
    assert panel.place.isEnabled()
    session.close()
    assert not panel.place.isEnabled()


def test_locked_layers_say_so_and_stay(panel, session):
    session.select(["sky"])
    assert not panel.place.isEnabled()
    assert "Unlock" in panel.note.text()
    session.select(["sky", "boat"])
    assert panel.place.isEnabled()
    assert "1 of 2" in panel.note.text()
    type_into(panel.place.left, "0")
    assert session.document.layer("sky").transform.is_identity
    assert box(session, "boat")[0] == 0


def test_a_layer_in_a_locked_group_is_locked(panel, session):
    session.apply("Lock", lambda d: edits.set_fields(d, ["land"], locked=True))
    session.select(["boat"])
    assert not panel.color.isEnabled()


def test_details_show_and_change_the_kind(panel, session):
    session.select(["title"])
    assert panel.info.text.text() == "Summer"
    assert panel.info.engine.text() == "Built-in, 90% sure"
    panel.info.kind.setCurrentIndex(panel.info.kind.findData("object"))
    panel.info.kind.activated.emit(panel.info.kind.currentIndex())
    assert session.document.layer("title").kind is LayerKind.OBJECT
    session.select(["title", "sky"])
    assert panel.info.kind.currentIndex() == -1


def test_a_preview_elsewhere_is_followed(panel, session):
    session.select(["boat"])
    session.preview(lambda d: edits.move_by(d, ["boat"], 7, 0))
    assert panel.place.left.text() == "57 px"
    session.cancel_preview()
    assert panel.place.left.text() == "50 px"


def test_a_wheel_over_a_field_without_the_keyboard_changes_nothing(panel, session, qtbot):
    from PySide6.QtGui import QWheelEvent
    from PySide6.QtWidgets import QApplication

    session.select(["boat"])
    panel.setFocus()
    for widget in (panel.place.left, panel.color.hue.slider, panel.color.hue.field):
        at = QPointF(widget.rect().center())
        event = QWheelEvent(
            at, QPointF(widget.mapToGlobal(at.toPoint())), QPoint(), QPoint(0, 120),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
    assert session.stack.count() == 0


def test_everything_has_a_name_and_a_tip(panel):
    kinds = (QAbstractButton, QAbstractSpinBox, QComboBox, QSlider)
    widgets = [w for kind in kinds for w in panel.findChildren(kind) if not w.objectName().startswith("qt_")]
    assert [w for w in widgets if not (w.accessibleName() or getattr(w, "text", str)()) or not w.toolTip()] == []


def test_folding_a_section_hides_it_and_is_remembered(qtbot, panel, session):
    header = panel.sections[1].header
    QTest.mouseClick(header, LEFT)
    assert not panel.color.isVisible()
    again = InspectorPanel(session)
    qtbot.addWidget(again)
    assert not again.sections[1].header.isChecked()
