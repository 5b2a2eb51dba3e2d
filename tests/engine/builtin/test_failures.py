"""One thing in a picture that fails does not take the run with it: layers are kept, and a note says what is missing."""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

import engine.builtin.run as run_module
import engine.builtin.scene as scene
from engine.builtin.engine import BuiltinEngine
from engine.builtin.glyphs import find_glyphs
from engine.decomposer import Request, WorkingStack
from engine.document import LayerKind
from engine.errors import Cancelled
from engine.text.reading import TextLine
from engine.words import said
from tests.engine.builtin.posters import composite, make_poster


def decompose(image: np.ndarray, layers: int | None = None) -> WorkingStack:
    return BuiltinEngine().run(Request(image, layers=layers), lambda progress: None, threading.Event())


def notes(stack: WorkingStack) -> list[str]:
    return [str(one) for one in stack.notes]


def failing(*_args: object, **_options: object) -> None:
    raise ValueError("attempt to get argmax of an empty sequence")


@pytest.fixture
def card() -> np.ndarray:
    """A card with two lines of text and a disc on it, on a plain ground."""
    image = Image.new("RGBA", (420, 320), (250, 244, 230, 255))
    pen = ImageDraw.Draw(image)
    pen.rectangle((40, 40, 380, 280), fill=(40, 90, 170, 255))
    pen.ellipse((270, 170, 350, 250), fill=(240, 200, 60, 255))
    pen.text((60, 60), "SUMMER", font=ImageFont.load_default(size=52), fill=(255, 255, 255, 255))
    pen.text((60, 180), "Open daily", font=ImageFont.load_default(size=30), fill=(255, 220, 220, 255))
    return np.asarray(image)


def test_text_on_stripes_of_its_own_height_has_no_clear_ink() -> None:
    colours = np.array([[0, 100, 219], [141, 8, 195]], np.uint8)
    image = np.repeat(colours[np.arange(43) // 6 % 2][:, None], 174, axis=1).copy()
    quad = np.array([[14, 7], [166, 7], [166, 35], [14, 35]], np.float32)
    assert find_glyphs(image, TextLine(quad, "X", 0.9), [], 0.0) is None


def test_a_line_that_cannot_be_cut_stays_on_the_layer_below(card: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    def but_one(image: np.ndarray, line: TextLine, *rest: object) -> object:
        return failing() if line.text == "SUMMER" else find_glyphs(image, line, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(run_module, "find_glyphs", but_one)
    stack = decompose(card)
    assert said("builtin.line-left", text="SUMMER") in notes(stack)
    assert [layer.text for layer in stack.layers if layer.kind is LayerKind.TEXT] == ["Open daily"]
    assert np.abs(composite(stack)[60:110, 60:260, :3] - card[60:110, 60:260, :3]).mean() < 6


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("read_lines", "builtin.no-reader"),
        ("load", "builtin.no-reader"),
        ("find_ground", "builtin.thing-left"),
        ("take_apart", "builtin.thing-left"),
        ("name_of", "builtin.not-named"),
    ],
)
def test_a_step_that_fails_is_said(step: str, sentence: str, card: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, step, failing)
    stack = decompose(card)
    assert said(sentence) in notes(stack)
    assert stack.layers[0].kind is LayerKind.BACKGROUND


@pytest.mark.parametrize("cutter", ["cut_element", "cut_text"])
def test_what_cannot_be_cut_softly_is_cut_plainly(
    cutter: str, card: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = decompose(card)
    monkeypatch.setattr(run_module, cutter, failing)
    stack = decompose(card)
    assert any("was cut along its outline" in one for one in notes(stack))
    assert [layer.text for layer in stack.layers] == [layer.text for layer in whole.layers]
    assert np.abs(composite(stack)[..., :3] - card[..., :3]).mean() < 4


def test_a_component_that_cannot_be_taken_apart_is_one_thing(card: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scene, "complete", failing)
    stack = decompose(card)
    assert said("builtin.thing-left") in notes(stack)
    assert len(stack.layers) > 1


def test_a_texture_that_cannot_be_made_is_a_smooth_fill(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "texture_fill", failing)
    stack = decompose(make_poster(7, "photo", 320, 400).image)
    assert said("builtin.fill-smooth") in notes(stack)
    assert len(stack.layers) > 1


def test_a_subject_model_that_fails_costs_only_the_subject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "available", lambda: True)
    monkeypatch.setattr(run_module, "find_subject", failing)
    stack = decompose(make_poster(7, "photo", 320, 400).image)
    assert any("subject model could not be used" in one for one in notes(stack))


def test_layers_that_cannot_be_merged_are_all_there(card: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "reduce_to", failing)
    stack = decompose(card, 2)
    assert said("builtin.not-merged") in notes(stack)
    assert len(stack.layers) > 2


@pytest.mark.parametrize("error", [Cancelled, MemoryError])
def test_a_cancel_and_a_lack_of_memory_end_the_run(
    error: type[BaseException], card: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_args: object) -> Callable[[], None]:
        raise error

    monkeypatch.setattr(run_module, "cut_element", stop)
    with pytest.raises(error):
        decompose(card)
