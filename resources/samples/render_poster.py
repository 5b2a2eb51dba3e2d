"""Renders `poster.png`, the sample picture, and on request the true layers it is made of.

Run `python resources/samples/render_poster.py` to write the poster beside this file, with `--layers DIR` to write every
true layer as a full-size RGBA PNG too. Everything is drawn at three times the size and averaged down, so every edge is
antialiased exactly. The fonts are found on the system; the first family that is there is used.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

WIDTH, HEIGHT = 1240, 1754
SCALE = 3
BOLD = ("URWGothic-Demi.otf", "Montserrat-Bold.ttf", "NotoSans-Bold.ttf", "DejaVuSans-Bold.ttf")
PLAIN = ("URWGothic-Book.otf", "Montserrat-Medium.ttf", "NotoSans-Regular.ttf", "DejaVuSans.ttf")
FOLDERS = (Path("/usr/share/fonts"), Path("/usr/local/share/fonts"), Path.home() / ".fonts", Path("/Library/Fonts"))

INK = (38, 32, 74)
CREAM = (255, 247, 232)


@dataclass(frozen=True)
class TrueLayer:
    """One layer of the poster at its final size: uint8 RGBA, straight alpha."""

    name: str
    kind: str
    pixels: Image.Image


def find_font(names: tuple[str, ...], size: float) -> ImageFont.FreeTypeFont:
    """The first of those font files that the system has, `size` px high at the poster's own scale."""
    for name in names:
        for folder in FOLDERS:
            for path in sorted(folder.rglob(name)):
                return ImageFont.truetype(str(path), round(size * SCALE))
    raise SystemExit(f"None of these fonts is installed: {', '.join(names)}")


def blank() -> Image.Image:
    return Image.new("RGBA", (WIDTH * SCALE, HEIGHT * SCALE), (0, 0, 0, 0))


def scaled(*values: float) -> list[float]:
    return [value * SCALE for value in values]


def shrink(image: Image.Image) -> Image.Image:
    """To the final size, averaging colours weighted by alpha."""
    data = np.asarray(image, np.float32).reshape(HEIGHT, SCALE, WIDTH, SCALE, 4)
    alpha = data[..., 3:].mean((1, 3))
    colour = (data[..., :3] * data[..., 3:]).mean((1, 3)) / np.maximum(alpha, 1e-6)
    return Image.fromarray(np.concatenate([colour, alpha], 2).round().astype(np.uint8), "RGBA")


def background() -> Image.Image:
    """A dusk sky: violet above, rose and apricot towards the horizon."""
    stops = [(0.0, (64, 46, 122)), (0.45, (196, 92, 142)), (0.8, (252, 166, 128)), (1.0, (255, 206, 150))]
    at = np.linspace(0, 1, HEIGHT)
    slant = at[:, None] * 0.92 + np.linspace(0, 0.08, WIDTH)[None, :]
    smooth = np.stack([np.interp(at, [s[0] for s in stops], [s[1][c] for s in stops]) for c in range(3)], 1)
    kernel = np.hanning(401)
    padded = np.pad(smooth, ((200, 200), (0, 0)), mode="edge")
    smooth = np.stack([np.convolve(padded[:, c], kernel / kernel.sum(), "valid") for c in range(3)], 1)
    rgb = np.stack([np.interp(slant, at, smooth[:, c]) for c in range(3)], 2)
    alpha = np.full((HEIGHT, WIDTH, 1), 255)
    return Image.fromarray(np.concatenate([rgb, alpha], 2).round().astype(np.uint8), "RGBA")


def disc(x: float, y: float, radius: float, colour: tuple[int, int, int]) -> Image.Image:
    image = blank()
    ImageDraw.Draw(image).ellipse(scaled(x - radius, y - radius, x + radius, y + radius), fill=colour)
    return image


def hill(points: list[tuple[float, float]], colour: tuple[int, int, int]) -> Image.Image:
    """A hill: the curve through `points`, filled down to the lower edge."""
    xs = np.arange(0, WIDTH * SCALE)
    known_x = np.array([p[0] for p in points]) * SCALE
    known_y = np.array([p[1] for p in points]) * SCALE
    fit = np.polynomial.Polynomial.fit(known_x, known_y, len(points) - 1)
    outline = [(float(x), float(fit(x))) for x in xs]
    image = blank()
    ImageDraw.Draw(image).polygon([*outline, (WIDTH * SCALE, HEIGHT * SCALE), (0, HEIGHT * SCALE)], fill=colour)
    return image


def gore(x: float, y: float, radius: float, bulge: float) -> list[tuple[float, float]]:
    """One seam of the balloon's envelope: from its crown to its mouth, `bulge` -1..1 across the envelope."""
    down = np.linspace(0, 1, 160)
    half = np.where(down < 0.5, np.sqrt(np.maximum(0, 1 - (1 - down / 0.5) ** 2)), 0.0)
    lower = np.cos((down - 0.5) / 0.5 * np.pi / 2) * 0.86 + 0.14
    half = np.where(down < 0.5, half, lower)
    top = y - radius
    return [
        ((x + bulge * radius * h) * SCALE, (top + d * radius * 2.35) * SCALE) for d, h in zip(down, half, strict=True)
    ]


