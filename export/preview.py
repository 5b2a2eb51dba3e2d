"""The merged picture of a document, in bands that need little memory: only what is seen is composited."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import cv2
import numpy as np

from engine.document import BlendMode, Group, Layer, Node, Pixels
from engine.imaging.compositing import TINY, Box, composite_nodes
from export.metadata import THUMBNAIL_SIDE

TILE = 128
"""px: what is composited at a time."""
UNSEEN = 1 / 1024
"""Share of what lies below that no longer counts: a quarter of an 8-bit step."""
SAMPLES = 4
"""Pixels a side that each pixel of a thumbnail is the mean of, at most."""


class Preview:
    """Composites nodes whose layers have final pixels (no transform, recolour or mask).

    Layers that are covered in a tile, or empty there, cost nothing, which is what makes large documents quick.
    """

    def __init__(self, nodes: Sequence[Node], width: int, height: int) -> None:
        self._nodes = tuple(nodes)
        self.width = width
        self.height = height

    def band(self, top: int, bottom: int) -> Pixels:
        """uint8 rows x width x 4 straight RGBA; black where alpha is 0."""
        out = np.zeros((bottom - top, self.width, 4), np.uint8)
        for y in range(top, bottom, TILE):
            for x in range(0, self.width, TILE):
                box = (x, y, min(x + TILE, self.width), min(y + TILE, bottom))
                self._tile(box, out[y - top : box[3] - top, x : box[2]])
        return out

    def _tile(self, box: Box, out: Pixels) -> None:
        seen = _seen(self._nodes, box)
        if not seen:
            return
        bottom = seen[0]
        if len(seen) == 1 and isinstance(bottom, Layer) and _copies(bottom):
            _copy(bottom, box, out)
        elif all(isinstance(n, Layer) and n.blend_mode is BlendMode.NORMAL for n in seen):
            _draw_down([n for n in seen if isinstance(n, Layer)], box, out)
        else:
            out[...] = composite_nodes(seen, box)


class Thumbnail:
    """Gathers a small picture on white from the bands of a large one."""

    def __init__(self, width: int, height: int, side: int = THUMBNAIL_SIDE) -> None:
        scale = min(1.0, side / max(width, height))
        self.width, self.height = max(1, round(width * scale)), max(1, round(height * scale))
        self._full_height = height
        self._step = max(1, int(1 / scale) // SAMPLES)
        self._sum = np.zeros((self.height, self.width, 4), np.float32)

    def add(self, top: int, band: Pixels) -> None:
        """Take in rows from `top` on: straight RGB matted on white, uint8 rows x width x 3."""
        edges = np.arange(self.height + 1) * self._full_height // self.height
        for row in range(self.height):
            first, last = max(edges[row] - top, 0), min(edges[row + 1] - top, band.shape[0])
            if first < last:
                sample = np.ascontiguousarray(band[first : last : self._step, :: self._step])
                mean = cv2.resize(sample, (self.width, 1), interpolation=cv2.INTER_AREA)
                self._sum[row, :, :3] += mean[0].astype(np.float32) * (last - first)
                self._sum[row, :, 3] += last - first

    def pixels(self) -> Pixels:
        """uint8 height x width x 3."""
        return np.rint(self._sum[..., :3] / np.maximum(self._sum[..., 3:], 1)).astype(np.uint8)


def thumbnail(pixels: Pixels, side: int) -> Pixels:
    """Straight RGBA reduced to at most `side` px, straight RGBA."""
    height, width = pixels.shape[:2]
    scale = min(1.0, side / max(width, height))
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    alpha = pixels[..., 3:].astype(np.float32)
    small_alpha = cv2.resize(alpha, size, interpolation=cv2.INTER_AREA).reshape(size[1], size[0], 1)
    colour = cv2.resize(pixels[..., :3] * alpha, size, interpolation=cv2.INTER_AREA)
    out = np.concatenate([colour / np.maximum(small_alpha, TINY), small_alpha], axis=2)
    return np.asarray(np.rint(np.clip(out, 0, 255)), np.uint8)


def _seen(nodes: Sequence[Node], box: Box) -> list[Node]:
    """The nodes that matter within `box`, bottom to top: visible, not empty there, not under an opaque layer."""
    out: list[Node] = []
    for node in reversed(nodes):
        if not node.visible or node.opacity <= 0:
            continue
        if isinstance(node, Group):
            children = tuple(_seen(node.children, box))
            if children:
                out.append(replace(node, children=children))
            continue
        part = _part(node, box) if isinstance(node, Layer) else None
        if not isinstance(node, Layer) or part is None:
            continue
        low, high = _alpha_range(part)
        if high == 0:
            continue
        out.append(node)
        if low == 255 and part.shape[:2] == (box[3] - box[1], box[2] - box[0]) and _copies(node):
            break
    return out[::-1]


def _alpha_range(part: Pixels) -> tuple[int, int]:
    low, high, _, _ = cv2.minMaxLoc(cv2.extractChannel(part, 3))
    return int(low), int(high)


def _copies(layer: Layer) -> bool:
    return layer.blend_mode is BlendMode.NORMAL and layer.opacity >= 1


def _part(layer: Layer, box: Box) -> Pixels | None:
    left, top = max(box[0], layer.left), max(box[1], layer.top)
    right, bottom = min(box[2], layer.left + layer.width), min(box[3], layer.top + layer.height)
    if left >= right or top >= bottom:
        return None
    return layer.pixels[top - layer.top : bottom - layer.top, left - layer.left : right - layer.left]


def _draw_down(layers: Sequence[Layer], box: Box, out: Pixels) -> None:
    """Normal layers from the top down: what shines through falls with each, and at nothing the rest is not drawn."""
    through = np.ones((*out.shape[:2], 1), np.float32)
    colour = np.zeros((*out.shape[:2], 3), np.float32)
    for layer in reversed(layers):
        part = _part(layer, box)
        if part is None:
            continue
        y, x = max(layer.top - box[1], 0), max(layer.left - box[0], 0)
        here = np.s_[y : y + part.shape[0], x : x + part.shape[1]]
        weight = part[..., 3:] * np.float32(layer.opacity / 255)
        weight *= through[here]
        colour[here] += part[..., :3] * weight
        through[here] -= weight
        if float(through.max()) < UNSEEN:
            break
    alpha = 1 - through
    out[..., :3] = np.rint(np.minimum(colour / np.maximum(alpha, TINY), 255))
    out[..., 3:] = np.rint(alpha * 255)
    out[out[..., 3] == 0] = 0


def _copy(layer: Layer, box: Box, out: Pixels) -> None:
    part = _part(layer, box)
    if part is not None:
        y, x = max(layer.top - box[1], 0), max(layer.left - box[0], 0)
        here = out[y : y + part.shape[0], x : x + part.shape[1]]
        here[...] = part
        here[part[..., 3] == 0] = 0
