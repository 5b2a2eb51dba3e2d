"""Plans: which placement fits which machine, and what a person is told about it."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from engine.errors import EngineUnavailable, InputError
from engine.qwen.advise import advise
from engine.qwen.options import QwenOptions
from engine.qwen.planning import cost as plan_cost
from engine.qwen.planning.cards import spread
from engine.qwen.planning.plan import (
    GB,
    KINDS,
    Ask,
    Gpu,
    Machine,
    Plan,
    advice,
    best,
    compare,
    next_smaller,
    rank,
    sentence,
)
from engine.qwen.planning.weights import Weights
from engine.runs import OUT_OF_MEMORY, Run, Runs

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
        (48, 128, 640, {"offload"}),
        (48, 26, 640, {"resident", "resident-table"}),
        (40, 64, 1024, {"offload", "streamed"}),
        (24, 64, 640, {"streamed", "fp8"}),
        (24, 24, 640, {"fp8", "fp8-streamed"}),
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
    assert "needs" in str(plans["resident"].short)


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
    with pytest.raises(InputError, match=r"no device cuda here \(found: none\); choose auto or cpu"):
        rank(machine(), Ask(), REAL, device="cuda")


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
    with pytest.raises(EngineUnavailable, match="graphics memory"):
        best(rank(machine(card(4), host=8), Ask(1024), REAL))


def test_an_old_card_cannot_calculate_in_bfloat16() -> None:
    old = replace(card(48), name="Quadro RTX 8000", capability=(7, 5))
    assert "bfloat16" in str(rank(machine(old), Ask(), REAL, device="cuda")[0].short)


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
    slower = rank(here, Ask(), REAL, wanted="streamed", scale={"streamed": {"denoise": 2.0}})[0]
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
    said = [str(sentence(plan, here, ask)) for ask, plan in both]
    assert said[0].startswith("640 px needs ")
    assert said[1].startswith("1024 px needs ")
    assert all("of the 8 GB of your NVIDIA GeForce RTX 4090" in s and re.search(r"\d min\b", s) for s in said)


def test_a_processor_alone_is_called_too_slow() -> None:
    here = machine(host=64)
    assert "built-in engine" in str(sentence(rank(here, Ask(), REAL)[0], here, Ask()))
    with pytest.raises(EngineUnavailable, match=r"about \d+ h here; use the built-in engine"):
        best(rank(here, Ask(), REAL))


def test_a_processor_that_is_asked_for_is_used_however_slow() -> None:
    here = machine(host=64)
    assert best(rank(here, Ask(), REAL, device="cpu")).device == "cpu"
    assert best(rank(here, Ask(), REAL, wanted="cpu-fp8")).id == "cpu-fp8"


def test_out_of_memory_never_steps_down_to_days_on_the_processor() -> None:
    plans = rank(machine(card(6)), Ask(), REAL)
    smallest = min((p for p in plans if p.fits), key=lambda p: p.peak)
    assert next_smaller(plans, smallest) is None


def test_the_step_down_needs_less_where_memory_ran_out() -> None:
    """Streamed separates in 2 GB and is large only while it describes: 8 bit on the card is no way out of it."""
    plans = rank(machine(card(24)), Ask(), REAL)
    streamed = next(p for p in plans if p.id == "streamed")
    resident = next(p for p in rank(machine(card(80), host=128), Ask(1024), REAL) if p.id == "resident")
    for phase in ("load-denoiser", "denoise", "decode", "describe", "name"):
        smaller = next_smaller(plans, streamed, phase)
        assert smaller is None or smaller.need(phase) < streamed.need(phase)
        after = next_smaller(rank(machine(card(80), host=128), Ask(1024), REAL), resident, phase)
        assert after is not None
        assert after.need(phase) < resident.need(phase)
    fp8 = next(p for p in plans if p.id == "fp8")
    assert fp8.peak < streamed.peak
    assert fp8.denoise_peak > streamed.denoise_peak
    assert next_smaller(plans, streamed, "denoise") is not fp8


def alive_on_host(plan: Plan) -> int:
    """Bytes in host memory when naming begins, by the runner's rule for what it lets go of."""
    blocks = plan_cost.memory_of(plan.kind, Ask(), REAL, 1 << 60).stored
    denoiser = blocks if plan.kind.place == "streamed" or plan.device == "cpu" else 0
    both = plan.together or (plan.encoder == "cpu" and plan.park)
    encoder = REAL.encoder_bytes if plan.encoder == "cpu" else 0
    return denoiser + encoder if both or not encoder else max(denoiser, encoder)


@pytest.mark.parametrize("host", [24, 32, 48, 64, 96])
@pytest.mark.parametrize("vram", [0, 8, 24, 48, 80])
def test_no_plan_holds_more_of_the_host_than_it_says(vram: float, host: float) -> None:
    """The encoder and the streamed blocks together took 44 GB where 27 were planned, and the run was killed."""
    here = machine(card(vram), host=host) if vram else machine(host=host)
    for device in ("auto", "cpu"):
        for plan in rank(here, Ask(), REAL, device=device):
            if plan.fits:
                assert alive_on_host(plan) <= plan.host <= host * GB, plan.id


