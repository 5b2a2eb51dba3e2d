"""The transform tool (Ctrl+T): several drags become one step; Enter applies, Escape cancels."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor, QKeyEvent, QPainter

from engine import edits
from engine.document import Layer, Transform
from gui.canvas.handles import INSIDE, Operation, transformed
from gui.canvas.picking import free_layers
from gui.canvas.tools.arrange import ArrangeTool
from gui.canvas.tools.base import ToolEvent, title_of
from gui.canvas.tools.gestures import Gesture


class TransformTool(ArrangeTool):
    """Free transform of the selection. Anywhere outside the frame turns it."""

    id = "transform"
    turns_anywhere = True

    def __init__(self, canvas) -> None:  # type: ignore[no-untyped-def]
        super().__init__(canvas)
        self._ids: tuple[str, ...] = ()
        self._start: dict[str, Transform] = {}
        self._pending: dict[str, Transform] = {}
        self._pressed: ToolEvent | None = None

    @property
    def active(self) -> bool:
        return bool(self._ids)

    @property
    def wants_keys(self) -> bool:
        return self.active

    def layers(self) -> list[Layer]:
        ids = set(self._ids)
        return [layer for layer in self.session.shown.layers() if layer.id in ids]

    def start(self) -> bool:
        """Take the selection; False, with a message, where nothing in it can be transformed."""
        layers = free_layers(self.session.document, self.session.selection)
        if not layers:
            text = "is locked: unlock it in the layer panel to transform it." if self.session.selection else ""
            self.canvas.message.emit(f"The selection {text}" if text else "Select a layer first, then transform it.")
            return False
        self._ids = tuple(layer.id for layer in layers)
        self._start = {layer.id: layer.transform for layer in layers}
        self._pending = dict(self._start)
        self.canvas.expect(self._ids)
        return True

    def apply(self) -> None:
        """Keep the transform as one undo step."""
        if not self.active:
            return
        names = [layer.name for layer in self.layers()]
        pending = self._pending
        self._forget()
        self.session.apply(f"Transform {title_of(names)}", lambda document: edits.transform_layers(document, pending))

    def cancel(self) -> bool:
        had = self.active
        self._forget()
        if had:
            self.session.cancel_preview()
        return had

    def nudge(self, dx: float, dy: float) -> None:
        self.change(Operation(dx=dx, dy=dy))

    def change(self, op: Operation) -> None:
        """Do an operation to the frame: flips, turns, numbers."""
        self._show(transformed(self.layers(), op))

    def pivot(self) -> tuple[float, float]:
        frame = self.frame()
        return (frame.x, frame.y) if frame is not None else (0.0, 0.0)

    def _show(self, transforms: dict[str, Transform]) -> None:
        self._pending = {**self._pending, **transforms}
        pending = self._pending
        self.session.preview(lambda document: edits.transform_layers(document, pending))
        self.canvas.update()

    def _forget(self) -> None:
        self._ids, self._start, self._pending = (), {}, {}
        self.gesture, self._pressed = None, None

    def press(self, event: ToolEvent) -> None:
        zone, layers = self.zone(event), self.layers()
        if zone is None or not layers:
            return
        self._pressed, self._zone, self._at = event, zone, event.view
        self.gesture = self.begin(event, zone, layers)

    def move(self, event: ToolEvent) -> None:
        self._at = event.view
        if self.gesture is not None:
            self._show(self.gesture.update(event))

    def release(self, event: ToolEvent) -> None:
        self.move(event)
        self.gesture, self._pressed = None, None
        self.canvas.update()

    def key(self, event: QKeyEvent) -> bool:
        if not self.active:
            return False
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.canvas.apply_transform()
            return True
        if event.key() == Qt.Key.Key_Escape:
            if self.gesture is not None:
                self._undo_drag(self.gesture)
            else:
                self.canvas.cancel_transform()
            return True
        return False

    def _undo_drag(self, gesture: Gesture) -> None:
        self.gesture, self._pressed = None, None
        self._show({layer.id: layer.transform for layer in gesture.layers})

    def document_changed(self) -> None:
        """An edit from elsewhere: numbers typed in the inspector count from here on; a deleted layer ends it."""
        if not self.active:
            return
        now = {layer.id: layer.transform for layer in free_layers(self.session.document, self._ids)}
        if set(now) != set(self._ids):
            self.canvas.cancel_transform()
            self.canvas.message.emit("The layers changed meanwhile, so the transform was ended.")
            return
        moved = {i: t for i, t in now.items() if t != self._start[i]}
        self._start.update(moved)
        if moved:
            self.gesture = None
        self._show(moved)

    def paint(self, painter: QPainter) -> None:
        self.paint_frame(painter, handles=True)
        self.paint_gesture(painter)

    def cursor(self, event: ToolEvent | None) -> QCursor:
        special = self.zone_cursor(self._zone, event)
        if special is not None:
            return special
        return QCursor(Qt.CursorShape.SizeAllCursor) if self._zone == INSIDE else self._arrow()
