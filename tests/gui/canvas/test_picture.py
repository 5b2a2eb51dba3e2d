"""What the canvas shows is what the compositor says."""

from __future__ import annotations

from dataclasses import replace
from io import BytesIO

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms
from PySide6.QtGui import QColor, QColorSpace

from engine.document import LAYER_BLEND_MODES, BlendMode, Document, Group, Layer, Mask, Recolor, Transform
from engine.editing import edits
from engine.imaging.compositing import composite
from gui.canvas.picking import layers_at
from tests.gui.canvas.conftest import Stage, disc, noise, plain, poster
from tests.nodes import with_everything


def over(rgba: np.ndarray, color: tuple[int, int, int]) -> np.ndarray:
    alpha = rgba[..., 3:].astype(float) / 255
    return np.rint(rgba[..., :3] * alpha + np.array(color, float) * (1 - alpha))


def gap(shown: np.ndarray, rgba: np.ndarray, color: tuple[int, int, int] = (0, 0, 0)) -> np.ndarray:
    worst: np.ndarray = np.abs(shown - over(rgba, color)).max(axis=-1)
    return worst


def stack(mode: BlendMode, opacity: float, rotation: float = 0.0) -> Document:
    top = Layer(noise(90, 70, 3), 30, 20, blend_mode=mode, opacity=opacity, transform=Transform(rotation=rotation))
    return Document(150, 120, (Layer(noise(120, 100, 1), 5, 8), Layer(noise(80, 80, 2), 50, 30, opacity=0.6), top))


@pytest.mark.parametrize("mode", LAYER_BLEND_MODES)
@pytest.mark.parametrize(("opacity", "rotation"), [(1.0, 0.0), (0.37, 0.0), (0.8, 33.0)])
@pytest.mark.parametrize("background", [(0, 0, 0), (255, 255, 255)])
def test_every_blend_mode_agrees_with_the_compositor(
    stage: Stage, mode: BlendMode, opacity: float, rotation: float, background: tuple[int, int, int]
) -> None:
    document = stack(mode, opacity, rotation)
    stage.view.set_background(QColor(*background))
    stage.open(document)
    worst = gap(stage.picture(), composite(document), background)
    if mode in (BlendMode.COLOR_DODGE, BlendMode.COLOR_BURN):
        assert np.mean(worst <= 2) >= 0.999
    else:
        assert worst.max() <= 2


def test_masks_recolour_scale_and_flips_agree(stage: Stage) -> None:
    mask = np.linspace(0, 255, 100 * 100).reshape(100, 100).astype(np.uint8)
    document = Document(
        300,
        200,
        (
            Layer(noise(300, 200, 5, alpha=False)),
            Layer(disc(100, 100, (220, 60, 40)), 20, 30, mask=Mask(mask)),
            Layer(disc(100, 100, (40, 60, 220)), 120, 30, recolor=Recolor(hue=90, saturation=-20, lightness=10)),
            Layer(noise(60, 40, 7), 200, 100, transform=Transform(scale_x=-1.5, scale_y=0.7, dx=0.5)),
            Layer(noise(60, 40, 8), 40, 120, transform=Transform(scale_x=-1, rotation=90)),
        ),
    )
    stage.view.set_background("black")
    stage.open(document)
    assert gap(stage.picture(), composite(document)).max() <= 2


@pytest.mark.parametrize("blend", [BlendMode.PASS_THROUGH, BlendMode.NORMAL, BlendMode.MULTIPLY])
@pytest.mark.parametrize("opacity", [1.0, 0.4])
def test_groups_agree(stage: Stage, blend: BlendMode, opacity: float) -> None:
    inner = (Layer(disc(80, 80, (220, 60, 40)), 20, 20, blend_mode=BlendMode.SCREEN), Layer(noise(50, 50, 3), 60, 50))
    group = Group(inner, blend_mode=blend, opacity=opacity)
    document = Document(160, 120, (Layer(noise(130, 110, 1), 10, 5), group, Layer(noise(40, 40, 9), 100, 70)))
    stage.view.set_background("black")
    stage.open(document)
    assert gap(stage.picture(), composite(document)).max() <= 2


def test_blend_modes_do_not_meet_the_checkerboard(stage: Stage) -> None:
    """A multiplied layer over nothing shows its own colour over the checkers, not multiplied with them."""
    document = Document(64, 64, (Layer(plain(64, 64, (200, 100, 50, 255)), blend_mode=BlendMode.MULTIPLY),))
    stage.open(document)
    assert (stage.picture() == (200, 100, 50)).all()


def test_the_checkerboard_shows_through(stage: Stage) -> None:
    stage.open(Document(64, 64, (Layer(plain(64, 64, (0, 0, 0, 0))),)))
    picture = stage.picture()
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) == 2


