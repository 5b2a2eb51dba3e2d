"""Colours from one profile to another: pixels, and every colour that stands in parameters."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import ImageCms

from engine.document import (
    Adjustment,
    BlackWhite,
    ColorStop,
    Document,
    Fill,
    Gradient,
    GradientMap,
    Invert,
    Layer,
    Overlay,
    Pattern,
    PhotoFilter,
    Recolor,
    Shadow,
    Solid,
)
from engine.errors import InputError
from engine.imaging.profiles import converted

RED = (200, 60, 40)
SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SWAPPED = SRGB.replace(b"rXYZ", b"?XYZ").replace(b"bXYZ", b"rXYZ").replace(b"?XYZ", b"bXYZ")
"""sRGB with red and blue in each other's place, so that every colour tells whether it was converted."""


def whole(color: tuple[int, int, int]) -> Document:
    pixels = np.full((2, 3, 4), (*color, 128), np.uint8)
    gradient = Gradient((ColorStop(0, color), ColorStop(1, color)))
    effects = (Shadow(paint=Solid(color)), Overlay(Pattern(pixels)), Overlay(gradient))
    return Document(
        9,
        9,
        (
            Layer(pixels, recolor=Recolor(colorize=color), effects=effects, id="layer"),
            Fill(gradient, id="fill"),
            Adjustment(GradientMap(gradient), id="map"),
            Adjustment(PhotoFilter(color), id="filter"),
            Adjustment(BlackWhite(tint=color), id="grey"),
            Adjustment(Invert(), id="invert"),
        ),
    )


def colors(document: Document) -> set[tuple[int, ...]]:
    layer, fill, mapped, glass, grey, _ = document.nodes
    shadow, pattern, overlay = layer.effects
    gradients = (fill.paint, mapped.parameters.gradient, overlay.paint)
    stops = [stop.color for gradient in gradients for stop in gradient.colors]
    arrays = [tuple(array[0, 0, :3].tolist()) for array in (layer.pixels, pattern.paint.pixels)]
    return {layer.recolor.colorize, shadow.paint.color, glass.parameters.color, grey.parameters.tint, *stops, *arrays}


def test_every_colour_of_a_document_goes_the_same_way():
    document = replace(whole(RED), icc=SWAPPED)
    assert colors(document) == {RED}
    assert converted(document, SWAPPED) is document
    there = converted(document, None)
    assert there.icc is None
    assert np.abs(np.array(list(colors(there))) - RED[::-1]).max() <= 1
    assert (there.layer("layer").pixels[..., 3] == 128).all()
    assert there.find("invert").parameters == Invert()


def test_a_profile_that_is_none_is_refused():
    with pytest.raises(InputError, match="cannot be converted"):
        converted(whole(RED), b"no profile")
