"""From elements to named layers: what kind each is and what to call it."""

from __future__ import annotations

from collections import Counter

import numpy as np

from engine.builtin.elements import Element
from engine.builtin.names import colour_name
from engine.document import LayerKind
from engine.imaging.arrays import Bools, Floats, bounds

ICON = 0.004


def kind_of(element: Element) -> LayerKind:
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
        return "Glow" if len(pixels) and float(pixels.mean()) > 150 else "Shadow"
    if kind is LayerKind.OBJECT:
        return _object_name(element, image)
    colour = colour_name(np.median(image[element.visible], 0)) if element.visible.any() else "Grey"
    return f"{colour} {_shape_word(element, content, text)}"


def _object_name(element: Element, image: Floats) -> str:
    pixels = image[element.visible]
    if not len(pixels):
        return "Object"
    words = [colour_name(colour) for colour in pixels[:: max(1, len(pixels) // 500)]]
    ranked = Counter(words).most_common(2)
    first, share = ranked[0][0], ranked[0][1] / len(words)
    if element.pieces > 1:
        return f"{first} shapes"
    small = len(pixels) < ICON * element.visible.size
    noun = "icon" if small else _object_noun(element, pixels)
    if noun in ("picture", "round picture"):
        return noun.capitalize()
    if share > 0.8 or len(ranked) < 2:
        return f"{first} {noun if small else 'shape'}"
    both = (ranked[0][1] + ranked[1][1]) / len(words)
    return f"{first} and {ranked[1][0].lower()} {noun}" if both > 0.55 else noun.capitalize()


def _object_noun(element: Element, pixels: Floats) -> str:
    """A picture has a frame's shape and many colours; an illustration has few."""
    colours = len(np.unique((pixels[:: max(1, len(pixels) // 4000)] // 24).astype(np.int64), axis=0))
    if element.shape is not None and colours > 40:
        return "picture" if element.shape.kind == "rectangle" else "round picture"
    return "illustration" if colours < 60 else "object"


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
        if reads > 0.04 and share < 0.08:
            return "badge"
        return "circle" if long < 1.06 * short else "ellipse"
    if short < 4 and long > 8 * short:
        return "line"
    if holds > 0.02:
        return _panel_word(element, share, long / short, reads)
    if long > 6 * short:
        return "bar"
    return "square" if long < 1.05 * short and shape.radius < 0.9 * short else "rectangle"


def _panel_word(element: Element, share: float, stretch: float, reads: float) -> str:
    assert element.shape is not None
    if share < 0.04 and stretch > 1.5 and reads > 0.02:
        return "button" if element.shape.radius > 2 else "label"
    return "card" if element.soft is not None or element.shape.radius > 2 else "panel"
