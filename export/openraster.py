"""OpenRaster 0.0.6: a ZIP archive of PNGs with `stack.xml`, a merged image and a thumbnail."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from xml.etree import ElementTree as Xml

from engine.document import BlendMode, Document, Group, Layer, Node
from engine.errors import OutputError
from engine.file_keys import OPERATORS
from engine.imaging.compositing import Raster, render_layer
from export.atomic import atomic_file
from export.job import Job
from export.metadata import program
from export.parallel import in_order, workers
from export.pixels import png_bytes, trimmed, with_original
from export.preview import Preview, thumbnail
from export.registry_types import ExportOptions

THUMBNAIL_SIDE = 256
"""px: the specification's largest."""
PICTURES_SHARE, MERGED_SHARE = 0.8, 0.9
"""Of the work: done when the layers' pictures, and when the merged one, are made."""


def write_openraster(document: Document, target: Path, options: ExportOptions, job: Job) -> tuple[Path, ...]:
    """Write the archive.

    Raises:
        OutputError: the document has no layers, or the file cannot be written.
        Cancelled: the job was cancelled.
    """
    document = with_original(document, options)
    layers = document.layers()
    if not layers:
        raise OutputError("export.nothing")
    places: dict[str, Raster] = {}
    with atomic_file(target, options.overwrite) as stream, zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("mimetype", "image/openraster", zipfile.ZIP_STORED)
        for index, (layer, picture, data) in enumerate(_pictures(document, layers, job)):
            places[layer.id] = picture
            archive.writestr(_file(index), data, zipfile.ZIP_STORED)
            job.advance(PICTURES_SHARE * (index + 1) / len(layers))
        look = document.map_nodes(lambda node: _final(node, places))
        merged = Preview(look.nodes, document.width, document.height).band(0, document.height)
        job.advance(MERGED_SHARE)
        archive.writestr("mergedimage.png", png_bytes(merged, document, bleed=False), zipfile.ZIP_STORED)
        small = png_bytes(thumbnail(merged, THUMBNAIL_SIDE), document, bleed=False)
        archive.writestr("Thumbnails/thumbnail.png", small, zipfile.ZIP_STORED)
        archive.writestr("stack.xml", stack_xml(document, layers, places), zipfile.ZIP_DEFLATED)
    return (target,)


def _pictures(document: Document, layers: list[Layer], job: Job) -> Iterator[tuple[Layer, Raster, bytes]]:
    def make(layer: Layer) -> tuple[Layer, Raster, bytes]:
        job.check()
        picture = trimmed(render_layer(layer))
        return layer, picture, png_bytes(picture.pixels, document)

    with ThreadPoolExecutor(workers()) as pool:
        yield from in_order(pool, make, layers, workers() + 1)


def _file(index: int) -> str:
    return f"data/layer{index:03d}.png"


def _final(node: Node, places: dict[str, Raster]) -> Node:
    if not isinstance(node, Layer):
        return node
    picture = places[node.id]
    return Layer(
        picture.pixels,
        picture.left,
        picture.top,
        opacity=node.opacity,
        blend_mode=node.blend_mode,
        visible=node.visible,
    )


def stack_xml(document: Document, layers: list[Layer], places: dict[str, Raster]) -> bytes:
    """The stack, topmost first, as the specification orders it."""
    x, y = (str(max(1, round(v))) for v in document.dpi)
    size = {"w": str(document.width), "h": str(document.height)}
    image = Xml.Element("image", {"version": "0.0.6", **size, "xres": x, "yres": y})
    image.append(Xml.Comment(f" {program()} "))
    files = {layer.id: _file(index) for index, layer in enumerate(layers)}
    _fill(Xml.SubElement(image, "stack"), document.nodes, files, places)
    return bytes(Xml.tostring(image, encoding="utf-8", xml_declaration=True))


def _fill(stack: Xml.Element, nodes: tuple[Node, ...], files: dict[str, str], places: dict[str, Raster]) -> None:
    for node in (n for n in reversed(nodes) if isinstance(n, Layer | Group)):
        told = {
            "name": _plain(node.name),
            "opacity": f"{node.opacity:.4f}",
            "visibility": "visible" if node.visible else "hidden",
            "composite-op": OPERATORS[node.blend_mode],
        }
        if node.locked:
            told["edit-locked"] = "true"
        if isinstance(node, Group):
            through = node.blend_mode is BlendMode.PASS_THROUGH
            group = Xml.SubElement(stack, "stack", {**told, "isolation": "auto" if through else "isolate"})
            _fill(group, node.children, files, places)
        else:
            place = places[node.id]
            told |= {"src": files[node.id], "x": str(place.left), "y": str(place.top)}
            Xml.SubElement(stack, "layer", told)


def _plain(name: str) -> str:
    """A name without what XML cannot hold."""
    return "".join(c if c.isprintable() else " " for c in name)
