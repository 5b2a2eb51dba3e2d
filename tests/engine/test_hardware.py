"""What this computer has, as its own tool tells it."""

from __future__ import annotations

import pytest

from engine.hardware import parse_smi, visible


def test_what_nvidia_smi_says_is_understood() -> None:
    gpu = parse_smi("0, NVIDIA H100 80GB HBM3, 81559, 81079, 9.0, 5, 16, GPU-1")
    assert gpu is not None
    assert (gpu.capability, gpu.total) == ((9, 0), 81559 << 20)
    assert gpu.tflops == pytest.approx(368.4, rel=0.01)
    assert parse_smi("No devices were found") is None


@pytest.mark.parametrize(
    ("allowed", "names"),
    [
        (None, ["A", "B", "C"]),
        ("2,0", ["C", "A"]),
        ("GPU-bb", ["B"]),
        ("1,9,0", ["B"]),
        ("", []),
        ("-1", []),
    ],
)
def test_hidden_cards_are_not_planned_with(allowed: str | None, names: list[str]) -> None:
    """Numbers are torch's: a run on "cuda:0" is on the first visible card."""
    lines = [f"{i}, {name}, 24000, 23000, 8.9, 4, 16, GPU-{name.lower() * 4}" for i, name in enumerate("ABC")]
    found = visible(lines, {} if allowed is None else {"CUDA_VISIBLE_DEVICES": allowed})
    assert [g.name for g in found] == names
    assert [g.index for g in found] == list(range(len(names)))
