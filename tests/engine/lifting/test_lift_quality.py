"""What a designer would see in a lifted layer: edges, soft things, colours under other layers, no dust."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from engine.decomposer import Lift, WorkingLayer, WorkingStack
from engine.document import LayerKind, Pixels
from engine.lifting.lift import Lifted, lift
from tests.bench.bench_lift import errors_of, total
from tests.bench.lift_designs import TrueLayer, disturbed, flattened, rendered, visible_share

WIDTH, HEIGHT, FACTOR = 300, 240, 6


def canvas(colour: tuple[int, int, int] | Pixels, alpha: Pixels | int) -> Pixels:
    out = np.empty((HEIGHT, WIDTH, 4), np.uint8)
    out[..., :3], out[..., 3] = colour, alpha
    return out


def disc(x: float, y: float, radius: float, soft: float = 1.0, opacity: float = 1.0) -> Pixels:
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    away = np.hypot(cols - x, rows - y) - radius
    return np.rint(np.clip(0.5 - away / soft, 0, 1) * opacity * 255).astype(np.uint8)


def working(*layers: Pixels) -> WorkingStack:
    """The layers reduced, and blurred a little, as an engine returns them."""
    size = (WIDTH // FACTOR, HEIGHT // FACTOR)
    out = []
    for layer in layers:
        alpha = layer[..., 3:] / np.float32(255)
        reduced = cv2.resize(np.concatenate([layer[..., :3] * alpha, alpha], -1), size, interpolation=cv2.INTER_AREA)
        small = np.asarray(cv2.GaussianBlur(reduced, (0, 0), 0.6), np.float32)
        small[..., :3] /= np.maximum(small[..., 3:], 1e-3)
        small[..., 3] *= 255
        out.append(WorkingLayer(np.rint(small.clip(0, 255)).astype(np.uint8), name=f"L{len(out)}"))
    return WorkingStack(*size, tuple(out))


def stacked(*layers: Pixels) -> Pixels:
    return flattened([TrueLayer("", layer) for layer in layers])


def shown(lifted: Lifted, name: str) -> Pixels:
    out = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    layer = next(layer for layer in lifted.layers if layer.name == name)
    out[layer.top : layer.top + layer.height, layer.left : layer.left + layer.width] = layer.pixels
    return out


BACK = canvas((240, 230, 210), 255)


@pytest.mark.parametrize("name", ["portrait", "glass", "sticker"])
def test_layers_are_far_nearer_to_the_truth_than_plain_upsampling(name: str) -> None:
    truth = rendered(name, 1000, 750)
    original, shares = flattened(truth), visible_share(truth)
    stack = disturbed(truth, 256, 188)
    plain, full = lift(original, stack, mode=Lift.NONE), lift(original, stack)
    sad, gradient, colour = total(errors_of(truth, full, shares)).ratios(total(errors_of(truth, plain, shares)))
    assert sad < 0.5
    assert gradient < 0.5
    assert colour < 0.3
    assert full.recomposition.max_abs_error <= 2
    assert full.recomposition.within_1 >= 0.999


def test_a_strand_thinner_than_a_working_pixel_comes_back() -> None:
    strand = np.zeros((HEIGHT, WIDTH), np.uint8)
    cv2.line(strand, (20, 30), (270, 200), 255, 2, cv2.LINE_AA)
    hair = canvas((30, 20, 10), strand)
    lifted = lift(stacked(BACK, hair), working(BACK, hair))
    found = shown(lifted, "L1")[..., 3]
    assert found[strand > 250].mean() > 215
    far = cv2.dilate(strand, np.ones((9, 9))) == 0
    assert found[far].max() <= 3


def test_soft_stays_soft() -> None:
    smoke = canvas((30, 30, 40), disc(150, 120, 50, 90, 0.6))
    found = shown(lift(stacked(BACK, smoke), working(BACK, smoke)), "L1")[..., 3].astype(int)
    assert np.abs(found - smoke[..., 3]).max() <= 10


def test_a_cut_out_has_no_halo_of_the_old_background() -> None:
    ball = canvas((20, 40, 160), disc(150, 120, 60, 2))
    found = shown(lift(stacked(BACK, ball), working(BACK, ball)), "L1")
    edge = (found[..., 3] > 25) & (found[..., 3] < 230)
    assert edge.sum() > 100
    off = np.abs(found[edge][:, :3].astype(int) - (20, 40, 160)).max(axis=1)
    assert np.percentile(off, 95) <= 25


def test_nothing_of_the_object_is_left_on_the_background() -> None:
    ball = canvas((20, 40, 160), disc(150, 120, 60, 2))
    found = shown(lift(stacked(BACK, ball), working(BACK, ball)), "L0")
    assert np.abs(found[..., :3].astype(int) - (240, 230, 210)).max() <= 12


def test_an_edge_hidden_by_another_layer_does_not_take_its_colours() -> None:
    card = np.zeros((HEIGHT, WIDTH), np.uint8)
    card[60:180, 40:200] = 255
    card_layer, ball = canvas((200, 60, 40), card), canvas((20, 40, 160), disc(200, 120, 40))
    found = shown(lift(stacked(BACK, card_layer, ball), working(BACK, card_layer, ball)), "L1")[..., 3].astype(int)
    assert np.abs(found - card).mean() < 3


def test_haze_goes_and_the_box_is_tight() -> None:
    ball = canvas((20, 40, 160), disc(100, 90, 40))
    stack = working(BACK, ball)
    hazy = stack.layers[1].pixels.copy()
    noise = np.random.default_rng(1).integers(0, 4, hazy.shape[:2])
    hazy[..., 3] = np.clip(hazy[..., 3] + noise, 0, 255)
    stack = replace(stack, layers=(stack.layers[0], replace(stack.layers[1], pixels=hazy)))
    layer = lift(stacked(BACK, ball), stack).layers[1]
    assert layer.width <= 100
    assert layer.height <= 100


def test_noise_on_a_flat_background_does_not_show_where_it_was_hidden() -> None:
    ball = canvas((20, 40, 160), disc(150, 120, 60))
    stack = working(BACK, ball)
    noisy = stack.layers[0].pixels.copy()
    noisy[..., :3] = np.clip(noisy[..., :3] + np.random.default_rng(2).normal(3, 2, noisy[..., :3].shape), 0, 255)
    stack = replace(stack, layers=(replace(stack.layers[0], pixels=noisy), stack.layers[1]))
    found = shown(lift(stacked(BACK, ball), stack), "L0")
    assert np.abs(found[90:150, 120:180, :3].astype(int) - (240, 230, 210)).max() <= 1


def test_a_hidden_part_carries_the_grain_of_the_rest() -> None:
    noise = np.random.default_rng(3).normal(0, 6, (HEIGHT, WIDTH, 3))
    grainy = canvas(np.clip(130 + noise, 0, 255).astype(np.uint8), 255)
    ball = canvas((20, 40, 160), disc(150, 120, 70))
    found = shown(lift(stacked(grainy, ball), working(grainy, ball)), "L0")[..., :3].astype(float)
    hidden = found[90:150, 120:180].std()
    assert 3.0 < hidden < 9.0


def test_doubled_specks_and_empty_layers_go_with_a_reason() -> None:
    ball = canvas((20, 40, 160), disc(150, 120, 60))
    stack = working(BACK, ball, ball)
    faint, speck = stack.layers[1].pixels.copy(), np.zeros_like(stack.layers[1].pixels)
    faint[..., 3] = 2
    speck[3, 3] = 255
    extra = (WorkingLayer(faint, name="Faint"), WorkingLayer(speck, name="Speck"))
    lifted = lift(stacked(BACK, ball), replace(stack, layers=stack.layers + extra))
    assert [layer.name for layer in lifted.layers] == ["L0", "L2"]
    for word in ("“L1”", "“Faint”", "“Speck”"):
        assert sum(word in str(note) for note in lifted.notes) == 1


def test_a_transparent_page_needs_no_residual_layer() -> None:
    page = canvas((200, 60, 40), disc(120, 120, 70, 2))
    shadow = canvas((0, 0, 0), disc(150, 150, 70, 40, 0.5))
    lifted = lift(stacked(shadow, page), working(shadow, page))
    assert [layer.name for layer in lifted.layers] == ["L0", "L1"]
    assert lifted.recomposition.within_1 >= 0.999


def test_a_stack_of_the_images_size_with_poor_mattes_is_improved() -> None:
    ball = canvas((20, 40, 160), disc(150, 120, 60))
    blurred = ball.copy()
    blurred[..., 3] = cv2.GaussianBlur(ball[..., 3], (0, 0), 1.0)
    shifted = np.clip(BACK.astype(int) - (9, 9, 9, 0), 0, 255).astype(np.uint8)
    stack = WorkingStack(
        WIDTH, HEIGHT, (WorkingLayer(shifted, name="L0", kind=LayerKind.BACKGROUND), WorkingLayer(blurred, name="L1"))
    )
    found = shown(lift(stacked(BACK, ball), stack), "L1")[..., 3].astype(int)
    before = np.abs(blurred[..., 3].astype(int) - ball[..., 3]).sum()
    assert np.abs(found - ball[..., 3]).sum() < 0.5 * before


def test_the_same_stack_gives_the_same_layers() -> None:
    ball = canvas((20, 40, 160), disc(150, 120, 60))
    one, other = (lift(stacked(BACK, ball), working(BACK, ball)) for _ in range(2))
    for a, b in zip(one.layers, other.layers, strict=True):
        assert np.array_equal(a.pixels, b.pixels)
