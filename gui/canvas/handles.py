"""Handles as plain arithmetic: the box around a selection, what lies under the cursor, what a drag of it does.

All places are document px, angles are degrees clockwise on screen, as in `engine.document.Transform`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from engine.document import Layer, Transform
from engine.editing.edits import MAX_SIDE
from engine.imaging.compositing import bounds

Point = tuple[float, float]
"""x, y in document px."""

SCALE_HANDLES: dict[str, tuple[int, int]] = {
    "top-left": (-1, -1),
    "top": (0, -1),
    "top-right": (1, -1),
    "right": (1, 0),
    "bottom-right": (1, 1),
    "bottom": (0, 1),
    "bottom-left": (-1, 1),
    "left": (-1, 0),
}
ROTATE = "rotate"
INSIDE = "inside"
GRIP = 7.0
"""Reach of a handle around its place, px of the screen."""
TURNING_RING = 2.4
"""Times that reach around the frame in which a drag turns it."""
ROOM = 24.0
"""Px of the screen that a side must have for a handle in its middle, on either half of it."""
MAX_PLACE = 1_000_000.0
"""Document px from its own place that a layer can be moved."""
SMALLEST = 1e-4
"""Px of a side below which a box is a line, and scaling it means nothing."""
TURN = 360.0
ROUNDING = 1e-6
"""Quarter turns that an angle may be off and still be a whole number of them."""


@dataclass(frozen=True, slots=True)
class OrientedBox:
    """An oriented box.

    Attributes:
        x, y: its centre. width, height: px, at least 0. rotation: degrees.
    """

    x: float
    y: float
    width: float
    height: float
    rotation: float = 0.0

    def point(self, u: float, v: float) -> Point:
        """The document place of (`u`, `v`), where -1..1 spans the box."""
        cos, sin = _turn(self.rotation)
        px, py = u * self.width / 2, v * self.height / 2
        return self.x + px * cos - py * sin, self.y + px * sin + py * cos

    def local(self, x: float, y: float) -> Point:
        """A document place relative to the centre, along the box's own axes, in px."""
        cos, sin = _turn(self.rotation)
        px, py = x - self.x, y - self.y
        return px * cos + py * sin, -px * sin + py * cos

    def corners(self) -> list[Point]:
        """The four corners in document px, from the top left one clockwise."""
        return [self.point(-1, -1), self.point(1, -1), self.point(1, 1), self.point(-1, 1)]


@dataclass(frozen=True, slots=True)
class Operation:
    """A change of place and size: scale along the axes of `rotation`, turn by `turn`, both about a pivot; then move."""

    pivot: Point = (0.0, 0.0)
    scale_x: float = 1.0
    scale_y: float = 1.0
    turn: float = 0.0
    dx: float = 0.0
    dy: float = 0.0
    rotation: float = 0.0


def frame_of(layers: Sequence[Layer]) -> OrientedBox | None:
    """The box around layers: one layer's own turned box, the upright box around several, None for none."""
    if not layers:
        return None
    if len(layers) == 1:
        layer, t = layers[0], layers[0].transform
        x, y = layer.left + layer.width / 2 + t.dx, layer.top + layer.height / 2 + t.dy
        return OrientedBox(x, y, layer.width * abs(t.scale_x), layer.height * abs(t.scale_y), t.rotation)
    boxes = [bounds(layer) for layer in layers]
    left, top = min(b[0] for b in boxes), min(b[1] for b in boxes)
    right, bottom = max(b[2] for b in boxes), max(b[3] for b in boxes)
    return OrientedBox((left + right) / 2, (top + bottom) / 2, right - left, bottom - top)


def places(frame: OrientedBox, zoom: float, room: float = ROOM) -> dict[str, Point]:
    """Where the scale handles are. Side handles need `room` device px between corners, so small boxes keep four."""
    out = {}
    for name, (u, v) in SCALE_HANDLES.items():
        side = frame.width if u == 0 else frame.height
        if (u and v) or side * zoom >= 2 * room:
            out[name] = frame.point(u, v)
    return out


