"""A tiny pipeline of the real classes, and a size at which a run takes a second."""

from __future__ import annotations

import shutil
import sys
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from engine.document import Pixels

collect_ignore: list[str] = []
if find_spec("diffusers") is None:  # the extra qwen is not installed
    collect_ignore += ["test_engine.py", "test_gguf_and_lora.py", "test_phases.py", "test_weights.py"]
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

    from engine.qwen import phases

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
def worker() -> Callable[..., tuple[str, ...]]:
    """The command of a child process that works at 96 x 64 px and does, once, what the arguments say."""
    return lambda *arguments: (sys.executable, "-W", "ignore", "-m", "tests.engine.qwen.small_worker", *arguments)
