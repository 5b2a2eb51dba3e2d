"""A run's result meets a document that was edited while the run was under way: nothing vanishes without a word."""

from dataclasses import replace

import numpy as np
import pytest

from engine.document import (
    BlendMode,
    Carried,
    CarriedKind,
    Document,
    Group,
    Layer,
    Mask,
    Recolor,
    Shadow,
    Transform,
)
from engine.editing import edits, surgery
from engine.imaging.compositing import composite
from engine.words import Message
from gui.decompose.outcome import in_place_of, with_result
from tests.gui.documents import block


@pytest.fixture
def then() -> Document:
    return Document(200, 100, (Layer(block(200, 100), id="flat", name="Image"), Layer(block(9, 9), id="b", name="B")))


def result() -> tuple[Layer, ...]:
    return (
        Layer(block(100, 60, (10, 200, 30)), 20, 10, id="r1", name="Ground"),
        Layer(block(30, 20, (200, 20, 30)), 40, 20, id="r2", name="Disc"),
    )


def names(document: Document) -> list[str]:
    return [node.name for node in document.nodes]


def test_an_untouched_document_is_replaced_without_a_word(then):
    assert with_result(then, then, result())[1] == ()


def test_a_layer_that_was_pasted_meanwhile_stays_on_top(then):
    logo = Layer(block(5, 5), name="Logo")
    after, said = with_result(then, edits.insert(then, [logo], None, 1), result())
    assert names(after) == ["Ground", "Disc", "Logo"]
    assert [str(note) for note in said] == ["What was added meanwhile lies on top."]


@pytest.mark.parametrize(
    "edit",
    [
        lambda d: edits.move_by(d, ["flat"], 5, 0),
        lambda d: edits.remove(d, ["b"]),
        lambda d: edits.duplicate(d, ["flat"])[0],
        lambda d: edits.group(d, ["flat", "b"])[0],
        lambda d: surgery.merge(d, ["flat", "b"]).run()[0],
    ],
)
def test_edits_of_the_layers_that_are_replaced_are_told_of(then, edit):
    after, said = with_result(then, edit(then), result())
    assert names(after) == ["Ground", "Disc"]
    assert "undo brings those edits back" in str(said[-1])


def apart(layer: Layer, change) -> tuple[Document, Document, tuple[Message, ...]]:
    """(the layer's parts placed in the unchanged document, in the changed one, what is said)."""
    then = Document(200, 100, (layer,))
    same, said = in_place_of(layer, then, result())
    assert said == ()
    return same, *in_place_of(layer, change(then), result())


@pytest.mark.parametrize(
    "transform",
    [Transform(dx=7, dy=-3), Transform(1, 1, 90, 10, 5), Transform(-1, 1, 0, 4, 0), Transform(2, 0.5, 30, 3, 3)],
)
def test_a_layer_moved_during_its_run_has_its_parts_where_it_is_now(transform):
    layer = Layer(block(100, 60), 20, 10, id="x", name="Logo")
    _, after, said = apart(layer, lambda d: edits.transform_layers(d, {"x": transform}))
    assert said == ()
    whole = Document(200, 100, (replace(layer, transform=transform, pixels=block(100, 60, (10, 200, 30))),))
    ground = replace(after, nodes=(replace(after.nodes[0], children=after.nodes[0].children[:1]),))
    assert np.abs(composite(ground).astype(int) - composite(whole)).max() <= 2


def test_name_opacity_mode_and_colour_are_those_of_now():
    layer = Layer(block(100, 60), 20, 10, id="x", name="Logo")

    def change(document: Document) -> Document:
        document = edits.set_fields(document, ["x"], name="Mark", opacity=0.5, blend_mode=BlendMode.SCREEN)
        return edits.recolor(document, ["x"], Recolor(hue=90))

    _, after, said = apart(layer, change)
    group = after.nodes[0]
    assert isinstance(group, Group)
    assert (group.name, group.opacity, group.blend_mode) == ("Mark", 0.5, BlendMode.SCREEN)
    assert {part.recolor.hue for part in group.children} == {90}
    assert said == ()


def test_what_cannot_be_taken_over_is_named():
    turned = Layer(block(100, 60), 20, 10, id="x", name="Logo", transform=Transform(2, 1, 30), recolor=Recolor(hue=5))

    def change(document: Document) -> Document:
        layer = document.layer("x")
        mask = Mask(np.zeros((60, 100), np.uint8))
        new = replace(layer, transform=Transform(1, 2, 30), recolor=Recolor(hue=50), mask=mask)
        return document.map_nodes(lambda _node: new)

    same, after, said = apart(turned, change)
    assert [str(note) for note in said] == [
        "“Logo” was edited during the run: its place and its colour and its mask could not be taken over."
    ]
    assert np.array_equal(composite(after), composite(same))


def test_edits_during_a_run_through_the_window(opened, qtbot):
    opened.decompose.button.click()
    image = opened.session.document.nodes[0].id
    opened.session.select([image])
    opened.canvas.nudge(10, 0)
    opened.actions_by_id["undo"].trigger()
    opened.session.apply("Paste", lambda d: edits.insert(d, [Layer(block(20, 20), name="Logo")]))
    qtbot.waitUntil(lambda: not opened.controller.running, timeout=60_000)
    assert names(opened.session.document)[-1] == "Logo"
    assert len(opened.session.document.nodes) == 4
    assert "lies on top" in opened.notice.text.text()
    assert opened.session.stack.undoText() == "Decompose"
    opened.session.stack.undo()
    assert names(opened.session.document) == ["Image", "Logo"]


def test_delete_all_layers_during_a_run(opened, qtbot):
    opened.decompose.button.click()
    opened.actions_by_id["select_all"].trigger()
    opened.actions_by_id["delete"].trigger()
    assert opened.session.document.nodes == ()
    qtbot.waitUntil(lambda: not opened.controller.running, timeout=60_000)
    assert len(opened.session.document.nodes) == 3
    assert "undo brings those edits back" in opened.notice.text.text()


def test_a_layer_hands_its_clipping_and_effects_on_and_names_the_text_that_ends():
    text = Carried(b"TySh", b"", CarriedKind.TEXT)
    layer = Layer(block(100, 60), 20, 10, id="x", name="Logo", clip=True, effects=(Shadow(),), carried=(text,))
    after, said = in_place_of(layer, Document(200, 100, (layer,)), result())
    assert (after.nodes[0].clip, after.nodes[0].effects) == (True, (Shadow(),))
    assert [str(message) for message in said] == [
        "The text of “Logo” can no longer be edited in Photoshop: it changed and is pixels now."
    ]
