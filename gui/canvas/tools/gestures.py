"""Drags that move, scale or turn layers: the start is remembered, every position gives all transforms anew.

So a drag never accumulates errors, and going back to the start gives exactly the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from engine.document import Layer, Transform
from gui.canvas.handles import (
    SCALE_HANDLES,
    Operation,
    OrientedBox,
    can_stretch,
    frame_of,
    moved_frame,
    normal_angle,
    scale_drag,
    transformed,
    turn_drag,
)
from gui.canvas.placing import box_around
from gui.canvas.snapping import Axis, Box, Guide, Snap, edge_guide, snap_edge, snap_move
from gui.canvas.tools.base import ToolEvent

NOTHING = 1e-6
"""Lengths (px), angles (quarter turns) and factors below that are none: they come from rounding."""
THINNEST = 1
"""Document px that a snapped edge stays away from the opposite one."""
SHOWN = 0.05
"""Differences below that are not seen in a number with one decimal."""
TURN_STEP = 15.0
"""Degrees of one step of turning with Shift."""
FAR_FROM_HOME = 2
"""Times the snapping's reach that a layer must have been away before it snaps back to its original place."""


class Gesture:
    """A drag of layers as they were at its start.

    Attributes:
        verb: how the undo step begins. text: lines for the read-out. guides, ghost: to be drawn.
        frame: the box around the layers as they are now.
    """

    verb = ""

    def __init__(self, layers: Sequence[Layer], start: tuple[float, float], frame: OrientedBox | None = None) -> None:
        self.layers = list(layers)
        self.start = start
        frame = frame or frame_of(self.layers)
        assert frame is not None
        self.start_frame = frame
        self.frame: OrientedBox = frame
        self.text: tuple[str, ...] = ()
        self.guides: tuple[Guide, ...] = ()
        self.ghost: OrientedBox | None = None

    def update(self, event: ToolEvent) -> dict[str, Transform]:
        """The layers' transforms for that mouse position."""
        raise NotImplementedError


class MoveGesture(Gesture):
    """Whole pixels, snapping; Shift keeps to an axis, Ctrl suspends the snapping."""

    verb = "Move"

    def __init__(
        self,
        layers: Sequence[Layer],
        start: tuple[float, float],
        frame: OrientedBox,
        targets: Sequence[Box],
        reach: float,
    ) -> None:
        super().__init__(layers, start, frame)
        self._targets, self._reach = targets, reach
        self._box = box_around(layers)
        self._home = self._home_offset()
        self._left_home = self._home is not None and max(map(abs, self._home)) > FAR_FROM_HOME * reach

    def _home_offset(self) -> tuple[float, float] | None:
        """How far the layers are from where they came from, if that is the same for all and in whole px."""
        offsets = {(layer.transform.dx, layer.transform.dy) for layer in self.layers}
        if len(offsets) != 1:
            return None
        dx, dy = offsets.pop()
        return (-dx, -dy) if float(dx).is_integer() and float(dy).is_integer() else None

    def update(self, event: ToolEvent) -> dict[str, Transform]:
        dx, dy = float(round(event.x - self.start[0])), float(round(event.y - self.start[1]))
        axes = "xy"
        if event.shift:
            axes = "x" if abs(dx) >= abs(dy) else "y"
            dx, dy = (dx, 0.0) if axes == "x" else (0.0, dy)
        snap = Snap() if event.ctrl else self._snap(dx, dy, axes)
        dx, dy = dx + snap.dx, dy + snap.dy
        self.guides = snap.guides
        self.ghost = moved_frame(self.start_frame, Operation(dx=dx, dy=dy)) if snap.home else None
        op = Operation(dx=dx, dy=dy)
        self.frame = moved_frame(self.start_frame, op)
        now = transformed(self.layers, op)
        # A turned layer's angle must come out as it went in, not as the same angle written otherwise.
        now = {layer.id: replace(layer.transform, dx=now[layer.id].dx, dy=now[layer.id].dy) for layer in self.layers}
        place = f"X {_px(self._box[0] + dx)}   Y {_px(self._box[1] + dy)}"
        self.text = (f"{dx:+.0f}, {dy:+.0f} px", "Original place" if snap.home else place)
        return now

    def _snap(self, dx: float, dy: float, axes: str) -> Snap:
        box = (self._box[0] + dx, self._box[1] + dy, self._box[2] + dx, self._box[3] + dy)
        home = None
        if self._home is not None:
            away = max(abs(self._home[0] - dx), abs(self._home[1] - dy))
            self._left_home |= away > FAR_FROM_HOME * self._reach
            if self._left_home:
                x, y = self._home
                home = (self._box[0] + x, self._box[1] + y, self._box[2] + x, self._box[3] + y)
        return snap_move(box, self._targets, self._reach, home, axes, whole=True)