def test_during_a_drag_the_cached_picture_agrees_too(stage: Stage) -> None:
    document = poster()
    stage.view.set_background("black")
    stage.open(document)
    stage.hand.press(90, 100)
    for x in range(92, 140, 6):
        stage.hand.move(x, 104)
        shown = stage.session.shown
        image = stage.view.image()
        rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)[..., 2::-1]
        left, top, right, bottom = stage.view.viewport.shown
        assert gap(rows[top:bottom, left:right], composite(shown)).max() <= 2
    stage.hand.release(140, 104)
    assert gap(stage.picture(), composite(stage.session.document)).max() <= 1


def test_edits_redraw_what_they_change(stage: Stage) -> None:
    stage.view.set_background("white")
    stage.open(poster())
    steps = [
        lambda d: edits.set_fields(d, ["ball"], visible=False),
        lambda d: edits.set_fields(d, ["card"], opacity=0.3),
        lambda d: edits.step(d, ["card"], 1),
        lambda d: edits.remove(d, ["stamp"]),
        lambda d: edits.group(d, ["ball", "card"])[0],
        lambda d: edits.set_fields(d, ["ball"], visible=True),
        lambda d: edits.recolor(d, ["card"], Recolor(colorize=(200, 30, 30))),
        lambda d: edits.transform_layers(d, {"ball": Transform(1.3, 1.3, 20, 15.5, -7)}),
    ]
    for number, edit in enumerate(steps):
        stage.session.apply(f"step {number}", edit)
        assert gap(stage.picture(), composite(stage.session.document), (255, 255, 255)).max() <= 2, number
    while stage.session.stack.canUndo():
        stage.session.stack.undo()
        assert gap(stage.picture(), composite(stage.session.document), (255, 255, 255)).max() <= 2


def test_zoomed_in_pixels_are_squares(stage: Stage) -> None:
    pixels = noise(20, 16, 4, alpha=False)
    stage.open(Document(20, 16, (Layer(pixels),)), zoom=8)
    stage.view.zoom_to(6)
    expected = np.repeat(np.repeat(pixels[..., :3], 6, 0), 6, 1)
    assert np.array_equal(stage.picture(), expected)


def test_zoomed_out_is_smooth_not_picked_pixels(stage: Stage) -> None:
    fine = plain(800, 600, (0, 0, 0))
    fine[::2, ::2, :3] = fine[1::2, 1::2, :3] = 255
    stage.open(Document(800, 600, (Layer(fine),)), zoom=0.25)
    assert np.abs(stage.picture().astype(int) - 127).max() <= 3


def test_scrolling_gives_the_same_picture_as_drawing_anew(stage: Stage) -> None:
    document = Document(
        900, 700, (Layer(noise(900, 700, 2, alpha=False)), Layer(disc(300, 300, (9, 200, 99)), 200, 100))
    )
    stage.open(document, zoom=1.0)
    for dx, dy in ((-37, 11), (120, -64), (-300, -200), (5, 250)):
        stage.view.scroll_view(dx, dy)
        stage.view.grab()
    view = stage.view.viewport
    left, top, right, bottom = (
        round(v) for v in (*view.to_document(*view.shown[:2]), *view.to_document(*view.shown[2:]))
    )
    assert gap(stage.picture(), composite(document)[top:bottom, left:right]).max() <= 1


def adobe_rgb() -> bytes:
    return bytes(QColorSpace(QColorSpace.NamedColorSpace.AdobeRgb).iccProfile().data())


def test_a_profile_is_shown_in_the_screens_colours(stage: Stage) -> None:
    profile = adobe_rgb()
    document = Document(40, 40, (Layer(plain(40, 40, (60, 200, 90))),), icc=profile)
    stage.open(document)
    adobe = ImageCms.ImageCmsProfile(BytesIO(profile))
    source = Image.new("RGB", (1, 1), (60, 200, 90))
    srgb, intent = ImageCms.createProfile("sRGB"), ImageCms.Intent.RELATIVE_COLORIMETRIC
    converted = ImageCms.profileToProfile(source, adobe, srgb, renderingIntent=intent)
    assert converted is not None
    wanted = np.asarray(converted)[0, 0].astype(int)
    assert np.abs(stage.picture()[20, 20].astype(int) - wanted).max() <= 2
    assert tuple(stage.picture()[20, 20]) != (60, 200, 90)


def test_a_broken_profile_shows_the_pixels_as_they_are(stage: Stage) -> None:
    stage.open(Document(40, 40, (Layer(plain(40, 40, (60, 200, 90))),), icc=b"not a profile"))
    assert tuple(stage.picture()[20, 20]) == (60, 200, 90)


