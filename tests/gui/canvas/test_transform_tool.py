"""Free transform: several drags, one step; Enter applies, Escape cancels."""

from __future__ import annotations

import pytest
from PySide6.QtCore import Qt

from engine import edits
from engine.document import Transform
from tests.gui.canvas.conftest import poster


@pytest.fixture
def opened(stage):
    stage.open(poster())
    stage.session.select(["card"])
    return stage


def transform(stage) -> Transform:
    return stage.session.document.layer("card").transform


def test_several_drags_are_one_step_on_enter(opened):
    view = opened.view
    view.begin_transform()
    assert view.transform_active
    assert view.tool_id == "transform"
    opened.hand.drag((320, 100), (380, 130))
    opened.hand.drag((250, 60), (250, 100))
    assert transform(opened) == Transform(), "nothing is in the document before Enter"
    opened.hand.key(Qt.Key.Key_Return)
    assert not view.transform_active
    assert view.tool_id == "move"
    assert opened.session.stack.count() == 1
    assert opened.session.stack.undoText() == "Transform Card"
    assert transform(opened).scale_x == pytest.approx(1.5, abs=0.02)
    assert transform(opened).dy > 30


def test_escape_cancels_first_the_drag_then_the_transform(opened):
    opened.view.begin_transform()
    opened.hand.drag((320, 100), (380, 130))
    opened.hand.press(250, 60)
    opened.hand.move(250, 100)
    opened.hand.key(Qt.Key.Key_Escape)
    opened.hand.release(250, 100)
    assert opened.view.transform_active
    assert opened.session.shown.layer("card").transform.scale_x == pytest.approx(1.5, abs=0.02)
    opened.hand.key(Qt.Key.Key_Escape)
    assert not opened.view.transform_active
    assert opened.session.shown is opened.session.document
    assert transform(opened) == Transform()
    assert opened.session.stack.count() == 0


def test_anywhere_outside_turns(opened):
    opened.view.begin_transform()
    opened.hand.drag((360, 70), (260, 200))
    opened.view.apply_transform()
    assert abs(transform(opened).rotation) > 30


def test_nudging_belongs_to_the_transform(opened):
    opened.view.begin_transform()
    opened.view.nudge(7, 0)
    assert transform(opened) == Transform()
    opened.view.apply_transform()
    assert transform(opened) == Transform(dx=7)


def test_a_locked_selection_refuses(opened):
    opened.session.select(["bg"])
    opened.view.begin_transform()
    assert not opened.view.transform_active
    assert "locked" in opened.messages[-1]


def test_nothing_selected_refuses(opened):
    opened.session.select([])
    opened.view.begin_transform()
    assert not opened.view.transform_active
    assert "Select a layer" in opened.messages[-1]


def test_choosing_another_tool_applies(opened):
    opened.view.begin_transform()
    opened.view.nudge(7, 0)
    opened.view.set_tool("hand")
    assert transform(opened) == Transform(dx=7)
    assert opened.view.tool_id == "hand"


def test_numbers_from_elsewhere_count_during_a_transform(opened):
    opened.session.apply("move", lambda d: edits.move_by(d, ["card"], 20, 0))
    opened.view.begin_transform()
    opened.view.nudge(7, 0)
    opened.session.apply("type", lambda d: edits.transform_layers(d, {"card": Transform(2, 2)}))
    assert opened.session.shown.layer("card").transform == Transform(2, 2)
    opened.view.nudge(7, 0)
    opened.view.apply_transform()
    assert transform(opened) == Transform(2, 2, dx=7)
    assert opened.session.stack.undoText() == "Transform Card"


def test_undo_during_a_transform_goes_on_from_there(opened):
    opened.session.apply("move", lambda d: edits.move_by(d, ["card"], 20, 0))
    opened.view.begin_transform()
    opened.session.stack.undo()
    assert opened.session.shown.layer("card").transform == Transform()
    opened.view.cancel_transform()
    assert opened.session.shown is opened.session.document


def test_a_layer_deleted_or_locked_during_its_transform_ends_it(opened):
    opened.view.begin_transform()
    opened.view.nudge(7, 0)
    opened.session.apply("lock", lambda d: edits.set_fields(d, ["card"], locked=True))
    assert not opened.view.transform_active
    assert opened.session.shown is opened.session.document
    assert transform(opened) == Transform()


def test_other_edits_during_a_transform_do_not_disturb_it(opened):
    opened.view.begin_transform()
    opened.view.nudge(7, 0)
    opened.session.apply("hide", lambda d: edits.set_fields(d, ["ball"], visible=False))
    assert opened.view.transform_active
    opened.view.apply_transform()
    assert transform(opened) == Transform(dx=7)
    assert not opened.session.document.layer("ball").visible


def test_several_layers_transform_together(opened):
    opened.session.select(["card", "stamp"])
    opened.view.begin_transform()
    opened.hand.drag((200, 130), (140, 175))
    opened.view.apply_transform()
    card, stamp = (opened.session.document.layer(i).transform for i in ("card", "stamp"))
    assert card.scale_x == pytest.approx(stamp.scale_x)
    assert card.scale_x == pytest.approx(1.5, abs=0.03)
    assert opened.session.stack.undoText() == "Transform 2 layers"
