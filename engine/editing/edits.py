"""Edits as pure functions: a document in, a new document out. Undo, the window and tests all use these.

A node is locked by its own lock or by that of a group around it. Locked nodes refuse changes of their pixels, place
and look, and are not deleted; they can still be selected, named, shown, hidden, copied, reordered and unlocked.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from typing import Any

from engine.document import Document, Group, Layer, Node, Recolor, Transform, new_id
from engine.words import Message, note

MAX_NAME = 255
"""Characters: what a PSD holds of a name."""
QUOTED = 40
"""Characters of a name within a sentence."""
MAX_SIDE = 100_000
MAX_AREA = 300_000_000
"""px: the largest that a layer can be scaled to; more would not fit in memory when it is drawn."""
MAX_AWAY = 1_000_000
"""px: the farthest that a layer can be moved; beyond it no file format and no ruler follows."""


def ids_under(document: Document, ids: Iterable[str]) -> set[str]:
    """Ids of the layers among `ids` and of every layer inside the groups among them."""
    wanted = set(ids)
    out: set[str] = set()

    def visit(nodes: Sequence[Node], inside: bool) -> None:
        for node in nodes:
            hit = inside or node.id in wanted
            if isinstance(node, Group):
                visit(node.children, hit)
            elif hit and isinstance(node, Layer):
                out.add(node.id)

    visit(document.nodes, False)
    return out


def outermost(document: Document, ids: Iterable[str]) -> list[Node]:
    """Those nodes, bottom to top, without the ones inside others of them."""
    wanted = set(ids)
    out: list[Node] = []

    def visit(nodes: Sequence[Node]) -> None:
        for node in nodes:
            if node.id in wanted:
                out.append(node)
            elif isinstance(node, Group):
                visit(node.children)

    visit(document.nodes)
    return out


def locked_ids(document: Document) -> set[str]:
    """Ids of every node that is locked, itself or by a group around it."""
    out: set[str] = set()

    def visit(nodes: Sequence[Node], inside: bool) -> None:
        for node in nodes:
            locked = inside or node.locked
            if locked:
                out.add(node.id)
            if isinstance(node, Group):
                visit(node.children, locked)

    visit(document.nodes, False)
    return out


def free_ids(document: Document, ids: Iterable[str]) -> list[str]:
    """Those ids, in their order, that are not locked."""
    locked = locked_ids(document)
    return [i for i in ids if i not in locked]


def refusal(document: Document, ids: Collection[str]) -> Message:
    """Why nothing can be done to those locked nodes, and what to do: the one sentence for it everywhere."""
    locked = locked_ids(document)
    held = [node for node in document.walk() if node.id in set(ids) and node.id in locked]
    if not held:
        return note("editing.group-locked")
    if len(held) > 1:
        return note("editing.selected-locked")
    if held[0].locked:
        return note("editing.one-locked", name=quoted(held[0].name))
    return note("editing.in-locked-group", name=quoted(held[0].name))


def quoted(name: str) -> str:
    """A name within a sentence, at most `QUOTED` characters of it."""
    return f"“{name}”" if len(name) <= QUOTED else f"“{name[: QUOTED - 1]}…”"


def set_fields(document: Document, ids: Collection[str], **fields: Any) -> Document:
    """Those nodes with `fields` replaced, e.g. `opacity=0.5`. Fields that a kind of node lacks are skipped there."""
    wanted = set(ids)

    def change(node: Node) -> Node:
        if node.id not in wanted:
            return node
        has = {f.name for f in dataclasses.fields(node)}
        own = {k: v for k, v in fields.items() if k in has and getattr(node, k) != v}
        return replace(node, **own) if own else node

    return document.map_nodes(change)


def rename(document: Document, node_id: str, name: str) -> Document:
    """Give a node a name: control characters become spaces, at most 255 characters, an empty name changes nothing."""
    clean = clean_name(name)
    return set_fields(document, [node_id], name=clean) if clean else document


def clean_name(name: str) -> str:
    """A name as it is kept: printable, on one line, trimmed, at most 255 characters."""
    return "".join(c if c.isprintable() else " " for c in name).strip()[:MAX_NAME].strip()


def transform_layers(document: Document, transforms: dict[str, Transform]) -> Document:
    """Those layers with new transforms. Locked layers stay.

    Scales are kept to MAX_SIDE and MAX_AREA, moves to MAX_AWAY; what is not a number changes nothing.
    """
    locked = locked_ids(document)

    def change(node: Node) -> Node:
        new = transforms.get(node.id)
        if new is None or not isinstance(node, Layer) or node.id in locked:
            return node
        new = _clamped(new, node)
        return node if new == node.transform else replace(node, transform=new)

    return document.map_nodes(change)


def move_by(document: Document, ids: Iterable[str], dx: float, dy: float) -> Document:
    """Move those layers, and the layers in those groups, by `dx`, `dy` px. Locked layers stay."""
    moved = {
        node_id: replace(t, dx=t.dx + dx, dy=t.dy + dy)
        for node_id in ids_under(document, ids)
        for t in [document.layer(node_id).transform]
    }
    return transform_layers(document, moved)


def recolor(document: Document, ids: Iterable[str], value: Recolor) -> Document:
    """Recolour those layers, and the layers in those groups. Locked layers stay."""
    return set_fields(document, free_ids(document, ids_under(document, ids)), recolor=value)


def recolor_layers(document: Document, values: dict[str, Recolor]) -> Document:
    """Those layers with new colour changes. Locked layers stay."""
    locked = locked_ids(document)

    def change(node: Node) -> Node:
        new = values.get(node.id)
        if new is None or not isinstance(node, Layer) or node.id in locked or node.recolor == new:
            return node
        return replace(node, recolor=new)

    return document.map_nodes(change)


def remove(document: Document, ids: Iterable[str]) -> Document:
    """Delete those nodes with all they hold. Locked ones stay, and with them the groups around them."""
    wanted, locked = set(ids), locked_ids(document)

    def prune(nodes: tuple[Node, ...], inside: bool) -> tuple[Node, ...]:
        out: list[Node] = []
        for node in nodes:
            doomed = (inside or node.id in wanted) and node.id not in locked
            if isinstance(node, Group):
                children = prune(node.children, doomed)
                if doomed and not children:
                    continue
                if not _same(children, node.children):
                    node = replace(node, children=children)
            elif doomed:
                continue
            out.append(node)
        return tuple(out)

    left = prune(document.nodes, False)
    return document if _same(left, document.nodes) else replace(document, nodes=left)


def _same(a: Sequence[Node], b: Sequence[Node]) -> bool:
    return len(a) == len(b) and all(x is y for x, y in zip(a, b, strict=True))


def insert(document: Document, nodes: Iterable[Node], parent: str | None = None, index: int | None = None) -> Document:
    """Put nodes (bottom to top) into a group, or the top level for None; `index` None means on top."""
    siblings = list(document.siblings(parent))
    at = len(siblings) if index is None else max(0, min(index, len(siblings)))
    siblings[at:at] = nodes
    return document.with_siblings(parent, siblings)


def move_nodes(document: Document, ids: Collection[str], parent: str | None, index: int) -> Document:
    """Reorder: take those nodes out and put them, in their order, at `index` of `parent` as it is now.

    A group moved into itself changes nothing.
    """
    wanted = set(ids)
    moving = outermost(document, ids)
    if parent is not None and any(n.id == parent or _contains(n, parent) for n in moving):
        return document
    before = document.siblings(parent)[:index]
    at = sum(1 for n in before if n.id not in wanted)
    kept = {n.id for n in moving}
    return insert(_take(document, kept), moving, parent, at)


def step(document: Document, ids: Collection[str], by: int) -> Document:
    """Raise (by=1) or lower (by=-1) nodes among their siblings; by=+-large goes to the ends."""
    for node_id in _in_step_order(document, ids, by):
        parent, index = document.place_of(node_id)
        siblings = document.siblings(parent)
        target = max(0, min(len(siblings) - 1, index + by))
        if (
            any(n.id in ids for n in siblings[min(target, index) : max(target, index) + 1] if n.id != node_id)
            and abs(by) == 1
        ):
            continue
        rest = [n for n in siblings if n.id != node_id]
        rest.insert(target, siblings[index])
        document = document.with_siblings(parent, rest)
    return document


def duplicate(document: Document, ids: Collection[str]) -> tuple[Document, list[str]]:
    """Copy nodes, each right above its original. Returns the document and the copies' ids."""
    wanted = set(ids)
    copies: list[str] = []

    def grown(nodes: tuple[Node, ...]) -> tuple[Node, ...]:
        out: list[Node] = []
        for node in nodes:
            if node.id in wanted:
                copy = replace(_fresh(node), name=clean_name(f"{node.name} copy"), locked=False)
                copies.append(copy.id)
                out += [node, copy]
            elif isinstance(node, Group):
                children = grown(node.children)
                out.append(node if _same(children, node.children) else replace(node, children=children))
            else:
                out.append(node)
        return tuple(out)

    nodes = grown(document.nodes)
    return (replace(document, nodes=nodes) if copies else document), copies


