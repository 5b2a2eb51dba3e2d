"""Solo: show some nodes alone, and on a repeat show again what was shown before."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from engine.document import Document, Group, Node


class Solo:
    """Remembers what was visible before the last solo. A document that has changed since is soloed anew."""

    def __init__(self) -> None:
        self._ids: frozenset[str] = frozenset()
        self._before: dict[str, bool] = {}
        self._after: dict[str, bool] = {}

    def toggle(self, document: Document, ids: Collection[str]) -> Document:
        """The document with only those nodes shown, or as it was before the same were asked the last time."""
        now = {node.id: node.visible for node in document.walk()}
        if frozenset(ids) == self._ids and now == self._after:
            self._ids = frozenset()
            return _with_visible(document, self._before)
        alone = alone_visible(document, ids)
        if alone == now:
            # Alone already, and nothing is remembered: show all.
            return _with_visible(document, dict.fromkeys(now, True))
        self._ids, self._before, self._after = frozenset(ids), now, alone
        return _with_visible(document, alone)


def alone_visible(document: Document, ids: Collection[str]) -> dict[str, bool]:
    """Visibility by id that shows those nodes, what they hold and the groups around them, and hides all beside them."""
    out = {node.id: node.visible for node in document.walk()}

    def visit(nodes: tuple[Node, ...]) -> bool:
        path = {n.id for n in nodes if n.id in ids or (isinstance(n, Group) and visit(n.children))}
        if path:
            out.update({n.id: n.id in path for n in nodes})
        return bool(path)

    visit(document.nodes)
    return out


def _with_visible(document: Document, visible: dict[str, bool]) -> Document:
    def change(node: Node) -> Node:
        value = visible.get(node.id, node.visible)
        return node if value == node.visible else replace(node, visible=value)

    return document.map_nodes(change)
