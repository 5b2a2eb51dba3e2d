"""What a node carries for Photoshop, after an edit: blocks that are no longer true go, and are named."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from engine.document import CarriedKind, Document, Group, Node, changed_fields
from engine.editing.edits import quoted
from engine.words import Message, note

_DROPPED: dict[CarriedKind, str] = {
    CarriedKind.TEXT: "editing.dropped-text",
    CarriedKind.SMART_OBJECT: "editing.dropped-smart-object",
    CarriedKind.SHAPE: "editing.dropped-shape",
    CarriedKind.ADJUSTMENT: "editing.dropped-settings",
    CarriedKind.FILL: "editing.dropped-settings",
    CarriedKind.EFFECTS: "editing.dropped-effects",
    CarriedKind.OTHER: "editing.dropped-other",
}


def settled(before: Document, after: Document) -> tuple[Document, tuple[Message, ...]]:
    """`after` without the carried blocks that its edit made untrue, and what that costs, one sentence a kind.

    A block stays where the edit gave the node another one in its place, and wherever nothing changed of what it
    describes. Blocks of nodes that are gone go with them, unnamed: who deletes a text layer knows.
    """
    if before.nodes is after.nodes:
        return after, ()
    old = {node.id: node for node in before.walk() if node.carried}
    lost: dict[str, list[str]] = {}

    def change(node: Node) -> Node:
        was = old.get(node.id)
        if was is None or was is node:
            return node
        changed = changed_fields(was, node)
        untrue = [block for block in was.carried if block.describes & changed]
        kept = tuple(block for block in node.carried if not any(block is b for b in untrue))
        gone = [b for b in was.carried if not any(b.key == k.key for k in kept)]
        for sentence in dict.fromkeys(_DROPPED[b.kind] for b in gone):
            lost.setdefault(sentence, []).append(node.name)
        return node if len(kept) == len(node.carried) else replace(node, carried=kept)

    after = after.map_nodes(change) if old else after
    return after, tuple(note(sentence, what=_what(names)) for sentence, names in lost.items())


def left_out(nodes: Iterable[Node]) -> tuple[Message, ...]:
    """What is lost when those nodes, and all in them, become new pixels: effects, clipping, carried blocks."""
    lost: dict[str, list[str]] = {}
    for node in _all(nodes):
        sentences = [_DROPPED[block.kind] for block in node.carried]
        sentences += ["editing.left-out-effects"] * bool(node.effects) + ["editing.left-out-clipping"] * node.clip
        for sentence in dict.fromkeys(sentences):
            lost.setdefault(sentence, []).append(node.name)
    return tuple(note(sentence, what=_what(names)) for sentence, names in lost.items())


def dropped_blocks(node: Node) -> tuple[Message, ...]:
    """What it costs when a node's carried blocks go because other nodes take its place."""
    sentences = dict.fromkeys(_DROPPED[block.kind] for block in node.carried)
    return tuple(note(sentence, what=_what([node.name])) for sentence in sentences)


def _what(names: list[str]) -> Message:
    if len(names) == 1:
        return note("editing.one", name=quoted(names[0]))
    return note("editing.several", count=len(names))


def _all(nodes: Iterable[Node]) -> list[Node]:
    out: list[Node] = []
    for node in nodes:
        out += [*_all(node.children), node] if isinstance(node, Group) else [node]
    return out