def group(document: Document, ids: Collection[str], name: str = "Group") -> tuple[Document, str | None]:
    """Put nodes into a new group at the place of the topmost one. Returns the document and the group's id."""
    members = outermost(document, ids)
    if not members:
        return document, None
    parent, index = document.place_of(members[-1].id)
    above = document.siblings(parent)[index + 1 :]
    new = Group(children=tuple(members), name=name)
    document = _take(document, {n.id for n in members})
    at = len(document.siblings(parent)) - len(above)
    return insert(document, [new], parent, at), new.id


def ungroup(document: Document, group_id: str) -> tuple[Document, list[str]]:
    """Replace a group by its children. Returns the document and the children's ids; a locked group stays."""
    node = document.find(group_id)
    if not isinstance(node, Group) or group_id in locked_ids(document):
        return document, []
    parent, index = document.place_of(group_id)
    siblings = list(document.siblings(parent))
    siblings[index : index + 1] = node.children
    return document.with_siblings(parent, siblings), [c.id for c in node.children]


def _clamped(t: Transform, layer: Layer) -> Transform:
    if any(math.isnan(v) for v in (t.scale_x, t.scale_y, t.rotation, t.dx, t.dy)) or math.isinf(t.rotation):
        return layer.transform
    x, y = _clamp_scale(t.scale_x, layer.width), _clamp_scale(t.scale_y, layer.height)
    area = abs(x * layer.width * y * layer.height)
    if area > MAX_AREA:
        # Shrunk in proportion, but no side below a pixel.
        less = (MAX_AREA / area) ** 0.5
        x, y = _clamp_scale(x * less, layer.width), _clamp_scale(y * less, layer.height)
    dx, dy = (min(max(v, -MAX_AWAY), MAX_AWAY) for v in (t.dx, t.dy))
    return replace(t, scale_x=x, scale_y=y, dx=dx, dy=dy)


