"""What differs between two documents, as a value: views redraw only that, and an edit without one is no edit."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from engine.document.tree import Document, Group, Node

_BY_IDENTITY = frozenset({"pixels", "original"})
"""Arrays are shared between documents, never compared by content."""


@dataclass(frozen=True, slots=True)
class Change:
    """What differs between a document before and the one after.

    Attributes:
        opened: another document altogether; everything is new.
        structure: nodes were added, removed, reordered or regrouped.
        nodes: ids of nodes, present before and after, whose own fields differ (a group's children do not count).
        fields: names of the fields that differ in any of them.
        document: names of the document's own fields that differ ("width", "dpi", "icc", "original"...); never "nodes".
    """

    opened: bool = False
    structure: bool = False
    nodes: frozenset[str] = frozenset()
    fields: frozenset[str] = frozenset()
    document: frozenset[str] = frozenset()

    def __bool__(self) -> bool:
        return self.opened or self.structure or bool(self.nodes or self.document)


def difference(before: Document, after: Document) -> Change:
    """What differs between two documents; falsy where nothing does."""
    if before is after:
        return Change()
    own = frozenset(name for name in _names(after) if name != "nodes" and _differs(before, after, name))
    if before.nodes is after.nodes:
        return Change(document=own)
    old = {node.id: node for node in before.walk()}
    nodes: set[str] = set()
    names: set[str] = set()
    for node in after.walk():
        was = old.get(node.id)
        if was is None or was is node:
            continue
        differing = changed_fields(was, node)
        if differing:
            nodes.add(node.id)
            names.update(differing)
    structure = _shape(before.nodes) != _shape(after.nodes)
    return Change(structure=structure, nodes=frozenset(nodes), fields=frozenset(names), document=own)


def changed_fields(was: Node, now: Node) -> frozenset[str]:
    """Names of the fields in which two states of a node differ; a group's children do not count."""
    return frozenset(name for name in _names(now) if name != "children" and _differs(was, now, name))


def _names(thing: Document | Node) -> Iterable[str]:
    return thing.__dataclass_fields__  # `fields` would make objects for thousands of nodes


def _differs(was: Document | Node, now: Document | Node, name: str) -> bool:
    a, b = getattr(was, name, None), getattr(now, name)
    return a is not b if name in _BY_IDENTITY else bool(a != b)


def _shape(nodes: tuple[Node, ...]) -> tuple[object, ...]:
    return tuple((n.id, _shape(n.children)) if isinstance(n, Group) else n.id for n in nodes)
