"""Opening a file hears a cancel: between the parts of a layered file, and in the middle of a large picture."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.document import Document, Layer
from engine.errors import Cancelled
from engine.opening.flat import open_bytes
from engine.opening.layered import open_layered
from export.registry import export


class Counted:
    """A check that asks to stop at its n-th call."""

    def __init__(self, last: int = -1) -> None:
        self.calls, self.last = 0, last

    def __call__(self) -> None:
        self.calls += 1
        if self.calls == self.last:
            raise Cancelled


def noise(side: int) -> np.ndarray:
    pixels = np.random.default_rng(1).integers(0, 256, (side, side, 4), dtype=np.uint8)
    pixels[..., 3] = 255
    return pixels


@pytest.fixture(params=["png", "jpg", "tif", "psd", "ora"])
def path(request, tmp_path: Path) -> Path:
    target = tmp_path / f"a.{request.param}"
    if request.param in ("psd", "ora"):
        layers = tuple(Layer(noise(200), id=f"n{i}", name=f"n{i}") for i in range(4))
        export(Document(200, 200, layers), target, request.param)
    else:
        Image.fromarray(noise(700)[..., :3]).save(target)
    return target


def test_every_question_can_stop_it(path: Path):
    whole = Counted()
    opened = open_layered(path, check=whole)
    assert opened.document.nodes
    assert whole.calls >= 4
    for last in (1, whole.calls // 2, whole.calls):
        with pytest.raises(Cancelled):
            open_layered(path, check=Counted(last))


def test_a_large_png_is_stopped_in_the_middle_of_its_pixels():
    out = io.BytesIO()
    Image.fromarray(noise(1500)).save(out, "PNG", compress_level=0)
    few, many = Counted(), Counted()
    Image.fromarray(noise(40)).save(small := io.BytesIO(), "PNG")
    open_bytes(small.getvalue(), check=few)
    open_bytes(out.getvalue(), check=many)
    assert many.calls > few.calls + 50
