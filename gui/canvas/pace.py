"""How large a tile may be that is drawn in a few milliseconds: guessed from the number of layers, then learnt."""

from __future__ import annotations

import math

LARGEST_TILE = 512
SMALLEST_TILE = 128
GRID = 32
"""Sides of tiles are multiples of that, so that they change seldom. Device px, as all here."""
TILE_SECONDS = 0.005
LAYER_SECONDS = 5e-9
"""A guess of what a layer costs a px, until tiles have been timed."""
TELLING = 4096
"""Px from which on the time of a tile tells something; smaller ones are mostly overhead."""


class TilePace:
    """The side of the next tile: a hundred layers need smaller ones than three.

    Attributes:
        side: px.
    """

    def __init__(self) -> None:
        self.side = LARGEST_TILE

    def expect(self, layers: int) -> None:
        """So many layers are to be drawn."""
        self.side = min(self.side, _side_for(LAYER_SECONDS * max(1, layers)))

    def learn(self, area: int, seconds: float) -> None:
        """A tile of `area` px took that long."""
        if area >= TELLING:
            self.side = (self.side + _side_for(seconds / area)) // 2 // GRID * GRID


def _side_for(seconds_a_px: float) -> int:
    side = math.sqrt(TILE_SECONDS / max(seconds_a_px, 1e-12))
    return max(SMALLEST_TILE, min(LARGEST_TILE, round(side / GRID) * GRID))
