"""Effects of a node, as parameters: drawn around or on what the node shows, and never part of its pixels.

Names, units and defaults are those of Photoshop's layer styles, which is where they come from and go to.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

from engine.document.paints import Gradient, Paint, Solid
from engine.document.values import BlendMode


class StrokePosition(StrEnum):
    """On which side of the shape's edge a stroke lies."""

    OUTSIDE = "outside"
    INSIDE = "inside"
    CENTER = "center"


@dataclass(frozen=True, slots=True)
class Shadow:
    """A drop shadow, or an inner one.

    Attributes:
        angle: degrees, counter-clockwise from the right: where the light comes from.
        distance, size: px; how far the shadow falls, how wide its soft edge is.
        spread: 0..1, the share of `size` that is solid (for an inner shadow: choke).
        opacity: 0..1.
        knocks_out: a drop shadow is not seen through the layer's own transparent fill.
    """

    inner: bool = False
    paint: Solid = Solid()
    angle: float = 120.0
    distance: float = 5.0
    size: float = 5.0
    spread: float = 0.0
    opacity: float = 0.75
    blend_mode: BlendMode = BlendMode.MULTIPLY
    knocks_out: bool = True
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Glow:
    """An outer glow, or an inner one.

    Attributes:
        size: px.
        spread: 0..1, the share of `size` that is solid (for an inner glow: choke).
        from_center: an inner glow that starts at the middle of the shape instead of at its edge.
        opacity: 0..1.
    """

    inner: bool = False
    paint: Solid | Gradient = Solid((255, 255, 190))
    size: float = 5.0
    spread: float = 0.0
    from_center: bool = False
    opacity: float = 0.75
    blend_mode: BlendMode = BlendMode.SCREEN
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line along the shape's edge, `size` px wide; opacity 0..1."""

    size: float = 3.0
    position: StrokePosition = StrokePosition.OUTSIDE
    paint: Paint = Solid()
    opacity: float = 1.0
    blend_mode: BlendMode = BlendMode.NORMAL
    visible: bool = True


@dataclass(frozen=True, slots=True)
class Overlay:
    """A paint over the shape's inside; opacity 0..1."""

    paint: Paint = Solid()
    opacity: float = 1.0
    blend_mode: BlendMode = BlendMode.NORMAL
    visible: bool = True


Effect: TypeAlias = Shadow | Glow | Stroke | Overlay
