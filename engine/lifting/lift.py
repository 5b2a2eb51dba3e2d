"""Lift: an engine's layers, at whatever size it works, to layers at the image's own size that stack back to the image.

The promise: each channel of the stack is within 1/255 of the image on at least 99.9 % of pixels. `Lifted.recomposition`
says how far it was kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.decomposer import Lift, Recomposition, WorkingLayer, WorkingStack, check
from engine.document import Layer, LayerKind, Pixels, Provenance, frozen
from engine.errors import RunFailed
from engine.lifting.balance import balance, dissolve
from engine.lifting.clean import cleaned
from engine.lifting.drafts import drafted, title
from engine.lifting.enlarge import enlarged, residual
from engine.lifting.measure import Placed, closeness, recomposition
from engine.lifting.place import Frame, check_stack, clipped, placed
from engine.lifting.sheet import TILE, Box, Sheet
from engine.lifting.solve import solve

__all__ = ["Lifted", "lift", "recomposition"]

_CLOSE = 4
_CLOSE_SHARE = 0.8
_LARGEST_REDONE = 4_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Lifted:
    """Layers at the source's size, bottom to top, in tight boxes.

    Attributes:
        recomposition: how well they stack back to the image.
        notes: sentences for the user: what was merged or dropped, and why.
        splittable: ids of layers that the engine says hold several separate objects.
    """

    layers: tuple[Layer, ...]
    recomposition: Recomposition
    notes: tuple[str, ...]
    splittable: tuple[str, ...] = ()


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
    notes = [str(note) for note in stack.notes]
    working = _worth_keeping(stack, frame, notes)
    tiles = len(list(frame.box.tiles(TILE)))
    meter = _Meter(report, cancelled, tiles * (len(working) + 2))
    if mode is Lift.NONE:
        sheets = _only_placed(working, frame, meter)
    else:
        sheets = _made_exact(original, working, frame, meter, notes)
    finished = [(_finished(sheet, engine), sheet.origin) for sheet in sheets if sheet.box.area]
    layers = tuple(layer for layer, _ in finished)
    found = recomposition(original, layers)
    if report is not None:
        report(1.0)
    return Lifted(layers, found, tuple(notes), tuple(layer.id for layer, origin in finished if _splits(origin)))


def _worth_keeping(stack: WorkingStack, frame: Frame, notes: list[str]) -> list[tuple[int, WorkingLayer]]:
    """The layers that show anything on the canvas, clipped to it, with their number from 1."""
    kept = []
    for number, layer in enumerate(stack.layers, 1):
        if part := clipped(layer, frame):
            kept.append((number, part))
        else:
            notes.append(f"{title(layer, number)} was empty and was left out.")
    if not kept:
        raise RunFailed("Every layer that the engine returned is empty; run it again with another seed.")
    return kept


def _only_placed(working: list[tuple[int, WorkingLayer]], frame: Frame, meter: _Meter) -> list[Sheet]:
    sheets = []
    for _, layer in working:
        meter.tick()
        sheets.append(placed(layer, frame))
    return sheets


def _made_exact(
    original: Pixels, working: list[tuple[int, WorkingLayer]], frame: Frame, meter: _Meter, notes: list[str]
) -> list[Sheet]:
    sheets = _only_placed(working, frame, meter) if frame.is_same_size else []
    if sheets and (frame.box.area > _LARGEST_REDONE or _is_exact(original, sheets)):
        backdrop = sheets[0] if _covers(sheets[0].pixels[..., 3], sheets[0].origin, frame.box.area) else None
        if backdrop:
            _spread(backdrop, frame.box)
    else:
        drafts = cleaned([drafted(layer, number, frame) for number, layer in working], notes)
        bottom = drafts[0]
        is_backdrop = _covers(bottom.alpha * 255, bottom.origin, bottom.alpha.size)
        sheets = enlarged(original, drafts, frame, bottom if is_backdrop else None, meter.tick)
        backdrop = sheets[0] if is_backdrop else None
    floor = backdrop or residual(frame)
    if backdrop is None:
        sheets = [floor, *sheets]
    balance(original, sheets, floor, meter.tick)
    if backdrop is None:
        dissolve(original, sheets, floor, meter.tick)
    solve(original, sheets, meter.tick)
    for sheet in sheets:
        sheet.trim()
    if backdrop is None and floor.box.area:
        notes.append("“Residual” holds what none of the engine's layers covered.")
    return sheets


def _is_exact(original: Pixels, sheets: list[Sheet]) -> bool:
    """True for a stack whose mattes were made at the image's own size: as it stands, it comes close to the image."""
    return closeness(original, [Placed(sheet.pixels, sheet.box) for sheet in sheets], _CLOSE) >= _CLOSE_SHARE


def _covers(alpha: NDArray[Any], origin: WorkingLayer, area: int) -> bool:
    """True for a bottom layer that is a backdrop: it may fill whatever nothing else covers."""
    share = float(alpha.sum(dtype=np.float64)) / 255 / area
    return share >= (0.25 if origin.kind is LayerKind.BACKGROUND else 0.5)


def _spread(sheet: Sheet, box: Box) -> None:
    """Grow the sheet to the whole image."""
    if sheet.box != box:
        canvas = np.zeros((box.height, box.width, 4), np.uint8)
        canvas[sheet.box.within(box)] = sheet.pixels
        sheet.pixels, sheet.box = canvas, box


def _splits(origin: WorkingLayer) -> bool:
    return origin.parts > 1 and origin.kind is not LayerKind.BACKGROUND


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
