"""One slide in the picture's proportions, with every visible and hidden layer as a picture of its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from engine.document import BlendMode, Document, Group, Layer, Node
from engine.errors import OutputError
from engine.imaging.compositing import Raster, render_layer
from engine.words import Message, note
from export.atomic import atomic_file
from export.job import Job
from export.metadata import program, title
from export.parallel import in_order, workers
from export.pixels import png_bytes, trimmed
from export.registry_types import ExportOptions

EMU_PER_INCH = 914_400
"""English metric units (ECMA-376, part 1, 20.1.2.1)."""
PICTURES_SHARE = 0.9
"""Of the work: making the layers' pictures."""
MAX_TITLE = 255
"""Characters of a property that PowerPoint takes."""
MIN_SIDE, MAX_SIDE = 1 * EMU_PER_INCH, 56 * EMU_PER_INCH
"""What PowerPoint allows for a slide's sides, in English metric units."""


def write_pptx(document: Document, target: Path, options: ExportOptions, job: Job) -> tuple[Path, ...]:
    """Write the slide. Opacity is part of the pictures; hidden layers are hidden in the selection pane.

    Raises:
        OutputError: the document has no layers, or the file cannot be written.
        Cancelled: the job was cancelled.
    """
    from pptx import Presentation
    from pptx.util import Emu

    layers = list(_shown(document.nodes, 1.0, True))
    if not layers:
        raise OutputError("export.nothing")
    presentation = Presentation()
    scale = slide_scale(document)
    presentation.slide_width, presentation.slide_height = (Emu(side) for side in _slide_size(document, scale))
    presentation.core_properties.title = title(document)[:MAX_TITLE]
    presentation.core_properties.author = program()
    slide = presentation.slides.add_slide(presentation.slide_layouts[6])
    for done, (layer, visible, raster, data) in enumerate(_pictures(document, layers, job), 1):
        box = [round(v * scale) for v in (raster.left, raster.top, raster.pixels.shape[1], raster.pixels.shape[0])]
        picture = slide.shapes.add_picture(BytesIO(data), *box)
        _describe(picture, layer, visible)
        job.advance(PICTURES_SHARE * done / len(layers))
    with atomic_file(target, options.overwrite) as stream:
        presentation.save(stream)
    return (target,)


def slide_notes(document: Document) -> tuple[Message, ...]:
    """What a slide cannot show."""
    modes = {n.blend_mode for n in document.walk()} - {BlendMode.NORMAL, BlendMode.PASS_THROUGH}
    if not modes:
        return ()
    names = ", ".join(sorted(str(m).replace("-", " ") for m in modes))
    return (note("export.slides-blend", modes=names),)


def slide_scale(document: Document) -> float:
    """English metric units per px: by the document's resolution, within what PowerPoint allows."""
    scale = EMU_PER_INCH / max(document.dpi[0], 1.0)
    longest, shortest = max(document.width, document.height), min(document.width, document.height)
    scale = max(scale, MIN_SIDE / shortest)
    return min(scale, MAX_SIDE / longest)


def _slide_size(document: Document, scale: float) -> tuple[int, int]:
    return max(MIN_SIDE, round(document.width * scale)), max(MIN_SIDE, round(document.height * scale))


def _shown(nodes: tuple[Node, ...], opacity: float, visible: bool) -> Iterator[tuple[Layer, float, bool]]:
    """Layers bottom to top with the opacity and visibility that their groups leave them."""
    for node in nodes:
        if isinstance(node, Group):
            yield from _shown(node.children, opacity * node.opacity, visible and node.visible)
        elif isinstance(node, Layer):
            yield node, opacity * node.opacity, visible and node.visible


def _pictures(
    document: Document, layers: list[tuple[Layer, float, bool]], job: Job
) -> Iterator[tuple[Layer, bool, Raster, bytes]]:
    def make(entry: tuple[Layer, float, bool]) -> tuple[Layer, bool, Raster, bytes]:
        layer, opacity, visible = entry
        job.check()
        raster = _faded(trimmed(render_layer(layer)), opacity)
        return layer, visible, raster, png_bytes(raster.pixels, document)

    with ThreadPoolExecutor(workers()) as pool:
        yield from in_order(pool, make, layers, workers() + 1)


def _faded(raster: Raster, opacity: float) -> Raster:
    if opacity >= 1:
        return raster
    pixels = raster.pixels.copy()
    pixels[..., 3] = np.rint(pixels[..., 3] * opacity)
    return Raster(pixels, raster.left, raster.top)


def _describe(picture: Any, layer: Layer, visible: bool) -> None:
    """Name (for the selection pane), alternative text and visibility."""
    about = picture.element.nvPicPr.cNvPr
    name = "".join(c if c.isprintable() else " " for c in layer.name)
    about.set("name", name)
    about.set("descr", layer.provenance.text or name)
    if not visible:
        about.set("hidden", "1")
