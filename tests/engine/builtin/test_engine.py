"""The built-in engine's contract, and what it finds on pictures whose layers are known."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from engine.builtin.engine import BuiltinEngine
from engine.decomposer import Progress, Request, WorkingStack
from engine.document import LayerKind
from engine.errors import Cancelled
from tests.engine.builtin.posters import BUSY_STYLES, PLAIN_STYLES, composite, layer_iou, make_poster

POSTER = Path(__file__).parents[3] / "resources" / "samples" / "poster.png"


def decompose(image: np.ndarray, layers: int | None = None) -> WorkingStack:
    return BuiltinEngine().run(Request(image, layers=layers), lambda progress: None, threading.Event())


def names(stack: WorkingStack) -> list[str]:
    return [layer.name for layer in stack.layers]


@pytest.fixture(scope="module")
def sample() -> np.ndarray:
    return np.asarray(Image.open(POSTER).convert("RGBA"))


@pytest.fixture(scope="module")
def sample_stack(sample: np.ndarray) -> WorkingStack:
    return decompose(sample)


def test_the_sample_poster_gives_the_layers_a_person_would_name(sample_stack: WorkingStack) -> None:
    found = names(sample_stack)
    assert found[0] == "Background"
    assert sum(name.startswith("Purple shape") for name in found) == 2  # the two hills
    for name in (
        "Yellow circle",
        "Pink circle",
        "Cream card",
        "Teal badge",
        "SKYWARD",
        "Hot Air Balloon Festival",
        "FREE ENTRY",
    ):
        assert name in found, f"{name} is not among {found}"
    assert any(layer.text.endswith("14 September") for layer in sample_stack.layers)
    assert [layer.kind for layer in sample_stack.layers].count(LayerKind.OBJECT) == 1  # the balloon, whole
    assert len(found) == 14


def test_the_sun_is_completed_behind_the_balloon(sample_stack: WorkingStack) -> None:
    sun = next(layer for layer in sample_stack.layers if layer.name == "Yellow circle")
    alpha = sun.pixels[..., 3]
    assert abs(alpha.shape[0] - 600) <= 4
    assert abs(alpha.shape[1] - 600) <= 4
    assert abs(float((alpha > 127).mean()) - np.pi / 4) < 0.01


def test_the_background_holds_no_trace_of_the_text(sample: np.ndarray, sample_stack: WorkingStack) -> None:
    ground = sample_stack.layers[0].pixels[90:265, 100:1150, :3].astype(float)
    smooth = np.abs(np.diff(ground, axis=1)).max()
    assert smooth <= 4


def test_the_sample_poster_is_given_back(sample: np.ndarray, sample_stack: WorkingStack) -> None:
    error = np.abs(composite(sample_stack)[..., :3] - sample[..., :3]).max(2)
    assert (error <= 1).mean() > 0.97
    assert (error <= 8).mean() > 0.998


def test_frozen_plain_posters() -> None:
    scores = [_score(seed, style) for seed, style in zip((7, 8, 9, 10), PLAIN_STYLES, strict=True)]
    assert np.mean(scores) >= 0.80, scores


def test_frozen_busy_posters() -> None:
    scores = [_score(seed, style) for seed, style in zip((7, 8, 9), BUSY_STYLES, strict=True)]
    assert np.mean(scores) >= 0.60, scores


def _score(seed: int, style: str) -> float:
    poster = make_poster(seed, style, 480, 600)
    return layer_iou(poster, decompose(poster.image))


def test_the_same_picture_gives_the_same_bytes() -> None:
    image = make_poster(5, "photo", 400, 500).image
    first, second = decompose(image), decompose(image)
    assert names(first) == names(second)
    assert all(
        (a.left, a.top) == (b.left, b.top) and np.array_equal(a.pixels, b.pixels)
        for a, b in zip(first.layers, second.layers, strict=True)
    )


def test_cancel_stops_the_run() -> None:
    cancelled = threading.Event()
    seen: list[Progress] = []

    def report(progress: Progress) -> None:
        seen.append(progress)
        if progress.fraction > 0.4:
            cancelled.set()

    with pytest.raises(Cancelled):
        BuiltinEngine().run(Request(make_poster(5, "flat", 320, 400).image), report, cancelled)
    assert seen[-1].fraction < 0.9


def test_progress_never_falls_and_ends_at_one() -> None:
    seen: list[Progress] = []
    BuiltinEngine().run(Request(make_poster(5, "flat", 320, 400).image), seen.append, threading.Event())
    fractions = [progress.fraction for progress in seen]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (1, 64), (64, 1), (9, 9), (3, 400)])
@pytest.mark.parametrize("fill", ["solid", "noise", "clear", "half"])
def test_any_size(size: tuple[int, int], fill: str) -> None:
    random = np.random.default_rng(3)
    image = np.full((*size, 4), 255, np.uint8)
    if fill == "noise":
        image[..., :3] = random.integers(0, 256, (*size, 3))
    if fill == "clear":
        image[..., 3] = 0
    if fill == "half":
        image[:, : size[1] // 2, 3] = 0
    stack = decompose(image)
    assert (stack.width, stack.height) == (size[1], size[0])
    assert stack.layers
    for layer in stack.layers:
        height, width = layer.pixels.shape[:2]
        assert layer.left >= 0
        assert layer.top >= 0
        assert layer.left + width <= stack.width
        assert layer.top + height <= stack.height


def test_a_cut_out_keeps_its_transparency_and_gets_no_background() -> None:
    image = Image.new("RGBA", (400, 300), (0, 0, 0, 0))
    pen = ImageDraw.Draw(image)
    pen.ellipse((40, 40, 240, 240), fill=(220, 40, 60, 255))
    pen.rectangle((180, 140, 360, 260), fill=(40, 90, 200, 128))
    pixels = np.asarray(image)
    stack = decompose(pixels)
    assert all(layer.kind is not LayerKind.BACKGROUND for layer in stack.layers)
    again = composite(stack)
    assert np.abs(again[..., 3] - pixels[..., 3]).mean() < 2
    assert not again[..., 3][pixels[..., 3] == 0].any()


def test_exactly_as_many_layers_as_asked_for() -> None:
    image = make_poster(8, "flat").image
    assert len(decompose(image, 4).layers) == 4
    assert len(decompose(image, 2).layers) == 2


def test_too_few_layers_is_said() -> None:
    image = np.full((120, 160, 4), 255, np.uint8)
    image[40:80, 40:100, :3] = (200, 30, 30)
    stack = decompose(image, 6)
    assert len(stack.layers) == 2
    assert [str(note) for note in stack.notes] == ["Only 2 layers were found; 6 were asked for."]


def test_a_photograph_without_the_subject_model_says_how_to_get_it() -> None:
    stack = decompose(make_poster(9, "photo", 400, 500).image)
    assert any("unflatten models fetch subject" in str(note) for note in stack.notes)


def test_outlined_text_on_a_picture_is_one_layer_with_its_outline() -> None:
    ground = make_poster(12, "photo", 640, 400).layers[0].pixels.copy()
    image = Image.fromarray(ground)
    font = ImageFont.load_default(size=90)
    ImageDraw.Draw(image).text(
        (320, 200), "HELLO", font=font, fill="white", stroke_width=5, stroke_fill="black", anchor="mm"
    )
    stack = decompose(np.asarray(image))
    layer = next(layer for layer in stack.layers if layer.kind is LayerKind.TEXT)
    assert layer.text == "HELLO"
    solid = layer.pixels[layer.pixels[..., 3] > 200][:, :3]
    assert ((solid > 230).all(1)).sum() > 2000  # its filling
    assert ((solid < 40).all(1)).sum() > 2000  # its outline
