"""What every tool is, and what it is told of the mouse."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCursor, QKeyEvent, QPainter

from gui.canvas.tools.canvas import ToolCanvas

Modifier = Qt.KeyboardModifier
DRAG_DISTANCE = 3.0
"""Logical px that the mouse moves before a press is a drag and no click."""
LONGEST_NAME = 40
"""Characters of a layer's name in the texts of undo steps and messages."""


@dataclass(frozen=True, slots=True)
class ToolEvent:
    """A mouse position with everything a tool needs.

    Attributes:
        x, y: document px. view: device px of the view. pressure: 0..1, 1 for a mouse.
    """

    x: float
    y: float
    view: QPointF
    modifiers: Qt.KeyboardModifier
    pressure: float = 1.0

    @property
    def point(self) -> tuple[float, float]:
        """The place in document px."""
        return self.x, self.y

    @property
    def shift(self) -> bool:
        """Whether Shift is held."""
        return bool(self.modifiers & Modifier.ShiftModifier)

    @property
    def ctrl(self) -> bool:
        """Whether Ctrl is held."""
        return bool(self.modifiers & Modifier.ControlModifier)

    @property
    def alt(self) -> bool:
        """Whether Alt is held."""
        return bool(self.modifiers & Modifier.AltModifier)


class Tool:
    """A tool; the canvas calls these. All do nothing by default, and none calls another.

    Attributes:
        id: by which actions and the strip above the canvas know it.
    """

    id = ""

    def __init__(self, canvas: ToolCanvas) -> None:
        self.canvas = canvas
        self.session = canvas.session

    @property
    def dragging(self) -> bool:
        """Whether a gesture is under way; the canvas then refines nothing and hides nothing."""
        return False

    @property
    def wants_keys(self) -> bool:
        """Whether Escape and Enter belong to the tool now."""
        return False

    def press(self, event: ToolEvent) -> None:
        """The left button went down there."""

    def move(self, event: ToolEvent) -> None:
        """The mouse moved while the button is down, or a modifier changed."""

    def release(self, event: ToolEvent) -> None:
        """The button went up."""

    def hover(self, event: ToolEvent | None) -> None:
        """The mouse is there, no button down; None: it left the canvas."""

    def double_click(self, event: ToolEvent) -> bool:  # noqa: ARG002
        """A second press right after the first; True where the tool used it, otherwise it is a press."""
        return False

    def key(self, event: QKeyEvent) -> bool:  # noqa: ARG002
        """A key went down; True where the tool used it."""
        return False

    def cancel(self) -> bool:
        """End the gesture as if it had never begun; True where there was one. Also when another tool is taken up."""
        return False

    def document_changed(self) -> None:
        """The document is another one and this tool did not make it so."""

    def selection_changed(self) -> None:
        """Other layers are selected."""

    def paint(self, painter: QPainter) -> None:
        """Draw over the picture, in device px."""

    def cursor(self, event: ToolEvent | None) -> QCursor:  # noqa: ARG002
        """What the mouse looks like there."""
        return QCursor(Qt.CursorShape.ArrowCursor)


def title_of(names: list[str]) -> str:
    """How undo texts call what they changed."""
    if len(names) == 1:
        name = names[0]
        return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
    return f"{len(names)} layers"
