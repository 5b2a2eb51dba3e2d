"""The document: plain, immutable data that every other part shares.

`values` are what nodes are made of, `tree` the nodes and the document, `changes` what differs between two documents.
Everybody imports from here. Knows nothing else of ours.
"""

from engine.document.changes import Change, difference
from engine.document.tree import Document, Group, Layer, Node
from engine.document.values import (
    LAYER_BLEND_MODES,
    BlendMode,
    LayerKind,
    Mask,
    Pixels,
    Provenance,
    Recolor,
    Transform,
    frozen,
    new_id,
)

__all__ = [
    "LAYER_BLEND_MODES",
    "BlendMode",
    "Change",
    "Document",
    "Group",
    "Layer",
    "LayerKind",
    "Mask",
    "Node",
    "Pixels",
    "Provenance",
    "Recolor",
    "Transform",
    "difference",
    "frozen",
    "new_id",
]
