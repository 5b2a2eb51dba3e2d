"""What every tool is, and what it is told of the mouse."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCursor, QKeyEvent, QPainter

from gui.canvas.tools.canvas import ToolCanvas

Modifier = Qt.KeyboardModifier
DRAG_DISTANCE = 3.0


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
        return self.x, self.y

    @property
    def shift(self) -> bool:
        return bool(self.modifiers & Modifier.ShiftModifier)

    @property
    def ctrl(self) -> bool:
        return bool(self.modifiers & Modifier.ControlModifier)

    @property
    def alt(self) -> bool:
        return bool(self.modifiers & Modifier.AltModifier)


class Tool:
    """A tool; the canvas calls these. All do nothing by default."""

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
        return self.dragging

    def activate(self) -> None: ...

    def deactivate(self) -> None:
        self.cancel()

    def press(self, event: ToolEvent) -> None: ...

    def move(self, event: ToolEvent) -> None: ...

    def release(self, event: ToolEvent) -> None: ...

    def hover(self, event: ToolEvent | None) -> None: ...

    def double_click(self, event: ToolEvent) -> bool:  # noqa: ARG002
        """A second press right after the first; True where the tool used it, otherwise it is a press."""
        return False

    def key(self, event: QKeyEvent) -> bool:  # noqa: ARG002
        """A key went down; True where the tool used it."""
        return False

    def cancel(self) -> bool:
        """End the gesture as if it had never begun; True where there was one."""
        return False

    def document_changed(self) -> None:
        """The document is another one and this tool did not make it so."""

    def selection_changed(self) -> None:
        """Other layers are selected."""

    def paint(self, painter: QPainter) -> None:
        """Draw over the picture, in device px."""

    def cursor(self, event: ToolEvent | None) -> QCursor:  # noqa: ARG002
        return QCursor(Qt.CursorShape.ArrowCursor)


def title_of(names: list[str]) -> str:
    """How undo texts call what they changed."""
    if len(names) == 1:
        name = names[0]
        return name if len(name) <= 40 else f"{name[:39]}…"
    return f"{len(names)} layers"
