"""The promise of the lift: stack the layers, in whatever way a reader rounds, and the image comes back."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Event

import numpy as np
import pytest

from engine.decomposer import Lift, WorkingLayer, WorkingStack
from engine.document import Layer, LayerKind, Pixels
from engine.errors import Cancelled, InputError, RunFailed
from engine.lifting.lift import lift, recomposition
from engine.words import note

WIDTH, HEIGHT = 150, 110


def texture(seed: int, smooth: int = 6) -> Pixels:
    """Coloured noise that varies over about `smooth` px, uint8 HEIGHT x WIDTH x 3."""
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 256, (HEIGHT // smooth + 2, WIDTH // smooth + 2, 3), np.uint8)
    return np.kron(coarse, np.ones((smooth, smooth, 1), np.uint8))[:HEIGHT, :WIDTH]


def disc(x: float, y: float, radius: float, soft: float, opacity: float = 1.0) -> Pixels:
    rows, cols = np.mgrid[:HEIGHT, :WIDTH]
    away = np.hypot(cols - x, rows - y) - radius
    return np.rint(np.clip(0.5 - away / soft, 0, 1) * opacity * 255).astype(np.uint8)


def rgba(colour: Pixels, alpha: Pixels | int) -> Pixels:
    out = np.empty((HEIGHT, WIDTH, 4), np.uint8)
    out[..., :3], out[..., 3] = colour, alpha
    return out


def design(*, transparent: bool = False) -> list[Pixels]:
    """A picture in four layers: backdrop (unless transparent), sharp object, soft glass, small disc on an edge."""
    upper = [
        rgba(texture(2, 11), disc(50, 50, 30, 1)),
        rgba(texture(3, 3) // 4, disc(80, 60, 25, 14, 0.6)),
        rgba(np.full((HEIGHT, WIDTH, 3), (200, 20, 30), np.uint8), disc(75, 48, 9, 1.5)),
    ]
    return upper if transparent else [rgba(texture(1), 255), *upper]


def over(layers: Sequence[Pixels]) -> Pixels:
    """Normal mode in double precision, rounded once."""
    colour, alpha = np.zeros((HEIGHT, WIDTH, 3)), np.zeros((HEIGHT, WIDTH, 1))
    for layer in layers:
        a = layer[..., 3:] / 255.0
        colour, alpha = colour * (1 - a) + layer[..., :3] * a, alpha + a * (1 - alpha)
    straight = colour / np.maximum(alpha, 1e-9)
    return np.rint(np.concatenate([straight, alpha * 255], axis=-1)).clip(0, 255).astype(np.uint8)


def reduced(layers: Sequence[Pixels], factor: int) -> WorkingStack:
    """The layers as an engine returns them that works at 1/factor of the size."""
    height, width = HEIGHT // factor, WIDTH // factor
    out = []
    for layer in layers:
        cut = layer[: height * factor, : width * factor].astype(float)
        cut[..., :3] *= cut[..., 3:] / 255
        small = cut.reshape(height, factor, width, factor, 4).mean(axis=(1, 3))
        small[..., :3] /= np.maximum(small[..., 3:] / 255, 1e-3)
        out.append(WorkingLayer(np.rint(small).clip(0, 255).astype(np.uint8)))
    return WorkingStack(width, height, tuple(out))


def full_canvas(layer: Layer) -> Pixels:
    out = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    out[layer.top : layer.top + layer.height, layer.left : layer.left + layer.width] = layer.pixels
    return out


def rounding_reader(layers: Sequence[Layer]) -> Pixels:
    """A program that rounds to 8 bits after every layer."""
    out = np.zeros((HEIGHT, WIDTH, 4), np.uint8)
    for layer in layers:
        out = over([out, full_canvas(layer)])
    return out


def error(a: Pixels, b: Pixels) -> np.ndarray:
    """Largest difference of colour times alpha, and of alpha, per pixel, in 8-bit steps."""
    one, other = ([x[..., :3] * (x[..., 3:] / 255.0), x[..., 3:]] for x in (a, b))
    return np.abs(np.concatenate(one, -1) - np.concatenate(other, -1)).max(axis=-1)


@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("factor", [1, 3, 5])
def test_the_stack_gives_the_image_back(transparent: bool, factor: int) -> None:
    layers = design(transparent=transparent)
    original = over(layers)
    lifted = lift(original, reduced(layers, factor))
    for shown in (over([full_canvas(layer) for layer in lifted.layers]), rounding_reader(lifted.layers)):
        off = error(shown, original)
        assert off.max() <= 2
        assert (off <= 1.001).mean() >= 0.999
    assert lifted.recomposition.max_abs_error <= 2
    assert lifted.recomposition.within_1 >= 0.999


def test_what_is_seen_and_opaque_is_the_images_own_bytes() -> None:
    layers = design()
    original = over(layers)
    lifted = lift(original, reduced(layers, 5))
    top = full_canvas(lifted.layers[-1])
    whole = top[..., 3] == 255
    assert whole.sum() > 30
    assert np.array_equal(top[whole][:, :3], original[whole][:, :3])


def test_exact_mattes_at_the_source_size_pass_unchanged() -> None:
    layers = design()
    lifted = lift(over(layers), reduced(layers, 1))
    for layer, given in zip(lifted.layers, layers, strict=True):
        assert np.array_equal(full_canvas(layer)[..., 3], given[..., 3])


def test_hidden_colour_stays_the_engines() -> None:
    layers = design()
    lifted = lift(over(layers), reduced(layers, 1))
    hidden = layers[1][..., 3] == 255
    assert np.array_equal(lifted.layers[0].pixels[hidden], layers[0][hidden])


def test_layers_are_tight_and_keep_what_the_engine_said() -> None:
    backdrop, sharp = design()[:2]
    said = note("builtin.no-subject-model", command="a command")
    stack = WorkingStack(
        WIDTH,
        HEIGHT,
        (
            WorkingLayer(backdrop, name="Sky", kind=LayerKind.BACKGROUND),
            WorkingLayer(sharp, name="Sun", kind=LayerKind.TEXT, text="SUN", score=0.5),
        ),
        notes=(said,),
    )
    lifted = lift(over([backdrop, sharp]), stack, engine="test")
    sky, sun = lifted.layers
    assert (sky.name, sky.kind, sky.left, sky.top) == ("Sky", LayerKind.BACKGROUND, 0, 0)
    assert (sun.name, sun.kind) == ("Sun", LayerKind.TEXT)
    assert (sun.provenance.engine, sun.provenance.score, sun.provenance.text) == ("test", 0.5, "SUN")
    for side in (sun.pixels[0], sun.pixels[-1], sun.pixels[:, 0], sun.pixels[:, -1]):
        assert side[:, 3].any()
    assert said in lifted.notes


def test_lift_none_only_resamples() -> None:
    layers = design()
    original = over(layers)
    lifted = lift(original, reduced(layers, 5), mode=Lift.NONE)
    assert lifted.recomposition.within_1 < 0.9
    assert (lifted.layers[0].width, lifted.layers[0].height) == (WIDTH, HEIGHT)


def test_layers_of_other_sizes_and_places_land_where_they_belong() -> None:
    backdrop, sharp = design()[:2]
    small = reduced([backdrop], 5)
    cut = reduced([sharp], 5).layers[0].pixels[3:17, 3:17]
    stack = WorkingStack(small.width, small.height, (small.layers[0], WorkingLayer(cut, left=3, top=3)))
    lifted = lift(over([backdrop, sharp]), stack)
    placed = full_canvas(lifted.layers[1])[..., 3].astype(int)
    assert np.abs(placed - sharp[..., 3]).mean() < 5


def test_a_layer_that_reaches_beyond_the_canvas_is_clipped() -> None:
    backdrop, sharp = design()[:2]
    wide = np.pad(sharp, ((20, 20), (20, 20), (0, 0)), mode="edge")
    wide[:, :20] = wide[:, 20:21]
    stack = WorkingStack(WIDTH, HEIGHT, (WorkingLayer(backdrop), WorkingLayer(wide, left=-20, top=-20)))
    lifted = lift(over([backdrop, sharp]), stack)
    assert np.array_equal(full_canvas(lifted.layers[1])[..., 3], sharp[..., 3])


def test_what_no_layer_covers_goes_to_a_residual_layer() -> None:
    backdrop, sharp = design()[:2]
    original = over([backdrop, sharp])
    lifted = lift(original, WorkingStack(WIDTH, HEIGHT, (WorkingLayer(sharp, name="Sun"),)))
    assert [layer.name for layer in lifted.layers] == ["Residual", "Sun"]
    assert any("Residual" in str(note) for note in lifted.notes)
    assert lifted.recomposition.max_abs_error <= 2
    assert np.abs(full_canvas(lifted.layers[1])[..., 3].astype(int) - sharp[..., 3]).max() <= 8


def test_a_source_smaller_than_the_layers() -> None:
    layers = design()
    original = np.ascontiguousarray(over(layers)[::3, ::3])
    lifted = lift(original, reduced(layers, 1))
    assert recomposition(original, lifted.layers).max_abs_error <= 2


@pytest.mark.parametrize("size", [(1, 40), (40, 1), (1, 1)])
def test_a_source_one_pixel_wide(size: tuple[int, int]) -> None:
    original = np.full((*size, 4), (90, 120, 30, 255), np.uint8)
    stack = WorkingStack(16, 16, (WorkingLayer(np.full((16, 16, 4), (95, 118, 33, 250), np.uint8)),))
    lifted = lift(original, stack)
    assert np.array_equal(lifted.layers[0].pixels, original)


def test_a_single_layer_becomes_the_image() -> None:
    original = over(design())
    lifted = lift(original, reduced([original], 5))
    assert np.array_equal(lifted.layers[0].pixels, original)


@pytest.mark.parametrize(
    ("stack", "kind"),
    [
        (WorkingStack(10, 10, ()), RunFailed),
        (WorkingStack(10, 10, (WorkingLayer(np.zeros((10, 10, 4), np.uint8)),)), RunFailed),
        (WorkingStack(0, 10, (WorkingLayer(np.zeros((10, 10, 4), np.uint8)),)), RunFailed),
        (WorkingStack(10, 10, (WorkingLayer(np.full((10, 10, 4), np.nan)),)), InputError),  # type: ignore[arg-type]
        (WorkingStack(10, 10, (WorkingLayer(np.zeros((10, 10, 3), np.uint8)),)), InputError),
    ],
)
def test_a_stack_that_cannot_be_used_says_so(stack: WorkingStack, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        lift(np.full((20, 20, 4), 255, np.uint8), stack)


def test_a_fully_transparent_image_says_so() -> None:
    layer = WorkingLayer(np.full((10, 10, 4), 255, np.uint8))
    with pytest.raises(InputError, match="transparent"):
        lift(np.zeros((20, 20, 4), np.uint8), WorkingStack(10, 10, (layer,)))


def test_cancel_stops_the_lift() -> None:
    stop = Event()
    stop.set()
    with pytest.raises(Cancelled):
        lift(over(design()), reduced(design(), 1), cancelled=stop)


def test_progress_never_falls_and_ends_at_one() -> None:
    seen: list[float] = []
    lift(over(design()), reduced(design(), 5), report=seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def test_layers_that_hold_several_objects_are_named_for_the_window() -> None:
    """By id, whatever becomes of the others; a backdrop is none of them."""
    layers = design()
    parts = (3, 1, 2, 0)
    stack = WorkingStack(
        WIDTH,
        HEIGHT,
        tuple(
            WorkingLayer(
                pixels,
                name=f"layer {i}",
                kind=LayerKind.BACKGROUND if i == 0 else LayerKind.OBJECT,
                parts=parts[i],
            )
            for i, pixels in enumerate(layers)
        ),
    )
    lifted = lift(over(layers), stack)
    assert [layer.name for layer in lifted.layers if layer.id in lifted.splittable] == ["layer 2"]
    assert len(lifted.splittable) == 1
