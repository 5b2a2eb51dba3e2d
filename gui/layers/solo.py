"""Solo: show one node alone, and on a repeat show again what was shown before."""

from __future__ import annotations

from dataclasses import replace

from engine.document import Document, Group, Node


class Solo:
    """Remembers what was visible before the last solo. A document that has changed since is soloed anew."""

    def __init__(self) -> None:
        self._node = ""
        self._before: dict[str, bool] = {}
        self._after: dict[str, bool] = {}

    def toggle(self, document: Document, node_id: str) -> Document:
        """The document with only that node shown, or as it was before the same was asked the last time."""
        now = {node.id: node.visible for node in document.walk()}
        if node_id == self._node and now == self._after:
            self._node = ""
            return _with_visible(document, self._before)
        alone = alone_visible(document, node_id)
        if alone == now:
            # Alone already, and nothing is remembered: show all.
            return _with_visible(document, dict.fromkeys(now, True))
        self._node, self._before, self._after = node_id, now, alone
        return _with_visible(document, alone)


def alone_visible(document: Document, node_id: str) -> dict[str, bool]:
    """Visibility by id that shows that node, what it holds and the groups around it, and hides all beside them."""
    out = {node.id: node.visible for node in document.walk()}

    def visit(nodes: tuple[Node, ...]) -> bool:
        path = next((n for n in nodes if n.id == node_id or (isinstance(n, Group) and visit(n.children))), None)
        if path is None:
            return False
        out.update({n.id: n is path for n in nodes})
        return True

    visit(document.nodes)
    return out


def _with_visible(document: Document, visible: dict[str, bool]) -> Document:
    def change(node: Node) -> Node:
        value = visible.get(node.id, node.visible)
        return node if value == node.visible else replace(node, visible=value)

    return document.map_nodes(change)
