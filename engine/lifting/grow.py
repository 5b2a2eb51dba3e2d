"""Layers grown to hold what is theirs: a rim that an engine's matte has missed, and that the layer below would wear.

Where the layer that is seen shows plainly (alpha 255, nothing over it), but an edge of a layer above is near, the image
may differ from the colour that the engine gave the lower layer: an outline, a blurred edge, a leftover of a shadow.
That belongs to the nearest layer above, unless the lower layer shows the like nearby (a texture that its fill has
missed). The upper layer's alpha becomes the least veil that explains it,

    a = max over channels of (I - B) / (255 - B) and (B - I) / B

(the compositing equation I = a F + (1 - a) B with F at 0 or 255), so that the lower layer keeps what was filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.cancel import Check
from engine.document import Pixels
from engine.imaging.arrays import ALPHA, RGB, WHITE
from engine.lifting.parallel import each_tile
from engine.lifting.resample import Floats
from engine.lifting.sheet import DEAR, UNSEEN, Box, Sheet

Indices: TypeAlias = NDArray[np.int64]

_REACH = 1 / 160
"""Part of the picture's longer side that counts as near an edge ..."""
_LEAST_REACH = 4
"""... and the least of it, px."""
_CLEARLY = 1.5
"""Of a layer's slack: from this on a difference is not the layer's own."""
_ROUNDING = 1e-3
"""Of a step of alpha: what is lost in computing it does not round it up."""
FAINTEST = 2
"""0..255: alpha of a layer below which nothing has an edge there."""


@dataclass(frozen=True, slots=True, eq=False)
class _Rim:
    """What layers gain: rows and columns of the picture, the index of the sheet that each belongs to, and its alpha
    (uint8)."""

    rows: Indices
    cols: Indices
    owner: Indices
    alpha: Pixels


@dataclass(frozen=True, slots=True, eq=False)
class _Place:
    """A tile and its surroundings, walked through from the top layer down.

    Attributes:
        image: uint8 h x w x 4 over `wide`.
        above: int16 h x w over `wide`, 1 + the index of what lies on top of all, of the layers so far; 0 for none.
    """

    tile: Box
    wide: Box
    image: Pixels
    above: NDArray[np.int16]
    reach: int


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """A layer as it is seen in a place.

    Attributes:
        pixels: uint8 h x w x 4 over `part`.
        plain: bool h x w, where it shows, opaque. off: where it does, but clearly not in the image's colour.
    """

    part: Box
    pixels: Pixels
    plain: NDArray[np.bool_]
    off: NDArray[np.bool_]
    slack: float


def reach_of(original: Pixels) -> int:
    """How far from an edge, px, a layer may still be found to have missed something."""
    return max(_LEAST_REACH, round(_REACH * float(max(original.shape[:2]))))


def grow(
    original: Pixels, sheets: Sequence[Sheet], tick: Callable[[], None], check: Check, *, least: int = FAINTEST
) -> None:
    """Raise alphas of `sheets` (bottom to top), in place, around their edges; boxes grow where they must.

    Args:
        original: uint8 H x W x 4 straight alpha.
        least: alpha, 0..255, from which a layer counts as being somewhere.
    """
    if len(sheets) < 2:
        return
    whole = Box(0, 0, original.shape[1], original.shape[0])
    reach = reach_of(original)
    rims: list[_Rim] = []

    def work(tile: Box) -> None:
        rims.extend(_rims(original, sheets, tile, reach, least))

    each_tile(whole.tiles(), work, tick, check)
    for index in sorted({int(k) for rim in rims for k in np.unique(rim.owner)}):
        check()
        sheets[index].widen(reach, whole)
        for rim in rims:
            _give(sheets[index], rim, rim.owner == index)


def _give(sheet: Sheet, rim: _Rim, own: NDArray[np.bool_]) -> None:
    sheet.pixels[rim.rows[own] - sheet.box.top, rim.cols[own] - sheet.box.left, ALPHA] = rim.alpha[own]


def _rims(original: Pixels, sheets: Sequence[Sheet], tile: Box, reach: int, least: int) -> Iterator[_Rim]:
    """What layers gain in the tile, a rim for each layer that shows plainly there and has not the image's colour."""
    wide = tile.grown(2 * reach, Box(0, 0, original.shape[1], original.shape[0]))
    image = np.ascontiguousarray(original[wide.top : wide.bottom, wide.left : wide.right])
    unseen = image[..., ALPHA] == WHITE
    place = _Place(tile, wide, image, np.zeros(unseen.shape, np.int16), reach)
    for index in reversed(range(len(sheets))):
        part = sheets[index].box.meet(wide)
        if not part.area:
            continue
        here = part.within(wide)
        alpha = sheets[index].view(part)[..., ALPHA]
        plain = unseen[here] & (alpha == WHITE)
        unseen[here] &= alpha == 0
        if place.above.any():
            seen = _seen(sheets[index], part, image[here], plain)
            if rim := _rim(place, seen):
                yield rim
        np.copyto(place.above[here], np.int16(index + 1), where=(alpha >= least) & (place.above[here] == 0))


