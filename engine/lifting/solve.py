"""The exact solve: bytes for every layer whose stack is the image.

With layer alphas a_k, the share of layer k in a pixel is w_k = a_k * prod over layers above of (1 - a_j), and the stack
shows sum of w_k F_k. Where one opaque layer shows (w = 1) its colour is the image's own bytes. Elsewhere the remainder
R = I - sum of w_k F_k is spread by least change: dF_k = w_k R / sum of w_j^2, within 0..255, so that the layer that is
mostly seen takes most of it and a hidden colour stays the engine's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

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
from engine.lifting.sheet import Box, Sheet

_PASSES = 6
_CLOSE = 0.2
_PIECE = 16384

_LEAST_SHARE = 1e-3
"""Keeps what rounding left finite where hardly anything is seen."""


def solve(original: Pixels, sheets: Sequence[Sheet], tick: Callable[[], None], check: Check) -> None:
    """Set the colours of `sheets` (bottom to top) so that their stack is `original`; alphas stay.

    Args:
        original: uint8 H x W x 4 straight alpha; the sheets' alphas must already stack to its alpha.
        tick: called before each tile; may raise to stop.
        check: the same, more often.
    """

    def work(tile: Box) -> None:
        parts = [(sheet, sheet.box.meet(tile)) for sheet in sheets]
        active = [(sheet, part) for sheet, part in parts if part.area and sheet.view(part)[..., ALPHA].any()]
        views = [_on_tile(sheet, part, tile) for sheet, part in active]
        solve_tile(np.ascontiguousarray(original[tile.top : tile.bottom, tile.left : tile.right]), views)
        for (sheet, part), view in zip(active, views, strict=True):
            sheet.view(part)[...] = view[part.within(tile)]

    each_tile(Box(0, 0, original.shape[1], original.shape[0]).tiles(), work, tick, check)


def _on_tile(sheet: Sheet, part: Box, tile: Box) -> Pixels:
    if part == tile:
        return sheet.view(tile).copy()
    view = np.zeros((tile.height, tile.width, RGBA), np.uint8)
    view[part.within(tile)] = sheet.view(part)
    return view


def solve_tile(target: Pixels, views: Sequence[Pixels]) -> None:
    """Set the colours of `views` (uint8 h x w x 4 each, bottom to top) in place so that they stack to `target`."""
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
        _solve_mixed(_words(target), [_words(view) for view in views], piece)
    for view in views:
        _words(view)[view[..., ALPHA].reshape(-1) == 0] = 0


def _words(pixels: Pixels) -> NDArray[np.uint32]:
    return pixels.view(np.uint32).reshape(-1)


def _solve_mixed(image: NDArray[np.uint32], words: list[NDArray[np.uint32]], at: NDArray[np.int64]) -> None:
    found = [_planes(word[at]) for word in words]
    used = [k for k, planes in enumerate(found) if planes[ALPHA].any()]
    weight = shares(np.stack([found[k][ALPHA] for k in used]))
    target = _planes(image[at]).astype(np.float32)
    wanted = target[RGB] * (target[ALPHA] / WHITE)
    colour = least_change(wanted, np.stack([found[k][RGB] for k in used]).astype(np.float32), weight)
    for k, made, share in zip(used, colour, weight, strict=True):
        np.copyto(found[k][RGB], made, where=share > 0)
        words[k][at] = np.ascontiguousarray(found[k].T).view(np.uint32)[:, 0]


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


def least_change(wanted: Floats, colour: Floats, weight: Floats) -> Pixels:
    """Bytes nearest to `colour` (layers x 3 x pixels, 0..255) whose sum by `weight` (layers x pixels) is `wanted`.

    One step is exact unless a colour leaves 0..255; the few pixels where one does are repeated among the others.
    """
    energy = np.maximum((weight * weight).sum(axis=0), NOT_ZERO)
    step = _lacking(wanted, colour, weight) / energy
    for planes, share in zip(colour, weight, strict=True):
        planes += share * step
    if colour.min() < 0 or colour.max() > WHITE:
        np.clip(colour, 0, WHITE, out=colour)
        _settle(wanted, colour, weight)
    return _to_bytes(wanted, colour, weight)


def _lacking(wanted: Floats, colour: Floats, weight: Floats) -> Floats:
    rest = wanted.copy()
    for planes, share in zip(colour, weight, strict=True):
        rest -= planes * share
    return rest


def _settle(wanted: Floats, colour: Floats, weight: Floats) -> None:
    todo = np.flatnonzero(np.abs(_lacking(wanted, colour, weight)).max(axis=0) > _CLOSE)
    for _ in range(_PASSES):
        share, now = weight[:, None, todo], colour[:, :, todo]
        rest = _lacking(wanted[:, todo], now, weight[:, todo])
        off = np.abs(rest).max(axis=0) > _CLOSE
        if not off.any():
            return
        todo, share, now, rest = todo[off], share[..., off], now[..., off], rest[:, off]
        free = np.where(rest > 0, now < WHITE, now > 0) * share
        step = rest / np.maximum((free * free).sum(axis=0), NOT_ZERO)
        colour[:, :, todo] = np.clip(now + free * step, 0, WHITE)


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
