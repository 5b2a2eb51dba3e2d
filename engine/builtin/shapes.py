"""Rectangles, ellipses and outlines: the simple shape that a flat region is a part of, and its exact coverage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.imaging.arrays import (
    HALF,
    NOT_ZERO,
    Bools,
    Box,
    Floats,
    bounds,
    dilate,
    erode,
    fill_holes,
    opened,
    size_of,
    window,
)

EXTRA = 0.015
MIN_VISIBLE = 0.45
UNCOVERED = 0.012
SLACK = 2

# px.
MARGIN = 6
LEAST_CORNER, LEAST_RADIUS = 3, 3.5
"""Half sides that have corners, and radii that are not only antialiasing."""
LEAST_ELLIPSE, LEAST_TURNED = 4, 3
LEAST_SQUARE, MOST_SQUARE = 4, 1e8
"""Squared radii between which a fitted circle means something."""
OUTLIER = 1.5
"""A point this near to a fitted circle is always kept for the second fit."""
OFF_SLACK, OFF_SIZE = 0.65, 0.008
"""How far an outline may be from a shape: part of the slack, or of its half sides."""
CIRCLE_OFF, CIRCLE_OFF_SIZE, ELLIPSE_OFF_SIZE = 0.9, 0.006, 0.012
BETTER = 0.15
"""A shape that is tried later must fit this much better."""

# Shares.
ROUNDED, NEARLY_SQUARE = 0.85, 1.15
"""A rectangle with corners of this part of half its side, and sides of this proportion at most, is round."""
WHISKER = 0.04
"""Rows with less of the longest one's pixels are whiskers."""
OWN = 0.2
"""Share of the outline that must be the region's own to be measured alone."""
MOST_ELLIPSE = 3
"""An ellipse that is larger than this many times the region's frame is no fit."""
LEAST_POINTS = 12
INLIERS, RESIDUAL = 85, 90
"""Percentiles of distances: up to which points are kept, and which stands for how far they are off."""
QUARTER, UPRIGHT = 90, 0.7
"""Degrees: of a quarter turn; a rectangle that is turned by less is upright."""


@dataclass(frozen=True, slots=True)
class Shape:
    """A rounded rectangle or an ellipse.

    Attributes:
        kind: "rectangle" or "ellipse".
        x, y: centre in px (pixel centres lie at .5).
        half_width, half_height: px.
        angle: degrees, clockwise on screen.
        radius: px, of a rectangle's corners.
    """

    kind: str
    x: float
    y: float
    half_width: float
    half_height: float
    angle: float = 0.0
    radius: float = 0.0

    def scaled(self, scale: float) -> Shape:
        """The same shape on an image `scale` times as large."""
        return replace(
            self,
            x=self.x * scale,
            y=self.y * scale,
            half_width=self.half_width * scale,
            half_height=self.half_height * scale,
            radius=self.radius * scale,
        )

    def distance(self, box: Box) -> Floats:
        """Signed distance to the outline in px over `box`, negative inside (an ellipse's is a close approximation)."""
        left, top, right, bottom = box
        xs = np.arange(left, right, dtype=np.float32) + HALF
        ys = np.arange(top, bottom, dtype=np.float32)[:, None] + HALF
        return self._distance(xs - self.x, ys - self.y)

    def distance_at(self, points: NDArray[np.float32]) -> Floats:
        """The same at N x 2 points."""
        return self._distance(points[:, 0] - self.x, points[:, 1] - self.y)

    def _distance(self, x: Floats, y: Floats) -> Floats:
        turn = np.deg2rad(self.angle)
        u, v = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        if self.kind == "ellipse":
            a, b = max(self.half_width, HALF), max(self.half_height, HALF)
            k1 = np.hypot(u / a, v / b)
            k2 = np.hypot(u / a**2, v / b**2)
            return cast(Floats, (k1 * (k1 - 1) / np.maximum(k2, NOT_ZERO)).astype(np.float32))
        p = np.abs(u) - self.half_width + self.radius
        q = np.abs(v) - self.half_height + self.radius
        outside = np.hypot(np.maximum(p, 0), np.maximum(q, 0))
        return cast(Floats, (outside + np.minimum(np.maximum(p, q), 0) - self.radius).astype(np.float32))

    def coverage(self, box: Box) -> Floats:
        """Antialiased coverage 0..1 over `box`."""
        return cast(Floats, np.clip(HALF - self.distance(box), 0, 1))

    def mask(self, shape: tuple[int, int]) -> Bools:
        """The shape on an image of `shape` (height, width): pixels whose centre lies inside."""
        out = np.zeros(shape, bool)
        reach = float(np.hypot(self.half_width, self.half_height)) + 2
        left, top = max(0, int(self.x - reach)), max(0, int(self.y - reach))
        box = (left, top, min(shape[1], int(self.x + reach) + 1), min(shape[0], int(self.y + reach) + 1))
        if min(size_of(box)) > 0:
            out[window(box)] = self.distance(box) < 0
        return out


