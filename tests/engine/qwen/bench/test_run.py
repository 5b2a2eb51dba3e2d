"""The benchmark's dry run: every case goes through, and the placements that promise the same bytes give them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("diffusers")
pytestmark = pytest.mark.filterwarnings("ignore")

from engine.errors import InputError
from engine.qwen.bench.parts import RandomLoader
from engine.qwen.bench.run import ALL, DEFAULT, Case, Row, cases, main, table
from engine.qwen.planning.plan import GB, KINDS


def test_every_case_runs_and_the_exact_ones_give_the_same_layers(tmp_path: Path, small: tuple[int, int]) -> None:
    said: list[str] = []
    file = tmp_path / "rows.json"
    arguments = ["--tiny", "--device", "cpu", "--steps", "2", "--sizes", "640", "--cases", "all"]
    assert main([*arguments, "--scratch", str(tmp_path), "--json", str(file)], said.append) == 0
    rows = json.loads(file.read_text())
    assert len(rows) == len(ALL.split(","))
    layers: dict[str, set[str]] = {}
    for row in rows:
        assert row["error"] == ""
        assert row["step"] > 0
        layers.setdefault(row["plan"], set()).add(row["digest"])
    exact = [name for name in layers if name in KINDS and KINDS[name].exact and not KINDS[name].gguf]
    assert {"resident", "offload", "balanced", "streamed"} <= set(exact)
    assert len(set().union(*(layers[name] for name in exact))) == 1
    for kind in ("fp8", "fp8-compute", "gguf"):
        assert layers[kind] == layers[f"{kind}-streamed"] != layers["resident"]
    assert said[-1].count("\n") == len(rows) + 1
    assert list(tmp_path.iterdir()) == [file], "the GGUF file is gone"


def test_cases_are_chosen_by_name_size_and_cap() -> None:
    assert cases("auto@8, stock", "1024") == [Case("auto", 1024, 8 * GB), Case("stock", 1024)]
    assert len(cases(DEFAULT, "640,1024")) == 2 * len(DEFAULT.split(","))
    for wrong in ("magic", "stock@8", "auto@x", "cpu", ""):
        with pytest.raises(InputError, match="There is no case"):
            cases(wrong, "640")
    with pytest.raises(InputError, match="640 or 1024, not at 768"):
        cases("stock", "640,768")


def test_a_case_that_fails_is_a_row_and_the_rest_goes_on(
    small: tuple[int, int], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def refuse(*_given: object) -> None:
        raise RuntimeError("CUDA out of memory")

    monkeypatch.setattr(RandomLoader, "gguf_weights", refuse)
    said: list[str] = []
    arguments = ["--tiny", "--device", "cpu", "--steps", "2", "--sizes", "640", "--scratch", str(tmp_path)]
    assert main([*arguments, "--plans", "gguf,offload"], said.append) == 1
    assert "failed: RuntimeError: CUDA out of memory" in said[0]
    assert said[1].startswith("| offload | 640 |")


def test_no_case_begins_when_the_time_is_over(tmp_path: Path, small: tuple[int, int]) -> None:
    said: list[str] = []
    arguments = ["--tiny", "--device", "cpu", "--steps", "2", "--sizes", "640", "--scratch", str(tmp_path)]
    assert main([*arguments, "--cases", "offload,streamed,fp8", "--minutes", "0.0001"], said.append) == 0
    assert "the last 3 cases, from offload, are left out" in said[0]


def test_full_size_needs_a_gpu() -> None:
    said: list[str] = []
    assert main(["--device", "cpu"], said.append) == 1
    assert "needs an NVIDIA GPU" in said[0]


def test_the_table_shows_what_was_predicted_and_every_card() -> None:
    row = Row("balanced", 640, step=1.0, predicted_step=1.1, whole_peak=15 * GB, predicted_peak=16 * GB)
    several = Row("balanced", 640, step=1.0, devices={"cuda:0": (15 * GB, 16 * GB), "cuda:1": (14 * GB, 13 * GB)})
    stock = Row("stock", 640, step=0.5)
    lines = table([stock, row, several]).splitlines()
    assert "1.000 (1.100) | x2.00" in lines[3]
    assert "15.00 (16.00)" in lines[3]
    assert "; cuda:1 14.00 (13.00)" in lines[4]
