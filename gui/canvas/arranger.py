"""Placing the selection without the mouse: nudging by the arrow keys, aligning."""

from __future__ import annotations

from engine.document import Layer
from engine.editing import edits
from engine.words import note
from gui.canvas.picking import free_layers, topmost
from gui.canvas.placing import Edge, aligned, box_around
from gui.canvas.toolbox import Toolbox
from gui.canvas.tools.base import title_of
from gui.canvas.tools.canvas import ToolCanvas
from gui.canvas.tools.select import SelectTool


class Arranger:
    """Moves the selected layers, or with a selection tool in hand the outline of the selected part."""

    def __init__(self, canvas: ToolCanvas, toolbox: Toolbox) -> None:
        self._canvas, self._toolbox, self._session = canvas, toolbox, canvas.session
        self._nudged: list[str] = []

    def nudge(self, dx: float, dy: float) -> None:
        """Move the selection by document px; steps in a row are one undo step.

        With a selection tool in the hand the selected part's outline moves instead.
        """
        tool = self._toolbox.tool
        if tool.dragging:
            return
        if self._canvas.area is not None and isinstance(tool, SelectTool):
            self._canvas.move_area(round(dx), round(dy))
            return
        layers = self._movable()
        if not layers:
            return
        ids = [layer.id for layer in layers]
        if ids == self._nudged:  # a key held down
            self._canvas.expect(ids)
        self._nudged = ids
        text = f"Move {title_of([layer.name for layer in layers])}"
        self._session.apply(text, lambda d: edits.move_by(d, ids, dx, dy), merge="nudge:" + ",".join(ids))

    def align(self, edge: Edge) -> None:
        """Put an edge or the middle of each selected layer and group on that of the selected part, if there is one;
        of the box around them, if there are several; of the canvas otherwise."""
        if not self._movable():
            return
        document = self._session.document
        units = [free_layers(document, [i]) for i in topmost(document, self._session.selection)]
        units = [layers for layers in units if layers]
        box = (0.0, 0.0, float(document.width), float(document.height))
        area = self._canvas.area
        if area is not None:
            left, top, right, bottom = area.box
            box = (float(left), float(top), float(right), float(bottom))
        elif len(units) > 1:
            box = box_around([layer for layers in units for layer in layers])
        new = aligned(units, edge, box)
        self._session.apply(f"Align {edge}", lambda d: edits.transform_layers(d, new))

    def _movable(self) -> list[Layer]:
        """The selected layers that may be moved; with a message where there are none."""
        document, chosen = self._session.document, self._session.selection
        layers = free_layers(document, chosen)
        if not layers:
            self._canvas.say(edits.refusal(document, chosen) if chosen else note("canvas.nothing-selected"))
        return layers