def test_32_gb_of_memory_hold_the_blocks_or_the_encoder_but_not_both() -> None:
    plan = rank(machine(card(8), host=32), Ask(), REAL, wanted="streamed")[0]
    assert plan.fits
    assert (plan.encoder, plan.park) == ("cpu", False)
    roomy = rank(machine(card(8), host=64), Ask(), REAL, wanted="streamed")[0]
    assert roomy.park
    assert roomy.host > 43 * GB


def test_32_bit_numbers_take_twice_the_memory_and_more_time() -> None:
    here = machine(card(80), host=256)
    for kind in ("streamed", "resident-table", "fp8"):
        half = rank(here, Ask(), REAL, wanted=kind)[0]
        whole = rank(here, Ask(dtype="fp32"), REAL, wanted=kind)[0]
        assert whole.denoise_peak > (1.05 if kind == "fp8" else 1.7) * half.denoise_peak
        assert whole.seconds > half.seconds
    sizes = ("transformer_bytes", "block_bytes", "table_bytes", "encoder_bytes", "vae_bytes")
    stored_wide = replace(REAL, itemsize=4, **{name: 2 * getattr(REAL, name) for name in sizes})
    same = rank(here, Ask(), stored_wide, wanted="streamed")[0]
    assert same.denoise_peak == pytest.approx(rank(here, Ask(), REAL, wanted="streamed")[0].denoise_peak, rel=0.01)


def test_an_old_card_can_calculate_in_other_formats() -> None:
    old = replace(card(80), name="Quadro RTX 8000", capability=(7, 5))
    for dtype in ("fp16", "fp32"):
        assert best(rank(machine(old, host=256), Ask(dtype=dtype), REAL, device="cuda")).device == "cuda:0"


def test_a_lora_needs_the_whole_model_in_host_memory_once() -> None:
    lora = replace(REAL, lora=Path("style.safetensors"))
    for kind in ("resident", "fp8", "streamed"):
        plan = rank(machine(card(80), host=128), Ask(), lora, wanted=kind)[0]
        assert plan.host >= REAL.transformer_bytes
    assert not rank(machine(card(80), host=40), Ask(), lora, wanted="resident")[0].fits


def test_records_correct_each_phase_and_never_themselves() -> None:
    here = machine(card(24))
    plain = rank(here, Ask(), REAL, wanted="streamed")[0]
    seen = {"streamed": {"describe": 3.0, "load-denoiser": 0.5, "peak": 1.2}}
    told = rank(here, Ask(), REAL, wanted="streamed", scale=seen)[0]
    assert told.phases["describe"] == pytest.approx(3 * plain.phases["describe"])
    assert told.phases["load-denoiser"] == pytest.approx(plain.phases["load-denoiser"] / 2)
    assert told.phases["denoise"] == plain.phases["denoise"]
    assert told.raw_phases == plain.phases
    assert told.denoise_peak == pytest.approx(1.2 * plain.denoise_peak)
    assert (told.raw_peak >= plain.peak) or not told.together
    less = rank(here, Ask(), REAL, wanted="streamed", scale={"streamed": {"peak": 0.5}})[0]
    assert less.peak == plain.peak


def test_a_peak_that_was_higher_than_planned_makes_a_plan_not_fit() -> None:
    here = machine(card(24))
    assert rank(here, Ask(), REAL, wanted="fp8")[0].fits
    assert not rank(here, Ask(), REAL, wanted="fp8", scale={"fp8": {"peak": 1.6}})[0].fits


def test_advice_is_about_what_will_run(tmp_path: Path) -> None:
    """With the chosen number of layers, and without a plan that ran out of memory here."""
    here = machine(card(24))
    few, many = (advise(QwenOptions(), 1000, 1000, n, here)[1] for n in (2, 10))
    assert many.seconds > 1.5 * few.seconds
    assert many.gigabytes >= few.gigabytes
    runs = Runs(tmp_path / "runs.sqlite")
    request = {"resolution": 640, "layers": 2}
    failed = Run("qwen", request, few.plan.id, here.gpus[0].name, free_vram=24 * GB, outcome=OUT_OF_MEMORY)
    runs.add(failed)
    assert advise(QwenOptions(), 1000, 1000, 4, here, runs)[0].plan.id != few.plan.id


def test_records_are_those_of_the_chosen_card(tmp_path: Path) -> None:
    here = machine(card(24), replace(card(16, "NVIDIA RTX A4000"), index=1))
    runs = Runs(tmp_path / "runs.sqlite")
    record = Run("qwen", {}, "streamed", "NVIDIA RTX A4000", {"denoise": 300.0}, {"denoise": 100.0})
    runs.add(record)
    options = QwenOptions(memory_plan="streamed")
    plain = advise(options, 1000, 1000, 4, here)[0].plan.step_seconds
    assert advise(options, 1000, 1000, 4, here, runs)[0].plan.step_seconds == plain
    other = advise(replace(options, device="cuda:1"), 1000, 1000, 4, here, runs)[0].plan.step_seconds
    assert other == pytest.approx(3 * plain)


