"""The list's own picture of the document's tree, top first, and the smallest steps that bring it up to date."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import count
from typing import Protocol

from engine.document import Document, Group, Node

_keys = count(1)


class Row:
    """One row. Its node is replaced whenever the document's is; the row and its key stay as long as the id does."""

    __slots__ = ("children", "key", "node", "parent")

    def __init__(self, node: Node, parent: Row | None) -> None:
        self.node = node
        self.parent = parent
        self.children: list[Row] = []
        self.key = next(_keys)

    @property
    def index(self) -> int:
        return self.parent.children.index(self) if self.parent else 0

    def walk(self) -> Iterator[Row]:
        """This row and everything below it, in the order shown."""
        yield self
        for child in self.children:
            yield from child.walk()


class Steps(Protocol):
    """What carries out a step; it changes the tree between Qt's begin and end signals."""

    def insert(self, parent: Row, at: int, row: Row) -> None: ...
    def move(self, row: Row, parent: Row, at: int) -> None: ...
    def remove(self, row: Row) -> None: ...


def shown_children(node: Node | Document) -> Sequence[Node]:
    """A group's or document's nodes as the list shows them: top first."""
    nodes = node.nodes if isinstance(node, Document) else node.children if isinstance(node, Group) else ()
    return nodes[::-1]


def update(root: Row, document: Document, rows: dict[str, Row], steps: Steps) -> None:
    """Bring the tree below `root` into the document's shape: moves first, so that what survives keeps its row."""
    present = {node.id: node for node in document.walk()}
    for node_id, row in rows.items():
        row.node = present.get(node_id, row.node)
    for row in [r for r in rows.values() if r.node.id not in present and not _holds(r, present)]:
        if row.parent is not None and row.node.id in rows:
            steps.remove(row)
    _place(root, shown_children(document), rows, steps)
    for row in [r for r in rows.values() if r.node.id not in present]:
        if row.node.id in rows:
            steps.remove(row)


def steps_needed(root: Row, document: Document, rows: dict[str, Row]) -> int:
    """How many steps `update` would take."""
    present = {node.id for node in document.walk()}

    def below(row: Row | None, wanted: Sequence[Node]) -> int:
        moved = len(wanted) - (len(_staying(row, wanted)) if row is not None else 0)
        groups = [node for node in wanted if isinstance(node, Group)]
        return moved + sum(below(rows.get(group.id), shown_children(group)) for group in groups)

    return sum(1 for node_id in rows if node_id not in present) + below(root, shown_children(document))


def _holds(row: Row, present: dict[str, Node]) -> bool:
    return any(r.node.id in present for r in row.walk())


def _place(parent: Row, wanted: Sequence[Node], rows: dict[str, Row], steps: Steps) -> None:
    """Parents come before their children, so a row never has to move into itself."""
    stay = _staying(parent, wanted)
    at = 0
    for node in wanted:
        row = rows.get(node.id)
        if row is None:
            row = Row(node, None)
            steps.insert(parent, at, row)
        elif row.key not in stay:
            # `at` counts with the row still in its old place.
            steps.move(row, parent, at)
        at = row.index + 1
    for node in wanted:
        if isinstance(node, Group):
            _place(rows[node.id], shown_children(node), rows, steps)


def _staying(parent: Row, wanted: Sequence[Node]) -> set[int]:
    """Keys of the children that can stay put: the longest run already in the wanted order."""
    order = {node.id: i for i, node in enumerate(wanted)}
    here = [row for row in parent.children if row.node.id in order]
    ends: list[int] = []
    tails: list[int] = []
    before: list[int] = []
    for i, row in enumerate(here):
        slot = bisect_left(ends, order[row.node.id])
        before.append(tails[slot - 1] if slot else -1)
        if slot == len(ends):
            ends.append(order[row.node.id])
            tails.append(i)
        else:
            ends[slot], tails[slot] = order[row.node.id], i
    out: set[int] = set()
    i = tails[-1] if tails else -1
    while i >= 0:
        out.add(here[i].key)
        i = before[i]
    return out