def hit(
    frame: OrientedBox, x: float, y: float, zoom: float, *, grip: float = GRIP, anywhere: bool = False
) -> str | None:
    """What lies under the cursor: a handle's name, `ROTATE`, `INSIDE` or None.

    `grip`: reach of a handle in device px. The turning zone is a ring outside the corners, or, with `anywhere`, all
    around the box. On a box so small that handles would cover it, the inside wins in the middle.
    """
    reach = grip / zoom
    px, py = frame.local(x, y)
    half_w, half_h = frame.width / 2, frame.height / 2
    inside = abs(px) <= half_w and abs(py) <= half_h
    if inside and abs(px) < half_w / 2 and abs(py) < half_h / 2:
        return INSIDE
    near = min(
        ((max(abs(px - u * half_w), abs(py - v * half_h)), name) for name, (u, v) in _local_places(frame, zoom)),
        default=(math.inf, ""),
    )
    if near[0] <= reach:
        return near[1]
    if inside:
        return INSIDE
    if anywhere or max(abs(abs(px) - half_w), abs(abs(py) - half_h)) <= TURNING_RING * reach:
        return ROTATE
    return None


def _local_places(frame: OrientedBox, zoom: float) -> list[tuple[str, tuple[int, int]]]:
    return [(name, SCALE_HANDLES[name]) for name in places(frame, zoom)]


def scale_drag(
    frame: OrientedBox, handle: str, start: Point, now: Point, *, free: bool = False, centre: bool = False
) -> Operation:
    """What dragging a scale handle does. Corners keep the ratio unless `free`; sides never do, unless `free`.

    `centre`: about the box's middle instead of the opposite handle. Dragging across flips.
    """
    u, v = SCALE_HANDLES[handle]
    pivot = (frame.x, frame.y) if centre else frame.point(-u, -v)
    grabbed = frame.local(*start)
    moved = frame.local(*now)
    share = 1.0 if centre else 2.0
    fx = _factor(moved[0] - grabbed[0], u, frame.width, share)
    fy = _factor(moved[1] - grabbed[1], v, frame.height, share)
    if u and v:
        if not free:
            fx = fy = _kept_ratio(frame, u, v, moved, grabbed, share)
    elif free:
        fx = fy = fx if u else fy
    return Operation(pivot, fx, fy, rotation=frame.rotation)


def turn_drag(frame: OrientedBox, start: Point, now: Point, *, step: float = 0.0) -> Operation:
    """What dragging in the turning zone does: turn about the middle; `step` rounds the frame's angle to multiples."""
    a = math.atan2(start[1] - frame.y, start[0] - frame.x)
    b = math.atan2(now[1] - frame.y, now[0] - frame.x)
    turn = math.degrees(b - a)
    if step:
        turn = round((frame.rotation + turn) / step) * step - frame.rotation
    return Operation((frame.x, frame.y), turn=normal_angle(turn))


def moved_frame(frame: OrientedBox, op: Operation) -> OrientedBox:
    """The frame after an operation."""
    x, y = _carried(op, frame.x, frame.y)
    flips = (op.scale_x < 0) != (op.scale_y < 0)
    rotation = frame.rotation if not flips or op.rotation == frame.rotation else 2 * op.rotation - frame.rotation
    return OrientedBox(
        x, y, frame.width * abs(op.scale_x), frame.height * abs(op.scale_y), normal_angle(rotation + op.turn)
    )


def transformed(layers: Sequence[Layer], op: Operation) -> dict[str, Transform]:
    """The layers' transforms after an operation. Sizes stay in 1..100,000 px and places in +-1,000,000 px.

    A turned layer cannot be sheared: where the axes do not agree, both scale by the same (geometric mean) factor.
    """
    op = _limited(layers, op)
    return {layer.id: _transformed(layer, op) for layer in layers}


def normal_angle(angle: float) -> float:
    """The same direction in degrees, -180 < angle <= 180."""
    angle = math.fmod(angle, TURN)
    if angle > TURN / 2:
        return angle - TURN
    return angle + TURN if angle <= -TURN / 2 else angle


def can_stretch(layers: Sequence[Layer], rotation: float) -> bool:
    """Whether scaling by different factors along axes at `rotation` is possible without shearing any layer."""
    return all(_quarters(layer.transform.rotation - rotation) is not None for layer in layers)


