"""Puts what a run made into the document of now, which may have been edited while the run was under way. Pure."""

from __future__ import annotations

from dataclasses import replace
from functools import reduce
from typing import TypeAlias

import numpy as np

from engine.document import BlendMode, Document, Group, Layer, Node, Recolor, Transform
from engine.editing.carrying import dropped_blocks
from engine.editing.edits import clean_name, insert, quoted
from engine.imaging.compositing import matrix
from engine.words import Message, note

REPLACED = note("decompose.replaced")
KEPT = note("decompose.kept")

Notes: TypeAlias = tuple[Message, ...]


def with_result(then: Document, now: Document, nodes: tuple[Node, ...]) -> tuple[Document, Notes]:
    """`now` with the run's nodes in place of the layers that the run began with (`then`), and what to say about it.

    Layers that were only added meanwhile are kept on top. Other edits made meanwhile are replaced, as the layers are.
    """
    if now.nodes == then.nodes:
        return replace(now, nodes=nodes), ()
    old = {node.id for node in then.walk()}
    added = tuple(node for node in now.nodes if not any(n.id in old for n in _all(node)))
    shared = {id(layer.pixels) for layer in then.layers()}
    fresh = all(id(layer.pixels) not in shared for node in added for layer in _layers(node))
    # Where old layers are gone or copied, the new ones may be what they became: those would cover the result.
    if not fresh or not all(now.has(i) for i in old):
        return replace(now, nodes=nodes), (REPLACED,)
    left = tuple(node for node in now.nodes if node not in added)
    said = [KEPT] if added else []
    if left != then.nodes:
        said.append(REPLACED)
    return replace(now, nodes=(*nodes, *added)), tuple(said)


def in_place_of(layer_then: Layer, now: Document, parts: tuple[Node, ...]) -> tuple[Document, Notes]:
    """`now` with a group of those parts in place of a layer, and what to say about it.

    The parts were made from the layer as it was (`layer_then`), with its look in their pixels. Name, opacity, blend
    mode, visibility, clipping and effects are the layer's of now; a move, a turn and a recolour made meanwhile are
    made on the parts too.
    """
    layer = now.layer(layer_then.id)
    moved = _moved(layer_then, layer, parts)
    tinted = _tinted(layer_then, layer, moved if moved is not None else parts)
    lost = [note("decompose.its-place")] if moved is None else []
    if tinted is None:
        lost.append(note("decompose.its-colour"))
    if layer.mask is not layer_then.mask:
        lost.append(note("decompose.its-mask"))
    if layer.pixels is not layer_then.pixels:
        lost.append(note("decompose.its-pixels"))
    nodes = tinted if tinted is not None else moved if moved is not None else parts
    plain = layer.blend_mode is BlendMode.NORMAL and layer.opacity == 1
    group = Group(
        nodes,
        name=clean_name(layer.name),
        opacity=layer.opacity,
        blend_mode=BlendMode.PASS_THROUGH if plain else layer.blend_mode,
        visible=layer.visible,
        locked=layer.locked,
        clip=layer.clip,
        effects=layer.effects,
    )
    parent, index = now.place_of(layer.id)
    rest = [node for node in now.siblings(parent) if node.id != layer.id]
    after = insert(now.with_siblings(parent, rest), [group], parent, index)
    dropped = dropped_blocks(layer)
    if not lost:
        return after, dropped
    what = reduce(lambda first, second: note("decompose.and", first=first, second=second), lost)
    return after, (note("decompose.lost", name=quoted(layer.name), what=what), *dropped)


def _moved(then: Layer, now: Layer, parts: tuple[Node, ...]) -> tuple[Node, ...] | None:
    """The parts with what moved the layer meanwhile; None where that would skew them."""
    if then.transform == now.transform and (then.left, then.top) == (now.left, now.top):
        return parts
    if then.pixels.shape != now.pixels.shape:
        return None
    before, after = _square(matrix(then)), _square(matrix(now))
    change = after @ np.linalg.inv(before)
    (a, b), (c, d) = change[:2, :2]
    scale_x, scale_y = float(np.hypot(a, c)), float(np.hypot(b, d))
    if abs(a * b + c * d) > 1e-6 * scale_x * scale_y:
        return None
    turn = float(np.degrees(np.arctan2(c, a)))
    flipped = float(np.sign(a * d - b * c))
    out: list[Node] = []
    for part in parts:
        assert isinstance(part, Layer)
        x, y = part.left + part.width / 2, part.top + part.height / 2
        to_x, to_y, _one = change @ (x, y, 1.0)
        values = scale_x, scale_y * flipped, turn, to_x - x, to_y - y
        out.append(replace(part, transform=Transform(*map(_clean, values))))
    return tuple(out)


def _tinted(then: Layer, now: Layer, parts: tuple[Node, ...]) -> tuple[Node, ...] | None:
    """The parts with what recoloured the layer meanwhile; None where the colour of then is in their pixels."""
    if then.recolor == now.recolor:
        return parts
    if then.recolor != Recolor():
        return None
    return tuple(replace(part, recolor=now.recolor) if isinstance(part, Layer) else part for part in parts)


def _clean(value: float) -> float:
    """Without the last digits' noise: a move by whole px stays one."""
    near = round(value, 6)
    return float(near) + 0.0


def _square(m: np.ndarray) -> np.ndarray:
    return np.vstack([m, (0.0, 0.0, 1.0)])


def _all(node: Node) -> list[Node]:
    return [node, *(n for child in node.children for n in _all(child))] if isinstance(node, Group) else [node]


def _layers(node: Node) -> list[Layer]:
    return [n for n in _all(node) if isinstance(n, Layer)]
