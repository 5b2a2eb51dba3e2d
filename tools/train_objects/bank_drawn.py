"""Sprites we draw ourselves: shapes, cards, panels of screens, diagrams, speech bubbles. All as SVG built of groups."""

import colorsys
import math
from collections.abc import Callable, Iterator
from random import Random

from . import bank_svg
from .bank_sources import Named

WORDS = [
    "SALE", "SUMMER", "PARTY", "COFFEE", "Happy", "Birthday", "New", "York", "Music", "Festival", "Hello", "World",
    "OPEN", "Fresh", "Burger", "Love", "JAZZ", "Night", "Enjoy", "Menu", "2026", "50%", "OFF", "Merry",
    "Christmas", "Travel", "Paris", "Tokyo", "Winter", "Spring", "Grand", "Opening", "Best", "Ever", "Dream",
    "Big", "YES", "Join", "us", "Welcome", "Bakery", "Yoga", "Studio", "Art", "Fair", "City", "Run", "Sound", "of",
    "Nature", "Book", "Club", "Good", "Morning", "Home", "About", "Contact",
]  # fmt: skip


def colour(random: Random) -> tuple[int, int, int]:
    """A colour that a designer could choose: greys, pastels and strong colours in equal shares."""
    saturation, value = random.choice([0, 0.25, 0.55, 0.9]), random.choice([0.12, 0.35, 0.65, 0.9, 1.0])
    red, green, blue = colorsys.hsv_to_rgb(random.random(), saturation, value)
    return int(red * 255), int(green * 255), int(blue * 255)


def _hex(random: Random) -> str:
    red, green, blue = colour(random)
    return f"#{red:02x}{green:02x}{blue:02x}"


class Pen:
    """Collects SVG elements for one drawing of `width` x `height` units."""

    def __init__(self, random: Random, width: int, height: int) -> None:
        self.random, self.width, self.height = random, width, height
        self.defs: list[str] = []
        self.groups: list[str] = []

    def group(self, *elements: str) -> None:
        self.groups.append(f"<g>{''.join(elements)}</g>")

    def fill(self) -> str:
        """A colour, or now and then a gradient."""
        if self.random.random() > 0.35:
            return _hex(self.random)
        name = f"g{len(self.defs)}"
        self.defs.append(
            f'<linearGradient id="{name}" x1="0" y1="0" x2="{self.random.random():.2f}" y2="1"><stop offset="0" '
            f'stop-color="{_hex(self.random)}"/><stop offset="1" stop-color="{_hex(self.random)}"/></linearGradient>'
        )
        return f"url(#{name})"

    def stroke(self, chance: float = 0.45) -> str:
        if self.random.random() > chance:
            return ""
        return f'stroke="{_hex(self.random)}" stroke-width="{self.random.choice([2, 4, 8, 12])}"'

    def box(self, x: float, y: float, w: float, h: float, radius: float = 0, fill: str = "", extra: str = "") -> str:
        paint = fill or _hex(self.random)
        size = f'x="{x:.1f}" y="{y:.1f}" width="{w:.1f}" height="{h:.1f}" rx="{radius}"'
        return f'<rect {size} fill="{paint}" {extra}/>'

    def lines(self, x: float, y: float, w: float, rows: int, pitch: float) -> str:
        """Text as grey bars, as in a wireframe."""
        ink = _hex(self.random)
        return "".join(
            self.box(x, y + row * pitch, w * self.random.uniform(0.45, 1), pitch * 0.4, 2, ink) for row in range(rows)
        )

    def word(self, x: float, y: float, size: float) -> str:
        face = self.random.choice(["DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono"])
        text = self.random.choice(WORDS)
        place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size:.1f}" text-anchor="middle"'
        return f'<text {place} font-family="{face}" font-weight="bold" fill="{_hex(self.random)}">{text}</text>'

    def svg(self) -> str:
        size = f'viewBox="0 0 {self.width} {self.height}" width="{self.width}" height="{self.height}"'
        head = f'<svg xmlns="http://www.w3.org/2000/svg" {size}>'
        return f"{head}<defs>{''.join(self.defs)}</defs>{''.join(self.groups)}</svg>"


def _ring(points: int, inner: float, random: Random, wobble: float = 0) -> str:
    step = math.pi / points if inner < 1 else 2 * math.pi / points
    corners = []
    for index in range(points * 2 if inner < 1 else points):
        radius = 92 * (inner if index % 2 and inner < 1 else 1) * (1 - random.random() * wobble)
        angle = index * step - math.pi / 2
        corners.append(f"{100 + radius * math.cos(angle):.1f},{100 + radius * math.sin(angle):.1f}")
    return " ".join(corners)


