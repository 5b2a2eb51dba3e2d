"""What the move and the transform tool share: a frame with handles around layers, and gestures that start from it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCursor, QPainter

from engine.document import Document, Layer
from engine.imaging.compositing import bounds
from gui.canvas import overlays
from gui.canvas.cursors import scale_cursor, turn_cursor
from gui.canvas.handles import INSIDE, ROTATE, SCALE_HANDLES, Frame, frame_of, hit
from gui.canvas.picking import shown_layers
from gui.canvas.snapping import Box
from gui.canvas.tools.base import Tool, ToolEvent
from gui.canvas.tools.canvas import ToolCanvas
from gui.canvas.tools.gestures import Gesture, MoveGesture, ScaleGesture, TurnGesture

SNAP_REACH = 6
MOST_TARGETS = 200


class ArrangeTool(Tool):
    """Base of the tools that place layers."""

    turns_anywhere = False

    def __init__(self, canvas: ToolCanvas) -> None:
        super().__init__(canvas)
        self.gesture: Gesture | None = None
        self._zone: str | None = None
        self._at: QPointF | None = None

    @property
    def dragging(self) -> bool:
        return self.gesture is not None

    def layers(self) -> list[Layer]:
        """The layers inside the frame, as shown."""
        raise NotImplementedError

    def frame(self) -> Frame | None:
        """The frame as shown now; a turned frame around several layers turns with the drag."""
        return self.gesture.frame if self.gesture is not None else frame_of(self.layers())

    def zone(self, event: ToolEvent) -> str | None:
        frame = self.frame()
        if frame is None:
            return None
        grip = 7.0 * self.canvas.dpr
        return hit(frame, event.x, event.y, self.canvas.zoom, grip=grip, anywhere=self.turns_anywhere)

    def begin(self, event: ToolEvent, zone: str, layers: Sequence[Layer]) -> Gesture:
        """The gesture that a drag from that zone is."""
        frame = self.frame() or frame_of(layers)
        assert frame is not None
        if zone == ROTATE:
            return TurnGesture(layers, event.point, frame)
        reach = SNAP_REACH * self.canvas.dpr / self.canvas.zoom
        if zone in SCALE_HANDLES:
            return ScaleGesture(layers, event.point, zone, frame, self.targets(layers), reach)
        return MoveGesture(layers, event.point, frame, self.targets(layers), reach)

    def targets(self, moving: Sequence[Layer]) -> list[Box]:
        """What a move snaps to: the canvas and the other shown layers inside the view."""
        document = self.session.document
        skip = {layer.id for layer in moving}
        left, top, right, bottom = self.canvas.visible_box()
        canvas = (0.0, 0.0, float(document.width), float(document.height))
        out = {canvas}
        for layer in shown_layers(document):
            box = bounds(layer)
            seen = box[0] < right and box[2] > left and box[1] < bottom and box[3] > top
            if layer.id not in skip and seen and len(out) < MOST_TARGETS:
                out.add(box)
        return list(out)

    def hover(self, event: ToolEvent | None) -> None:
        self._at = event.view if event is not None else None
        self._zone = self.zone(event) if event is not None else None

    def zone_cursor(self, zone: str | None, event: ToolEvent | None) -> QCursor | None:
        """The cursor for a handle or the turning zone, at the frame's own angle; None elsewhere."""
        frame, dpr = self.frame(), self.canvas.dpr
        if frame is None or zone is None or zone == INSIDE:
            return None
        if zone == ROTATE:
            if event is None:
                return None
            return turn_cursor(math.degrees(math.atan2(event.y - frame.y, event.x - frame.x)), dpr)
        u, v = SCALE_HANDLES[zone]
        return scale_cursor(math.degrees(math.atan2(v, u)) + frame.rotation, dpr)

    def paint_gesture(self, painter: QPainter) -> None:
        gesture, viewport = self.gesture, self.canvas.viewport
        if gesture is None:
            return
        overlays.draw_guides(painter, viewport, gesture.guides)
        if gesture.ghost is not None:
            overlays.draw_ghost(painter, viewport, gesture.ghost)
        if self._at is not None:
            area, font = self.canvas.device_rect(), self.canvas.font()
            overlays.draw_readout(painter, gesture.text, self._at, area, font, self.canvas.dpr)

    def paint_frame(self, painter: QPainter, handles: bool) -> None:
        frame, viewport = self.frame(), self.canvas.viewport
        if frame is None:
            return
        overlays.draw_frame(painter, viewport, frame, dpr=self.canvas.dpr)
        if handles and not isinstance(self.gesture, MoveGesture):
            overlays.draw_handles(painter, viewport, frame, self.canvas.dpr)

    def _arrow(self) -> QCursor:
        return QCursor(Qt.CursorShape.ArrowCursor)


def same_layers(document: Document, layers: Sequence[Layer]) -> bool:
    """Whether the layers still are in the document as they were."""
    now = {layer.id: layer for layer in document.layers()}
    return all(layer.id in now and now[layer.id].transform == layer.transform for layer in layers)
