import math
from collections.abc import Iterable, Sequence

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from engine.document import Layer, Transform
from engine.editing.edits import MAX_SIDE
from engine.imaging.compositing import bounds, matrix
from gui.canvas.handles import (
    INSIDE,
    ROTATE,
    SCALE_HANDLES,
    Operation,
    OrientedBox,
    Point,
    apply_to,
    can_stretch,
    frame_of,
    hit,
    moved_frame,
    normal_angle,
    places,
    scale_drag,
    transformed,
    turn_drag,
)
from gui.canvas.qimages import Array


def layer(w: int = 100, h: int = 60, left: int = 20, top: int = 30, **transform: float) -> Layer:
    return Layer(np.zeros((h, w, 4), np.uint8), left, top, transform=Transform(**transform))


angles = st.sampled_from([0, 30, 45, 90, 137, 180, -90, 271.5])
scales = st.floats(0.2, 4) | st.floats(-4, -0.2)
layers = st.builds(
    layer,
    w=st.integers(1, 300),
    h=st.integers(1, 300),
    left=st.integers(-200, 200),
    top=st.integers(-200, 200),
    scale_x=scales,
    scale_y=scales,
    rotation=angles,
    dx=st.floats(-50, 50),
    dy=st.floats(-50, 50),
)
points = st.tuples(st.floats(-500, 500), st.floats(-500, 500))


def corner_set(one: Layer) -> Array:
    m = matrix(one)
    ends = np.array([[0, 0, 1], [one.width, 0, 1], [one.width, one.height, 1], [0, one.height, 1]])
    corners: Array = ends @ m.T
    return corners


def framed(one: Layer) -> OrientedBox:
    frame = frame_of([one])
    assert frame is not None
    return frame


def same_places(a: Iterable[Sequence[float]], b: Iterable[Sequence[float]], tolerance: float = 1e-3) -> bool:
    return all(min(math.dist(p, q) for q in list(b)) < tolerance for p in a)


@given(layers)
def test_the_frame_lies_on_the_layers_corners(one: Layer) -> None:
    assert same_places(corner_set(one).tolist(), framed(one).corners())


@given(layers, st.sampled_from(sorted(SCALE_HANDLES)), points, points, st.booleans(), st.booleans())
def test_scaling_leaves_the_opposite_handle_where_it_is(
    one: Layer, handle: str, start: Point, end: Point, free: bool, centre: bool
) -> None:
    frame = framed(one)
    op = scale_drag(frame, handle, start, end, free=free, centre=centre)
    assume(abs(op.scale_x) > 0.05 and abs(op.scale_y) > 0.05)
    assume(min(frame.width * abs(op.scale_x), frame.height * abs(op.scale_y)) > 1)
    u, v = SCALE_HANDLES[handle]
    still = (frame.x, frame.y) if centre else frame.point(-u, -v)
    after = apply_to(transformed([one], op), [one])[0]
    new = framed(after)
    if centre:
        assert math.dist((new.x, new.y), still) < 1e-3
    else:
        assert min(math.dist(new.point(a, b), still) for a in (-1, 0, 1) for b in (-1, 0, 1)) < 1e-3


@given(layers, st.sampled_from(["top-left", "top-right", "bottom-left", "bottom-right"]), points, points)
def test_corners_keep_the_ratio(one: Layer, handle: str, start: Point, end: Point) -> None:
    op = scale_drag(framed(one), handle, start, end)
    assert op.scale_x == op.scale_y


@given(layers, st.sampled_from(sorted(SCALE_HANDLES)), points)
def test_a_drag_that_goes_nowhere_changes_nothing(one: Layer, handle: str, start: Point) -> None:
    now = transformed([one], scale_drag(framed(one), handle, start, start))[one.id]
    t = one.transform
    assert now.scale_x == pytest.approx(t.scale_x)
    assert now.scale_y == pytest.approx(t.scale_y)
    assert normal_angle(now.rotation - t.rotation) == pytest.approx(0)
    assert (now.dx, now.dy) == pytest.approx((t.dx, t.dy), abs=1e-6)


