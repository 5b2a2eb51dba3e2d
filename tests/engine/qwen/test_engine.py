"""The engine through its child process: results, progress, cancel, and every way in which a child can end."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import numpy as np
import psutil
import pytest

from engine.decomposer import Progress, Request
from engine.document import Pixels
from engine.errors import Cancelled, EngineUnavailable, InputError, RunFailed
from engine.qwen.engine import Host, QwenEngine
from engine.qwen.options import Dtype, QwenOptions
from engine.runs import Runs

STAGES = ["loading", "reading", "describing", "separating", "finishing", "naming"]


class Bench:
    """An engine on a small worker, with what it said."""

    def __init__(self, command: tuple[str, ...], runs: Path) -> None:
        self.host = Host(command)
        self.runs = Runs(runs)
        self.engine = QwenEngine(self.host, self.runs)

    def run(self, request: Request, report: Callable[[Progress], None] = lambda _p: None, **more: Any) -> Any:
        return self.engine.run(request, report, more.get("cancelled") or Event())


@pytest.fixture
def bench(worker: Callable[..., tuple[str, ...]], tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(*arguments: str) -> Bench:
        made.append(Bench(worker(*arguments), tmp_path / "runs.sqlite"))
        return made[-1]

    yield make
    for one in made:
        one.host.close()


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """One child without faults for all tests that need none: starting one takes longer than a run."""
    command = (sys.executable, "-W", "ignore", "-m", "tests.engine.qwen.small_worker")
    one = Bench(command, tmp_path_factory.mktemp("runs") / "runs.sqlite")
    yield one
    one.host.close()


@pytest.fixture
def request_for(tiny_folder: Path, picture: Pixels) -> Callable[..., Request]:
    def make(layers: int | None = 2, seed: int = 3, **options: Any) -> Request:
        base = QwenOptions(
            model=tiny_folder, prompt="a red box", steps=3, cfg=1.0, dtype=Dtype.FP32, caption_tokens=4, names=False
        )
        return Request(picture, engine="qwen", layers=layers, seed=seed, options=replace(base, **options))

    return make


def gone(pid: int, seconds: float = 10.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.05)
    return False


def test_layers_come_back_and_the_run_is_on_record(warm: Bench, request_for: Callable[..., Request]) -> None:
    here = warm
    here.runs.clear()
    seen: list[Progress] = []
    stack = here.run(request_for(prompt="", names=True), seen.append)
    assert (stack.width, stack.height) == (96, 64)
    assert [layer.pixels.shape for layer in stack.layers] == [(64, 96, 4)] * 2
    names = [layer.name for layer in stack.layers]
    assert len(set(names)) == 2
    assert all(0 < len(name) < 40 for name in names)
    assert len([p.caption for p in seen if p.caption]) == 1
    assert [p.message for p in seen if "of memory" in p.message]
    fractions = [p.fraction for p in seen]
    assert fractions == sorted(fractions)
    assert list(dict.fromkeys(p.stage.name.lower() for p in seen)) == STAGES
    record = here.runs.recent()[0]
    assert (record.outcome, record.plan, record.request["seed"]) == ("done", "cpu", 3)
    assert record.phases["denoise"] > 0
    assert record.peak_ram > 1e8
    pid = here.host.pid
    again = here.run(request_for())
    assert here.host.pid == pid, "the second run starts warm"
    assert again.layers[0].pixels.shape == (64, 96, 4)
    assert "torch" not in _modules_of_a_fresh_engine()


def _modules_of_a_fresh_engine() -> set[str]:
    import subprocess

    code = (
        "import sys, engine.qwen.engine, engine.doctor; engine.qwen.engine.QwenEngine().missing(); print(*sys.modules)"
    )
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=root)
    return set(done.stdout.split())


def test_seeds_side_by_side(warm: Bench, request_for: Callable[..., Request]) -> None:
    fractions: list[float] = []
    stacks = warm.engine.run_seeds(request_for(), [1, 2, 1], lambda p: fractions.append(p.fraction), Event())
    assert [seed for seed, _ in stacks] == [1, 2, 1]
    first, second, third = (stack.layers[0].pixels for _, stack in stacks)
    assert np.array_equal(first, third)
    assert not np.array_equal(first, second)
    assert fractions == sorted(fractions)


def test_auto_layers_tidies(warm: Bench, request_for: Callable[..., Request]) -> None:
    stack = warm.run(request_for(layers=None))
    assert 1 <= len(stack.layers) <= 4


def test_a_cut_out_stays_a_cut_out(warm: Bench, request_for: Callable[..., Request]) -> None:
    stack = warm.run(request_for())
    assert all(layer.pixels[0, 0, 3] == 0 for layer in stack.layers)


@pytest.mark.parametrize("stage", STAGES)
def test_cancel_at_every_stage_and_the_next_run_works(
    warm: Bench, request_for: Callable[..., Request], stage: str
) -> None:
    here, cancelled = warm, Event()
    asked: list[float] = []

    def report(progress: Progress) -> None:
        if progress.stage.name.lower() == stage and not asked:
            asked.append(time.monotonic())
            cancelled.set()

    asked_for = request_for(prompt="", names=True, steps=8)
    # A picture that was described before is not described again: each stage gets one of its own.
    fresh = np.roll(asked_for.image, 1 + STAGES.index(stage), axis=1)
    with pytest.raises(Cancelled):
        here.run(replace(asked_for, image=fresh), report, cancelled=cancelled)
    assert here.runs.recent()[0].outcome == "cancelled"
    if stage == "separating":
        assert here.run(request_for()).layers


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        ("separating:kill", "ran out of memory.*unchanged"),
        pytest.param("reading:segfault", "ended unexpectedly.*unchanged", marks=pytest.mark.slow),
        pytest.param("finishing:exit", "ended unexpectedly.*unchanged", marks=pytest.mark.slow),
        ("describing:raise", "nobody foresaw.*unchanged"),
        pytest.param("naming:kill", "unchanged", marks=pytest.mark.slow),
        pytest.param("loading:kill", "unchanged", marks=pytest.mark.slow),
    ],
)
def test_a_child_that_dies_is_a_sentence_and_the_next_run_works(
    bench: Callable[..., Bench], request_for: Callable[..., Request], fault: str, says: str
) -> None:
    here = bench(fault)
    with pytest.raises(RunFailed, match=says):
        here.run(request_for(names=True))
    assert here.runs.recent()[0].outcome == "failed"
    if fault == "separating:kill":
        here.host._command = here.host._command[:-1]
        assert here.run(request_for()).layers


@pytest.mark.slow
def test_a_child_that_freezes_is_ended(
    bench: Callable[..., Bench], request_for: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = bench("separating:freeze")
    child = here.host.child()
    monkeypatch.setattr(child, "_silence", 8.0)
    pid = child.pid
    seen: list[Progress] = []
    with pytest.raises(RunFailed, match="stopped answering"):
        here.run(request_for(), seen.append)
    assert gone(pid)


@pytest.mark.slow
def test_a_run_that_makes_no_progress_is_ended(
    bench: Callable[..., Bench], request_for: Callable[..., Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = bench("finishing:hang")
    take = QwenEngine._take

    def impatient(self: QwenEngine, message: Any, watch: Any, report: Any) -> None:
        take(self, message, watch, report)
        watch.patience = 4.0 if message.kind == "progress" and message.data["stage"].startswith("Finish") else 900.0

    monkeypatch.setattr(QwenEngine, "_take", impatient)
    with pytest.raises(RunFailed, match="no progress"):
        here.run(request_for())
    assert here.host.pid is None


def test_cancel_ends_a_child_that_does_not_listen(
    bench: Callable[..., Bench], request_for: Callable[..., Request]
) -> None:
    here, cancelled = bench("separating:hang"), Event()
    when: list[float] = []

    def report(progress: Progress) -> None:
        if progress.stage.name == "SEPARATING" and not when:
            when.append(time.monotonic())
            cancelled.set()

    with pytest.raises(Cancelled):
        here.run(request_for(), report, cancelled=cancelled)
    assert here.host.pid is None, "its memory is free again"


def test_out_of_memory_steps_down_once_says_so_and_remembers(
    bench: Callable[..., Bench], request_for: Callable[..., Request]
) -> None:
    here = bench("separating:oom")
    stack = here.run(request_for(memory_plan="cpu"))
    assert any("Memory ran out" in note and "8 bit" in note for note in stack.notes)
    assert {r.outcome for r in here.runs.recent()} == {"done", "out of memory"}
    device = here.runs.recent()[0].device
    assert here.runs.out_of_memory("qwen", device, 640, 2, 0) == {"cpu"}


@pytest.mark.slow
def test_out_of_memory_twice_is_a_sentence(bench: Callable[..., Bench], request_for: Callable[..., Request]) -> None:
    with pytest.raises(RunFailed, match=r"Memory ran out twice.*640 px"):
        bench("separating:oom:9").run(request_for())


@pytest.mark.slow
def test_an_idle_child_ends(bench: Callable[..., Bench], request_for: Callable[..., Request]) -> None:
    here = bench("--idle", "3.0")
    here.run(request_for())
    pid = here.host.pid
    assert pid is not None
    assert gone(pid, 30)
    assert here.run(request_for()).layers, "and the next run starts another"


def test_a_child_never_outlives_its_parent(worker: Callable[..., tuple[str, ...]]) -> None:
    import subprocess

    root = Path(__file__).resolve().parents[3]
    code = (
        "import sys, time; from engine.process import Child; "
        f"c = Child({worker()!r}); print(c.pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, cwd=root)
    assert parent.stdout is not None
    pid = int(parent.stdout.readline())
    assert psutil.pid_exists(pid)
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    assert gone(pid, 60)


def test_weights_that_change_while_warm_are_loaded_again(
    warm: Bench, request_for: Callable[..., Request], tiny: Path
) -> None:
    from tests.engine.qwen import tiny as builder

    here = warm
    before = here.run(request_for(model=tiny))
    builder.build(tiny, seed=5)
    after = here.run(request_for(model=tiny))
    assert any("changed" in note for note in after.notes)
    assert not np.array_equal(before.layers[0].pixels, after.layers[0].pixels)


def test_bad_requests_are_refused_before_a_child_starts(
    bench: Callable[..., Bench], request_for: Callable[..., Request], tmp_path: Path
) -> None:
    here = bench()
    with pytest.raises(InputError, match="no folder"):
        here.run(request_for(model=tmp_path / "nowhere"))
    with pytest.raises(InputError, match="another engine"):
        here.run(replace(request_for(), options=object()))
    assert here.host.pid is None


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"resolution": 768}, "640 or 1024"),
        ({"steps": 0}, "2 to 200"),
        ({"cfg": 0.5}, "1 to 20"),
        ({"prompt": "x" * 10_000}, "10000 characters"),
        ({"preset": "best"}, "quality, fast, draft"),
    ],
)
def test_settings_out_of_range(settings: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        QwenOptions(**settings)


@pytest.mark.parametrize("layers", [1, 50])
def test_layers_out_of_range(picture: Pixels, layers: int) -> None:
    with pytest.raises(InputError, match="2 to 10"):
        Request(picture, layers=layers)


def test_a_device_that_is_not_here(warm: Bench, request_for: Callable[..., Request]) -> None:
    with pytest.raises((InputError, EngineUnavailable), match="no device cuda:9"):
        warm.run(request_for(device="cuda:9"))


def test_missing_says_how_to_get_the_weights(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("UNFLATTEN_MODELS", str(tmp_path))
    assert "unflatten models fetch" in (QwenEngine().missing() or "")
