"""A tiny pipeline of the real classes, and a size at which a run takes a second."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.decomposer import Request
from engine.document import Pixels
from engine.qwen.options import Dtype, QwenOptions
from tests.engine.qwen.running import Bench

collect_ignore: list[str] = []
if find_spec("diffusers") is None:  # the extra qwen is not installed
    collect_ignore += ["test_engine.py", "test_gguf_and_lora.py", "test_phases.py", "test_weights.py"]
    collect_ignore += ["test_faults.py", "test_memory.py", "test_stock_bugs.py"]
else:
    import torch

    torch.set_num_threads(1)  # threads that wait for a busy core cost more than they bring at this size

SMALL = (96, 64)
"""(width, height) px instead of a 640 px bucket; the latents are 12 x 8."""


@pytest.fixture(scope="session")
def tiny_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Never changed by a test; see `tiny` for a copy."""
    from tests.engine.qwen import tiny

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return tiny.build(tmp_path_factory.mktemp("model"))


@pytest.fixture
def tiny(tiny_folder: Path, tmp_path: Path) -> Path:
    """A copy that a test may damage."""
    return Path(shutil.copytree(tiny_folder, tmp_path / "model"))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> tuple[int, int]:
    """Both our runner and the stock pipeline work at 96 x 64 px."""
    from diffusers.pipelines.qwenimage import pipeline_qwenimage_layered as stock

    from engine.qwen.child import phases

    monkeypatch.setattr(phases, "bucket_size", lambda _resolution, _width, _height: SMALL)
    monkeypatch.setattr(stock, "calculate_dimensions", lambda _area, _ratio: SMALL)
    return SMALL


@pytest.fixture
def picture() -> Pixels:
    """60 x 90 px: a red box on a blue ground, one corner transparent."""
    image = np.zeros((60, 90, 4), dtype=np.uint8)
    image[:] = (30, 60, 200, 255)
    image[20:40, 30:60] = (220, 40, 30, 255)
    image[:10, :10, 3] = 0
    return image


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """A bench with a child of its own, started with those arguments."""
    made: list[Bench] = []

    def make(*arguments: str) -> Bench:
        made.append(Bench(tmp_path, *arguments))
        return made[-1]

    yield make
    for one in made:
        one.host.close()


@pytest.fixture(scope="session")
def shared_bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    one = Bench(tmp_path_factory.mktemp("bench"), "--offline", "--ballast", "60")
    yield one
    one.host.close()


@pytest.fixture
def warm(shared_bench: Bench) -> Bench:
    """One child for all tests that may share it: starting one takes longer than a run. Its record is empty."""
    shared_bench.runs.clear()
    shared_bench.next_fault("none:none")
    return shared_bench


@pytest.fixture
def request_for(tiny_folder: Path, picture: Pixels) -> Callable[..., Request]:
    """A request that takes a second, with other options where they are given."""

    def make(layers: int | None = 2, seed: int = 3, **options: Any) -> Request:
        base = QwenOptions(
            model=tiny_folder, prompt="a red box", steps=3, cfg=1.0, dtype=Dtype.FP32, caption_tokens=4, names=False
        )
        return Request(picture, engine="qwen", layers=layers, seed=seed, options=replace(base, **options))

    return make
