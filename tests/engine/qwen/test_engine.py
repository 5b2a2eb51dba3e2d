"""The engine through its child process: results, progress, cancel, and every way in which a child can end."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from engine.decomposer import Progress, Request
from engine.document import Pixels
from engine.errors import EngineUnavailable, InputError, RunFailed
from engine.qwen.engine import QwenEngine
from engine.qwen.options import QwenOptions
from engine.qwen.planning.plan import GB, Gpu, Machine
from tests.engine.qwen.running import WORKER, Bench, gone, with_options

STAGES = ["loading", "reading", "describing", "separating", "finishing", "naming"]


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
    assert [p.message for p in seen if "of memory" in str(p.message)]
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


def test_a_picture_is_described_once_whatever_becomes_of_the_child(
    warm: Bench, request_for: Callable[..., Request]
) -> None:
    """Also for another seed or resolution, and in a child that was started since."""
    asked_for = request_for(prompt="", caption_tokens=5)

    def said(request: Request) -> tuple[str, bool]:
        seen: list[Progress] = []
        warm.run(request, seen.append)
        phases = warm.runs.recent()[0].phases
        return next(p.caption for p in seen if p.caption), "describe" in phases

    first, described = said(asked_for)
    assert described
    assert said(replace(asked_for, seed=4)) == (first, False)
    larger = with_options(asked_for, resolution=1024)
    assert said(larger) == (first, False)
    warm.host.kill()
    assert said(asked_for)[0] == first
    turned = replace(asked_for, image=np.ascontiguousarray(asked_for.image[::-1]))
    assert said(turned)[1], "another picture is described"


def test_a_run_opens_no_socket(warm: Bench, request_for: Callable[..., Request]) -> None:
    """A whole run, with description and names, in a process in which any use of the network is an error."""
    warm.run(request_for(prompt="", names=True, caption_tokens=3))
    warm.next_fault("encode:connect")
    with pytest.raises(RunFailed, match="opened the network"):
        warm.run(request_for())


def test_auto_layers_tidies(warm: Bench, request_for: Callable[..., Request]) -> None:
    stack = warm.run(request_for(layers=None))
    assert 1 <= len(stack.layers) <= 4


def test_a_cut_out_stays_a_cut_out(warm: Bench, request_for: Callable[..., Request]) -> None:
    stack = warm.run(request_for())
    assert all(layer.pixels[0, 0, 3] == 0 for layer in stack.layers)


@pytest.mark.slow
def test_an_idle_child_ends(bench: Callable[..., Bench], request_for: Callable[..., Request]) -> None:
    here = bench("--idle", "3.0")
    here.run(request_for())
    pid = here.host.pid
    assert pid is not None
    assert gone(pid, 30)
    assert here.run(request_for()).layers, "and the next run starts another"


def test_a_child_never_outlives_its_parent() -> None:
    import subprocess

    root = Path(__file__).resolve().parents[3]
    code = (
        "import sys, time; from engine.process import Child; "
        f"c = Child({WORKER!r}); print(c.pid, flush=True); time.sleep(600)"
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
    assert any("changed" in str(note) for note in after.notes)
    assert not np.array_equal(before.layers[0].pixels, after.layers[0].pixels)


def test_weights_that_change_during_a_run_end_it_with_a_sentence(
    warm: Bench, request_for: Callable[..., Request], tiny: Path
) -> None:
    """They are read part by part: half of one model and half of another would give layers that nobody can explain."""
    from tests.engine.qwen import tiny as builder

    def replace_weights(progress: Progress) -> None:
        if progress.caption == "paused":
            builder.build(tiny, seed=6)
            warm.go_on()

    warm.next_fault("load-encoder:wait")
    with pytest.raises(RunFailed, match=r"files were changed while it ran.*Run it again"):
        warm.run(request_for(model=tiny), replace_weights)
    assert warm.run(request_for(model=tiny)).layers


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
    assert "unflatten models fetch" in str(QwenEngine().missing())


@pytest.mark.parametrize(
    ("option", "library"), [({"gguf": Path("q4.gguf")}, "gguf"), ({"lora": Path("style.safetensors")}, "peft")]
)
def test_missing_names_the_library_that_an_option_needs(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, option: dict[str, Any], library: str
) -> None:
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == library else find(name))
    assert QwenEngine().missing(QwenOptions(model=tiny_folder)) is None
    said = str(QwenEngine().missing(QwenOptions(model=tiny_folder, **option)))
    assert f"libraries {library}: install them" in said


def test_auto_does_not_start_a_run_of_hours_and_says_why(
    tiny_folder: Path, monkeypatch: pytest.MonkeyPatch, picture: Pixels
) -> None:
    from engine import hardware
    from engine.engines import choose
    from engine.qwen import engine
    from engine.qwen.planning.weights import NOMINAL

    def here(*gpus: Gpu) -> None:
        monkeypatch.setattr(hardware, "probe", lambda: Machine(gpus, 64 * GB, 64 * GB, 8))

    monkeypatch.setattr(engine, "inspect", lambda *_files: NOMINAL)
    options = QwenOptions(model=tiny_folder)
    here()
    passed_over = choose("auto", options)
    assert passed_over.engine.id == "builtin"
    assert re.search(r"would take about \d+ h here; choose it and the device cpu", str(passed_over.notes[0]))
    assert choose("qwen", options).engine.id == "qwen"
    assert choose("auto", replace(options, device="cpu")).engine.id == "qwen", "the user chose the processor"
    here(Gpu(0, "NVIDIA GeForce RTX 4090", 24 * GB, 24 * GB, (8, 9), tflops=61.0, bus=25e9))
    assert (choose("auto", options).engine.id, choose("auto", options).notes) == ("qwen", ())
