from hypothesis import given
from hypothesis import strategies as st

from gui.canvas.snapping import Box, edge_guide, snap_edge, snap_move

numbers = st.integers(-2000, 2000)
boxes = st.builds(lambda x, y, w, h: (x, y, x + w, y + h), numbers, numbers, st.integers(1, 900), st.integers(1, 900))


def lines(box: Box, index: int) -> tuple[float, float, float]:
    return box[index], (box[index] + box[index + 2]) / 2, box[index + 2]


@given(boxes, st.lists(boxes, max_size=6), st.floats(0, 20))
def test_a_snap_is_short_and_puts_a_line_on_a_line(box: Box, targets: list[Box], reach: float) -> None:
    snap = snap_move(box, targets, reach)
    assert abs(snap.dx) <= reach
    assert abs(snap.dy) <= reach
    moved = (box[0] + snap.dx, box[1] + snap.dy, box[2] + snap.dx, box[3] + snap.dy)
    for index, axis in enumerate("xy"):
        for guide in (g for g in snap.guides if g.axis == axis):
            assert any(abs(guide.at - line) <= 0.5 for line in lines(moved, index))
            assert any(guide.at == line for target in targets for line in lines(target, index))
            assert guide.start <= moved[1 - index]
            assert guide.end >= moved[3 - index]


@given(boxes, st.lists(boxes, max_size=6), st.floats(0, 20))
def test_nothing_nearer_is_missed(box: Box, targets: list[Box], reach: float) -> None:
    snap = snap_move(box, targets, reach)
    gaps = [abs(a - b) for t in targets for a in lines(t, 0) for b in lines(box, 0)]
    nearest = min(gaps, default=float("inf"))
    assert abs(snap.dx) == (nearest if nearest <= reach else 0)


@given(boxes, st.lists(boxes, max_size=6))
def test_whole_snaps_keep_the_pixel_grid(box: Box, targets: list[Box]) -> None:
    snap = snap_move(box, targets, 9, whole=True)
    assert float(snap.dx).is_integer()
    assert float(snap.dy).is_integer()


def test_the_original_place_wins_over_lines() -> None:
    snap = snap_move((103, 98, 203, 198), [(102, 0, 300, 50)], 6, home=(100, 100, 200, 200))
    assert (snap.dx, snap.dy, snap.home) == (-3, 2, True)


def test_only_the_free_axis_snaps() -> None:
    snap = snap_move((3, 3, 53, 53), [(0, 0, 400, 300)], 6, axes="x")
    assert (snap.dx, snap.dy) == (-3, 0)


def test_middle_of_the_canvas() -> None:
    snap = snap_move((148, 20, 248, 60), [(0, 0, 400, 300)], 6)
    assert snap.dx == 2
    assert [(g.axis, g.at) for g in snap.guides] == [("x", 200)]


def test_an_edge_takes_the_nearest_line_within_reach() -> None:
    targets = [(100, 0, 112, 50), (300, 0, 400, 50)]
    assert snap_edge(104, "x", targets, 5) == 106, "the middle is nearer than the edge"
    assert snap_edge(120, "x", targets, 5) is None
    assert snap_edge(48, "y", targets, 5) == 50
    assert snap_edge(48, "y", [], 5) is None
    guide = edge_guide((10, 60, 100, 80), "x", 100, targets)
    assert (guide.axis, guide.at, guide.start, guide.end) == ("x", 100, 0, 80)
