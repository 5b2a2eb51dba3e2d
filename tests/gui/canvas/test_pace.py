"""Tiles of a few milliseconds each, whatever the document."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gui.canvas.pace import GRID, LARGEST_TILE, SMALLEST_TILE, TILE_SECONDS, TilePace


@given(st.integers(0, 10_000), st.lists(st.tuples(st.integers(1, 1 << 20), st.floats(0, 10)), max_size=30))
def test_a_tile_keeps_to_its_limits(layers: int, tiles: list[tuple[int, float]]) -> None:
    pace = TilePace()
    pace.expect(layers)
    for area, seconds in tiles:
        pace.learn(area, seconds)
    assert SMALLEST_TILE <= pace.side <= LARGEST_TILE
    assert pace.side % GRID == 0


def test_a_tile_comes_to_take_its_time() -> None:
    pace, a_px = TilePace(), 8e-8
    for _ in range(20):
        pace.learn(pace.side**2, pace.side**2 * a_px)
    assert 0.5 < pace.side**2 * a_px / TILE_SECONDS < 1.5
    large = pace.side
    for _ in range(20):
        pace.learn(pace.side**2, pace.side**2 * a_px * 3)
    assert pace.side < large, "slower px, smaller tiles"


def test_many_layers_start_with_small_tiles() -> None:
    few, many = TilePace(), TilePace()
    few.expect(3)
    many.expect(200)
    assert few.side == LARGEST_TILE
    assert many.side == SMALLEST_TILE
