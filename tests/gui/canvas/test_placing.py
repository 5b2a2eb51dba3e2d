"""Numbers of a selection to transforms and back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.document import Document, Layer, Transform
from engine.editing.edits import transform_layers
from engine.imaging.compositing import bounds
from gui.canvas.handles import normal_angle
from gui.canvas.placing import box_around, flipped, moved, place_of, resized, turned
from tests.gui.documents import block

UNTOUCHED = Transform()


def layer(transform: Transform = UNTOUCHED, *, width: int = 40, height: int = 20, left: int = 0, top: int = 0) -> Layer:
    return Layer(block(width, height), left, top, transform=transform)


def after(layers: list[Layer], new: dict[str, Transform]) -> list[Layer]:
    document = transform_layers(Document(100, 100, tuple(layers)), new)
    return [document.layer(n.id) for n in layers]


PLACED = st.builds(
    Transform,
    scale_x=st.floats(0.2, 5) | st.floats(-5, -0.2),
    scale_y=st.floats(0.2, 5),
    rotation=st.floats(-180, 180),
    dx=st.floats(-500, 500),
    dy=st.floats(-500, 500),
)


def test_the_numbers_of_an_untouched_layer_are_its_box() -> None:
    place = place_of([layer(left=7, top=-3)])
    assert (place.x, place.y, place.width, place.height, place.angle) == (7, -3, 40, 20, 0)


@given(PLACED, st.floats(-1000, 1000), st.floats(-1000, 1000))
def test_typed_edges_are_where_the_layer_lands(transform: Transform, x: float, y: float) -> None:
    one = layer(transform)
    [out] = after([one], moved([one], x=x, y=y))
    place = place_of([out])
    assert (place.x, place.y) == pytest.approx((x, y), abs=1e-6)


@given(PLACED, st.floats(1, 5000), st.booleans())
def test_a_typed_width_is_the_width_and_the_corner_stays(transform: Transform, width: float, linked: bool) -> None:
    one = layer(transform)
    before = place_of([one])
    [out] = after([one], resized([one], width, None, linked))
    place = place_of([out])
    assert place.width == pytest.approx(width)
    if linked:
        assert place.height >= 1
        if before.height * width / before.width > 1:
            assert place.height == pytest.approx(before.height * width / before.width)
    else:
        assert place.height == pytest.approx(before.height)
    assert (place.x, place.y) == pytest.approx((before.x, before.y), abs=1e-6)
    assert (out.transform.scale_x < 0) == (transform.scale_x < 0), "a flip stays"


def test_several_layers_scale_about_their_common_corner() -> None:
    layers = [layer(left=0, top=0), layer(left=60, top=30)]
    out = after(layers, resized(layers, 200, None, linked=True))
    assert box_around(out) == pytest.approx((0, 0, 200, 100))
    assert bounds(out[1])[:2] == pytest.approx((120, 60))


def test_several_layers_with_a_turned_one_keep_their_ratio() -> None:
    layers = [layer(left=0), layer(Transform(rotation=30), left=90)]
    before = place_of(layers)
    out = after(layers, resized(layers, before.width * 2, None, linked=False))
    place = place_of(out)
    assert place.height == pytest.approx(before.height * 2)


def test_angles_are_wrapped_and_turn_about_the_centre() -> None:
    assert [normal_angle(a) for a in (190, -190, 360, 180, -180, 540)] == [-170, 170, 0, 180, 180, 180]
    one = layer(left=10, top=10)
    [out] = after([one], turned([one], 90))
    left, top, right, bottom = bounds(out)
    assert ((left + right) / 2, (top + bottom) / 2) == pytest.approx((30, 20))
    assert (right - left, bottom - top) == pytest.approx((20, 40))


def test_several_layers_turn_as_one_picture() -> None:
    layers = [layer(left=0, top=0), layer(left=0, top=80)]
    out = after(layers, turned(layers, 90))
    assert box_around(out) == pytest.approx((-30, 30, 70, 70))
    assert bounds(out[0])[0] > bounds(out[1])[0], "what was above is to the right"


@given(PLACED, st.booleans())
def test_flipping_twice_is_where_it_was(transform: Transform, horizontal: bool) -> None:
    layers = [layer(transform), layer(left=200)]
    once = after(layers, flipped(layers, horizontal))
    twice = after(once, flipped(once, horizontal))
    assert box_around(once) == pytest.approx(box_around(layers), abs=1e-6)
    for was, now in zip(layers, twice, strict=True):
        assert bounds(now) == pytest.approx(bounds(was), abs=1e-6)


def test_flipping_a_turned_layer_mirrors_what_is_seen() -> None:
    from engine.imaging.compositing import composite

    pixels = block(40, 20).copy()
    pixels[:, :10] = (0, 0, 255, 255)
    one = Layer(pixels, left=30, top=40, transform=Transform(rotation=90))
    document = Document(100, 100, (one,))
    seen = composite(document)
    left, _top, right, _bottom = bounds(one)
    mirrored = composite(transform_layers(document, flipped([one], True)))
    assert left + right == 100
    assert (mirrored == seen[:, ::-1]).all()


def test_a_width_beyond_the_limits_is_kept_within() -> None:
    one = layer()
    [out] = after([one], resized([one], 1e9, None, linked=False))
    assert place_of([out]).width == pytest.approx(100_000)
    [out] = after([one], resized([replace(one)], 0, None, linked=True))
    assert place_of([out]).width >= 1
