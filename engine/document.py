"""The document: plain, immutable data that every other part shares.

A `Document` is a tree of `Layer` and `Group` nodes, bottom to top. Nothing is ever changed in place: an edit makes a
new document that shares every untouched node and all pixels with the old one. So undo, autosave and an export on
another thread each hold a document and need no lock.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Pixels: TypeAlias = NDArray[np.uint8]
"""Image data. H x W x 4 is straight (not premultiplied) RGBA; H x W is a matte or mask."""


class LayerKind(StrEnum):
    """What a layer shows; decides its icon, colour label and default name."""

    BACKGROUND = "background"
    OBJECT = "object"
    TEXT = "text"
    SHAPE = "shape"
    EFFECT = "effect"


class BlendMode(StrEnum):
    """The blend modes that the canvas, the compositor and every exporter share.

    `PASS_THROUGH` is for groups only: the group's children blend straight with what lies below the group.
    """

    NORMAL = "normal"
    MULTIPLY = "multiply"
    SCREEN = "screen"
    OVERLAY = "overlay"
    DARKEN = "darken"
    LIGHTEN = "lighten"
    COLOR_DODGE = "color-dodge"
    COLOR_BURN = "color-burn"
    HARD_LIGHT = "hard-light"
    SOFT_LIGHT = "soft-light"
    DIFFERENCE = "difference"
    EXCLUSION = "exclusion"
    PASS_THROUGH = "pass-through"


LAYER_BLEND_MODES: tuple[BlendMode, ...] = tuple(m for m in BlendMode if m is not BlendMode.PASS_THROUGH)


@dataclass(frozen=True, slots=True)
class Transform:
    """Where and how a layer's pixels are placed, about the centre of their own box.

    The pixels are scaled, then rotated, both about the centre of their box (`Layer.left`, `Layer.top`, size), then
    moved by `dx`, `dy`. A negative scale flips.

    Attributes:
        scale_x, scale_y: factors; 1.0 is the original size, never 0.
        rotation: degrees, clockwise on screen.
        dx, dy: px in the document.
    """

    scale_x: float = 1.0
    scale_y: float = 1.0
    rotation: float = 0.0
    dx: float = 0.0
    dy: float = 0.0

    @property
    def is_identity(self) -> bool:
        return self == Transform()

    @property
    def is_integer_move(self) -> bool:
        """True where the pixels are placed as they are, without resampling."""
        return (
            self.scale_x == self.scale_y == 1.0
            and self.rotation % 360 == 0
            and float(self.dx).is_integer()
            and float(self.dy).is_integer()
        )


@dataclass(frozen=True, slots=True)
class Recolor:
    """A non-destructive colour change; alpha and shading are kept.

    Attributes:
        hue: degrees added, -180..180.
        saturation: -100..100, 0 keeps.
        lightness: -100 (black) .. 100 (white), 0 keeps.
        colorize: RGB 0..255 to tint with, or None for a plain hue / saturation / lightness change.
        strength: 0..1, how much of the tint is mixed in; used with `colorize` only.
    """

    hue: float = 0.0
    saturation: float = 0.0
    lightness: float = 0.0
    colorize: tuple[int, int, int] | None = None
    strength: float = 1.0

    @property
    def is_identity(self) -> bool:
        return self.colorize is None and self.hue == self.saturation == self.lightness == 0


@dataclass(frozen=True, slots=True, eq=False)
class Mask:
    """A layer mask: 255 shows, 0 hides, in the layer's own pixel box (before its transform).

    Attributes:
        pixels: uint8 H x W, the same size as the layer's pixels.
    """

    pixels: Pixels

    def __post_init__(self) -> None:
        _freeze(self.pixels, 2)


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a layer came from.

    Attributes:
        engine: id of the engine, or "" for a layer made by hand.
        score: the engine's confidence 0..1, or None.
        text: what was read on the layer, or "".
    """

    engine: str = ""
    score: float | None = None
    text: str = ""


def new_id() -> str:
    """A short id, unique within and across documents."""
    return uuid.uuid4().hex[:12]


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """One layer. `pixels` is its tight box only, uint8 H x W x 4 straight alpha, read-only once here.

    Attributes:
        left, top: document position of the pixels' top left corner before `transform`; may be negative.
        opacity: 0..1.
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

    def __post_init__(self) -> None:
        _freeze(self.pixels, 3)

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
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


Node: TypeAlias = Layer | Group


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
            _freeze(self.original, 3)

    def walk(self) -> Iterator[Node]:
        """Every node, bottom to top; a group's children come before the group."""
        return _walk(self.nodes)

    def layers(self) -> list[Layer]:
        """Every layer, bottom to top."""
        return [node for node in self.walk() if isinstance(node, Layer)]

    def find(self, node_id: str) -> Node:
        """The node with that id. Raises KeyError where there is none."""
        for node in self.walk():
            if node.id == node_id:
                return node
        raise KeyError(node_id)

    def layer(self, layer_id: str) -> Layer:
        """The layer with that id. Raises KeyError where there is none or it is a group."""
        node = self.find(layer_id)
        if not isinstance(node, Layer):
            raise KeyError(layer_id)
        return node

    def has(self, node_id: str) -> bool:
        return any(node.id == node_id for node in self.walk())

    def place_of(self, node_id: str) -> tuple[str | None, int]:
        """(id of the parent group or None for the top level, index among its siblings, 0 = bottom)."""
        return _place_of(self.nodes, None, node_id)

    def siblings(self, parent_id: str | None) -> tuple[Node, ...]:
        """The children of that group, or the top level for None."""
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


def frozen(pixels: Pixels) -> Pixels:
    """The same array, C-contiguous and read-only; copied only where it must be."""
    out = np.ascontiguousarray(pixels)
    out.setflags(write=False)
    return out


def _freeze(pixels: Pixels, ndim: int) -> None:
    if pixels.dtype != np.uint8 or pixels.ndim != ndim or (ndim == 3 and pixels.shape[2] != 4):
        wanted = "H x W x 4" if ndim == 3 else "H x W"
        raise ValueError(f"pixels must be uint8 {wanted}, not {pixels.dtype} {pixels.shape}")
    pixels.setflags(write=False)


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
