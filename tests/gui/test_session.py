"""The session: what views are told, what undo brings back, and that previews leave no trace."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QUndoView

from engine import edits
from engine.document import BlendMode, Document, Group, Layer, Recolor
from gui.session import Change, DocumentSession


def layer(name: str) -> Layer:
    return Layer(np.zeros((4, 6, 4), np.uint8), name=name, id=name)


def make_document() -> Document:
    return Document(50, 40, (layer("a"), Group((layer("b"), layer("c")), name="g", id="g"), layer("d")))


@pytest.fixture
def session(qapp) -> DocumentSession:
    session = DocumentSession()
    session.heard = []
    session.changed.connect(session.heard.append)
    session.open(make_document())
    session.heard.clear()
    return session


def test_an_edit_says_what_changed_and_is_one_undo_step(session):
    before = session.document
    session.apply("Move", lambda d: edits.move_by(d, ["g"], 5, 0))
    assert session.heard == [Change(nodes=frozenset("bc"), fields=frozenset({"transform"}))]
    assert session.stack.undoText() == "Move"
    session.stack.undo()
    assert session.document is before
    session.stack.redo()
    assert session.document.layer("b").transform.dx == 5


def test_an_edit_that_changes_nothing_leaves_no_step(session):
    assert not session.apply("Move", lambda d: edits.move_by(d, ["g"], 0, 0))
    assert session.stack.count() == 0
    assert session.heard == []


def test_a_preview_is_shown_but_not_kept(session):
    session.preview(lambda d: edits.move_by(d, ["a"], 5, 0))
    session.preview(lambda d: edits.move_by(d, ["a"], 9, 0))
    assert session.shown.layer("a").transform.dx == 9, "each preview starts from the document, not from the last one"
    assert session.document.layer("a").transform.dx == 0
    session.cancel_preview()
    assert session.shown.layer("a").transform.dx == 0
    assert [change.nodes for change in session.heard] == [frozenset("a")] * 3
    session.preview(lambda d: edits.move_by(d, ["a"], 4, 0))
    session.apply("Move", lambda d: edits.move_by(d, ["a"], 4, 0))
    assert session.stack.count() == 1
    assert len(session.heard) == 4, "applying what is shown already changes nothing on screen"


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


def test_structure_is_told_apart_from_fields(session):
    session.apply("Reorder", lambda d: edits.step(d, ["a"], 1))
    assert session.heard[-1] == Change(structure=True)


def test_opening_another_document_starts_a_clean_history(session):
    session.apply("Move", lambda d: edits.move_by(d, ["a"], 5, 0))
    session.open(Document(3, 3))
    assert session.stack.count() == 0
    assert session.stack.isClean()
    assert session.heard[-1].opened
    session.close()
    assert not session.is_open


IDS = st.lists(st.sampled_from("abcdg"), min_size=1, max_size=3, unique=True)


def here(ids, document):
    return [i for i in ids if document.has(i)]


EDIT = st.one_of(
    st.builds(lambda i, x: lambda d: edits.move_by(d, here(i, d), x, 1), IDS, st.integers(-9, 9)),
    st.builds(lambda i, o: lambda d: edits.set_fields(d, i, opacity=o), IDS, st.floats(0, 1)),
    st.builds(lambda i, m: lambda d: edits.set_fields(d, i, blend_mode=m), IDS, st.sampled_from(list(BlendMode)[:12])),
    st.builds(lambda i, h: lambda d: edits.recolor(d, here(i, d), Recolor(hue=h)), IDS, st.integers(-90, 90)),
    st.builds(lambda i, by: lambda d: edits.step(d, here(i, d), by), IDS, st.sampled_from([-1, 1])),
    st.builds(lambda i: lambda d: edits.remove(d, i), IDS),
    st.builds(lambda i: lambda d: edits.duplicate(d, here(i, d))[0], IDS),
    st.builds(lambda i: lambda d: edits.group(d, here(i, d))[0], IDS),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(EDIT, min_size=1, max_size=12))
def test_undo_all_then_redo_all_gives_the_same_documents(qapp, sequence):
    session = DocumentSession()
    session.open(make_document())
    states = [session.document]
    for number, edit in enumerate(sequence):
        if session.apply(f"Edit {number}", edit):
            states.append(session.document)
    for state in reversed(states[:-1]):
        session.stack.undo()
        assert session.document is state
    for state in states[1:]:
        session.stack.redo()
        assert session.document is state


# -- the undo history's memory


def repainted(document: Document, layer_id: str, value: int) -> Document:
    """That layer with new pixels, 96 bytes."""
    pixels = np.full((4, 6, 4), value, np.uint8)
    return document.map_nodes(lambda n: replace(n, pixels=pixels) if n.id == layer_id else n)


def test_the_oldest_steps_go_when_the_history_holds_too_many_pixels(session):
    session.undo_budget = 3 * 96
    for value in range(1, 8):
        session.apply(f"Paint {value}", lambda d, v=value: repainted(d, "a", v))
    assert session.stack.count() == 3
    assert session.heard[-1] == Change(nodes=frozenset("a"), fields=frozenset({"pixels"}))
    assert [session.stack.text(i) for i in range(3)] == ["Paint 5", "Paint 6", "Paint 7"]
    while session.stack.canUndo():
        session.stack.undo()
    assert session.document.layer("a").pixels[0, 0, 0] == 4
    while session.stack.canRedo():
        session.stack.redo()
    assert session.document.layer("a").pixels[0, 0, 0] == 7


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
