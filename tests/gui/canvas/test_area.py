import cv2
import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from gui.canvas.area import Area, joined, polygon, rectangle
from gui.canvas.brush import Brush, Stroke, painted
from gui.canvas.handles import Point

W, H = 60, 40
places = st.tuples(st.floats(-30, 90), st.floats(-30, 70))


def full(area: Area | None) -> np.ndarray:
    """The selection on the whole document."""
    out = np.zeros((H, W), np.uint8)
    if area is not None:
        left, top, right, bottom = area.box
        out[top:bottom, left:right] = area.matte
    return out


@given(places, places)
def test_rectangles_are_whole_pixels_within_the_document(start: Point, end: Point) -> None:
    area = rectangle(start, end, W, H)
    if area is not None:
        left, top, right, bottom = area.box
        assert 0 <= left < right <= W
        assert 0 <= top < bottom <= H
        assert (area.matte == 255).all()


@given(st.lists(places, max_size=12))
def test_any_line_gives_a_matte_within_the_document(points: list[Point]) -> None:
    area = polygon(points, W, H)
    if area is not None:
        left, top, right, bottom = area.box
        assert 0 <= left < right <= W
        assert 0 <= top < bottom <= H


def test_a_polygon_covers_what_it_encloses_with_soft_edges() -> None:
    triangle = [(5.0, 5.0), (45.0, 5.0), (5.0, 35.0)]
    matte = full(polygon(triangle, W, H))
    assert matte[7, 7] == 255
    assert matte[33, 43] == 0
    assert abs(matte.sum() / 255 - 600) < 10
    assert ((matte > 0) & (matte < 255)).any()


def test_a_polygon_on_pixel_edges_is_exact() -> None:
    square = [(10.0, 8.0), (20.0, 8.0), (20.0, 30.0), (10.0, 30.0)]
    assert np.array_equal(full(polygon(square, W, H)), full(rectangle((10, 8), (20, 30), W, H)))


@given(places, places, places, places)
def test_adding_and_taking_away(a: Point, b: Point, c: Point, d: Point) -> None:
    one, two = rectangle(a, b, W, H), rectangle(c, d, W, H)
    assert np.array_equal(full(joined(one, two, "add")), np.maximum(full(one), full(two)))
    assert np.array_equal(full(joined(one, two, "subtract")), np.where(full(two) > 0, 0, full(one)))
    assert joined(one, two, "replace") is two


@given(st.integers(0, 2**32 - 1))
def test_outlines_enclose_exactly_what_is_selected(seed: int) -> None:
    noise = np.random.default_rng(seed).integers(0, 256, (12, 16)).astype(np.uint8)
    area = Area(cv2.GaussianBlur(noise, (5, 5), 0).astype(np.uint8), 7, 9)
    again = np.zeros((H, W), np.uint8)
    for line in area.outlines():
        inside = full(polygon(line, W, H))
        again = np.where(inside >= 128, 255 - again, again)
    expected = np.where(full(area) >= 128, 255, 0)
    assert np.array_equal(again, expected)


def test_a_stroke_does_not_add_up_and_stays_in_its_box() -> None:
    stroke = Stroke(100, 80, 10, 10, 0.5)
    stroke.to(30, 40)
    once = stroke.coverage.copy()
    stroke.to(30, 40)
    assert np.array_equal(stroke.coverage, once)
    box = stroke.to(60, 40)
    assert box is not None
    left, top, right, bottom = box
    outside = stroke.coverage.copy()
    outside[top:bottom, left:right] = 0
    assert not (outside & ~once).any()
    assert (stroke.coverage[40, 30:60] == 255).all(), "no gaps between dabs"


def test_a_hard_brush_has_the_area_of_its_circle() -> None:
    stroke = Stroke(100, 100, 20, 20, 1.0)
    stroke.to(50, 50)
    assert abs(stroke.coverage.sum() / 255 - np.pi * 400) < 25


def test_off_the_grid_nothing_happens() -> None:
    stroke = Stroke(50, 50, 5, 5, 0.5)
    assert stroke.to(-500, 20) is None
    assert not stroke.coverage.any()


@given(st.integers(0, 255), st.integers(0, 255), st.floats(0, 1), st.booleans())
def test_painting_goes_towards_its_goal(mask: int, coverage: int, opacity: float, restore: bool) -> None:
    before, cover = np.array([[mask]], np.uint8), np.array([[coverage]], np.uint8)
    after = int(painted(before, cover, opacity, restore)[0, 0])
    assert (mask <= after <= 255) if restore else (0 <= after <= mask)
    if coverage == 255 and opacity == 1:
        assert after == (255 if restore else 0)


def test_brush_sizes_always_change_and_stay_in_limits() -> None:
    brush = Brush(size=1)
    assert brush.resized(1.15).size == 2
    assert brush.resized(1 / 1.15).size == 1
    assert Brush(size=4000).resized(1.15).size == 4000
