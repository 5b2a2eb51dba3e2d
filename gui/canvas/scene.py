"""What the painter draws: the document's visible nodes as a list, and what differs between two such lists."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from PySide6.QtCore import QRect
from PySide6.QtGui import QImage, QPainter

from engine.document import BlendMode, Group, Layer, Node
from engine.imaging.compositing import bounds
from gui.canvas.snapping import Box

_MODES = QPainter.CompositionMode
QT_MODES: dict[BlendMode, QPainter.CompositionMode] = {
    BlendMode.NORMAL: _MODES.CompositionMode_SourceOver,
    BlendMode.MULTIPLY: _MODES.CompositionMode_Multiply,
    BlendMode.SCREEN: _MODES.CompositionMode_Screen,
    BlendMode.OVERLAY: _MODES.CompositionMode_Overlay,
    BlendMode.DARKEN: _MODES.CompositionMode_Darken,
    BlendMode.LIGHTEN: _MODES.CompositionMode_Lighten,
    BlendMode.COLOR_DODGE: _MODES.CompositionMode_ColorDodge,
    BlendMode.COLOR_BURN: _MODES.CompositionMode_ColorBurn,
    BlendMode.HARD_LIGHT: _MODES.CompositionMode_HardLight,
    BlendMode.SOFT_LIGHT: _MODES.CompositionMode_SoftLight,
    BlendMode.DIFFERENCE: _MODES.CompositionMode_Difference,
    BlendMode.EXCLUSION: _MODES.CompositionMode_Exclusion,
    BlendMode.PASS_THROUGH: _MODES.CompositionMode_SourceOver,
}


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """A visible layer and its box in the document."""

    layer: Layer
    box: Box

    @property
    def node(self) -> Layer:
        """The layer."""
        return self.layer


@dataclass(frozen=True, slots=True, eq=False)
class Folder:
    """A group that is blended as a whole, or (pass-through, with opacity below 1) faded against what is below it."""

    group: Group
    items: tuple[Item, ...]
    box: Box

    @property
    def node(self) -> Group:
        """The group."""
        return self.group

    @property
    def fades(self) -> bool:
        """Whether its layers meet what is below the group, and all of that is faded."""
        return self.group.blend_mode is BlendMode.PASS_THROUGH


@dataclass(frozen=True, slots=True, eq=False)
class Still:
    """Finished pixels of nodes that do not change during a gesture; `rect` in composition px."""

    image: QImage
    rect: QRect
    opacity: float = 1.0
    blend_mode: BlendMode = BlendMode.NORMAL


@dataclass(frozen=True, slots=True, eq=False)
class Wash:
    """Many nodes as what they do together to an opaque backdrop: backdrop x gain + offset, channel by channel.

    Normal, Multiply and Screen are all of that form, so that any number of them above a layer that changes costs two
    passes a frame. Both images are opaque and cover `rect` (composition px).
    """

    gain: QImage
    offset: QImage
    rect: QRect


@dataclass(frozen=True, slots=True, eq=False)
class Live:
    """The place in the stack of a node that changes during a gesture."""

    node_id: str


@dataclass(frozen=True, slots=True, eq=False)
class Nest:
    """The place of a group that holds something that changes."""

    node_id: str
    steps: tuple[Step, ...]


Item: TypeAlias = Leaf | Folder
Step: TypeAlias = Still | Wash | Live | Nest | Leaf | Folder


def items_of(nodes: Sequence[Node], known: dict[int, Leaf] | None = None) -> tuple[Item, ...]:
    """The visible nodes, bottom to top. `known`: leaves by id(layer), to be reused."""
    return tuple(_items(nodes, known or {}))


def leaves(items: Sequence[Item]) -> Iterator[Leaf]:
    """All layers among them and in the groups among them, bottom to top."""
    for item in items:
        if isinstance(item, Leaf):
            yield item
        else:
            yield from leaves(item.items)


def by_id(items: Sequence[Item]) -> dict[str, Item]:
    """All of them, and all in the groups among them, by the id of their node."""
    out: dict[str, Item] = {}
    for item in items:
        out[item.node.id] = item
        if isinstance(item, Folder):
            out.update(by_id(item.items))
    return out


def changed_boxes(old: Sequence[Item], new: Sequence[Item]) -> list[Box]:
    """Document boxes in which the two stacks may look different."""
    start = 0
    while start < min(len(old), len(new)) and _same(old[start], new[start]):
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and _same(old[-1 - end], new[-1 - end]):
        end += 1
    a, b = old[start : len(old) - end], new[start : len(new) - end]
    if len(a) != len(b) or any(x.node.id != y.node.id for x, y in zip(a, b, strict=True)):
        return [item.box for item in (*a, *b)]
    out: list[Box] = []
    for x, y in zip(a, b, strict=True):
        if _same(x, y):
            continue
        if isinstance(x, Folder) and isinstance(y, Folder) and _look(x.group) == _look(y.group):
            out += changed_boxes(x.items, y.items)
        else:
            out += [x.box, y.box]
    return out


def still_same(old: Sequence[Item], new: Sequence[Item], active: Collection[str]) -> bool:
    """Whether everything but the `active` nodes is the same, in the same order."""
    return _passive(old, active) == _passive(new, active)


def holds(item: Item, active: Collection[str]) -> bool:
    """Whether the item, or anything in it, is active."""
    if item.node.id in active:
        return True
    return isinstance(item, Folder) and any(holds(child, active) for child in item.items)


def _items(nodes: Sequence[Node], known: dict[int, Leaf]) -> Iterator[Item]:
    for node in nodes:
        if not node.visible or node.opacity <= 0:
            continue
        if isinstance(node, Layer):
            leaf = known.get(id(node))
            if node.pixels.size:
                yield leaf if leaf is not None and leaf.layer is node else Leaf(node, bounds(node))
        elif not isinstance(node, Group):
            continue  # adjustments and fills are not drawn yet
        elif node.blend_mode is BlendMode.PASS_THROUGH and node.opacity >= 1:
            yield from _items(node.children, known)
        elif inner := tuple(_items(node.children, known)):
            yield Folder(node, inner, _union([item.box for item in inner]))


def _union(boxes: Sequence[Box]) -> Box:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _same(a: Item, b: Item) -> bool:
    return a.node is b.node


def _look(group: Group) -> tuple[str, float, BlendMode]:
    return group.id, group.opacity, group.blend_mode


def _passive(items: Sequence[Item], active: Collection[str]) -> list[object]:
    out: list[object] = []
    for item in items:
        if item.node.id in active:
            continue
        if isinstance(item, Folder) and holds(item, active):
            out += [_look(item.group), _passive(item.items, active)]
        else:
            out.append(id(item.node))
    return out
