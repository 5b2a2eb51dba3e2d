"""Lift: an engine's layers, at whatever size it works, to layers at the image's own size that stack back to the image.

The promise: each channel of the stack is within 1/255 of the image on at least 99.9 % of pixels. `Lifted.recomposition`
says how far it was kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

import numpy as np

from engine.decomposer import Lift, Recomposition, WorkingLayer, WorkingStack, check
from engine.document import Layer, LayerKind, Pixels, Provenance, frozen
from engine.errors import RunFailed
from engine.lifting.measure import recomposition
from engine.lifting.place import Frame, check_stack, clipped, placed
from engine.lifting.sheet import TILE, Sheet
from engine.lifting.solve import solve

__all__ = ["Lifted", "lift", "recomposition"]


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """Layers at the source's size, bottom to top, in tight boxes.

    Attributes:
        recomposition: how well they stack back to the image.
        notes: sentences for the user: what was merged or dropped, and why.
    """

    layers: tuple[Layer, ...]
    recomposition: Recomposition
    notes: tuple[str, ...]


class _Meter:
    """Progress as a fraction that never falls, and the place where a cancelled run stops."""

    def __init__(self, report: Callable[[float], None] | None, cancelled: Event | None, total: int) -> None:
        self._report, self._cancelled = report, cancelled
        self._done, self._total = 0, max(1, total)

    def tick(self) -> None:
        if self._cancelled is not None:
            check(self._cancelled)
        if self._report is not None:
            self._report(min(1.0, self._done / self._total))
        self._done += 1


def lift(
    original: Pixels,
    stack: WorkingStack,
    *,
    mode: Lift = Lift.FULL,
    engine: str = "",
    report: Callable[[float], None] | None = None,
    cancelled: Event | None = None,
) -> Lifted:
    """Bring `stack` to the size of `original`, and with `Lift.FULL` make it stack back to it.

    Args:
        original: uint8 H x W x 4 straight alpha.
        stack: the engine's layers; each at its own place on a canvas of any size and nearly the same aspect.
        engine: the engine's id, kept in each layer's provenance.
        report: called with a fraction 0..1, never falling.
        cancelled: polled often.

    Raises InputError for pixels that are not 8-bit RGBA or an image that is fully transparent, RunFailed for a stack
    without anything to see, Cancelled soon after `cancelled` is set.
    """
    frame = check_stack(original, stack)
    notes = list(stack.notes)
    working = _worth_keeping(stack, frame, notes)
    tiles = len(list(frame.box.tiles(TILE)))
    meter = _Meter(report, cancelled, len(working) + tiles)
    sheets = []
    for layer in working:
        meter.tick()
        sheets.append(placed(layer, frame))
    if mode is Lift.FULL:
        sheets = _made_exact(original, sheets, frame, meter, notes)
    layers = tuple(_finished(sheet, engine) for sheet in sheets if sheet.box.area)
    if report is not None:
        report(1.0)
    return Lifted(layers, recomposition(original, layers), tuple(notes))


def _worth_keeping(stack: WorkingStack, frame: Frame, notes: list[str]) -> list[WorkingLayer]:
    kept = []
    for index, layer in enumerate(stack.layers):
        if part := clipped(layer, frame):
            kept.append(part)
        else:
            notes.append(f"{_title(layer, index)} was empty and was left out.")
    if not kept:
        raise RunFailed("Every layer that the engine returned is empty; run it again with another seed.")
    return kept


def _title(layer: WorkingLayer, index: int) -> str:
    return f"“{layer.name}”" if layer.name else f"Layer {index + 1}"


def _made_exact(original: Pixels, sheets: list[Sheet], frame: Frame, meter: _Meter, notes: list[str]) -> list[Sheet]:
    floor = _floor(sheets, frame)
    if floor is None:
        canvas = np.zeros((frame.height, frame.width, 4), np.uint8)
        floor = Sheet(canvas, frame.box, WorkingLayer(canvas[:1, :1], name="Residual", kind=LayerKind.BACKGROUND))
        sheets = [floor, *sheets]
    solve(original, sheets, floor, meter.tick)
    for sheet in sheets:
        sheet.trim()
    if floor.origin.name == "Residual" and floor.box.area:
        notes.append("“Residual” holds what none of the engine's layers covered.")
    return sheets


def _floor(sheets: list[Sheet], frame: Frame) -> Sheet | None:
    """The bottom layer, grown to the whole image, if it is a backdrop: one that covers most of the image."""
    bottom = sheets[0]
    covered = float(bottom.pixels[..., 3].sum(dtype=np.float64)) / 255
    if bottom.origin.kind is not LayerKind.BACKGROUND and covered < 0.5 * frame.box.area:
        return None
    if bottom.box != frame.box:
        canvas = np.zeros((frame.height, frame.width, 4), np.uint8)
        canvas[bottom.box.within(frame.box)] = bottom.pixels
        bottom.pixels, bottom.box = canvas, frame.box
    return bottom


def _finished(sheet: Sheet, engine: str) -> Layer:
    origin = sheet.origin
    return Layer(
        frozen(sheet.pixels),
        sheet.box.left,
        sheet.box.top,
        name=origin.name or ("Background" if origin.kind is LayerKind.BACKGROUND else "Layer"),
        kind=origin.kind,
        provenance=Provenance(engine, origin.score, origin.text),
    )
