"""Reading text: PP-OCR detection and recognition, on tiles where the image is large; models are loaded once."""

from __future__ import annotations

import logging
import math
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.alone import alone
from engine.cancel import Check, never
from engine.document import Pixels

log = logging.getLogger(__name__)

Quad: TypeAlias = NDArray[np.float32]
"""4 x 2, corners in image px: from the top left of the text, clockwise."""

# Sizes, px. What the detector was found to need on posters and screenshots (reference/embedded-engine.md, 2 and 3).
WHOLE_SIDE = 1280
"""The longest side at which the whole image is looked at."""
TILE_SIDE = 1280
TILE_OVERLAP = 160
MANY_TILES = 1.5
"""Tiles are looked at where the image is longer than this many `WHOLE_SIDE`."""
DETAIL_SIDE = 2200
"""The longest side of the image that is cut into tiles."""
SMALL_SIDE = 480
"""A smaller image is doubled, at most to twice this."""
LEAST_SIDE = 12
"""Nothing can be read on an image that is narrower."""
LEAST_INPUT = 16
"""The least side that the detector is given."""
BORDER = 16
"""Repeated edge around what the detector sees, so that text at the image's edge is found whole."""
DETECTOR_LIMIT = 2400
"""Above anything that it is given here: the detector shall not reduce again."""
CROP_HEIGHT = 96
"""The recogniser reads at 48 px; twice that keeps what its own reduction needs."""
LEAST_CROP = 4
UPRIGHT = 1.5
"""A crop this many times as high as wide is text that runs downwards."""
CUT_BY_TILE = 2
"""px: a box this near a tile's edge is cut by it; the whole look has it."""
SAME_BOX = 0.3
"""Shared part of the smaller of two boxes from which on they are one find."""

BATCH = 6
"""Lines that are recognised at once; the model's own default."""
MOST_THREADS = 4
"""More make a 1 MP picture no faster."""
LOOKING_SHARE = 0.6
"""Part of reading that finding the boxes takes, and, within it, the look at the whole image."""
WHOLE_SHARE = 0.3

UPPER_LEFT, UPPER_RIGHT, LOWER_RIGHT, LOWER_LEFT = range(4)
"""Which row of a quad is which corner."""

# Least scores of what is believed to be text; below them the recogniser reads letters into round pictures.
LONE_GLYPH_SCORE = 0.97
SHORT_WORD_SCORE = 0.85
SHORT_WORD = 3
MIN_SCORE = 0.6


@dataclass(frozen=True, slots=True, eq=False)
class TextLine:
    """A line of text that was read.

    Attributes:
        quad: 4 x 2 float32, its corners in image px from the top left of the text, clockwise.
        score: the recogniser's confidence 0..1.
    """

    quad: Quad
    text: str
    score: float

    @property
    def height(self) -> float:
        """px, across the direction of reading."""
        sides = _side(self.quad, UPPER_LEFT, LOWER_LEFT) + _side(self.quad, UPPER_RIGHT, LOWER_RIGHT)
        ends = _side(self.quad, UPPER_LEFT, UPPER_RIGHT) + _side(self.quad, LOWER_LEFT, LOWER_RIGHT)
        return min(sides, ends) / 2

    @property
    def centre(self) -> Quad:
        """x, y in px."""
        return cast(Quad, self.quad.mean(0))


@lru_cache(maxsize=1)
def reader() -> Any:
    """The OCR models, loaded once per process. Raises ImportError where rapidocr is missing."""
    from rapidocr import RapidOCR

    logging.getLogger("RapidOCR").setLevel(logging.CRITICAL)
    return RapidOCR(
        params={
            "Global.log_level": "critical",
            "Global.use_cls": False,
            "Det.limit_type": "max",
            "Det.limit_side_len": DETECTOR_LIMIT,
            "EngineConfig.onnxruntime.intra_op_num_threads": max(1, min(MOST_THREADS, os.cpu_count() or 1)),
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
        }
    )