class ScaleGesture(Gesture):
    """A handle: corners keep the ratio and Shift frees them; Alt scales about the middle; across is a flip.

    The dragged edges of an upright frame snap; Ctrl suspends it.
    """

    verb = "Scale"

    def __init__(
        self,
        layers: Sequence[Layer],
        start: tuple[float, float],
        handle: str,
        frame: OrientedBox,
        targets: Sequence[Box],
        reach: float,
    ) -> None:
        super().__init__(layers, start, frame)
        self._handle = handle
        self._targets, self._reach = targets, reach
        self._stretches = can_stretch(layers, frame.rotation)

    def update(self, event: ToolEvent) -> dict[str, Transform]:
        side = "-" not in self._handle
        free = event.shift if self._stretches else side
        op = scale_drag(self.start_frame, self._handle, self.start, event.point, free=free, centre=event.alt)
        op = replace(op, scale_x=_nonzero(op.scale_x), scale_y=_nonzero(op.scale_y))
        lines: dict[Axis, float] = {}
        if not event.ctrl:
            op, lines = snapped_scale(self.start_frame, self._handle, op, free != side, self._targets, self._reach)
        now = transformed(self.layers, op)
        changed = [replace(layer, transform=now[layer.id]) for layer in self.layers]
        frame = frame_of(changed) if len(changed) == 1 else moved_frame(self.start_frame, op)
        assert frame is not None
        self.frame = frame
        xs, ys = zip(*frame.corners(), strict=True)
        box = (min(xs), min(ys), max(xs), max(ys))
        self.guides = tuple(edge_guide(box, axis, at, self._targets) for axis, at in lines.items())
        self.text = (f"W {_px(frame.width)}   H {_px(frame.height)} px", self._percent(changed))
        return now

    def _percent(self, changed: Sequence[Layer]) -> str:
        if len(changed) == 1:
            t = changed[0].transform
            x, y = t.scale_x * 100, t.scale_y * 100
        else:
            x = self.frame.width / max(self.start_frame.width, NOTHING) * 100
            y = self.frame.height / max(self.start_frame.height, NOTHING) * 100
        return f"{x:.1f} %" if abs(x - y) < SHOWN else f"{x:.1f} × {y:.1f} %"


class TurnGesture(Gesture):
    """Outside a corner: turn about the middle; Shift in steps of 15 degrees."""

    verb = "Rotate"

    def __init__(self, layers: Sequence[Layer], start: tuple[float, float], frame: OrientedBox) -> None:
        super().__init__(layers, start, frame)

    def update(self, event: ToolEvent) -> dict[str, Transform]:
        op = turn_drag(self.start_frame, self.start, event.point, step=TURN_STEP if event.shift else 0.0)
        op = replace(op, turn=round(op.turn, 1) if not event.shift else op.turn)
        self.frame = moved_frame(self.start_frame, op)
        angle = self.frame.rotation if len(self.layers) == 1 else op.turn
        self.text = (f"{normal_angle(round(angle, 1)):.1f}°",)
        return transformed(self.layers, op)


def snapped_scale(
    frame: OrientedBox, handle: str, op: Operation, apart: bool, targets: Sequence[Box], reach: float
) -> tuple[Operation, dict[Axis, float]]:
    """The operation with the dragged edges of an upright frame put on near edges and middles; the lines they are on.

    `apart`: whether the two factors may differ; otherwise the nearer line decides for both.
    """
    quarters = frame.rotation / 90
    if abs(quarters - round(quarters)) > NOTHING:
        return op, {}
    u, v = SCALE_HANDLES[handle]
    grabbed = frame.point(u, v)
    axes: tuple[Axis, Axis] = ("y", "x") if round(quarters) % 2 else ("x", "y")
    factors = [op.scale_x, op.scale_y]
    found: list[tuple[float, int, Axis, float]] = []
    for side, (grips, axis) in enumerate(zip((u, v), axes, strict=True)):
        index = "xy".index(axis)
        arm = grabbed[index] - op.pivot[index]
        edge = op.pivot[index] + arm * factors[side]
        line = snap_edge(edge, axis, targets, reach) if grips and abs(arm) > NOTHING else None
        if line is not None and abs(line - op.pivot[index]) >= THINNEST:
            factors[side] = (line - op.pivot[index]) / arm
            found.append((abs(line - edge), side, axis, line))
    if not apart and found:
        _gap, side, axis, line = min(found)
        return replace(op, scale_x=factors[side], scale_y=factors[side]), {axis: line}
    return replace(op, scale_x=factors[0], scale_y=factors[1]), {axis: line for *_, axis, line in found}


def _px(value: float) -> str:
    return f"{value:.0f}" if abs(value - round(value)) < SHOWN else f"{value:.1f}"


def _nonzero(factor: float) -> float:
    return factor if abs(factor) > NOTHING else NOTHING
