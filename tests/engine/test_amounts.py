"""Seconds and bytes in words: the same in a card, in a sentence and on the command line."""

from __future__ import annotations

import pytest

from engine.words.amounts import GB, apart, duration, gigabytes, size, time_left


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.0, "1 s"),
        (45.2, "45 s"),
        (89.4, "89 s"),
        (90, "2 min"),
        (360, "6 min"),
        (89 * 60, "89 min"),
        (80 * 60 + 600, "1 h 30 min"),
        (2 * 3600, "2 h"),
        (18.4 * 3600, "18 h"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert duration(seconds) == said


def test_what_is_left_does_not_flicker() -> None:
    assert [time_left(s) for s in (0.2, 3.4, 12.4, 41.0, 43.0, 89.9, 130.0)] == [
        "1 s", "3 s", "10 s", "40 s", "45 s", "2 min", "2 min",
    ]  # fmt: skip


def test_sizes_are_as_fine_as_they_need_to_be() -> None:
    assert [gigabytes(n * 1e9) for n in (7.66, 12.0, 23.7)] == ["7.7 GB", "12 GB", "24 GB"]
    assert apart(23.7e9, 16e9) == ("24 GB", "16 GB")
    assert apart(8.04e9, 8.01e9) == ("8.04 GB", "8.01 GB")


def test_a_small_models_size_is_not_nothing():
    assert [size(n) for n in (57.7 * GB, GB / 10, 4_574_861, 0)] == ["57.7 GB", "0.1 GB", "5 MB", "0 MB"]
