"""The exact solve: bytes for every layer whose stack is the image, while what is hidden keeps its fill.

With layer alphas a_k, the share of layer k in a pixel is w_k = a_k * prod over layers above of (1 - a_j), and the stack
shows sum of w_k F_k. Where one opaque layer shows (w = 1) its colour is the image's own bytes. Elsewhere the remainder
R = I - sum of w_k F_k is first spread by least change, dF_k = w_k R / sum of w_j^2, but a colour that something lies
over moves no farther than the layer's own slack: it was invented, and what it took would be the ghost of what lies over
it. The topmost layer, which is what is seen, takes the rest. Over the stack B below it and with an alpha of at least

    a >= max over channels of (I - B) / (255 - B) and (B - I) / B

its colour F = (I - (1 - a) B) / a lies within 0..255; an alpha below this is raised to it. (Both formulas are the
compositing equation I = a F + (1 - a) B of Porter and Duff 1984, solved for the extremes of F and for F.)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cancel import Check
from engine.document import Pixels
from engine.imaging.arrays import (
    ALPHA,
    CHANNELS,
    NOT_ZERO,
    RGB,
    RGBA,
    WHITE,
)
from engine.lifting.parallel import each_tile
from engine.lifting.resample import Floats
from engine.lifting.sheet import DEAR, FIRM, UNSEEN, Box, Sheet

Slack: TypeAlias = float | Floats
"""How far hidden colours may move, 0..255: for a whole layer, or per pixel of a tile."""

_PASSES = 6
"""Times that the remainder is spread again among the colours that have not reached 0 or 255."""
_CLOSE = 0.2
"""0..255: a remainder that rounding swallows."""
_NEAR = 0.5
"""0..255: a remainder that may be the image's own rounding; for less no alpha is raised."""
_PIECE = 16384
"""Pixels that are solved at a time, so that memory stays bounded."""
_ROUNDING = 1e-3
"""Of a step of alpha: what is lost in computing it does not round it up."""
_SEALED = 0.999
"""Alpha of what lies below from which an alpha above it can be raised without changing that of the stack."""
_ANY = float(WHITE)
"""The slack of a colour that nobody knows."""

_LEAST_SHARE = 1e-3
"""Keeps what rounding left finite where hardly anything is seen."""


def near_edges(shape: tuple[int, ...], sheets: Sequence[Sheet], reach: int, check: Check) -> NDArray[np.bool_]:
    """Where the topmost layer has an edge, that is, is firm within `reach` px; not under smoke and glass. bool H x W.

    Layers that were enlarged know what lies under a wide veil no better than what the image says about it.
    """
    out = np.zeros(shape[:2], bool)
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    for sheet in sheets[1:]:
        check()
        alpha = np.ascontiguousarray(sheet.pixels[..., ALPHA])
        firm = cv2.dilate((alpha >= FIRM).astype(np.uint8), kernel) > 0
        np.copyto(out[sheet.box.top : sheet.box.bottom, sheet.box.left : sheet.box.right], firm, where=alpha > 0)
    return out


def solve(
    original: Pixels,
    sheets: Sequence[Sheet],
    held: NDArray[np.bool_] | None,
    tick: Callable[[], None],
    check: Check,
) -> None:
    """Set the colours of `sheets` (bottom to top) so that their stack is `original`; some alphas are raised.

    Args:
        original: uint8 H x W x 4 straight alpha; the sheets' alphas must already stack to its alpha.
        held: bool H x W, where hidden colours stay within their slack; None for everywhere.
        tick: called before each tile; may raise to stop.
        check: the same, more often.
    """
    whole = Box(0, 0, original.shape[1], original.shape[0])

    def work(tile: Box) -> None:
        parts = [(sheet, sheet.box.meet(tile)) for sheet in sheets]
        active = [(sheet, part) for sheet, part in parts if part.area and sheet.view(part)[..., ALPHA].any()]
        views = [_on_tile(sheet, part, tile) for sheet, part in active]
        here = None if held is None else held[tile.within(whole)]
        slacks = [_slack(sheet, tile, here) for sheet, _ in active]
        solve_tile(np.ascontiguousarray(original[tile.top : tile.bottom, tile.left : tile.right]), views, slacks)
        for (sheet, part), view in zip(active, views, strict=True):
            sheet.view(part)[...] = view[part.within(tile)]

    each_tile(whole.tiles(), work, tick, check)


def _slack(sheet: Sheet, tile: Box, held: NDArray[np.bool_] | None) -> Slack:
    """How far the sheet's hidden colours may move, 0..255: one number, or one per pixel of the tile, flattened."""
    free = None if held is None or held.all() else ~held
    if sheet.unknown is not None:
        unknown = sheet.unknown[tile.within(sheet.box)]
        free = unknown if free is None else free | unknown
    if free is None:
        return sheet.slack
    return np.where(free, np.float32(_ANY), np.float32(sheet.slack)).reshape(-1)


