"""Nodes of every kind with every field, as hypothesis strategies and as one document that holds them all."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
from hypothesis import strategies as st

from engine.document import (
    LAYER_BLEND_MODES,
    Adjustment,
    AdjustmentParameters,
    Carried,
    CarriedKind,
    Document,
    Effect,
    Fill,
    Glow,
    Gradient,
    GradientMap,
    Group,
    Layer,
    Node,
    OtherAdjustment,
    Overlay,
    Pattern,
    PlacedMask,
    Shadow,
    Solid,
    Stroke,
)

SHARE = st.floats(0, 1)
COLOR = st.tuples(*[st.integers(0, 255)] * 3)


def pattern(seed: int) -> Pattern:
    return Pattern(np.random.default_rng(seed).integers(0, 256, (3, 2, 4), np.uint8), scale=0.5 + seed % 3)


PAINTS = st.one_of(
    st.builds(Solid, COLOR), st.builds(Gradient, angle=st.floats(-180, 180)), st.builds(pattern, st.integers(0, 9))
)
EFFECTS: st.SearchStrategy[Effect] = st.one_of(
    st.builds(Shadow, st.booleans(), st.builds(Solid, COLOR), opacity=SHARE),
    st.builds(Glow, st.booleans(), opacity=SHARE),
    st.builds(Stroke, st.floats(1, 20), paint=PAINTS),
    st.builds(Overlay, PAINTS, SHARE),
)
CARRIED = st.builds(Carried, st.sampled_from([b"TySh", b"SoLd", b"lfx2", b"abcd"]), st.binary(max_size=8),
                    st.sampled_from(CarriedKind))  # fmt: skip
PARAMETERS: st.SearchStrategy[AdjustmentParameters] = st.one_of(
    *(st.builds(kind) for kind in get_args(AdjustmentParameters) if kind is not OtherAdjustment),
    st.builds(OtherAdjustment, st.just("Selective Color")),
)
MASKS = st.one_of(
    st.none(),
    st.builds(lambda v, x: PlacedMask(np.full((5, 7), v, np.uint8), x, -x, 255 - v), st.integers(0, 255),
              st.integers(-9, 9)),
)  # fmt: skip
COMMON = {
    "opacity": SHARE,
    "blend_mode": st.sampled_from(LAYER_BLEND_MODES),
    "visible": st.booleans(),
    "locked": st.booleans(),
    "clip": st.booleans(),
    "effects": st.lists(EFFECTS, max_size=2).map(tuple),
    "carried": st.lists(CARRIED, max_size=2).map(tuple),
}


def layer(value: int, left: int, **fields: object) -> Layer:
    pixels = np.full((6, 8, 4), value, np.uint8)
    pixels[2:4, 3] = 255 - value
    return Layer(pixels, left, left // 2, **fields)


ADJUSTMENTS = st.builds(Adjustment, PARAMETERS, mask=MASKS, **COMMON)
FILLS = st.builds(Fill, PAINTS, mask=MASKS, **COMMON)
LAYERS = st.builds(layer, st.integers(0, 255), st.integers(-9, 50), **COMMON)
NODES: st.SearchStrategy[Node] = st.recursive(
    st.one_of(LAYERS, ADJUSTMENTS, FILLS),
    lambda inner: st.builds(Group, st.lists(inner, max_size=3).map(tuple), **COMMON),
    max_leaves=6,
)
DOCUMENTS = st.builds(lambda nodes: Document(50, 40, tuple(nodes)), st.lists(NODES, min_size=1, max_size=4))


def with_everything(document: Document) -> Document:
    """The document with an adjustment (id "levels") and a fill ("paint") among its top nodes.

    Its lowest layer carries a text; its highest one is clipped and has effects.
    """
    adjustment = Adjustment(GradientMap(), "Map", "levels", PlacedMask(np.zeros((9, 9), np.uint8), 3, 4, 255))
    fill = Fill(pattern(1), "Paint", "paint", clip=True, effects=(Shadow(),))
    first, *_, last = document.layers()

    def change(node: Node) -> Node:
        if node is first:
            return replace(node, carried=(Carried(b"TySh", b"text", CarriedKind.TEXT),))
        if node is last:
            return replace(node, clip=True, effects=(Shadow(), Overlay(pattern(2))))
        return node

    changed = document.map_nodes(change)
    return replace(changed, nodes=(changed.nodes[0], adjustment, *changed.nodes[1:], fill))


def only_layers(document: Document) -> Document:
    """The same picture as it is drawn today: without adjustments, fills, clipping, effects and carried blocks."""

    def plain(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        out: list[Node] = []
        for node in nodes:
            if isinstance(node, Layer | Group):
                bare = replace(node, clip=False, effects=(), carried=())
                out.append(replace(bare, children=plain(node.children)) if isinstance(bare, Group) else bare)
        return tuple(out)

    return replace(document, nodes=plain(document.nodes))
