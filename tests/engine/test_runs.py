"""The record of runs: kept, read for estimates, never in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.qwen.record import held_back
from engine.runs import DONE, FAILED, OUT_OF_MEMORY, Run, Runs

CARD = "NVIDIA RTX 4090"


def run(**more: object) -> Run:
    base: dict[str, object] = {
        "engine": "qwen",
        "request": {"resolution": 640, "layers": 4, "seed": 7},
        "plan": "streamed",
        "device": "NVIDIA RTX 4090",
        "phases": {"denoise": 120.0, "decode": 1.0},
        "predicted": {"denoise": 100.0},
        "free_vram": 20_000_000_000,
    }
    return Run(**{**base, **more})  # type: ignore[arg-type]


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "somewhere" / "runs.sqlite")


def test_what_is_written_is_read(runs: Runs) -> None:
    runs.add(run(at=1.0))
    runs.add(run(at=2.0, outcome=FAILED, message="no"))
    newest, oldest = runs.recent()
    assert (newest.outcome, newest.message) == (FAILED, "no")
    assert oldest.request["seed"] == 7
    assert oldest.seconds == 121.0
    assert runs.recent(engine="builtin") == []
    runs.clear()
    assert runs.recent() == []


def test_estimates_follow_the_last_runs_on_that_device(runs: Runs) -> None:
    for took in (120.0, 130.0, 110.0):
        runs.add(run(phases={"denoise": took}))
    runs.add(run(device="another", phases={"denoise": 900.0}))
    runs.add(run(outcome=FAILED, phases={"denoise": 900.0}))
    assert runs.scale("qwen", "NVIDIA RTX 4090") == {"streamed": {"denoise": pytest.approx(1.2)}}


def test_every_phase_is_corrected_and_memory_only_upwards(runs: Runs) -> None:
    predicted = {"load": 3.0, "denoise": 100.0, "decode": 2.0, "peak": 10e9}
    runs.add(run(phases={"denoise": 120.0, "decode": 1.0}, predicted=predicted, peak_vram=11_000_000_000))
    runs.add(run(phases={"denoise": 120.0, "decode": 1.0}, predicted=predicted, peak_vram=8_000_000_000))
    assert runs.scale("qwen", "NVIDIA RTX 4090")["streamed"] == pytest.approx(
        {"denoise": 1.2, "decode": 0.5, "peak": 1.1}
    )


def test_out_of_memory_goes_by_what_is_to_be_computed(runs: Runs) -> None:
    """Two layers at 1024 px are more than ten at 640, and ten at 640 more than four."""
    runs.add(run(at=1.0, outcome=OUT_OF_MEMORY, request={"resolution": 640, "layers": 8}))
    assert held_back(runs, CARD, 1024, 2, 20_000_000_000) == {"streamed"}
    assert held_back(runs, CARD, 640, 7, 20_000_000_000) == frozenset()
    runs.add(run(at=2.0, outcome=DONE, request={"resolution": 1024, "layers": 2}))
    assert held_back(runs, CARD, 640, 8, 20_000_000_000) == frozenset(), "more than that was done since"


def test_out_of_memory_is_remembered_until_it_worked(runs: Runs) -> None:
    runs.add(run(at=1.0, outcome=OUT_OF_MEMORY))
    assert held_back(runs, CARD, 640, 4, 20_000_000_000) == {"streamed"}
    assert held_back(runs, CARD, 1024, 4, 20_000_000_000) == {"streamed"}
    assert held_back(runs, CARD, 640, 2, 20_000_000_000) == frozenset(), "a smaller one may fit"
    assert held_back(runs, CARD, 640, 4, 24_000_000_000) == frozenset(), "more is free now"
    runs.add(run(at=2.0, outcome=DONE))
    assert held_back(runs, CARD, 640, 4, 20_000_000_000) == frozenset()


def test_a_record_that_cannot_be_kept_stops_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broken = Runs(tmp_path / "file" / "runs.sqlite")
    broken.add(run())
    assert broken.recent() == []
    damaged = tmp_path / "damaged.sqlite"
    damaged.write_bytes(b"not a database at all" * 100)
    Runs(damaged).add(run())
    assert Runs(damaged).recent() == []