@lru_cache(maxsize=1)
def _detector() -> Any:
    """The reader's detector by itself: called through the reader it would reduce large images first."""
    from rapidocr.ch_ppocr_det import TextDetector

    config = reader().cfg
    config.Det.engine_cfg = config.EngineConfig[config.Det.engine_type.value]
    config.Det.model_root_dir = config.Global.model_root_dir
    return TextDetector(config.Det)


def load(check: Check = never) -> None:
    """Load what reading needs, while `check` is heard. Raises whatever keeps a model from loading."""
    alone(_detector, check)


def read_lines(rgb: Pixels, poll: Callable[[float], None], check: Check = never) -> list[TextLine]:
    """The text lines of `rgb` (uint8 H x W x 3).

    Args:
        poll: gets 0..1 after each step, and may raise to stop.
        check: called often in between; a model that runs when it raises is left to end alone.

    Raises whatever a model raises that cannot look at the image at all; a line that cannot be recognised is left out.
    """
    quads = find_quads(rgb, lambda part: poll(part * LOOKING_SHARE), check)
    crops = [_crop(rgb, quad) for quad in quads]
    texts = recognise(crops, lambda part: poll(LOOKING_SHARE + part * (1 - LOOKING_SHARE)), check)
    lines = [TextLine(quad, text.strip(), score) for quad, (text, score) in zip(quads, texts, strict=True)]
    return [line for line in lines if _believable(line)]


def find_quads(rgb: Pixels, poll: Callable[[float], None], check: Check = never) -> list[Quad]:
    """Boxes of text: one look at the whole image, and one at its tiles where small print would be lost."""
    height, width = rgb.shape[:2]
    if min(height, width) < LEAST_SIDE:
        return []
    side = max(height, width)
    scale = min(1.0, WHOLE_SIDE / side) if side > SMALL_SIDE else min(2.0, SMALL_SIDE * 2 / side)
    found = _detect(rgb, scale, check)
    poll(WHOLE_SHARE)
    if side > MANY_TILES * WHOLE_SIDE:
        tile_scale = min(1.0, DETAIL_SIDE / side)
        tiles = _tiles(round(width * tile_scale), round(height * tile_scale))
        for index, (left, top, right, bottom) in enumerate(tiles):
            left, top, right, bottom = (round(v / tile_scale) for v in (left, top, right, bottom))
            offset = np.array([left, top], np.float32)
            part = rgb[top:bottom, left:right]
            small = [quad + offset for quad in _detect(part, tile_scale, check) if _inner(quad, part.shape)]
            found += [quad for quad in small if not _is_among(quad, found)]
            poll(WHOLE_SHARE + (1 - WHOLE_SHARE) * (index + 1) / len(tiles))
    return found


def recognise(crops: list[Pixels], poll: Callable[[float], None], check: Check = never) -> list[tuple[str, float]]:
    """(text, confidence) of each crop (uint8 h x w x 3), in order; ("", 0) for one that the model fails on.

    Raises what the model raises where it fails on every crop.
    """
    order = sorted(range(len(crops)), key=lambda i: crops[i].shape[1] / crops[i].shape[0])
    out: list[tuple[str, float]] = [("", 0.0)] * len(crops)
    failures: list[Exception] = []
    for start in range(0, len(order), BATCH):
        chosen = order[start : start + BATCH]
        for i, answer in zip(chosen, _recognised([crops[i] for i in chosen], check, failures), strict=True):
            out[i] = answer
        poll((start + len(chosen)) / len(order))
    if crops and len(failures) == len(crops):
        raise failures[0]
    return out


def _recognised(crops: Sequence[Pixels], check: Check, failures: list[Exception]) -> list[tuple[str, float]]:
    """The answers for one batch; where that fails, each crop by itself, and `failures` gets what they raise."""
    reversed_channels = [np.ascontiguousarray(crop[..., ::-1]) for crop in crops]
    check()
    failed: list[Exception] = []

    def read() -> Any:
        try:
            return reader().recognize_txt(reversed_channels)
        except Exception as error:
            log.warning("a batch of %d text lines could not be recognised", len(crops), exc_info=True)
            failed.append(error)
            return None

    result = alone(read, check)
    if not failed:
        return [(str(text), float(score)) for text, score in zip(result.txts, result.scores, strict=True)]
    if len(crops) == 1:
        failures += failed
        return [("", 0.0)]
    return [answer for crop in crops for answer in _recognised([crop], check, failures)]