@given(layers, points, st.floats(-180, 180))
def test_turning_turns_every_corner_about_the_pivot(one: Layer, pivot: Point, turn: float) -> None:
    after = apply_to(transformed([one], Operation(pivot, turn=turn)), [one])[0]
    cos, sin = math.cos(math.radians(turn)), math.sin(math.radians(turn))
    rel = corner_set(one) - np.array(pivot)
    expected = np.stack([rel[:, 0] * cos - rel[:, 1] * sin, rel[:, 0] * sin + rel[:, 1] * cos], 1) + np.array(pivot)
    assert np.allclose(corner_set(after), expected, atol=1e-3)


@given(layers, points, st.sampled_from([(-1, 1), (1, -1), (-1, -1)]))
def test_flipping_mirrors_every_corner(one: Layer, pivot: Point, flip: tuple[int, int]) -> None:
    after = apply_to(transformed([one], Operation(pivot, *flip)), [one])[0]
    expected = (corner_set(one) - np.array(pivot)) * np.array(flip) + np.array(pivot)
    assert np.allclose(corner_set(after), expected, atol=1e-3)


@given(st.lists(layers, min_size=2, max_size=4), st.floats(0.3, 3), points)
def test_several_layers_scale_as_one_picture(several: list[Layer], factor: float, pivot: Point) -> None:
    small = any(min(framed(one).width, framed(one).height) * factor < 1 for one in several)
    assume(not small)
    after = apply_to(transformed(several, Operation(pivot, factor, factor)), several)
    for one, new in zip(several, after, strict=True):
        expected = (corner_set(one) - np.array(pivot)) * factor + np.array(pivot)
        assert np.allclose(corner_set(new), expected, atol=1e-3)


@given(layers, st.floats(allow_nan=False, allow_infinity=True), st.floats(allow_nan=False))
def test_sizes_and_places_stay_possible(one: Layer, fx: float, fy: float) -> None:
    now = transformed([one], Operation((0, 0), fx, fy))[one.id]
    for side, scale in ((one.width, now.scale_x), (one.height, now.scale_y)):
        assert scale != 0
        assert abs(scale) * side <= max(MAX_SIDE, abs(one.transform.scale_x) * side * 1.01) * 1.0001
    assert math.isfinite(now.dx)
    assert math.isfinite(now.dy)
    assert all(math.isfinite(v) for v in bounds(apply_to({one.id: now}, [one])[0]))


@given(layers, points, points)
def test_turning_by_steps_ends_on_a_step(one: Layer, start: Point, end: Point) -> None:
    frame = framed(one)
    op = turn_drag(frame, start, end, step=15)
    angle = moved_frame(frame, op).rotation
    assert abs(angle / 15 - round(angle / 15)) < 1e-6


@given(layers)
def test_every_handle_is_hit_where_it_is_drawn(one: Layer) -> None:
    frame = framed(one)
    zoom = 3.0
    assume(min(frame.width, frame.height) * zoom > 40)
    for name, (x, y) in places(frame, zoom).items():
        assert hit(frame, x, y, zoom) == name
    assert hit(frame, frame.x, frame.y, zoom) == INSIDE


def test_zones_around_a_box() -> None:
    frame = OrientedBox(100, 100, 80, 60)
    assert hit(frame, 152, 142, 1.0) == ROTATE
    assert hit(frame, 100, 160, 1.0) is None
    assert hit(frame, 100, 160, 1.0, anywhere=True) == ROTATE
    assert hit(frame, 300, 300, 1.0) is None


def test_a_small_box_can_still_be_dragged() -> None:
    frame = OrientedBox(100, 100, 6, 6)
    assert hit(frame, 100, 100, 1.0) == INSIDE


def test_a_turned_layer_among_several_cannot_be_stretched() -> None:
    assert can_stretch([layer(), layer(rotation=90)], 0)
    assert not can_stretch([layer(), layer(rotation=30)], 0)
