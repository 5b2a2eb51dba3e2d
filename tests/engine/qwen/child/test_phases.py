"""The phases against the stock pipeline, with the real classes: what it gives, we give; its bugs, we have not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")

import diffusers
from PIL import Image

from engine.decomposer import Progress
from engine.document import Pixels
from engine.errors import Cancelled
from engine.qwen.child.comfort import Comfort
from engine.qwen.child.meter import Meter
from engine.qwen.child.phases import Runner
from engine.qwen.child.task import Task
from engine.qwen.options import Dtype, Language, QwenOptions
from engine.qwen.planning.plan import GB, KINDS, Ask, Machine, Plan, rank
from engine.qwen.planning.weights import Weights, inspect

FAST = QwenOptions(prompt="a red box", steps=3, cfg=4.0, dtype=Dtype.FP32, names=False, caption_tokens=6)


def plan_for(weights: Weights, kind: str = "cpu") -> Plan:
    """The CPU's plan, with another kind's way of placing the blocks."""
    machine = Machine((), 64 * GB, 64 * GB, 2)
    plan = rank(machine, Ask(steps=3), weights, wanted="cpu-gguf" if weights.gguf else "cpu")[0]
    return replace(plan, kind=KINDS[kind])


def run(
    folder: Path, picture: Pixels, options: QwenOptions = FAST, kind: str = "resident", **more: Any
) -> tuple[Pixels, list[Progress]]:
    weights = inspect(folder, options.gguf, options.lora)
    seen: list[Progress] = []
    plan = plan_for(weights, kind)
    runner = more.pop("runner", None) or Runner()
    meter = Meter(plan.phases, more.pop("report", seen.append))
    cancelled = more.pop("cancelled", Event())
    layers, seed = more.pop("layers", 2), more.pop("seed", 7)
    raw = runner.run(Task(weights, plan, options, layers, seed, picture, meter, cancelled, **more))
    return raw.layers, seen


def stock(folder: Path, picture: Pixels, options: QwenOptions = FAST, layers: int = 2, seed: int = 7) -> Pixels:
    pipe = diffusers.QwenImageLayeredPipeline.from_pretrained(folder, use_safetensors=True)
    pipe.set_progress_bar_config(disable=True)
    made = pipe(
        image=Image.fromarray(picture),
        prompt=options.prompt or None,
        negative_prompt=options.negative_prompt if options.guided else None,
        true_cfg_scale=options.cfg,
        num_inference_steps=options.steps,
        layers=layers,
        cfg_normalize=options.cfg_normalize,
        use_en_prompt=options.language is Language.ENGLISH,
        generator=torch.Generator().manual_seed(seed),
    ).images[0]
    return np.stack([np.asarray(layer) for layer in made])


def near(ours: Pixels, theirs: Pixels) -> None:
    """Equal but for one step in rare pixels: layers are decoded one by one, and the CPU's convolution sums a batch of
    one in another order than a batch of two."""
    apart = np.abs(ours.astype(int) - theirs.astype(int))
    assert apart.max() <= 1
    assert (apart > 0).mean() < 0.001


@pytest.mark.parametrize(
    "options",
    [
        FAST,
        replace(FAST, cfg=1.0),
        replace(FAST, cfg_normalize=False, negative_prompt="blurry", steps=2),
    ],
    ids=["official", "no CFG", "not normalised"],
)
def test_gives_what_the_stock_pipeline_gives(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels, options: QwenOptions
) -> None:
    near(run(tiny_folder, picture, options)[0], stock(tiny_folder, picture, options))


@pytest.mark.parametrize("language", list(Language))
def test_describes_the_picture_as_the_stock_pipeline_does(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels, language: Language, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own instruction, in the language chosen, from the resized picture (512 tokens there, 6 here)."""
    from transformers import Qwen2_5_VLForConditionalGeneration

    whole = Qwen2_5_VLForConditionalGeneration.generate

    def brief(self: Any, *arguments: Any, **settings: Any) -> Any:
        return whole(self, *arguments, **{**settings, "max_new_tokens": 6})

    options = replace(FAST, prompt="", language=language, steps=2)
    ours = run(tiny_folder, picture, options)[0]
    monkeypatch.setattr(Qwen2_5_VLForConditionalGeneration, "generate", brief)
    near(ours, stock(tiny_folder, picture, options))


@pytest.mark.slow
def test_gives_what_the_stock_pipeline_gives_at_640_px(tiny_folder: Path) -> None:
    rng = np.random.default_rng(0)
    picture = rng.integers(0, 256, (300, 480, 4), dtype=np.uint8)
    options = replace(FAST, steps=2, cfg=1.0)
    ours = run(tiny_folder, picture, options)[0]
    assert ours.shape == (2, 512, 800, 4)
    near(ours, stock(tiny_folder, picture, options))


