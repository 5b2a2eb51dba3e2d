"""Every colour, distance and type size of the two schemes, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from PySide6.QtGui import QColor

Scheme = Literal["dark", "light"]


@dataclass(frozen=True, slots=True)
class Tokens:
    """Every colour (as #rrggbb), distance (px) and type size (px) of one scheme, by name.

    Attributes:
        canvas: around the picture. window: behind panels. panel: a panel's body. raised: buttons. field: what can be
            typed into. hover, pressed: over `panel`. line: hairlines. border: outlines of fields.
        text, text_muted, text_disabled: on `panel` and `field`.
        accent, accent_text: filled marks and the text on them. focus: focus rings and drop lines.
        selection, selection_idle: selected rows with and without keyboard focus; `text` is readable on both.
        checker_a, checker_b: the transparency pattern.
        background, object, text_kind, shape, effect, group: colour labels by kind.
    """

    scheme: Scheme
    canvas: str
    window: str
    panel: str
    raised: str
    field: str
    hover: str
    pressed: str
    line: str
    border: str
    text: str
    text_muted: str
    text_disabled: str
    accent: str
    accent_hover: str
    accent_text: str
    focus: str
    selection: str
    selection_idle: str
    danger: str
    warning: str
    success: str
    checker_a: str
    checker_b: str
    scroll: str
    scroll_hover: str
    background: str
    object: str
    text_kind: str
    shape: str
    effect: str
    group: str
    radius: int = 4
    control: int = 26
    row: int = 40
    font: int = 13
    font_small: int = 12

    def color(self, name: str) -> QColor:
        """The colour of that name."""
        return QColor(getattr(self, name))


DARK = Tokens(
    scheme="dark",
    canvas="#1d1d1d",
    window="#282828",
    panel="#2f2f2f",
    raised="#414141",
    field="#212121",
    hover="#3a3a3a",
    pressed="#252525",
    line="#3d3d3d",
    border="#4d4d4d",
    text="#e4e4e4",
    text_muted="#a8a8a8",
    text_disabled="#757575",
    accent="#2b72dc",
    accent_hover="#3a80e8",
    accent_text="#ffffff",
    focus="#5c9dff",
    selection="#33527f",
    selection_idle="#474b52",
    danger="#ff7b72",
    warning="#e8b64c",
    success="#5fc98a",
    checker_a="#ffffff",
    checker_b="#cfcfcf",
    scroll="#5a5a5a",
    scroll_hover="#757575",
    background="#8d9aa8",
    object="#62a8ff",
    text_kind="#e5b567",
    shape="#7cc98b",
    effect="#c79bf2",
    group="#b4b4b4",
)

LIGHT = Tokens(
    scheme="light",
    canvas="#c4c4c4",
    window="#e6e6e6",
    panel="#f2f2f2",
    raised="#ffffff",
    field="#ffffff",
    hover="#e4e4e4",
    pressed="#d3d3d3",
    line="#d4d4d4",
    border="#b4b4b4",
    text="#1e1e1e",
    text_muted="#5c5c5c",
    text_disabled="#969696",
    accent="#1f69d6",
    accent_hover="#2e78e4",
    accent_text="#ffffff",
    focus="#1f69d6",
    selection="#bcd6fa",
    selection_idle="#d3d6da",
    danger="#c0342b",
    warning="#8a5a00",
    success="#1c7a45",
    checker_a="#ffffff",
    checker_b="#cfcfcf",
    scroll="#b0b0b0",
    scroll_hover="#8c8c8c",
    background="#5f6e7d",
    object="#1f69d6",
    text_kind="#9a6200",
    shape="#26803f",
    effect="#8a46c8",
    group="#5f5f5f",
)

SCHEMES: dict[str, Tokens] = {"dark": DARK, "light": LIGHT}
