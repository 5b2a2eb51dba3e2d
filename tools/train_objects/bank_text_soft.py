"""Lines of text in free fonts, and soft things: glow, smoke, sparks, clouds, rays."""

import io
import math
from collections.abc import Iterator
from pathlib import Path
from random import Random

import cv2
import numpy as np
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont

from . import bank_svg
from .bank_drawn import WORDS, colour
from .bank_sources import Named
from .bank_svg import MARGIN_PX, SPRITE_PX, Sprite

FONT_STYLES = ("400-normal", "700-normal", "900-normal")
DEJAVU = Path("/usr/share/fonts/truetype/dejavu")


def fonts(packages: Path) -> list[Path]:
    """TrueType files of the @fontsource families (OFL) and of DejaVu where it is installed."""
    folder = packages / "fonts"
    folder.mkdir(exist_ok=True)
    for source in sorted((packages / "npm/node_modules/@fontsource").glob("*/files/*-latin-*.woff2")):
        target = folder / (source.stem + ".ttf")
        if "latin-ext" in source.stem or not source.stem.endswith(FONT_STYLES) or target.exists():
            continue
        face = TTFont(io.BytesIO(source.read_bytes()))
        face.flavor = None
        face.save(target)
    return sorted(folder.glob("*.ttf")) + sorted(DEJAVU.glob("*.ttf"))


def _lines(random: Random) -> list[str]:
    if random.random() < 0.1:
        return [random.choice("ABCDEGKMRSXZ2345789&!?")]
    rows = [
        " ".join(random.sample(WORDS, random.choice([1, 1, 2, 3]))) for _ in range(random.choice([1, 1, 1, 2, 2, 3]))
    ]
    return [row.upper() for row in rows] if random.random() < 0.35 else rows


def texts(packages: Path, count: int, random: Random) -> Iterator[Named]:
    """Blocks of one to three lines, some outlined, some with a gradient; each line is a part."""
    faces = fonts(packages)
    for number in range(count):
        font = ImageFont.truetype(str(random.choice(faces)), 90)
        stroke = random.choice([0, 0, 0, 4, 7])
        rows, ink, edge = _lines(random), colour(random), colour(random)
        boxes = [font.getbbox(row, stroke_width=stroke) for row in rows]
        width = int(max(box[2] - box[0] for box in boxes)) + 24
        canvas = Image.new("RGBA", (width, 110 * len(rows) + 60), (0, 0, 0, 0))
        parts = np.zeros((canvas.height, canvas.width), np.uint8)
        centred = random.random() < 0.6
        for index, (row, box) in enumerate(zip(rows, boxes, strict=True)):
            x = 12 - box[0] + ((width - 24 - (box[2] - box[0])) / 2 if centred else 0)
            place = (x, 10 + 110 * index)
            ImageDraw.Draw(canvas).text(
                place, row, font=font, fill=(*ink, 255), stroke_width=stroke, stroke_fill=(*edge, 255)
            )
            parts[10 + 110 * index + int(box[1]) : 10 + 110 * index + int(box[3]) + 1] = index + 1
        rgba = np.asarray(canvas).copy()
        if random.random() < 0.25:
            ramp = np.linspace(0, 1, rgba.shape[0])[:, None, None]
            rgba[..., :3] = rgba[..., :3] * (1 - ramp) + np.array(colour(random)) * ramp
        found = bank_svg.fit(rgba, parts if len(rows) > 1 else None)
        if found:
            yield f"text-{number}", found


def _noise(rng: np.random.Generator, octaves: int) -> np.ndarray:
    """Fractal noise, (SPRITE_PX, SPRITE_PX) float, about 0..1."""
    total = np.zeros((SPRITE_PX, SPRITE_PX), np.float32)
    for octave in range(octaves):
        small = rng.random((3 * 2**octave + 1,) * 2).astype(np.float32)
        total += cv2.resize(small, (SPRITE_PX, SPRITE_PX), interpolation=cv2.INTER_CUBIC) / 2**octave
    return (total - total.min()) / (np.ptp(total) + 1e-6)