@pytest.mark.parametrize("kind", ["resident-table", "streamed", "streamed-full"])
def test_where_the_weights_lie_changes_nothing(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels, kind: str
) -> None:
    """Streaming and the modulation table are exact."""
    plain = run(tiny_folder, picture)[0]
    assert np.array_equal(run(tiny_folder, picture, kind=kind)[0], plain)


@pytest.mark.parametrize("kind", ["fp8", "fp8-streamed"])
def test_8_bit_weights_give_nearly_the_same(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels, kind: str
) -> None:
    plain = run(tiny_folder, picture)[0].astype(int)
    apart = np.abs(run(tiny_folder, picture, kind=kind)[0].astype(int) - plain)
    assert 0 < apart.max() <= 8
    assert apart.mean() < 0.5


def test_the_same_seed_gives_the_same_layers_and_another_others(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels
) -> None:
    first = run(tiny_folder, picture)[0]
    assert np.array_equal(first, run(tiny_folder, picture)[0])
    assert not np.array_equal(first, run(tiny_folder, picture, seed=8)[0])


def test_a_warm_model_gives_what_a_cold_one_gives(tiny_folder: Path, small: tuple[int, int], picture: Pixels) -> None:
    """Also after a run with other steps, for which the modulation table is made anew."""
    runner = Runner()
    run(tiny_folder, picture, replace(FAST, steps=2), kind="streamed", runner=runner)
    warm = run(tiny_folder, picture, kind="streamed", runner=runner)[0]
    assert np.array_equal(warm, run(tiny_folder, picture, kind="streamed")[0])


def test_progress_rises_by_steps_and_shows_the_layers(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels
) -> None:
    seen = run(tiny_folder, picture, replace(FAST, steps=5, cfg=1.0))[1]
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert [p.step for p in seen if p.total and p.step] == [1, 2, 3, 4, 5]
    previews = [p.preview for p in seen if p.preview is not None]
    assert previews
    assert all(p.shape[2] == 4 and p.shape[1] == 2 * p.shape[0] * 3 // 2 for p in previews)
    stages = list(dict.fromkeys(p.stage.name for p in seen))
    assert stages == ["LOADING", "READING", "DESCRIBING", "SEPARATING", "FINISHING"]


@pytest.mark.parametrize("stage", ["LOADING", "READING", "DESCRIBING", "SEPARATING", "FINISHING"])
def test_cancel_stops_at_every_stage_and_leaves_nothing_loaded(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels, stage: str
) -> None:
    cancelled, runner = Event(), Runner()
    after: list[Progress] = []

    def report(progress: Progress) -> None:
        if cancelled.is_set():
            after.append(progress)
        if progress.stage.name == stage:
            cancelled.set()

    with pytest.raises(Cancelled):
        run(tiny_folder, picture, runner=runner, report=report, cancelled=cancelled)
    assert all(p.stage.name == stage or p.stage.name in ("READING", "DESCRIBING") for p in after)
    assert runner.bare


def test_cancel_stops_within_a_step(tiny_folder: Path, small: tuple[int, int], picture: Pixels) -> None:
    cancelled = Event()
    steps: list[int] = []

    def report(progress: Progress) -> None:
        if progress.total:
            steps.append(progress.step)
            if progress.step == 2:
                cancelled.set()

    with pytest.raises(Cancelled):
        run(tiny_folder, picture, replace(FAST, steps=30), report=report, cancelled=cancelled)
    assert max(steps) == 2


def test_a_long_description_is_read_in_part_and_that_is_said(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels
) -> None:
    weights = inspect(tiny_folder)
    plan = plan_for(weights)
    options = replace(FAST, prompt="word " * 300, steps=2, cfg=1.0)
    raw = Runner().run(Task(weights, plan, options, 2, 7, picture, Meter(plan.phases, lambda _p: None), Event()))
    assert "512 tokens" in str(raw.notes[0])


def test_a_preview_that_cannot_be_made_costs_no_layer(
    tiny_folder: Path, small: tuple[int, int], picture: Pixels, monkeypatch: pytest.MonkeyPatch
) -> None:
    from engine.qwen.child import denoise

    def broken(*_anything: object) -> Pixels:
        raise RuntimeError("no room for a picture")

    options = replace(FAST, steps=6)
    whole, _ = run(tiny_folder, picture, options)
    monkeypatch.setattr(denoise, "preview", broken)
    comfort = Comfort()
    layers, seen = run(tiny_folder, picture, options, comfort=comfort)
    assert np.array_equal(layers, whole)
    assert not any(progress.preview is not None for progress in seen)
    assert [note.id for note in comfort.notes] == ["qwen.no-preview"]
