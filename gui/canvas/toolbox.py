"""The tools of the canvas: which of them is in hand, which only for a while, and what they are told."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal, Slot

from engine.document import Change
from engine.words import note
from gui.canvas.brush import Brush
from gui.canvas.tools.base import Tool
from gui.canvas.tools.canvas import ToolCanvas
from gui.canvas.tools.eyedropper import EyedropperTool
from gui.canvas.tools.hand import HandTool
from gui.canvas.tools.mask_brush import MaskBrushTool
from gui.canvas.tools.move import MoveTool
from gui.canvas.tools.select import SelectTool
from gui.canvas.tools.shapes import Lasso, Rectangle, Track
from gui.canvas.tools.transform import TransformTool


def others(canvas: ToolCanvas) -> tuple[Tool, ...]:
    """The tools of which the toolbox knows nothing but that they are tools."""
    return (
        HandTool(canvas),
        EyedropperTool(canvas),
        SelectTool(canvas, "select-rectangle", Rectangle(canvas)),
        SelectTool(canvas, "select-lasso", Lasso(canvas)),
        SelectTool(canvas, "select-brush", Track(canvas)),
        MaskBrushTool(canvas, "mask-erase", restores=False),
        MaskBrushTool(canvas, "mask-restore", restores=True),
    )


class Toolbox(QObject):
    """One of each tool, all on the same canvas.

    The transform tool is temporary: it is in hand until it is applied or cancelled, then the one from before is.

    Signals:
        changed(str): the tool with that id is in hand now. brush_changed(Brush): `brush` is another one.

    Attributes:
        move, transform: the two tools that have more to tell than a tool in general.
        sample_size: side of the square, document px, whose mean the eyedropper takes.
    """

    changed = Signal(str)
    brush_changed = Signal(object)

    def __init__(self, canvas: ToolCanvas, parent: QObject) -> None:
        super().__init__(parent)
        self._canvas, self._session = canvas, canvas.session
        self.move, self.transform = MoveTool(canvas), TransformTool(canvas)
        self._tools: dict[str, Tool] = {tool.id: tool for tool in (self.move, self.transform, *others(canvas))}
        self._tool: Tool = self.move
        self._before_transform = self.move.id
        self._brush = Brush()
        self.sample_size = 1
        self._session.editing.connect(self._about_to_edit)
        self._session.stack.indexChanged.connect(self._steps_changed)

    @property
    def tool(self) -> Tool:
        """The tool in hand."""
        return self._tool

    def take(self, tool_id: str) -> None:
        """Take up a tool; an unfinished transform is applied first, as Photoshop asks for."""
        if tool_id == self._tool.id or tool_id not in self._tools:
            return
        if tool_id == self.transform.id:
            self.begin_transform()
            return
        if self.transform.active:
            self.transform.apply()
        self._take_up(tool_id)

    def _take_up(self, tool_id: str) -> None:
        self._tool.cancel()
        self._tool = self._tools[tool_id]
        self.changed.emit(tool_id)

    # What tools are told

    @property
    def brush(self) -> Brush:
        """The brush that the painting tools share."""
        return self._brush

    def set_brush(self, brush: Brush) -> None:
        """Paint with another brush."""
        if brush != self._brush:
            self._brush = brush
            self.brush_changed.emit(brush)

    def document_replaced(self) -> None:
        """Another document is about to be shown: whatever is under way ends without a trace."""
        for tool in self._tools.values():
            tool.cancel()
        if self._tool is self.transform:
            self._take_up(self.move.id)

    def document_edited(self) -> None:
        """The session's document is another one."""
        self._tool.document_changed()

    def selection_changed(self) -> None:
        """Other layers are selected: a transform was of those before."""
        self.apply_transform()
        for tool in self._tools.values():
            tool.selection_changed()

    @Slot(object)
    def _about_to_edit(self, change: Change) -> None:
        self.transform.before_edit(change)

    @Slot()
    def _steps_changed(self) -> None:
        self.transform.steps_changed()

    # The temporary tool

    def begin_transform(self) -> bool:
        """Free transform of the selection until it is applied or cancelled. True where it began."""
        if self.transform.active:
            return False
        self._tool.cancel()
        if not self.transform.start():
            return False
        self._before_transform = self._tool.id
        self._take_up(self.transform.id)
        self._canvas.say(note("canvas.transforming"))
        return True

    def apply_transform(self) -> None:
        """Keep the transform under way; does nothing where there is none."""
        if self.transform.active:
            self.transform.apply()
            self._put_away()

    def cancel_transform(self) -> None:
        """Take the transform under way back; does nothing where there is none."""
        if self.transform.active:
            self.transform.cancel()
            self._put_away()

    def _put_away(self) -> None:
        if self._tool is self.transform:
            self._take_up(self._before_transform)
            self._canvas.say(None)
