"""Vector drawings to sprites: one RGBA picture and, where the drawing is built of groups, a map of its parts."""

import copy
import io
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass

import numpy as np
import resvg_py
from PIL import Image

SPRITE_PX = 256  # side of a sprite's canvas; a sprite fills it but for the margin
MARGIN_PX = 4  # so that bilinear sampling and soft edges never meet the canvas border
RENDER_PX = 384  # width that drawings are rendered at before they are fitted
MAX_PARTS = 14  # more groups than this are paint strokes, not parts a person would name
MIN_PART = 0.025  # share of the sprite's area below which a part is left to whatever lies under it
SOLID = 0.5  # alpha above which a pixel counts as covered

_SHAPES = {"g", "path", "rect", "circle", "ellipse", "polygon", "polyline", "line", "text", "use", "image", "svg", "a"}
_UNIT_PX = {"mm": 3.543, "pt": 1.25, "cm": 35.43, "in": 90.0, "pc": 15.0}

for _prefix, _uri in (
    ("", "http://www.w3.org/2000/svg"),
    ("xlink", "http://www.w3.org/1999/xlink"),
):
    ElementTree.register_namespace(_prefix, _uri)


@dataclass
class Sprite:
    """A cut-out picture: `rgba` (H, W, 4) uint8 straight alpha; `parts` (H, W) uint8, 0 = unknown, or None."""

    rgba: np.ndarray
    parts: np.ndarray | None = None


def render(svg: str, width: int = RENDER_PX) -> np.ndarray:
    """Renders SVG text at `width` px; returns (H, W, 4) uint8."""
    data = resvg_py.svg_to_bytes(svg_string=svg, width=width)
    return np.asarray(Image.open(io.BytesIO(bytes(data))).convert("RGBA"))


def with_pixel_sizes(svg: str) -> str:
    """Rewrites sizes in millimetres or points as pixels and adds a missing viewBox, which the renderer needs."""
    head = re.search(r"<svg[^>]*>", svg, re.DOTALL)
    if not head:
        raise ValueError("no svg element")
    old = head.group(0)

    def in_pixels(match: re.Match[str]) -> str:
        return f'{match.group(1)}="{float(match.group(2)) * _UNIT_PX[match.group(3)]:.2f}"'

    new = re.sub(r'\b(width|height)="([0-9.]+)(mm|pt|cm|in|pc)"', in_pixels, old)
    width, height = re.search(r'\bwidth="([0-9.]+)', new), re.search(r'\bheight="([0-9.]+)', new)
    if "viewBox" not in new and width and height:
        new = new[:-1] + f' viewBox="0 0 {width.group(1)} {height.group(1)}">'
    return svg.replace(old, new, 1)


def _tag(element: ElementTree.Element) -> str:
    return element.tag.rsplit("}", 1)[-1] if isinstance(element.tag, str) else ""


def _drawn(node: ElementTree.Element) -> list[ElementTree.Element]:
    return [child for child in node if _tag(child) in _SHAPES]


def single_parts(svg: str) -> list[str]:
    """The drawing once for each of its topmost groups, with the other groups left out; empty where it has no parts."""
    root = ElementTree.fromstring(svg)
    path: list[int] = []
    node = root
    while len(kids := _drawn(node)) == 1 and _tag(kids[0]) in ("g", "svg", "a"):
        path.append(list(node).index(kids[0]))
        node = kids[0]
    if not 2 <= len(kids) <= MAX_PARTS:
        return []
    alone = []
    for keep in range(len(kids)):
        clone = copy.deepcopy(root)
        parent = clone
        for index in path:
            parent = parent[index]
        for number, child in enumerate(_drawn(parent)):
            if number != keep:
                parent.remove(child)
        alone.append(ElementTree.tostring(clone, encoding="unicode"))
    return alone


def part_map(svg: str, whole: np.ndarray) -> np.ndarray | None:
    """The visible part at each pixel, (H, W) uint8 from 1; None where the drawing shows fewer than two."""
    drawings = single_parts(svg)
    if not drawings:
        return None
    area = (whole[..., 3] > 255 * SOLID).sum()
    labels = np.zeros(whole.shape[:2], np.uint8)
    for number, drawing in enumerate(drawings, 1):
        alpha = render(drawing, whole.shape[1])[..., 3]
        if alpha.shape != labels.shape:
            return None
        covered = alpha > 255 * SOLID
        if covered.sum() >= MIN_PART * area:
            labels[covered] = number
    return tidy_parts(labels, area)


def tidy_parts(labels: np.ndarray, area: int) -> np.ndarray | None:
    """Drops parts that hardly show and numbers the others from 1; None where fewer than two are left."""
    counts = np.bincount(labels.ravel(), minlength=MAX_PARTS + 2)
    kept = [n for n in range(1, len(counts)) if counts[n] >= MIN_PART * area]
    if len(kept) < 2:
        return None
    table = np.zeros(len(counts), np.uint8)
    table[kept] = np.arange(1, len(kept) + 1)
    return table[labels]


def fit(rgba: np.ndarray, parts: np.ndarray | None = None) -> Sprite | None:
    """Crops to what is drawn and fits it to the sprite canvas; None where too little is drawn or it is too long."""
    rows, columns = np.where(rgba[..., 3] > 24)
    if len(rows) < 60:
        return None
    box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    width, height = box[2] - box[0], box[3] - box[1]
    if max(width, height) > 9 * max(1, min(width, height)):
        return None
    scale = (SPRITE_PX - 2 * MARGIN_PX) / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    place = ((SPRITE_PX - size[0]) // 2, (SPRITE_PX - size[1]) // 2)
    picture = Image.fromarray(rgba).crop(box).resize(size, Image.LANCZOS if scale < 1 else Image.BICUBIC)
    canvas = Image.new("RGBA", (SPRITE_PX, SPRITE_PX), (0, 0, 0, 0))
    canvas.paste(picture, place)
    if parts is None:
        return Sprite(np.asarray(canvas))
    label = Image.new("L", (SPRITE_PX, SPRITE_PX), 0)
    label.paste(Image.fromarray(parts).crop(box).resize(size, Image.NEAREST), place)
    return Sprite(np.asarray(canvas), np.asarray(label))


def sprite(svg: str, *, with_parts: bool = True) -> Sprite | None:
    """An SVG drawing as a sprite."""
    whole = render(svg)
    if not 24 <= whole.shape[0] <= 1600:
        return None
    parts = None
    if with_parts:
        try:
            parts = part_map(svg, whole)
        except (ElementTree.ParseError, ValueError):
            parts = None  # the picture itself is still good
    return fit(whole, parts)
