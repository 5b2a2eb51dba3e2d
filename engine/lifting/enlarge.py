"""Drafts at working size to sheets at the source's size: mattes guided by the image, colours completed and grained."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import cv2
import numpy as np

from engine.decomposer import WorkingLayer
from engine.document import LayerKind, Pixels
from engine.lifting.colour import complete
from engine.lifting.drafts import Draft, guide
from engine.lifting.matte import Matte, matte_of, refined
from engine.lifting.place import Frame
from engine.lifting.resample import Floats, catmull_rom, resample
from engine.lifting.sheet import TILE, Box, Sheet, tight_box

_REACH = 3


def enlarged(
    original: Pixels, drafts: Sequence[Draft], frame: Frame, floor: Draft | None, tick: Callable[[], None]
) -> list[Sheet]:
    """The drafts as sheets, bottom to top; the one that is `floor` covers the whole image."""
    image = guide(original, frame)
    complete(drafts, image)
    grain = grain_of(original)
    clear_working = np.ones((frame.working_height, frame.working_width), np.float32)
    clear = np.full((frame.height, frame.width), 255, np.uint8)
    sheets: list[Sheet] = []
    for draft in reversed(drafts):
        matte = matte_of(draft.alpha, image, clear_working)
        sheets.append(_enlarged(original, draft, matte, frame, clear, draft is floor, grain, tick))
        clear_working *= 1 - draft.alpha
    return sheets[::-1]


def _enlarged(
    original: Pixels,
    draft: Draft,
    matte: Matte,
    frame: Frame,
    clear: Pixels,
    is_floor: bool,
    grain: float,
    tick: Callable[[], None],
) -> Sheet:
    box = frame.box if is_floor else _box_of(draft, frame)
    out = np.zeros((box.height, box.width, 4), np.uint8)
    channels = len(matte.line) - 1
    for tile in box.tiles(TILE):
        tick()
        through = clear[tile.within(frame.box)]
        pixels = original[tile.within(frame.box)]
        piece = out[tile.within(box)]
        seen = np.asarray(through / 255, np.float32)
        alpha = refined(matte, frame.grid(), tile, _planes(pixels, channels), seen, grain)
        piece[..., 3] = np.rint(alpha * 255)
        solid = piece[..., 3]
        if not is_floor and not solid.any():
            continue
        if solid.min() == 255 and through.min() == 255:
            piece[..., :3] = pixels[..., :3]
        else:
            colour = resample(draft.colour, frame.grid(), (tile.top, tile.bottom), (tile.left, tile.right), catmull_rom)
            piece[..., :3] = np.moveaxis(np.clip(np.rint(colour), 0, 255), 0, -1)
            if not is_floor:
                piece[solid == 0] = 0
        through[...] = cv2.multiply(through, 255 - np.ascontiguousarray(solid), scale=1 / 255)
    return Sheet(out, box, draft.origin)


def _box_of(draft: Draft, frame: Frame) -> Box:
    return frame.to_source(tight_box((draft.alpha > 0.5 / 255).astype(np.uint8)).grown(_REACH, frame.working_box))


def _planes(pixels: Pixels, channels: int) -> Floats:
    planes = np.ascontiguousarray(np.moveaxis(pixels[..., :channels], -1, 0)).astype(np.float32)
    if channels == 4:
        planes[:3] *= planes[3] / 255
    return planes


def grain_of(original: Pixels) -> float:
    """The deviation of the image's noise in 8-bit steps: the median of many small patches' finest detail."""
    height, width = original.shape[:2]
    side = 32
    levels = []
    for top in np.linspace(0, max(0, height - side), 12).astype(int):
        for left in np.linspace(0, max(0, width - side), 12).astype(int):
            patch = original[top : top + side, left : left + side]
            if patch[..., 3].min() == 255 and min(patch.shape[:2]) >= 8:
                green = patch[..., 1].astype(np.float32)
                fine = green - cv2.GaussianBlur(green, (0, 0), 1.0)
                levels.append(float(np.median(np.abs(fine))) * 1.4826 * 1.3)
    return float(np.median(levels)) if levels else 0.0


def residual(frame: Frame) -> Sheet:
    """An empty sheet under all others, for what none of them covers."""
    canvas = np.zeros((frame.height, frame.width, 4), np.uint8)
    return Sheet(canvas, frame.box, WorkingLayer(canvas[:1, :1], name="Residual", kind=LayerKind.BACKGROUND))