def test_advice_knows_small_pictures() -> None:
    assert "no detail" in str(advice(1024, 800))
    assert "Recommended" in str(advice(640, 4000))


def test_offload_keeps_the_denoiser_in_main_memory_between_runs() -> None:
    here = machine(card(32), host=64)
    plans = {p.id: p for p in rank(here, Ask(), REAL)}
    offload, resident = plans["offload"], plans["resident-table"]
    assert offload.fits
    assert offload.keeps
    assert not resident.keeps
    assert offload.denoise_peak < resident.denoise_peak, "the VAE is not on the card"
    assert offload.host >= 27 * GB + REAL.encoder_bytes
    assert not rank(machine(card(32), host=24), Ask(), REAL, wanted="offload")[0].fits


def two(*sizes: float, **more: object) -> Machine:
    return machine(*(replace(card(size, f"Card {i}"), index=i, **more) for i, size in enumerate(sizes)), host=64)


def test_two_cards_share_the_blocks_by_what_is_free() -> None:
    here = two(24, 12)
    plan = rank(here, Ask(), REAL, wanted="balanced")[0]
    assert plan.fits
    assert plan.devices == ("cuda:0", "cuda:1")
    assert sum(plan.spread) == REAL.blocks
    assert 1.5 * plan.spread[1] < plan.spread[0] < 3 * plan.spread[1]
    for gpu in here.gpus:
        assert plan.peaks[gpu.device] <= gpu.free
    said = str(sentence(plan, here, Ask()))
    assert "of the 24 GB of your Card 0 and " in said
    assert "of the 12 GB of your Card 1 " in said


def test_the_encoder_goes_where_there_is_room_for_it() -> None:
    roomy = rank(two(40, 40), Ask(), REAL, wanted="balanced")[0]
    assert roomy.together
    assert roomy.encoder in roomy.devices
    tight = rank(two(24, 24), Ask(), REAL, wanted="balanced")[0]
    assert tight.fits
    assert not tight.together
    assert tight.encoder in tight.devices
    small = rank(two(16, 16, 16), Ask(), REAL, wanted="balanced")[0]
    assert small.fits
    assert small.encoder == "cpu"
    assert len(small.devices) == 3


def test_spreading_needs_two_cards_with_room_that_can_calculate() -> None:
    assert "second NVIDIA card" in str(rank(machine(card(80)), Ask(), REAL, wanted="balanced")[0].short)
    assert "over 2 cards" in str(rank(two(12, 10), Ask(), REAL, wanted="balanced")[0].short)
    old = two(40, 40)
    old = replace(old, gpus=(old.gpus[0], replace(old.gpus[1], capability=(7, 5))))
    assert "bfloat16" in str(rank(old, Ask(), REAL, wanted="balanced")[0].short)
    with pytest.raises(InputError, match="cuda:1 alone is not enough"):
        rank(two(24, 24), Ask(), REAL, device="cuda:1", wanted="balanced")


@pytest.mark.parametrize(("rooms", "counts"), [((30, 30), (30, 30)), ((50, 10), (50, 10)), ((7, 7, 7), (20, 20, 20))])
def test_no_block_is_lost_or_doubled(rooms: tuple[int, ...], counts: tuple[int, ...]) -> None:
    assert spread(rooms, 60) == counts
    for odd in ((1, 2, 4), (60, 1), (3, 0, 5), (0, 0)):
        assert sum(spread(odd, 60)) == 60
        assert min(spread(odd, 60)) >= 0


def test_8_bit_products_need_a_card_that_has_them_and_16_bit_results() -> None:
    ada, ampere = card(80), replace(card(80), capability=(8, 6), name="NVIDIA RTX A6000")
    assert rank(machine(ada), Ask(), REAL, wanted="fp8-compute")[0].fits
    assert "cannot multiply 8-bit" in str(rank(machine(ampere), Ask(), REAL, wanted="fp8-compute")[0].short)
    assert "bf16" in str(rank(machine(ada), Ask(dtype="fp32"), REAL, wanted="fp8-compute")[0].short)


def test_8_bit_products_are_never_chosen_for_being_a_little_faster() -> None:
    for vram in (8, 12, 16, 24, 32, 48, 80):
        plans = [p for p in rank(machine(card(vram), host=128), Ask(1024), REAL) if p.fits]
        assert plans[0].kind.exact, vram
        fast = next(p for p in plans if p.id == "fp8-compute-streamed")
        assert fast.seconds <= min(p.seconds for p in plans if p.id in ("streamed", "fp8-streamed"))