def plain_shape(random: Random) -> Pen:
    width, height = random.choice([(200, 200), (200, 120), (120, 200), (200, 70), (160, 200)])
    kind = random.choice(["box", "box", "round", "ellipse", "polygon", "star"])
    pen = Pen(random, width, height) if kind in ("box", "round", "ellipse") else Pen(random, 200, 200)
    if kind == "ellipse":
        middle = f'cx="{width / 2}" cy="{height / 2}" rx="{width / 2 - 8}" ry="{height / 2 - 8}"'
        pen.group(f'<ellipse {middle} fill="{pen.fill()}" {pen.stroke()}/>')
    elif kind in ("box", "round"):
        radius = 0 if kind == "box" else random.choice([6, 14, 30])
        pen.group(pen.box(8, 8, width - 16, height - 16, radius, pen.fill(), pen.stroke()))
    else:
        ring = _ring(random.choice([3, 5, 6, 8]), 1 if kind == "polygon" else random.uniform(0.4, 0.65), random)
        pen.group(f'<polygon points="{ring}" fill="{pen.fill()}" {pen.stroke()}/>')
    return pen


def blob(random: Random) -> Pen:
    pen, count = Pen(random, 200, 200), random.randint(5, 9)
    ring = []
    for index in range(count):
        radius, angle = random.uniform(45, 92), 2 * math.pi * index / count
        ring.append((100 + radius * math.cos(angle), 100 + radius * math.sin(angle)))
    start = ((ring[-1][0] + ring[0][0]) / 2, (ring[-1][1] + ring[0][1]) / 2)
    path = f"M{start[0]:.1f},{start[1]:.1f} "
    for here, after in zip(ring, ring[1:] + ring[:1], strict=True):
        path += f"Q{here[0]:.1f},{here[1]:.1f} {(here[0] + after[0]) / 2:.1f},{(here[1] + after[1]) / 2:.1f} "
    pen.group(f'<path d="{path}Z" fill="{pen.fill()}" {pen.stroke(0.3)}/>')
    return pen


def badge(random: Random) -> Pen:
    pen = Pen(random, 200, 200)
    pen.group(f'<polygon points="{_ring(random.choice([14, 18, 24]), 0.88, random)}" fill="{pen.fill()}"/>')
    pen.group(f'<circle cx="100" cy="100" r="66" fill="{pen.fill()}" {pen.stroke(0.7)}/>')
    pen.group(pen.word(100, 114, random.choice([26, 32, 40])))
    return pen


def ribbon(random: Random) -> Pen:
    pen = Pen(random, 200, 70)
    tails = "M4,16 L40,16 L40,60 L4,60 L18,38 Z M196,16 L160,16 L160,60 L196,60 L182,38 Z"
    pen.group(f'<path d="{tails}" fill="{_hex(random)}"/>')
    pen.group(pen.box(26, 6, 148, 46, 0, pen.fill()))
    pen.group(pen.word(100, 38, 22))
    return pen


def bubble(random: Random) -> Pen:
    pen, paper = Pen(random, 200, 150), random.choice(["#fff", "#fff", _hex(random)])
    outline = "M20,10 H180 Q192,10 192,24 V96 Q192,110 180,110 H90 L60,142 L62,110 H20 Q8,110 8,96 V24 Q8,10 20,10 Z"
    if random.random() < 0.4:
        outline = (
            "M100,8 C160,8 194,32 194,62 C194,94 160,114 110,114 L76,144 L80,112 C30,108 6,88 6,60 C6,30 40,8 100,8 Z"
        )
    pen.group(f'<path d="{outline}" fill="{paper}" {pen.stroke(0.8)}/>')
    pen.group(pen.lines(40, 34, 120, 3, 22) if random.random() < 0.5 else pen.word(100, 72, 26))
    return pen


def photo_card(random: Random) -> Pen:
    """A framed picture: sky, sun and hills in a white border."""
    width, height = random.choice([(200, 160), (160, 200), (200, 200)])
    pen, edge = Pen(random, width, height), random.choice([8, 14, 22])
    pen.group(pen.box(4, 4, width - 8, height - 8, 2, random.choice(["#fff", "#fff", _hex(random)])))
    hills = f"M{edge},{height - edge} L{width * 0.4},{height * 0.5} L{width * 0.6},{height * 0.75} "
    hills += f"L{width * 0.75},{height * 0.6} L{width - edge},{height - edge} Z"
    pen.group(
        pen.box(edge, edge, width - 2 * edge, height - 2 * edge, 0, pen.fill()),
        f'<circle cx="{width * 0.62}" cy="{height * 0.35}" r="{width * 0.1}" fill="{_hex(random)}"/>',
        f'<path d="{hills}" fill="{pen.fill()}"/>',
    )
    return pen


