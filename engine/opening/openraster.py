"""OpenRaster files as documents."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import numpy as np
from PIL import Image

from engine.cancel import Check
from engine.document import BlendMode, Group, Layer, LayerKind, Node, Pixels, frozen
from engine.errors import InputError
from engine.file_keys import OPERATOR_MODES
from engine.opening.flat import DPI, MAX_DPI, MIN_DPI, Opened, open_bytes
from engine.opening.limits import MAX_DEPTH, check_counts, check_size
from engine.opening.losses import Losses, with_layers

MAX_XML = 8 << 20
"""Bytes of the layer stack."""
MAX_ENTRY = 1 << 30
"""Bytes of one picture's file."""
HARMLESS_BYTES, BEST_DEFLATE = 1 << 24, 64
"""An entry may be so large in any case, and beyond that so many times what it was packed into."""
MAX_OFFSET = 1 << 24
"""px: layers that claim to lie farther away are put there."""
LONGEST_MODE = 40
"""Characters of a foreign blend mode's name within a sentence."""


class _NoDoctype(Xml.TreeBuilder):
    """Refuses document type declarations, and with them entities of any kind."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise ValueError("document type declaration")


def open_ora(path: Path, limit: float, check: Check) -> Opened:
    """Open an OpenRaster file. Raises InputError and what `check` does; damaged ones may raise anything."""
    with zipfile.ZipFile(path) as archive:
        return _Reader(archive, path, limit, check).opened()


class _Reader:
    def __init__(self, archive: zipfile.ZipFile, path: Path, limit: float, check: Check) -> None:
        self._archive = archive
        self._path = path
        self._limit = limit
        self._hear = check
        self._losses = Losses()
        self._cache: dict[str, Pixels] = {}

    def opened(self) -> Opened:
        root = Xml.fromstring(self._read("stack.xml", MAX_XML), Xml.XMLParser(target=_NoDoctype()))
        stack = root.find("stack")
        if root.tag != "image" or stack is None:
            raise InputError("opening.no-stack", name=self._path.name)
        width, height = int(root.get("w", "0")), int(root.get("h", "0"))
        check_size(width, height, self._path.name, self._limit)
        flat = self._merged(width, height)
        self._check(stack)
        dpi = tuple(min(max(float(root.get(k, str(DPI))), MIN_DPI), MAX_DPI) for k in ("xres", "yres"))
        document = replace(flat.document, dpi=(dpi[0], dpi[1]), source=self._path)
        return with_layers(replace(flat, document=document), self._nodes(stack), self._losses)

    def _merged(self, width: int, height: int) -> Opened:
        flat = open_bytes(self._read("mergedimage.png"), self._path.name, self._limit, self._hear)
        if (flat.document.width, flat.document.height) != (width, height):
            raise InputError("opening.other-size", name=self._path.name)
        return flat

    def _check(self, stack: Xml.Element) -> None:
        """Sizes of all pictures together, from their headers, before any is decoded."""
        sources = [layer.get("src", "") for layer in stack.iter("layer")]
        sizes = {src: self._picture(src).size for src in set(sources) if src}
        pixels = sum(w * h for w, h in sizes.values())
        check_counts(len(sources), pixels, self._path.stat().st_size, self._path.name, self._limit)

    def _picture(self, source: str) -> Image.Image:
        return Image.open(BytesIO(self._read(source)), formats=["PNG"])

    def _read(self, name: str, limit: int = MAX_ENTRY) -> bytes:
        """An entry's bytes; refused where it grows more than pictures do."""
        if ".." in Path(name).parts or Path(name).is_absolute():
            raise InputError("opening.points-outside", name=self._path.name)
        info = self._archive.getinfo(name)
        allowed = min(limit, max(HARMLESS_BYTES, info.compress_size * BEST_DEFLATE))
        if info.file_size > allowed:
            raise InputError("opening.claims-data", name=self._path.name)
        with self._archive.open(info) as stream:
            data = stream.read(allowed + 1)
        if len(data) > allowed:
            raise InputError("opening.holds-data", name=self._path.name)
        return data

    def _nodes(self, stack: Xml.Element, depth: int = 0) -> tuple[Node, ...]:
        if depth > MAX_DEPTH:
            raise InputError("opening.too-deep", name=self._path.name)
        nodes: list[Node] = []
        for element in reversed(list(stack)):
            if element.tag == "stack":
                nodes.append(self._group(element, depth))
            elif element.tag == "layer" and element.get("src"):
                nodes.append(self._layer(element))
            elif element.tag in ("layer", "text"):
                self._losses.add("opening.lost-layer")
        return tuple(nodes)

    def _group(self, element: Xml.Element, depth: int) -> Group:
        fields = self._common(element, "Group")
        if fields["blend_mode"] is BlendMode.NORMAL and element.get("isolation") == "auto":
            fields["blend_mode"] = BlendMode.PASS_THROUGH
        return Group(self._nodes(element, depth + 1), **fields)

    def _layer(self, element: Xml.Element) -> Layer:
        self._hear()
        source = element.get("src", "")
        if source not in self._cache:
            self._cache[source] = frozen(np.asarray(self._picture(source).convert("RGBA")))
        left, top = (_offset(element.get(k, "0")) for k in ("x", "y"))
        return Layer(self._cache[source], left, top, kind=LayerKind.OBJECT, **self._common(element, "Layer"))

    def _common(self, element: Xml.Element, fallback: str) -> dict[str, Any]:
        told = element.get("composite-op", "svg:src-over")
        mode = OPERATOR_MODES.get(told)
        if mode is None:
            self._losses.add("opening.lost-mode", mode=told.split(":")[-1][:LONGEST_MODE])
        return {
            "name": element.get("name") or fallback,
            "opacity": min(max(float(element.get("opacity", "1")), 0.0), 1.0),
            "blend_mode": mode or BlendMode.NORMAL,
            "visible": element.get("visibility", "visible") != "hidden",
            "locked": element.get("edit-locked") == "true",
        }


def _offset(text: str) -> int:
    return min(max(round(float(text)), -MAX_OFFSET), MAX_OFFSET)
