"""An edit that makes pixels, in two halves: a slow one, which a thread may run, and one that changes the document.

What the slow half made stays right for as long as the nodes that it read are the same ones, whatever else is edited
meanwhile: plan again on the document of then, see whether `reads_the_same`, and finish that plan with what was made.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from engine.cancel import Check, never
from engine.document import Document, Group, Layer, Node
from engine.words import Message


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """What the slow half made.

    Attributes:
        nodes: the new nodes, in the order that the plan's other half expects.
        notes: sentences for the user: what was done beside what was asked.
    """

    nodes: tuple[Node, ...]
    notes: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """An edit, checked and ready to be done.

    Attributes:
        inputs: every node that `make` reads.
        make: the slow half, given a check that it calls often; raises InputError, one sentence, where the pixels turn
            out not to allow it, and Cancelled soon after the check does.
        put: gives the document with what was made, and the ids of the nodes to select.
        size: px that `make` has to work through, about.
    """

    inputs: tuple[Node, ...]
    make: Callable[[Check], Made]
    put: Callable[[Made], tuple[Document, list[str]]]
    size: int

    def run(self) -> tuple[Document, list[str]]:
        """Both halves at once, without a way to cancel."""
        return self.put(self.make(never))

    def reads_the_same(self, other: Plan) -> bool:
        """Whether what the other plan made is what this one would make."""
        return len(self.inputs) == len(other.inputs) and all(
            a is b for a, b in zip(self.inputs, other.inputs, strict=True)
        )


Planner: TypeAlias = Callable[[Document], Plan]
"""Raises InputError, one sentence, where the edit is refused."""


def area_of(nodes: tuple[Node, ...]) -> int:
    """Px of those layers, and of the layers in those groups, as they are drawn."""
    total = 0.0
    for node in nodes:
        if isinstance(node, Group):
            total += area_of(node.children)
        elif isinstance(node, Layer):
            total += _drawn(node)
    return round(total)


def _drawn(layer: Layer) -> float:
    scale = abs(layer.transform.scale_x * layer.transform.scale_y)
    return layer.width * layer.height * max(1.0, scale)