def _detect(rgb: Pixels, scale: float, check: Check) -> list[Quad]:
    height, width = rgb.shape[:2]
    size = (max(LEAST_INPUT, round(width * scale)), max(LEAST_INPUT, round(height * scale)))
    mode = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    small = cv2.resize(rgb, size, interpolation=mode) if scale != 1 else rgb
    padded = cv2.copyMakeBorder(small, BORDER, BORDER, BORDER, BORDER, cv2.BORDER_REPLICATE)
    boxes = alone(lambda: _detector()(np.ascontiguousarray(padded[..., ::-1])).boxes, check)
    factors = np.array([width / size[0], height / size[1]], np.float32)
    return [] if boxes is None else [((np.asarray(box, np.float32) - BORDER) * factors) for box in boxes]


def _tiles(width: int, height: int) -> list[tuple[int, int, int, int]]:
    def spans(length: int) -> list[tuple[int, int]]:
        count = max(1, math.ceil((length - TILE_OVERLAP) / (TILE_SIDE - TILE_OVERLAP)))
        size = min(length, math.ceil((length + (count - 1) * TILE_OVERLAP) / count))
        starts = [round(i * (length - size) / max(1, count - 1)) for i in range(count)]
        return [(start, start + size) for start in starts]

    return [(left, top, right, bottom) for top, bottom in spans(height) for left, right in spans(width)]


def _inner(quad: Quad, shape: tuple[int, ...]) -> bool:
    """Whether a tile's box is small print that is not cut by the tile's edge."""
    height, width = shape[:2]
    low, high = quad.min(0), quad.max(0)
    return bool((low > CUT_BY_TILE).all() and high[0] < width - CUT_BY_TILE and high[1] < height - CUT_BY_TILE)


def _is_among(quad: Quad, found: list[Quad]) -> bool:
    """Whether a box shares so much with one of `found` that it is the same text."""
    if not found:
        return False
    others = np.stack(found)
    low = np.maximum(quad.min(0), others.min(1))
    high = np.minimum(quad.max(0), others.max(1))
    shared = np.prod(np.maximum(0, high - low), axis=1)
    area = np.prod(np.maximum(1, quad.max(0) - quad.min(0)))
    areas = np.prod(np.maximum(1, others.max(1) - others.min(1)), axis=1)
    return bool((shared > SAME_BOX * np.minimum(area, areas)).any())


def _side(quad: Quad, a: int, b: int) -> float:
    """px from one corner to another."""
    return float(np.linalg.norm(quad[a] - quad[b]))


def _crop(rgb: Pixels, quad: Quad) -> Pixels:
    """The upright picture of a box; text that runs downwards is turned."""
    across = max(_side(quad, UPPER_LEFT, UPPER_RIGHT), _side(quad, LOWER_LEFT, LOWER_RIGHT))
    down = max(_side(quad, UPPER_LEFT, LOWER_LEFT), _side(quad, UPPER_RIGHT, LOWER_RIGHT))
    shrink = min(1.0, CROP_HEIGHT / max(1.0, min(across, down)))
    size = (max(LEAST_CROP, round(across * shrink)), max(LEAST_CROP, round(down * shrink)))
    corners = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    turn = cv2.getPerspectiveTransform(np.ascontiguousarray(quad), corners)
    crop = cv2.warpPerspective(rgb, turn, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    if size[1] >= UPRIGHT * size[0]:
        crop = np.rot90(crop)
    return np.ascontiguousarray(crop).astype(np.uint8)


def _believable(line: TextLine) -> bool:
    letters = sum(character.isalnum() for character in line.text)
    least = LONE_GLYPH_SCORE if letters == 1 else SHORT_WORD_SCORE if letters <= SHORT_WORD else MIN_SCORE
    return letters > 0 and line.score >= least
