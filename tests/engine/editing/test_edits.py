"""Edits: what each does to the tree, and that random sequences of them keep it whole."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.document import AdjustmentKind, Document, Group, Layer, LayerKind, Recolor, Transform
from engine.editing import edits
from tests.nodes import with_everything


def layer(name: str, **fields) -> Layer:
    return Layer(np.zeros((4, 6, 4), np.uint8), name=name, id=name, **fields)


@pytest.fixture
def document() -> Document:
    return Document(50, 40, (layer("a"), Group((layer("b"), layer("c")), name="g", id="g"), layer("d")))


def names(document: Document) -> list:
    def of(nodes):
        return [[n.name, of(n.children)] if isinstance(n, Group) else n.name for n in nodes]

    return of(document.nodes)


def test_move_reaches_into_groups_and_leaves_locked_layers(document):
    document = edits.set_fields(document, ["c"], locked=True)
    moved = edits.move_by(document, ["g", "a"], 3, -2)
    assert moved.layer("b").transform == Transform(dx=3, dy=-2)
    assert moved.layer("a").transform == Transform(dx=3, dy=-2)
    assert moved.layer("c").transform == Transform()
    assert moved.layer("d") is document.layer("d")


def test_scale_is_kept_within_one_and_a_hundred_thousand_pixels(document):
    wild = edits.transform_layers(document, {"a": Transform(0, 1e9), "b": Transform(-1e-9, -1e9)})
    a, b = wild.layer("a").transform, wild.layer("b").transform
    assert (a.scale_x * 6, a.scale_y * 4) == pytest.approx((1, 100_000))
    assert (b.scale_x * 6, b.scale_y * 4) == pytest.approx((-1, -100_000))


def test_a_layer_never_grows_beyond_what_can_be_drawn(document):
    huge = edits.transform_layers(document, {"a": Transform(1e6, 1e6)}).layer("a").transform
    width, height = huge.scale_x * 6, huge.scale_y * 4
    assert width * height <= edits.MAX_AREA * 1.001
    assert min(width, height) > 10_000


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("  Head\nline ", "Head line"),
        ("\0\t", "Layer"),
        ("x" * 300, "x" * 255),
        ("商品 🎨", "商品 🎨"),
        ("שלום", "שלום"),
    ],
)
def test_names(document, given, kept):
    renamed = edits.rename(edits.rename(document, "a", "Layer"), "a", given)
    assert renamed.layer("a").name == kept


@pytest.mark.parametrize(
    ("ids", "by", "want"),
    [
        (["a"], 1, [["g", ["b", "c"]], "a", "d"]),
        (["d"], 1, ["a", ["g", ["b", "c"]], "d"]),
        (["a", "g"], 1, ["d", "a", ["g", ["b", "c"]]]),
        (["d"], -1, ["a", "d", ["g", ["b", "c"]]]),
        (["a", "d"], 1, [["g", ["b", "c"]], "a", "d"]),
        (["b"], 1, ["a", ["g", ["c", "b"]], "d"]),
        (["a"], 10_000, [["g", ["b", "c"]], "d", "a"]),
        (["g", "d"], -10_000, [["g", ["b", "c"]], "d", "a"]),
    ],
)
def test_raise_and_lower(document, ids, by, want):
    assert names(edits.step(document, ids, by)) == want


def test_drag_into_and_out_of_a_group(document):
    assert names(edits.move_nodes(document, ["a"], "g", 1)) == [["g", ["b", "a", "c"]], "d"]
    assert names(edits.move_nodes(document, ["b"], None, 3)) == ["a", ["g", ["c"]], "d", "b"]
    assert names(edits.move_nodes(document, ["d", "a"], None, 0)) == ["a", "d", ["g", ["b", "c"]]]
    assert edits.move_nodes(document, ["g"], "g", 0) is document


def test_group_and_ungroup_give_the_same_order(document):
    grouped, group_id = edits.group(document, ["a", "d"])
    assert names(grouped) == [["g", ["b", "c"]], ["Group", ["a", "d"]]]
    assert names(edits.ungroup(grouped, group_id)[0]) == [["g", ["b", "c"]], "a", "d"]


def test_delete_takes_a_group_with_what_it_holds_but_not_locked_ones(document):
    assert names(edits.remove(document, ["g", "a"])) == ["d"]
    locked = edits.set_fields(document, ["d"], locked=True)
    assert names(edits.remove(locked, ["d", "b"])) == ["a", ["g", ["c"]], "d"]
    inside = edits.set_fields(document, ["b"], locked=True)
    assert names(edits.remove(inside, ["g"])) == ["a", ["g", ["b"]], "d"], "a locked layer keeps its group"
    around = edits.set_fields(document, ["g"], locked=True)
    assert edits.remove(around, ["b", "g"]) is around


def test_duplicate_is_above_its_original_with_its_own_ids(document):
    copied, copies = edits.duplicate(document, ["g", "a"])
    assert names(copied) == ["a", "a copy", ["g", ["b", "c"]], ["g copy", ["b", "c"]], "d"]
    ids = [n.id for n in copied.walk()]
    assert len(ids) == len(set(ids))
    assert len(copies) == 2


def test_recolour_skips_locked_layers(document):
    document = edits.set_fields(document, ["b"], locked=True)
    red = Recolor(hue=30)
    assert [n.recolor.hue for n in edits.recolor(document, ["g"], red).layers()] == [0, 0, 30, 0]


def test_a_locked_group_holds_all_that_is_in_it(document):
    locked = edits.set_fields(document, ["g"], locked=True)
    assert edits.move_by(locked, ["b", "g"], 5, 5) is locked
    assert edits.recolor(locked, ["b"], Recolor(hue=9)) is locked
    assert edits.recolor_layers(locked, {"b": Recolor(hue=9)}) is locked
    assert edits.ungroup(locked, "g") == (locked, [])
    assert edits.free_ids(locked, ["a", "b", "g"]) == ["a"]


@pytest.mark.parametrize(
    ("locked", "asked", "said"),
    [
        (["a"], ["a"], "“a” is locked; unlock it first."),
        (["g"], ["b"], "“b” is in a locked group; unlock the group first."),
        (["a", "d"], ["a", "d"], "The selected layers are locked; unlock them first."),
        (["b", "c"], ["g"], "The layers in the group are locked; unlock them first."),
    ],
)
def test_refusals_say_what_is_locked(document, locked, asked, said):
    assert str(edits.refusal(edits.set_fields(document, locked, locked=True), asked)) == said


def test_a_long_name_does_not_fill_the_sentence(document):
    long = edits.set_fields(edits.rename(document, "a", "x" * 300), ["a"], locked=True)
    assert len(str(edits.refusal(long, ["a"]))) < 80


def test_deleting_everything_leaves_an_empty_document(document):
    empty = edits.remove(document, ["a", "g", "d"])
    assert empty.nodes == ()
    assert edits.group(empty, ["a"]) == (empty, None)
    assert edits.step(empty, [], 1) is empty


@pytest.mark.parametrize("scale", [0, -0.0, 1e-300, -1e9, float("inf"), float("nan")])
def test_no_scale_makes_a_layer_vanish_or_grow_without_end(document, scale):
    t = edits.transform_layers(document, {"a": Transform(scale, scale)}).layer("a").transform
    for length in (abs(t.scale_x) * 6, abs(t.scale_y) * 4):
        assert 0.999 <= length <= edits.MAX_SIDE


@pytest.mark.parametrize("far", [1e6, -1e12, float("inf"), float("nan")])
def test_a_layer_moved_far_off_stays_within_reach(document, far):
    t = edits.move_by(document, ["a"], far, far).layer("a").transform
    assert abs(t.dx) <= edits.MAX_AWAY
    assert abs(t.dy) <= edits.MAX_AWAY


def here(ids: list[str], document: Document) -> list[str]:
    return [i for i in ids if document.has(i)]


IDS = st.lists(st.sampled_from("abcdg"), min_size=1, max_size=3, unique=True)
EDIT = st.one_of(
    st.builds(lambda i, by: lambda d: edits.step(d, here(i, d), by), IDS, st.sampled_from([-9999, -1, 1, 9999])),
    st.builds(lambda i, at: lambda d: edits.move_nodes(d, here(i, d), None, at), IDS, st.integers(0, 6)),
    st.builds(
        lambda i, at: lambda d: edits.move_nodes(d, here(i, d), "g" if d.has("g") else None, at),
        IDS, st.integers(0, 4),
    ),
    st.builds(lambda i: lambda d: edits.group(d, here(i, d))[0], IDS),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(EDIT, max_size=8))
def test_reordering_never_loses_or_doubles_a_layer(sequence):
    start = Document(50, 40, (layer("a"), Group((layer("b"), layer("c")), name="g", id="g"), layer("d")))
    document = replace(start)
    for edit in sequence:
        document = edit(document)
        assert sorted(n.id for n in document.layers()) == ["a", "b", "c", "d"]


def test_nodes_without_pixels_are_passed_over_by_edits_of_layers(document):
    whole = with_everything(document)
    ids = [node.id for node in whole.walk()]
    assert edits.ids_under(whole, ids) == {node.id for node in whole.layers()}
    moved = edits.move_by(whole, ids, 3, 4)
    assert moved.find("levels") is whole.find("levels")
    assert all(node.transform.dx == 3 for node in moved.layers())
    kinds = edits.set_fields(whole, ids, kind=LayerKind.SHAPE, opacity=0.5)
    assert {node.opacity for node in kinds.walk()} == {0.5}
    assert kinds.find("levels").kind is AdjustmentKind.GRADIENT_MAP
    copied, new = edits.duplicate(whole, ["levels", "paint"])
    assert [copied.find(i).name for i in new] == ["Map copy", "Paint copy"]
