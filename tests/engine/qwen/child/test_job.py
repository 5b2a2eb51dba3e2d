"""How a request chooses its plan, and how the record of runs corrects what is predicted. Needs no torch."""

from __future__ import annotations

import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.process import Channel, Parent
from engine.qwen.child.job import Job, Ram
from engine.qwen.options import QwenOptions
from engine.qwen.planning.plan import GB, Ask, Gpu, Machine, best
from engine.qwen.planning.weights import NOMINAL
from engine.runs import Run, Runs

CARD = Gpu(0, "NVIDIA GeForce RTX 4090", 24 * GB, 24 * GB, (8, 9), tflops=61.0, bus=25e9)
HERE = Machine((CARD,), 64 * GB, 64 * GB, 8)


def job(**more: Any) -> Job:
    parent = Parent(Channel(BytesIO(), BytesIO()))
    image = np.zeros((60, 90, 4), np.uint8)
    return Job(QwenOptions(), 4, False, 7, image, NOMINAL, parent, lambda _layer: "", **more)


def test_estimates_arrive_at_what_runs_really_take(tmp_path: Path) -> None:
    """What is recorded is the prediction without any record; else the factor would end at its own square root."""
    runs, ask = Runs(tmp_path / "runs.sqlite"), Ask()
    plain = best(job().ranked(HERE, ask, "streamed")).phases["denoise"]
    for _ in range(10):
        here = job(scale=runs.scale("qwen", CARD.name))
        plan = best(here.ranked(HERE, ask, "streamed"))
        runs.add(
            Run(
                "qwen",
                {"resolution": 640, "layers": 4},
                plan.id,
                CARD.name,
                {"denoise": 4 * plain},
                plan.raw_phases,
            )
        )
    last = best(job(scale=runs.scale("qwen", CARD.name)).ranked(HERE, ask, "streamed"))
    assert last.phases["denoise"] == pytest.approx(4 * plain)


def test_a_plan_that_the_user_asks_for_is_tried_also_after_it_failed() -> None:
    first = best(job().ranked(HERE, Ask(), "auto"))
    avoiding = job(avoid=frozenset({first.id}))
    assert best(avoiding.ranked(HERE, Ask(), "auto")).id != first.id
    assert best(avoiding.ranked(HERE, Ask(), first.id)).id == first.id


def test_the_memory_of_a_run_is_that_run_s_own() -> None:
    """The process is warm: what an earlier run took at its worst says nothing about this one."""
    before = Ram()
    with before:
        large = np.ones(200 << 20, np.uint8)
    del large
    after = Ram()
    with after:
        pass
    assert before.peak - after.peak > 150 << 20
    assert "memory" not in {t.name for t in threading.enumerate() if not t.daemon}
