"""Designs with known layers, rendered at any size, and what a diffusion engine would return for them.

Every design is a list of true layers, bottom to top; `disturbed` reduces it and does to it what a latent autoencoder
does: blur, a faint haze in empty and full areas, noise, a colour shift, meaningless colour where nothing shows, and
a smooth guess where a layer is hidden.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from engine.decomposer import WorkingLayer, WorkingStack
from engine.document import LayerKind, Pixels
from engine.lifting.colour import extended

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class TrueLayer:
    """A layer as it was drawn, on the full canvas, uint8 H x W x 4 straight alpha."""

    name: str
    pixels: Pixels


class Canvas:
    """Draws layers at `width` x `height`; lengths are given for a 4000 px wide design and scale with it."""

    def __init__(self, width: int, height: int, seed: int) -> None:
        self.width, self.height = width, height
        self.unit = width / 4000
        self.rng = np.random.default_rng(seed)

    def px(self, length: float) -> float:
        return length * self.unit

    def clouds(self, coarsest: int = 4, octaves: int = 9, fall: float = 0.6) -> Floats:
        """Noise of many scales, H x W, 0..1: the spectrum of a photo."""
        out = np.zeros((self.height, self.width), np.float32)
        weight = 1.0
        for octave in range(octaves):
            cells = min(coarsest << octave, self.width)
            rows = max(2, cells * self.height // self.width)
            noise = self.rng.standard_normal((rows, cells)).astype(np.float32)
            out += weight * cv2.resize(noise, (self.width, self.height), interpolation=cv2.INTER_CUBIC)
            weight *= fall
        out -= out.min()
        return out / out.max()

    def tinted(self, values: Floats, colours: list[tuple[int, int, int]], grain: float = 0.0) -> Pixels:
        """`values` 0..1 through a colour ramp, with film grain of that deviation, uint8 H x W x 3."""
        ramp = np.linspace(0, 1, len(colours))
        out = np.empty((self.height, self.width, 3), np.float32)
        noise = cv2.GaussianBlur(self.rng.standard_normal(values.shape).astype(np.float32), (0, 0), 0.7) * 2 * grain
        for channel in range(3):
            out[..., channel] = np.interp(values, ramp, [c[channel] for c in colours])
            out[..., channel] += noise
        return np.rint(out.clip(0, 255)).astype(np.uint8)

    def photo(self, colours: list[tuple[int, int, int]]) -> Pixels:
        """A picture-like texture: soft masses, out-of-focus lights, fine grain."""
        values = self.clouds()
        for _ in range(25):
            centre = (self.rng.random(2) * (self.width, self.height)).astype(int)
            light = np.zeros_like(values)
            cv2.circle(light, tuple(int(c) for c in centre), int(self.px(self.rng.integers(60, 300))), 1.0, -1)
            values += cv2.blur(light, (int(self.px(40)) | 1,) * 2) * self.rng.uniform(-0.15, 0.15)
        return self.tinted(values.clip(0, 1), colours, grain=3)

    def flat(self, colour: tuple[int, int, int]) -> Pixels:
        return np.broadcast_to(np.array(colour, np.uint8), (self.height, self.width, 3))

    def drawn(self, draw: Callable[[Pixels, float], None]) -> Pixels:
        """A matte drawn at twice the size and reduced, so that its edges are properly antialiased."""
        big = np.zeros((self.height * 2, self.width * 2), np.uint8)
        draw(big, self.unit * 2)
        matte: NDArray[Any] = cv2.resize(big, (self.width, self.height), interpolation=cv2.INTER_AREA)
        return matte

    def ellipse(self, x: float, y: float, rx: float, ry: float, angle: float = 0) -> Pixels:
        def draw(big: Pixels, unit: float) -> None:
            box = ((x * unit, y * unit), (2 * rx * unit, 2 * ry * unit), angle)
            cv2.ellipse(big, box, 255, -1, cv2.LINE_AA)

        return self.drawn(draw)

    def polygon(self, points: list[tuple[float, float]]) -> Pixels:
        def draw(big: Pixels, unit: float) -> None:
            cv2.fillPoly(big, [np.rint(np.array(points) * unit).astype(np.int32)], 255, cv2.LINE_AA)

        return self.drawn(draw)

    def strokes(self, curves: list[NDArray[np.float64]], widths: list[float]) -> Pixels:
        def draw(big: Pixels, unit: float) -> None:
            for curve, width in zip(curves, widths, strict=True):
                points = np.rint(curve * unit * 16).astype(np.int32)
                cv2.polylines(big, [points], False, 255, max(1, round(width * unit)), cv2.LINE_AA, 4)

        return self.drawn(draw)

    def text(self, words: str, x: float, y: float, size: float) -> Pixels:
        out = Image.new("L", (self.width, self.height), 0)
        font = ImageFont.load_default(self.px(size))
        ImageDraw.Draw(out).text((self.px(x), self.px(y)), words, fill=255, font=font)
        return np.asarray(out)

    def blurred(self, matte: Pixels, radius: float, opacity: float, dx: float = 0, dy: float = 0) -> Pixels:
        move = np.array([[1, 0, self.px(dx)], [0, 1, self.px(dy)]], np.float32)
        moved = cv2.warpAffine(matte, move, (self.width, self.height)).astype(np.float32)
        return np.rint(cv2.GaussianBlur(moved, (0, 0), self.px(radius)) * opacity).astype(np.uint8)

    def hair(self, x: float, y: float, radius: float, count: int) -> Pixels:
        """Curved strands of 1.5 to 5 px that leave a round head on all sides."""
        curves, widths = [], []
        for _ in range(count):
            angle = self.rng.uniform(0, 2 * np.pi)
            bend = self.rng.uniform(-0.9, 0.9)
            t = np.linspace(0, 1, 24)
            reach = radius * (0.8 + t * self.rng.uniform(0.4, 1.0))
            turn = angle + bend * t * t
            curves.append(np.stack([x + reach * np.cos(turn), y + reach * np.sin(turn)], axis=1))
            widths.append(self.rng.uniform(1.5, 5))
        return np.maximum(self.strokes(curves, widths), self.ellipse(x, y, radius, radius))

    def waves(self, count: int, top: float, bottom: float) -> Pixels:
        """Thin lines of 2 to 8 px across the picture."""
        x = np.linspace(200, 3800, 200)
        curves = [
            np.stack([x, y + 60 * np.sin(x / 300 + phase)], axis=1)
            for y, phase in zip(np.linspace(top, bottom, count), self.rng.random(count) * 6, strict=True)
        ]
        return self.strokes(curves, list(np.linspace(2, 8, count)))

    def layer(self, name: str, colour: Pixels, matte: Pixels | int) -> TrueLayer:
        out = np.empty((self.height, self.width, 4), np.uint8)
        out[..., :3], out[..., 3] = colour, matte
        return TrueLayer(name, out)


def poster(c: Canvas) -> list[TrueLayer]:
    """Flat colours: panel with shadow, badge, thin lines, headline."""
    panel = c.polygon([(500, 500), (3300, 420), (3420, 2300), (560, 2400)])
    return [
        c.layer("Background", c.flat((242, 232, 214)), 255),
        c.layer("Shadow", c.flat((20, 16, 30)), c.blurred(panel, 45, 0.5, 40, 60)),
        c.layer("Panel", c.flat((38, 70, 120)), panel),
        c.layer("Lines", c.flat((250, 180, 40)), c.waves(9, 1500, 2800)),
        c.layer("Badge", c.flat((214, 48, 64)), c.ellipse(3000, 800, 420, 420)),
        c.layer("Headline", c.flat((255, 255, 255)), c.text("Summer Market", 700, 700, 330)),
    ]


def portrait(c: Canvas) -> list[TrueLayer]:
    """A photo with a long-haired head in front of lights, and small type."""
    hair = c.tinted(c.clouds(40), [(28, 14, 8), (70, 38, 20), (120, 74, 40)], 3)
    skin = c.tinted(c.clouds(3), [(224, 172, 140), (240, 200, 172)], 3)
    return [
        c.layer("Background", c.photo([(40, 70, 90), (120, 150, 140), (230, 220, 180)]), 255),
        c.layer("Hair", hair, c.hair(1900, 1300, 560, 420)),
        c.layer("Face", skin, c.ellipse(1900, 1380, 400, 470)),
        c.layer("Caption", c.flat((250, 250, 245)), c.text("Photographed in the old harbour, 1998", 420, 2700, 110)),
    ]


def glass(c: Canvas) -> list[TrueLayer]:
    """A frosted card over a photo, with a drop shadow, type on the card and an opaque object under it."""
    card = c.polygon([(900, 700), (3100, 700), (3100, 2300), (900, 2300)])
    return [
        c.layer("Background", c.photo([(20, 24, 60), (90, 60, 140), (240, 150, 120)]), 255),
        c.layer("Ball", c.tinted(c.clouds(3), [(240, 150, 30), (255, 210, 90)], 2), c.ellipse(1100, 1900, 520, 520)),
        c.layer("Shadow", c.flat((0, 0, 10)), c.blurred(card, 60, 0.45, 0, 50)),
        c.layer("Glass", c.tinted(c.clouds(2, 2), [(215, 225, 240), (255, 255, 255)]), (card * 0.38).astype(np.uint8)),
        c.layer("Title", c.flat((24, 20, 48)), c.text("Northern lights", 1060, 900, 260)),
        c.layer("Small type", c.flat((24, 20, 48)), c.text("from 21 November until the end of March", 1060, 1300, 84)),
    ]


def smoke(c: Canvas) -> list[TrueLayer]:
    """Soft things on a gradient: smoke, a glow, and a bottle with hard edges."""
    ramp = np.broadcast_to(np.linspace(0, 1, c.height, dtype=np.float32)[:, None], (c.height, c.width))
    veil = (c.clouds(3, 5, 0.5) * 1.8 - 0.7).clip(0, 0.8) * (255 * 0.8)
    veil *= c.blurred(c.ellipse(2400, 1200, 1300, 800), 250, 1.0) / np.float32(255)
    left = [(1300, 2700), (1300, 1300), (1480, 1000), (1480, 600)]
    bottle = c.polygon([*left, *((3140 - x, y) for x, y in reversed(left))])
    return [
        c.layer("Background", c.tinted(ramp, [(12, 20, 40), (60, 40, 90), (200, 110, 90)]), 255),
        c.layer("Glow", c.flat((255, 214, 140)), c.blurred(c.ellipse(1560, 1500, 700, 1000), 160, 0.7)),
        c.layer("Bottle", c.tinted(c.clouds(6), [(10, 60, 40), (40, 150, 90), (170, 230, 170)], 2), bottle),
        c.layer("Smoke", c.flat((230, 230, 236)), np.rint(veil).astype(np.uint8)),
    ]


def sticker(c: Canvas) -> list[TrueLayer]:
    """No background: a furry ball with a shadow and a ribbon on a transparent page."""
    fur = c.tinted(c.clouds(60), [(150, 90, 30), (230, 170, 90), (255, 230, 180)], 3)
    return [
        c.layer("Shadow", c.flat((0, 0, 0)), c.blurred(c.ellipse(2000, 2450, 900, 140), 50, 0.5)),
        c.layer("Fur", fur, c.hair(2000, 1500, 620, 700)),
        c.layer("Ribbon", c.flat((190, 30, 90)), c.polygon([(1100, 1650), (2950, 1500), (2960, 1720), (1120, 1880)])),
        c.layer("Words", c.flat((255, 250, 240)), c.text("Good dog", 1650, 1545, 170)),
    ]


def leaves(c: Canvas) -> list[TrueLayer]:
    """Textured leaves on a texture of like colours, thin dark twigs, and type: little contrast to go by."""
    green = [(30, 60, 24), (84, 120, 50), (180, 196, 110)]
    leaf = np.maximum.reduce([
        c.ellipse(c.rng.uniform(400, 3600), c.rng.uniform(400, 2600), 420, 130, c.rng.uniform(0, 180)) for _ in range(9)
    ])  # fmt: skip
    return [
        c.layer("Background", c.photo([(60, 74, 60), (120, 128, 96), (200, 196, 170)]), 255),
        c.layer("Leaves", c.tinted(c.clouds(10), green, 3), leaf),
        c.layer("Twigs", c.tinted(c.clouds(8), [(34, 24, 16), (84, 60, 40)], 3), c.waves(12, 300, 2700)),
        c.layer("Word", c.flat((250, 246, 230)), c.text("botanica", 900, 1200, 420)),
    ]


DESIGNS: dict[str, Callable[[Canvas], list[TrueLayer]]] = {
    "poster": poster,
    "portrait": portrait,
    "glass": glass,
    "smoke": smoke,
    "sticker": sticker,
    "leaves": leaves,
}


def rendered(name: str, width: int, height: int) -> list[TrueLayer]:
    return DESIGNS[name](Canvas(width, height, seed=sum(map(ord, name))))


def flattened(layers: list[TrueLayer]) -> Pixels:
    """The layers over each other, rounded once: the flat image that a user would open."""
    height, width = layers[0].pixels.shape[:2]
    colour: NDArray[Any] = np.zeros((height, width, 3), np.float32)
    alpha: NDArray[Any] = np.zeros((height, width, 1), np.float32)
    for layer in layers:
        a = layer.pixels[..., 3:] / np.float32(255)
        colour, alpha = colour * (1 - a) + layer.pixels[..., :3] * a, alpha + a * (1 - alpha)
    straight = colour / np.maximum(alpha, 1e-6)
    return np.rint(np.concatenate([straight, alpha * 255], axis=-1)).clip(0, 255).astype(np.uint8)


def visible_share(layers: list[TrueLayer]) -> list[Floats]:
    """How much of each layer is seen at each pixel, 0..1."""
    clear: NDArray[Any] = np.ones(layers[0].pixels.shape[:2], np.float32)
    out: list[NDArray[Any]] = []
    for layer in reversed(layers):
        alpha = layer.pixels[..., 3] / np.float32(255)
        out.append(clear * alpha)
        clear = clear * (1 - alpha)
    return out[::-1]


def disturbed(layers: list[TrueLayer], width: int, height: int, seed: int = 5) -> WorkingStack:
    """The layers as an engine that works at `width` x `height` would return them."""
    rng = np.random.default_rng(seed)
    seen = [cv2.resize(s, (width, height), interpolation=cv2.INTER_AREA) for s in visible_share(layers)]
    out = [_disturb(layer, share, rng) for layer, share in zip(layers, seen, strict=True)]
    return WorkingStack(width, height, tuple(out))


def _disturb(layer: TrueLayer, seen: Floats, rng: np.random.Generator) -> WorkingLayer:
    height, width = seen.shape
    alpha: NDArray[Any] = layer.pixels[..., 3:] / np.float32(255)
    premultiplied = np.concatenate([layer.pixels[..., :3] * alpha, alpha], axis=-1)
    small = cv2.resize(premultiplied, (width, height), interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 0.6)
    alpha, colour = small[..., 3], small[..., :3] / np.maximum(small[..., 3:], 1e-3)
    known = np.where(alpha > 0.5, seen, np.float32(0)) ** 4
    guess = np.moveaxis(extended(np.moveaxis(colour, -1, 0), known, keep=4.0), 0, -1)
    hidden = ((alpha > 0.5) & (seen < 0.02))[..., None]
    colour = np.where(hidden, guess, colour)
    colour = colour * rng.uniform(0.97, 1.03, 3) + rng.uniform(-4, 4, 3) + rng.normal(0, 1.5, colour.shape)
    junk = np.clip(1 - alpha / 0.1, 0, 1)[..., None]
    colour = colour * (1 - junk) + 200 * junk
    haze = np.abs(cv2.GaussianBlur(rng.normal(0, 1, alpha.shape), (0, 0), 1.0)) * 4 / 255
    alpha = np.where(alpha < 0.5, alpha + haze, alpha - haze) + rng.normal(0, 0.5 / 255, alpha.shape)
    pixels = np.dstack([colour, alpha * 255]).clip(0, 255)
    kind = LayerKind.BACKGROUND if layer.name == "Background" else LayerKind.OBJECT
    return WorkingLayer(np.rint(pixels).astype(np.uint8), name=layer.name, kind=kind)
