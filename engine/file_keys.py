"""How files spell what a document holds: one table for those who read a format and those who write it.

Plain values, so that `engine.opening` and `export`, which do not know each other, both know them. PSD: Adobe Photoshop
File Formats Specification (2019). OpenRaster: its specification 0.0.6, whose operators are those of SVG compositing.
"""

from __future__ import annotations

import struct
from enum import IntEnum

from engine.document import BlendMode, LayerKind

PSD_SIGNATURE = b"8BPS"
PSD_HEADER = struct.Struct(">4sH6xHIIHH")
"""Signature, version (1 PSD, 2 PSB), channels, height, width, bits a channel, colour mode."""
PSD_LIMIT_SIDE, PSB_LIMIT_SIDE = 30_000, 300_000
"""px"""
FIXED_POINT = 65536
"""A PSD's resolution is in 16.16 fixed point."""
MAX_CHANNELS = 56
"""Of one layer, and of a file."""


class Resource(IntEnum):
    """Image resources that are read or written, by their numbers."""

    RESOLUTION = 1005
    THUMBNAIL = 1036
    ICC_PROFILE = 1039
    NEXT_LAYER_ID = 1044
    VERSION = 1057
    XMP = 1060


class Divider(IntEnum):
    """What a record with a section divider (`lsct`) is."""

    OPEN_FOLDER = 1
    CLOSED_FOLDER = 2
    END = 3


class Compression(IntEnum):
    """How channel data is packed."""

    RAW = 0
    RLE = 1
    ZIP = 2
    ZIP_PREDICTION = 3


BLEND_KEYS: dict[BlendMode, bytes] = {
    BlendMode.NORMAL: b"norm",
    BlendMode.MULTIPLY: b"mul ",
    BlendMode.SCREEN: b"scrn",
    BlendMode.OVERLAY: b"over",
    BlendMode.DARKEN: b"dark",
    BlendMode.LIGHTEN: b"lite",
    BlendMode.COLOR_DODGE: b"div ",
    BlendMode.COLOR_BURN: b"idiv",
    BlendMode.HARD_LIGHT: b"hLit",
    BlendMode.SOFT_LIGHT: b"sLit",
    BlendMode.DIFFERENCE: b"diff",
    BlendMode.EXCLUSION: b"smud",
    BlendMode.PASS_THROUGH: b"pass",
}
BLEND_MODES: dict[bytes, BlendMode] = {key: mode for mode, key in BLEND_KEYS.items()}
COLOR_KEY = b"colr"
"""The mode Color, which tinting is written with; no mode of a document."""

LABELS: dict[LayerKind, int] = {
    LayerKind.BACKGROUND: 7,
    LayerKind.OBJECT: 5,
    LayerKind.TEXT: 3,
    LayerKind.SHAPE: 4,
    LayerKind.EFFECT: 6,
}
"""Photoshop's colour labels: 1 red, 2 orange, 3 yellow, 4 green, 5 blue, 6 violet, 7 grey."""
KINDS: dict[int, LayerKind] = {label: kind for kind, label in LABELS.items()}
"""What the labels of our own files say."""

PROGRAM = "Unflatten"
"""How the creator in a file's XMP begins where we wrote it."""

OPERATORS: dict[BlendMode, str] = {mode: f"svg:{mode}" for mode in BlendMode} | {
    BlendMode.NORMAL: "svg:src-over",
    BlendMode.PASS_THROUGH: "svg:src-over",
    # Not in the specification; Krita and GIMP read this one.
    BlendMode.EXCLUSION: "krita:exclusion",
}
"""OpenRaster's `composite-op`; a pass-through group is one with `isolation="auto"`."""
OPERATOR_MODES: dict[str, BlendMode] = {f"svg:{mode}": mode for mode in BlendMode} | {
    OPERATORS[BlendMode.NORMAL]: BlendMode.NORMAL,
    OPERATORS[BlendMode.EXCLUSION]: BlendMode.EXCLUSION,
}
