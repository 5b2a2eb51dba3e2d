"""The kinds of picture that designers bring, each as a function from a scene to its layers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import numpy as np

from tests.bench.layers.palette import Palette, hsl
from tests.bench.layers.raster import (
    Colour,
    Piece,
    blob,
    ellipse,
    glass,
    gradient,
    noise,
    outlined,
    over,
    polygon,
    rounded,
    shadow_of,
    star,
    stroke,
)
from tests.bench.layers.things import SMALL, Scene, badge, drawn, figure, frame, shade, thing, words

Family = Callable[[Scene], list[Piece]]
"""Layers above the ground, bottom first."""


def fits(s: Scene, said: str, share: float) -> float:
    """The size in px at which a line takes about that share of the width."""
    return share * s.width / max(2.0, 0.56 * len(said))


def headline(s: Scene, top: float, share: float, on: Colour, plain: bool = False) -> Piece:
    """A line across the canvas, left or centred."""
    said = s.words()
    size = min(fits(s, said, share), 0.16 * s.height)
    piece = words(s, said, size, 0, top, on, plain)
    wide = piece.box[2] - piece.box[0]
    left = (s.width - wide) / 2 if s.rng.random() < 0.6 else 0.06 * s.width
    return replace(piece, left=round(left))


def small_line(s: Scene, top: float, on: Colour) -> Piece:
    """A line of small print."""
    said = s.pick(SMALL.split("|"))
    piece = words(s, said, min(fits(s, said, 0.5), 0.04 * s.height), 0, top, on, plain=True)
    wide = piece.box[2] - piece.box[0]
    return replace(piece, left=round((s.width - wide) / 2))


def with_shadow(s: Scene, piece: Piece) -> Piece:
    """The piece over a drop shadow that belongs to it."""
    by = 0.012 * s.side
    below = shadow_of(piece, by * s.rng.uniform(-0.5, 1), by, by * s.rng.uniform(0.4, 2), s.rng.uniform(0.2, 0.5))
    return replace(over(piece, below), kind=piece.kind, name=piece.name)


def scattered(s: Scene, count: int, low: float, high: float, top: float = 0.1, bottom: float = 0.9) -> list[Piece]:
    """Things at random places that overlap little; `low`, `high` radii as shares of the shorter side."""
    found: list[Piece] = []
    taken: list[tuple[float, float, float]] = []
    for _ in range(count * 12):
        if len(found) == count:
            break
        r = s.rng.uniform(low, high) * s.side
        cx, cy = s.rng.uniform(0.08, 0.92) * s.width, s.rng.uniform(top, bottom) * s.height
        if all(math.hypot(cx - x, cy - y) > 0.8 * (r + o) for x, y, o in taken):
            taken.append((cx, cy, r))
            found.append(thing(s, cx, cy, r))
    return found


def poster(s: Scene) -> list[Piece]:
    """A headline, shapes behind, a few things in front, small print."""
    parts: list[Piece] = []
    for _ in range(int(s.rng.integers(0, 3))):
        cx, cy, r = s.rng.uniform(0, 1) * s.width, s.rng.uniform(0.3, 0.9) * s.height, s.rng.uniform(0.15, 0.4) * s.side
        outline = blob(s.rng, cx, cy, r) if s.rng.random() < 0.5 else ellipse(cx, cy, r, r)
        shape = polygon(outline, s.accent(), name="Shape")
        parts.append(glass(shape, s.rng.uniform(0.4, 0.9)) if s.rng.random() < 0.3 else shape)
    things = scattered(s, int(s.rng.integers(2, 6)), 0.1, 0.24, 0.35, 0.85)
    parts += [with_shadow(s, t) if s.rng.random() < 0.3 else t for t in things]
    parts.append(headline(s, 0.06 * s.height, s.rng.uniform(0.5, 0.88), s.colours.ground))
    if s.rng.random() < 0.7:
        parts.append(headline(s, 0.22 * s.height, 0.45, s.colours.ground, plain=True))
    parts.append(small_line(s, 0.94 * s.height, s.colours.ground))
    return parts


def card(s: Scene) -> list[Piece]:
    """Panels that touch or overlap, each with words or a picture."""
    left, top = 0.09 * s.width, 0.1 * s.height
    w, h = 0.82 * s.width, 0.8 * s.height
    face = shade(s.colours.second, 1.6)
    parts = [with_shadow(s, polygon(rounded(left, top, w, h, s.rng.choice([0, 0.03]) * s.side), face, name="Card"))]
    split = s.rng.uniform(0.35, 0.6)
    band = s.accent()
    if s.rng.random() < 0.5:
        parts.append(frame(s, left, top, w, h * split))
    else:
        parts.append(polygon(rounded(left, top, w, h * split, 0), band, name="Panel"))
        parts.append(thing(s, s.width / 2, top + h * split / 2, 0.38 * min(w, h * split)))
    below = top + h * split
    said = s.words()
    at = left + 0.07 * w
    parts.append(
        words(s, said, min(fits(s, said, 0.6), 0.09 * h), at, below + 0.08 * h, face, plain=s.rng.random() < 0.6)
    )
    line = s.pick(SMALL.split("|"))
    parts.append(words(s, line, min(fits(s, line, 0.55), 0.045 * h), at, below + 0.24 * h, face, plain=True))
    button = polygon(rounded(at, top + h * 0.85, w * 0.32, h * 0.09, h * 0.045), s.accent(), name="Button")
    parts.append(button)
    label = words(s, s.pick(["Book now", "Read more", "Order", "Join us"]), h * 0.04, 0, 0, button_colour(button), True)
    x0, y0, x1, y1 = button.box
    lw, lh = label.box[2] - label.box[0], label.box[3] - label.box[1]
    parts.append(replace(label, left=round((x0 + x1 - lw) / 2), top=round((y0 + y1 - lh) / 2)))
    return parts


def button_colour(piece: Piece) -> Colour:
    """The colour in a piece's middle."""
    h, w = piece.alpha.shape
    r, g, b = (int(v) for v in piece.colour[h // 2, w // 2])
    return r, g, b


def stickers(s: Scene) -> list[Piece]:
    """A sheet of die-cut stickers: things with a white rim and a shadow."""
    found = scattered(s, int(s.rng.integers(5, 12)), 0.09, 0.16)
    width = s.rng.uniform(0.008, 0.016) * s.side
    return [with_shadow(s, replace(outlined(p, width, (252, 252, 252)), name=p.name, kind="object")) for p in found]


def product(s: Scene) -> list[Piece]:
    """One thing on a table with a cast shadow, a badge and a claim."""
    parts: list[Piece] = []
    if s.rng.random() < 0.6:
        level = s.rng.uniform(0.62, 0.75) * s.height
        table = polygon(rounded(-4, level, s.width + 8, s.height, 0), shade(s.colours.second, 0.85), name="Table")
        parts.append(gradient(table, shade(s.colours.second, 1.05), shade(s.colours.second, 0.7)))
    cx, cy, r = s.rng.uniform(0.4, 0.62) * s.width, 0.52 * s.height, s.rng.uniform(0.24, 0.34) * s.side
    main = thing(s, cx, cy, r)
    x0, _y0, x1, y1 = main.box
    floor = polygon(ellipse((x0 + x1) / 2, y1 - 0.04 * r, (x1 - x0) * 0.45, 0.12 * r), (0, 0, 0))
    parts.append(shadow_of(floor, 0, 0, 0.05 * r, s.rng.uniform(0.35, 0.6)))
    parts.append(main)
    if s.rng.random() < 0.6:
        parts.append(badge(s, 0.84 * s.width, 0.2 * s.height, 0.11 * s.side))
    parts.append(headline(s, 0.06 * s.height, 0.6, s.colours.ground))
    return parts


def flat_scene(s: Scene) -> list[Piece]:
    """Hills, a sun, trees, houses and people, one in front of another."""
    parts = [
        polygon(ellipse(s.rng.uniform(0.2, 0.8) * s.width, 0.25 * s.height, *(0.1 * s.side,) * 2), (255, 210, 110))
    ]
    parts[0] = replace(parts[0], name="Sun")
    for layer in range(int(s.rng.integers(2, 4))):
        level = 0.55 + 0.14 * layer
        line = noise(s.rng, s.width + 2, 1, s.width / s.rng.uniform(1.5, 4))[0] * 0.2 + level - 0.1
        xs = range(-1, s.width + 1, 4)
        outline = [(float(x), float(line[min(x + 1, s.width)]) * s.height) for x in xs]
        hill = [(-2.0, s.height + 2.0), *outline, (s.width + 2.0, s.height + 2.0)]
        parts.append(polygon(hill, shade(s.colours.accents[layer % 3], 1 - 0.12 * layer), name="Hill"))
        for _ in range(int(s.rng.integers(1, 3))):
            r = (0.08 + 0.05 * layer) * s.side
            x = s.rng.uniform(0.1, 0.9)
            y = float(line[int(x * s.width)]) * s.height - 0.5 * r
            parts.append(drawn(s, x * s.width, y, r))
    return parts


def cloud(s: Scene, cx: float, cy: float, r: float) -> Piece:
    """A soft-edged cloud or puff of smoke."""
    body = polygon(blob(s.rng, cx, cy, r, 0.5), (255, 255, 255))
    soft = shadow_of(body, 0, 0, r * 0.12, s.rng.uniform(0.5, 0.9), (255, 255, 255))
    return replace(soft, name="Cloud", kind="effect")


def people(s: Scene) -> list[Piece]:
    """A group of people made of parts, with things about them."""
    count = int(s.rng.integers(2, 6))
    parts = [
        figure(s, (i + 0.5) / count * s.width + s.rng.normal(0, 0.02) * s.width, s.rng.uniform(0.5, 0.62) * s.height, r)
        for i, r in enumerate(s.rng.uniform(0.26, 0.36, count) * s.side)
    ]
    parts += scattered(s, int(s.rng.integers(1, 3)), 0.06, 0.1, 0.08, 0.25)
    if s.rng.random() < 0.5:
        parts.append(headline(s, 0.04 * s.height, 0.6, s.colours.ground))
    return parts


def storybook(s: Scene) -> list[Piece]:
    """Things and soft clouds; meant for painted grounds."""
    parts = [
        cloud(s, x * s.width, 0.15 * s.height, 0.1 * s.side) for x in s.rng.uniform(0.1, 0.9, int(s.rng.integers(1, 3)))
    ]
    return parts + scattered(s, int(s.rng.integers(3, 6)), 0.12, 0.22, 0.4, 0.85)


def graphics(s: Scene) -> list[Piece]:
    """Graphics on a photograph: a glass panel with words, a frame, a badge, things."""
    parts: list[Piece] = []
    if s.rng.random() < 0.7:
        top = s.rng.uniform(0.08, 0.6) * s.height
        tint: Colour = (12, 14, 20) if s.rng.random() < 0.5 else (250, 250, 250)
        panel = polygon(
            rounded(0.08 * s.width, top, 0.84 * s.width, 0.24 * s.height, 0.02 * s.side), tint, name="Panel"
        )
        parts.append(glass(panel, s.rng.uniform(0.45, 1.0)))
        parts.append(headline(s, top + 0.06 * s.height, 0.6, tint, plain=s.rng.random() < 0.5))
        parts.append(replace(small_line(s, top + 0.18 * s.height, tint)))
    else:
        parts.append(headline(s, 0.1 * s.height, 0.7, (60, 60, 60)))
    parts += scattered(s, int(s.rng.integers(1, 5)), 0.1, 0.2, 0.3, 0.9)
    if s.rng.random() < 0.4:
        w = s.rng.uniform(0.25, 0.4) * s.width
        parts.append(with_shadow(s, frame(s, s.rng.uniform(0.05, 0.5) * s.width, 0.55 * s.height, w, w * 0.75)))
    if s.rng.random() < 0.5:
        parts.append(badge(s, 0.85 * s.width, 0.85 * s.height, 0.1 * s.side))
    return parts


def interface(s: Scene) -> list[Piece]:
    """An app's screen: a bar, cards in a grid, icons, labels, a chart."""
    face = shade(s.colours.ground, 1.5)
    bar = polygon(rounded(0, 0, s.width, 0.09 * s.height, 0), s.accent(), name="Bar")
    parts = [bar, words(s, s.pick(["Overview", "Messages", "My music", "Library"]), 0.035 * s.height, 0.05 * s.width,
                        0.03 * s.height, button_colour(bar), True)]  # fmt: skip
    columns, rows = int(s.rng.integers(2, 4)), int(s.rng.integers(2, 4))
    gap = 0.03 * s.width
    w = (s.width - gap * (columns + 1)) / columns
    h = (s.height * 0.87 - gap * (rows + 1)) / rows
    for n in range(columns * rows):
        x, y = gap + (n % columns) * (w + gap), 0.09 * s.height + gap + (n // columns) * (h + gap)
        parts.append(polygon(rounded(x, y, w, h, 0.02 * s.side), face, name="Tile"))
        if s.rng.random() < 0.5:
            parts.append(thing(s, x + w / 2, y + h * 0.42, 0.26 * min(w, h)))
        else:
            bars = [
                polygon(rounded(x + w * (0.15 + 0.18 * k), y + h * (0.65 - v), w * 0.12, h * v, 0), s.accent())
                for k, v in enumerate(s.rng.uniform(0.15, 0.5, 4))
            ]
            from tests.bench.layers.things import joined

            parts.append(joined(bars, "Chart", "shape"))
        parts.append(
            words(s, s.pick(["Weekly", "Sales", "Friends", "Saved"]), h * 0.09, x + w * 0.1, y + h * 0.8, face, True)
        )
    return parts


def comic(s: Scene) -> list[Piece]:
    """A panel with ink outlines: figures, a speech bubble, a burst."""
    ink, width = (15, 15, 18), max(2.0, 0.006 * s.side)
    parts: list[Piece] = []
    if s.rng.random() < 0.6:
        burst = star(0.5 * s.width, 0.55 * s.height, 0.42 * s.side, 0.3 * s.side, 14)
        parts.append(outlined(polygon(burst, s.accent(), name="Burst"), width, ink))
    for x in s.rng.uniform(0.2, 0.8, int(s.rng.integers(1, 3))):
        person = figure(s, x * s.width, 0.62 * s.height, 0.36 * s.side)
        parts.append(replace(outlined(person, width, ink), kind="object", name="Person"))
    cx, cy = s.rng.uniform(0.3, 0.7) * s.width, 0.17 * s.height
    body = polygon(ellipse(cx, cy, 0.27 * s.width, 0.11 * s.height), (254, 254, 252))
    tail = polygon([(cx - 0.04 * s.width, cy + 0.07 * s.height), (cx + 0.02 * s.width, cy + 0.08 * s.height),
                    (cx - 0.05 * s.width, cy + 0.2 * s.height)], (254, 254, 252))  # fmt: skip
    parts.append(replace(outlined(over(body, tail), width, ink), kind="shape", name="Bubble"))
    said = s.pick(["WHAT WAS THAT?", "WAIT FOR ME!", "OH NO...", "IT WORKS!"])
    line = words(s, said, fits(s, said, 0.36), 0, 0, (254, 254, 252), True)
    lw, lh = line.box[2] - line.box[0], line.box[3] - line.box[1]
    parts.append(replace(line, left=round(cx - lw / 2), top=round(cy - lh / 2)))
    return parts


def diagram(s: Scene) -> list[Piece]:
    """Boxes with labels and arrows between them."""
    columns, rows = int(s.rng.integers(2, 4)), int(s.rng.integers(2, 3))
    w, h = 0.62 * s.width / columns, 0.4 * s.height / rows
    centres = [
        ((n % columns + 0.5) / columns * s.width, (n // columns + 0.5) / rows * s.height) for n in range(columns * rows)
    ]
    ink: Colour = (40, 44, 52)
    parts: list[Piece] = []
    for (ax, ay), (bx, by) in pairwise(centres):
        if ay != by:
            continue
        start, end = ax + w / 2 + 4, bx - w / 2 - 4
        tip = polygon(
            [(end, ay), (end - 0.02 * s.side, ay - 0.012 * s.side), (end - 0.02 * s.side, ay + 0.012 * s.side)], ink
        )
        line = stroke([(start, ay), (end - 0.015 * s.side, ay)], max(2.0, 0.004 * s.side), ink)
        parts.append(replace(over(tip, line), kind="shape", name="Arrow"))
    for cx, cy in centres:
        fill = shade(s.accent(), 1.4)
        outline = rounded(cx - w / 2, cy - h / 2, w, h, s.rng.choice([0, 0.1]) * h)
        box = outlined(polygon(outline, fill), max(1.5, 0.003 * s.side), ink)
        parts.append(replace(box, kind="shape", name="Box"))
        label = words(
            s, s.pick(["Client", "Server", "Cache", "Queue", "Start", "Check", "Done"]), h * 0.22, 0, 0, fill, True
        )
        lw, lh = label.box[2] - label.box[0], label.box[3] - label.box[1]
        parts.append(replace(label, left=round(cx - lw / 2), top=round(cy - lh / 2)))
    return parts


def unified(rng: np.random.Generator) -> Palette:
    """Ground and things in shades of one hue."""
    hue = rng.random()
    accents = tuple(hsl(hue + rng.normal(0, 0.02), 0.7, v) for v in (0.25, 0.38, 0.5, 0.62, 0.75))
    return Palette(hsl(hue, 0.6, 0.88), hsl(hue, 0.65, 0.75), accents)


FAMILIES: dict[str, tuple[Family, tuple[str, ...]]] = {
    "poster": (poster, ("plain", "graded", "graded", "photo", "pattern", "marbled", "painterly")),
    "card": (card, ("plain", "graded", "pattern", "photo")),
    "stickers": (stickers, ("plain", "graded", "pattern", "marbled")),
    "product": (product, ("plain", "graded", "photo", "marbled")),
    "flat scene": (flat_scene, ("graded", "plain")),
    "storybook": (storybook, ("painterly", "scenery", "scenery")),
    "people": (people, ("plain", "graded", "painterly", "scenery", "pattern")),
    "graphics": (graphics, ("photo", "photo", "marbled", "painterly")),
    "interface": (interface, ("plain", "graded")),
    "comic": (comic, ("plain", "pattern", "graded")),
    "diagram": (diagram, ("plain",)),
}
"""Name -> how it is made, and the grounds that it stands on (`grounds.KINDS`)."""
