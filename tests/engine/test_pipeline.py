"""A whole run: a late comfort that fails never costs the layers."""

from __future__ import annotations

from threading import Event

import numpy as np
import pytest

from engine import pipeline
from engine.decomposer import Progress, Report, Request, Result, Stage, WorkingLayer, WorkingStack
from engine.document import Document, LayerKind
from engine.engines import ENGINES, Choice
from engine.errors import Cancelled, RunFailed
from engine.variants import decompose_seeds
from engine.words import said


class Engine:
    """Returns a background and a square."""

    id = "stub"
    title = "Stub"

    def run(self, request: Request, report: Report, cancelled: Event) -> WorkingStack:
        report(Progress(Stage.SEPARATING, fraction=1.0))
        ground = np.full((20, 30, 4), 255, np.uint8)
        square = np.full((5, 5, 4), (200, 30, 30, 255), np.uint8)
        layers = (
            WorkingLayer(ground, name="Same", kind=LayerKind.BACKGROUND),
            WorkingLayer(square, left=4, top=6, name="Same"),
        )
        return WorkingStack(30, 20, layers)


@pytest.fixture
def image() -> np.ndarray:
    pixels = np.full((20, 30, 4), 255, np.uint8)
    pixels[6:11, 4:9, :3] = (200, 30, 30)
    return pixels


@pytest.fixture(autouse=True)
def only_this_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "choose", lambda *_args: Choice(Engine(), next(iter(ENGINES.values()))))


def failing(*_args: object, **_options: object) -> None:
    raise ModuleNotFoundError("No module named 'rapidocr'")


def run(image: np.ndarray, cancelled: Event | None = None) -> Result:
    document = Document(image.shape[1], image.shape[0])
    return pipeline.decompose(document, Request(image), cancelled=cancelled)


def test_names_are_made_unique(image: np.ndarray) -> None:
    assert [node.name for node in run(image).document.nodes] == ["Same", "Same 2"]


def test_naming_that_fails_keeps_the_layers(image: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "unique_names", failing)
    result = run(image)
    assert len(result.document.nodes) == 2
    assert said("pipeline.not-named") in map(str, result.notes)


def test_a_lift_that_fails_keeps_the_layers_as_they_are(image: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.lifting.lift.solve", failing)
    result = run(image)
    assert len(result.document.nodes) == 2
    assert said("pipeline.not-lifted", error="ModuleNotFoundError") in map(str, result.notes)


def test_a_cancel_in_the_lift_is_a_cancel(image: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_args: object) -> None:
        raise Cancelled

    monkeypatch.setattr("engine.lifting.lift.solve", stop)
    with pytest.raises(Cancelled):
        run(image)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (RunFailed("pipeline.no-layers"), "Only 1 of 3 variants were made: No layers were found"),
        (ValueError("odd"), "Only 1 of 3 variants were made; the next one failed (ValueError)."),
        (MemoryError(), "Only 1 of 3 variants were made: The computer ran out of memory"),
        (Cancelled(), "Cancelled after 1 of 3 variants."),
    ],
)
def test_a_variant_that_fails_keeps_those_that_were_made(
    error: BaseException, sentence: str, image: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, calls = pipeline.decompose, []

    def once(*args: object) -> Result:
        calls.append(args)
        if len(calls) > 1:
            raise error
        return whole(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(pipeline, "decompose", once)
    made = decompose_seeds(Document(30, 20), Request(image), (1, 2, 3), lambda progress: None, Event())
    assert [variant.seed for variant in made.done] == [1]
    assert str(made.note).startswith(sentence)
