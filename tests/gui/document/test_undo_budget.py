"""How much memory the undo history may hold, and what goes first."""

from dataclasses import replace

import numpy as np
from PySide6.QtWidgets import QUndoView

from engine.document import Change, Document
from engine.editing import edits


def repainted(document: Document, layer_id: str, value: int) -> Document:
    """That layer with new pixels, 96 bytes."""
    pixels = np.full((4, 6, 4), value, np.uint8)
    return document.map_nodes(lambda n: replace(n, pixels=pixels) if n.id == layer_id else n)


def test_the_oldest_steps_go_when_the_history_holds_too_many_pixels(session, heard):
    session.undo_budget = 3 * 96
    for value in range(1, 8):
        session.apply(f"Paint {value}", lambda d, v=value: repainted(d, "a", v))
    assert session.stack.count() == 3
    assert heard[-1] == Change(nodes=frozenset("a"), fields=frozenset({"pixels"}))
    assert [session.stack.text(i) for i in range(3)] == ["Paint 5", "Paint 6", "Paint 7"]
    while session.stack.canUndo():
        session.stack.undo()
    assert session.document.layer("a").pixels[0, 0, 0] == 4
    while session.stack.canRedo():
        session.stack.redo()
    assert session.document.layer("a").pixels[0, 0, 0] == 7


def test_an_original_that_only_the_history_has_counts(session):
    session.undo_budget = 10
    for value in range(3):
        original = np.full((4, 6, 4), value, np.uint8)
        session.apply("Original", lambda d, o=original: replace(d, original=o))
    assert session.stack.count() == 1


def test_edits_that_hold_no_pixels_of_their_own_never_push_out_others(session):
    session.undo_budget = 100
    session.apply("Paint", lambda d: repainted(d, "a", 1))
    for _ in range(200):
        session.apply("Move", lambda d: edits.move_by(d, ["g", "d"], 1, 0))
    session.apply("Delete", lambda d: edits.remove(edits.duplicate(d, ["a"])[0], ["a"]))
    assert session.stack.count() == 202, "a copy shares its pixels with what was deleted"


def test_a_step_larger_than_the_limit_can_still_be_undone(session):
    before = session.document
    session.undo_budget = 10
    session.apply("Delete", lambda d: edits.remove(d, ["a", "g", "d"]))
    assert session.stack.count() == 1
    session.stack.undo()
    assert session.document is before


def test_what_was_exported_stays_known_when_steps_go(session):
    session.undo_budget = 2 * 96
    for value in range(1, 6):
        session.apply("Paint", lambda d, v=value: repainted(d, "a", v))
        if value == 4:
            session.stack.setClean()
    assert not session.stack.isClean()
    session.stack.undo()
    assert session.stack.isClean()
    session.stack.redo()
    for value in range(6, 9):
        session.apply("Paint", lambda d, v=value: repainted(d, "a", v))
    while session.stack.canUndo():
        session.stack.undo()
        assert not session.stack.isClean(), "the exported state was dropped"


def test_merging_and_views_go_on_after_steps_went(session, qtbot):
    view = QUndoView(session.stack)
    qtbot.addWidget(view)
    session.undo_budget = 96
    for value in range(1, 4):
        session.apply(f"Paint {value}", lambda d, v=value: repainted(d, "a", v), merge="paint" if value == 3 else "")
    session.apply("Paint 4", lambda d: repainted(d, "a", 4), merge="paint")
    assert session.stack.count() == 1
    assert view.model().rowCount() == 2
    session.stack.undo()
    assert session.document.layer("a").pixels[0, 0, 0] == 2
