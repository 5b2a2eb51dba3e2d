"""Numbers for people (left, top, width, height, angle of what is selected) to transforms and back. Pure functions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from engine.document import Layer, Transform
from engine.editing.edits import MAX_AREA, MAX_SIDE
from engine.imaging.compositing import bounds
from gui.canvas.handles import normal_angle
from gui.canvas.snapping import Box

Edge = Literal["left", "centre", "right", "top", "middle", "bottom"]
"""What is aligned; "centre" from left to right, "middle" from top to bottom."""
FLAT = 1e-9
"""Px that a side has at least where it is divided by."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a selection is.

    Attributes:
        x, y: left and top of the box around it, document px.
        width, height: px; of one layer before it is turned, of several layers the box around them.
        angle: degrees clockwise, -180..180, of one layer; 0 for several.
    """

    x: float
    y: float
    width: float
    height: float
    angle: float


def box_around(layers: Sequence[Layer]) -> Box:
    """The box of all of them as placed."""
    boxes = [bounds(layer) for layer in layers]
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )


def place_of(layers: Sequence[Layer]) -> Place:
    """The numbers of that selection; at least one layer."""
    left, top, right, bottom = box_around(layers)
    if len(layers) > 1:
        return Place(left, top, right - left, bottom - top, 0.0)
    layer = layers[0]
    t = layer.transform
    return Place(left, top, layer.width * abs(t.scale_x), layer.height * abs(t.scale_y), normal_angle(t.rotation))


def moved(layers: Sequence[Layer], x: float | None = None, y: float | None = None) -> dict[str, Transform]:
    """Transforms that put the box's left at `x` and its top at `y`; None keeps."""
    left, top, _right, _bottom = box_around(layers)
    dx = 0.0 if x is None else x - left
    dy = 0.0 if y is None else y - top
    return {n.id: replace(n.transform, dx=n.transform.dx + dx, dy=n.transform.dy + dy) for n in layers}


def resized(layers: Sequence[Layer], width: float | None, height: float | None, linked: bool) -> dict[str, Transform]:
    """Transforms for another width or height of the selection; its left and top stay. `linked` keeps the ratio.

    Several layers of which one is turned keep their ratio always: otherwise they would have to be skewed.
    """
    place = place_of(layers)
    sx = 1.0 if width is None else width / max(place.width, FLAT)
    sy = 1.0 if height is None else height / max(place.height, FLAT)
    if linked or (len(layers) > 1 and any(_turned(n) for n in layers)):
        sx = sy = _within(sx if width is not None else sy, place.width, place.height)
    if len(layers) == 1:
        return _back_to(layers[0], _scaled(layers[0].transform, sx, sy), place.x, place.y)
    return {n.id: _scaled_from(n, sx, sy, place.x, place.y) for n in layers}


def _within(factor: float, width: float, height: float) -> float:
    """A factor for both sides with which both can still be drawn."""
    return min(factor, MAX_SIDE / max(width, height), math.sqrt(MAX_AREA / (width * height)))


def turned(layers: Sequence[Layer], angle: float) -> dict[str, Transform]:
    """Transforms that turn one layer to `angle` about its centre, or several by `angle` about their common centre."""
    if len(layers) == 1:
        return {layers[0].id: replace(layers[0].transform, rotation=normal_angle(angle))}
    left, top, right, bottom = box_around(layers)
    cx, cy = (left + right) / 2, (top + bottom) / 2
    cos, sin = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    out = {}
    for layer in layers:
        x, y = _centre(layer)
        nx, ny = cx + cos * (x - cx) - sin * (y - cy), cy + sin * (x - cx) + cos * (y - cy)
        t = layer.transform
        out[layer.id] = replace(t, rotation=normal_angle(t.rotation + angle), dx=t.dx + nx - x, dy=t.dy + ny - y)
    return out


def flipped(layers: Sequence[Layer], horizontal: bool) -> dict[str, Transform]:
    """Transforms that mirror the selection as seen on screen, about the centre of its box."""
    left, top, right, bottom = box_around(layers)
    out = {}
    for layer in layers:
        x, y = _centre(layer)
        t = replace(layer.transform, rotation=normal_angle(-layer.transform.rotation))
        if horizontal:
            out[layer.id] = replace(t, scale_x=-t.scale_x, dx=t.dx + left + right - 2 * x)
        else:
            out[layer.id] = replace(t, scale_y=-t.scale_y, dy=t.dy + top + bottom - 2 * y)
    return out


def aligned(units: Sequence[Sequence[Layer]], edge: Edge, box: Box) -> dict[str, Transform]:
    """Transforms that put an edge or the middle of each unit (layers that stay together) on that of `box`.

    Middles are met to the whole pixel, so that pixels stay on their grid.
    """
    out = {}
    for layers in units:
        left, top, right, bottom = box_around(layers)
        dx = dy = 0.0
        if edge in ("left", "right"):
            dx = box[0] - left if edge == "left" else box[2] - right
        elif edge in ("top", "bottom"):
            dy = box[1] - top if edge == "top" else box[3] - bottom
        elif edge == "centre":
            dx = float(round((box[0] + box[2] - left - right) / 2))
        else:
            dy = float(round((box[1] + box[3] - top - bottom) / 2))
        for layer in layers:
            t = layer.transform
            out[layer.id] = replace(t, dx=t.dx + dx, dy=t.dy + dy)
    return out


def _turned(layer: Layer) -> bool:
    return layer.transform.rotation % 180 != 0


def _centre(layer: Layer) -> tuple[float, float]:
    t = layer.transform
    return layer.left + layer.width / 2 + t.dx, layer.top + layer.height / 2 + t.dy


def _scaled(t: Transform, sx: float, sy: float) -> Transform:
    return replace(t, scale_x=t.scale_x * sx, scale_y=t.scale_y * sy)


def _scaled_from(layer: Layer, sx: float, sy: float, left: float, top: float) -> Transform:
    x, y = _centre(layer)
    t = layer.transform
    return replace(_scaled(t, sx, sy), dx=t.dx + (x - left) * (sx - 1), dy=t.dy + (y - top) * (sy - 1))


def _back_to(layer: Layer, transform: Transform, x: float, y: float) -> dict[str, Transform]:
    """That transform, moved so that the box's left and top are `x` and `y`; within the sizes that a layer may have."""
    sx, sy = _limited(transform.scale_x, layer.width), _limited(transform.scale_y, layer.height)
    area = abs(sx * layer.width * sy * layer.height)
    if area > MAX_AREA:
        less = (MAX_AREA / area) ** 0.5
        sx, sy = _limited(sx * less, layer.width), _limited(sy * less, layer.height)
    transform = replace(transform, scale_x=sx, scale_y=sy)
    left, top, _right, _bottom = bounds(replace(layer, transform=transform))
    return {layer.id: replace(transform, dx=transform.dx + x - left, dy=transform.dy + y - top)}


def _limited(scale: float, side: int) -> float:
    sign = -1.0 if scale < 0 else 1.0
    return sign * min(max(abs(scale), 1 / side), MAX_SIDE / side)
