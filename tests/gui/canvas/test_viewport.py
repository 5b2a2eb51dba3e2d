from hypothesis import assume, given
from hypothesis import strategies as st

from gui.canvas.viewport import (
    KEEP,
    MAX_ZOOM,
    MIN_ZOOM,
    STEPS,
    Viewport,
    next_step,
    previous_step,
    wheel_factor,
)

sides = st.integers(1, 40_000)
views = st.builds(
    Viewport,
    width=st.integers(160, 5000),
    height=st.integers(120, 5000),
    doc_width=sides,
    doc_height=sides,
    zoom=st.floats(MIN_ZOOM, MAX_ZOOM),
    x=st.integers(-100_000, 100_000),
    y=st.integers(-100_000, 100_000),
)


@given(views, st.floats(-1e4, 1e4), st.floats(-1e4, 1e4))
def test_places_go_there_and_back(view: Viewport, x: float, y: float) -> None:
    back = view.to_document(*view.to_view(x, y))
    assert abs(back[0] - x) < 1e-3
    assert abs(back[1] - y) < 1e-3


@given(views, st.floats(MIN_ZOOM, MAX_ZOOM))
def test_zooming_keeps_the_point_under_the_cursor(view: Viewport, zoom: float) -> None:
    view = view.fitted()
    assume(min(view.doc_width, view.doc_height) * view.zoom > 4 * KEEP)
    zoom = max(zoom, view.zoom)
    vx, vy = view.width / 2, view.height / 2
    before = view.to_document(vx, vy)
    after = view.zoomed(zoom, vx, vy)
    place = after.to_view(*before)
    assert abs(place[0] - vx) <= 1
    assert abs(place[1] - vy) <= 1


@given(views, st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_some_of_the_document_always_stays_in_view(view: Viewport, dx: int, dy: int) -> None:
    left, top, right, bottom = view.scrolled(dx, dy).shown
    w, h = view.canvas[2] - view.canvas[0], view.canvas[3] - view.canvas[1]
    assert right - left >= min(KEEP, w, view.width)
    assert bottom - top >= min(KEEP, h, view.height)


@given(views)
def test_fitting_shows_everything_in_the_middle(view: Viewport) -> None:
    fitted = view.fitted(margin=10)
    left, top, right, bottom = fitted.canvas
    if view.fit_zoom(10) > MIN_ZOOM and min(view.width, view.height) > 30:
        assert left >= 0
        assert top >= 0
        assert right <= view.width
        assert bottom <= view.height
    assert abs((left + right) / 2 - view.width / 2) <= 1.5
    assert abs((top + bottom) / 2 - view.height / 2) <= 1.5


@given(st.floats(MIN_ZOOM, MAX_ZOOM))
def test_steps_go_up_and_down_within_limits(zoom: float) -> None:
    assert next_step(zoom) in STEPS
    assert previous_step(zoom) in STEPS
    assert next_step(zoom) > zoom or zoom > MAX_ZOOM * 0.999
    assert previous_step(zoom) < zoom or zoom < MIN_ZOOM * 1.001


def test_turning_the_wheel_there_and_back_ends_at_exactly_100_percent() -> None:
    view = Viewport(800, 600, 400, 300)
    for angle in (120, 120, 30, -30, -120, -120):
        view = view.zoomed(view.zoom * wheel_factor(angle), 400, 300)
    assert view.zoom == 1.0


def test_resizing_keeps_the_middle() -> None:
    view = Viewport(800, 600, 4000, 3000, zoom=1.0).centred(1.0)
    bigger = view.resized(1000, 700)
    assert bigger.to_document(500, 350) == view.to_document(400, 300)
