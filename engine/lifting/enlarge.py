"""Drafts at working size to sheets at the source's size: mattes guided by the image, colours completed and grained."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from engine.decomposer import WorkingLayer
from engine.document import LayerKind, Pixels
from engine.lifting.colour import complete
from engine.lifting.drafts import Draft, guide
from engine.lifting.grain import NONE, Grain, measured
from engine.lifting.matte import Matte, matte_of, refined
from engine.lifting.parallel import each_tile
from engine.lifting.place import Frame
from engine.lifting.resample import Floats, catmull_rom, resample
from engine.lifting.sheet import TILE, Box, Sheet, tight_box

_REACH = 3
_NO_FINER = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """What every layer of a stack needs."""

    original: Pixels
    frame: Frame
    clear: Pixels
    grain: float
    tick: Callable[[], None]


def enlarged(
    original: Pixels, drafts: Sequence[Draft], frame: Frame, floor: Draft | None, tick: Callable[[], None]
) -> list[Sheet]:
    """The drafts as sheets, bottom to top; the one that is `floor` covers the whole image."""
    image = guide(original, frame)
    complete(drafts, image)
    everywhere = np.ones((frame.working_height, frame.working_width), np.float32)
    overall = measured(original, everywhere, frame.scale_x, frame.scale_y).level
    clear = np.full((frame.height, frame.width), 255, np.uint8)
    work = _Work(original, frame, clear, overall, tick)
    sheets: list[Sheet] = []
    for draft in reversed(drafts):
        matte = matte_of(draft.alpha, image, everywhere)
        noise = NONE
        if min(frame.scale_x, frame.scale_y) > _NO_FINER:
            noise = measured(original, draft.alpha * everywhere, frame.scale_x, frame.scale_y)
        sheets.append(_enlarged(work, draft, matte, noise, draft is floor))
        everywhere = everywhere * (1 - draft.alpha)
    return sheets[::-1]


def _enlarged(work: _Work, draft: Draft, matte: Matte, noise: Grain, is_floor: bool) -> Sheet:
    frame = work.frame
    box = frame.box if is_floor else _box_of(draft, frame)
    out = np.zeros((box.height, box.width, 4), np.uint8)
    channels = len(matte.line) - 1

    def work_on(tile: Box) -> None:
        through = work.clear[tile.within(frame.box)]
        pixels = work.original[tile.within(frame.box)]
        piece = out[tile.within(box)]
        seen = np.asarray(through / 255, np.float32)
        alpha = refined(matte, frame.grid(), tile, _planes(pixels, channels), seen, work.grain)
        piece[..., 3] = np.rint(alpha * 255)
        solid = piece[..., 3]
        if not is_floor and not solid.any():
            return
        if solid.min() == 255 and through.min() == 255:
            piece[..., :3] = pixels[..., :3]
        else:
            piece[..., :3] = _colour(draft, frame, tile, noise, seen)
        through[...] = cv2.multiply(through, 255 - np.ascontiguousarray(solid), scale=1 / 255)

    each_tile(box.tiles(TILE), work_on, work.tick)
    return Sheet(out, box, draft.origin)


def _colour(draft: Draft, frame: Frame, tile: Box, noise: Grain, seen: Floats) -> Pixels:
    colour = resample(draft.colour, frame.grid(), (tile.top, tile.bottom), (tile.left, tile.right), catmull_rom)
    if noise.level and seen.min() < 1:
        colour += noise.tile(tile, draft.number) * (1 - seen)
    return np.moveaxis(np.clip(np.rint(colour), 0, 255), 0, -1).astype(np.uint8)


def _box_of(draft: Draft, frame: Frame) -> Box:
    return frame.to_source(tight_box((draft.alpha > 0.5 / 255).astype(np.uint8)).grown(_REACH, frame.working_box))


def _planes(pixels: Pixels, channels: int) -> Floats:
    planes = np.ascontiguousarray(np.moveaxis(pixels[..., :channels], -1, 0)).astype(np.float32)
    if channels == 4:
        planes[:3] *= planes[3] / 255
    return planes


def residual(frame: Frame) -> Sheet:
    """An empty sheet under all others, for what none of them covers."""
    canvas = np.zeros((frame.height, frame.width, 4), np.uint8)
    return Sheet(canvas, frame.box, WorkingLayer(canvas[:1, :1], name="Residual", kind=LayerKind.BACKGROUND))
