"""What an adjustment does to the picture below it: a kind, and the parameters of that kind.

Names, units and ranges are those of Photoshop's adjustment layers; defaults change nothing where such exist.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, TypeAlias

from engine.document.paints import Color, Gradient


class AdjustmentKind(StrEnum):
    """Which adjustment it is; decides its icon and its default name."""

    BRIGHTNESS_CONTRAST = "brightness-contrast"
    LEVELS = "levels"
    CURVES = "curves"
    EXPOSURE = "exposure"
    VIBRANCE = "vibrance"
    HUE_SATURATION = "hue-saturation"
    COLOR_BALANCE = "color-balance"
    BLACK_WHITE = "black-white"
    PHOTO_FILTER = "photo-filter"
    CHANNEL_MIXER = "channel-mixer"
    INVERT = "invert"
    POSTERIZE = "posterize"
    THRESHOLD = "threshold"
    GRADIENT_MAP = "gradient-map"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class BrightnessContrast:
    """`brightness` -150..150, `contrast` -50..100; the `legacy` formula (until CS2) takes -100..100 of both."""

    kind: ClassVar = AdjustmentKind.BRIGHTNESS_CONTRAST
    brightness: float = 0.0
    contrast: float = 0.0
    legacy: bool = False


@dataclass(frozen=True, slots=True)
class LevelsRange:
    """One channel's levels: `black`..`white` (0..255) become `to_black`..`to_white`, bent by `gamma` (0.01..9.99)."""

    black: float = 0.0
    white: float = 255.0
    gamma: float = 1.0
    to_black: float = 0.0
    to_white: float = 255.0


@dataclass(frozen=True, slots=True)
class Levels:
    """`master` applies to all channels, after each channel's own."""

    kind: ClassVar = AdjustmentKind.LEVELS
    master: LevelsRange = LevelsRange()
    red: LevelsRange = LevelsRange()
    green: LevelsRange = LevelsRange()
    blue: LevelsRange = LevelsRange()


Curve: TypeAlias = tuple[tuple[float, float], ...]
"""Points (input, output), 0..255, by rising input; none for the straight line."""


@dataclass(frozen=True, slots=True)
class Curves:
    """`master` applies to all channels, after each channel's own."""

    kind: ClassVar = AdjustmentKind.CURVES
    master: Curve = ()
    red: Curve = ()
    green: Curve = ()
    blue: Curve = ()


@dataclass(frozen=True, slots=True)
class Exposure:
    """In linear light: `exposure` -20..20 stops, `offset` -0.5..0.5 added, then `gamma` 0.01..9.99."""

    kind: ClassVar = AdjustmentKind.EXPOSURE
    exposure: float = 0.0
    offset: float = 0.0
    gamma: float = 1.0


@dataclass(frozen=True, slots=True)
class Vibrance:
    """Both -100..100; `vibrance` spares what is saturated already."""

    kind: ClassVar = AdjustmentKind.VIBRANCE
    vibrance: float = 0.0
    saturation: float = 0.0


@dataclass(frozen=True, slots=True)
class HueRange:
    """What changes in some hues only.

    Attributes:
        hues: degrees where the range fades in, is full, ends, and has faded out; may pass 360.
        hue: -180..180. saturation, lightness: -100..100.
    """

    hues: tuple[float, float, float, float]
    hue: float = 0.0
    saturation: float = 0.0
    lightness: float = 0.0


@dataclass(frozen=True, slots=True)
class HueSaturation:
    """`hue` -180..180 degrees, `saturation` and `lightness` -100..100.

    With `colorize` everything gets one hue (0..360) and saturation (0..100) instead. `ranges` come on top.
    """

    kind: ClassVar = AdjustmentKind.HUE_SATURATION
    hue: float = 0.0
    saturation: float = 0.0
    lightness: float = 0.0
    colorize: bool = False
    ranges: tuple[HueRange, ...] = ()


Balance: TypeAlias = tuple[float, float, float]
"""Cyan to red, magenta to green, yellow to blue: -100..100 each."""


@dataclass(frozen=True, slots=True)
class ColorBalance:
    """A shift of colour for dark, middle and light tones each."""

    kind: ClassVar = AdjustmentKind.COLOR_BALANCE
    shadows: Balance = (0.0, 0.0, 0.0)
    midtones: Balance = (0.0, 0.0, 0.0)
    highlights: Balance = (0.0, 0.0, 0.0)
    keeps_luminosity: bool = True


@dataclass(frozen=True, slots=True)
class BlackWhite:
    """How light each of six hues becomes, in percent (-200..300), and a tint over all, or None."""

    kind: ClassVar = AdjustmentKind.BLACK_WHITE
    reds: float = 40.0
    yellows: float = 60.0
    greens: float = 40.0
    cyans: float = 60.0
    blues: float = 20.0
    magentas: float = 80.0
    tint: Color | None = None


@dataclass(frozen=True, slots=True)
class PhotoFilter:
    """A coloured glass before the lens; `density` 0..1."""

    kind: ClassVar = AdjustmentKind.PHOTO_FILTER
    color: Color = (236, 138, 0)
    density: float = 0.25
    keeps_luminosity: bool = True


Mix: TypeAlias = tuple[float, float, float, float]
"""Percent of red, green and blue, and of white added: -200..200 each."""


@dataclass(frozen=True, slots=True)
class ChannelMixer:
    """Each channel as a mix of all; `monochrome`: all three are the mix of `red`."""

    kind: ClassVar = AdjustmentKind.CHANNEL_MIXER
    red: Mix = (100.0, 0.0, 0.0, 0.0)
    green: Mix = (0.0, 100.0, 0.0, 0.0)
    blue: Mix = (0.0, 0.0, 100.0, 0.0)
    monochrome: bool = False


@dataclass(frozen=True, slots=True)
class Invert:
    """The negative."""

    kind: ClassVar = AdjustmentKind.INVERT


@dataclass(frozen=True, slots=True)
class Posterize:
    """Each channel in `levels` (2..255) steps."""

    kind: ClassVar = AdjustmentKind.POSTERIZE
    levels: int = 4


@dataclass(frozen=True, slots=True)
class Threshold:
    """White from luminosity `level` (1..255) on, black below."""

    kind: ClassVar = AdjustmentKind.THRESHOLD
    level: int = 128


@dataclass(frozen=True, slots=True)
class GradientMap:
    """Luminosity chooses a colour of the gradient."""

    kind: ClassVar = AdjustmentKind.GRADIENT_MAP
    gradient: Gradient = Gradient()


@dataclass(frozen=True, slots=True)
class OtherAdjustment:
    """One that is known by its carried block alone; `title` is what Photoshop calls it."""

    kind: ClassVar = AdjustmentKind.OTHER
    title: str


AdjustmentParameters: TypeAlias = (
    BrightnessContrast
    | Levels
    | Curves
    | Exposure
    | Vibrance
    | HueSaturation
    | ColorBalance
    | BlackWhite
    | PhotoFilter
    | ChannelMixer
    | Invert
    | Posterize
    | Threshold
    | GradientMap
    | OtherAdjustment
)
