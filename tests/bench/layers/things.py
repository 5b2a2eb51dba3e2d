"""Things that stand in designs: drawn art of many parts, photographs in frames, badges, words in many styles."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import reduce

import numpy as np

from tests.bench.layers.design import Floats
from tests.bench.layers.grounds import fitted, graded
from tests.bench.layers.material import Material
from tests.bench.layers.palette import Palette, palette
from tests.bench.layers.raster import (
    Colour,
    Piece,
    bent,
    blob,
    ellipse,
    gradient,
    outlined,
    over,
    picture,
    polygon,
    rounded,
    shadow_of,
    star,
    stroke,
    text,
    turned,
)

Thing = Callable[["Scene", float, float, float], Piece]
"""Draws one thing around a centre (px) in a circle of that radius (px)."""

WORDS = {
    "latin": "SUMMER FESTIVAL|Open Air|New Arrivals|Fresh Coffee|50 % off|Jazz Night|Limited Edition|Save the Date|"
    "Handmade with care|Saturday 8 pm|Launch Week|Grand Opening|The Long Way Home|Book now|Since 1984|Bon appétit|"
    "Größe zählt|¡Última semana!|Føroyar|Žluťoučký kůň",
    "cyrillic": "Лето в городе|Открытие|Новая коллекция|Скидка 30 %|Кофе с собой",
    "greek": "Καλοκαίρι|Νέα συλλογή|Καφές",
    "cjk": "夏日音乐节|新品上市|限时优惠|夏祭り|コーヒー|한정판",
}
SMALL = "Doors open at seven, bring a friend|www.example.org|Terms and conditions apply|Ask for a free sample today"


@dataclass(frozen=True, slots=True, eq=False)
class Scene:
    """What drawing needs: chance, colours, material, and the canvas in px."""

    rng: np.random.Generator
    colours: Palette
    material: Material
    width: int
    height: int

    @property
    def side(self) -> int:
        """The shorter side of the canvas, px."""
        return min(self.width, self.height)

    def accent(self) -> Colour:
        """Any of the accents."""
        return self.colours.accents[int(self.rng.integers(len(self.colours.accents)))]

    def words(self) -> str:
        """A headline in any script that the fonts have."""
        scripts = ["latin"] * 6 + ["cyrillic", "greek", "cjk"]
        said = self.pick(WORDS[str(self.rng.choice(scripts))].split("|"))
        return said if self.material.can_write(said) else self.pick(WORDS["latin"].split("|")[:8])

    def pick(self, listed: list[str]) -> str:
        """One of a list."""
        return listed[int(self.rng.integers(len(listed)))]


def joined(parts: list[Piece], name: str, kind: str = "object") -> Piece:
    """Parts, bottom first, as one thing."""
    return replace(reduce(lambda lower, upper: over(upper, lower), parts), name=name, kind=kind)


def shade(colour: Colour, by: float) -> Colour:
    """Lighter (above 1) or darker."""
    if by <= 1:
        return tuple(round(c * by) for c in colour)  # type: ignore[return-value]
    return tuple(round(255 - (255 - c) * (2 - by)) for c in colour)  # type: ignore[return-value]


def flower(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """Petals, a heart and a stem."""
    rng, colour = s.rng, s.accent()
    count, parts = int(rng.integers(5, 9)), []
    parts.append(stroke([(cx, cy), (cx + r * 0.1, cy + r)], r * 0.08, (70, 130, 70)))
    for i in range(count):
        a = i * math.tau / count
        petal = ellipse(cx + math.cos(a) * r * 0.35, cy + math.sin(a) * r * 0.35, r * 0.32, r * 0.18, a)
        parts.append(polygon(petal, shade(colour, rng.uniform(0.85, 1.15))))
    parts.append(polygon(ellipse(cx, cy, r * 0.2, r * 0.2), (250, 205, 70)))
    return joined(parts, "Flower")


def house(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """Walls, a roof, a door and windows."""
    wall, roof = s.accent(), s.accent()
    parts = [
        polygon(rounded(cx - r * 0.6, cy - r * 0.2, r * 1.2, r, 0), shade(wall, 1.3)),
        polygon([(cx - r * 0.75, cy - r * 0.2), (cx, cy - r * 0.85), (cx + r * 0.75, cy - r * 0.2)], shade(roof, 0.8)),
        polygon(rounded(cx - r * 0.12, cy + r * 0.35, r * 0.26, r * 0.45, r * 0.05), shade(roof, 0.6)),
    ]
    parts += [polygon(rounded(cx + r * x, cy, r * 0.2, r * 0.2, 0), (250, 240, 190)) for x in (-0.42, 0.24)]
    return joined(parts, "House")


def tree(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """A trunk and a crown of blobs."""
    green = shade((60, 140, 80), s.rng.uniform(0.7, 1.2))
    parts = [polygon(rounded(cx - r * 0.09, cy, r * 0.18, r * 0.95, r * 0.05), (110, 75, 50))]
    for x, y, k in ((0, -0.4, 0.5), (-0.3, -0.1, 0.4), (0.3, -0.1, 0.42), (0.05, 0.05, 0.4)):
        crown = blob(s.rng, cx + r * x, cy + r * y, r * k, 0.12)
        parts.append(polygon(crown, shade(green, 1 + 0.25 * y)))
    return joined(parts, "Tree")


def fish(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """A body, fins, stripes and an eye."""
    body = s.accent()
    parts = [
        polygon([(cx + r * 0.5, cy), (cx + r, cy - r * 0.4), (cx + r, cy + r * 0.4)], shade(body, 0.75)),
        polygon([(cx, cy - r * 0.3), (cx + r * 0.2, cy - r * 0.7), (cx + r * 0.35, cy - r * 0.2)], shade(body, 0.8)),
        gradient(polygon(ellipse(cx, cy, r * 0.7, r * 0.42), body), shade(body, 1.25), shade(body, 0.8)),
    ]
    stripes = [[(cx + r * x, cy - r * 0.3), (cx + r * x, cy + r * 0.3)] for x in (-0.1, 0.15)]
    parts += [stroke(line, r * 0.07, shade(body, 1.5)) for line in stripes]
    parts.append(polygon(ellipse(cx - r * 0.42, cy - r * 0.08, r * 0.09, r * 0.09), (250, 250, 250)))
    parts.append(polygon(ellipse(cx - r * 0.44, cy - r * 0.08, r * 0.045, r * 0.045), (20, 20, 30)))
    return joined(parts, "Fish")


def rocket(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """A hull, a nose, fins, a window and a flame."""
    hull, trim = (236, 238, 242), s.accent()
    flame = [(cx - r * 0.16, cy + r * 0.55), (cx, cy + r), (cx + r * 0.16, cy + r * 0.55)]
    parts = [
        gradient(polygon(flame, (250, 190, 60)), (255, 240, 150), (240, 90, 40)),
        polygon([(cx - r * 0.28, cy + r * 0.1), (cx - r * 0.6, cy + r * 0.65), (cx - r * 0.2, cy + r * 0.5)], trim),
        polygon([(cx + r * 0.28, cy + r * 0.1), (cx + r * 0.6, cy + r * 0.65), (cx + r * 0.2, cy + r * 0.5)], trim),
        gradient(polygon(ellipse(cx, cy - r * 0.1, r * 0.3, r * 0.75), hull), (255, 255, 255), (200, 205, 215), 0),
        polygon(ellipse(cx, cy - r * 0.25, r * 0.13, r * 0.13), trim),
        polygon(ellipse(cx, cy - r * 0.25, r * 0.09, r * 0.09), (120, 190, 230)),
    ]
    return turned(joined(parts, "Rocket"), s.rng.uniform(-35, 35))


def gift(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """A box with a ribbon."""
    box, ribbon = s.accent(), s.accent()
    loops = [ellipse(cx + x * r, cy - r * 0.5, r * 0.26, r * 0.14, x * 1.5) for x in (-0.22, 0.22)]
    parts = [polygon(loop, shade(ribbon, 0.9)) for loop in loops]
    parts += [
        polygon(rounded(cx - r * 0.6, cy - r * 0.15, r * 1.2, r * 0.95, r * 0.05), box),
        polygon(rounded(cx - r * 0.68, cy - r * 0.4, r * 1.36, r * 0.3, r * 0.05), shade(box, 0.85)),
        polygon(rounded(cx - r * 0.11, cy - r * 0.4, r * 0.22, r * 1.2, 0), ribbon),
    ]
    return joined(parts, "Gift")


def balloon(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """A balloon with a highlight and a string."""
    colour = s.accent()
    string = [(cx + math.sin(t * 4) * r * 0.06, cy + r * (0.3 + 0.7 * t)) for t in np.linspace(0, 1, 12)]
    parts = [
        stroke(string, max(1.5, r * 0.03), (90, 90, 90)),
        gradient(
            polygon(ellipse(cx, cy - r * 0.3, r * 0.5, r * 0.62), colour), shade(colour, 1.25), shade(colour, 0.8)
        ),
        polygon(ellipse(cx - r * 0.18, cy - r * 0.55, r * 0.1, r * 0.16, 0.4), shade(colour, 1.7)),
    ]
    return joined(parts, "Balloon")


def figure(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """A person of parts: head, hair, body, arms, legs, shoes."""
    return joined(figure_parts(s, cx, cy, r), "Person")


def figure_parts(s: Scene, cx: float, cy: float, r: float) -> list[Piece]:
    """The parts of a person, bottom first."""
    rng = s.rng
    skin = [(241, 200, 165), (224, 172, 130), (165, 110, 75), (95, 62, 45)][int(rng.integers(4))]
    top, legs, hair = s.accent(), shade(s.accent(), 0.6), shade((90, 60, 40), rng.uniform(0.4, 1.6))
    spread, raised = rng.uniform(0.08, 0.22) * r, rng.uniform(-0.5, 0.4) * r
    hips, shoulders = (cx, cy + r * 0.25), (cx, cy - r * 0.35)
    parts = []
    for side in (-1, 1):
        foot = (cx + side * spread, cy + r * 0.95)
        parts.append(stroke([(hips[0] + side * r * 0.08, hips[1]), foot], r * 0.15, legs, name="Leg"))
        parts.append(polygon(ellipse(foot[0] + r * 0.04, foot[1], r * 0.12, r * 0.06), (40, 40, 50), name="Shoe"))
    parts.append(polygon(rounded(cx - r * 0.22, shoulders[1], r * 0.44, r * 0.7, r * 0.14), top, name="Body"))
    for side in (-1, 1):
        hand = (cx + side * r * 0.45, shoulders[1] + r * 0.45 + (raised if side > 0 else 0))
        arm = [(cx + side * r * 0.2, shoulders[1] + r * 0.08), hand]
        parts.append(stroke(arm, r * 0.11, shade(top, 0.9), name="Arm"))
        parts.append(polygon(ellipse(*hand, r * 0.065, r * 0.065), skin, name="Hand"))
    parts.append(polygon(ellipse(cx, cy - r * 0.68, r * 0.24, r * 0.25), hair, name="Hair"))
    parts.append(polygon(ellipse(cx, cy - r * 0.62, r * 0.19, r * 0.22), skin, name="Head"))
    eyes = [ellipse(cx + side * r * 0.07, cy - r * 0.63, r * 0.02, r * 0.025) for side in (-1, 1)]
    return parts + [polygon(eye, (30, 30, 30)) for eye in eyes]


def art(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """A piece of art from the material, else something drawn."""
    pixels = s.material.sprite(s.rng)
    if pixels is None:
        return drawn(s, cx, cy, r)
    h, w = pixels.shape[:2]
    piece = picture(pixels, cx - w / 2, cy - h / 2, name="Art")
    return turned(piece, s.rng.uniform(-20, 20) if s.rng.random() < 0.4 else 0, 2 * r / math.hypot(w, h) * 1.2)


DRAWN: tuple[Thing, ...] = (flower, house, tree, fish, rocket, gift, balloon, figure)


def drawn(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """Any of the things that are drawn here."""
    return DRAWN[int(s.rng.integers(len(DRAWN)))](s, cx, cy, r)


def thing(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """Art or something drawn."""
    return art(s, cx, cy, r) if s.material.art and s.rng.random() < 0.65 else drawn(s, cx, cy, r)


def badge(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """A star, a disc or a ribbon seal without words."""
    colour, kind = s.accent(), int(s.rng.integers(3))
    if kind == 0:
        return polygon(star(cx, cy, r, r * s.rng.uniform(0.75, 0.9), int(s.rng.integers(10, 22))), colour, name="Badge")
    if kind == 1:
        return joined(
            [polygon(ellipse(cx, cy, r, r), colour), polygon(ellipse(cx, cy, r * 0.85, r * 0.85), shade(colour, 1.2))],
            "Badge",
            "shape",
        )
    return gradient(polygon(ellipse(cx, cy, r, r), colour, name="Badge"), shade(colour, 1.2), shade(colour, 0.8))


def frame(s: Scene, left: float, top: float, width: float, height: float) -> Piece:
    """A photograph in a frame, with or without a border."""
    w, h = max(8, round(width)), max(8, round(height))
    pixels: Floats
    if s.material.photos:
        pixels = fitted(s.material.photo(s.rng), w, h, s.rng)
    else:
        pixels = graded(s.rng, palette(s.rng), s.material, w, h)
    radius = s.rng.choice([0, 0.04, 0.5]) * min(w, h)
    mask = polygon(rounded(left, top, w, h, radius), (0, 0, 0))
    colour = np.zeros_like(mask.colour)
    y, x = round(top) - mask.top, round(left) - mask.left
    padded = np.pad(pixels, ((y, 2), (x, 2), (0, 0)), mode="edge")
    colour[:] = padded[: colour.shape[0], : colour.shape[1]]
    piece = replace(mask, colour=colour, kind="object", name="Photo")
    if s.rng.random() < 0.5:
        piece = replace(outlined(piece, s.rng.uniform(0.008, 0.02) * s.side, (250, 250, 248)), name="Photo")
    return piece


def words(s: Scene, said: str, size: float, left: float, top: float, on: Colour, plain: bool = False) -> Piece:
    """A line of text in one of many styles; its effects belong to it. `size` in px, `on`: the colour below."""
    rng, ink = s.rng, s.colours.ink(on)
    piece = text(said, s.material.font(rng, size, said), ink, left, top)
    if plain:
        return piece
    style = str(rng.choice(["flat", "flat", "flat", "gradient", "outline", "shadow", "long", "curve"]))
    if style == "gradient":
        piece = gradient(piece, shade(ink, 1.3), shade(s.accent(), 0.8))
    elif style == "outline":
        piece = outlined(piece, max(1.5, size * 0.05), on if rng.random() < 0.3 else s.colours.ink(ink))
    elif style == "shadow":
        blur = rng.uniform(0, 0.08) * size
        below = shadow_of(piece, size * 0.05, size * 0.06, blur, rng.uniform(0.3, 0.7))
        piece = replace(over(piece, below), kind="text", name=said)
    elif style == "long":
        below = shadow_of(piece, size * 0.06, size * 0.06, 0, 1.0, shade(ink, 0.55))
        piece = replace(over(piece, below), kind="text", name=said)
    elif style == "curve":
        piece = bent(piece, rng.choice([-1, 1]) * size * rng.uniform(0.2, 0.5))
    return replace(piece, kind="text", name=said)
