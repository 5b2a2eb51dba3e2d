"""Reading text: what a reader that fails costs, and how soon it hears a cancel."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from engine.cancel import check_of
from engine.errors import Cancelled
from engine.text import reading


class Reader:
    """Recognises every crop as its width, but none that is 30 px wide."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.calls = 0
        self._seconds = seconds

    def recognize_txt(self, crops: list[np.ndarray]) -> SimpleNamespace:
        self.calls += 1
        time.sleep(self._seconds)
        widths = [crop.shape[1] for crop in crops]
        if 30 in widths:
            raise ValueError("this line is cursed")
        return SimpleNamespace(txts=[f"width {w}" for w in widths], scores=[0.9] * len(widths))


def crops(*widths: int) -> list[np.ndarray]:
    return [np.zeros((10, width, 3), np.uint8) for width in widths]


def test_a_line_that_cannot_be_recognised_costs_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "reader", Reader)
    found = reading.recognise(crops(50, 30, 40), lambda part: None)
    assert found == [("width 50", 0.9), ("", 0.0), ("width 40", 0.9)]


def test_a_reader_that_fails_on_every_line_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "reader", Reader)
    with pytest.raises(ValueError, match="cursed"):
        reading.recognise(crops(30, 30), lambda part: None)


def test_a_cancel_does_not_wait_for_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    slow = Reader(seconds=1.5)
    monkeypatch.setattr(reading, "reader", lambda: slow)
    cancelled = threading.Event()
    threading.Timer(0.1, cancelled.set).start()
    start = time.monotonic()
    with pytest.raises(Cancelled):
        reading.recognise(crops(50), lambda part: None, check_of(cancelled))
    assert time.monotonic() - start < 1.2
