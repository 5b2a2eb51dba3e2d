"""What the move and the transform tool share: a frame with handles around layers, and the gesture that drags it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from PySide6.QtCore import QPointF
from PySide6.QtGui import QCursor, QPainter

from engine.document import Document, Layer
from engine.imaging.compositing import bounds
from gui.canvas import overlays
from gui.canvas.cursors import scale_cursor, turn_cursor
from gui.canvas.handles import GRIP, INSIDE, ROTATE, SCALE_HANDLES, OrientedBox, frame_of, hit
from gui.canvas.picking import shown_layers
from gui.canvas.snapping import Box
from gui.canvas.tools.base import ToolEvent
from gui.canvas.tools.canvas import ToolCanvas
from gui.canvas.tools.gestures import Gesture, MoveGesture, ScaleGesture, TurnGesture

SNAP_REACH = 6
"""Logical px within which an edge snaps."""
MOST_TARGETS = 200
"""Boxes that are snapped to at most: more would be on top of each other, and each costs time at every move."""


class Grip:
    """The frame that a tool places layers by, what of it is under the cursor, and the drag of it under way.

    `at_rest` gives the frame while nothing is dragged; `anywhere`: a drag from anywhere outside the frame turns it.

    Attributes:
        gesture: the drag under way, or None. zone: what the cursor is on. at: where it is, device px.
    """

    def __init__(
        self, canvas: ToolCanvas, at_rest: Callable[[], OrientedBox | None], *, anywhere: bool = False
    ) -> None:
        self._canvas, self._at_rest, self._anywhere = canvas, at_rest, anywhere
        self.gesture: Gesture | None = None
        self.zone: str | None = None
        self.at: QPointF | None = None

    def frame(self) -> OrientedBox | None:
        """The frame as shown now; a turned frame around several layers turns with the drag."""
        return self.gesture.frame if self.gesture is not None else self._at_rest()

    def zone_at(self, event: ToolEvent) -> str | None:
        """What of the frame lies there: a handle, the inside, where it turns; None elsewhere."""
        frame = self.frame()
        if frame is None:
            return None
        grip = GRIP * self._canvas.dpr
        return hit(frame, event.x, event.y, self._canvas.zoom, grip=grip, anywhere=self._anywhere)

    def hover(self, event: ToolEvent | None) -> None:
        """The mouse is there, or elsewhere than on the canvas."""
        self.at = event.view if event is not None else None
        self.zone = self.zone_at(event) if event is not None else None

    def begin(self, event: ToolEvent, zone: str, layers: Sequence[Layer]) -> None:
        """Start the gesture that a drag of these layers from that zone is."""
        frame = self.frame() or frame_of(layers)
        assert frame is not None
        reach = SNAP_REACH * self._canvas.dpr / self._canvas.zoom
        if zone == ROTATE:
            self.gesture = TurnGesture(layers, event.point, frame)
        elif zone in SCALE_HANDLES:
            self.gesture = ScaleGesture(layers, event.point, zone, frame, self._targets(layers), reach)
        else:
            self.gesture = MoveGesture(layers, event.point, frame, self._targets(layers), reach)

    def _targets(self, moving: Sequence[Layer]) -> list[Box]:
        """What a move snaps to: the canvas and the other shown layers inside the view."""
        document = self._canvas.session.document
        skip = {layer.id for layer in moving}
        left, top, right, bottom = self._canvas.visible_box()
        canvas = (0.0, 0.0, float(document.width), float(document.height))
        out = {canvas}
        for layer in shown_layers(document):
            box = bounds(layer)
            seen = box[0] < right and box[2] > left and box[1] < bottom and box[3] > top
            if layer.id not in skip and seen and len(out) < MOST_TARGETS:
                out.add(box)
        return list(out)

    def cursor(self, zone: str | None, event: ToolEvent | None) -> QCursor | None:
        """The cursor for a handle or the turning zone, at the frame's own angle; None elsewhere."""
        frame, dpr = self.frame(), self._canvas.dpr
        if frame is None or zone is None or zone == INSIDE:
            return None
        if zone == ROTATE:
            if event is None:
                return None
            return turn_cursor(math.degrees(math.atan2(event.y - frame.y, event.x - frame.x)), dpr)
        u, v = SCALE_HANDLES[zone]
        return scale_cursor(math.degrees(math.atan2(v, u)) + frame.rotation, dpr)

    def paint_gesture(self, painter: QPainter) -> None:
        """Draw what the drag under way snaps to and says, in device px."""
        gesture, canvas = self.gesture, self._canvas
        if gesture is None:
            return
        overlays.draw_guides(painter, canvas.viewport, gesture.guides)
        if gesture.ghost is not None:
            overlays.draw_ghost(painter, canvas.viewport, gesture.ghost)
        if self.at is not None:
            overlays.draw_readout(painter, gesture.text, self.at, canvas.device_rect(), canvas.font(), canvas.dpr)

    def paint_frame(self, painter: QPainter) -> None:
        """Draw the frame, and its handles where they can be seen beside what is dragged."""
        frame, canvas = self.frame(), self._canvas
        if frame is None:
            return
        overlays.draw_frame(painter, canvas.viewport, frame, dpr=canvas.dpr)
        if not isinstance(self.gesture, MoveGesture):
            overlays.draw_handles(painter, canvas.viewport, frame, canvas.dpr)


def same_layers(document: Document, layers: Sequence[Layer]) -> bool:
    """Whether the layers still are in the document as they were."""
    now = {layer.id: layer for layer in document.layers()}
    return all(layer.id in now and now[layer.id].transform == layer.transform for layer in layers)
