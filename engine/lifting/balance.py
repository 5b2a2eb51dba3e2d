"""Alphas whose stack has the image's own alpha: what covers too much gives way, what is not covered is filled.

On an opaque image every pixel must end in something opaque. On a transparent page the layers share what the image's
alpha leaves to them. A change goes where it costs a cut-out least; what would cost too much goes to the floor, which is
the engine's own backdrop or, where it has none, a Residual layer at the bottom.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from engine.cancel import Check
from engine.document import Pixels
from engine.imaging.arrays import (
    ALPHA,
    BY_CORNERS,
    NOT_ZERO,
    WHITE,
    Labels,
)
from engine.lifting.parallel import each_tile
from engine.lifting.resample import Floats
from engine.lifting.sheet import Box, Sheet, is_seen, tight_box

_LITTLE = 0.04
_LITTLE_ON_A_PAGE = 0.3
_YIELD = 0.7
_SPECK = 2e-5
_FAINT = 48
_AROUND = 32
_UNSEEN = 1
"""0..255: alpha of a floor that nobody can see, and without which the image is still within a step."""

_SPECK_AREA = 16.0
"""px: the same, for small pictures."""
_ROUNDED = 0.4
"""0..255: what is lacking by less is lacking only in rounding."""


def balance(original: Pixels, sheets: Sequence[Sheet], floor: Sheet, tick: Callable[[], None], check: Check) -> None:
    """Change the alphas of `sheets` (bottom to top, `floor` among them) so that their stack has that of `original`."""

    def work(tile: Box) -> None:
        _balance_tile(original, sheets, floor, tile, at_any_cost=False)

    each_tile(Box(0, 0, original.shape[1], original.shape[0]).tiles(), work, tick, check)


def dissolve(original: Pixels, sheets: Sequence[Sheet], floor: Sheet, tick: Callable[[], None], check: Check) -> None:
    """Hand the floor's specks and faint tails to the layers beside them; nobody wants a layer of dust."""
    alpha = np.ascontiguousarray(floor.pixels[..., ALPHA])
    if not alpha.any():
        return
    count, found, stats, _ = cv2.connectedComponentsWithStats((alpha > 0).astype(np.uint8), connectivity=BY_CORNERS)
    check()
    labels = np.asarray(found, np.int32)
    strongest = np.asarray(ndimage.maximum(alpha, labels, np.arange(count)))
    check()
    dust = (stats[:, cv2.CC_STAT_AREA] < max(_SPECK_AREA, _SPECK * alpha.size)) | (strongest <= _FAINT)
    dust[0] = False
    whole = Box(0, 0, original.shape[1], original.shape[0])
    _make_room(np.asarray(stats, np.int32)[dust], [sheet for sheet in sheets if sheet is not floor], whole)
    for tile in floor.box.tiles():
        tick()
        inside = tile.within(floor.box)
        here = dust[labels[inside]]
        if here.any():
            floor.pixels[inside][here] = 0
            _balance_tile(original, sheets, floor, tile, at_any_cost=True)
    _hand_over(floor, [sheet for sheet in sheets if sheet is not floor], whole)


def _make_room(specks: Labels, sheets: Sequence[Sheet], whole: Box) -> None:
    """Widen each sheet, once, that has specks (n x left, top, width, height, area) near it but outside its box."""
    left, top = specks[:, cv2.CC_STAT_LEFT] - _AROUND, specks[:, cv2.CC_STAT_TOP] - _AROUND
    right = left + specks[:, cv2.CC_STAT_WIDTH] + 2 * _AROUND
    bottom = top + specks[:, cv2.CC_STAT_HEIGHT] + 2 * _AROUND
    for sheet in sheets:
        box = sheet.box
        meets = (left < box.right) & (right > box.left) & (top < box.bottom) & (bottom > box.top)
        beyond = (left < box.left) | (right > box.right) | (top < box.top) | (bottom > box.bottom)
        if (meets & beyond).any():
            sheet.widen(2 * _AROUND, whole)


def _hand_over(floor: Sheet, sheets: Sequence[Sheet], whole: Box) -> None:
    """What is left on the floor, where nobody can see it: to the layer with the most alpha, which has none there."""
    alpha = floor.pixels[..., ALPHA]
    tight = tight_box(alpha)
    if not tight.area or is_seen(alpha[tight.within(floor.box)]):
        return
    if alpha.max() > _UNSEEN and sheets:
        heir = max(sheets, key=lambda sheet: int(sheet.pixels[..., ALPHA].sum(dtype=np.int64)))
        heir.widen(max(whole.width, whole.height), whole)
        free = (heir.pixels[..., ALPHA] == 0) & (alpha > 0)
        heir.pixels[free] = floor.pixels[free]
        floor.pixels[free] = 0
    else:
        floor.pixels[...] = 0


