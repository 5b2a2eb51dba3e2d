"""Reading text: PP-OCR detection and recognition, on tiles where the image is large; models are loaded once."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import cv2
import numpy as np

from engine.document import Pixels
from engine.imaging.arrays import Floats

WHOLE_SIDE = 1280
TILE_SIDE = 1280
TILE_OVERLAP = 160
DETAIL_SIDE = 2200
SMALL_SIDE = 480
BATCH = 6
LONE_GLYPH_SCORE = 0.97
SHORT_WORD_SCORE = 0.85
MIN_SCORE = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class TextLine:
    """A line of text that was read.

    Attributes:
        quad: 4 x 2 float32, its corners in image px from the top left of the text, clockwise.
        score: the recogniser's confidence 0..1.
    """

    quad: Floats
    text: str
    score: float

    @property
    def height(self) -> float:
        """px, across the direction of reading."""
        return float(min(self._side(0, 3) + self._side(1, 2), self._side(0, 1) + self._side(3, 2)) / 2)

    @property
    def centre(self) -> Floats:
        return cast(Floats, self.quad.mean(0))

    def _side(self, a: int, b: int) -> float:
        return float(np.linalg.norm(self.quad[a] - self.quad[b]))


@lru_cache(maxsize=1)
def reader() -> Any:
    """The OCR models, loaded once per process."""
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    threads = max(1, min(4, os.cpu_count() or 1))
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Det.limit_type": "max",
            "Det.limit_side_len": 2400,
            "EngineConfig.onnxruntime.intra_op_num_threads": threads,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


def read_lines(rgb: Pixels, poll: Callable[[float], None]) -> list[TextLine]:
    """The text lines of `rgb` (uint8 H x W x 3). `poll` gets 0..1 often and may raise to stop."""
    quads = find_quads(rgb, lambda part: poll(part * 0.6))
    texts = recognise([_crop(rgb, quad) for quad in quads], lambda part: poll(0.6 + part * 0.4))
    lines = [TextLine(quad, text.strip(), score) for quad, (text, score) in zip(quads, texts, strict=True)]
    return [line for line in lines if _believable(line)]


def find_quads(rgb: Pixels, poll: Callable[[float], None]) -> list[Floats]:
    """Boxes of text: one look at the whole image, and one at its tiles where small print would be lost."""
    height, width = rgb.shape[:2]
    if min(height, width) < 12:
        return []
    side = max(height, width)
    scale = min(1.0, WHOLE_SIDE / side) if side > SMALL_SIDE else min(2.0, SMALL_SIDE * 2 / side)
    found = _detect(rgb, scale)
    poll(0.3)
    if side > 1.5 * WHOLE_SIDE:
        tile_scale = min(1.0, DETAIL_SIDE / side)
        tiles = _tiles(round(width * tile_scale), round(height * tile_scale))
        for index, (left, top, right, bottom) in enumerate(tiles):
            box = [round(v / tile_scale) for v in (left, top, right, bottom)]
            offset = np.array([box[0], box[1]], np.float32)
            part = rgb[box[1] : box[3], box[0] : box[2]]
            small = [quad + offset for quad in _detect(part, tile_scale) if _inner(quad, part.shape)]
            found += [quad for quad in small if not any(_overlap(quad, other) > 0.3 for other in found)]
            poll(0.3 + 0.7 * (index + 1) / len(tiles))
    return found


def recognise(crops: list[Pixels], poll: Callable[[float], None]) -> list[tuple[str, float]]:
    """(text, confidence) of each crop, in order."""
    order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1] / crops[i].shape[0])
    out: list[tuple[str, float]] = [("", 0.0)] * len(crops)
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        result = reader().recognize_txt([np.ascontiguousarray(crops[i][..., ::-1]) for i in chosen])
        for i, text, score in zip(chosen, result.txts, result.scores, strict=True):
            out[i] = (str(text), float(score))
        poll((start + len(chosen)) / len(order))
    return out


def _detect(rgb: Pixels, scale: float) -> list[Floats]:
    height, width = rgb.shape[:2]
    size = (max(16, round(width * scale)), max(16, round(height * scale)))
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(rgb, size, interpolation=mode) if scale != 1 else rgb
    padded = cv2.copyMakeBorder(small, 16, 16, 16, 16, cv2.BORDER_REPLICATE)
    boxes = reader()._load_det_model()(np.ascontiguousarray(padded[..., ::-1])).boxes
    factors = np.array([width / size[0], height / size[1]], np.float32)
    return [] if boxes is None else [((np.asarray(box, np.float32) - 16) * factors) for box in boxes]


def _tiles(width: int, height: int) -> list[tuple[int, int, int, int]]:
    def spans(length: int) -> list[tuple[int, int]]:
        count = max(1, math.ceil((length - TILE_OVERLAP) / (TILE_SIDE - TILE_OVERLAP)))
        size = min(length, math.ceil((length + (count - 1) * TILE_OVERLAP) / count))
        starts = [round(i * (length - size) / max(1, count - 1)) for i in range(count)]
        return [(start, start + size) for start in starts]

    return [(left, top, right, bottom) for top, bottom in spans(height) for left, right in spans(width)]


def _inner(quad: Floats, shape: tuple[int, ...]) -> bool:
    """Whether a tile's box is small print that is not cut by the tile's edge."""
    height, width = shape[:2]
    low, high = quad.min(0), quad.max(0)
    return bool((low > 2).all() and high[0] < width - 2 and high[1] < height - 2)


def _overlap(a: Floats, b: Floats) -> float:
    """Shared part of two boxes, as a share of the smaller."""
    low = np.maximum(a.min(0), b.min(0))
    high = np.minimum(a.max(0), b.max(0))
    shared = float(np.prod(np.maximum(0, high - low)))
    areas = [float(np.prod(np.maximum(1, q.max(0) - q.min(0)))) for q in (a, b)]
    return shared / min(areas)


def _crop(rgb: Pixels, quad: Floats) -> Pixels:
    """The upright picture of a box; text that runs downwards is turned."""
    across = max(float(np.linalg.norm(quad[0] - quad[1])), float(np.linalg.norm(quad[3] - quad[2])))
    down = max(float(np.linalg.norm(quad[0] - quad[3])), float(np.linalg.norm(quad[1] - quad[2])))
    shrink = min(1.0, 96 / max(1.0, min(across, down)))
    size = (max(4, round(across * shrink)), max(4, round(down * shrink)))
    corners = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    turn = cv2.getPerspectiveTransform(np.ascontiguousarray(quad), corners)
    crop = cv2.warpPerspective(rgb, turn, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    if size[1] >= 1.5 * size[0]:
        crop = np.rot90(crop)
    return np.ascontiguousarray(crop).astype(np.uint8)


def _believable(line: TextLine) -> bool:
    letters = sum(character.isalnum() for character in line.text)
    least = LONE_GLYPH_SCORE if letters == 1 else SHORT_WORD_SCORE if letters <= 3 else MIN_SCORE
    return letters > 0 and line.score >= least
