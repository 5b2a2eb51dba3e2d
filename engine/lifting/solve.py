"""The exact solve: bytes for every layer whose stack is the image.

With layer alphas a_k, the share of layer k in a pixel is w_k = a_k * prod over layers above of (1 - a_j), and the stack
shows sum of w_k F_k. Where one opaque layer shows (w = 1) its colour is the image's own bytes. Elsewhere the remainder
R = I - sum of w_k F_k is spread by least change: dF_k = w_k R / sum of w_j^2, within 0..255, so that the layer that is
mostly seen takes most of it and a hidden colour stays the engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.document import Pixels
from engine.lifting.resample import Floats
from engine.lifting.sheet import Box, Sheet

_PASSES = 6
_CLOSE = 0.2
_PIECE = 16384


@dataclass(frozen=True, slots=True, eq=False)
class Pile:
    """The sheets that meet a tile, bottom to top, and the tile of the image they must add up to.

    Attributes:
        target: uint8 h x w x 4.
        views: uint8 h x w x 4 each, cut or padded to the tile; `write` brings changes back.
        floor: index of the layer that fills what no other covers.
    """

    target: Pixels
    views: list[Pixels]
    floor: int


def solve(original: Pixels, sheets: Sequence[Sheet], floor: Sheet, tick: Callable[[], None]) -> None:
    """Set alpha and colour of `sheets` (bottom to top) so that their stack is `original`.

    Args:
        original: uint8 H x W x 4 straight alpha.
        floor: the sheet, one of `sheets` and as large as the image, that fills what no other covers.
        tick: called before each tile; may raise to stop.
    """
    height, width = original.shape[:2]
    for tile in Box(0, 0, width, height).tiles():
        tick()
        _solve_tile(original[tile.top : tile.bottom, tile.left : tile.right], sheets, floor, tile)


def _solve_tile(target: Pixels, sheets: Sequence[Sheet], floor: Sheet, tile: Box) -> None:
    active: list[tuple[Sheet, Box]] = []
    for sheet in sheets:
        part = sheet.box.meet(tile)
        if sheet is floor or (part.area and sheet.view(part)[..., 3].any()):
            active.append((sheet, part))
    views = [_on_tile(sheet, part, tile) for sheet, part in active]
    pile = Pile(target, views, next(i for i, (sheet, _) in enumerate(active) if sheet is floor))
    balance_alpha(pile)
    solve_colour(pile)
    for (sheet, part), view in zip(active, views, strict=True):
        sheet.view(part)[...] = view[part.within(tile)]


def _on_tile(sheet: Sheet, part: Box, tile: Box) -> Pixels:
    if part == tile:
        return sheet.view(tile).copy()
    view = np.zeros((tile.height, tile.width, 4), np.uint8)
    view[part.within(tile)] = sheet.view(part)
    return view


def balance_alpha(pile: Pile) -> None:
    """Change alphas as little as needed for the stack's alpha to be the image's.

    From the top, no layer may cover more than the image leaves to it; what then lacks is added to one layer: to one
    that is nearly opaque there, else to the floor.
    """
    wanted = pile.target[..., 3]
    sealed = np.zeros(wanted.shape, bool)
    for view in pile.views:
        sealed |= view[..., 3] == 255
    open_at = np.flatnonzero(~(sealed & (wanted == 255)))
    if not open_at.size:
        return
    flat = [view.reshape(-1, 4) for view in pile.views]
    goal = (wanted.reshape(-1)[open_at] / 255).astype(np.float32)
    alphas = np.stack([view[open_at, 3] for view in flat])
    _cap(alphas, goal)
    _raise(alphas, goal, pile.floor)
    for view, alpha in zip(flat, alphas, strict=True):
        view[open_at, 3] = alpha
        view[open_at[goal == 0]] = 0


def _cap(alphas: Pixels, goal: Floats) -> None:
    soft = np.flatnonzero(goal < 1)
    above = np.zeros(soft.size, np.float32)
    for k in reversed(range(len(alphas))):
        room = (goal[soft] - above) / np.maximum(1 - above, 1e-6)
        alpha = np.minimum(alphas[k, soft], np.rint(np.clip(room, 0, 1) * 255))
        alphas[k, soft] = alpha
        above += (1 - above) * alpha / np.float32(255)


def _raise(alphas: Pixels, goal: Floats, floor: int) -> None:
    clear = np.prod(1 - alphas.astype(np.float32) / 255, axis=0, dtype=np.float32)
    short = np.flatnonzero((1 - clear) * 255 < goal * 255 - 0.4)
    if not short.size:
        return
    chosen = _raised(alphas[:, short], goal[short], clear[short], floor)
    rest = np.ones(short.size, np.float32)
    for k in range(len(alphas)):
        rest *= np.where(chosen == k, np.float32(1), 1 - alphas[k, short] / np.float32(255))
    needed = 1 - (1 - goal[short]) / np.maximum(rest, 1e-6)
    alphas[chosen, short] = np.rint(np.clip(needed, 0, 1) * 255)


def _raised(alphas: Pixels, goal: Floats, clear: Floats, floor: int) -> NDArray[np.int64]:
    """Which layer gives the missing alpha: the strongest where that changes it little, else the floor.

    A layer on a transparent page may change more, since there the image's own alpha says what is right.
    """
    strongest = alphas.argmax(axis=0)
    most = alphas[strongest, np.arange(len(goal))] / np.float32(255)
    needed = 1 - (1 - goal) * (1 - most) / np.maximum(clear, 1e-6)
    little = np.where(goal < 1, np.float32(0.25), np.float32(0.04))
    return np.where(needed - most <= little, strongest, floor)


def solve_colour(pile: Pile) -> None:
    """Set the colours of the pile's views; alphas stay."""
    shape = pile.target.shape[:2]
    unseen = np.ones(shape, bool)
    mixed = np.zeros(shape, bool)
    for view in reversed(pile.views):
        alpha = view[..., 3]
        seen = unseen & (alpha > 0)
        whole = seen & (alpha == pile.target[..., 3]) & (alpha == 255)
        np.copyto(view[..., :3], pile.target[..., :3], where=whole[..., None])
        mixed |= seen & ~whole
        unseen &= ~seen
    at = np.flatnonzero(mixed)
    for piece in np.array_split(at, -(-at.size // _PIECE)) if at.size else ():
        _solve_mixed(pile, piece)


def _solve_mixed(pile: Pile, at: NDArray[np.int64]) -> None:
    words = [view.view(np.uint32).reshape(-1) for view in pile.views]
    found = [_planes(word[at]) for word in words]
    used = [k for k, planes in enumerate(found) if planes[3].any()]
    weight = shares(np.stack([found[k][3] for k in used]))
    target = _planes(np.ascontiguousarray(pile.target).view(np.uint32).reshape(-1)[at]).astype(np.float32)
    wanted = target[:3] * (target[3] / 255)
    colour = least_change(wanted, np.stack([found[k][:3] for k in used]).astype(np.float32), weight)
    for k, made, share in zip(used, colour, weight, strict=True):
        np.copyto(found[k][:3], made, where=share > 0)
        words[k][at] = np.ascontiguousarray(found[k].T).view(np.uint32)[:, 0]


def _planes(words: NDArray[np.uint32]) -> Pixels:
    """Pixels packed in words to 4 x pixels."""
    return np.ascontiguousarray(words.view(np.uint8).reshape(-1, 4).T)


def shares(alphas: Pixels) -> Floats:
    """uint8 layers x pixels, bottom to top, to each layer's share of what is seen, float32, 0..1."""
    weight = alphas.astype(np.float32) / np.float32(255)
    clear = np.ones(alphas.shape[1], np.float32)
    for k in reversed(range(len(alphas))):
        left = clear * (1 - weight[k])
        weight[k] *= clear
        clear = left
    return weight


def least_change(wanted: Floats, colour: Floats, weight: Floats) -> Pixels:
    """Bytes nearest to `colour` (layers x 3 x pixels, 0..255) whose sum by `weight` (layers x pixels) is `wanted`.

    One step is exact unless a colour leaves 0..255; the few pixels where one does are repeated among the others.
    """
    energy = np.maximum((weight * weight).sum(axis=0), 1e-6)
    step = _lacking(wanted, colour, weight) / energy
    for planes, share in zip(colour, weight, strict=True):
        planes += share * step
    if colour.min() < 0 or colour.max() > 255:
        np.clip(colour, 0, 255, out=colour)
        _settle(wanted, colour, weight)
    return _to_bytes(wanted, colour, weight)


def _lacking(wanted: Floats, colour: Floats, weight: Floats) -> Floats:
    rest = wanted.copy()
    for planes, share in zip(colour, weight, strict=True):
        rest -= planes * share
    return rest


def _settle(wanted: Floats, colour: Floats, weight: Floats) -> None:
    todo = np.arange(wanted.shape[1])
    for _ in range(_PASSES):
        share, now = weight[:, None, todo], colour[:, :, todo]
        rest = wanted[:, todo] - (share * now).sum(axis=0)
        off = np.abs(rest).max(axis=0) > _CLOSE
        if not off.any():
            return
        todo, share, now, rest = todo[off], share[..., off], now[..., off], rest[:, off]
        free = np.where(rest > 0, now < 255, now > 0) * share
        step = rest / np.maximum((free * free).sum(axis=0), 1e-6)
        colour[:, :, todo] = np.clip(now + free * step, 0, 255)


def _to_bytes(wanted: Floats, colour: Floats, weight: Floats) -> Pixels:
    """Rounded colours; the layer that is seen most then takes what rounding the others has left."""
    whole = np.rint(colour, out=colour)
    most = weight.argmax(axis=0)
    pixels = np.arange(wanted.shape[1])
    rest = _lacking(wanted, whole, weight)
    step = np.rint(rest / np.maximum(weight[most, pixels], 1e-3))
    for channel in range(3):
        plane = whole[:, channel]
        plane[most, pixels] = np.clip(plane[most, pixels] + step[channel], 0, 255)
    return whole.astype(np.uint8)
