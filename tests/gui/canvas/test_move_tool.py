"""The move tool under real mouse and key events."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from engine.document import Document, Group, Layer, Transform
from engine.editing import edits
from engine.imaging.compositing import bounds
from tests.gui.canvas.conftest import Stage, disc, plain, poster

SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def opened(stage: Stage) -> Stage:
    stage.open(poster())
    return stage


def place(stage: Stage, layer_id: str) -> tuple[float, float]:
    t = stage.session.document.layer(layer_id).transform
    return t.dx, t.dy


def test_a_click_picks_the_topmost_visible_pixels(opened: Stage) -> None:
    opened.hand.click(280, 80)
    assert opened.session.selection == ("stamp",)
    opened.hand.click(220, 80)
    assert opened.session.selection == ("card",)


def test_transparent_corners_are_not_picked(opened: Stage) -> None:
    opened.hand.click(43, 53)
    assert opened.session.selection == ()


def test_a_locked_layer_is_not_picked_and_says_why(opened: Stage) -> None:
    opened.hand.click(20, 250)
    assert opened.session.selection == ()
    assert "“Background” is locked" in opened.messages[-1]


def test_hidden_layers_and_layers_in_locked_groups_are_not_picked(stage: Stage) -> None:
    hidden = Layer(plain(50, 50, (1, 2, 3)), 10, 10, id="hidden", visible=False)
    inside = Layer(plain(50, 50, (1, 2, 3)), 10, 10, id="inside")
    group = Group((inside,), locked=True, id="group")
    below = Layer(plain(50, 50, (9, 2, 3)), 10, 10, id="below")
    stage.open(Document(100, 100, (below, group, hidden)))
    stage.hand.click(30, 30)
    assert stage.session.selection == ("below",)


def test_a_drag_moves_whole_pixels_as_one_named_step(opened: Stage) -> None:
    opened.hand.drag((90, 100), (121, 117), CTRL)
    assert opened.session.stack.count() == 0, "with Ctrl the drag moves the selection, and nothing was selected"
    opened.hand.click(90, 100)
    opened.hand.drag((90, 100), (121, 117), CTRL)
    assert place(opened, "ball") == (31, 17)
    assert opened.session.stack.count() == 1
    assert opened.session.stack.undoText() == "Move Ball"
    opened.session.stack.undo()
    assert place(opened, "ball") == (0, 0)


def test_a_press_on_another_layer_selects_and_moves_it_at_once(opened: Stage) -> None:
    opened.session.select(["ball"])
    opened.hand.drag((220, 80), (260, 140))
    assert opened.session.selection == ("card",)
    assert place(opened, "card")[0] != 0
    assert place(opened, "ball") == (0, 0)


def test_a_tremble_is_a_click(opened: Stage) -> None:
    opened.hand.drag((90, 100), (91, 101))
    assert place(opened, "ball") == (0, 0)
    assert opened.session.stack.count() == 0


def test_shift_keeps_to_an_axis(opened: Stage) -> None:
    opened.hand.drag((90, 100), (141, 118), SHIFT)
    dx, dy = place(opened, "ball")
    assert dy == 0
    assert dx > 40


def test_alt_drag_duplicates_as_one_step(opened: Stage) -> None:
    opened.hand.drag((90, 100), (90, 180), ALT)
    names = [layer.name for layer in opened.session.document.layers()]
    assert names == ["Background", "Ball", "Ball copy", "Card", "Stamp"]
    copy = opened.session.document.layers()[2]
    assert opened.session.selection == (copy.id,)
    assert copy.transform.dy > 60
    assert place(opened, "ball") == (0, 0)
    assert opened.session.stack.undoText() == "Duplicate Ball"
    opened.session.stack.undo()
    assert len(opened.session.document.layers()) == 4


def test_shift_and_ctrl_clicks_select_several(opened: Stage) -> None:
    opened.hand.click(90, 100)
    opened.hand.click(220, 80, SHIFT)
    assert set(opened.session.selection) == {"ball", "card"}
    opened.hand.click(280, 80, CTRL)
    assert set(opened.session.selection) == {"ball", "card", "stamp"}
    opened.hand.click(220, 80, CTRL)
    assert set(opened.session.selection) == {"ball", "stamp"}
    opened.hand.click(90, 100)
    assert opened.session.selection == ("ball",)


def test_several_layers_move_together(opened: Stage) -> None:
    opened.session.select(["ball", "card"])
    opened.hand.drag((90, 100), (90, 125))
    assert place(opened, "ball") == place(opened, "card") != (0, 0)
    assert opened.session.stack.undoText() == "Move 2 layers"


def test_a_selected_group_moves_as_a_whole(opened: Stage) -> None:
    opened.session.apply("group", lambda d: edits.group(d, ["ball", "card"])[0])
    group_id = next(n.id for n in opened.session.document.nodes if isinstance(n, Group))
    opened.session.select([group_id])
    opened.hand.drag((90, 100), (90, 125))
    assert opened.session.selection == (group_id,)
    assert place(opened, "ball") == place(opened, "card") != (0, 0)


def test_a_marquee_on_empty_canvas_selects_what_it_touches(opened: Stage) -> None:
    opened.hand.drag((190, 20), (300, 65))
    assert set(opened.session.selection) == {"card"}
    opened.hand.drag((170, 15), (330, 150))
    assert set(opened.session.selection) == {"card", "stamp"}
    assert opened.session.stack.count() == 0


def test_a_click_on_nothing_deselects(opened: Stage) -> None:
    opened.session.select(["ball"])
    opened.hand.click(20, 280)
    assert opened.session.selection == ()


def test_moves_snap_to_the_canvas_edge_and_ctrl_suspends_it(opened: Stage) -> None:
    opened.hand.click(90, 100)
    opened.hand.drag((90, 100), (53, 100 + 37))
    assert place(opened, "ball") == (-40, 37)
    opened.session.stack.undo()
    opened.hand.drag((90, 100), (53, 137), CTRL)
    assert place(opened, "ball") == (-37, 37)


def test_a_moved_layer_snaps_back_to_its_original_place(opened: Stage) -> None:
    opened.session.apply("far", lambda d: edits.move_by(d, ["ball"], 61, 83))
    opened.hand.press(150, 180)
    opened.hand.move(150 - 40, 180 - 40)
    opened.hand.move(150 - 58, 180 - 86)
    assert opened.gesture.ghost is not None
    opened.hand.release(150 - 58, 180 - 86)
    assert place(opened, "ball") == (0, 0)


def test_escape_puts_everything_back(opened: Stage) -> None:
    opened.hand.press(90, 100)
    opened.hand.move(130, 140)
    assert opened.session.shown is not opened.session.document
    opened.hand.key(Qt.Key.Key_Escape)
    assert opened.session.shown is opened.session.document
    opened.hand.move(160, 160)
    opened.hand.release(160, 160)
    assert opened.session.stack.count() == 0
    assert place(opened, "ball") == (0, 0)


def test_a_locked_selection_refuses_with_a_message(opened: Stage) -> None:
    opened.session.select(["bg"])
    opened.hand.drag((20, 250), (60, 250), CTRL)
    assert place(opened, "bg") == (0, 0)
    assert "“Background” is locked" in opened.messages[-1]
    opened.view.nudge(1, 0)
    assert place(opened, "bg") == (0, 0)
    assert "locked" in opened.messages[-1]


def test_nudges_in_a_row_are_one_step(opened: Stage) -> None:
    opened.session.select(["ball"])
    for _ in range(3):
        opened.view.nudge(1, 0)
    opened.view.nudge(0, 10)
    assert place(opened, "ball") == (3, 10)
    assert opened.session.stack.count() == 1
    assert opened.session.stack.undoText() == "Move Ball"


def test_a_corner_scales_in_ratio_and_shift_frees_it(opened: Stage) -> None:
    opened.session.select(["card"])
    opened.hand.drag((320, 100), (380, 130))
    t = opened.session.document.layer("card").transform
    assert t.scale_x == pytest.approx(t.scale_y)
    assert t.scale_x == pytest.approx(1.5, abs=0.02)
    assert opened.session.stack.undoText() == "Scale Card"
    opened.session.stack.undo()
    opened.hand.drag((320, 100), (380, 100), SHIFT)
    t = opened.session.document.layer("card").transform
    assert (t.scale_x, t.scale_y) == pytest.approx((1.5, 1.0), abs=0.02)


def test_a_dragged_side_snaps_with_a_line_and_ctrl_suspends_it(opened: Stage) -> None:
    opened.session.select(["card"])
    opened.hand.press(320, 70)
    opened.hand.move(397, 72)
    [guide] = opened.gesture.guides
    assert (guide.axis, guide.at, guide.start, guide.end) == ("x", 400, 0, 300)
    assert bounds(opened.session.shown.layer("card"))[2] == pytest.approx(400)
    opened.hand.move(397, 72, CTRL)
    assert opened.gesture.guides == ()
    assert bounds(opened.session.shown.layer("card"))[2] == pytest.approx(397)
    opened.hand.move(397, 72)
    opened.hand.release(397, 72)
    assert bounds(opened.session.document.layer("card")) == pytest.approx((200, 40, 400, 100))


def test_a_dragged_corner_snaps_by_its_nearer_edge_and_keeps_the_ratio(opened: Stage) -> None:
    opened.session.select(["card"])
    opened.hand.press(320, 100)
    opened.hand.move(396, 137)
    t = opened.session.shown.layer("card").transform
    assert t.scale_x == t.scale_y
    assert bounds(opened.session.shown.layer("card"))[2] == pytest.approx(400)
    opened.hand.move(396, 151, SHIFT)
    assert bounds(opened.session.shown.layer("card")) == pytest.approx((200, 40, 400, 150)), "both edges, on their own"
    assert {g.axis for g in opened.gesture.guides} == {"x", "y"}
    opened.hand.release(396, 151, SHIFT)


def test_a_turned_layer_scales_freely_and_one_on_its_side_snaps(opened: Stage) -> None:
    opened.session.apply("turn", lambda d: edits.transform_layers(d, {"card": Transform(rotation=90)}))
    opened.session.select(["card"])
    opened.hand.press(260, 130)
    opened.hand.move(261, 148)
    assert bounds(opened.session.shown.layer("card"))[3] == pytest.approx(150)
    opened.hand.release(261, 148)
    opened.session.apply("turn", lambda d: edits.transform_layers(d, {"card": Transform(rotation=30)}))
    x, y = opened.frame.point(1, 0)
    opened.hand.press(x, y)
    opened.hand.move(x + 20, y + 10)
    assert opened.gesture.guides == ()


def test_dragging_a_side_across_flips(opened: Stage) -> None:
    opened.session.select(["card"])
    opened.hand.drag((320, 70), (80, 70))
    t = opened.session.document.layer("card").transform
    assert t.scale_x == pytest.approx(-1, abs=0.03)
    assert t.scale_y == 1


def test_outside_a_corner_turns_and_shift_steps(opened: Stage) -> None:
    opened.session.select(["card"])
    opened.hand.drag((330, 110), (290, 150), SHIFT)
    t = opened.session.document.layer("card").transform
    assert t.rotation != 0
    assert t.rotation % 15 == pytest.approx(0)
    assert opened.session.stack.undoText() == "Rotate Card"


def test_undo_during_a_drag_ends_it_cleanly(opened: Stage) -> None:
    opened.session.apply("move", lambda d: edits.move_by(d, ["ball"], 20, 0))
    opened.hand.press(110, 100)
    opened.hand.move(140, 130)
    opened.session.stack.undo()
    assert opened.session.shown is opened.session.document
    opened.hand.move(150, 150)
    opened.hand.release(150, 150)
    assert place(opened, "ball") == (0, 0)


def test_a_layer_deleted_during_its_drag(opened: Stage) -> None:
    opened.hand.press(90, 100)
    opened.hand.move(140, 130)
    opened.session.apply("delete", lambda d: edits.remove(d, ["ball"]))
    opened.hand.move(150, 150)
    opened.hand.release(150, 150)
    assert [layer.id for layer in opened.session.document.layers()] == ["bg", "card", "stamp"]
    assert "ended" in opened.messages[-1]


def test_a_drag_goes_on_when_something_else_changes(opened: Stage) -> None:
    """A run that finishes meanwhile adds layers; the hand need not notice."""
    opened.hand.press(90, 100)
    opened.hand.move(120, 150)
    new = Layer(disc(20, 20, (1, 2, 3)), 300, 200, name="New")
    opened.session.apply("add", lambda d: edits.insert(d, [new]))
    opened.hand.move(140, 161)
    opened.hand.release(140, 161)
    assert place(opened, "ball") == (50, 61)
    assert opened.session.document.layers()[-1].name == "New"
    assert opened.session.stack.count() == 2


def test_another_document_opened_during_a_drag(opened: Stage) -> None:
    opened.hand.press(90, 100)
    opened.hand.move(120, 150)
    opened.session.open(poster())
    opened.hand.move(140, 161)
    opened.hand.release(140, 161)
    assert place(opened, "ball") == (0, 0)


def test_an_empty_session_is_calm(stage: Stage) -> None:
    stage.hand.drag((5, 5), (50, 50))
    stage.view.nudge(-1, 0)
    stage.view.fit()
    stage.view.zoom_in()
    stage.view.begin_transform()
    image = stage.view.grab().toImage()
    corner = image.pixelColor(1, 1)
    assert image.pixelColor(image.width() // 2, image.height() // 2) == corner
    stage.open(poster())
    stage.session.close()
    assert stage.view.grab().toImage().pixelColor(300, 200) == corner


@pytest.mark.parametrize("far", [1e9, -1e9])
def test_huge_moves_and_sizes_are_held(opened: Stage, far: float) -> None:
    opened.session.select(["ball"])
    opened.session.apply("far", lambda d: edits.move_by(d, ["ball"], far, far))
    opened.view.grab()
    opened.view.nudge(1, 1)
    big = Transform(scale_x=5000, scale_y=5000, rotation=33)
    opened.session.apply("big", lambda d: edits.transform_layers(d, {"card": big}))
    opened.session.select(["card"])
    opened.view.grab()
    opened.settle()
    opened.hand.drag((200, 150), (210, 170))
    opened.view.grab()


def test_five_hundred_layers(stage: Stage) -> None:
    layers = tuple(Layer(disc(40, 40, (i % 255, 90, 40)), i * 7 % 380, i * 13 % 280, id=f"l{i}") for i in range(500))
    stage.open(Document(400, 300, layers))
    stage.hand.drag((199, 150), (240, 190))
    assert stage.session.stack.count() == 1
    stage.settle()


def test_ctrl_wheel_zooms_at_the_cursor_and_plain_wheel_scrolls(opened: Stage) -> None:
    view = opened.view
    at = QPointF(view.width() * 0.3, view.height() * 0.4)

    def wheel(angle: int, modifiers: Qt.KeyboardModifier) -> None:
        event = QWheelEvent(
            at, view.mapToGlobal(at), QPoint(), QPoint(0, angle), Qt.MouseButton.NoButton, modifiers,
            Qt.ScrollPhase.NoScrollPhase, False,
        )  # fmt: skip
        QApplication.sendEvent(view, event)

    before = view.viewport.to_document(at.x(), at.y())
    wheel(120, CTRL)
    assert view.zoom > 1
    after = view.viewport.to_document(at.x(), at.y())
    assert after == pytest.approx(before, abs=1)
    place = view.viewport.x, view.viewport.y
    wheel(-120, Qt.KeyboardModifier.NoModifier)
    assert view.viewport.x == place[0]
    assert view.viewport.y < place[1]
    wheel(-120, SHIFT)
    assert view.viewport.x < place[0]


def test_space_and_the_middle_button_pan(opened: Stage) -> None:
    view = opened.view
    x, y = view.viewport.x, view.viewport.y
    QTest.keyPress(view, Qt.Key.Key_Space)
    start = opened.hand.at(90, 100)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(view, start + QPoint(12, 4))
    QTest.mouseMove(view, start + QPoint(30, 10))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start + QPoint(30, 10))
    QTest.keyRelease(view, Qt.Key.Key_Space)
    assert (view.viewport.x - x, view.viewport.y - y) == (30, 10)
    assert place(opened, "ball") == (0, 0)
    start = QPoint(100, 100)
    QTest.mousePress(view, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, start)
    QTest.mouseMove(view, start + QPoint(-7, 5))
    QTest.mouseRelease(view, Qt.MouseButton.MiddleButton, Qt.KeyboardModifier.NoModifier, start + QPoint(-7, 5))
    assert (view.viewport.x - x, view.viewport.y - y) == (23, 15)


def test_the_document_is_fitted_on_open_and_while_the_window_grows(stage: Stage) -> None:
    big = Document(3000, 2000, (Layer(plain(3000, 2000, (9, 9, 9))),))
    stage.open(big, zoom=None)
    left, _, right, _ = stage.view.viewport.canvas
    assert left >= 0
    assert right <= 600
    zoom = stage.view.zoom
    stage.view.resize(900, 700)
    assert stage.view.zoom > zoom
    stage.view.zoom_in()
    zoom = stage.view.zoom
    stage.view.resize(600, 450)
    assert stage.view.zoom == zoom


def test_the_cursor_position_is_reported_in_document_px(opened: Stage, qtbot: QtBot) -> None:
    seen: list[QPointF] = []
    opened.view.cursor_moved.connect(seen.append)
    opened.hand.press(90, 100)
    opened.hand.release(90, 100)
    opened.hand.move(33, 44)
    assert (seen[-1].x(), seen[-1].y()) == pytest.approx((33, 44), abs=1)


def test_the_selection_follows_deleted_layers(opened: Stage) -> None:
    opened.session.select(["ball"])
    opened.session.apply("delete", lambda d: edits.remove(d, ["ball"]))
    opened.view.grab()
    opened.view.nudge(-1, 0)
    assert opened.messages[-1] == "Select a layer first."


def test_dragging_keeps_a_turned_layers_own_angle(opened: Stage) -> None:
    turned = Transform(1.2, -0.8, 350.0, 3.5, 0)
    opened.session.apply("turn", lambda d: edits.transform_layers(d, {"card": turned}))
    opened.session.select(["card"])
    opened.view.nudge(5, 0)
    opened.hand.drag((250, 70), (260, 70), CTRL)
    t = opened.session.document.layer("card").transform
    assert replace(t, dx=0, dy=0) == replace(turned, dx=0, dy=0)
    assert t.dx == 18.5
