"""What is carried for Photoshop stays while it is true, goes when it is not, and is named then."""

from dataclasses import replace

import numpy as np

from engine.document import BlendMode, Carried, CarriedKind, Shadow
from engine.editing import edits
from gui.document.session import DocumentSession
from tests.gui.document.conftest import make_document


def carrying(session: DocumentSession, *kinds: CarriedKind) -> list[str]:
    """Lets "a" carry a block of each kind; returns what the session will say."""
    blocks = tuple(Carried(kind.value[:4].encode(), b"data", kind) for kind in kinds)
    session.open(edits.set_fields(make_document(), ["a"], carried=blocks))
    said: list[str] = []
    session.noted.connect(said.append)
    return said


def kinds(session: DocumentSession) -> set[CarriedKind]:
    return {block.kind for block in session.document.find("a").carried}


def test_a_carried_block_stays_while_what_it_describes_does(session):
    said = carrying(session, *CarriedKind)
    changes = {"name": "b", "opacity": 0.5, "visible": False, "locked": True, "blend_mode": BlendMode.SCREEN}
    session.apply("Look", lambda d: edits.set_fields(d, ["a"], **changes))
    session.apply("Raise", lambda d: edits.step(d, ["a"], 1))
    assert kinds(session) == set(CarriedKind)
    assert said == []


def test_a_carried_text_goes_and_is_named_when_its_layer_moves_and_undo_brings_it_back(session):
    said = carrying(session, CarriedKind.TEXT, CarriedKind.EFFECTS)
    session.apply("Move", lambda d: edits.move_by(d, ["a"], 5, 0))
    assert kinds(session) == {CarriedKind.EFFECTS}
    assert said == ["The text of “a” can no longer be edited in Photoshop: it changed and is pixels now."]
    session.stack.undo()
    assert kinds(session) == {CarriedKind.TEXT, CarriedKind.EFFECTS}
    session.stack.redo()
    assert kinds(session) == {CarriedKind.EFFECTS}
    assert len(said) == 1


def test_a_block_that_the_edit_itself_renews_is_kept(session):
    said = carrying(session, CarriedKind.SMART_OBJECT)
    new = Carried(b"smar", b"another transform", CarriedKind.SMART_OBJECT)
    session.apply("Move", lambda d: edits.set_fields(edits.move_by(d, ["a"], 5, 0), ["a"], carried=(new,)))
    assert session.document.find("a").carried == (new,)
    assert said == []


def test_effects_that_are_edited_here_replace_those_of_photoshop(session):
    said = carrying(session, CarriedKind.EFFECTS, CarriedKind.TEXT)
    session.apply("Shadow", lambda d: edits.set_fields(d, ["a"], effects=(Shadow(),)))
    assert kinds(session) == {CarriedKind.TEXT}
    assert "effects of “a”" in said[0]


def test_a_cut_names_the_text_that_it_ends(session):
    said = carrying(session, CarriedKind.TEXT)
    white = np.full((4, 6, 4), 255, np.uint8)
    session.apply("Paint", lambda d: d.map_nodes(lambda n: replace(n, pixels=white) if n.id == "a" else n))
    assert kinds(session) == set()
    assert len(said) == 1
