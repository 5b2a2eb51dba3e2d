"""The transform tool (Ctrl+T): whatever places the layers meanwhile becomes one step; Enter applies, Escape cancels."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QCursor, QKeyEvent, QPainter

from engine.document import Change, Document, Layer
from engine.editing import edits
from engine.words import note
from gui.canvas.handles import INSIDE, OrientedBox, frame_of
from gui.canvas.picking import free_layers
from gui.canvas.tools.base import Tool, ToolEvent, title_of
from gui.canvas.tools.canvas import ToolCanvas
from gui.canvas.tools.grip import Grip, same_layers
from gui.document import steps


class TransformTool(Tool):
    """Free transform of the selection. Anywhere outside the frame turns it.

    Drags, typed numbers, flips, nudges and resets are ordinary undo steps while it lasts, so the document is always
    what is shown. Applying makes them one step; cancelling takes them away; any other edit applies first.
    """

    id = "transform"

    def __init__(self, canvas: ToolCanvas) -> None:
        super().__init__(canvas)
        self.grip = Grip(canvas, self._frame_at_rest, anywhere=True)
        self._ids: tuple[str, ...] = ()
        self._start: Document | None = None
        self._stepped = False
        self._last: ToolEvent | None = None
        self._frames: list[tuple[Document, OrientedBox]] = []

    @property
    def dragging(self) -> bool:
        return self.grip.gesture is not None

    @property
    def active(self) -> bool:
        """Whether a transform is under way."""
        return self._start is not None

    @property
    def wants_keys(self) -> bool:
        return self.active

    def layers(self) -> list[Layer]:
        """The layers that are transformed, as shown."""
        ids = set(self._ids)
        return [layer for layer in self.session.shown.layers() if layer.id in ids]

    def _frame_at_rest(self) -> OrientedBox | None:
        """A frame around several layers stays turned from one drag to the next."""
        if len(self._ids) > 1:
            for document, frame in self._frames:
                if document is self.session.shown:
                    return frame
        return frame_of(self.layers())

    def start(self) -> bool:
        """Take the selection; False, with a message, where nothing in it can be transformed."""
        layers = free_layers(self.session.document, self.session.selection)
        if not layers:
            chosen = self.session.selection
            nothing = note("canvas.nothing-to-transform")
            self.canvas.say(edits.refusal(self.session.document, chosen) if chosen else nothing)
            return False
        self._ids = tuple(layer.id for layer in layers)
        self._start = self.session.undo_floor = self.session.document
        steps.seal(self.session.stack)
        self.canvas.expect(self._ids)
        return True

    def apply(self) -> None:
        """Keep the transform as one undo step."""
        self._finish_gesture()
        start, stepped, names = self._start, self._stepped, [layer.name for layer in self.layers()]
        self._forget()
        if start is not None and stepped:
            steps.join(self.session, start, f"Transform {title_of(names)}")

    def cancel(self) -> bool:
        start, stepped = self._start, self._stepped
        self._drop_gesture()
        self._forget()
        if start is not None and stepped:
            steps.drop(self.session, start)
        return start is not None

    def before_edit(self, change: Change) -> None:
        """Another edit is about to be done: one that only places these layers belongs to the transform."""
        own = not change.structure and change.fields == {"transform"} and change.nodes <= set(self._ids)
        if not self.active:
            return
        if own:
            self._stepped = True
        else:
            self._drop_gesture()  # the edit is already made from a document without it
            self.canvas.apply_transform()

    def _forget(self) -> None:
        self._ids, self._start, self._stepped = (), None, False
        self.session.undo_floor = None
        self._frames.clear()

    def _drop_gesture(self) -> None:
        if self.grip.gesture is not None:
            self.grip.gesture = None
            self.session.cancel_preview()

    def press(self, event: ToolEvent) -> None:
        zone, layers = self.grip.zone_at(event), self.layers()
        if zone is None or not layers:
            return
        self.grip.zone, self.grip.at, self._last = zone, event.view, event
        self.grip.begin(event, zone, layers)

    def move(self, event: ToolEvent) -> None:
        self.grip.at, self._last = event.view, event
        if self.grip.gesture is not None:
            transforms = self.grip.gesture.update(event)
            self.session.preview(lambda document: edits.transform_layers(document, transforms))
        self.canvas.update()

    def release(self, event: ToolEvent) -> None:
        self.move(event)
        self._finish_gesture()

    def _finish_gesture(self) -> None:
        gesture, event, self.grip.gesture = self.grip.gesture, self._last, None
        if gesture is None or event is None:
            return
        transforms = gesture.update(event)
        text = f"{gesture.verb} {title_of([layer.name for layer in gesture.layers])}"
        if self.session.apply(text, lambda document: edits.transform_layers(document, transforms)):
            self._frames.append((self.session.document, gesture.frame))
        self.canvas.update()

    def hover(self, event: ToolEvent | None) -> None:
        self.grip.hover(event)

    def double_click(self, event: ToolEvent) -> bool:
        """Inside the frame it applies, as in Photoshop."""
        inside = self.active and self.grip.zone_at(event) == INSIDE
        if inside:
            self.canvas.apply_transform()
        return inside

    def key(self, event: QKeyEvent) -> bool:
        if not self.active:
            return False
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.canvas.apply_transform()
            return True
        if event.key() == Qt.Key.Key_Escape:
            if self.grip.gesture is not None:
                self._drop_gesture()
                self.canvas.update()
            else:
                self.canvas.cancel_transform()
            return True
        return False

    def document_changed(self) -> None:
        gesture = self.grip.gesture
        if gesture is not None and not same_layers(self.session.document, gesture.layers):
            self._drop_gesture()

    def steps_changed(self) -> None:
        """Undo went back beyond the beginning: there is nothing left to apply."""
        if self._start is not None and self.session.steps_since(self._start) is None:
            self.canvas.apply_transform()

    def paint(self, painter: QPainter) -> None:
        self.grip.paint_frame(painter)
        self.grip.paint_gesture(painter)

    def cursor(self, event: ToolEvent | None) -> QCursor:
        special = self.grip.cursor(self.grip.zone, event)
        if special is not None:
            return special
        inside = self.grip.zone == INSIDE
        return QCursor(Qt.CursorShape.SizeAllCursor if inside else Qt.CursorShape.ArrowCursor)
