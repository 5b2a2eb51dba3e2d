"""Edits from the menus through the real window: locks, slow edits beside the window, the selected part of a picture."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from engine.document import Document, Group, Layer, Mask, Recolor, Transform
from engine.editing import edits
from engine.imaging.compositing import composite
from gui.canvas.area import Area, rectangle
from tests.gui.documents import block
from tests.nodes import with_everything


def said(window) -> str:
    return window.status.currentMessage()


def names(window) -> list[str]:
    return [node.name for node in window.session.document.walk()]


@pytest.fixture
def small(window):
    """Ground, a group holding Card, and Top, 200 x 100; all edited so that every action has something to do."""
    edited = {"transform": Transform(dx=3), "recolor": Recolor(hue=40)}
    mask = Mask(np.tile(np.array([255, 0, 255, 0] * 20, np.uint8), (40, 1)))
    card = Layer(block(80, 40, (30, 90, 200)), 20, 20, id="card", name="Card", mask=mask, **edited)
    under = Layer(block(80, 60, (90, 90, 90)), 10, 10, id="under", name="Under")
    top = Layer(block(60, 60, (200, 40, 40)), 60, 30, id="top", name="Top", **edited)
    ground = Layer(block(200, 100, (240, 230, 210)), id="ground", name="Ground")
    group = Group((under, card), id="group", name="Folder")
    window.session.open(Document(200, 100, (ground, group, top), original=block(200, 100)))
    return window


CHANGING = (
    "delete", "cut", "flip_h", "flip_v", "reset_place", "reset_recolor", "merge_down", "rasterize", "split",
    "fill_behind", "decompose_layer", "move_area",
)  # fmt: skip


@pytest.mark.parametrize("action", CHANGING)
@pytest.mark.parametrize("held", ["card", "group"])
def test_a_locked_layer_stays_and_the_window_says_why(small, qtbot, action, held):
    document = small.session.document
    locked = document.map_nodes(lambda node: replace(node, locked=True) if node.id == held else node)
    small.session.apply("Lock", lambda _d: locked)
    small.session.select(["card"])
    if action == "move_area":
        small.canvas.set_area(rectangle((20, 20), (60, 60), 200, 100))
    before = small.session.document
    small.actions_by_id[action].trigger()
    assert not small.edit_jobs.running
    assert not small.controller.running
    assert small.session.document is before
    assert said(small) == (
        "“Card” is locked; unlock it first."
        if held == "card"
        else "“Card” is in a locked group; unlock the group first."
    )


def test_a_locked_group_is_not_ungrouped(small):
    small.session.select(["group"])
    small.actions_by_id["lock"].trigger()
    small.actions_by_id["ungroup"].trigger()
    assert said(small) == "“Folder” is locked; unlock it first."
    assert small.session.document.has("group")


def test_flip_mirrors_several_layers_as_one_picture(small):
    small.session.select(["top", "group"])
    before = small.session.document
    small.actions_by_id["flip_h"].trigger()
    assert said(small) == ""
    moved = small.session.document
    assert moved.layer("under").transform.dx > 0
    assert moved.layer("top").transform.dx < 0
    small.actions_by_id["flip_h"].trigger()
    assert np.array_equal(composite(small.session.document), composite(before))


def test_no_layer_is_merged_and_nothing_is_rasterised_without_saying_why(small):
    small.session.select(["ground"])
    for action, reason in (("rasterize", "nothing to rasterize"), ("merge_down", "no visible layer below"),
                           ("split", "“Ground” is one piece"), ("fill_behind", "")):  # fmt: skip
        small.actions_by_id[action].trigger()
        assert reason in said(small)
    small.session.select(["group"])
    small.actions_by_id["split"].trigger()
    assert "not a group" in said(small)


# -- slow edits


@pytest.fixture
def large(window, qtbot):
    """Three layers of 3 megapixels: enough for a job."""
    layers = tuple(Layer(block(2000, 1500, (40 * i, 90, 200)), id=f"n{i}", name=f"n{i}", opacity=0.5) for i in range(3))
    window.session.open(Document(2000, 1500, layers))
    yield window
    qtbot.waitUntil(lambda: not window.edit_jobs.running, timeout=30_000)


def finish(window, qtbot) -> None:
    qtbot.waitUntil(lambda: not window.edit_jobs.running, timeout=30_000)


def test_a_slow_edit_is_shown_while_it_is_made_and_other_edits_go_on(large, qtbot):
    before = composite(large.session.document)
    large.session.select(["n1"])
    large.actions_by_id["merge_down"].trigger()
    assert large.edit_jobs.running
    assert large.status.edits.isVisible()
    assert large.status.edits.title.text() == "Merge down"
    assert names(large) == ["n0", "n1", "n2"]
    large.session.select(["n2"])
    large.actions_by_id["duplicate"].trigger()
    finish(large, qtbot)
    assert not large.status.edits.isVisible()
    assert names(large) == ["n0", "n2", "n2 copy"]
    assert large.session.selection != ("n0",), "what was selected meanwhile stays selected"
    assert large.session.stack.undoText() == "Merge down"
    large.session.stack.undo()
    assert names(large) == ["n0", "n1", "n2", "n2 copy"]
    large.session.stack.undo()
    assert np.array_equal(composite(large.session.document), before)


def test_a_slow_edit_is_cancelled_by_its_button(large, qtbot):
    before = large.session.document
    large.actions_by_id["merge_visible"].trigger()
    QTest.mouseClick(large.status.edits.stop, Qt.MouseButton.LeftButton)
    assert large.status.edits.stop.text() == "Cancelling…"
    finish(large, qtbot)
    assert large.session.document is before
    assert "Cancelled" in said(large)


def test_a_slow_edit_of_layers_that_changed_meanwhile_is_not_done(large, qtbot):
    large.session.select(["n1"])
    large.actions_by_id["merge_down"].trigger()
    large.canvas.nudge(5, 0)
    finish(large, qtbot)
    assert "changed meanwhile" in said(large)
    assert large.session.document.layer("n1").transform.dx == 5
    large.actions_by_id["merge_down"].trigger()
    large.session.stack.undo()
    finish(large, qtbot)
    assert "changed meanwhile" in said(large)
    assert names(large) == ["n0", "n1", "n2"]


def test_a_slow_edit_is_dropped_with_its_document_and_only_one_runs(large, qtbot):
    large.actions_by_id["merge_visible"].trigger()
    large.session.select(["n2"])
    large.actions_by_id["merge_down"].trigger()
    assert "Wait" in said(large)
    other = Document(20, 20, (Layer(block(20, 20), id="o"),))
    large.session.open(other)
    finish(large, qtbot)
    assert large.session.document is other


def test_a_drag_goes_on_while_a_slow_edit_is_put_in_place(large, qtbot):
    canvas = large.canvas
    large.session.apply("Small", lambda d: edits.transform_layers(d, {"n2": Transform(0.1, 0.1)}))
    large.session.select(["n1"])
    large.actions_by_id["merge_down"].trigger()
    large.session.select(["n2"])
    start = canvas.rect().center()
    QTest.mousePress(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
    for step in (5, 15, 25):
        QTest.mouseMove(canvas, start + QPoint(step, step))
    dragged = large.session.shown.layer("n2").transform.dx
    assert dragged > 0
    finish(large, qtbot)
    assert names(large) == ["n0", "n2"]
    QTest.mouseMove(canvas, start + QPoint(60, 60))
    QTest.mouseRelease(canvas, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start + QPoint(60, 60))
    assert large.session.document.layer("n2").transform.dx > dragged
    large.session.stack.undo()
    large.session.stack.undo()
    assert names(large) == ["n0", "n1", "n2"]


def test_a_note_of_a_slow_edit_is_said(window, qtbot):
    pixels = np.zeros((1200, 1200, 4), np.uint8)
    for at in range(50):
        pixels[20 * at : 20 * at + 12, 20 : 40 + at] = 255
    window.session.open(Document(1200, 1200, (Layer(pixels, id="bars", name="Bars"),)))
    window.session.select(["bars"])
    window.actions_by_id["split"].trigger()
    finish(window, qtbot)
    assert said(window).startswith("50 pieces: the largest 40 are apart")
    assert len(window.session.document.layers()) == 40


# -- what nobody should do


def test_five_hundred_layers_are_selected_grouped_moved_and_brought_back(window, qtbot):
    layers = tuple(Layer(block(8, 8), i % 25 * 8, i // 25 * 8, id=f"n{i}", name="x" * 300) for i in range(500))
    window.session.open(Document(200, 160, layers))
    before = composite(window.session.document)
    window.actions_by_id["select_all"].trigger()
    assert len(window.session.selection) == 500
    for action in ("duplicate", "group", "to_back", "flip_h", "lock", "lock", "ungroup", "merge"):
        window.actions_by_id[action].trigger()
        qtbot.waitUntil(lambda: not window.edit_jobs.running, timeout=30_000)
    assert len(window.session.document.layers()) == 501
    while window.session.stack.canUndo():
        window.session.stack.undo()
    assert np.array_equal(composite(window.session.document), before)


def test_a_name_of_three_hundred_characters_never_fills_a_sentence(small):
    small.session.apply("Name", lambda d: edits.set_fields(edits.rename(d, "top", "ö" * 300), ["top"], locked=True))
    assert len(small.session.document.layer("top").name) == 255
    small.session.select(["top"])
    small.actions_by_id["flip_h"].trigger()
    assert "locked" in said(small)
    assert len(said(small)) < 80


def test_every_edit_of_an_empty_document_does_nothing(small, qtbot):
    small.actions_by_id["select_all"].trigger()
    small.actions_by_id["delete"].trigger()
    empty = small.session.document
    assert empty.nodes == ()
    for action in small.actions_by_id.values():
        if action.objectName() in CHANGING or action.objectName() in ("merge", "merge_visible", "group", "copy_merged"):
            action.trigger()
    qtbot.waitUntil(lambda: not small.edit_jobs.running, timeout=10_000)
    assert small.session.document is empty
    small.session.stack.undo()
    assert len(small.session.document.layers()) == 4


@pytest.mark.parametrize("chosen", [["levels"], ["paint"], ["levels", "top", "paint"]])
@pytest.mark.parametrize("area", [False, True])
def test_every_edit_of_an_adjustment_or_a_fill_does_what_it_can_or_says_why(small, qtbot, chosen, area):
    small.session.open(with_everything(small.session.document))
    whole = small.session.document
    ids = [a.objectName() for a in small.actions_by_id.values() if a.objectName() in CHANGING]
    for action in (*ids, "merge", "merge_visible", "group", "duplicate", "copy", "copy_merged", "raise", "hide"):
        if action not in small.actions_by_id:
            continue
        small.session.select(chosen)
        small.canvas.set_area(rectangle((10, 10), (60, 60), 200, 100) if area else None)
        small.actions_by_id[action].trigger()
        qtbot.waitUntil(lambda: not small.edit_jobs.running, timeout=10_000)
        if small.session.document.has(chosen[0]) or action in ("delete", "cut"):
            while small.session.stack.canUndo():
                small.session.stack.undo()
        assert small.session.document is whole, action
    small.canvas.set_area(None)


# -- the selected part of the picture


def draw(window, box: tuple[int, int, int, int]) -> None:
    window.canvas.set_area(rectangle(box[:2], box[2:], window.session.document.width, window.session.document.height))


def test_delete_clears_only_the_selected_part_and_can_be_painted_back(small):
    small.session.select(["ground"])
    draw(small, (0, 60, 50, 100))
    small.canvas.setFocus()
    QTest.keyClick(small.canvas, Qt.Key.Key_Delete)
    ground = small.session.document.layer("ground")
    shown = composite(small.session.document)
    assert shown[80, 20, 3] == 0
    assert shown[80, 55, 3] == 255
    assert ground.pixels[80, 20, 3] == 255, "the pixels are only masked"
    draw(small, (190, 90, 200, 100))
    small.session.select(["top"])
    before = small.session.document
    small.actions_by_id["delete"].trigger()
    assert said(small) == "The selection covers nothing of “Top”."
    assert small.session.document is before


def test_delete_clears_the_part_of_a_turned_and_scaled_layer_that_is_seen_there(small):
    turned = Transform(1.5, 0.8, 30, 5, -4)
    small.session.apply("Turn", lambda d: d.map_nodes(lambda n: replace(n, transform=turned) if n.id == "top" else n))
    small.session.select(["top"])
    draw(small, (60, 20, 100, 60))
    before = composite(small.session.document).astype(int)
    small.actions_by_id["delete"].trigger()
    after = composite(small.session.document).astype(int)
    under = composite(replace(small.session.document, nodes=small.session.document.nodes[:2])).astype(int)
    assert np.abs(after[23:57, 63:97] - under[23:57, 63:97]).max() <= 2
    outside = np.abs(after - before).max(axis=2) > 2
    outside[18:62, 58:102] = False
    assert not outside.any()


def test_cut_takes_the_selected_part_to_the_clipboard_with_its_alpha(small, qtbot):
    before = composite(small.session.document)
    small.session.select(["ground"])
    matte = np.zeros((40, 30), np.uint8)
    matte[5:35, 5:25] = 255
    small.canvas.set_area(Area(matte, 150, 50))
    small.actions_by_id["cut"].trigger()
    assert composite(small.session.document)[70, 160, 3] == 0
    small.canvas.set_area(None)
    small.actions_by_id["paste"].trigger()
    qtbot.waitUntil(lambda: len(small.session.document.nodes) == 4)
    pasted = small.session.document.layer(small.session.current)
    assert (pasted.left, pasted.top, pasted.width, pasted.height) == (155, 55, 20, 30)
    assert np.array_equal(composite(small.session.document), before)


def test_a_layer_via_copy_and_a_layer_via_cut_show_the_selected_part(small):
    before = composite(small.session.document)
    small.session.select(["top"])
    draw(small, (70, 40, 90, 60))
    small.actions_by_id["duplicate"].trigger()
    piece = small.session.document.layer(small.session.current)
    assert (piece.name, piece.left, piece.top, piece.width) == ("Top part", 70, 40, 20)
    assert np.array_equal(composite(small.session.document), before)
    assert small.session.stack.undoText() == "Layer via copy"
    small.session.stack.undo()
    small.session.select(["top"])
    small.actions_by_id["move_area"].trigger()
    assert small.canvas.area is None
    assert len(small.session.document.layers()) == 5
    assert np.array_equal(composite(small.session.document), before)


def test_select_all_takes_the_picture_with_a_selection_tool_and_the_layers_without(small):
    small.actions_by_id["select_all"].trigger()
    assert small.session.selection == ("ground", "group", "top")
    small.canvas.set_tool("select-lasso")
    small.actions_by_id["select_all"].trigger()
    assert small.canvas.area.box == (0, 0, 200, 100)
    small.actions_by_id["copy_merged"].trigger()
    assert QGuiApplication.clipboard().image().width() == 200
