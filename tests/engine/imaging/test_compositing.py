"""The reference compositor against psd-tools' blend functions, exact cases and geometry."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from psd_tools.composite import blend as psd_blend

from engine.document import LAYER_BLEND_MODES, BlendMode, Document, Group, Layer, Mask, Recolor, Transform
from engine.imaging.compositing import blend, bounds, composite, render_layer
from tests.nodes import DOCUMENTS, only_layers


def solid(rgba, w=8, h=6, left=0, top=0, **fields) -> Layer:
    return Layer(np.full((h, w, 4), rgba, np.uint8), left, top, **fields)


def noise(seed: int, w=40, h=30, **fields) -> Layer:
    return Layer(np.random.default_rng(seed).integers(0, 256, (h, w, 4), dtype=np.uint8), **fields)


@pytest.mark.parametrize("mode", LAYER_BLEND_MODES)
def test_blend_functions_agree_with_psd_tools(mode):
    grid = np.linspace(0, 1, 256, dtype=np.float32)
    backdrop, source = (np.ascontiguousarray(a) for a in np.meshgrid(grid, grid))
    theirs = getattr(psd_blend, mode.value.replace("-", "_"))(backdrop, source)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ours = blend(mode, backdrop, source)
    assert np.abs(ours - theirs).max() <= 1 / 255


@pytest.mark.parametrize("mode", LAYER_BLEND_MODES)
def test_semi_transparent_stack_follows_the_formula(mode):
    below, above = noise(1), noise(2, opacity=0.6, blend_mode=mode)
    got = composite(Document(40, 30, (below, above))).astype(float) / 255
    cb, ab = below.pixels[..., :3] / 255.0, below.pixels[..., 3:] / 255.0
    cs, as_ = above.pixels[..., :3] / 255.0, above.pixels[..., 3:] / 255.0 * 0.6
    mixed = (1 - ab) * cs + ab * blend(mode, cb, cs)
    alpha = as_ + ab * (1 - as_)
    want = as_ * mixed + (1 - as_) * ab * cb
    assert np.abs(got[..., 3:] - alpha).max() <= 1 / 255
    error = np.abs(got[..., :3] * got[..., 3:] - want)
    assert (error > 2 / 255).mean() <= 0.001


def test_opaque_pixels_come_out_as_they_are():
    layer = noise(3)
    layer = replace(layer, pixels=np.dstack([layer.pixels[..., :3], np.full((30, 40), 255, np.uint8)]))
    assert np.array_equal(composite(Document(40, 30, (layer,))), layer.pixels)


def test_a_layer_off_the_canvas_is_clipped_and_a_hidden_one_is_not_drawn():
    red = solid((255, 0, 0, 255), left=-4, top=-3)
    hidden = solid((0, 255, 0, 255), visible=False)
    got = composite(Document(10, 10, (red, hidden)))
    assert got[2, 3].tolist() == [255, 0, 0, 255]
    assert got[3, 4, 3] == 0
    assert composite(Document(10, 10, (replace(red, left=500),))).max() == 0


def test_strips_join_without_a_seam():
    tall = Layer(np.random.default_rng(0).integers(0, 256, (3000, 900, 4), dtype=np.uint8), opacity=0.5)
    document = Document(900, 3000, (solid((10, 200, 30, 255), 900, 3000), tall))
    whole = composite(document)
    assert np.array_equal(whole[1100:1300], composite(document, (0, 1100, 900, 1300)))


def test_pass_through_group_blends_with_what_lies_below_and_an_isolated_one_does_not():
    below = solid((200, 100, 50, 255))
    child = solid((128, 128, 128, 255), blend_mode=BlendMode.MULTIPLY)
    through = composite(Document(8, 6, (below, Group((child,)))))[0, 0]
    isolated = composite(Document(8, 6, (below, Group((child,), blend_mode=BlendMode.NORMAL))))[0, 0]
    assert through.tolist() == [100, 50, 25, 255]
    assert isolated.tolist() == [128, 128, 128, 255]
    half = composite(Document(8, 6, (below, Group((child,), opacity=0.5))))[0, 0]
    assert half.tolist() == [150, 75, 38, 255]


def test_mask_multiplies_alpha():
    mask = np.zeros((6, 8), np.uint8)
    mask[:, 4:] = 128
    raster = render_layer(solid((9, 9, 9, 255), mask=Mask(mask)))
    assert raster.pixels[0, 0, 3] == 0
    assert raster.pixels[0, 5, 3] == 128


@pytest.mark.parametrize(("turn", "flip"), [(0, False), (90, False), (180, True), (-90, False), (270, True)])
def test_quarter_turns_and_flips_are_exact(turn, flip):
    layer = noise(4, 7, 5, left=20, top=10, transform=Transform(scale_x=-1 if flip else 1, rotation=turn))
    raster = render_layer(layer)
    want = layer.pixels[:, ::-1] if flip else layer.pixels
    assert np.array_equal(raster.pixels, np.rot90(want, -(turn // 90)))


def test_scaling_keeps_the_centre_and_flat_colour():
    layer = solid((12, 200, 77, 255), 40, 20, 100, 50, transform=Transform(scale_x=2.5, scale_y=0.5))
    raster = render_layer(layer)
    assert raster.box == (70, 55, 170, 65)
    assert bounds(layer) == (70, 55, 170, 65)
    assert (raster.pixels == (12, 200, 77, 255)).all()


def test_rotation_turns_clockwise_about_the_centre_without_dark_fringes():
    layer = solid((250, 240, 10, 255), 60, 20, 0, 20, transform=Transform(rotation=30))
    raster = render_layer(layer)
    ys, xs = np.nonzero(raster.pixels[..., 3])
    assert abs(xs.mean() + raster.left - 29.5) < 0.2
    assert abs(ys.mean() + raster.top - 29.5) < 0.2
    right = ys[xs > xs.mean() + 15].mean() + raster.top
    assert right > 35, "clockwise on screen: the right end goes down"
    seen = raster.pixels[raster.pixels[..., 3] > 8]
    assert np.abs(seen[:, :3].astype(int) - (250, 240, 10)).max() <= 3


def test_shrinking_averages_instead_of_skipping_pixels():
    checks = np.zeros((256, 256, 4), np.uint8)
    checks[..., 3] = 255
    checks[::2, ::2, :3] = checks[1::2, 1::2, :3] = 255
    for transform in (Transform(0.25, 0.25), Transform(0.25, 0.25, rotation=20)):
        raster = render_layer(Layer(checks, transform=transform))
        h, w = raster.pixels.shape[:2]
        inner = raster.pixels[h // 2 - 8 : h // 2 + 8, w // 2 - 8 : w // 2 + 8, :3]
        assert np.abs(inner.astype(int) - 128).max() <= 4


def test_recolour_shifts_hue_keeps_alpha_and_shading():
    ramp = np.zeros((4, 100, 4), np.uint8)
    ramp[..., 0] = np.linspace(20, 250, 100)
    ramp[..., 3] = 77
    got = render_layer(Layer(ramp, recolor=Recolor(hue=120))).pixels
    assert np.array_equal(got[..., 1], ramp[..., 0])
    assert (got[..., [0, 2]] <= 1).all()
    assert (got[..., 3] == 77).all()
    tinted = render_layer(Layer(ramp, recolor=Recolor(colorize=(20, 90, 200)))).pixels
    lum = tinted[..., :3] @ [0.3, 0.59, 0.11]
    assert np.abs(lum - ramp[..., 0] * 0.3).max() <= 1.5


def test_colorize_equals_what_psd_readers_render():
    # base 215,100,40 with a Color-mode fill of 20,90,200: readers of the PSD give 66..67,136..137,246..247
    pixel = np.full((1, 1, 4), (215, 100, 40, 255), np.uint8)
    got = render_layer(Layer(pixel, recolor=Recolor(colorize=(20, 90, 200)))).pixels[0, 0, :3]
    assert np.abs(got.astype(int) - (66, 136, 246)).max() <= 1
    # hue +120, saturation +20: 18..19,235..237,93
    got = render_layer(Layer(pixel, recolor=Recolor(hue=120, saturation=20))).pixels[0, 0, :3]
    assert np.abs(got.astype(int) - (19, 236, 93)).max() <= 2


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS)
def test_what_is_not_drawn_yet_changes_nothing(document):
    assert np.array_equal(composite(document), composite(only_layers(document)))
