"""What `unflatten doctor` says about memory plans."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.qwen.outlook import table
from engine.qwen.planning.plan import KINDS
from engine.runs import Runs
from main import app
from tests.engine.qwen.planning.test_plan import card, machine, two


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs.sqlite")


def lines(text: str) -> dict[str, str]:
    return {line.split()[0]: line for line in text.splitlines()}


@pytest.mark.parametrize("here", [machine(host=64), machine(card(24)), two(24, 24), machine(card(8), host=32)])
def test_every_memory_plan_is_listed_by_the_name_that_memory_plan_takes(here: object, runs: Runs) -> None:
    listed = lines(table(4000, 3000, runs, here))  # type: ignore[arg-type]
    assert set(KINDS) <= set(listed)
    for name in KINDS:
        assert KINDS[name].title in listed[name]
        assert re.search(r"\d (min|h)\b|it needs", listed[name])


def test_a_plan_that_cannot_run_says_why(runs: Runs) -> None:
    listed = lines(table(4000, 3000, runs, machine(card(24))))
    assert "not here: it needs" in listed["resident"]
    assert re.search(r"\d min\b", listed["streamed"])
    assert "not" not in listed["streamed"]
    assert "second NVIDIA card" in listed["balanced"]
    assert re.search(r"\d h\b", listed["cpu"])
    assert "it needs a graphics card" in lines(table(4000, 3000, runs, machine()))["streamed"]


def test_memory_and_times_are_in_columns(runs: Runs) -> None:
    found = table(4000, 3000, runs, machine(card(24))).splitlines()
    at = found[0].index("card GB")
    streamed = next(line for line in found if line.startswith("streamed "))
    assert 17 < float(streamed[at:].split()[0]) < 24
    assert 27 < float(streamed[at:].split()[1]) < 64


def test_the_command_is_short_unless_plans_are_asked_for() -> None:
    short = CliRunner().invoke(app, ["doctor"])
    long = CliRunner().invoke(app, ["doctor", "--plans"])
    assert short.exit_code == long.exit_code == 0
    assert "unflatten doctor --plans" in short.output
    assert "fp8-compute-streamed" not in short.output
    assert set(KINDS) <= set(lines(long.output))