def _glow(rng: np.random.Generator, distance: np.ndarray) -> np.ndarray:
    return np.exp(-((distance / rng.uniform(0.3, 0.5)) ** rng.uniform(1.2, 2.5)))


def _smoke(rng: np.random.Generator, distance: np.ndarray) -> np.ndarray:
    return np.clip(_noise(rng, 5) * 1.9 - 0.55, 0, 1) * np.clip(1.15 - distance * 1.1, 0, 1)


def _trail(rng: np.random.Generator, _: np.ndarray) -> np.ndarray:
    """A wisp that rises and widens, as from a cup or a cigarette."""
    y, x = np.mgrid[0:SPRITE_PX, 0:SPRITE_PX] / SPRITE_PX
    bend = 0.5 + 0.16 * np.sin(y * rng.uniform(5, 11) + rng.uniform(0, 6)) * (1 - y)
    width = rng.uniform(0.03, 0.07) + 0.12 * (1 - y)
    return np.exp(-(((x - bend) / width) ** 2)) * np.clip(y * 4, 0, 1) * (0.35 + 0.65 * _noise(rng, 4))


def _cloud(rng: np.random.Generator, _: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[0:SPRITE_PX, 0:SPRITE_PX] / SPRITE_PX
    total = np.zeros_like(x)
    for _ in range(rng.integers(5, 11)):
        cx, cy, r = rng.uniform(0.25, 0.75), rng.uniform(0.42, 0.65), rng.uniform(0.1, 0.22)
        total = np.maximum(total, np.clip(1.6 - np.hypot(x - cx, (y - cy) * 1.3) / r, 0, 1))
    return np.clip(total + (_noise(rng, 5) - 0.5) * 0.7 * (total > 0.02), 0, 1)


def _sparks(rng: np.random.Generator, _: np.ndarray) -> np.ndarray:
    dots = np.zeros((SPRITE_PX, SPRITE_PX), np.float32)
    for _ in range(rng.integers(8, 40)):
        x, y = rng.integers(20, SPRITE_PX - 20, 2)
        dots[y, x] = rng.uniform(20, 160)
    return np.clip(cv2.GaussianBlur(dots, (0, 0), rng.uniform(1.5, 4)), 0, 1)


def _rays(rng: np.random.Generator, distance: np.ndarray) -> np.ndarray:
    y, x = np.mgrid[0:SPRITE_PX, 0:SPRITE_PX] / SPRITE_PX
    angle = np.arctan2(y - 0.5, x - 0.5)
    beams = 0.5 + 0.5 * np.sin(angle * rng.integers(6, 18) + rng.uniform(0, 6))
    return beams ** rng.uniform(1, 4) * np.clip(1 - distance, 0, 1)


SOFT = {"glow": _glow, "smoke": _smoke, "trail": _trail, "cloud": _cloud, "sparks": _sparks, "rays": _rays}


def softs(count: int, seed: int) -> Iterator[Named]:
    """Soft things; alpha falls off smoothly and no edge is sharp."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[0:SPRITE_PX, 0:SPRITE_PX]
    distance = np.hypot(x - SPRITE_PX / 2, y - SPRITE_PX / 2) / (SPRITE_PX / 2)
    edge = np.clip(
        (1 - np.maximum(abs(x - SPRITE_PX / 2), abs(y - SPRITE_PX / 2)) / (SPRITE_PX / 2 - MARGIN_PX)) * 12, 0, 1
    )
    names = list(SOFT)
    for number in range(count):
        name = names[number % len(names)]
        alpha = np.clip(SOFT[name](rng, distance), 0, 1) * edge
        pale = np.array(colour(Random(int(rng.integers(1 << 30)))), np.float32)
        tint = pale * 0.35 + 255 * 0.65 if rng.random() < 0.75 else pale * 0.6
        shade = 1 - 0.25 * _noise(rng, 3)[..., None]
        rgba = np.dstack([np.broadcast_to(tint, (*alpha.shape, 3)) * shade, alpha * 255]).clip(0, 255).astype(np.uint8)
        if (alpha > 0.25).sum() > 400 and math.isfinite(alpha.sum()):
            yield f"{name}-{number}", Sprite(rgba)