def _clamp_scale(scale: float, side: int) -> float:
    """Keep 1..MAX_SIDE px on screen; the sign (a flip) stays."""
    sign = -1.0 if scale < 0 else 1.0
    return sign * min(max(abs(scale), 1 / max(side, 1)), MAX_SIDE / max(side, 1))


def _take(document: Document, ids: set[str]) -> Document:
    def change(node: Node) -> Node:
        if isinstance(node, Group) and any(c.id in ids for c in node.children):
            return replace(node, children=tuple(c for c in node.children if c.id not in ids))
        return node

    document = document.map_nodes(change)
    return replace(document, nodes=tuple(n for n in document.nodes if n.id not in ids))


def _contains(node: Node, node_id: str) -> bool:
    return isinstance(node, Group) and any(c.id == node_id or _contains(c, node_id) for c in node.children)


def _in_step_order(document: Document, ids: Collection[str], by: int) -> list[str]:
    ordered = [n.id for n in document.walk() if n.id in set(ids)]
    # Going up one step: the topmost first, so that neighbours keep their order; to the ends: the other way round.
    return ordered[::-1] if (by > 0) == (abs(by) == 1) else ordered


def _fresh(node: Node) -> Node:
    if isinstance(node, Group):
        return replace(node, id=new_id(), children=tuple(_fresh(c) for c in node.children))
    return replace(node, id=new_id())
