"""What nodes are made of: pixels, masks, transforms, recolouring, blend modes. Frozen values, no tree."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
"""Image data. H x W x 4 is straight (not premultiplied) RGBA; H x W is a matte or mask."""


class LayerKind(StrEnum):
    """What a layer shows; decides its icon, colour label and default name."""

    BACKGROUND = "background"
    OBJECT = "object"
    TEXT = "text"
    SHAPE = "shape"
    EFFECT = "effect"


class BlendMode(StrEnum):
    """The blend modes that the canvas, the compositor and every exporter share.

    `PASS_THROUGH` is for groups only: the group's children blend straight with what lies below the group.
    """

    NORMAL = "normal"
    MULTIPLY = "multiply"
    SCREEN = "screen"
    OVERLAY = "overlay"
    DARKEN = "darken"
    LIGHTEN = "lighten"
    COLOR_DODGE = "color-dodge"
    COLOR_BURN = "color-burn"
    HARD_LIGHT = "hard-light"
    SOFT_LIGHT = "soft-light"
    DIFFERENCE = "difference"
    EXCLUSION = "exclusion"
    PASS_THROUGH = "pass-through"


LAYER_BLEND_MODES: tuple[BlendMode, ...] = tuple(m for m in BlendMode if m is not BlendMode.PASS_THROUGH)


@dataclass(frozen=True, slots=True)
class Transform:
    """Where and how a layer's pixels are placed, about the centre of their own box.

    The pixels are scaled, then rotated, both about the centre of their box (`Layer.left`, `Layer.top`, size), then
    moved by `dx`, `dy`. A negative scale flips.

    Attributes:
        scale_x, scale_y: factors; 1.0 is the original size, never 0.
        rotation: degrees, clockwise on screen.
        dx, dy: px in the document.
    """

    scale_x: float = 1.0
    scale_y: float = 1.0
    rotation: float = 0.0
    dx: float = 0.0
    dy: float = 0.0

    @property
    def is_identity(self) -> bool:
        """True where it leaves everything as it is."""
        return self == Transform()

    @property
    def is_integer_move(self) -> bool:
        """True where the pixels are placed as they are, without resampling."""
        return (
            self.scale_x == self.scale_y == 1.0
            and self.rotation % 360 == 0
            and float(self.dx).is_integer()
            and float(self.dy).is_integer()
        )


@dataclass(frozen=True, slots=True)
class Recolor:
    """A non-destructive colour change; alpha and shading are kept.

    Attributes:
        hue: degrees added, -180..180.
        saturation: -100..100, 0 keeps.
        lightness: -100 (black) .. 100 (white), 0 keeps.
        colorize: RGB 0..255 to tint with, or None for a plain hue / saturation / lightness change.
        strength: 0..1, how much of the tint is mixed in; used with `colorize` only.
    """

    hue: float = 0.0
    saturation: float = 0.0
    lightness: float = 0.0
    colorize: tuple[int, int, int] | None = None
    strength: float = 1.0

    @property
    def is_identity(self) -> bool:
        """True where it leaves everything as it is."""
        return self.colorize is None and self.hue == self.saturation == self.lightness == 0


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """A layer mask: 255 shows, 0 hides, in the layer's own pixel box (before its transform).

    Attributes:
        pixels: uint8 H x W, the same size as the layer's pixels.
    """

    pixels: Pixels

    def __post_init__(self) -> None:
        freeze(self.pixels, 2)


@dataclass(frozen=True, slots=True, eq=False)
class PlacedMask:
    """The mask of a node that has no pixels of its own: 255 applies, 0 does not.

    Attributes:
        pixels: uint8 H x W.
        left, top: document position of its top left corner; may be negative.
        outside: 0..255, what holds beyond its box.
    """

    pixels: Pixels
    left: int = 0
    top: int = 0
    outside: int = 0

    def __post_init__(self) -> None:
        freeze(self.pixels, 2)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a layer came from.

    Attributes:
        engine: id of the engine, or "" for a layer made by hand.
        score: the engine's confidence 0..1, or None.
        text: what was read on the layer, or "".
    """

    engine: str = ""
    score: float | None = None
    text: str = ""


def new_id() -> str:
    """A short id, unique within and across documents."""
    return uuid.uuid4().hex[:12]


def frozen(pixels: Pixels) -> Pixels:
    """The same array, C-contiguous and read-only; copied only where it must be."""
    out = np.ascontiguousarray(pixels)
    out.setflags(write=False)
    return out


def freeze(pixels: Pixels, ndim: int) -> None:
    """Make the array read-only where it is. Raises ValueError where it is not uint8 H x W x 4 (ndim 3) or H x W (2)."""
    if pixels.dtype != np.uint8 or pixels.ndim != ndim or (ndim == 3 and pixels.shape[2] != 4):
        wanted = "H x W x 4" if ndim == 3 else "H x W"
        raise ValueError(f"pixels must be uint8 {wanted}, not {pixels.dtype} {pixels.shape}")
    pixels.setflags(write=False)
