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

from engine.decomposer import Lift, Recomposition, WorkingLayer, WorkingStack
from engine.document import Layer, LayerKind, Pixels, Provenance, frozen
from engine.errors import Cancelled, RunFailed
from engine.imaging.arrays import (
    ALPHA,
    WHITE,
)
from engine.lifting.balance import balance, dissolve
from engine.lifting.clean import cleaned
from engine.lifting.enlarge import enlarged, residual
from engine.lifting.grow import FAINTEST, grow, reach_of
from engine.lifting.measure import Placed, closeness, recomposition
from engine.lifting.place import Sizes, check_stack, clipped, placed
from engine.lifting.sheet import FIRM, TILE, Box, Sheet
from engine.lifting.small import SmallSheet, small_sheet, title
from engine.lifting.solve import near_edges, solve
from engine.words import Message, note

__all__ = ["Lifted", "lift", "recomposition"]

_CLOSE = 4
_CLOSE_SHARE = 0.8
_LARGEST_REDONE = 4_000_000
_WALKS = 3
"""How often all tiles are walked for the whole stack: balance, grow, solve."""

_BACKGROUND_COVERS, _COVERS = 0.25, 0.5
"""Share of the picture from which on a background, or any bottom layer, is the backdrop."""


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
    notes: tuple[Message, ...]
    splittable: tuple[str, ...] = ()


class _Pace:
    """Progress as a fraction that never falls, and where a cancelled run stops."""

    def __init__(self, report: Callable[[float], None] | None, cancelled: Event | None, total: int) -> None:
        self._report, self._cancelled = report, cancelled
        self._done, self._total = 0, max(1, total)

    def check(self) -> None:
        """Raise Cancelled where the user has asked to stop."""
        if self._cancelled is not None and self._cancelled.is_set():
            raise Cancelled

    def tick(self) -> None:
        """Another tile begins. Raises Cancelled where the user has asked to stop."""
        self.check()
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
    sizes = check_stack(original, stack)
    notes = list(stack.notes)
    tiles = len(list(sizes.box.tiles(TILE)))
    pace = _Pace(report, cancelled, tiles * (len(stack.layers) + _WALKS))
    working = _worth_keeping(stack, sizes, notes, pace)
    if mode is Lift.NONE:
        sheets = _only_placed(working, sizes, pace)
    else:
        sheets = _made_exact(original, working, sizes, pace, notes)
    finished = [(_finished(sheet, engine), sheet.origin) for sheet in sheets if sheet.box.area]
    layers = tuple(layer for layer, _ in finished)
    found = recomposition(original, layers, pace.check)
    if report is not None:
        report(1.0)
    return Lifted(layers, found, tuple(notes), tuple(layer.id for layer, origin in finished if _splits(origin)))


def _worth_keeping(
    stack: WorkingStack, sizes: Sizes, notes: list[Message], pace: _Pace
) -> list[tuple[int, WorkingLayer]]:
    """The layers that show anything on the canvas, clipped to it, with their number from 1."""
    kept = []
    for number, layer in enumerate(stack.layers, 1):
        pace.check()
        if part := clipped(layer, sizes):
            kept.append((number, part))
        else:
            notes.append(note("lifting.empty", layer=title(layer, number)))
    if not kept:
        raise RunFailed("lifting.all-empty")
    return kept


def _only_placed(working: list[tuple[int, WorkingLayer]], sizes: Sizes, pace: _Pace) -> list[Sheet]:
    sheets = []
    for _, layer in working:
        pace.tick()
        sheets.append(placed(layer, sizes, pace.check))
    return sheets


def _made_exact(
    original: Pixels, working: list[tuple[int, WorkingLayer]], sizes: Sizes, pace: _Pace, notes: list[Message]
) -> list[Sheet]:
    sheets = _only_placed(working, sizes, pace) if sizes.is_same_size else []
    is_coarse = False
    if sheets and (sizes.box.area > _LARGEST_REDONE or _is_exact(original, sheets, pace)):
        backdrop = sheets[0] if _covers(sheets[0].pixels[..., ALPHA], sheets[0].origin, sizes.box.area) else None
        if backdrop:
            _spread(backdrop, sizes.box)
    else:
        is_coarse = True
        smalls = cleaned([_small(layer, number, sizes, pace) for number, layer in working], notes, pace.check)
        bottom = smalls[0]
        is_backdrop = _covers(bottom.alpha * WHITE, bottom.origin, bottom.alpha.size)
        sheets = enlarged(original, smalls, sizes, bottom if is_backdrop else None, pace.tick, pace.check)
        backdrop = sheets[0] if is_backdrop else None
    floor = backdrop or residual(sizes)
    if backdrop is None:
        sheets = [floor, *sheets]
    balance(original, sheets, floor, pace.tick, pace.check)
    if backdrop is None:
        dissolve(original, sheets, floor, pace.tick, pace.check)
    grow(original, sheets, pace.tick, pace.check, least=FIRM if is_coarse else FAINTEST)
    held = near_edges(original.shape, sheets, reach_of(original), pace.check) if is_coarse else None
    solve(original, sheets, held, pace.tick, pace.check)
    for sheet in sheets:
        pace.check()
        sheet.trim()
    if backdrop is None and floor.box.area:
        notes.append(note("lifting.residual"))
    return sheets


def _small(layer: WorkingLayer, number: int, sizes: Sizes, pace: _Pace) -> SmallSheet:
    pace.check()
    return small_sheet(layer, number, sizes)


def _is_exact(original: Pixels, sheets: list[Sheet], pace: _Pace) -> bool:
    """True for a stack whose mattes were made at the image's own size: as it stands, it comes close to the image."""
    return (
        closeness(original, [Placed(sheet.pixels, sheet.box) for sheet in sheets], _CLOSE, pace.check) >= _CLOSE_SHARE
    )


def _covers(alpha: NDArray[Any], origin: WorkingLayer, area: int) -> bool:
    """True for a bottom layer that is a backdrop: it may fill whatever nothing else covers."""
    share = float(alpha.sum(dtype=np.float64)) / WHITE / area
    return share >= (_BACKGROUND_COVERS if origin.kind is LayerKind.BACKGROUND else _COVERS)


def _spread(sheet: Sheet, box: Box) -> None:
    """Grow the sheet to the whole image; where it had nothing, its colours are unknown."""
    sheet.widen(max(box.width, box.height), box)
    nothing = sheet.pixels[..., ALPHA] == 0
    if nothing.any():
        sheet.unknown = nothing


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
