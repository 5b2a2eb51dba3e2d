"""From elements to named layers: what kind each is and what to call it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from engine.builtin.elements import Element
from engine.builtin.names import colour_name
from engine.document import LayerKind
from engine.imaging.arrays import Bools, Floats, bounds

ICON = 0.004

# Colours.
BRIGHT = 150
"""0..255: a soft effect that is brighter is a glow."""
ONE_COLOUR, TWO_COLOURS = 0.8, 0.55
"""Shares of a thing's pixels from which on it is called after its first colour, or its first two."""
COLOUR_SAMPLES, KIND_SAMPLES = 500, 4000
"""Pixels that are looked at for the words, and to count colours …"""
COLOUR_STEP = 24
"""… in steps of this size, 0..255."""
MANY_COLOURS, PAINTED = 40, 60
"""A framed thing of more colours is a picture; a free one of fewer than the second an illustration."""

# Shapes: shares of the picture, of the shape, and of its sides.
BADGE, BADGE_TEXT = 0.08, 0.04
"""A small round with that much text is a badge."""
BUTTON, WIDE = 0.04, 1.5
"""A small wide rectangle with text is a button or label."""
HOLDS = 0.02
"""A shape that holds this much of other things is something to hold them."""
ROUND, SQUARE = 1.06, 1.05
"""An ellipse's, or rectangle's, longer side over its shorter one up to which it is a circle, or a square."""
ROUNDED = 0.9
"""Part of half its side up to which a square's corners may be rounded."""
THIN, LINE, BAR = 4, 8, 6
"""Half px of width below which something this many times as long is a line; and as long as this a bar."""


def kind_of(element: Element) -> LayerKind:
    """An effect (shadow or glow alone), a shape (smooth inside) or an object."""
    if element.soft is not None and not (element.visible & ~element.soft).any():
        return LayerKind.EFFECT
    return LayerKind.SHAPE if element.surface is not None else LayerKind.OBJECT


def name_of(element: Element, image: Floats, content: Bools, text: Bools) -> str:
    """A short name in human words.

    Args:
        content: pixels of what lies over it, text included; a shape that holds much of it is a card or panel.
        text: pixels of text; a small shape that holds some is a button, label or badge.
    """
    kind = kind_of(element)
    if element.matte is not None:
        return "Subject"
    if kind is LayerKind.EFFECT:
        pixels = image[element.visible]
        return "Glow" if len(pixels) and float(pixels.mean()) > BRIGHT else "Shadow"
    if kind is LayerKind.OBJECT:
        return _object_name(element, image)
    colour = colour_name(np.median(image[element.visible], 0)) if element.visible.any() else "Grey"
    return f"{colour} {_shape_word(element, content, text)}"


def _object_name(element: Element, image: Floats) -> str:
    pixels = image[element.visible]
    if not len(pixels):
        return "Object"
    words = [colour_name(colour) for colour in pixels[:: max(1, len(pixels) // COLOUR_SAMPLES)]]
    ranked = Counter(words).most_common(2)
    first, share = ranked[0][0], ranked[0][1] / len(words)
    if element.pieces > 1:
        return f"{first} shapes"
    small = len(pixels) < ICON * element.visible.size
    noun = "icon" if small else _object_noun(element, pixels)
    if noun in ("picture", "round picture"):
        return noun.capitalize()
    if share > ONE_COLOUR or len(ranked) < 2:
        return f"{first} {noun if small else 'shape'}"
    both = (ranked[0][1] + ranked[1][1]) / len(words)
    return f"{first} and {ranked[1][0].lower()} {noun}" if both > TWO_COLOURS else noun.capitalize()


def _object_noun(element: Element, pixels: Floats) -> str:
    """A picture has a frame's shape and many colours; an illustration has few."""
    colours = len(np.unique((pixels[:: max(1, len(pixels) // KIND_SAMPLES)] // COLOUR_STEP).astype(np.int64), axis=0))
    if element.shape is not None and colours > MANY_COLOURS:
        return "picture" if element.shape.kind == "rectangle" else "round picture"
    return "illustration" if colours < PAINTED else "object"


def _shape_word(element: Element, content: Bools, text: Bools) -> str:
    shape = element.shape
    box = bounds(element.full)
    if shape is None or box is None:
        return "shape"
    share = element.area / content.size
    holds = float((content & element.full).sum()) / max(1, element.area)
    reads = float((text & element.full).sum()) / max(1, element.area)
    long, short = max(shape.half_width, shape.half_height), min(shape.half_width, shape.half_height)
    if shape.kind == "ellipse":
        if reads > BADGE_TEXT and share < BADGE:
            return "badge"
        return "circle" if long < ROUND * short else "ellipse"
    if short < THIN and long > LINE * short:
        return "line"
    if holds > HOLDS:
        return _panel_word(element, share, long / short, reads)
    if long > BAR * short:
        return "bar"
    return "square" if long < SQUARE * short and shape.radius < ROUNDED * short else "rectangle"


def _panel_word(element: Element, share: float, stretch: float, reads: float) -> str:
    assert element.shape is not None
    if share < BUTTON and stretch > WIDE and reads > HOLDS:
        return "button" if element.shape.radius > 2 else "label"
    return "card" if element.soft is not None or element.shape.radius > 2 else "panel"
