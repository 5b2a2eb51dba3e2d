"""What a design stands on: plain, graded, patterned, painted, photographed."""

from __future__ import annotations

import math
from collections.abc import Callable

import cv2
import numpy as np
from PIL import Image

from tests.bench.layers.design import Floats, Pixels
from tests.bench.layers.material import Material
from tests.bench.layers.palette import Palette
from tests.bench.layers.raster import Colour, noise

Ground = Callable[[np.random.Generator, Palette, Material, int, int], Floats]
"""Makes float32 height x width x 3, 0..255."""


def plain(_rng: np.random.Generator, colours: Palette, _material: Material, width: int, height: int) -> Floats:
    """One colour."""
    return np.full((height, width, 3), colours.ground, np.float32)


def graded(rng: np.random.Generator, colours: Palette, _material: Material, width: int, height: int) -> Floats:
    """A linear or radial gradient of two or three colours."""
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    if rng.random() < 0.7:
        angle = rng.uniform(0, math.tau)
        t = xs / width * math.cos(angle) + ys / height * math.sin(angle)
    else:
        cx, cy = rng.uniform(0.2, 0.8) * width, rng.uniform(0.2, 0.8) * height
        t = np.hypot(xs - cx, ys - cy)
    t = (t - t.min()) / max(1e-6, float(np.ptp(t)))
    stops = [colours.ground, colours.second]
    if rng.random() < 0.3:
        stops.append(colours.accents[0])
    return along(t, stops)


def along(t: Floats, stops: list[Colour]) -> Floats:
    """Colours of equally spaced stops at `t` (0..1)."""
    at = np.linspace(0, 1, len(stops))
    return np.dstack([np.interp(t, at, [s[c] for s in stops]) for c in range(3)]).astype(np.float32)


def pattern(rng: np.random.Generator, colours: Palette, _material: Material, width: int, height: int) -> Floats:
    """Stripes, dots, checks or waves."""
    ys, xs = np.mgrid[0:height, 0:width].astype(np.float32)
    size = rng.uniform(0.02, 0.09) * min(width, height)
    kind = rng.choice(["stripes", "dots", "checks", "waves"])
    if kind == "stripes":
        angle = rng.uniform(0, math.pi)
        wave = np.sin((xs * math.cos(angle) + ys * math.sin(angle)) * math.tau / size)
    elif kind == "dots":
        wave = 0.3 * size - np.hypot((xs % size) - size / 2, (ys % size) - size / 2)
    elif kind == "checks":
        wave = np.sin(xs * math.pi / size) * np.sin(ys * math.pi / size) * size
    else:
        wave = np.sin((ys + 0.3 * size * np.sin(xs * math.tau / (3 * size))) * math.tau / size)
    share = np.clip(wave * (size / 6 if kind in ("stripes", "waves") else 1) + 0.5, 0, 1)
    return mixed(colours.ground, colours.second, share)


def mixed(first: Colour, last: Colour, share: Floats) -> Floats:
    """`first` where `share` is 0, `last` where it is 1."""
    a, b = (np.array(colour, np.float32) for colour in (first, last))
    return np.asarray(a * (1 - share[..., None]) + b * share[..., None], np.float32)


def painterly(rng: np.random.Generator, colours: Palette, _material: Material, width: int, height: int) -> Floats:
    """Brush strokes: many short, turned, coloured dabs from coarse to fine."""
    out = graded(rng, colours, _material, width, height)
    flow = noise(rng, width, height, min(width, height) / 2) * 2 * math.pi
    tone = noise(rng, width, height, min(width, height) / 3)
    for size in (0.06, 0.03, 0.015):
        length = max(4, round(size * min(width, height)))
        for _ in range(round(0.5 / size**1.5)):
            x, y = int(rng.integers(width)), int(rng.integers(height))
            base = colours.accents[int(rng.integers(2))] if rng.random() < 0.15 else colours.second
            t = float(tone[y, x]) + rng.normal(0, 0.12)
            colour = [float(np.clip(a * (1 - t) + b * t, 0, 255)) for a, b in zip(colours.ground, base, strict=True)]
            angle = float(flow[y, x])
            end = (round(x + length * math.cos(angle)), round(y + length * math.sin(angle)))
            cv2.line(out, (x, y), end, colour, max(1, length // 4), cv2.LINE_AA)
    return out + rng.normal(0, 2, out.shape).astype(np.float32)


def scenery(rng: np.random.Generator, colours: Palette, _material: Material, width: int, height: int) -> Floats:
    """Hazy hills under a sky: what a painter lays down first."""
    t = np.linspace(0, 1, height, dtype=np.float32)[:, None].repeat(width, 1)
    out = along(t, [colours.second, colours.ground])
    xs = np.arange(width)
    for ridge in range(int(rng.integers(3, 7))):
        level = 0.4 + 0.12 * ridge
        line = noise(rng, width, 1, width / rng.uniform(2, 6))[0] * 0.25 + level - 0.12
        below = np.clip((np.arange(height)[:, None] - line[xs][None] * height) / 1.5, 0, 1).astype(np.float32)
        front, haze = (np.array(c, np.float32) for c in (colours.accents[ridge % 2], colours.second))
        tint = np.clip(front * (1 - 0.13 * ridge) * 0.6 + haze * 0.35, 0, 255)
        texture = 1 + (noise(rng, width, height, 12, 2) - 0.5) * 0.12
        out = out * (1 - below[..., None]) + tint * texture[..., None] * below[..., None]
    return out.astype(np.float32)


def marbled(rng: np.random.Generator, colours: Palette, _material: Material, width: int, height: int) -> Floats:
    """Clouds, marble, paper: noise through a colour ramp."""
    t = noise(rng, width, height, rng.uniform(0.1, 0.6) * min(width, height), 6)
    if rng.random() < 0.5:
        t = np.abs(np.sin(t * rng.uniform(6, 18))).astype(np.float32)
    return along(t, [colours.ground, colours.second, colours.accents[0], colours.ground])


def photo(rng: np.random.Generator, colours: Palette, material: Material, width: int, height: int) -> Floats:
    """A photograph, cropped to the canvas, sometimes out of focus; painted hills where there is no photograph."""
    if not material.photos:
        return scenery(rng, colours, material, width, height)
    pixels = material.photo(rng)
    out = fitted(pixels, width, height, rng)
    if rng.random() < 0.3:
        out = np.asarray(cv2.GaussianBlur(out, (0, 0), rng.uniform(2, 12)), np.float32)
    return out


def fitted(pixels: Pixels, width: int, height: int, rng: np.random.Generator) -> Floats:
    """A random crop of uint8 H x W x 3 that fills width x height."""
    h, w = pixels.shape[:2]
    scale = max(width / w, height / h) * rng.uniform(1.0, 1.3)
    size = max(width, round(w * scale)), max(height, round(h * scale))
    big = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.LANCZOS), np.float32)
    x, y = int(rng.integers(size[0] - width + 1)), int(rng.integers(size[1] - height + 1))
    return big[y : y + height, x : x + width, :3]


KINDS: dict[str, tuple[str, Ground]] = {
    "plain": ("plain", plain),
    "graded": ("gradient", graded),
    "pattern": ("texture", pattern),
    "painterly": ("painterly", painterly),
    "scenery": ("painterly", scenery),
    "marbled": ("busy", marbled),
    "photo": ("photo", photo),
}
"""Name -> what `Design.ground` calls it, and how it is made."""
