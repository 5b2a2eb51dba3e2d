"""Plans: which placement fits which machine, and what a person is told about it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import EngineUnavailable, InputError
from engine.qwen.hardware import parse_smi
from engine.qwen.plan import (
    GB,
    KINDS,
    Ask,
    Gpu,
    Machine,
    advice,
    best,
    compare,
    next_smaller,
    rank,
    sentence,
)
from engine.qwen.weights import Weights

REAL = Weights(
    folder=Path("model"),
    transformer_bytes=40_860_000_000,
    encoder_bytes=16_584_000_000,
    vae_bytes=254_000_000,
    blocks=60,
    width=3072,
    block_bytes=40_690_000_000,
    table_bytes=13_590_000_000,
    key="real",
)
Q4 = replace(REAL, transformer_bytes=13_240_000_000, block_bytes=13_100_000_000, gguf=Path("q4.gguf"))


def card(gigabytes: float, name: str = "NVIDIA GeForce RTX 4090", **more: object) -> Gpu:
    size = int(gigabytes * GB)
    return Gpu(0, name, total=size, free=size, capability=(8, 9), tflops=61.0, bus=25e9, **more)  # type: ignore[arg-type]


def machine(*gpus: Gpu, host: float = 64) -> Machine:
    return Machine(gpus, int(host * GB), int(host * GB))


H100 = Gpu(0, "NVIDIA H100 80GB HBM3", 85_520_000_000, 85_000_000_000, (9, 0), tflops=368.5, bus=54.4e9)


@pytest.mark.parametrize(
    ("vram", "host", "resolution", "chosen"),
    [
        (80, 128, 640, {"resident", "resident-table"}),
        (48, 64, 640, {"resident", "resident-table"}),
        (40, 64, 1024, {"resident-table", "streamed"}),
        (24, 64, 640, {"streamed", "fp8"}),
        (24, 24, 640, {"fp8"}),
        (16, 64, 1024, {"streamed"}),
        (12, 64, 1024, {"streamed"}),
        (8, 64, 640, {"streamed"}),
        (8, 64, 1024, {"streamed"}),
        (8, 26, 640, {"fp8-streamed"}),
        (6, 64, 640, {"streamed"}),
    ],
)
def test_the_plan_that_a_machine_gets(vram: float, host: float, resolution: int, chosen: set[str]) -> None:
    here = machine(card(vram), host=host)
    plan = best([p for p in rank(here, Ask(resolution), REAL) if p.device != "cpu"])
    assert plan.id in chosen
    assert plan.peak <= vram * GB
    assert plan.host <= host * GB


def test_a_24_gb_card_is_never_given_the_whole_16_bit_model() -> None:
    """People waited eight hours on such cards for a run that silently spilled into main memory."""
    plans = {p.id: p for p in rank(machine(card(24)), Ask(), REAL)}
    assert not plans["resident"].fits
    assert "needs" in plans["resident"].short


def test_the_gpu_with_most_free_memory_is_used() -> None:
    busy = replace(card(24), free=3 * GB)
    idle = replace(card(16), index=1)
    assert best(rank(machine(busy, idle), Ask(), REAL)).device == "cuda:1"


def test_a_device_that_is_asked_for_is_used_or_refused() -> None:
    here = machine(card(24), replace(card(48), index=1))
    assert all(p.device == "cuda:0" for p in rank(here, Ask(), REAL, device="cuda:0"))
    assert all(p.device == "cpu" for p in rank(here, Ask(), REAL, device="cpu"))
    with pytest.raises(InputError, match="no device cuda:7"):
        rank(here, Ask(), REAL, device="cuda:7")


def test_a_gguf_file_has_plans_of_its_own() -> None:
    assert best(rank(machine(card(24)), Ask(), Q4)).id == "gguf"
    assert best([p for p in rank(machine(card(8)), Ask(), Q4) if p.device != "cpu"]).id == "gguf-streamed"
    with pytest.raises(InputError, match="not for a GGUF"):
        rank(machine(card(24)), Ask(), Q4, wanted="streamed")
    with pytest.raises(InputError, match="needs a GGUF"):
        rank(machine(card(24)), Ask(), REAL, wanted="gguf")


def test_unknown_plans_are_refused_with_the_list() -> None:
    with pytest.raises(InputError, match="resident-table"):
        rank(machine(card(24)), Ask(), REAL, wanted="magic")


def test_nothing_fits_says_what_is_short() -> None:
    with pytest.raises(EngineUnavailable, match="main memory"):
        best(rank(machine(card(4), host=8), Ask(1024), REAL))


def test_an_old_card_cannot_calculate_in_bfloat16() -> None:
    old = replace(card(48), name="Quadro RTX 8000", capability=(7, 5))
    assert "bfloat16" in rank(machine(old), Ask(), REAL, device="cuda")[0].short


def test_out_of_memory_steps_down_to_less() -> None:
    here = machine(card(80), host=128)
    plans = rank(here, Ask(1024), REAL)
    step = next_smaller(plans, plans[0])
    assert step is not None
    assert step.peak < plans[0].peak


def test_what_ran_out_of_memory_before_is_not_tried_again() -> None:
    here = machine(card(80), host=128)
    first = best(rank(here, Ask(), REAL))
    assert best(rank(here, Ask(), REAL, avoid=frozenset({first.id}))).id != first.id


def test_measured_runs_correct_the_prediction() -> None:
    here = machine(card(24))
    plain = rank(here, Ask(), REAL, wanted="streamed")[0]
    slower = rank(here, Ask(), REAL, wanted="streamed", scale={"streamed": 2.0})[0]
    assert slower.step_seconds == pytest.approx(2 * plain.step_seconds)


def test_more_of_everything_never_needs_less() -> None:
    here = machine(card(80), host=128)
    for kind in KINDS.values():
        if kind.gguf:
            continue
        small = rank(here, Ask(640, layers=2), REAL, wanted=kind.id)[0]
        for larger in (Ask(640, layers=8), Ask(1024, layers=2)):
            big = rank(here, larger, REAL, wanted=kind.id)[0]
            assert big.denoise_peak > small.denoise_peak
            assert big.seconds > small.seconds


@pytest.mark.parametrize("row", json.loads((Path(__file__).parent / "h100.json").read_text()), ids=lambda r: str(r[:3]))
def test_predictions_are_near_what_an_h100_took(row: tuple[str, int, float, float, float]) -> None:
    """[plan, px, s/step, denoise peak GB, whole peak GB], measured by `unflatten bench qwen` (docs/benchmarks.md)."""
    kind, resolution, step, denoise, whole = row
    ask = Ask(resolution, 4, 1024, 1024, steps=4, described=True)
    plan = rank(Machine((H100,), 120 * GB, 128 * GB), ask, REAL, wanted=kind)[0]
    assert plan.step_seconds == pytest.approx(step, rel=0.15)
    assert plan.denoise_peak / GB == pytest.approx(denoise, rel=0.05)
    assert max(plan.denoise_peak, plan.decode_peak) / GB == pytest.approx(whole, rel=0.05)


def test_sentences_say_memory_and_time() -> None:
    here = machine(card(8))
    both = compare(here, Ask(width=3000, height=2000), REAL, device="cuda")
    said = [sentence(plan, here, ask) for ask, plan in both]
    assert said[0].startswith("640 px needs ")
    assert said[1].startswith("1024 px needs ")
    assert all("of the 8 GB of your NVIDIA GeForce RTX 4090" in s and "minutes" in s for s in said)


def test_a_processor_alone_is_called_too_slow() -> None:
    here = machine(host=64)
    plan = best(rank(here, Ask(), REAL))
    assert "built-in engine" in sentence(plan, here, Ask())


def test_advice_knows_small_pictures() -> None:
    assert "no detail" in advice(1024, 800)
    assert "Recommended" in advice(640, 4000)


def test_what_nvidia_smi_says_is_understood() -> None:
    gpu = parse_smi("0, NVIDIA H100 80GB HBM3, 81559, 81079, 9.0, 5, 16")
    assert gpu is not None
    assert (gpu.capability, gpu.total) == ((9, 0), 81559 << 20)
    assert gpu.tflops == pytest.approx(368.4, rel=0.01)
    assert parse_smi("No devices were found") is None
