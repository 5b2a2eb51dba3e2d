"""Erase parts of a layer into its mask, or bring them back, with a soft brush."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCursor, QPainter

from engine.document import Layer, Mask, Pixels, frozen
from engine.editing import edits, surgery
from engine.imaging.compositing import matrix
from engine.words import note
from gui.canvas import overlays
from gui.canvas.brush import SMALLEST_RIM, Box, Stroke, painted
from gui.canvas.handles import frame_of
from gui.canvas.picking import free_layers
from gui.canvas.tools.base import Tool, ToolEvent, title_of
from gui.canvas.tools.canvas import ToolCanvas

FLAT = 1e-6
"""Least factor by which a layer counts as scaled: one of no width would need a brush without end."""


class MaskBrushTool(Tool):
    """Paints the mask of the selected layer: hides what it paints over, or `restores` what was hidden; Alt does the
    opposite. One stroke is one step."""

    def __init__(self, canvas: ToolCanvas, tool_id: str, *, restores: bool) -> None:
        super().__init__(canvas)
        self.id, self._restores = tool_id, restores
        self._layer: Layer | None = None
        self._stroke: Stroke | None = None
        self._base: Pixels | None = None
        self._work: Pixels | None = None
        self._mask: Mask | None = None
        self._inverse = np.zeros((2, 3))
        self._opposite = False
        self._at: QPointF | None = None

    @property
    def dragging(self) -> bool:
        return self._stroke is not None

    @property
    def wants_keys(self) -> bool:
        return self.dragging

    def press(self, event: ToolEvent) -> None:
        layer = self._target()
        if layer is None:
            return
        t, brush = layer.transform, self.canvas.brush
        radius = brush.size / 2
        rx, ry = radius / max(abs(t.scale_x), FLAT), radius / max(abs(t.scale_y), FLAT)
        self._layer, self._opposite = layer, event.alt
        self._stroke = Stroke(layer.width, layer.height, rx, ry, brush.hardness)
        full = np.full((layer.height, layer.width), 255, np.uint8)
        self._base = layer.mask.pixels if layer.mask is not None else full
        self._work = self._base.copy()
        self._mask = Mask(self._work[:])
        self._inverse = np.linalg.inv(np.vstack([matrix(layer), (0, 0, 1)]))[:2]
        self.canvas.expect([layer.id])
        self.canvas.prime_mask(replace(layer, mask=self._mask))
        self.move(event)

    def _target(self) -> Layer | None:
        document, selection = self.session.document, self.session.selection
        layers = free_layers(document, selection)
        if len(layers) == 1:
            return layers[0]
        if not selection:
            self.canvas.say(note("canvas.nothing-to-paint"))
        elif not layers:
            self.canvas.say(edits.refusal(document, selection))
        else:
            self.canvas.say(note("canvas.one-mask-only"))
        return None

    def move(self, event: ToolEvent) -> None:
        self._at = event.view
        if self._stroke is not None:
            x, y = self._inverse @ (event.x, event.y, 1.0)
            box = self._stroke.to(float(x), float(y))
            if box is not None:
                self._paint_mask(box)
        self.canvas.update()

    def _paint_mask(self, box: Box) -> None:
        stroke, base, work, layer, old = self._stroke, self._base, self._work, self._layer, self._mask
        assert stroke is not None
        assert base is not None
        assert work is not None
        assert layer is not None
        left, top, right, bottom = box
        here = np.s_[top:bottom, left:right]
        restore = self._restores != self._opposite
        work[here] = painted(base[here], stroke.coverage[here], self.canvas.brush.opacity, restore)
        # A new Mask on the same memory: the preview differs from the last one, and nothing is copied.
        mask = self._mask = Mask(work[:])
        self.canvas.mask_changed(replace(layer, mask=mask), old, box)
        layer_id = layer.id
        self.session.preview(lambda document: edits.set_fields(document, [layer_id], mask=mask))

    def release(self, event: ToolEvent) -> None:  # noqa: ARG002
        layer, work, mask = self._layer, self._work, self._mask
        restore = self._restores != self._opposite
        self._reset()
        if layer is None or work is None or not self.session.document.has(layer.id):
            return
        final = frozen(work.copy())
        text = f"{'Restore' if restore else 'Erase'} on {title_of([layer.name])}"
        self.session.apply(text, lambda document: surgery.set_mask(document, layer.id, final))
        now = self.session.document.layer(layer.id)
        if now.mask is not None:
            self.canvas.mask_changed(now, mask, None)
        self.canvas.update()

    def cancel(self) -> bool:
        had = self.dragging
        self._reset()
        if had:
            self.session.cancel_preview()
        return had

    def document_changed(self) -> None:
        layer = self._layer
        if layer is None:
            return
        document = self.session.document
        now = document.layer(layer.id) if document.has(layer.id) else None
        if now is None or now.mask is not layer.mask or now.transform != layer.transform or now.locked:
            self.cancel()
            self.canvas.say(note("canvas.stroke-ended"))

    def _reset(self) -> None:
        self._layer = self._stroke = self._base = self._work = self._mask = None

    def hover(self, event: ToolEvent | None) -> None:
        self._at = event.view if event is not None else None
        self.canvas.update()

    def paint(self, painter: QPainter) -> None:
        layers = free_layers(self.session.shown, self.session.selection)
        frame = frame_of(layers) if len(layers) == 1 else None
        if frame is not None:
            overlays.draw_frame(painter, self.canvas.viewport, frame, halo=False)
        if self._at is not None:
            overlays.draw_brush(painter, self._at, self.canvas.brush.size * self.canvas.zoom)

    def cursor(self, event: ToolEvent | None) -> QCursor:  # noqa: ARG002
        small = self.canvas.brush.size * self.canvas.zoom < SMALLEST_RIM
        return QCursor(Qt.CursorShape.CrossCursor if small else Qt.CursorShape.BlankCursor)
