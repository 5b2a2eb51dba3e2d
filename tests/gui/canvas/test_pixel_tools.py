"""Eyedropper, selecting a part, and the mask brush, with real events."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.document import Document, Layer, Recolor, Transform
from engine.editing import edits
from engine.imaging.compositing import composite
from gui.canvas.brush import Brush
from tests.gui.canvas.conftest import Stage, noise, plain, poster
from tests.gui.canvas.test_picture import gap

SHIFT = Qt.KeyboardModifier.ShiftModifier
ALT = Qt.KeyboardModifier.AltModifier


@pytest.fixture
def opened(stage: Stage) -> Stage:
    stage.view.set_background("black")
    stage.open(poster())
    return stage


def test_the_eyedropper_picks_what_the_compositor_computes(opened: Stage) -> None:
    picked: list[tuple[int, int, int]] = []
    opened.view.color_picked.connect(picked.append)
    opened.session.apply("tint", lambda d: edits.recolor(d, ["card"], Recolor(hue=40, saturation=50)))
    opened.view.set_tool("eyedropper")
    opened.hand.click(220, 80)
    expected = composite(opened.session.document)[80, 220, :3]
    assert np.abs(np.array(picked[0]) - expected).max() <= 1
    opened.hand.press(20, 20)
    opened.hand.move(90, 100)
    opened.view.grab()
    assert len(picked) == 1, "looking is not picking"
    opened.hand.release(90, 100)
    assert len(picked) == 2


def test_the_eyedropper_averages_with_shift(stage: Stage) -> None:
    pixels = noise(30, 30, 4, alpha=False)
    stage.open(Document(30, 30, (Layer(pixels),)))
    assert stage.view.color_at(10.5, 12.5, 5) == pytest.approx(pixels[10:15, 8:13, :3].mean(axis=(0, 1)), abs=1)


def test_the_sample_size_is_kept(stage: Stage) -> None:
    pixels = noise(30, 30, 4, alpha=False)
    picked: list[tuple[int, int, int]] = []
    stage.open(Document(30, 30, (Layer(pixels),)))
    stage.view.color_picked.connect(picked.append)
    stage.view.set_tool("eyedropper")
    stage.view.sample_size = 3
    stage.hand.click(10, 12)
    assert picked[0] == pytest.approx(pixels[11:14, 9:12, :3].mean(axis=(0, 1)), abs=1)


def test_the_eyedropper_says_when_there_is_nothing(stage: Stage) -> None:
    stage.open(Document(50, 50, (Layer(plain(20, 20, (1, 2, 3))),)))
    stage.view.set_tool("eyedropper")
    stage.hand.click(40, 40)
    assert "no colour" in stage.messages[-1]


def test_a_rectangle_is_selected_to_the_pixel(opened: Stage) -> None:
    opened.view.set_tool("select-rectangle")
    opened.hand.drag((210, 50), (250, 90))
    assert opened.area.box == (210, 50, 250, 90)
    opened.view.grab()


def test_shift_adds_alt_takes_away_and_a_click_drops(opened: Stage) -> None:
    opened.view.set_tool("select-rectangle")
    opened.hand.drag((10, 10), (50, 50))
    opened.hand.drag((60, 10), (100, 50), SHIFT)
    assert opened.area.box == (10, 10, 100, 50)
    opened.hand.drag((0, 0), (20, 60), ALT)
    assert opened.area.box == (20, 10, 100, 50)
    opened.hand.click(200, 200)
    assert opened.view.area is None


def test_a_lasso_and_a_brush_select_soft_parts(opened: Stage) -> None:
    opened.view.set_tool("select-lasso")
    opened.hand.press(210, 50)
    for point in ((300, 50), (300, 90), (250, 70), (210, 90)):
        opened.hand.move(*point)
    opened.view.grab()
    opened.hand.release(210, 90)
    matte = opened.area.matte
    assert ((matte > 0) & (matte < 255)).any()
    opened.view.set_tool("select-brush")
    opened.view.set_brush(Brush(30, 0.3))
    opened.hand.drag((100, 200), (200, 200))
    left, top, right, bottom = opened.area.box
    assert left in range(83, 88)
    assert right in range(213, 218)
    assert top in range(183, 188)
    assert bottom in range(213, 218)


def test_escape_drops_the_selected_part(opened: Stage) -> None:
    opened.view.set_tool("select-rectangle")
    opened.hand.drag((10, 10), (50, 50))
    opened.hand.key(Qt.Key.Key_Escape)
    assert opened.view.area is None


@pytest.mark.parametrize("tool", ["select-rectangle", "select-lasso"])
def test_a_drag_inside_the_selection_moves_its_outline_and_not_the_picture(opened: Stage, tool: str) -> None:
    opened.session.select(["card"])
    opened.view.set_tool("select-rectangle")
    opened.hand.drag((210, 50), (250, 90))
    opened.view.set_tool(tool)
    outlines = opened.view.grab().toImage()
    opened.hand.drag((230, 70), (260, 110))
    assert opened.area.box == (240, 90, 280, 130)
    assert opened.view.grab().toImage() != outlines
    opened.hand.press(260, 110)
    opened.hand.move(300, 115)
    opened.hand.move(300, 115, SHIFT)
    assert opened.area.box == (280, 90, 320, 130), "Shift keeps to an axis"
    opened.hand.key(Qt.Key.Key_Escape)
    opened.hand.release(300, 115)
    assert opened.area.box == (240, 90, 280, 130)
    assert opened.session.stack.count() == 0
    opened.hand.click(260, 110)
    assert opened.view.area is None, "a click inside deselects, as in Photoshop"


def test_arrows_move_the_outline_while_a_selection_tool_is_in_the_hand(opened: Stage) -> None:
    opened.session.select(["card"])
    opened.view.set_tool("select-rectangle")
    opened.hand.drag((210, 50), (250, 90))
    opened.view.nudge(1, 0)
    opened.view.nudge(0, -10)
    assert opened.area.box == (211, 40, 251, 80)
    assert opened.session.stack.count() == 0
    opened.view.nudge(-5000, 0)
    assert opened.area.box == (-39, 40, 1, 80), "a pixel stays in the picture"
    opened.view.nudge(39, 0)
    assert opened.area.box == (0, 40, 40, 80), "what was outside is not lost"
    opened.view.set_tool("move")
    opened.view.nudge(1, 0)
    assert opened.session.document.layer("card").transform.dx == 1


def test_the_selecting_brush_paints_inside_what_is_selected(opened: Stage) -> None:
    opened.view.set_tool("select-rectangle")
    opened.hand.drag((10, 10), (150, 150))
    opened.view.set_tool("select-brush")
    opened.view.set_brush(Brush(20, 1.0))
    opened.hand.drag((50, 50), (90, 50))
    assert opened.area.box == pytest.approx((40, 40, 100, 60), abs=1)


def test_erasing_is_a_mask_and_one_step(opened: Stage) -> None:
    opened.session.select(["card"])
    opened.view.set_tool("mask-erase")
    opened.view.set_brush(Brush(20, 1.0))
    opened.hand.drag((220, 70), (300, 70))
    card = opened.session.document.layer("card")
    assert card.mask is not None
    assert card.mask.pixels[30, 50] == 0
    assert card.mask.pixels[5, 50] == 255
    assert not card.mask.pixels.flags.writeable
    assert opened.session.stack.undoText() == "Erase on Card"
    assert opened.session.stack.count() == 1
    assert gap(opened.picture(), composite(opened.session.document)).max() <= 1
    opened.session.stack.undo()
    assert opened.session.document.layer("card").mask is None
    assert gap(opened.picture(), composite(opened.session.document)).max() <= 1


def test_restoring_brings_it_back_and_leaves_no_mask(opened: Stage) -> None:
    opened.session.select(["card"])
    opened.view.set_brush(Brush(20, 1.0))
    opened.view.set_tool("mask-erase")
    opened.hand.drag((230, 70), (260, 70))
    opened.view.set_tool("mask-restore")
    opened.view.set_brush(Brush(300, 1.0))
    opened.hand.drag((220, 70), (300, 70))
    assert opened.session.document.layer("card").mask is None


def test_the_picture_follows_the_brush_on_a_turned_and_recoloured_layer(opened: Stage) -> None:
    look = Transform(1.4, 0.8, 25, 10, 20)
    opened.session.apply("look", lambda d: edits.transform_layers(d, {"card": look}))
    opened.session.apply("tint", lambda d: edits.recolor(d, ["card"], Recolor(hue=40)))
    opened.session.select(["card"])
    opened.view.set_tool("mask-erase")
    opened.view.set_brush(Brush(24, 0.6))
    opened.hand.press(250, 90)
    opened.hand.move(290, 100)
    shown = opened.session.shown
    image = opened.view.image()
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[..., 2::-1]
    left, top, right, bottom = opened.view.viewport.shown
    assert np.quantile(gap(rows[top:bottom, left:right], composite(shown)), 0.99) <= 6
    opened.hand.release(290, 100)
    assert gap(opened.picture(), composite(opened.session.document)).max() <= 2
    mask = opened.mask("card")
    assert mask.min() == 0


def test_alt_erases_with_the_restoring_brush(opened: Stage) -> None:
    opened.session.select(["card"])
    opened.view.set_tool("mask-restore")
    opened.hand.drag((230, 70), (260, 70), ALT)
    assert opened.mask("card").min() == 0


def test_strokes_that_cannot_be_say_why(opened: Stage) -> None:
    opened.view.set_tool("mask-erase")
    opened.hand.drag((230, 70), (260, 70))
    assert "Select the layer" in opened.messages[-1]
    opened.session.select(["bg"])
    opened.hand.drag((230, 70), (260, 70))
    assert "locked" in opened.messages[-1]
    opened.session.select(["card", "ball"])
    opened.hand.drag((230, 70), (260, 70))
    assert "one layer" in opened.messages[-1]
    assert opened.session.stack.count() == 0


def test_a_stroke_ends_cleanly_when_its_layer_goes(opened: Stage) -> None:
    opened.session.select(["card"])
    opened.view.set_tool("mask-erase")
    opened.hand.press(230, 70)
    opened.hand.move(240, 70)
    opened.session.apply("delete", lambda d: edits.remove(d, ["card"]))
    opened.hand.move(250, 70)
    opened.hand.release(250, 70)
    assert not opened.session.document.has("card")
    assert opened.session.stack.count() == 1


def test_escape_takes_a_stroke_back(opened: Stage) -> None:
    opened.session.select(["card"])
    opened.view.set_tool("mask-erase")
    opened.hand.press(230, 70)
    opened.hand.move(260, 70)
    opened.hand.key(Qt.Key.Key_Escape)
    opened.hand.release(270, 70)
    assert opened.session.document.layer("card").mask is None
    assert gap(opened.picture(), composite(opened.session.document)).max() <= 1


def test_other_layers_sharing_pixels_are_not_disturbed(opened: Stage) -> None:
    """A duplicate shares its pixels with the original; a stroke on one must not show on the other."""
    opened.session.apply("duplicate", lambda d: edits.duplicate(d, ["card"])[0])
    opened.session.apply("move", lambda d: edits.move_by(d, ["card"], 0, 120))
    opened.session.select(["card"])
    opened.view.set_tool("mask-erase")
    opened.hand.drag((230, 190), (290, 190))
    assert gap(opened.picture(), composite(opened.session.document)).max() <= 1
