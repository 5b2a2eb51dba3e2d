"""A folder with one PNG per layer and `layers.json`, which says how they fit together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.document import Document, Group, Layer, Node
from engine.errors import OutputError
from engine.imaging.compositing import Raster, render_layer
from export.atomic import atomic_folder
from export.job import Job
from export.metadata import program, title
from export.names import numbered
from export.parallel import in_order, workers
from export.pixels import on_canvas, png_bytes, trimmed, with_original
from export.registry_types import ExportOptions

LISTING = "layers.json"


@dataclass(frozen=True, slots=True, eq=False)
class StackFile:
    """One file of a stack: its name, and how to make its bytes."""

    name: str
    data: bytes


def write_stack(document: Document, target: Path, options: ExportOptions, job: Job) -> tuple[Path, ...]:
    """Write the stack into the folder `target`; the PNGs bottom to top, then `layers.json`.

    Raises:
        OutputError: the document has no layers, or the folder cannot be written.
        Cancelled: the job was cancelled.
    """
    names: list[str] = []
    with atomic_folder(target, options.overwrite, LISTING) as folder:
        for entry in stack_files(document, options, job):
            (folder / entry.name).write_bytes(entry.data)
            names.append(entry.name)
    return tuple(target / name for name in names)


def stack_files(document: Document, options: ExportOptions, job: Job) -> Iterator[StackFile]:
    """The stack's files, made on all cores and given out in order; `layers.json` last.

    Full-canvas pictures are cut at the canvas; trimmed ones hold the whole layer, also beyond it.
    """
    document = with_original(document, options)
    layers = document.layers()
    if not layers:
        raise OutputError("export.nothing")
    files = dict(zip((layer.id for layer in layers), numbered([x.name for x in layers], ".png"), strict=True))
    boxes: dict[str, tuple[int, int, int, int]] = {}

    def make(layer: Layer) -> tuple[Layer, Raster, bytes]:
        job.check()
        picture = trimmed(render_layer(layer)) if options.trim else on_canvas(render_layer(layer), document)
        return layer, picture, png_bytes(picture.pixels, document)

    with ThreadPoolExecutor(workers()) as pool:
        for done, (layer, picture, data) in enumerate(in_order(pool, make, layers, workers() + 1), 1):
            boxes[layer.id] = picture.box
            yield StackFile(files[layer.id], data)
            job.advance(done / (len(layers) + 1))
    yield StackFile(LISTING, json.dumps(listing(document, files, boxes), ensure_ascii=False, indent=2).encode())


def listing(document: Document, files: dict[str, str], boxes: dict[str, tuple[int, int, int, int]]) -> dict[str, Any]:
    """What `layers.json` says. `layers` are bottom to top; `left`, `top` place each picture on the canvas."""
    layers: list[dict[str, Any]] = []
    groups: list[dict[str, Any]] = []
    _list_nodes(document.nodes, None, files, boxes, layers, groups)
    for order, entry in enumerate(layers):
        entry["order"] = order
    return {
        "generator": program(),
        "title": title(document),
        "width": document.width,
        "height": document.height,
        "dpi": list(document.dpi),
        "profile": document.icc_name,
        "layers": layers,
        "groups": groups,
    }


def _list_nodes(
    nodes: tuple[Node, ...],
    parent: str | None,
    files: dict[str, str],
    boxes: dict[str, tuple[int, int, int, int]],
    layers: list[dict[str, Any]],
    groups: list[dict[str, Any]],
) -> None:
    for node in nodes:
        if isinstance(node, Group):
            groups.append({"id": node.id, **_common(node, parent)})
            _list_nodes(node.children, node.id, files, boxes, layers, groups)
        elif isinstance(node, Layer):
            left, top, right, bottom = boxes[node.id]
            place = {"left": left, "top": top, "width": right - left, "height": bottom - top}
            layers.append({"file": files[node.id], "kind": str(node.kind), **_common(node, parent), **place})


def _common(node: Node, parent: str | None) -> dict[str, Any]:
    return {
        "name": node.name.encode("utf-8", "replace").decode("utf-8"),
        "group": parent,
        "opacity": round(node.opacity, 4),
        "blend_mode": str(node.blend_mode),
        "visible": node.visible,
        "locked": node.locked,
    }