def _on_tile(sheet: Sheet, part: Box, tile: Box) -> Pixels:
    if part == tile:
        return sheet.view(tile).copy()
    view = np.zeros((tile.height, tile.width, RGBA), np.uint8)
    view[part.within(tile)] = sheet.view(part)
    return view


def solve_tile(target: Pixels, views: Sequence[Pixels], slacks: Sequence[Slack]) -> None:
    """Set the colours of `views` (uint8 h x w x 4 each, bottom to top) in place so that they stack to `target`.

    Args:
        target: uint8 h x w x 4.
        slacks: for each view how far, 0..255, what is hidden of it may move.
    """
    unseen = np.ones(target.shape[:2], bool)
    mixed = np.zeros(target.shape[:2], bool)
    for view in reversed(views):
        alpha = view[..., ALPHA]
        seen = unseen & (alpha > 0)
        whole = seen & (alpha == WHITE)
        np.copyto(view[..., RGB], target[..., RGB], where=whole[..., None])
        mixed |= seen & ~whole
        unseen &= ~seen
    at = np.flatnonzero(mixed)
    for piece in np.array_split(at, -(-at.size // _PIECE)) if at.size else ():
        _solve_mixed(_words(target), [_words(view) for view in views], slacks, piece)
    for view in views:
        _words(view)[view[..., ALPHA].reshape(-1) == 0] = 0


def _words(pixels: Pixels) -> NDArray[np.uint32]:
    return pixels.view(np.uint32).reshape(-1)


def _solve_mixed(
    image: NDArray[np.uint32], words: list[NDArray[np.uint32]], slacks: Sequence[Slack], at: NDArray[np.int64]
) -> None:
    found = [_planes(word[at]) for word in words]
    used = [k for k, planes in enumerate(found) if planes[ALPHA].any()]
    alphas = np.stack([found[k][ALPHA] for k in used])
    target = _planes(image[at]).astype(np.float32)
    wanted = target[RGB] * (target[ALPHA] / WHITE)
    slack = np.stack([np.broadcast_to(_at(slacks[k], at), at.shape) for k in used])
    colour, raised = solved(wanted, np.stack([found[k][RGB] for k in used]), alphas, slack)
    for k, made, alpha in zip(used, colour, raised, strict=True):
        np.copyto(found[k][RGB], made, where=alpha > 0)
        found[k][ALPHA] = alpha
        words[k][at] = np.ascontiguousarray(found[k].T).view(np.uint32)[:, 0]


def _at(slack: Slack, at: NDArray[np.int64]) -> Floats | np.float32:
    return slack[at] if isinstance(slack, np.ndarray) else np.float32(slack)


def _planes(words: NDArray[np.uint32]) -> Pixels:
    """Pixels packed in words to 4 x pixels."""
    return np.ascontiguousarray(words.view(np.uint8).reshape(-1, RGBA).T)


def shares(alphas: Pixels) -> Floats:
    """uint8 layers x pixels, bottom to top, to each layer's share of what is seen, float32, 0..1."""
    weight = alphas.astype(np.float32) / np.float32(WHITE)
    clear = np.ones(alphas.shape[1], np.float32)
    for k in reversed(range(len(alphas))):
        left = clear * (1 - weight[k])
        weight[k] *= clear
        clear = left
    return weight


def solved(wanted: Floats, given: Pixels, alphas: Pixels, slack: Floats) -> tuple[Pixels, Pixels]:
    """Colours and alphas near the given ones whose stack shows `wanted`.

    Args:
        wanted: colour times alpha, 3 x pixels, 0..255.
        given: colours, uint8 layers x 3 x pixels, bottom to top.
        alphas: uint8 layers x pixels.
        slack: layers x pixels, how far a colour may move that something lies over, 0..255.

    Returns colours (uint8, layers x 3 x pixels) and alphas (uint8, layers x pixels).
    """
    colour = given.astype(np.float32)
    weight = shares(alphas)
    top = len(alphas) - 1 - (alphas[::-1] > 0).argmax(axis=0)
    limit = np.where(np.arange(len(alphas))[:, None] == top, np.float32(_ANY), slack)
    step = _lacking(wanted, colour, weight) / np.maximum((weight * weight).sum(axis=0), NOT_ZERO)
    for planes, share, most in zip(colour, weight, limit, strict=True):
        planes += np.clip(share * step, -most, most)
    np.clip(colour, 0, WHITE, out=colour)
    raised = alphas
    if (todo := _off(wanted, colour, weight, _CLOSE)).size:
        part = (wanted[:, todo], colour[:, :, todo], weight[:, todo])
        start, most = given[:, :, todo].astype(np.float32), limit[:, None, todo]
        _settle(*part, np.maximum(start - most, 0), np.minimum(start + most, WHITE), _off(*part, _CLOSE))
        more = alphas[:, todo]
        _take(*part, more, top[todo], _off(*part, _CLOSE))
        _settle(*part, np.zeros_like(part[1]), np.full_like(part[1], WHITE), _off(*part, _NEAR))
        colour[:, :, todo], weight[:, todo] = part[1], part[2]
        raised = alphas.copy()
        raised[:, todo] = more
    return _to_bytes(wanted, colour, weight), raised


def _off(wanted: Floats, colour: Floats, weight: Floats, more_than: float) -> NDArray[np.int64]:
    """The pixels that lack more than that, 0..255."""
    return np.flatnonzero(np.abs(_lacking(wanted, colour, weight)).max(axis=0) > more_than)


def _take(
    wanted: Floats, colour: Floats, weight: Floats, alphas: Pixels, top: NDArray[np.int64], todo: NDArray[np.int64]
) -> None:
    """Give what is lacking at the pixels `todo` to the layer on `top`, in place, its alpha raised to the least veil.

    Where what lies below is not opaque, an alpha cannot be raised, and where it is nearly white or black, raising it
    for a small step would cost too much of the cut-out; there only the colour is solved, as far as 0..255.
    """
    upper, target = top[todo], wanted[:, todo]
    alpha = weight[upper, todo]
    clear = np.maximum(1 - alpha, NOT_ZERO)
    share = weight[:, todo]
    share[upper, np.arange(todo.size)] = 0
    below = np.zeros_like(target)
    for planes, part in zip(colour, share, strict=True):
        below += planes[:, todo] * part
    below /= clear
    rise = (target - _CLOSE - below) / np.maximum(WHITE - below, _CLOSE)
    fall = (below - _CLOSE - target) / np.maximum(below, _CLOSE)
    least = np.ceil(np.maximum(rise, fall).max(axis=0) * WHITE - _ROUNDING) / WHITE
    sealed = share.sum(axis=0) > _SEALED * clear
    reached = np.clip((target - clear * below) / np.maximum(alpha, 1 / WHITE), 0, WHITE) * alpha + clear * below
    rest = np.abs(reached - target).max(axis=0)
    dear = (rest <= UNSEEN * clear) & (least - alpha > DEAR)
    sealed &= (rest > _NEAR) & ~dear
    more = np.where(sealed, np.clip(least, alpha, 1), alpha).astype(np.float32)
    weight[:, todo] = share * ((1 - more) / clear)
    weight[upper, todo] = more
    alphas[upper, todo] = np.rint(more * WHITE)
    colour[upper, :, todo] = np.clip((target - (1 - more) * below) / np.maximum(more, 1 / WHITE), 0, WHITE).T


def _lacking(wanted: Floats, colour: Floats, weight: Floats) -> Floats:
    rest = wanted.copy()
    for planes, share in zip(colour, weight, strict=True):
        rest -= planes * share
    return rest


def _settle(wanted: Floats, colour: Floats, weight: Floats, low: Floats, high: Floats, todo: NDArray[np.int64]) -> None:
    """Spread what is lacking at the pixels `todo` among the colours that have room between `low` and `high`."""
    for _ in range(_PASSES):
        share, now = weight[:, None, todo], colour[:, :, todo]
        rest = _lacking(wanted[:, todo], now, weight[:, todo])
        off = np.abs(rest).max(axis=0) > _CLOSE
        if not off.any():
            return
        todo, share, now, rest = todo[off], share[..., off], now[..., off], rest[:, off]
        least, most = low[:, :, todo], high[:, :, todo]
        free = np.where(rest > 0, now < most, now > least) * share
        step = rest / np.maximum((free * free).sum(axis=0), NOT_ZERO)
        colour[:, :, todo] = np.clip(now + free * step, least, most)


def _to_bytes(wanted: Floats, colour: Floats, weight: Floats) -> Pixels:
    """Rounded colours; the layer that is seen most then takes what rounding the others has left."""
    whole = np.rint(colour, out=colour)
    most = weight.argmax(axis=0)
    pixels = np.arange(wanted.shape[1])
    rest = _lacking(wanted, whole, weight)
    step = np.rint(rest / np.maximum(weight[most, pixels], _LEAST_SHARE))
    for channel in range(CHANNELS):
        plane = whole[:, channel]
        plane[most, pixels] = np.clip(plane[most, pixels] + step[channel], 0, WHITE)
    return whole.astype(np.uint8)