def balloon(x: float, y: float, radius: float) -> Image.Image:
    """A striped hot-air balloon with its basket."""
    image = blank()
    draw = ImageDraw.Draw(image)
    colours = [(226, 72, 72), CREAM, (240, 148, 60), CREAM, (226, 72, 72), CREAM, (240, 148, 60)]
    edges = np.sin(np.linspace(-np.pi / 2, np.pi / 2, len(colours) + 1))
    for colour, left, right in zip(colours, edges[:-1], edges[1:], strict=True):
        draw.polygon([*gore(x, y, radius, float(left)), *reversed(gore(x, y, radius, float(right)))], fill=colour)
    mouth = y + radius * 1.35
    half = radius * 0.14
    basket = mouth + radius * 0.34
    for side in (-1.0, -0.35, 0.35, 1.0):
        line = scaled(x + side * half, mouth, x + side * half * 0.8, basket)
        draw.line(line, fill=(92, 58, 46), width=round(3 * SCALE))
    draw.rectangle(scaled(x - half, mouth - 4, x + half, mouth + 7), fill=(150, 44, 58))
    box = scaled(x - half * 0.95, basket, x + half * 0.95, basket + radius * 0.24)
    draw.rounded_rectangle(box, radius=8 * SCALE, fill=(146, 92, 60))
    draw.rectangle([box[0], box[1], box[2], box[1] + 9 * SCALE], fill=(98, 60, 44))
    return image


def card(box: tuple[float, float, float, float], radius: float, colour: tuple[int, int, int]) -> Image.Image:
    """A rounded card with a soft drop shadow below it."""
    left, top, right, bottom = box
    shade = Image.new("L", (WIDTH, HEIGHT), 0)
    ImageDraw.Draw(shade).rounded_rectangle((left, top + 14, right, bottom + 14), radius=radius, fill=105)
    shade = shade.filter(ImageFilter.GaussianBlur(18)).resize((WIDTH * SCALE, HEIGHT * SCALE), Image.Resampling.BICUBIC)
    shadow = Image.merge("RGBA", [Image.new("L", shade.size, value) for value in (30, 16, 50)] + [shade])
    face = blank()
    ImageDraw.Draw(face).rounded_rectangle(scaled(*box), radius=radius * SCALE, fill=colour)
    return Image.alpha_composite(shadow, face)


def words(
    text: str, x: float, y: float, size: float, fonts: tuple[str, ...], colour: tuple[int, int, int], anchor: str = "mm"
) -> Image.Image:
    image = blank()
    font = find_font(fonts, size)
    ImageDraw.Draw(image).text(tuple(scaled(x, y)), text, font=font, fill=colour, anchor=anchor)
    return image


def bar(box: tuple[float, float, float, float], colour: tuple[int, int, int]) -> Image.Image:
    image = blank()
    ImageDraw.Draw(image).rounded_rectangle(scaled(*box), radius=(box[3] - box[1]) / 2 * SCALE, fill=colour)
    return image


PARTS: list[tuple[str, str, Callable[[], Image.Image]]] = [
    ("Pink circle", "shape", lambda: disc(1022, 540, 136, (244, 122, 148))),
    ("Sun", "shape", lambda: disc(770, 760, 300, (255, 214, 112))),
    ("Far hill", "shape", lambda: hill([(0, 1290), (300, 1180), (700, 1300), (1240, 1270)], (122, 70, 128))),
    ("Near hill", "shape", lambda: hill([(0, 1400), (450, 1385), (900, 1270), (1240, 1180)], (64, 50, 104))),
    ("Balloon", "object", lambda: balloon(600, 720, 225)),
    ("Card", "shape", lambda: card((110, 1432, 1130, 1650), 36, CREAM)),
    ("Badge", "shape", lambda: disc(1034, 1416, 104, (33, 150, 143))),
    ("SKYWARD", "text", lambda: words("SKYWARD", 620, 206, 208, BOLD, CREAM)),
    (
        "Hot Air Balloon Festival",
        "text",
        lambda: words("Hot Air Balloon Festival", 620, 346, 66, PLAIN, (255, 222, 190)),
    ),
    ("12–14 September", "text", lambda: words("12–14 September", 170, 1506, 74, BOLD, INK, "lm")),
    (
        "Lakeside Meadows",
        "text",
        lambda: words("Lakeside Meadows, from sunrise to dusk", 172, 1590, 37, PLAIN, (96, 84, 128), "lm"),
    ),
    ("FREE ENTRY", "text", lambda: two_lines("FREE", "ENTRY", 1034, 1416, 46, (255, 255, 255))),
    ("www", "text", lambda: words("www.skyward-festival.example", 620, 1702, 32, PLAIN, CREAM)),
]


def two_lines(first: str, second: str, x: float, y: float, size: float, colour: tuple[int, int, int]) -> Image.Image:
    upper = words(first, x, y - size * 0.55, size, BOLD, colour)
    return Image.alpha_composite(upper, words(second, x, y + size * 0.55, size, BOLD, colour))


def true_layers() -> list[TrueLayer]:
    """The poster's layers, bottom to top."""
    layers = [TrueLayer("Background", "background", background())]
    return layers + [TrueLayer(name, kind, shrink(draw())) for name, kind, draw in PARTS]


def flatten(layers: list[TrueLayer]) -> Image.Image:
    """The layers over each other, as RGB."""
    out = layers[0].pixels
    for layer in layers[1:]:
        out = Image.alpha_composite(out, layer.pixels)
    return out.convert("RGB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).with_name("poster.png"))
    parser.add_argument("--layers", type=Path, help="write every true layer into this folder too")
    options = parser.parse_args()
    layers = true_layers()
    flatten(layers).save(options.output, optimize=True)
    if options.layers:
        options.layers.mkdir(parents=True, exist_ok=True)
        for index, layer in enumerate(layers):
            layer.pixels.save(options.layers / f"{index:02d}-{layer.name}.png")


if __name__ == "__main__":
    main()