def card(random: Random) -> Pen:
    """A panel of a screen: head, picture, lines, button."""
    width, height = random.choice([(200, 240), (240, 150), (200, 200), (140, 240)])
    pen = Pen(random, width, height)
    panel = random.choice(["#fff", "#fff", "#f4f4f7", "#22252c", pen.fill()])
    pen.group(pen.box(4, 4, width - 8, height - 8, random.choice([0, 6, 14, 22]), panel, pen.stroke(0.4)))
    y = 20.0
    if random.random() < 0.6:
        pen.group(pen.box(20, y, width - 40, height * 0.3, random.choice([0, 6]), pen.fill()))
        y += height * 0.3 + 14
    if random.random() < 0.5:
        pen.group(f'<circle cx="34" cy="{y + 12:.0f}" r="12" fill="{_hex(random)}"/>')
        pen.group(pen.lines(56, y + 2, width - 84, 2, 13))
        y += 38
    rows = int(max(0, (height - 56 - y) // 16))
    if rows:
        pen.group(pen.lines(20, y, width - 40, rows, 16))
    if random.random() < 0.6:
        pen.group(pen.box(20, height - 44, width * random.uniform(0.3, 0.7), 24, random.choice([3, 12]), pen.fill()))
    return pen


def control(random: Random) -> Pen:
    """A button, field, switch, slider or row of tabs."""
    kind = random.choice(["button", "field", "switch", "slider", "tabs"])
    pen = Pen(random, 220, 60)
    if kind in ("button", "field"):
        pen.group(pen.box(4, 6, 212, 48, random.choice([2, 8, 24]), pen.fill(), pen.stroke(0.5)))
        pen.group(pen.word(110, 38, 20) if kind == "button" else pen.lines(24, 24, 120, 1, 24))
    elif kind == "switch":
        pen = Pen(random, 110, 60)
        pen.group(pen.box(4, 6, 102, 48, 24, pen.fill()))
        pen.group(f'<circle cx="{random.choice([30, 80])}" cy="30" r="20" fill="#fff"/>')
    elif kind == "slider":
        pen.group(pen.box(4, 24, 212, 10, 5), pen.box(4, 24, random.uniform(40, 180), 10, 5))
        pen.group(f'<circle cx="{random.uniform(40, 180):.0f}" cy="29" r="18" fill="{_hex(random)}"/>')
    else:
        for index in range(4):
            pen.group(pen.box(4 + index * 54, 8, 48, 44, 6), pen.lines(12 + index * 54, 26, 30, 1, 20))
    return pen


def phone(random: Random) -> Pen:
    """A telephone or a window with a screen in it."""
    tall = random.random() < 0.6
    width, height = (130, 250) if tall else (260, 180)
    pen = Pen(random, width, height)
    pen.group(pen.box(4, 4, width - 8, height - 8, 20 if tall else 6, random.choice(["#111", "#e8e8ee", _hex(random)])))
    top = 20 if tall else 26
    pen.group(pen.box(12, top, width - 24, height - top - 14, 4, random.choice(["#fff", pen.fill()])))
    pen.group(pen.box(22, top + 10, width - 44, height * 0.25, 4, pen.fill()))
    pen.group(pen.lines(22, top + 22 + height * 0.25, width - 44, 4, 14))
    return pen


def diagram(random: Random) -> Pen:
    """Boxes joined by arrows, or a chart."""
    pen = Pen(random, 260, 180)
    ink = random.choice(["#222", "#222", _hex(random)])
    if random.random() < 0.5:
        bars = random.randint(3, 7)
        for index in range(bars):
            high = random.uniform(30, 150)
            pen.group(pen.box(20 + index * 220 / bars, 166 - high, 160 / bars, high, 0, pen.fill()))
        pen.group(f'<path d="M12,8 V168 H250" fill="none" stroke="{ink}" stroke-width="4"/>')
        return pen
    pen.group(f'<path d="M60,50 H190 M60,50 V140 H190" fill="none" stroke="{ink}" stroke-width="5"/>')
    for x, y in ((10, 20), (160, 20), (160, 110)):
        pen.group(
            pen.box(x, y, 90, 54, random.choice([0, 8, 26]), pen.fill(), pen.stroke(0.7)),
            pen.lines(x + 18, y + 20, 54, 1, 30),
        )
    return pen


def arrow(random: Random) -> Pen:
    pen, thick = Pen(random, 220, 110), random.choice([8, 16, 30])
    if random.random() < 0.5:
        shaft = f'<path d="M14,90 Q90,-10 180,60" fill="none" stroke="{(ink := _hex(random))}" stroke-width="{thick}"/>'
        pen.group(shaft, f'<path d="M200,84 L150,74 L192,30 Z" fill="{ink}"/>')
    else:
        low, high = 55 - thick / 2, 55 + thick / 2
        pen.group(f'<path d="M8,{low} H150 V12 L212,55 L150,98 V{high} H8 Z" fill="{pen.fill()}" {pen.stroke(0.3)}/>')
    return pen


SHAPES: tuple[Callable[[Random], Pen], ...] = (plain_shape, plain_shape, blob, badge, ribbon, bubble, arrow)
PANELS: tuple[Callable[[Random], Pen], ...] = (photo_card, card, card, control, phone, diagram)


def drawn(kinds: tuple[Callable[[Random], Pen], ...], count: int, random: Random) -> Iterator[Named]:
    """`count` of our own drawings, each of a kind chosen at random."""
    for number in range(count):
        draw = random.choice(kinds)
        found = bank_svg.sprite(draw(random).svg())
        if found:
            yield f"{draw.__name__}-{number}", found
