"""Tools work on anything that is a ToolCanvas; none of them needs the widget."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont
from pytestqt.qtbot import QtBot

from engine.document import Layer, Mask
from engine.words import Message, note
from gui.canvas.area import Area
from gui.canvas.brush import Brush
from gui.canvas.snapping import Box
from gui.canvas.tools.base import Tool, ToolEvent
from gui.canvas.tools.canvas import ToolCanvas
from gui.canvas.tools.eyedropper import EyedropperTool
from gui.canvas.tools.hand import HandTool
from gui.canvas.tools.mask_brush import MaskBrushTool
from gui.canvas.tools.move import MoveTool
from gui.canvas.tools.select import SelectTool
from gui.canvas.tools.shapes import Lasso, Rectangle, Track
from gui.canvas.tools.transform import TransformTool
from gui.canvas.viewport import Viewport
from gui.document.session import DocumentSession
from tests.gui.canvas.conftest import poster

NONE = Qt.KeyboardModifier.NoModifier


class Desk:
    """A canvas that shows nothing: the document at 100 %, and a note of what tools tell it."""

    zoom = dpr = 1.0
    brush = Brush(20, 1.0)
    sample_size = 1

    def __init__(self) -> None:
        self.session = DocumentSession()
        self.session.open(poster())
        self.viewport = Viewport(400, 300, 400, 300)
        self.area: Area | None = None
        self.said: list[Message | None] = []
        self.colors: list[tuple[int, int, int]] = []
        self.scrolled: list[tuple[int, int]] = []

    def device_rect(self) -> QRect:
        return QRect(0, 0, 400, 300)

    def visible_box(self) -> Box:
        return 0, 0, 400, 300

    def scroll_view(self, dx: int, dy: int) -> None:
        self.scrolled.append((dx, dy))

    def update(self) -> None: ...

    def font(self) -> QFont:
        return QFont()

    def expect(self, ids: Iterable[str]) -> None: ...

    def prime_mask(self, layer: Layer) -> None: ...

    def mask_changed(self, layer: Layer, old: Mask | None, box: tuple[int, int, int, int] | None) -> None: ...

    def color_at(self, x: float, y: float, size: int = 1) -> tuple[int, int, int] | None:
        return (round(x), round(y), size) if x < 400 else None

    def screen_color(self, color: tuple[int, int, int]) -> QColor:
        return QColor(*color)

    def set_area(self, area: Area | None) -> None:
        self.area = area

    def move_area(self, dx: int, dy: int) -> None:
        assert self.area is not None
        self.area = self.area.moved(dx, dy)

    def apply_transform(self) -> None: ...

    def cancel_transform(self) -> None: ...

    def say(self, message: Message | None) -> None:
        self.said.append(message)

    def offer_color(self, color: tuple[int, int, int]) -> None:
        self.colors.append(color)


@pytest.fixture
def desk(qtbot: QtBot) -> Desk:
    return Desk()


def drag(tool: Tool, start: tuple[int, int], end: tuple[int, int]) -> None:
    for act, (x, y) in ((tool.press, start), (tool.move, end), (tool.release, end)):
        act(ToolEvent(x, y, QPointF(x, y), NONE))


def test_every_tool_does_its_work_without_a_widget(desk: Desk) -> None:
    canvas: ToolCanvas = desk
    session = desk.session
    drag(MoveTool(canvas), (90, 100), (120, 90))
    assert session.stack.undoText() == "Move Ball"
    transform = TransformTool(canvas)
    session.editing.connect(transform.before_edit)
    assert transform.start()
    drag(transform, (120, 90), (130, 90))
    transform.apply()
    assert session.document.layer("ball").transform.dx == 40
    assert session.stack.undoText() == "Transform Ball"
    drag(MaskBrushTool(canvas, "mask-erase", restores=False), (110, 90), (150, 90))
    assert session.document.layer("ball").mask is not None
    drag(SelectTool(canvas, "select-rectangle", Rectangle(canvas)), (10, 20), (60, 50))
    assert desk.area is not None
    assert desk.area.box == (10, 20, 60, 50)
    drag(HandTool(canvas), (10, 10), (15, 8))
    assert desk.scrolled == [(5, -2)]
    drag(EyedropperTool(canvas), (3, 4), (7, 9))
    assert desk.colors == [(7, 9, 1)]


@pytest.mark.parametrize("shape", [Rectangle, Lasso, Track])
def test_a_selecting_drag_that_is_cancelled_leaves_nothing(
    desk: Desk, shape: type[Rectangle] | type[Lasso] | type[Track]
) -> None:
    tool = SelectTool(desk, "select", shape(desk))
    tool.press(ToolEvent(10, 10, QPointF(10, 10), NONE))
    tool.move(ToolEvent(90, 70, QPointF(90, 70), NONE))
    assert tool.dragging
    assert tool.cancel()
    tool.release(ToolEvent(90, 70, QPointF(90, 70), NONE))
    assert desk.area is None
    assert not tool.dragging


def test_what_tools_say_are_messages(desk: Desk) -> None:
    drag(MaskBrushTool(desk, "mask-erase", restores=False), (10, 10), (20, 10))
    drag(EyedropperTool(desk), (500, 10), (500, 10))
    assert desk.said == [note("canvas.nothing-to-paint"), note("canvas.no-color-here")]
    assert str(desk.said[0]) == "Select the layer to paint on first."
