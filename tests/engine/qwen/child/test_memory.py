"""What lies in memory together in the course of runs, against what the plan says there is room for."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")

from engine.document import Pixels
from engine.qwen.child.loading import Denoiser, DiskLoader
from engine.qwen.child.meter import Meter
from engine.qwen.child.phases import Runner
from engine.qwen.child.placement import Tick
from engine.qwen.child.task import Task
from engine.qwen.options import QwenOptions
from engine.qwen.planning.plan import Plan
from engine.qwen.planning.records import How
from engine.qwen.planning.weights import Weights, inspect
from tests.engine.qwen.child.test_phases import FAST, plan_for

Run = Callable[..., None]


class Watching(DiskLoader):
    """Loads the tiny parts and notes what is alive whenever one comes in."""

    def __init__(self) -> None:
        self._alive: dict[str, weakref.ref[Any]] = {}
        self.loaded: list[str] = []
        self.together: set[tuple[str, ...]] = set()

    def encoder(self, weights: Weights, device: Any, dtype: Any) -> Any:
        return self._noted("encoder", lambda: super(Watching, self).encoder(weights, device, dtype), lambda m: m)

    def transformer(self, weights: Weights, device: Any, dtype: Any, how: How, tick: Tick) -> Denoiser:
        def load() -> Denoiser:
            return super(Watching, self).transformer(weights, device, dtype, how, tick)

        made: Denoiser = self._noted("denoiser", load, lambda denoiser: denoiser.model)
        return made

    def _noted(self, name: str, load: Callable[[], Any], model_of: Callable[[Any], Any]) -> Any:
        gc.collect()
        self.loaded.append(name)
        self.together.add(tuple(sorted({name, *(n for n, ref in self._alive.items() if ref() is not None)})))
        made = load()
        self._alive[name] = weakref.ref(model_of(made))
        return made


def three_runs(folder: Path, picture: Pixels, **placed: Any) -> Watching:
    """A run, the naming of its layers, and two more runs with another text, all in one warm process."""
    weights, loader = inspect(folder), Watching()
    runner = Runner(loader)
    plan: Plan = replace(plan_for(weights), **placed)

    def task(options: QwenOptions) -> Task:
        return Task(weights, plan, options, 2, 7, picture, Meter(plan.phases, lambda _p: None), Event())

    first = task(replace(FAST, steps=2, cfg=1.0))
    runner.run(first)
    runner.encoder(first)  # as naming does
    runner.settle(plan)
    for prompt in ("another text", "a third text"):
        runner.run(task(replace(FAST, steps=2, cfg=1.0, prompt=prompt)))
    return loader


def test_without_room_for_both_the_encoder_and_the_denoiser_take_turns(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels
) -> None:
    """16.6 GB of encoder beside 27 GB of streamed blocks ended whole runs at naming, on computers with 32 GB."""
    loader = three_runs(tiny_folder, picture, encoder="cpu", park=False, together=False)
    assert loader.together == {("encoder",), ("denoiser",)}


def test_with_room_for_both_each_is_loaded_once(tiny_folder: Path, small: tuple[int, int], picture: Pixels) -> None:
    loader = three_runs(tiny_folder, picture, encoder="cpu", park=True, together=False)
    assert loader.loaded == ["encoder", "denoiser"]


def test_seeds_share_the_text_and_the_model(tiny_folder: Path, small: tuple[int, int], picture: Pixels) -> None:
    """Whatever the plan: between two seeds neither the encoder nor the denoiser is loaded again."""
    weights, loader = inspect(tiny_folder), Watching()
    runner, plan = Runner(loader), replace(plan_for(weights), park=False, together=False)
    for seed in (1, 2, 3):
        meter = Meter(plan.phases, lambda _p: None)
        runner.run(Task(weights, plan, replace(FAST, steps=2), 2, seed, picture, meter, Event()))
    assert loader.loaded == ["encoder", "denoiser"]


def test_texts_of_other_weights_or_another_number_format_are_not_used(
    tiny: Path, small: tuple[int, int], picture: Pixels
) -> None:
    """Also where a run in between was stopped and nothing was loaded any more when the weights were replaced."""
    from tests.engine.qwen import tiny as builder

    loader = Watching()
    runner = Runner(loader)

    def run(options: QwenOptions) -> Pixels:
        weights = inspect(tiny)
        plan = plan_for(weights)
        task = Task(weights, plan, options, 2, 7, picture, Meter(plan.phases, lambda _p: None), Event())
        return runner.run(task).layers

    fast = replace(FAST, steps=2, cfg=1.0)
    run(fast)
    runner.free()
    builder.build(tiny, seed=9)
    warm = run(fast)
    assert loader.loaded.count("encoder") == 2
    runner = Runner()
    assert (warm == run(fast)).all()


def test_embeddings_of_only_a_few_texts_are_kept() -> None:
    from engine.qwen.child.texts import KEPT, Embeds, Kept, Pair

    kept = Kept()
    pair = Pair(Embeds(torch.zeros(1, 2, 3), None, True), None)
    for number in range(KEPT + 3):
        kept.put(number, pair)
        kept.get(0)
    assert len(kept) == KEPT
    assert kept.get(0) is not None, "the one that is used stays"
    assert kept.get(1) is None