@dataclass(frozen=True, slots=True, eq=False)
class Completion:
    """A region together with what is hidden of it.

    Attributes:
        full: the whole shape, visible or not.
        shape: its geometry, or None where it is only an outline.
        simple: whether the outline is a rectangle or ellipse (or was completed to one).
    """

    full: Bools
    shape: Shape | None


def complete(region: Bools, cover: Bools, outline: bool = True, slack: int = SLACK) -> Completion | None:
    """The simplest shape that `region` is the visible part of; what is missing of it must lie under `cover`.

    Tried in this order: rectangle, rotated rectangle, ellipse, and the region's own outline with its covered holes
    closed (where `outline` allows it). None where not even that holds. `slack` is how far, in px, edges may be off.
    """
    box = bounds(region, MARGIN)
    if box is None:
        return None
    part, hidden = region[window(box)], cover[window(box)]
    found = _complete(part, hidden, _frame_of(box, region.shape), outline, slack)
    if found is None:
        return None
    full, shape = found
    if shape is None:
        return _outlined(region, box, full)
    placed = replace(shape, x=shape.x + box[0], y=shape.y + box[1])
    whole = placed.mask(cast(tuple[int, int], region.shape))
    if fill_holes(part).sum() < MIN_VISIBLE * whole.sum():
        return _outlined(region, box, _own_outline(part, hidden)) if outline else None
    return Completion(whole, placed)


def _outlined(region: Bools, box: Box, full: Bools | None) -> Completion | None:
    if full is None:
        return None
    out = np.zeros_like(region)
    out[window(box)] = full
    return Completion(out, None)


def _frame_of(box: Box, shape: tuple[int, ...]) -> Bools:
    """Pixels of the box that lie on the image's frame; an outline there says nothing about the shape."""
    left, top, right, bottom = box
    frame = np.zeros(size_of(box), bool)
    near = 2  # px: an outline this near to it is the frame's
    frame[: max(0, near - top)] = True
    frame[:, : max(0, near - left)] = True
    frame[frame.shape[0] - max(0, near - (shape[0] - bottom)) :] = True
    frame[:, frame.shape[1] - max(0, near - (shape[1] - right)) :] = True
    return frame


def _complete(
    region: Bools, cover: Bools, frame: Bools, outline: bool, slack: int
) -> tuple[Bools, Shape | None] | None:
    points = _outline_points(region, cover, frame, slack)
    best: tuple[float, Bools, Shape] | None = None
    for shape in _candidates(region, points):
        off = _residual(shape, points)
        if off > max(OFF_SLACK * slack, OFF_SIZE * (shape.half_width + shape.half_height)) or (
            best and off > best[0] - BETTER
        ):
            continue
        full = shape.mask(cast(tuple[int, int], region.shape))
        if _holds(full, region, cover, slack):
            best = (off, full, shape)
    if best is not None:
        return best[1], best[2]
    full_outline = _own_outline(region, cover) if outline else None
    return None if full_outline is None else (full_outline, None)


def _candidates(region: Bools, points: NDArray[np.float32]) -> list[Shape]:
    out = [_upright(region), _ellipse(points, region), _turned(region)]
    return [shape for shape in out if shape is not None and not _is_round(shape)]


def _is_round(shape: Shape) -> bool:
    """A rectangle that is rounded into a circle."""
    short, long = sorted((shape.half_width, shape.half_height))
    return shape.kind == "rectangle" and shape.radius > ROUNDED * short and long < NEARLY_SQUARE * short


def _holds(full: Bools, region: Bools, cover: Bools, slack: int) -> bool:
    extra = region & ~dilate(full, slack)
    missing = erode(full, slack) & ~region & ~cover
    return bool(extra.sum() <= EXTRA * region.sum() and missing.sum() <= UNCOVERED * full.sum())


def _upright(region: Bools) -> Shape:
    rows, cols = region.sum(1), region.sum(0)
    top, bottom = _extent(rows)
    left, right = _extent(cols)
    half_width, half_height = (right - left) / 2, (bottom - top) / 2
    shape = Shape("rectangle", left + half_width, top + half_height, half_width, half_height)
    return replace(shape, radius=_corner_radius(region, shape))


def _extent(counts: NDArray[np.int_]) -> tuple[float, float]:
    """First and last row (or column) that holds a fair share of the longest one, ignoring whiskers."""
    good = np.flatnonzero(counts >= max(1.0, WHISKER * float(counts.max())))
    return float(good[0]), float(good[-1] + 1)


