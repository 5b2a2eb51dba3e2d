"""What only adds comfort may fail; it says so once, and never takes the layers with it. Needs no torch."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace
from typing import NoReturn

import numpy as np
import pytest

from engine.document import Pixels
from engine.errors import Cancelled
from engine.process import Channel, Parent
from engine.qwen.child import tidy
from engine.qwen.child.comfort import Comfort
from engine.qwen.child.job import Job
from engine.qwen.options import QwenOptions
from engine.qwen.planning.weights import NOMINAL


def failing(error: BaseException) -> Callable[[], NoReturn]:
    def do() -> NoReturn:
        raise error

    return do


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ModuleNotFoundError("No module named 'rapidocr'", name="rapidocr.inner"), "the package rapidocr is missing"),
        (MemoryError(), "memory ran out"),
        (RuntimeError("CUDA out of memory"), "memory ran out"),
        (ValueError("no such thing\nand more"), "ValueError, no such thing"),
    ],
)
def test_a_failure_is_a_note_and_the_fallback(error: Exception, said: str) -> None:
    comfort = Comfort()
    assert comfort.attempt("qwen.text-not-read", failing(error), "") == ""
    assert [str(note) for note in comfort.notes] == [f"The text on the layers was not read: {said}."]
    assert comfort.ran_out == ("memory" in said)


def test_what_failed_is_not_tried_again_and_said_once() -> None:
    comfort, tried = Comfort(), []

    def do() -> str:
        tried.append(1)
        raise ValueError("no")

    assert [comfort.attempt("qwen.not-described", do, "plain") for _ in range(3)] == ["plain"] * 3
    assert len(tried) == len(comfort.notes) == 1
    assert comfort.attempt("qwen.not-named", lambda: "a name", "") == "a name", "another stage is still tried"


def test_a_cancel_is_no_failure() -> None:
    with pytest.raises(Cancelled):
        Comfort().attempt("qwen.not-named", failing(Cancelled()), "")


def job(options: QwenOptions) -> Job:
    parent = Parent(Channel(BytesIO(), BytesIO()))
    image = np.full((60, 90, 4), 255, np.uint8)
    return Job(options, 2, True, 7, image, NOMINAL, parent, lambda _layer: "")


@pytest.fixture
def layers() -> Pixels:
    made = np.zeros((2, 60, 90, 4), np.uint8)
    made[0] = 255
    made[1, 10:30, 10:40] = (200, 20, 30, 255)
    return made


def test_tidying_and_keeping_warm_may_fail_too(layers: Pixels, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_anything: object) -> NoReturn:
        raise ModuleNotFoundError("No module named 'scipy'", name="scipy")

    freed: list[bool] = []
    runner = SimpleNamespace(
        settle=lambda _plan: failing(MemoryError())(),
        free=lambda: freed.append(True),
        peaks=SimpleNamespace(by_phase={}),
    )
    task = SimpleNamespace(comfort=Comfort(), plan=None)
    monkeypatch.setattr(tidy, "tidy", broken)
    raw = SimpleNamespace(layers=layers, caption="a card", notes=())
    done = job(QwenOptions(names=False)).finished(raw, runner, task)
    assert [layer.name for layer in done.layers] == ["Background", "Layer 2"]
    assert np.array_equal(done.pixels[1], layers[1])
    assert [str(note) for note in done.notes] == [
        "Empty and duplicate layers were not looked for: the package scipy is missing.",
        "The model could not be kept for the next run: memory ran out.",
    ]
    assert freed, "what is left of it is given back"
