"""The session: what views are told, what undo brings back, and that previews leave no trace."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest

from engine.document import Change, Document
from engine.editing import edits


def test_an_edit_says_what_changed_and_is_one_undo_step(session, heard):
    before = session.document
    session.apply("Move", lambda d: edits.move_by(d, ["g"], 5, 0))
    assert heard == [Change(nodes=frozenset("bc"), fields=frozenset({"transform"}))]
    assert session.stack.undoText() == "Move"
    session.stack.undo()
    assert session.document is before
    session.stack.redo()
    assert session.document.layer("b").transform.dx == 5


def test_undo_does_not_go_behind_its_floor(session):
    session.apply("Move", lambda d: edits.move_by(d, ["a"], 5, 0))
    floor = session.undo_floor = session.document
    assert not session.can_undo
    session.undo()
    assert session.document is floor
    session.apply("Move", lambda d: edits.move_by(d, ["a"], 5, 0))
    assert session.can_undo
    session.undo()
    assert session.document is floor
    session.undo_floor = None
    session.undo()
    assert session.document.layer("a").transform.dx == 0
    assert not session.can_undo


def test_an_edit_that_changes_nothing_leaves_no_step(session, heard):
    assert not session.apply("Move", lambda d: edits.move_by(d, ["g"], 0, 0))
    assert session.stack.count() == 0
    assert heard == []


def test_a_preview_is_shown_but_not_kept(session, heard):
    session.preview(lambda d: edits.move_by(d, ["a"], 5, 0))
    session.preview(lambda d: edits.move_by(d, ["a"], 9, 0))
    assert session.shown.layer("a").transform.dx == 9, "each preview starts from the document, not from the last one"
    assert session.document.layer("a").transform.dx == 0
    session.cancel_preview()
    assert session.shown.layer("a").transform.dx == 0
    assert [change.nodes for change in heard] == [frozenset("a")] * 3
    session.preview(lambda d: edits.move_by(d, ["a"], 4, 0))
    session.apply("Move", lambda d: edits.move_by(d, ["a"], 4, 0))
    assert session.stack.count() == 1
    assert len(heard) == 4, "applying what is shown already changes nothing on screen"


def test_steps_with_one_merge_key_become_one(session):
    for value in (0.9, 0.8, 0.7):
        session.apply("Opacity", lambda d, v=value: edits.set_fields(d, ["a"], opacity=v), merge="opacity:a")
    session.apply("Opacity", lambda d: edits.set_fields(d, ["d"], opacity=0.1), merge="opacity:d")
    assert session.stack.count() == 2
    session.stack.undo()
    session.stack.undo()
    assert session.document.layer("a").opacity == 1


def test_deleting_selected_layers_empties_the_selection_and_undo_brings_it_back(session):
    session.select(["a", "d", "nothing"])
    assert session.selection == ("a", "d")
    assert session.current == "d"
    session.apply("Delete", lambda d: edits.remove(d, ["d"]))
    assert session.selection == ("a",)
    session.stack.undo()
    assert session.selection == ("a", "d")


def test_no_view_ever_meets_a_selected_node_that_is_gone(session):
    session.changed.connect(lambda _change: [session.document.find(i) for i in session.selection])
    session.select(["a", "d"])
    session.apply("Delete", lambda d: edits.remove(d, ["a", "d"]), select=["b"])
    session.stack.undo()
    session.stack.redo()
    assert session.selection == ("b",)


def test_structure_is_told_apart_from_fields(session, heard):
    session.apply("Reorder", lambda d: edits.step(d, ["a"], 1))
    assert heard[-1] == Change(structure=True)


WHOLE = {
    "width": 70,
    "height": 30,
    "dpi": (300.0, 300.0),
    "icc": b"a profile",
    "icc_name": "Display P3",
    "source": Path("card.png"),
    "original": np.zeros((40, 50, 4), np.uint8),
}
"""Another value for each field of a document but its nodes."""


@pytest.mark.parametrize("name", WHOLE)
def test_an_edit_of_the_document_itself_is_an_undo_step(session, name, heard):
    before = session.document
    assert session.apply("Document", lambda d: replace(d, **{name: WHOLE[name]}))
    assert heard == [Change(document=frozenset({name}))]
    assert not session.apply("Document", lambda d: replace(d, **{name: WHOLE[name]})), "it is so already"
    session.stack.undo()
    assert session.document is before
    session.stack.redo()
    assert getattr(session.document, name) is WHOLE[name]
    assert [change.document for change in heard] == [{name}] * 3


def test_every_field_of_a_document_counts_as_a_change():
    assert {f.name for f in fields(Document)} == {*WHOLE, "nodes"}


def test_size_and_layers_that_change_in_one_edit_are_both_told(session, heard):
    session.apply("Crop", lambda d: replace(edits.move_by(d, ["a"], -5, 0), width=20))
    [change] = heard
    assert change == Change(nodes=frozenset("a"), fields=frozenset({"transform"}), document=frozenset({"width"}))


def test_a_preview_of_the_document_itself_is_taken_back(session, heard):
    session.preview(lambda d: replace(d, width=9))
    assert session.shown.width == 9
    session.cancel_preview()
    assert session.shown.width == 50
    assert [change.document for change in heard] == [{"width"}] * 2


def test_opening_another_document_starts_a_clean_history(session, heard):
    session.apply("Move", lambda d: edits.move_by(d, ["a"], 5, 0))
    session.open(Document(3, 3))
    assert session.stack.count() == 0
    assert session.stack.isClean()
    assert heard[-1].opened
    session.close()
    assert not session.is_open
