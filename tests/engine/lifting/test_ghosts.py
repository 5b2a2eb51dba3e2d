"""No ghosts: what is hidden keeps its fill, and what was lifted takes all that is its own with it."""

from __future__ import annotations

from concurrent.futures import Future

import cv2
import numpy as np
import pytest

from engine.decomposer import WorkingLayer, WorkingStack
from engine.document import Layer, LayerKind, Pixels
from engine.lifting.lift import Lifted, lift
from engine.lifting.parallel import each_tile
from engine.lifting.sheet import DEAR, LEAST_SLACK, Box

WIDTH, HEIGHT = 300, 240
PAPER = (200, 190, 170)
MOVED = 3


def disc(radius: float, soft: float = 1.5) -> Pixels:
    """Alpha of a disc in the middle, uint8 HEIGHT x WIDTH."""
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    away = np.hypot(cols - WIDTH / 2, rows - HEIGHT / 2) - radius
    return np.rint(np.clip(0.5 - away / soft, 0, 1) * 255).astype(np.uint8)


def layer(colour: tuple[int, int, int] | Pixels, alpha: Pixels | int) -> Pixels:
    out = np.empty((HEIGHT, WIDTH, 4), np.uint8)
    out[..., :3], out[..., 3] = colour, alpha
    return out


def flat(*layers: Pixels) -> Pixels:
    colour = np.zeros((HEIGHT, WIDTH, 3))
    for pixels in layers:
        alpha = pixels[..., 3:] / 255
        colour = colour * (1 - alpha) + pixels[..., :3] * alpha
    return layer(np.rint(colour).astype(np.uint8), 255)


def stack_of(*layers: Pixels) -> WorkingStack:
    kinds = [LayerKind.BACKGROUND] + [LayerKind.OBJECT] * (len(layers) - 1)
    return WorkingStack(WIDTH, HEIGHT, tuple(WorkingLayer(p, kind=k) for p, k in zip(layers, kinds, strict=True)))


def placed(found: Layer) -> Pixels:
    out = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    out[found.top : found.top + found.height, found.left : found.left + found.width] = found.pixels
    return out


def ghost(lifted: Lifted, given: Pixels) -> float:
    """The share of the background's pixels that the lift moved."""
    return float((moved(lifted, given) > MOVED).mean())


def moved(lifted: Lifted, given: Pixels) -> Pixels:
    found = placed(lifted.layers[0])
    return np.abs(found[..., :3].astype(int) - given[..., :3]).max(axis=2)


GROUND = layer(PAPER, 255)
BALL = layer((20, 40, 160), disc(60))
OUTLINE = layer((10, 10, 10), disc(63))


def test_an_outline_that_the_matte_missed_goes_with_its_layer() -> None:
    lifted = lift(flat(GROUND, OUTLINE, BALL), stack_of(GROUND, BALL))
    assert ghost(lifted, GROUND) == 0
    assert lifted.recomposition.max_abs_error <= 1
    assert placed(lifted.layers[1])[HEIGHT // 2, WIDTH // 2 + 62, 3] > 230


def test_an_edge_of_too_little_alpha_is_raised_and_leaves_nothing_behind() -> None:
    weak = BALL.copy()
    weak[..., 3] = disc(58, 8)
    lifted = lift(flat(GROUND, BALL), stack_of(GROUND, weak))
    assert moved(lifted, GROUND).max() <= LEAST_SLACK
    assert lifted.recomposition.max_abs_error <= 1


def test_the_layer_between_keeps_its_fill_too() -> None:
    """A card under the ball is hidden by it like the ground is."""
    card = layer((90, 150, 90), 0)
    card[40:200, 50:250, 3] = 255
    lifted = lift(flat(GROUND, card, OUTLINE, BALL), stack_of(GROUND, card, BALL))
    found = placed(lifted.layers[1])
    assert np.abs(found[50:190, 60:240, :3].astype(int) - card[0, 0, :3]).max() <= MOVED
    assert lifted.recomposition.max_abs_error <= 1


@pytest.mark.parametrize("factor", [3, 6])
@pytest.mark.parametrize("missed", [0, 2])
def test_a_coarse_stack_leaves_no_outline_either(factor: int, missed: int) -> None:
    """As an engine gives it that works at a third or a sixth of the size and draws its mattes `missed` px too tight."""
    thing = flat(OUTLINE, BALL)
    thing[..., 3] = disc(63 - missed)
    small = (WIDTH // factor, HEIGHT // factor)
    layers = []
    for pixels, kind in ((GROUND, LayerKind.BACKGROUND), (thing, LayerKind.OBJECT)):
        alpha = pixels[..., 3:] / np.float32(255)
        planes = np.concatenate([pixels[..., :3] * alpha, alpha], -1)
        reduced = cv2.resize(planes, small, interpolation=cv2.INTER_AREA)
        reduced = cv2.GaussianBlur(reduced, (0, 0), 0.6)
        small_alpha = reduced[..., 3:]
        straight = np.dstack([reduced[..., :3] / np.maximum(small_alpha, 1e-3), small_alpha * 255])
        layers.append(WorkingLayer(np.rint(straight.clip(0, 255)).astype(np.uint8), kind=kind))
    lifted = lift(flat(GROUND, OUTLINE, BALL), WorkingStack(*small, tuple(layers)))
    assert ghost(lifted, GROUND) <= 0.002
    assert lifted.recomposition.within_1 == 1


def test_a_texture_that_the_fill_missed_stays_ground() -> None:
    rng = np.random.default_rng(4)
    texture = cv2.GaussianBlur(rng.integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8), (0, 0), 1.2)
    ground = layer(texture, 255)
    filled = ground.copy()
    filled[disc(64) > 0, :3] = 128
    lifted = lift(flat(ground, BALL), stack_of(filled, BALL))
    given, found = BALL[..., 3].astype(int), placed(lifted.layers[1])[..., 3].astype(int)
    assert np.minimum(given, found).sum() / np.maximum(given, found).sum() > 0.98


def test_a_step_of_noise_on_white_makes_nothing_opaque() -> None:
    white = layer((250, 250, 250), 255)
    noisy = flat(white, BALL)
    ring = (disc(63) > 0) & (BALL[..., 3] == 0)
    noisy[ring, :3] = 255
    lifted = lift(noisy, stack_of(white, BALL))
    found = placed(lifted.layers[1])
    assert found[ring][:, 3].max() <= DEAR * 255
    assert lifted.recomposition.max_abs_error <= 1


def test_a_tile_that_ends_just_after_the_wait_for_it_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    result = Future.result
    late: list[Future[None]] = []

    def slow(self: Future[None], timeout: float | None = None) -> None:
        if self not in late:
            late.append(self)
            result(self)
            raise TimeoutError
        result(self, timeout)

    monkeypatch.setattr(Future, "result", slow)
    done: list[Box] = []
    each_tile(Box(0, 0, 600, 600).tiles(), done.append, lambda: None, lambda: None)
    assert len(done) == len(late) == 4
