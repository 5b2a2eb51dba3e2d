"""From elements to named layers: what kind each is and what to call it."""

from __future__ import annotations

import numpy as np

from engine.builtin.arrays import Bools, Floats, bounds
from engine.builtin.elements import Element
from engine.builtin.names import colour_name
from engine.document import LayerKind


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
    shape = element.shape
    if shape is not None and shape.kind == "rectangle":
        return "Picture"
    if shape is not None:
        return "Round picture"
    pixels = image[element.visible]
    if not len(pixels):
        return "Object"
    keys, counts = np.unique(
        np.array([colour_name(c) for c in pixels[:: max(1, len(pixels) // 400)]]), return_counts=True
    )
    best = counts.argmax()
    return f"{keys[best]} object" if counts[best] > 0.3 * counts.sum() else "Object"


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
