"""Generated posters whose true layers are known: the built-in engine's test and benchmark pictures.

Everything comes from a seed and from the font that Pillow carries, so a poster is the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from scipy.optimize import linear_sum_assignment

from engine.decomposer import WorkingStack

SCALE = 3
PLAIN_STYLES = ("flat", "gradient", "radial", "card")
BUSY_STYLES = ("photo", "blurred", "pattern")
WORDS = ("MARKET", "Open day", "Summer sale", "JAZZ NIGHT", "Fresh bread", "City run 2026", "Book fair", "Design week")
COLOURS = (
    (214, 64, 69),
    (46, 94, 170),
    (240, 180, 41),
    (34, 139, 107),
    (122, 62, 156),
    (245, 245, 240),
    (30, 34, 48),
    (236, 120, 66),
    (90, 190, 210),
)

Rgba = NDArray[np.uint8]
Floats = NDArray[np.float64]
Random = np.random.Generator


@dataclass(frozen=True)
class TrueLayer:
    """One layer at the poster's size: straight-alpha RGBA."""

    kind: str
    pixels: Rgba


@dataclass(frozen=True)
class Poster:
    """`layers` are bottom to top and start with the background; `image` is all of them composited."""

    layers: list[TrueLayer]
    image: Rgba


def make_poster(seed: int, style: str, width: int = 640, height: int = 800) -> Poster:
    """The poster of that seed and style (one of PLAIN_STYLES or BUSY_STYLES)."""
    random = np.random.default_rng([seed, sum(map(ord, style))])
    ground = _ground(random, style, width, height)
    layers = [TrueLayer("background", ground)]
    base = ground[..., :3].reshape(-1, 3).mean(0)
    cells = _cells(random, width, height)
    headline, *places = cells
    if style == "card":
        left, top, right, bottom = width * 0.12, height * 0.42, width * 0.88, height * 0.92
        colour = _unlike(random, base)
        layers.append(TrueLayer("panel", _card(width, height, (left, top, right, bottom), colour)))
        base = np.array(colour, float)
        places = [place for place in places if place[1] > top + 10 and place[3] < bottom - 10][:3] or places[:2]
    for kind, place in zip(random.permutation(list(DRAW)), places, strict=False):
        layers.append(TrueLayer(str(kind), DRAW[str(kind)](random, width, height, place, base)))
    layers += _words(random, width, height, headline, ground)
    return Poster(layers, flatten(layers))


def flatten(layers: list[TrueLayer]) -> Rgba:
    """All layers over each other."""
    out = Image.fromarray(layers[0].pixels)
    for layer in layers[1:]:
        out = Image.alpha_composite(out, Image.fromarray(layer.pixels))
    return np.asarray(out)


def layer_iou(poster: Poster, stack: WorkingStack) -> float:
    """Mean soft IoU of alpha over the true layers (without the background), each matched to one found layer."""
    true = [layer.pixels[..., 3] / 255 for layer in poster.layers[1:]]
    found = [_full(stack, index) for index in range(len(stack.layers)) if stack.layers[index].kind != "background"]
    if not found:
        return 0.0
    scores = np.array([[_iou(a, b) for b in found] for a in true])
    rows, cols = linear_sum_assignment(-scores)
    return float(scores[rows, cols].sum() / len(true))


def composite(stack: WorkingStack) -> Floats:
    """The stack composited, H x W x 4, colour premultiplied, 0..255."""
    out = np.zeros((stack.height, stack.width, 4))
    for layer in stack.layers:
        height, width = layer.pixels.shape[:2]
        part = out[layer.top : layer.top + height, layer.left : layer.left + width]
        alpha = layer.pixels[..., 3:] / 255
        premultiplied = np.concatenate([layer.pixels[..., :3] * alpha, layer.pixels[..., 3:]], 2)
        part[...] = premultiplied + part * (1 - alpha)
    return out


def _full(stack: WorkingStack, index: int) -> Floats:
    layer = stack.layers[index]
    out = np.zeros((stack.height, stack.width))
    height, width = layer.pixels.shape[:2]
    out[layer.top : layer.top + height, layer.left : layer.left + width] = layer.pixels[..., 3] / 255
    return out


def _iou(a: Floats, b: Floats) -> float:
    union = float(np.maximum(a, b).sum())
    return float(np.minimum(a, b).sum()) / union if union else 0.0