def _corner_radius(region: Bools, shape: Shape) -> float:
    """The corner radius from what the corners lack: a rounded corner lacks (1 - pi / 4) r^2."""
    size = int(min(shape.half_width, shape.half_height))
    left, top = round(shape.x - shape.half_width), round(shape.y - shape.half_height)
    right, bottom = round(shape.x + shape.half_width), round(shape.y + shape.half_height)
    if size < LEAST_CORNER:
        return 0.0
    corners = (
        region[top : top + size, left : left + size],
        region[top : top + size, right - size : right][:, ::-1],
        region[bottom - size : bottom, left : left + size][::-1],
        region[bottom - size : bottom, right - size : right][::-1, ::-1],
    )
    diagonal = [int(np.argmax(np.diag(corner))) if np.diag(corner).any() else size for corner in corners]
    lack = float(np.sort(diagonal)[1])
    radius = lack / (1 - np.sqrt(HALF))
    return 0.0 if radius < LEAST_RADIUS else float(min(radius, shape.half_width, shape.half_height))


def _outline_points(region: Bools, cover: Bools, frame: Bools, slack: int) -> NDArray[np.float32]:
    """Points of the region's outline where the ground lies beside it, so that the outline is its own."""
    solid = fill_holes(region)
    contours, _ = cv2.findContours(solid.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    points = np.concatenate([c[:, 0] for c in contours]) if contours else np.zeros((0, 2), np.int32)
    beside = dilate(opened(cover & ~region, slack), slack + 1) | frame
    own = points[~beside[points[:, 1], points[:, 0]]]
    chosen = own if len(own) >= OWN * len(points) and len(own) >= LEAST_POINTS else points
    return chosen.astype(np.float32) + HALF


def _ellipse(points: NDArray[np.float32], region: Bools) -> Shape | None:
    if len(points) < LEAST_POINTS:
        return None
    circle = _circle(points)
    if circle is not None and _residual(circle, points) < max(CIRCLE_OFF, CIRCLE_OFF_SIZE * circle.half_width):
        return circle
    (x, y), (width, height), angle = cv2.fitEllipseDirect(points)
    values = (x, y, width, height)
    if (
        not all(np.isfinite(values))
        or min(width, height) < LEAST_ELLIPSE
        or max(width, height) > MOST_ELLIPSE * max(region.shape)
    ):
        return None
    fitted = Shape("ellipse", x, y, width / 2 + HALF, height / 2 + HALF, angle)
    return fitted if _residual(fitted, points) < max(1.0, ELLIPSE_OFF_SIZE * max(width, height) / 2) else None


def _circle(points: NDArray[np.float32]) -> Shape | None:
    """Least-squares circle (Kasa), twice, the second time without outliers."""
    chosen = points.astype(np.float64)
    for _ in range(2):
        design = np.column_stack([2 * chosen, np.ones(len(chosen))])
        answer = np.linalg.lstsq(design, (chosen**2).sum(1), rcond=None)[0]
        x, y = float(answer[0]), float(answer[1])
        square = float(answer[2]) + x * x + y * y
        if square <= LEAST_SQUARE or square > MOST_SQUARE:
            return None
        radius = float(np.sqrt(square))
        distance = np.abs(np.hypot(points[:, 0] - x, points[:, 1] - y) - radius)
        chosen = points[distance <= max(OUTLIER, float(np.percentile(distance, INLIERS)))].astype(np.float64)
    return Shape("ellipse", x, y, radius + HALF, radius + HALF)


def _residual(shape: Shape, points: NDArray[np.float32]) -> float:
    """90th percentile of the points' distance from the outline, px; outline pixels lie half a pixel inside."""
    if not len(points):
        return 0.0
    return float(np.percentile(np.abs(shape.distance_at(points) + HALF), RESIDUAL))


def _turned(region: Bools) -> Shape | None:
    contours, _ = cv2.findContours(region.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    if not contours:
        return None
    (x, y), (width, height), angle = cv2.minAreaRect(np.concatenate(contours))
    if min(width, height) < LEAST_TURNED or min(angle % QUARTER, QUARTER - angle % QUARTER) < UPRIGHT:
        return None
    return Shape("rectangle", x + HALF, y + HALF, width / 2 + HALF, height / 2 + HALF, angle)


def _own_outline(region: Bools, cover: Bools) -> Bools | None:
    """The region with covered holes closed, and with its hull where something lies over it."""
    solid = fill_holes(region)
    holes = solid & ~region
    if (erode(holes, 1) & ~cover).sum() > UNCOVERED * solid.sum():
        solid = region
    convex = hull(solid)
    hidden = convex & ~solid
    if hidden.any() and (hidden & ~cover & ~dilate(solid, SLACK)).sum() <= UNCOVERED * convex.sum():
        return convex
    return solid


def hull(region: Bools) -> Bools:
    """The convex hull of a region."""
    contours, _ = cv2.findContours(region.view(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    out = np.zeros(region.shape, np.uint8)
    if contours:
        cv2.fillConvexPoly(out, cv2.convexHull(np.concatenate(contours)), 1)
    return out.astype(bool)


__all__ = ["Completion", "Shape", "complete"]