def _balance_tile(original: Pixels, sheets: Sequence[Sheet], floor: Sheet, tile: Box, *, at_any_cost: bool) -> None:
    wanted = original[tile.top : tile.bottom, tile.left : tile.right, ALPHA]
    parts = [(sheet, sheet.box.meet(tile)) for sheet in sheets]
    active = [(sheet, part) for sheet, part in parts if sheet is floor or part.area]
    sealed = np.zeros(wanted.shape, bool)
    for sheet, part in active:
        sealed[part.within(tile)] |= sheet.view(part)[..., ALPHA] == WHITE
    open_at = np.flatnonzero(~(sealed & (wanted == WHITE)))
    if not open_at.size:
        return
    layers = [_on_tile(sheet, part, tile) for sheet, part in active]
    goal = (wanted.reshape(-1)[open_at] / WHITE).astype(np.float32)
    alphas = np.stack([layer.reshape(-1)[open_at] for layer in layers])
    at_floor = next(i for i, (sheet, _) in enumerate(active) if sheet is floor)
    beside = None
    if at_any_cost:
        beside = np.stack([_beside(sheet, part, tile).reshape(-1)[open_at] for sheet, part in active])
        beside[at_floor] = 0
    give_way(alphas, goal)
    fill_up(alphas, goal, at_floor, beside)
    for (sheet, part), layer, alpha in zip(active, layers, alphas, strict=True):
        layer.reshape(-1)[open_at] = alpha
        sheet.view(part)[..., ALPHA] = layer[part.within(tile)]


def _beside(sheet: Sheet, part: Box, tile: Box) -> Floats:
    """How much of the sheet lies around each pixel of the tile, 0..1; 0 where the sheet has no pixels to take it."""
    out = np.zeros((tile.height, tile.width), np.float32)
    wider = tile.grown(_AROUND, sheet.box)
    alpha = np.ascontiguousarray(sheet.view(wider)[..., ALPHA]).astype(np.float32) / np.float32(WHITE)
    mean = cv2.blur(alpha, (2 * _AROUND + 1,) * 2, borderType=cv2.BORDER_CONSTANT)
    out[part.within(tile)] = mean[part.within(wider)]
    return out


def _on_tile(sheet: Sheet, part: Box, tile: Box) -> Pixels:
    layer = np.zeros((tile.height, tile.width), np.uint8)
    layer[part.within(tile)] = sheet.view(part)[..., ALPHA]
    return layer


def give_way(alphas: Pixels, goal: Floats) -> None:
    """Lower `alphas` (uint8 layers x pixels, bottom to top), in place, until none covers more than `goal` (0..1).

    The strongest yields first, up to a third: where a strand lies over a soft shadow, the strand's edge is the less
    certain of the two. What is left is taken from the bottom, since the top is what is seen.
    """
    at = np.flatnonzero(goal < 1)
    if not at.size:
        return
    some = np.minimum(alphas[:, at], np.rint(goal[at] * WHITE).astype(np.uint8))
    strongest, pixels = some.argmax(axis=0), np.arange(at.size)
    most = some[strongest, pixels] / np.float32(WHITE)
    enough = 1 - (1 - goal[at]) / np.maximum(_clear(some, strongest), NOT_ZERO)
    some[strongest, pixels] = np.rint(np.clip(np.minimum(most, np.maximum(enough, _YIELD * most)), 0, 1) * WHITE)
    above = np.zeros(at.size, np.float32)
    for k in reversed(range(len(some))):
        room = (goal[at] - above) / np.maximum(1 - above, NOT_ZERO)
        some[k] = np.minimum(some[k], np.rint(np.clip(room, 0, 1) * WHITE))
        above += (1 - above) * some[k].astype(np.float32) / WHITE
    alphas[:, at] = some


def fill_up(alphas: Pixels, goal: Floats, floor: int, beside: Floats | None = None) -> None:
    """Raise `alphas`, in place, to `goal`: the strongest layer where that changes it little, else layer `floor`.

    A layer on a transparent page may change more, since there the image's own alpha says what is right. Where `beside`
    (layers x pixels) says which layers are near, the strongest or else the nearest takes whatever is lacking.
    """
    clear = np.prod(1 - alphas.astype(np.float32) / WHITE, axis=0, dtype=np.float32)
    short = np.flatnonzero((1 - clear) * WHITE < goal * WHITE - _ROUNDED)
    if not short.size:
        return
    some, aim, pixels = alphas[:, short], goal[short], np.arange(short.size)
    claim = some.astype(np.float32) if beside is None else some + beside[:, short]
    strongest = claim.argmax(axis=0)
    most = some[strongest, pixels] / np.float32(WHITE)
    lacking = 1 - (1 - aim) / np.maximum(_clear(some, strongest), NOT_ZERO) - most
    little = np.where(aim < 1, np.float32(_LITTLE_ON_A_PAGE), np.float32(_LITTLE))
    able = (most > 0) & (lacking <= little)
    if beside is not None:
        able = claim[strongest, pixels] > 0
    chosen = np.where(able, strongest, floor)
    needed = 1 - (1 - aim) / np.maximum(_clear(some, chosen), NOT_ZERO)
    alphas[chosen, short] = np.rint(np.clip(needed, 0, 1) * WHITE)


def _clear(alphas: Pixels, without: NDArray[np.int64]) -> Floats:
    """What all layers but one let through, per pixel, 0..1."""
    out = np.ones(alphas.shape[1], np.float32)
    for k, alpha in enumerate(alphas):
        out *= np.where(without == k, np.float32(1), 1 - alpha / np.float32(WHITE))
    return out
