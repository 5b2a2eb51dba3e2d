"""The tree: layers, groups, adjustments, fills, and the document around them.

A `Document` is a tree of `Layer` and `Group` nodes, bottom to top. Nothing is ever changed in place: an edit makes a
new document that shares every untouched node and all pixels with the old one. So undo, autosave and an export on
another thread each hold a document and need no lock.

Every node has, beside what is its own: `clip` (it shows only where the node below it does, and that one's opacity and
blend mode count for it), `effects` (bottom to top, parameters only) and `carried` (blocks of a PSD kept as they came).
The compositor draws neither adjustments nor fills yet, and knows no clipping and no effects; exporters say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeAlias

from engine.document.adjustments import AdjustmentKind, AdjustmentParameters
from engine.document.carried import Carried
from engine.document.effects import Effect, Overlay, Stroke
from engine.document.paints import Paint, Pattern
from engine.document.values import (
    BlendMode,
    LayerKind,
    Mask,
    Pixels,
    PlacedMask,
    Provenance,
    Recolor,
    Transform,
    freeze,
    new_id,
)


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer. `pixels` is its tight box only, uint8 H x W x 4 straight alpha, read-only once here.

    Attributes:
        left, top: document position of the pixels' top left corner before `transform`; may be negative.
        opacity: 0..1.
        clip, effects, carried: as in every node, see this module.
    """

    pixels: Pixels
    left: int = 0
    top: int = 0
    name: str = "Layer"
    kind: LayerKind = LayerKind.OBJECT
    id: str = field(default_factory=new_id)
    transform: Transform = Transform()
    recolor: Recolor = Recolor()
    mask: Mask | None = None
    opacity: float = 1.0
    blend_mode: BlendMode = BlendMode.NORMAL
    visible: bool = True
    locked: bool = False
    provenance: Provenance = Provenance()
    clip: bool = False
    effects: tuple[Effect, ...] = ()
    carried: tuple[Carried, ...] = ()

    def __post_init__(self) -> None:
        freeze(self.pixels, 3)

    @property
    def width(self) -> int:
        """px of its own pixels, before `transform`."""
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        """px of its own pixels, before `transform`."""
        return int(self.pixels.shape[0])


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """A folder of nodes, bottom to top."""

    children: tuple[Node, ...] = ()
    name: str = "Group"
    id: str = field(default_factory=new_id)
    opacity: float = 1.0
    blend_mode: BlendMode = BlendMode.PASS_THROUGH
    visible: bool = True
    locked: bool = False
    clip: bool = False
    effects: tuple[Effect, ...] = ()
    carried: tuple[Carried, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Adjustment:
    """A change of colours of all that lies below it (with `clip`: of the node below), within its mask.

    Attributes:
        parameters: what it does; its type says which adjustment it is.
        mask: where it applies; None for everywhere.
        opacity: 0..1.
    """

    parameters: AdjustmentParameters
    name: str = "Adjustment"
    id: str = field(default_factory=new_id)
    mask: PlacedMask | None = None
    opacity: float = 1.0
    blend_mode: BlendMode = BlendMode.NORMAL
    visible: bool = True
    locked: bool = False
    clip: bool = False
    effects: tuple[Effect, ...] = ()
    carried: tuple[Carried, ...] = ()

    @property
    def kind(self) -> AdjustmentKind:
        """Which adjustment it is."""
        return self.parameters.kind


@dataclass(frozen=True, slots=True, eq=False)
class Fill:
    """A layer without pixels of its own: the whole canvas in one paint, within its mask.

    Attributes:
        paint: a colour, a gradient or a pattern.
        mask: where it shows; None for everywhere.
        opacity: 0..1.
    """

    paint: Paint
    name: str = "Fill"
    id: str = field(default_factory=new_id)
    mask: PlacedMask | None = None
    opacity: float = 1.0
    blend_mode: BlendMode = BlendMode.NORMAL
    visible: bool = True
    locked: bool = False
    clip: bool = False
    effects: tuple[Effect, ...] = ()
    carried: tuple[Carried, ...] = ()


Node: TypeAlias = Layer | Group | Adjustment | Fill


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """An image as layers.

    Attributes:
        width, height: px.
        nodes: the tree's top level, bottom to top.
        dpi: pixels per inch, horizontal and vertical.
        icc: the RGB profile that the pixels are in, or None for sRGB.
        icc_name: that profile's own description.
        source: the file the image came from, or None (clipboard).
        original: the flat image as opened, uint8 height x width x 4 straight alpha, read-only.
    """

    width: int
    height: int
    nodes: tuple[Node, ...] = ()
    dpi: tuple[float, float] = (72.0, 72.0)
    icc: bytes | None = None
    icc_name: str = "sRGB"
    source: Path | None = None
    original: Pixels | None = None

    def __post_init__(self) -> None:
        if self.original is not None:
            freeze(self.original, 3)

    def walk(self) -> Iterator[Node]:
        """Every node, bottom to top; a group's children come before the group."""
        return _walk(self.nodes)

    def layers(self) -> list[Layer]:
        """Every layer, bottom to top."""
        return [node for node in self.walk() if isinstance(node, Layer)]

    def arrays(self) -> Iterator[Pixels]:
        """Every array that the document holds: its original, and each node's pixels, mask and patterns."""
        if self.original is not None:
            yield self.original
        for node in self.walk():
            yield from _arrays(node)

    def find(self, node_id: str) -> Node:
        """The node with that id. Raises KeyError where there is none."""
        for node in self.walk():
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    def layer(self, layer_id: str) -> Layer:
        """The layer with that id. Raises KeyError where there is none or it is no layer."""
        node = self.find(layer_id)
        if not isinstance(node, Layer):
            raise KeyError(layer_id)
        return node

    def has(self, node_id: str) -> bool:
        """Whether there is a node with that id."""
        return any(node.id == node_id for node in self.walk())

    def place_of(self, node_id: str) -> tuple[str | None, int]:
        """(id of the parent group or None for the top level, index among its siblings, 0 = bottom).

        Raises KeyError where there is no such node.
        """
        return _place_of(self.nodes, None, node_id)

    def siblings(self, parent_id: str | None) -> tuple[Node, ...]:
        """The children of that group, or the top level for None. Raises KeyError where it is no group here."""
        if parent_id is None:
            return self.nodes
        parent = self.find(parent_id)
        if not isinstance(parent, Group):
            raise KeyError(parent_id)
        return parent.children

    def map_nodes(self, change: Callable[[Node], Node]) -> Document:
        """A document with `change` applied to every node, children first; untouched subtrees are shared."""
        nodes = _map(self.nodes, change)
        return self if nodes is self.nodes else replace(self, nodes=nodes)

    def with_siblings(self, parent_id: str | None, children: Iterable[Node]) -> Document:
        """A document in which that group's (None: the top level's) children are `children`."""
        new = tuple(children)
        if parent_id is None:
            return replace(self, nodes=new)

        def change(node: Node) -> Node:
            return replace(node, children=new) if isinstance(node, Group) and node.id == parent_id else node

        return self.map_nodes(change)


def _arrays(node: Node) -> Iterator[Pixels]:
    if isinstance(node, Layer):
        yield node.pixels
    if not isinstance(node, Group) and node.mask is not None:
        yield node.mask.pixels
    paints: list[object] = [e.paint for e in node.effects if isinstance(e, Stroke | Overlay)]
    if isinstance(node, Fill):
        paints.append(node.paint)
    yield from (paint.pixels for paint in paints if isinstance(paint, Pattern))


def _walk(nodes: tuple[Node, ...]) -> Iterator[Node]:
    for node in nodes:
        if isinstance(node, Group):
            yield from _walk(node.children)
        yield node


def _place_of(nodes: tuple[Node, ...], parent: str | None, node_id: str) -> tuple[str | None, int]:
    for index, node in enumerate(nodes):
        if node.id == node_id:
            return parent, index
        if isinstance(node, Group):
            try:
                return _place_of(node.children, node.id, node_id)
            except KeyError:
                continue
    raise KeyError(node_id)


def _map(nodes: tuple[Node, ...], change: Callable[[Node], Node]) -> tuple[Node, ...]:
    out: list[Node] = []
    for node in nodes:
        if isinstance(node, Group):
            children = _map(node.children, change)
            if children is not node.children:
                node = replace(node, children=children)
        out.append(change(node))
    return nodes if all(a is b for a, b in zip(nodes, out, strict=True)) else tuple(out)
