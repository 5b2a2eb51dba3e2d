"""Free transform: several drags, one step; Enter applies, Escape cancels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.document import Transform
from engine.editing import edits
from gui.document.session import EditFunction
from tests.gui.canvas.conftest import Stage, poster


@pytest.fixture
def opened(stage: Stage) -> Stage:
    stage.open(poster())
    stage.session.select(["card"])
    return stage


def transform(stage: Stage) -> Transform:
    return stage.session.document.layer("card").transform


def test_several_drags_are_one_step_on_enter(opened: Stage) -> None:
    view = opened.view
    view.begin_transform()
    assert view.transform_active
    assert view.tool_id == "transform"
    opened.hand.drag((320, 100), (380, 130))
    opened.hand.drag((250, 60), (250, 100))
    opened.hand.key(Qt.Key.Key_Return)
    assert not opened.view.transform_active
    assert view.tool_id == "move"
    assert opened.session.stack.count() == 1
    assert opened.session.stack.undoText() == "Transform Card"
    assert transform(opened).scale_x == pytest.approx(1.5, abs=0.02)
    assert transform(opened).dy > 30


def test_escape_cancels_first_the_drag_then_the_transform(opened: Stage) -> None:
    view = opened.view
    view.begin_transform()
    opened.hand.drag((320, 100), (380, 130))
    opened.hand.press(250, 60)
    opened.hand.move(250, 100)
    opened.hand.key(Qt.Key.Key_Escape)
    opened.hand.release(250, 100)
    assert view.transform_active
    assert opened.session.shown.layer("card").transform.scale_x == pytest.approx(1.5, abs=0.02)
    assert opened.session.shown is opened.session.document, "the drag is given up, the step before it is not"
    opened.hand.key(Qt.Key.Key_Escape)
    assert not opened.view.transform_active
    assert opened.session.shown is opened.session.document
    assert transform(opened) == Transform()
    assert opened.session.stack.count() == 0


def test_anywhere_outside_turns(opened: Stage) -> None:
    opened.view.begin_transform()
    opened.hand.drag((360, 70), (260, 200))
    opened.view.apply_transform()
    assert abs(transform(opened).rotation) > 30


def test_nudging_belongs_to_the_transform(opened: Stage) -> None:
    opened.session.apply("move", lambda d: edits.move_by(d, ["card"], 20, 0))
    opened.view.nudge(1, 0)
    opened.view.begin_transform()
    opened.view.nudge(7, 0)
    opened.view.nudge(7, 0)
    opened.view.apply_transform()
    assert transform(opened) == Transform(dx=35)
    opened.session.stack.undo()
    assert transform(opened) == Transform(dx=21), "a nudge from before the transform stays a step of its own"


def test_a_locked_selection_refuses(opened: Stage) -> None:
    opened.session.select(["bg"])
    opened.view.begin_transform()
    assert not opened.view.transform_active
    assert "locked" in opened.messages[-1]


def test_nothing_selected_refuses(opened: Stage) -> None:
    opened.session.select([])
    opened.view.begin_transform()
    assert not opened.view.transform_active
    assert "Select a layer" in opened.messages[-1]


def test_choosing_another_tool_applies(opened: Stage) -> None:
    opened.view.begin_transform()
    opened.view.nudge(7, 0)
    opened.view.set_tool("hand")
    assert transform(opened) == Transform(dx=7)
    assert opened.view.tool_id == "hand"


def test_what_other_places_do_to_the_layer_belongs_to_the_transform(opened: Stage) -> None:
    opened.session.apply("move", lambda d: edits.move_by(d, ["card"], 20, 0))
    opened.view.begin_transform()
    opened.hand.drag((340, 100), (400, 130))
    scaled = transform(opened)
    opened.session.apply("type", lambda d: edits.move_by(d, ["card"], 10, 0))
    assert opened.view.transform_active
    assert transform(opened) == replace(scaled, dx=scaled.dx + 10), "the drag before it is kept"
    opened.hand.key(Qt.Key.Key_Escape)
    assert transform(opened) == Transform(dx=20)
    assert opened.session.stack.count() == 1


def test_undo_and_redo_step_inside_the_transform(opened: Stage) -> None:
    opened.view.begin_transform()
    opened.hand.drag((320, 100), (380, 130))
    once = transform(opened)
    opened.hand.drag((250, 60), (250, 100))
    opened.session.stack.undo()
    assert opened.view.transform_active
    assert transform(opened) == once
    opened.session.stack.redo()
    assert transform(opened).dy > once.dy
    opened.session.stack.undo()
    opened.hand.key(Qt.Key.Key_Return)
    assert transform(opened) == once
    assert opened.session.stack.count() == 1
    assert not opened.session.stack.canRedo(), "what was undone inside does not come back"
    opened.session.stack.undo()
    assert transform(opened) == Transform()


def test_undo_beyond_the_beginning_ends_the_transform(opened: Stage) -> None:
    opened.session.apply("move", lambda d: edits.move_by(d, ["card"], 20, 0))
    opened.view.begin_transform()
    opened.session.stack.undo()
    assert not opened.view.transform_active
    assert transform(opened) == Transform()
    opened.session.stack.redo()
    assert transform(opened) == Transform(dx=20)


def test_enter_and_escape_after_nothing_leave_the_history_alone(opened: Stage) -> None:
    opened.session.apply("move", lambda d: edits.move_by(d, ["card"], 20, 0))
    opened.session.stack.undo()
    for end in (Qt.Key.Key_Return, Qt.Key.Key_Escape):
        opened.view.begin_transform()
        opened.hand.key(end)
    assert opened.session.stack.redoText() == "move"


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: edits.set_fields(d, ["card"], locked=True),
        lambda d: edits.set_fields(d, ["ball"], visible=False),
        lambda d: edits.remove(d, ["ball"]),
        lambda d: edits.move_by(d, ["ball"], 5, 5),
    ],
)
def test_another_edit_applies_the_transform_first(opened: Stage, edit: EditFunction) -> None:
    opened.view.begin_transform()
    opened.hand.drag((250, 60), (250, 100))
    moved = transform(opened)
    opened.session.apply("other", edit)
    assert not opened.view.transform_active
    assert [opened.session.stack.text(i) for i in range(opened.session.stack.count())] == ["Transform Card", "other"]
    opened.session.stack.undo()
    assert transform(opened) == moved
    opened.session.stack.undo()
    assert transform(opened) == Transform()


def test_an_edit_made_from_the_document_beforehand_keeps_the_transform(opened: Stage) -> None:
    """Duplicating and grouping compute their result before they ask for the edit."""
    opened.view.begin_transform()
    opened.hand.drag((250, 60), (250, 100))
    moved = transform(opened)
    after, copies = edits.duplicate(opened.session.document, ["card"])
    opened.session.apply("Duplicate", lambda _d: after, select=copies)
    assert transform(opened) == moved
    assert opened.session.document.layer(copies[0]).transform == moved


def test_deleting_the_layer_itself_ends_it_and_undo_brings_it_back_transformed(opened: Stage) -> None:
    opened.view.begin_transform()
    opened.hand.drag((250, 60), (250, 100))
    moved = transform(opened)
    opened.session.apply("delete", lambda d: edits.remove(d, ["card"]))
    assert not opened.view.transform_active
    opened.session.stack.undo()
    assert transform(opened) == moved


def test_selecting_another_layer_applies_it(opened: Stage) -> None:
    opened.view.begin_transform()
    opened.hand.drag((250, 60), (250, 100))
    opened.session.select(["ball"])
    assert not opened.view.transform_active
    assert opened.session.stack.undoText() == "Transform Card"
    assert transform(opened).dy > 30
    assert opened.session.selection == ("ball",)


def test_an_edit_that_changes_nothing_disturbs_nothing(opened: Stage) -> None:
    opened.view.begin_transform()
    opened.hand.drag((320, 100), (380, 130))
    scaled = opened.picture()
    opened.session.apply("Opacity", lambda d: edits.set_fields(d, ["card"], opacity=1.0))
    assert opened.view.transform_active
    assert np.array_equal(opened.picture(), scaled)


def test_enter_during_a_drag_keeps_it(opened: Stage) -> None:
    opened.view.begin_transform()
    opened.hand.press(250, 60)
    opened.hand.move(250, 100)
    opened.hand.key(Qt.Key.Key_Return)
    opened.hand.release(250, 100)
    assert transform(opened).dy > 30
    assert opened.session.stack.count() == 1


def test_a_double_click_inside_applies(opened: Stage) -> None:
    opened.view.begin_transform()
    opened.hand.drag((250, 60), (250, 100))
    opened.hand.click(250, 110)
    QTest.mouseDClick(opened.view, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, opened.hand.at(250, 110))
    assert not opened.view.transform_active
    assert opened.session.stack.count() == 1


def test_a_turned_frame_around_several_layers_stays_turned(opened: Stage) -> None:
    opened.session.select(["card", "stamp"])
    opened.view.begin_transform()
    opened.hand.drag((360, 85), (300, 180))
    turned = opened.frame.rotation
    assert abs(turned) > 20
    opened.hand.drag((260, 85), (262, 95))
    assert opened.frame.rotation == turned
    opened.session.stack.undo()
    opened.session.stack.undo()
    assert opened.frame.rotation == 0


def test_another_document_opened_during_a_transform(opened: Stage) -> None:
    opened.view.begin_transform()
    opened.hand.drag((250, 60), (250, 100))
    other = poster()
    opened.session.open(other)
    assert not opened.view.transform_active
    assert opened.session.document is other
    assert opened.session.stack.count() == 0


def test_several_layers_transform_together(opened: Stage) -> None:
    opened.session.select(["card", "stamp"])
    opened.view.begin_transform()
    opened.hand.drag((200, 130), (140, 175))
    opened.view.apply_transform()
    card, stamp = (opened.session.document.layer(i).transform for i in ("card", "stamp"))
    assert card.scale_x == pytest.approx(stamp.scale_x)
    assert card.scale_x == pytest.approx(1.5, abs=0.03)
    assert opened.session.stack.undoText() == "Transform 2 layers"