def _ground(random: Random, style: str, width: int, height: int) -> Rgba:
    y, x = np.mgrid[:height, :width]
    first, second = (np.array(COLOURS[i], float) for i in random.choice(len(COLOURS), 2, replace=False))
    if style == "flat":
        rgb = np.broadcast_to(first, (height, width, 3))
    elif style in ("gradient", "card"):
        share = (x / width * random.uniform(0, 1) + y / height) / 2
        rgb = first * (1 - share[..., None]) + (0.5 * first + 0.5 * second) * share[..., None]
    elif style == "radial":
        share = np.clip(np.hypot(x - width / 2, y - height / 2) / (0.7 * height), 0, 1)
        rgb = first * (1 - share[..., None]) + (0.6 * first + 0.4 * second) * share[..., None]
    elif style == "pattern":
        size = int(random.integers(26, 44))
        rgb = np.where((((x // size) + (y // size)) % 2)[..., None], first, 0.75 * first + 0.25 * second)
    else:
        rgb = _scenery(random, width, height, blurred=style == "blurred")
    alpha = np.full((height, width, 1), 255.0)
    return np.concatenate([np.clip(rgb, 0, 255), alpha], 2).round().astype(np.uint8)


def _scenery(random: Random, width: int, height: int, *, blurred: bool) -> Floats:
    """Something like a photograph: clouds of colour, a horizon, and grain."""
    out = np.zeros((height, width, 3))
    for size in (3, 6, 12, 24, 48, 96):
        small = random.normal(0, 1, (size, size, 3)) * 0.7 + random.normal(0, 1, (size, size, 1))
        planes = [_stretched(small[..., c], width, height) for c in range(3)]
        out += np.stack(planes, 2) * 38 / size**0.45
    sky = np.array([150, 165, 185]) if random.random() < 0.5 else np.array([120, 140, 110])
    out += sky
    out[int(height * random.uniform(0.4, 0.7)) :] *= np.array([0.75, 0.7, 0.6])
    if blurred:
        image = Image.fromarray(np.clip(out, 0, 255).astype(np.uint8)).filter(ImageFilter.GaussianBlur(7))
        return np.asarray(image).astype(float)
    return out + random.normal(0, 3, out.shape)


def _stretched(plane: Floats, width: int, height: int) -> Floats:
    image = Image.fromarray(plane.astype(np.float32)).resize((width, height), Image.Resampling.BICUBIC)
    return np.asarray(image).astype(float)


def _cells(random: Random, width: int, height: int) -> list[tuple[float, float, float, float]]:
    """A place for the headline, then places on a loose grid, some of them overlapping a little."""
    out = [(width * 0.08, height * 0.05, width * 0.92, height * 0.2)]
    for row in range(3):
        for col in range(2):
            left = width * (0.08 + 0.45 * col) + random.uniform(-10, 26)
            top = height * (0.25 + 0.24 * row) + random.uniform(-8, 16)
            out.append(
                (left, top, left + width * random.uniform(0.28, 0.42), top + height * random.uniform(0.14, 0.23))
            )
    rest = out[1:]
    return [out[0], *(rest[i] for i in random.permutation(len(rest)))]


def _unlike(random: Random, *colours: Floats) -> tuple[int, int, int]:
    """A palette colour that stands out from all of `colours`."""
    distance = [min(float(np.abs(np.array(c) - other).max()) for other in colours) for c in COLOURS]
    good = [i for i, d in enumerate(distance) if d > 70] or [int(np.argmax(distance))]
    return COLOURS[int(random.choice(good))]


def _drawn(width: int, height: int, draw: Callable[[ImageDraw.ImageDraw], None]) -> Rgba:
    image = Image.new("RGBA", (width * SCALE, height * SCALE), (0, 0, 0, 0))
    draw(ImageDraw.Draw(image))
    data = np.asarray(image, np.float64).reshape(height, SCALE, width, SCALE, 4)
    alpha = data[..., 3:].mean((1, 3))
    colour = (data[..., :3] * data[..., 3:]).mean((1, 3)) / np.maximum(alpha, 1e-9)
    return np.concatenate([colour, alpha], 2).round().astype(np.uint8)


def _big(*values: float) -> list[float]:
    return [value * SCALE for value in values]


Place = tuple[float, float, float, float]


def _circle(random: Random, width: int, height: int, place: Place, base: Floats) -> Rgba:
    colour = _unlike(random, base)
    x, y = (place[0] + place[2]) / 2, (place[1] + place[3]) / 2
    radius = min(place[2] - place[0], place[3] - place[1]) / 2
    box = _big(x - radius, y - radius, x + radius, y + radius)
    return _drawn(width, height, lambda draw: draw.ellipse(box, fill=colour))


def _rectangle(random: Random, width: int, height: int, place: Place, base: Floats) -> Rgba:
    colour, radius = _unlike(random, base), float(random.choice([0, 0, 14]))
    return _drawn(width, height, lambda draw: draw.rounded_rectangle(_big(*place), radius * SCALE, fill=colour))


def _star(random: Random, width: int, height: int, place: Place, base: Floats) -> Rgba:
    colour = _unlike(random, base)
    x, y, radius = (place[0] + place[2]) / 2, (place[1] + place[3]) / 2, (place[3] - place[1]) / 2
    points = []
    for index in range(10):
        reach = radius if index % 2 == 0 else radius * 0.45
        angle = index * np.pi / 5 - np.pi / 2
        points.append(((x + reach * np.cos(angle)) * SCALE, (y + reach * np.sin(angle)) * SCALE))
    return _drawn(width, height, lambda draw: draw.polygon(points, fill=colour))


def _house(random: Random, width: int, height: int, place: Place, base: Floats) -> Rgba:
    """An illustration of several flat parts."""
    wall = _unlike(random, base)
    roof = _unlike(random, base, np.array(wall, float))
    left, top, right, bottom = place
    middle, eaves = (left + right) / 2, top + (bottom - top) * 0.45
    inset = (right - left) * 0.12

    def draw(pen: ImageDraw.ImageDraw) -> None:
        pen.rectangle(_big(left + inset, eaves, right - inset, bottom), fill=wall)
        pen.polygon(_big(left, eaves, middle, top, right, eaves), fill=roof)
        pen.rectangle(_big(middle - inset * 0.6, bottom - inset * 1.6, middle + inset * 0.6, bottom), fill=roof)

    return _drawn(width, height, draw)


def _picture(random: Random, width: int, height: int, place: Place, base: Floats) -> Rgba:
    """A photograph in a frame's shape."""
    left, top, right, bottom = (round(v) for v in place)
    out = np.zeros((height, width, 4), np.uint8)
    bottom, right = min(bottom, height), min(right, width)
    out[top:bottom, left:right, :3] = np.clip(_scenery(random, right - left, bottom - top, blurred=False), 0, 255)
    out[top:bottom, left:right, 3] = 255
    return out


def _card(width: int, height: int, box: Place, colour: tuple[int, int, int]) -> Rgba:
    """A rounded card with a soft shadow."""
    shade = Image.new("L", (width, height), 0)
    ImageDraw.Draw(shade).rounded_rectangle((box[0], box[1] + 8, box[2], box[3] + 8), 18, fill=110)
    alpha = np.asarray(shade.filter(ImageFilter.GaussianBlur(9)))
    shadow = np.concatenate([np.zeros((height, width, 3), np.uint8), alpha[..., None]], 2)
    face = _drawn(width, height, lambda draw: draw.rounded_rectangle(_big(*box), 18 * SCALE, fill=colour))
    return np.asarray(Image.alpha_composite(Image.fromarray(shadow), Image.fromarray(face)))


def _words(random: Random, width: int, height: int, place: Place, ground: Rgba) -> list[TrueLayer]:
    part = ground[int(place[1]) : int(place[3]), int(place[0]) : int(place[2]), :3].reshape(-1, 3)
    colour = _unlike(random, part.mean(0), np.percentile(part, 15, 0), np.percentile(part, 85, 0))
    first, second = (WORDS[i] for i in random.choice(len(WORDS), 2, replace=False))
    out = []
    for text, size, y in ((first, 62.0, place[1] + 40), (second, 30.0, place[1] + 98)):
        font = ImageFont.load_default(size=size * SCALE)
        at = ((place[0] + place[2]) / 2 * SCALE, y * SCALE)
        stroke = 2 if random.random() < 0.3 else 0

        def draw(pen: ImageDraw.ImageDraw, text: str = text, font=font, at=at, stroke: int = stroke) -> None:
            pen.text(at, text, font=font, fill=colour, anchor="mm", stroke_width=stroke, stroke_fill=colour)

        out.append(TrueLayer("text", _drawn(width, height, draw)))
    return out


DRAW: dict[str, Callable[[Random, int, int, Place, Floats], Rgba]] = {
    "circle": _circle,
    "rectangle": _rectangle,
    "star": _star,
    "house": _house,
    "picture": _picture,
}