def _transformed(layer: Layer, op: Operation) -> Transform:
    t = layer.transform
    cx, cy = layer.left + layer.width / 2, layer.top + layer.height / 2
    x, y = _carried(op, cx + t.dx, cy + t.dy)
    fx, fy = op.scale_x, op.scale_y
    relative = t.rotation - op.rotation
    quarters = _quarters(relative)
    if quarters is None:
        size = math.sqrt(abs(fx * fy))
        fx, fy = math.copysign(size, fx), math.copysign(size, fy)
        if (fx < 0) != (fy < 0):
            # diag(-1, 1) R(a) = R(-a) diag(-1, 1): the turn reverses, the flip stays with the layer.
            relative = -relative
    elif quarters % 2:
        fx, fy = fy, fx
    rotation = normal_angle(op.rotation + relative + op.turn)
    return Transform(
        scale_x=t.scale_x * fx, scale_y=t.scale_y * fy, rotation=rotation, dx=_place(x - cx), dy=_place(y - cy)
    )


def _carried(op: Operation, x: float, y: float) -> Point:
    cos, sin = _turn(op.rotation)
    px, py = x - op.pivot[0], y - op.pivot[1]
    along, across = (px * cos + py * sin) * op.scale_x, (-px * sin + py * cos) * op.scale_y
    cos, sin = _turn(op.rotation + op.turn)
    return (
        op.pivot[0] + along * cos - across * sin + op.dx,
        op.pivot[1] + along * sin + across * cos + op.dy,
    )


def _limited(layers: Sequence[Layer], op: Operation) -> Operation:
    """The operation with its factors held back to what every layer's size allows."""
    fx, fy = op.scale_x, op.scale_y
    for layer in layers:
        quarters = _quarters(layer.transform.rotation - op.rotation)
        w, h = layer.width * abs(layer.transform.scale_x), layer.height * abs(layer.transform.scale_y)
        if quarters is None:
            w, h = min(w, h), max(w, h)
            fx, fy = _held(_held(fx, w), h), _held(_held(fy, w), h)
        else:
            fx, fy = (_held(fx, h), _held(fy, w)) if quarters % 2 else (_held(fx, w), _held(fy, h))
    return replace(op, scale_x=fx, scale_y=fy)


def _held(factor: float, side: float) -> float:
    side = max(side, SMALLEST)
    if not math.isfinite(factor):
        return 1.0
    return math.copysign(min(max(abs(factor), min(1.0, 1 / side)), max(1.0, MAX_SIDE / side)), factor or 1.0)


def _factor(moved: float, side: int, length: float, share: float) -> float:
    """Scale factor along one axis: `moved` px of a handle on side -1, 0 or 1 of a box."""
    return 1.0 if side == 0 or length < SMALLEST else 1 + moved * side * 2 / share / length


def _kept_ratio(frame: OrientedBox, u: int, v: int, moved: Point, grabbed: Point, share: float) -> float:
    """The one factor of a corner drag: the cursor's way along the box's diagonal."""
    dx, dy = u * frame.width, v * frame.height
    length = dx * dx + dy * dy
    if length < SMALLEST:
        return 1.0
    along = (moved[0] - grabbed[0]) * dx + (moved[1] - grabbed[1]) * dy
    return 1 + along * 2 / share / length


def _quarters(angle: float) -> int | None:
    """How many quarter turns an angle is, or None where it is none."""
    turns = angle / 90
    return round(turns) % 4 if abs(turns - round(turns)) < ROUNDING else None


def _turn(angle: float) -> tuple[float, float]:
    quarters = _quarters(angle)
    if quarters is not None:
        return ((1.0, 0.0), (0.0, 1.0), (-1.0, 0.0), (0.0, -1.0))[quarters]
    radians = math.radians(angle)
    return math.cos(radians), math.sin(radians)


def _place(value: float) -> float:
    return min(max(value, -MAX_PLACE), MAX_PLACE)


def apply_to(transforms: Mapping[str, Transform], layers: Sequence[Layer]) -> list[Layer]:
    """The layers as they are with other transforms."""
    return [replace(layer, transform=transforms.get(layer.id, layer.transform)) for layer in layers]
