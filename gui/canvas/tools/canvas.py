"""What a tool may ask of the canvas that it works on, and tell it. Tools know this, never the widget behind it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QFont

from engine.document import Layer, Mask
from engine.words import Message
from gui.canvas.area import Area
from gui.canvas.brush import Brush
from gui.canvas.snapping import Box
from gui.canvas.viewport import Viewport
from gui.document.session import DocumentSession


class ToolCanvas(Protocol):
    """The canvas as tools see it; document px unless said otherwise."""

    @property
    def session(self) -> DocumentSession:
        """The one door for edits."""

    # Where things are

    @property
    def viewport(self) -> Viewport:
        """Where the document lies in the view."""

    @property
    def zoom(self) -> float:
        """Device px per document px."""

    @property
    def dpr(self) -> float:
        """Device px per logical px."""

    def device_rect(self) -> QRect:
        """The view, in device px."""

    def visible_box(self) -> Box:
        """The document box inside the view."""

    def scroll_view(self, dx: int, dy: int) -> None:
        """Move the picture by device px."""

    # The picture

    def update(self) -> None:
        """Paint again soon."""

    def font(self) -> QFont:
        """The font of what is written over the picture."""

    def expect(self, ids: Iterable[str]) -> None:
        """A gesture on these layers is about to begin."""

    def prime_mask(self, layer: Layer) -> None:
        """A stroke on this layer's mask is about to begin."""

    def mask_changed(self, layer: Layer, old: Mask | None, box: tuple[int, int, int, int] | None) -> None:
        """The layer's mask is another one than `old`, but only within `box` (the layer's own px; None: nowhere)."""

    def color_at(self, x: float, y: float, size: int = 1) -> tuple[int, int, int] | None:
        """The document's colour there, the mean of size x size px; None where there is none."""

    def screen_color(self, color: tuple[int, int, int]) -> QColor:
        """A document colour as the canvas shows it."""

    # What tools share

    @property
    def area(self) -> Area | None:
        """The selected part of the picture, or None."""

    def set_area(self, area: Area | None) -> None:
        """Select that part, or nothing."""

    def move_area(self, dx: int, dy: int) -> None:
        """Move the selected part's outline; a pixel of it stays in the picture."""

    @property
    def brush(self) -> Brush:
        """The brush in use."""

    @property
    def sample_size(self) -> int:
        """Side of the square whose mean the eyedropper takes."""

    def apply_transform(self) -> None:
        """Keep the transform under way and take up the tool from before it."""

    def cancel_transform(self) -> None:
        """Take the transform under way back and take up the tool from before it."""

    # Who listens

    def say(self, message: Message | None) -> None:
        """One sentence for the status bar: a refusal or a hint; None takes the last one away."""

    def offer_color(self, color: tuple[int, int, int]) -> None:
        """A colour was picked, in the document's colours."""
