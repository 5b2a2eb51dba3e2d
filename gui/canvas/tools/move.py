"""The move tool: pick, select, drag, duplicate, and scale or turn with the handles of the selection."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QCursor, QPainter

from engine.document import Document, Layer, LayerKind
from engine.editing import edits
from engine.imaging.compositing import bounds
from engine.words import Message, note
from gui.canvas import overlays
from gui.canvas.cursors import copy_cursor
from gui.canvas.handles import INSIDE, frame_of
from gui.canvas.picking import free_layers, holder_in, layers_at, touched_by
from gui.canvas.tools.base import DRAG_DISTANCE, Tool, ToolEvent, title_of
from gui.canvas.tools.canvas import ToolCanvas
from gui.canvas.tools.gestures import MoveGesture
from gui.canvas.tools.grip import Grip, same_layers
from gui.document.session import EditFunction

MOST_OUTLINED = 100
"""Of many selected layers so many get an outline of their own beside the frame around all."""


class MoveTool(Tool):
    """Click picks the topmost unlocked layer with visible pixels; a drag moves the selection.

    A drag that begins on a full-canvas background draws a marquee, whether a click selected it before or not, because
    one who works on what lies in front of it must not lose it by accident. It moves with Ctrl held, when it was
    selected elsewhere (in the list, by a key), or when it is all there is.

    Attributes:
        auto_select: off, a drag moves the selection wherever it begins.
    """

    id = "move"

    def __init__(self, canvas: ToolCanvas) -> None:
        super().__init__(canvas)
        self.grip = Grip(canvas, lambda: frame_of(self.layers()))
        self.auto_select = True
        self._pressed: ToolEvent | None = None
        self._last: ToolEvent | None = None
        self._press_zone: str | None = None
        self._hit: Layer | None = None
        self._on_click: tuple[str, ...] | None = None
        self._marquee = False
        self._copies: tuple[Document, Document, list[str]] | None = None
        self._base: Document | None = None
        self._hovered: Layer | None = None
        self._over_ground = False
        self._clicked: tuple[str, ...] = ()

    @property
    def dragging(self) -> bool:
        return self.grip.gesture is not None or self._marquee

    @property
    def wants_keys(self) -> bool:
        return self._pressed is not None

    def layers(self) -> list[Layer]:
        """The selected layers that may be moved, as shown."""
        return free_layers(self.session.shown, self.session.selection)

    def press(self, event: ToolEvent) -> None:
        self._pressed = self._last = event
        self._on_click = None
        self._press_zone = self.grip.zone_at(event)
        if self._press_zone is not None and self._press_zone != INSIDE and not event.ctrl:
            self.canvas.expect([layer.id for layer in self.layers()])
            return
        self._press_zone = None
        self._hit = self._pick(event)
        self._choose(event)
        self.canvas.expect([layer.id for layer in self.layers()])

    def _pick(self, event: ToolEvent) -> Layer | None:
        locked = edits.locked_ids(self.session.document)
        under = layers_at(self.session.document, event.x, event.y)
        return next((layer for layer in under if layer.id not in locked), None)

    def _choose(self, event: ToolEvent) -> None:
        """Select on press what a drag must move; leave to a click what a drag must not change."""
        selection = self.session.selection
        if not self.auto_select:
            return
        if self._hit is None:
            keep = event.shift or event.ctrl
            self._on_click = selection if keep else ()
            return
        held = holder_in(self.session.document, self._hit.id, selection)
        if not (event.ctrl or event.shift or event.alt) and self._is_guarded(self._hit):
            self._on_click, self._hit = (self._hit.id,), None
            return
        if event.ctrl or (event.shift and held is not None):
            rest = tuple(i for i in selection if i != held)
            self._on_click = rest if held is not None else (*selection, self._hit.id)
        elif event.shift:
            self.session.select((*selection, self._hit.id))
        elif held is not None:
            self._on_click = (self._hit.id,) if held == self._hit.id else selection
        else:
            self.session.select((self._hit.id,))

    def _is_guarded(self, layer: Layer) -> bool:
        """Whether a drag that begins on it draws a marquee."""
        selection = self.session.selection
        held = holder_in(self.session.document, layer.id, selection)
        return self._is_backdrop(layer) and (held is None or selection == self._clicked)

    def selection_changed(self) -> None:
        self._clicked = ()

    def _is_backdrop(self, layer: Layer) -> bool:
        document = self.session.document
        if layer.kind is not LayerKind.BACKGROUND or len(document.layers()) == 1:
            return False
        left, top, right, bottom = bounds(layer)
        return left <= 0 and top <= 0 and right >= document.width and bottom >= document.height

    def move(self, event: ToolEvent) -> None:
        self._last, self.grip.at = event, event.view
        if self._pressed is None:
            return
        if not self.dragging:
            away = event.view - self._pressed.view
            if max(abs(away.x()), abs(away.y())) < DRAG_DISTANCE * self.canvas.dpr:
                return
            if not self._start(self._pressed):
                return
        if self.grip.gesture is not None:
            self.session.preview(self._edit(event))
        self.canvas.update()

    def _start(self, event: ToolEvent) -> bool:
        """Begin the drag that fits where it was pressed; False where there is nothing to drag."""
        zone = self._press_zone or INSIDE
        if zone == INSIDE and self._hit is None and self.auto_select and not event.ctrl:
            self._marquee = True
            return True
        if not self.session.selection:
            self._refuse(note("canvas.nothing-to-drag"))
            return False
        layers = self.layers()
        if not layers:
            self._refuse(edits.refusal(self.session.document, self.session.selection))
            return False
        self._base = self.session.document
        if event.alt and zone == INSIDE:
            document, copies = edits.duplicate(self._base, self.session.selection)
            self._copies = (self._base, document, copies)
            layers = free_layers(document, copies)
        self.grip.begin(event, zone, layers)
        return True

    def _refuse(self, why: Message) -> None:
        self.canvas.say(why)
        self._reset()

    def _edit(self, event: ToolEvent) -> EditFunction:
        gesture, copies = self.grip.gesture, self._copies
        assert gesture is not None
        transforms = gesture.update(event)
        if copies is None:
            return lambda document: edits.transform_layers(document, transforms)
        base, duplicated, _ = copies
        # The copies keep their ids from one mouse position to the next, so the layer panel does not flicker.
        return lambda document: edits.transform_layers(duplicated, transforms) if document is base else document

    def release(self, event: ToolEvent) -> None:
        self._last = event
        gesture, copies = self.grip.gesture, self._copies
        if gesture is not None:
            edit = self._edit(event)
            verb, names = gesture.verb, [layer.name for layer in gesture.layers]
            if copies:
                verb, names = "Duplicate", [copies[0].find(i).name for i in self.session.selection]
            text = f"{verb} {title_of(names)}"
            select = copies[2] if copies else None
            self._reset()
            self.session.apply(text, edit, select=select)
        elif self._marquee:
            self._select_marquee(event)
            self._reset()
        elif self._pressed is not None:
            self._click(event)
            self._reset()
        self.canvas.update()

    def _click(self, event: ToolEvent) -> None:
        if self._on_click is not None and self._press_zone is None:
            before = self.session.selection
            self.session.select(self._on_click)
            if self.session.selection != before:
                self._clicked = self.session.selection
        if self._hit is None and self._press_zone is None and self.auto_select:
            document = self.session.document
            under, locked = layers_at(document, event.x, event.y), edits.locked_ids(document)
            if under and under[0].id in locked:
                self.canvas.say(note("canvas.locked-here", name=title_of([under[0].name])))

    def _select_marquee(self, event: ToolEvent) -> None:
        assert self._pressed is not None
        x, y = self._pressed.point
        box = (min(x, event.x), min(y, event.y), max(x, event.x), max(y, event.y))
        found = touched_by(self.session.document, box)
        before = self.session.selection if event.shift or self._pressed.shift else ()
        self.session.select((*before, *found))

    def cancel(self) -> bool:
        had = self._pressed is not None
        previewing = self.grip.gesture is not None
        self._reset()
        if previewing:
            self.session.cancel_preview()
        if had:
            self.canvas.update()
        return had

    def document_changed(self) -> None:
        """Go on where the dragged layers are still what they were; otherwise the drag is over."""
        gesture = self.grip.gesture
        if gesture is None:
            if self._hit is not None and not self.session.document.has(self._hit.id):
                self._reset()
            return
        if self._copies is not None or not same_layers(self.session.document, gesture.layers):
            self.cancel()
            self.canvas.say(note("canvas.drag-ended"))
        else:
            self._base = self.session.document

    def _reset(self) -> None:
        self.grip.gesture, self._copies, self._base = None, None, None
        self._pressed, self._press_zone, self._hit = None, None, None
        self._marquee, self._on_click = False, None

    # How it looks

    def hover(self, event: ToolEvent | None) -> None:
        self.grip.hover(event)
        before = self._hovered
        on_handle = self.grip.zone is not None and self.grip.zone != INSIDE
        picked = None if event is None or on_handle or not self.auto_select else self._pick(event)
        self._over_ground = picked is not None and self._is_guarded(picked)
        self._hovered = None if picked is None or self._is_backdrop(picked) else picked
        if before is not self._hovered:
            self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        viewport = self.canvas.viewport
        hovered = self._hovered
        if hovered is not None and not self.dragging and not self._is_selected(hovered):
            frame = frame_of([hovered])
            if frame is not None:
                overlays.draw_frame(painter, viewport, frame, dpr=self.canvas.dpr)
        layers = self._outlined()
        if len(layers) > 1:
            for layer in layers[:MOST_OUTLINED]:
                frame = frame_of([layer])
                if frame is not None:
                    overlays.draw_frame(painter, viewport, frame, halo=False)
        free = self.layers()
        if free:
            self.grip.paint_frame(painter)
        elif layers:
            frame = frame_of(layers)
            if frame is not None:
                overlays.draw_frame(painter, viewport, frame, dpr=self.canvas.dpr)
        if self._marquee and self._pressed is not None and self._last is not None:
            overlays.draw_marquee(painter, QRectF(self._pressed.view, self._last.view).normalized())
        self.grip.paint_gesture(painter)

    def _outlined(self) -> list[Layer]:
        shown = self.session.shown
        chosen = edits.ids_under(shown, self.session.selection)
        return [layer for layer in shown.layers() if layer.id in chosen]

    def _is_selected(self, layer: Layer) -> bool:
        document = self.session.document
        return document.has(layer.id) and holder_in(document, layer.id, self.session.selection) is not None

    def cursor(self, event: ToolEvent | None) -> QCursor:
        if isinstance(self.grip.gesture, MoveGesture):
            return copy_cursor(self.canvas.dpr) if self._copies else QCursor(Qt.CursorShape.ArrowCursor)
        zone = self._press_zone if self._pressed is not None else self.grip.zone
        special = self.grip.cursor(zone, event)
        if special is not None and (event is None or not event.ctrl):
            return special
        if event is not None and event.alt and self._hovered is not None:
            return copy_cursor(self.canvas.dpr)
        if self._hovered is not None or (self.grip.zone == INSIDE and not self._over_ground):
            return QCursor(Qt.CursorShape.SizeAllCursor)
        return QCursor(Qt.CursorShape.ArrowCursor)
