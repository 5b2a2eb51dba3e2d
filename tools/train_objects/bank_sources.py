"""Sprites out of registry packages whose licences let a network trained on them ship (README.md has the list)."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import cv2
import numpy as np
from PIL import Image
from scipy import ndimage

from . import bank_svg
from .bank_svg import Sprite

MAX_SVG_BYTES = 300_000  # larger drawings take seconds each and are traced photographs as a rule
OPENCLIPART_SKIP = ("special", "shapes/fractal", "shapes/spirals", "logos", "signs_and_symbols/flags")
OPENCLIPART_RICH = (
    "people", "animals", "food", "transportation", "buildings", "plants", "recreation", "tools", "unsorted", "office",
    "education", "electronics", "containers", "decorations",
)  # fmt: skip
ICONIFY = {"fluent-emoji-flat": 240, "noto": 260, "twemoji": 100, "streamline-ultimate-color": 110}

Named = tuple[str, Sprite]  # name of the drawing (sprites that share it are held out together), sprite


def _fill_open_outlines(found: Sprite, random: Random) -> Sprite | None:
    """Line drawings with nothing inside get a paper inside, as they have when a designer places them on a ground."""
    alpha = found.rgba[..., 3].astype(np.float32) / 255
    solid = alpha > 0.4
    if solid.sum() < 250:
        return None
    closed = ndimage.binary_closing(np.pad(solid, 5), iterations=3)[5:-5, 5:-5] | solid
    filled = ndimage.binary_fill_holes(closed)
    if filled.sum() <= 1.35 * solid.sum():
        return found
    paper = np.array(random.choice([(255, 255, 255), (255, 255, 255), (250, 240, 220), (214, 226, 240)]), np.float32)
    inside = cv2.GaussianBlur(filled.astype(np.float32), (0, 0), 0.7) * filled
    both = np.maximum(alpha, inside)
    rgb = (found.rgba[..., :3] * alpha[..., None] + paper * (both - alpha)[..., None]) / np.maximum(both, 1e-3)[
        ..., None
    ]
    rgba = np.dstack([rgb.clip(0, 255), both * 255]).astype(np.uint8)
    return Sprite(rgba, found.parts)


def _openclipart_files(root: Path, random: Random) -> list[Path]:
    folders: dict[str, list[Path]] = {}
    for path in sorted(root.rglob("*.svg")):
        folder = str(path.parent.relative_to(root))
        if not folder.startswith(OPENCLIPART_SKIP) and path.stat().st_size <= MAX_SVG_BYTES:
            folders.setdefault(folder, []).append(path)
    chosen = []
    for folder, paths in folders.items():
        random.shuffle(paths)
        cap = 150 if folder.startswith(OPENCLIPART_RICH) else 40
        if re.search(r"map_symbols|led|stars|buttons|icons|cards", folder):
            cap = 14
        chosen += paths[:cap]
    random.shuffle(chosen)
    return chosen


def openclipart(packages: Path, count: int, random: Random) -> Iterator[Named]:
    """Clip art of Debian's openclipart-svg (public domain)."""
    root = packages / "deb/x/usr/share/openclipart/svg"
    made = 0
    for path in _openclipart_files(root, random):
        if made >= count:
            return
        try:
            svg = bank_svg.with_pixel_sizes(path.read_text(encoding="utf-8", errors="replace"))
            found = bank_svg.sprite(svg)
            found = found and _fill_open_outlines(found, random)
        except (ValueError, OSError):
            continue
        if found:
            made += 1
            yield str(path.relative_to(root)), found


def fluent_3d(packages: Path, count: int, random: Random) -> Iterator[Named]:
    """Fluent emoji with modelled light and shade (MIT): pictures, so without parts."""
    root = packages / "npm/node_modules/@lobehub/fluent-emoji-3d/assets"
    paths = [path for path in sorted(root.glob("*.webp")) if not re.search("1f3f[b-f]", path.name)]
    random.shuffle(paths)
    for path in paths[:count]:
        found = bank_svg.fit(np.asarray(Image.open(path).convert("RGBA")))
        if found:
            yield path.name, found


def iconify(packages: Path, name: str, count: int, random: Random) -> Iterator[Named]:
    """Drawings of an Iconify set."""
    icons = json.loads((packages / f"npm/node_modules/@iconify-json/{name}/icons.json").read_text())
    keys = [key for key in sorted(icons["icons"]) if not re.search(r"skin-tone|-(light|dark|medium)(-|$)|^flag", key)]
    random.shuffle(keys)
    for key in keys[:count]:
        icon = icons["icons"][key]
        width, height = icon.get("width", icons.get("width", 16)), icon.get("height", icons.get("height", 16))
        svg = (
            f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" color="#333" '
            f'viewBox="{icon.get("left", 0)} {icon.get("top", 0)} {width} {height}" '
            f'width="{width}" height="{height}">{icon["body"]}</svg>'
        )
        try:
            found = bank_svg.sprite(svg)
        except ValueError:
            continue
        if found:
            yield f"{name}/{key}", found


def figures(folder: Path, prefix: str) -> Iterator[Named]:
    """Figures made of parts, drawn beforehand by figures.mjs."""
    for path in sorted(folder.glob(f"{prefix}*.svg")):
        try:
            found = bank_svg.sprite(path.read_text())
        except ValueError:
            continue
        if found:
            yield path.stem, found
