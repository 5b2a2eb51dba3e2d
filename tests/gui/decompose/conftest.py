"""The window with Qwen-Image-Layered chosen: behind it the real engine with tiny weights, or one that takes no time."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from engine.decomposer import Progress, Stage, WorkingLayer, WorkingStack, check
from engine.engines import ENGINES
from engine.errors import RunFailed

ROOT = Path(__file__).resolve().parents[3]
collect_ignore = [] if find_spec("diffusers") else ["test_real_engine.py"]


class FakeEngine:
    """Gives as many layers as the seed says; the fourth seed fails, and it describes what it is shown."""

    id, title = "qwen", "Qwen-Image-Layered"
    requests: list = []

    def missing(self, _options=None, /):
        return None

    def unwise(self, _options=None, /):
        return None

    def run(self, request, report, cancelled):
        FakeEngine.requests.append(request)
        preview = np.full((20, 60, 4), 128, np.uint8)
        report(Progress(Stage.DESCRIBING, fraction=0.2, caption=f"picture {request.image.shape[1]} wide"))
        report(Progress(Stage.SEPARATING, 1, 2, 0.5, preview=preview))
        check(cancelled)
        if request.seed == 4:
            raise RunFailed("qwen.stopped-with-error", detail="on purpose")
        high, wide = request.image.shape[:2]
        layers = [WorkingLayer(request.image, name="Ground")]
        for i in range(max(1, request.seed)):
            part = np.zeros_like(request.image)
            area = (slice(10 * i, 10 * i + 10), slice(0, wide // 2))
            part[area] = request.image[area]
            several = 2 if request.seed == 5 and i == 0 else 0
            layers.append(WorkingLayer(part, name=f"Strip {i + 1}", parts=several))
        return WorkingStack(wide, high, tuple(layers))


@pytest.fixture(autouse=True)
def own_data(tmp_path, monkeypatch):
    """No record of runs and no models of the user's own."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("UNFLATTEN_MODELS", str(tmp_path / "models"))


@pytest.fixture
def fake(monkeypatch):
    FakeEngine.requests = []
    monkeypatch.setitem(ENGINES, "qwen", replace(ENGINES["qwen"], make=FakeEngine))
    return FakeEngine


@pytest.fixture
def qwen(opened, fake):
    """The window with the card open and the quick engine chosen as Qwen-Image-Layered."""
    choose_qwen(opened)
    return opened


def qwen_form(window):
    """The form of Qwen-Image-Layered."""
    return window.forms.form("qwen")


def choose_qwen(window) -> None:
    window.decompose.engine.setCurrentIndex(window.decompose.engine.findData("qwen"))


@pytest.fixture(scope="session")
def tiny_weights(tmp_path_factory) -> Path:
    """Made in a process of its own: the window's never loads torch."""
    folder = tmp_path_factory.mktemp("tiny")
    command = [sys.executable, "-W", "ignore", "-m", "tests.engine.qwen.tiny", str(folder)]
    subprocess.run(command, check=True, cwd=ROOT, capture_output=True)
    return folder


@pytest.fixture
def host(monkeypatch):
    """The process of the real engine at a small size; it ends with the window or the test."""
    from engine.qwen import engine

    monkeypatch.chdir(ROOT)
    made = engine.Host((sys.executable, "-W", "ignore", "-m", "tests.engine.qwen.small_worker"))
    record = replace(ENGINES["qwen"], make=lambda: engine.QwenEngine(made), close=made.close)
    monkeypatch.setitem(ENGINES, "qwen", record)
    yield made
    made.close()


@pytest.fixture
def real(opened, tiny_weights, host):
    """The window with the real engine and tiny weights, set to a run of a second."""
    for name, value in (("model", str(tiny_weights)), ("dtype", "fp32"), ("steps", 3), ("cfg", 1.0), ("names", False)):
        qwen_form(opened).settings.set(name, value)
    opened.decompose.layers.setCurrentIndex(opened.decompose.layers.findData(2))
    choose_qwen(opened)
    return opened
