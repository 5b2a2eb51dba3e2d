"""Array types and the few image helpers that every step of the engine shares."""

from __future__ import annotations

from typing import Any, TypeAlias, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float32]
"""H x W x 3 is RGB 0..255; H x W is a matte 0..1 or a measure."""
Real: TypeAlias = NDArray[np.floating[Any]]
"""The same as an argument, of any precision."""
Bools: TypeAlias = NDArray[np.bool_]
Labels: TypeAlias = NDArray[np.int32]
Box: TypeAlias = tuple[int, int, int, int]
"""left, top, right, bottom in px; right and bottom are exclusive."""

RGB = slice(0, 3)
ALPHA = 3
"""Where colour and alpha lie in the last axis of H x W x 4."""
CHANNELS, RGBA = 3, 4
"""How many there are without and with alpha."""
WHITE = 255
"""The largest 8-bit value: white, and an opaque alpha."""
HALF = 0.5
"""Half a step of rounding, half a pixel, and the middle of a matte."""
WIDTH, HEIGHT, AREA = cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT, cv2.CC_STAT_AREA
"""Columns of `components`' stats."""
BY_SIDES, BY_CORNERS = 4, 8
"""Connectivity: which pixels are neighbours."""
NOT_ZERO = 1e-6
"""Keeps a division by a share finite where there is nothing."""


def dilate(mask: Bools, radius: int) -> Bools:
    """`mask` grown by `radius` px (a disc)."""
    if radius <= 0:
        return mask
    return cv2.dilate(mask.view(np.uint8), _disc(radius)).astype(bool)


def erode(mask: Bools, radius: int) -> Bools:
    """`mask` shrunk by `radius` px; beyond the frame counts as inside."""
    if radius <= 0:
        return mask
    return cv2.erode(mask.view(np.uint8), _disc(radius)).astype(bool)


def close(mask: Bools, radius: int) -> Bools:
    """`mask` with gaps up to 2 x `radius` px bridged."""
    if radius <= 0:
        return mask
    padded = np.pad(mask, radius)
    grown = cv2.erode(cv2.dilate(padded.view(np.uint8), _disc(radius)), _disc(radius)).astype(bool)
    return grown[radius:-radius, radius:-radius] | mask


def opened(mask: Bools, radius: int) -> Bools:
    """`mask` without parts thinner than 2 x `radius` px."""
    return dilate(erode(mask, radius), radius) & mask


def _disc(radius: int) -> NDArray[np.uint8]:
    size = 2 * radius + 1
    return cast(NDArray[np.uint8], cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size)).astype(np.uint8))


def components(mask: Bools, connectivity: int = BY_CORNERS) -> tuple[int, Labels, Labels]:
    """(count with the background, labels, stats as OpenCV gives them: left, top, width, height, area)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.view(np.uint8), connectivity=connectivity)
    return int(count), cast(Labels, labels), cast(Labels, stats)


def fill_holes(mask: Bools) -> Bools:
    """`mask` with every hole closed that does not reach the frame of the array."""
    _, labels, _ = components(~np.pad(mask, 1), BY_SIDES)
    return cast(Bools, (labels != labels[0, 0])[1:-1, 1:-1])


def bounds(mask: Bools, margin: int = 0) -> Box | None:
    """The tight box of `mask`, grown by `margin` and clipped to the array; None where nothing is set."""
    rows = np.flatnonzero(mask.any(1))
    if not len(rows):
        return None
    cols = np.flatnonzero(mask.any(0))
    height, width = mask.shape
    return (
        max(0, int(cols[0]) - margin),
        max(0, int(rows[0]) - margin),
        min(width, int(cols[-1]) + 1 + margin),
        min(height, int(rows[-1]) + 1 + margin),
    )


def grown_box(box: Box, by: int, shape: tuple[int, ...]) -> Box:
    """`box` with `by` px more on each side, within an array of that shape."""
    left, top, right, bottom = box
    return max(0, left - by), max(0, top - by), min(shape[1], right + by), min(shape[0], bottom + by)


def meet(a: Box, b: Box) -> Box | None:
    """What two boxes share; None where they do not touch."""
    left, top = max(a[0], b[0]), max(a[1], b[1])
    right, bottom = (min(ends) for ends in zip(a[2:], b[2:], strict=True))
    return (left, top, right, bottom) if right > left and bottom > top else None


def window(box: Box) -> tuple[slice, slice]:
    """The NumPy index of a box."""
    left, top, right, bottom = box
    return slice(top, bottom), slice(left, right)


def gap_of(a: Box, b: Box) -> float:
    """px between two boxes, corner to corner where they are aligned in neither direction; 0 where they touch."""
    (left, top, right, bottom), (left_b, top_b, right_b, bottom_b) = a, b
    across, down = max(left, left_b) - min(right, right_b), max(top, top_b) - min(bottom, bottom_b)
    return float(np.hypot(max(0, across), max(0, down)))


def size_of(box: Box) -> tuple[int, int]:
    """Height and width of a box, px: the shape of an array that covers it."""
    left, top, right, bottom = box
    return bottom - top, right - left


def channel_max(difference: Real) -> Floats:
    """The largest absolute channel of H x W x 3."""
    planes = cv2.split(np.abs(difference))
    return cast(Floats, cv2.max(cv2.max(planes[0], planes[1]), planes[2]))


def channel_sum(values: Real) -> Floats:
    """The sum of the channels of H x W x 3."""
    planes = cv2.split(values)
    return cast(Floats, planes[0] + planes[1] + planes[2])


def resize(image: Floats | NDArray[np.uint8], width: int, height: int) -> Floats:
    """`image` at another size, of its own type: area means when shrinking, bilinear when growing (no overshoot)."""
    shrinking = width < image.shape[1]
    mode = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
    return cast(Floats, cv2.resize(image, (width, height), interpolation=mode))


def resize_mask(mask: Bools, width: int, height: int) -> Bools:
    """A mask at another size, its edge half way between the pixels."""
    if mask.shape == (height, width):
        return mask
    return resize(mask.astype(np.float32), width, height) > HALF


def rounded_bytes(values: Real) -> NDArray[np.uint8]:
    """0..255 of any precision as bytes: rounded half up, and clipped."""
    return cast(NDArray[np.uint8], np.clip(values + HALF, 0, WHITE).astype(np.uint8))
