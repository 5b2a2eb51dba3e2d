"""Edits of every kind in any order, with undo and redo: each state comes back as it was."""

from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from engine.document import BlendMode, Document, Group, Layer, Recolor, Transform
from engine.editing import edits, surgery
from engine.editing.filling import fill_behind
from engine.editing.islands import split_islands
from engine.errors import InputError
from engine.imaging.compositing import Raster
from gui.document.session import DocumentSession
from tests.nodes import EFFECTS, NODES, PAINTS, PARAMETERS, with_everything

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
