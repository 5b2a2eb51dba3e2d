"""The session: what views are told, what undo brings back, and that previews leave no trace."""

from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PySide6.QtWidgets import QUndoView

from engine.document import BlendMode, Carried, CarriedKind, Change, Document, Group, Layer, Recolor, Shadow, Transform
from engine.editing import edits, surgery
from engine.editing.filling import fill_behind
from engine.editing.islands import split_islands
from engine.errors import InputError
from engine.imaging.compositing import Raster
from gui.document.session import DocumentSession
from tests.nodes import EFFECTS, NODES, PAINTS, PARAMETERS, with_everything


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
def test_an_edit_of_the_document_itself_is_an_undo_step(session, name):
    before = session.document
    assert session.apply("Document", lambda d: replace(d, **{name: WHOLE[name]}))
    assert session.heard == [Change(document=frozenset({name}))]
    assert not session.apply("Document", lambda d: replace(d, **{name: WHOLE[name]})), "it is so already"
    session.stack.undo()
    assert session.document is before
    session.stack.redo()
    assert getattr(session.document, name) is WHOLE[name]
    assert [change.document for change in session.heard] == [{name}] * 3


def test_every_field_of_a_document_counts_as_a_change():
    assert {f.name for f in fields(Document)} == {*WHOLE, "nodes"}


def test_size_and_layers_that_change_in_one_edit_are_both_told(session):
    session.apply("Crop", lambda d: replace(edits.move_by(d, ["a"], -5, 0), width=20))
    [change] = session.heard
    assert change == Change(nodes=frozenset("a"), fields=frozenset({"transform"}), document=frozenset({"width"}))


def test_a_preview_of_the_document_itself_is_taken_back(session):
    session.preview(lambda d: replace(d, width=9))
    assert session.shown.width == 9
    session.cancel_preview()
    assert session.shown.width == 50
    assert [change.document for change in session.heard] == [{"width"}] * 2


def test_opening_another_document_starts_a_clean_history(session):
    session.apply("Move", lambda d: edits.move_by(d, ["a"], 5, 0))
    session.open(Document(3, 3))
    assert session.stack.count() == 0
    assert session.stack.isClean()
    assert session.heard[-1].opened
    session.close()
    assert not session.is_open


IDS = st.lists(st.sampled_from([*"abcdg", "levels", "paint"]), min_size=1, max_size=3, unique=True)
NUMBER = st.integers(0, 10**6)


def picks(ids, document):
    """Those ids as far as they are there, else any node's; edits make new ids, which must be reached too."""
    present = [i for i in ids if document.has(i)]
    return present or [node.id for node in document.walk()][:2]


def leaf(ids, number, document):
    layers = document.layers()
    return next((i for i in ids if i in {n.id for n in layers}), layers[number % len(layers)].id)


def made(plan):
    """What a plan makes; a refused one changes nothing."""

    def edit(document):
        try:
            return plan(document).run()[0] if document.layers() else document
        except InputError:
            return document

    return edit


