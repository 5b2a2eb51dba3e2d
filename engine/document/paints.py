"""What an area can be painted with: one colour, a gradient, a pattern. Fills and effects use them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from engine.document.values import Pixels, freeze

Color: TypeAlias = tuple[int, int, int]
"""RGB 0..255 in the document's profile."""


@dataclass(frozen=True, slots=True)
class Solid:
    """One colour."""

    color: Color = (0, 0, 0)


class GradientStyle(StrEnum):
    """How a gradient runs over its area."""

    LINEAR = "linear"
    RADIAL = "radial"
    ANGLE = "angle"
    REFLECTED = "reflected"
    DIAMOND = "diamond"


@dataclass(frozen=True, slots=True)
class ColorStop:
    """A colour of a gradient.

    Attributes:
        place: 0..1 along the gradient.
        middle: 0..1 between this stop and the next: where their colours are mixed half and half.
    """

    place: float
    color: Color
    middle: float = 0.5


@dataclass(frozen=True, slots=True)
class OpacityStop:
    """An opacity (0..1) of a gradient; `place` and `middle` as in `ColorStop`."""

    place: float
    opacity: float
    middle: float = 0.5


@dataclass(frozen=True, slots=True)
class Gradient:
    """Colours that run into each other.

    Attributes:
        colors, opacities: stops in the order of their places, two of each at least.
        angle: degrees, counter-clockwise; 0 runs from left to right.
        scale: 1.0 spans the area.
        offset: share of the area's width and height by which the gradient's centre lies beside the area's.
        aligned: the area is the layer's box; otherwise it is the canvas.
        smoothness: 0..1, how much the colours' run is rounded at the stops.
    """

    colors: tuple[ColorStop, ...] = (ColorStop(0.0, (0, 0, 0)), ColorStop(1.0, (255, 255, 255)))
    opacities: tuple[OpacityStop, ...] = (OpacityStop(0.0, 1.0), OpacityStop(1.0, 1.0))
    style: GradientStyle = GradientStyle.LINEAR
    angle: float = 90.0
    scale: float = 1.0
    offset: tuple[float, float] = (0.0, 0.0)
    aligned: bool = True
    reverse: bool = False
    dither: bool = False
    smoothness: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """A picture that is repeated.

    Attributes:
        pixels: one tile, uint8 H x W x 4 straight alpha, read-only once here.
        scale: 1.0 is the tile's own size.
        angle: degrees, counter-clockwise.
        offset: px in the document by which the first tile's corner lies beside the area's.
        aligned: the tiles move with the layer.
        id: what a PSD calls the pattern, or "".
    """

    pixels: Pixels
    name: str = "Pattern"
    scale: float = 1.0
    angle: float = 0.0
    offset: tuple[float, float] = (0.0, 0.0)
    aligned: bool = True
    id: str = ""

    def __post_init__(self) -> None:
        freeze(self.pixels, 3)


Paint: TypeAlias = Solid | Gradient | Pattern