def _seen(sheet: Sheet, part: Box, image: Pixels, plain: NDArray[np.bool_]) -> _Seen:
    view = sheet.view(part)
    off = np.asarray(plain & (view.view(np.uint32)[..., 0] != image.view(np.uint32)[..., 0]), np.bool_)
    if sheet.unknown is not None:
        off &= ~sheet.unknown[part.within(sheet.box)]
    rows, cols = np.nonzero(off)
    far = np.abs(view[rows, cols, RGB].astype(np.int16) - image[rows, cols, RGB]).max(axis=1, initial=0)
    off[rows, cols] = far > _CLEARLY * sheet.slack
    return _Seen(part, view, plain, off, sheet.slack)


def _rim(place: _Place, seen: _Seen) -> _Rim | None:
    """What the layers above gain from one layer in the tile."""
    wide = place.wide
    inner = np.zeros(seen.off.shape, bool)
    inner[place.tile.meet(seen.part).within(seen.part)] = True
    own_rows, own_cols = np.nonzero(seen.off & inner)
    if not own_rows.size:
        return None
    rows, cols = own_rows + seen.part.top - wide.top, own_cols + seen.part.left - wide.left
    near = Box(int(cols.min()), int(rows.min()), int(cols.max()) + 1, int(rows.max()) + 1)
    near = near.grown(place.reach + 1, Box(0, 0, wide.width, wide.height))
    cut = (slice(near.top, near.bottom), slice(near.left, near.right))
    at = (rows - near.top, cols - near.left)
    nearest, distance = _nearest(place.above[cut])
    owner, away = nearest[at], distance[at]
    found = (away <= place.reach) & (owner > 0)
    if not found.any():
        return None
    known = np.zeros(place.above.shape, bool)
    known[seen.part.within(wide)] = seen.plain & ~seen.off
    colours = np.ascontiguousarray(place.image[cut][..., RGB])
    found &= ~_alike(colours, known[cut], place.reach, round(_CLEARLY * seen.slack))[at]
    over = place.image[rows, cols, RGB].astype(np.float32)
    under = seen.pixels[own_rows, own_cols, RGB].astype(np.float32)
    alpha = _veil(over, under)
    found &= (np.abs(over - under).max(axis=1) > UNSEEN) | (alpha <= DEAR)
    exact = np.ceil(alpha[found] * WHITE - _ROUNDING).astype(np.uint8)
    return _Rim(rows[found] + wide.top, cols[found] + wide.left, owner[found] - 1, exact)


def _nearest(above: NDArray[np.int16]) -> tuple[Indices, Floats]:
    """For each pixel the value of the nearest that is not 0 (0 where there is none), and how far that is, px."""
    empty = above == 0
    if empty.all():
        return np.zeros(above.shape, np.int64), np.full(above.shape, np.inf, np.float32)
    away, labels = cv2.distanceTransformWithLabels(
        empty.astype(np.uint8), cv2.DIST_L2, cv2.DIST_MASK_5, labelType=cv2.DIST_LABEL_PIXEL
    )
    values = np.zeros(int(labels.max()) + 1, np.int64)
    values[labels[~empty]] = above[~empty]
    return values[labels], np.asarray(away, np.float32)


def _alike(image: Pixels, known: NDArray[np.bool_], reach: int, slack: int) -> NDArray[np.bool_]:
    """Where each channel lies within what `known` pixels nearby show: a texture that the fill missed, no outline."""
    kernel = np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)
    low = cv2.erode(np.where(known[..., None], image, np.uint8(WHITE)), kernel)
    high = cv2.dilate(np.where(known[..., None], image, np.uint8(0)), kernel)
    more, less = (np.full_like(image, slack) for _ in range(2))
    within = (cv2.add(image, more) >= low) & (cv2.subtract(image, less) <= high)
    return np.asarray(np.asarray(within).all(axis=2), np.bool_)


def _veil(image: Floats, below: Floats) -> Floats:
    """The least alpha, 0..1, with which some colour over `below` gives `image` (both n x 3, 0..255)."""
    rise = (image - below) / np.maximum(WHITE - below, 1)
    fall = (below - image) / np.maximum(below, 1)
    return np.asarray(np.clip(np.maximum(rise, fall).max(axis=1), 0, 1), np.float32)