def spot(number):
    """A selected part, 255 in its middle and half at its rim."""
    alpha = np.full((5, 5, 4), 128, np.uint8)
    alpha[1:4, 1:4] = 255
    return Raster(alpha, number % 9 - 2, number // 9 % 7 - 2)


def without_undrawn(document):
    """The adjustment and the fill hidden: they cannot be merged yet."""
    return edits.set_fields(document, ["levels", "paint"], visible=False)


def masked(document, ids, number):
    layer = document.layer(leaf(ids, number, document))
    mask = np.random.default_rng(number).integers(0, 256, layer.pixels.shape[:2], dtype=np.uint8)
    return surgery.set_mask(document, layer.id, mask)


def moved(document, ids, number):
    targets = [None, *(n.id for n in document.walk() if isinstance(n, Group))]
    return edits.move_nodes(document, picks(ids, document), targets[number % len(targets)], number % 5)


def whole(edit):
    """An edit of documents that still have a layer."""
    return lambda d: edit(d) if d.layers() else d


TRANSFORM = st.builds(
    Transform,
    st.sampled_from([0.0, 0.5, -1.0, 1.5, 2.0]),
    st.sampled_from([1.0, -2.0, 0.3]),
    st.sampled_from([0.0, 30.0, 90.0, -45.0]),
    st.integers(-9, 9).map(float),
    st.floats(-5, 5),
)
EDITS = {
    "move": st.builds(lambda i, x: whole(lambda d: edits.move_by(d, picks(i, d), x, 1)), IDS, st.integers(-9, 9)),
    "opacity": st.builds(lambda i, o: lambda d: edits.set_fields(d, i, opacity=o), IDS, st.floats(0, 1)),
    "blend": st.builds(
        lambda i, m: lambda d: edits.set_fields(d, i, blend_mode=m), IDS, st.sampled_from(list(BlendMode)[:12])
    ),
    "recolour": st.builds(
        lambda i, h: whole(lambda d: edits.recolor(d, picks(i, d), Recolor(hue=h))), IDS, st.integers(-90, 90)
    ),
    "transform": st.builds(
        lambda i, n, t: whole(lambda d: edits.transform_layers(d, {leaf(i, n, d): t})), IDS, NUMBER, TRANSFORM
    ),
    "mask": st.builds(lambda i, n: whole(lambda d: masked(d, i, n)), IDS, NUMBER),
    "step": st.builds(
        lambda i, by: whole(lambda d: edits.step(d, picks(i, d), by)), IDS, st.sampled_from([-99, -1, 1, 99])
    ),
    "reorder": st.builds(lambda i, n: whole(lambda d: moved(d, i, n)), IDS, NUMBER),
    "insert": st.builds(lambda node, n: lambda d: edits.insert(d, [node], None, n % 5), NODES, NUMBER),
    "clip": st.builds(lambda i, on: lambda d: edits.set_fields(d, i, clip=on), IDS, st.booleans()),
    "effects": st.builds(lambda i, e: lambda d: edits.set_fields(d, i, effects=(e,)), IDS, EFFECTS),
    "adjust": st.builds(lambda p: lambda d: edits.set_fields(d, ["levels"], parameters=p), PARAMETERS),
    "paint": st.builds(lambda p: lambda d: edits.set_fields(d, ["paint"], paint=p), PAINTS),
    "remove": st.builds(lambda i: lambda d: edits.remove(d, i), IDS),
    "duplicate": st.builds(lambda i: whole(lambda d: edits.duplicate(d, picks(i, d))[0]), IDS),
    "group": st.builds(lambda i: whole(lambda d: edits.group(d, picks(i, d))[0]), IDS),
    "ungroup": st.builds(lambda i: whole(lambda d: edits.ungroup(d, picks(i, d)[0])[0]), IDS),
    "lock": st.builds(lambda i, on: lambda d: edits.set_fields(d, i, locked=on), IDS, st.booleans()),
    "rename": st.builds(lambda i, n: whole(lambda d: edits.rename(d, picks(i, d)[0], n)), IDS, st.text(max_size=300)),
    "merge": st.builds(lambda i: made(lambda d: surgery.merge(d, picks(i, d))), IDS),
    "merge down": st.builds(lambda i: made(lambda d: surgery.merge_down(d, picks(i, d)[0])), IDS),
    "merge visible": st.just(made(lambda d: surgery.merge_visible(without_undrawn(d)))),
    "rasterise": st.builds(lambda i: made(lambda d: surgery.rasterize(d, picks(i, d))), IDS),
    "split": st.builds(lambda i, n: made(lambda d: split_islands(d, leaf(i, n, d))), IDS, NUMBER),
    "fill": st.builds(lambda i, n: made(lambda d: fill_behind(d, leaf(i, n, d))), IDS, NUMBER),
    "cut": st.builds(lambda i, n: made(lambda d: surgery.move_selection(d, leaf(i, n, d), spot(n))), IDS, NUMBER),
    "copy": st.builds(lambda i, n: made(lambda d: surgery.copy_selection(d, leaf(i, n, d), spot(n))), IDS, NUMBER),
    "size": st.builds(lambda w, h: lambda d: replace(d, width=w, height=h), st.integers(1, 60), st.integers(1, 60)),
    "resolution": st.builds(lambda x: lambda d: replace(d, dpi=(x, x)), st.floats(1, 600)),
    "profile": st.builds(lambda icc: lambda d: replace(d, icc=icc, icc_name=str(icc)), st.binary(max_size=3)),
    "original": st.builds(
        lambda v: lambda d: replace(d, original=np.full((2, 3, 4), v, np.uint8)), st.integers(0, 255)
    ),
    "clear": st.builds(lambda i, n: made(lambda d: surgery.hide_selection(d, picks(i, d), spot(n))), IDS, NUMBER),
}


def painted_document() -> Document:
    """Four small layers, a group, an adjustment and a fill; "a" is opaque and partly covered, "d" is in two pieces."""

    def painted(name: str, seed: int, left: int) -> Layer:
        size = (20, 30, 4) if name == "a" else (12, 18, 4)
        pixels = np.random.default_rng(seed).integers(0, 256, size, dtype=np.uint8)
        if name == "a":
            pixels[..., 3] = 255
        if name == "d":
            pixels[:, 7:12, 3] = 0
        return Layer(pixels, left, seed, name=name, id=name)

    inner = Group((painted("b", 1, 3), painted("c", 2, 9)), name="g", id="g")
    return with_everything(Document(50, 40, (painted("a", 0, 0), inner, painted("d", 3, 5))))


def content(document: Document) -> list[object]:
    """Everything that a document is, arrays by what is in them."""

    def of(node):
        values = {f.name: getattr(node, f.name) for f in fields(node)}
        if isinstance(node, Group):
            return values | {"children": [of(child) for child in node.children]}
        arrays = {"pixels": values.pop("pixels", None), "mask": (mask := values.pop("mask")) and mask.pixels}
        return values | {name: a if a is None else (a.shape, a.tobytes()) for name, a in arrays.items()}

    own = {f.name: getattr(document, f.name) for f in fields(document) if f.name not in ("nodes", "original")}
    return [own, None if document.original is None else document.original.tobytes(), *map(of, document.nodes)]


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(*EDITS.values(), st.sampled_from(["undo", "redo"])), min_size=1, max_size=14))
def test_edits_undo_and_redo_in_any_order_give_the_documents_of_a_plain_history(qapp, sequence):
    session = DocumentSession()
    session.open(painted_document())
    # The plain history: what each document was when it was made, by content.
    states, at = [content(session.document)], 0
    for step in sequence:
        if step == "undo":
            session.stack.undo()
            at = max(0, at - 1)
        elif step == "redo":
            session.stack.redo()
            at = min(len(states) - 1, at + 1)
        elif session.apply("Edit", step):
            states, at = [*states[: at + 1], content(session.document)], at + 1
        assert content(session.document) == states[at]
        assert set(session.selection) <= {node.id for node in session.document.walk()}
    for expected in reversed(states[:at]):
        session.stack.undo()
        assert content(session.document) == expected
    for expected in states[1:]:
        session.stack.redo()
        assert content(session.document) == expected
    assert session.stack.count() == len(states) - 1


@pytest.mark.parametrize("name", EDITS)
def test_every_edit_of_the_random_sequences_changes_something(session, name):
    """Otherwise the sequences would prove nothing about it."""
    start = edits.transform_layers(painted_document(), {"a": Transform(dx=2), "d": Transform(dx=1)})

    @settings(max_examples=60, deadline=None, database=None, phases=[Phase.generate])
    @given(EDITS[name])
    def search(edit):
        assert edit(start) is start or content(edit(start)) == content(start)

    with pytest.raises(AssertionError):
        search()


# -- what is carried for Photoshop


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