def test_assigning_a_profile_shows_in_the_picture_and_is_undone(stage: Stage) -> None:
    stage.open(Document(40, 40, (Layer(plain(40, 40, (60, 200, 90))),)))
    profile = adobe_rgb()
    stage.session.apply("Assign profile", lambda d: replace(d, icc=profile))
    stage.settle()
    assert tuple(stage.picture()[20, 20]) != (60, 200, 90)
    stage.session.stack.undo()
    stage.settle()
    assert tuple(stage.picture()[20, 20]) == (60, 200, 90)


def test_another_original_is_the_one_that_is_shown(stage: Stage) -> None:
    first, second = noise(400, 300, 6, alpha=False), noise(400, 300, 7, alpha=False)
    stage.open(replace(poster(), original=first))
    stage.view.show_original(True)
    stage.picture()
    stage.session.apply("Flatten", lambda d: replace(d, original=second))
    stage.settle()
    assert np.array_equal(stage.picture(), second[..., :3])


def test_before_and_after(stage: Stage) -> None:
    original = noise(400, 300, 6, alpha=False)
    stage.open(replace(poster(), original=original))
    stage.view.show_original(True)
    assert np.array_equal(stage.picture(), original[..., :3])
    stage.view.show_original(False)
    assert gap(stage.picture(), composite(stage.session.document)).max() <= 1


def test_difference_is_black_where_layers_give_the_original_back(stage: Stage) -> None:
    document = poster()
    original = composite(document).copy()
    original[10:20, 10:20, 0] ^= 0x40
    stage.open(replace(document, original=original))
    stage.view.show_difference(True)
    picture = stage.picture()
    assert (picture[10:20, 10:20] > 100).any(axis=-1).all()
    picture[10:20, 10:20] = 0
    assert picture.max() <= 8


@pytest.mark.parametrize("zoom", [0.25, 0.41])
def test_difference_is_true_below_full_size(stage: Stage, zoom: float) -> None:
    """Reducing hides nothing and invents nothing: an exact stack is black, one wrong pixel is seen."""
    rng = np.random.default_rng(4)
    original = rng.integers(0, 256, (900, 1200, 4), np.uint8)
    original[..., 3] = 255
    hole = original.copy()
    hole[200:500, 300:700, 3] = 0
    part = Layer(original[200:500, 300:700].copy(), 300, 200)
    stage.open(Document(1200, 900, (Layer(hole), part), original=original), zoom=zoom)
    stage.view.show_difference(True)
    assert stage.picture().max() == 0
    wrong = original.copy()
    wrong[450, 600, 1] ^= 0x80
    stage.open(Document(1200, 900, (Layer(hole), part), original=wrong), zoom=zoom)
    bright = stage.picture().max(axis=-1)
    y, x = np.unravel_index(int(bright.argmax()), bright.shape)
    assert bright.max() >= 200
    assert np.hypot(x / zoom - 600, y / zoom - 450) <= 1.5 / zoom
    assert (bright > 0).sum() <= 4


def test_large_layers_get_sharp_in_the_background(stage: Stage) -> None:
    fine = plain(4000, 3000, (0, 0, 0))
    fine[::2, ::2, :3] = fine[1::2, 1::2, :3] = 255
    stage.open(Document(4000, 3000, (Layer(fine), Layer(noise(3000, 2500, 1), visible=False))), zoom=0.125)
    picture = stage.picture().astype(int)
    assert np.abs(picture - 127).max() <= 3


def test_recolouring_a_large_layer_ends_exact(stage: Stage) -> None:
    image = cv2.resize(noise(30, 20, 3, alpha=False), (1200, 900))
    document = Document(1200, 900, (Layer(np.ascontiguousarray(image), recolor=Recolor(hue=70)),))
    stage.open(document, zoom=1.0)
    view = stage.view.viewport
    left, top = (round(v) for v in view.to_document(*view.shown[:2]))
    right, bottom = (round(v) for v in view.to_document(*view.shown[2:]))
    assert gap(stage.picture(), composite(document)[top:bottom, left:right]).max() <= 2


def test_what_is_not_drawn_yet_leaves_the_picture_and_is_not_picked(stage: Stage) -> None:
    document = with_everything(poster())
    stage.open(document)
    assert gap(stage.picture(), composite(poster())).max() <= 1
    stage.session.apply("Map", lambda d: edits.set_fields(d, ["levels", "paint"], opacity=0.5, visible=False))
    stage.session.apply("Delete", lambda d: edits.remove(d, ["levels"]))
    stage.settle()
    assert gap(stage.picture(), composite(poster())).max() <= 1
    assert layers_at(document, 90, 100)[0].id == "ball"
