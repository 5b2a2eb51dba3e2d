"""Grounds that we make: painterly, hazy, photograph-like, rooms, streets, patterns.

Each maker takes a numpy generator and returns float RGB 0..1. They imitate what the first study was weak on: grounds
whose edges are as sharp as an object's, mist, brush strokes, repeated things, curtains and houses.
"""

import colorsys
from collections.abc import Callable, Iterator

import cv2
import numpy as np

GROUND_PX = 384  # grounds are enlarged up to 1.7 times in a composite; more pixels would not be seen


def rgb(
    rng: np.random.Generator, saturation: tuple[float, float] = (0, 0.9), value: tuple[float, float] = (0.1, 1)
) -> np.ndarray:
    return np.array(colorsys.hsv_to_rgb(rng.random(), rng.uniform(*saturation), rng.uniform(*value)), np.float32)


def near(rng: np.random.Generator, base: np.ndarray, spread: float) -> np.ndarray:
    return np.clip(base * rng.uniform(1 - spread, 1 + spread) + rng.normal(0, spread * 0.25, 3), 0, 1).astype(
        np.float32
    )


def grid() -> tuple[np.ndarray, np.ndarray]:
    """x and y from 0 to 1, each (GROUND_PX, GROUND_PX)."""
    y, x = np.mgrid[0:GROUND_PX, 0:GROUND_PX].astype(np.float32) / GROUND_PX
    return x, y


def fractal(rng: np.random.Generator, first: int = 2, octaves: int = 6, fall: float = 0.55) -> np.ndarray:
    """Noise with a spectrum like a photograph's, 0..1."""
    total, weight = np.zeros((GROUND_PX, GROUND_PX), np.float32), 1.0
    for octave in range(octaves):
        cells = min(GROUND_PX, first * 2**octave + 1)
        small = rng.random((cells, cells)).astype(np.float32)
        total += weight * cv2.resize(small, (GROUND_PX, GROUND_PX), interpolation=cv2.INTER_CUBIC)
        weight *= fall
    return (total - total.min()) / (np.ptp(total) + 1e-6)


def mix(a: np.ndarray, b: np.ndarray, amount: np.ndarray) -> np.ndarray:
    amount = amount[..., None] if amount.ndim == 2 else amount
    return a * (1 - amount) + b * amount


def sky(rng: np.random.Generator) -> np.ndarray:
    _, y = grid()
    base = mix(rgb(rng, (0.1, 0.7), (0.3, 1)), rgb(rng, (0, 0.5), (0.5, 1)), y)
    clouds = np.clip(fractal(rng, 3) * 2.2 - rng.uniform(0.7, 1.4), 0, 1) * rng.uniform(0, 0.8)
    return mix(base, np.ones(3, np.float32) * rng.uniform(0.7, 1), clouds)


def brushwork(rng: np.random.Generator, picture: np.ndarray, strokes: int, length: int, width: int) -> np.ndarray:
    """Repaints a picture in strokes, as a painter would."""
    out = (picture * 255).astype(np.uint8).copy()
    field = fractal(rng, 2, 3) * np.pi * 2
    for _ in range(strokes):
        x, y = rng.integers(0, GROUND_PX, 2)
        tint = np.clip(picture[y, x] * rng.uniform(0.82, 1.18) + rng.normal(0, 0.03, 3), 0, 1) * 255
        angle, reach = field[y, x], length * rng.uniform(0.4, 1.3)
        end = (int(x + np.cos(angle) * reach), int(y + np.sin(angle) * reach))
        cv2.line(
            out, (int(x), int(y)), end, [int(c) for c in tint], max(1, int(width * rng.uniform(0.5, 1.4))), cv2.LINE_AA
        )
    return out.astype(np.float32) / 255


def landscape(rng: np.random.Generator) -> np.ndarray:
    """Ridges one behind the other, paler with distance, textured."""
    x, y = grid()
    out = sky(rng)
    far, close = rgb(rng, (0.05, 0.5), (0.5, 0.95)), rgb(rng, (0.1, 0.9), (0.08, 0.6))
    layers = int(rng.integers(2, 7))
    for layer in range(layers):
        line = rng.uniform(0.25, 0.45) + 0.55 * layer / layers
        ridge = fractal(rng, int(rng.integers(2, 8)), 5, rng.uniform(0.35, 0.65))[0] * rng.uniform(0.06, 0.3)
        covered = np.clip((y - (line - ridge[None] + 0.1)) * GROUND_PX / 1.5, 0, 1)
        shade = mix(far, close, np.float32((layer + 1) / layers) * np.ones_like(x)) * (
            0.75 + 0.5 * fractal(rng, 8, 5)[..., None]
        )
        out = mix(out, shade, covered)
    return out


def painterly(rng: np.random.Generator) -> np.ndarray:
    base = rng.choice([landscape, clutter, photolike, interior])(rng)
    coarse = brushwork(rng, base, 1400, int(rng.integers(18, 50)), int(rng.integers(8, 20)))
    return brushwork(rng, coarse * 0.6 + base * 0.4, 2600, int(rng.integers(6, 24)), int(rng.integers(2, 7)))


def hazy(rng: np.random.Generator) -> np.ndarray:
    base = rng.choice([landscape, skyline, forest, interior])(rng)
    _, y = grid()
    veil = np.clip(
        fractal(rng, 2, 4) * 0.7 + rng.uniform(0.1, 0.7) * (1 - abs(y - rng.uniform(0.3, 0.8)) * 1.6), 0, 0.93
    )
    out = mix(base, rgb(rng, (0, 0.4), (0.4, 1)), veil)
    if rng.random() < 0.5:
        out = cv2.GaussianBlur(out, (0, 0), rng.uniform(0.6, 3))
    return out


def clutter(rng: np.random.Generator) -> np.ndarray:
    """Colour fields with edges as sharp as an object's: a Voronoi mosaic bent by noise."""
    x, y = grid()
    count = int(rng.integers(6, 60))
    warp = rng.uniform(0, 0.25)
    wx, wy = x + (fractal(rng, 3, 4) - 0.5) * warp, y + (fractal(rng, 3, 4) - 0.5) * warp
    seeds = rng.random((count, 2))
    nearest = np.argmin((wx[..., None] - seeds[:, 0]) ** 2 + (wy[..., None] - seeds[:, 1]) ** 2, -1)
    base = rgb(rng)
    palette = np.stack([near(rng, base, rng.uniform(0.15, 0.6)) for _ in range(count)])
    return palette[nearest] * (0.85 + 0.3 * fractal(rng, 4, 6)[..., None])


def photolike(rng: np.random.Generator) -> np.ndarray:
    """Soft light, fine texture and out-of-focus shapes, as the background of a photograph."""
    x, y = grid()
    out = mix(rgb(rng, (0, 0.6), (0.05, 0.7)), rgb(rng, (0, 0.6), (0.2, 1)), fractal(rng, 2, 3))
    for _ in range(int(rng.integers(2, 9))):
        centre, size = rng.random(2), rng.uniform(0.05, 0.4, 2)
        shape = (abs(x - centre[0]) < size[0]) & (abs(y - centre[1]) < size[1])
        if rng.random() < 0.6:
            shape = ((x - centre[0]) / size[0]) ** 2 + ((y - centre[1]) / size[1]) ** 2 < 1
        out = mix(out, rgb(rng, (0, 0.6), (0.05, 0.9)), shape.astype(np.float32) * rng.uniform(0.4, 1))
    out = cv2.GaussianBlur(out, (0, 0), rng.choice([1.5, 4, 9, 18]))
    texture = (fractal(rng, int(rng.choice([8, 24, 64])), 4, 0.8) - 0.5) * rng.uniform(0, 0.3)
    light = 1 - 0.5 * ((x - rng.random()) ** 2 + (y - rng.random()) ** 2)
    return (out + texture[..., None]) * light[..., None] + rng.normal(0, rng.uniform(0, 0.03), out.shape)


def bokeh(rng: np.random.Generator) -> np.ndarray:
    out = cv2.GaussianBlur(photolike(rng), (0, 0), 12)
    for _ in range(int(rng.integers(8, 50))):
        layer = np.zeros(out.shape[:2], np.float32)
        centre, radius = rng.integers(0, GROUND_PX, 2), int(rng.integers(4, 36))
        cv2.circle(layer, [int(c) for c in centre], radius, 1, -1, cv2.LINE_AA)
        out = mix(
            out,
            rgb(rng, (0.1, 0.9), (0.7, 1)),
            cv2.GaussianBlur(layer, (0, 0), rng.uniform(0.6, 3)) * rng.uniform(0.1, 0.6),
        )
    return out


def curtain(rng: np.random.Generator) -> np.ndarray:
    """Folds of cloth: on a stage, at a window."""
    x, y = grid()
    folds = x * rng.uniform(20, 70) + (fractal(rng, 2, 3) - 0.5) * rng.uniform(1, 5) + np.sin(y * 3) * rng.uniform(0, 2)
    shade = (0.45 + 0.55 * (0.5 + 0.5 * np.sin(folds)) ** rng.uniform(0.6, 2))[..., None]
    cloth = rgb(rng, (0.3, 1), (0.3, 0.95)) * shade
    if rng.random() < 0.5:  # drawn apart: something to see between
        gap = np.clip((0.5 - abs(x - 0.5) - rng.uniform(0.1, 0.3) - 0.1 * y) * -60, 0, 1)
        cloth = mix(cloth, rng.choice([sky, photolike, landscape])(rng), 1 - gap)
    return cloth


def skyline(rng: np.random.Generator) -> np.ndarray:
    """Houses with windows, in two or three rows."""
    out = sky(rng)
    for row in range(int(rng.integers(1, 4))):
        left, tint = -20, rgb(rng, (0, 0.7), (0.15, 0.85)) * (1 - 0.25 * row)
        while left < GROUND_PX:
            wide = int(rng.integers(28, 120))
            top = int(GROUND_PX * rng.uniform(0.15, 0.55) + row * 60)
            wall = near(rng, tint, 0.25)
            out[max(0, top) :, max(0, left) : left + wide] = wall
            pane, pitch = near(rng, wall * rng.choice([0.5, 1.6]), 0.2), int(rng.integers(12, 30))
            for wy in range(top + 8, GROUND_PX, pitch):
                for wx in range(max(0, left) + 5, min(GROUND_PX, left + wide) - pitch // 2, pitch):
                    out[wy : wy + int(pitch * 0.55), wx : wx + int(pitch * 0.5)] = pane
            left += wide + int(rng.choice([0, 0, 8]))
    return out


def forest(rng: np.random.Generator) -> np.ndarray:
    """Trunks and crowns, row behind row."""
    out = mix(sky(rng), rgb(rng, (0.2, 0.7), (0.2, 0.7)), np.clip(grid()[1] * 2 - 0.9, 0, 1))
    leaf = rgb(rng, (0.3, 0.9), (0.2, 0.8))
    for depth in range(3):
        for _ in range(int(rng.integers(4, 12))):
            x, base = int(rng.integers(0, GROUND_PX)), int(GROUND_PX * (0.6 + 0.17 * depth))
            size = int(rng.integers(24, 60) * (0.6 + 0.5 * depth))
            tint = mix(
                np.full(3, 0.75, np.float32), near(rng, leaf, 0.3), np.float32(0.4 + 0.3 * depth) * np.ones((1, 1))
            )[0, 0]
            cv2.rectangle(out, (x - size // 10, base - size), (x + size // 10, base), (tint * 0.5).tolist(), -1)
            if rng.random() < 0.5:
                points = np.array(
                    [[x - size // 2, base - size // 2], [x + size // 2, base - size // 2], [x, base - size * 2]]
                )
                cv2.fillPoly(out, [points], tint.tolist(), cv2.LINE_AA)
            else:
                cv2.ellipse(
                    out, (x, base - size), (size // 2, int(size * 0.7)), 0, 0, 360, tint.tolist(), -1, cv2.LINE_AA
                )
    return out


def interior(rng: np.random.Generator) -> np.ndarray:
    """A room: wall, floor in perspective, window, frames, shelf."""
    x, y = grid()
    line = rng.uniform(0.5, 0.85)
    wall = rgb(rng, (0, 0.6), (0.3, 1)) * (1 - 0.25 * (x - rng.random()) ** 2)[..., None]
    boards = 0.9 + 0.1 * np.sign(np.sin((x - 0.5) / np.maximum(y - line + 0.1, 0.02) * rng.uniform(4, 14)))
    out = mix(wall, rgb(rng, (0, 0.7), (0.2, 0.9)) * boards[..., None], np.clip((y - line) * GROUND_PX, 0, 1))
    for _ in range(int(rng.integers(0, 5))):
        x0, y0 = rng.uniform(-0.1, 0.8), rng.uniform(0, line - 0.15)
        x1, y1 = x0 + rng.uniform(0.1, 0.4), min(line, y0 + rng.uniform(0.1, 0.5))
        inside = ((x > x0) & (x < x1) & (y > y0) & (y < y1)).astype(np.float32)
        core = ((x > x0 + 0.015) & (x < x1 - 0.015) & (y > y0 + 0.015) & (y < y1 - 0.015)).astype(np.float32)
        out = mix(mix(out, rgb(rng), inside), sky(rng) if rng.random() < 0.5 else rgb(rng), core)
    return out


def bricks(rng: np.random.Generator) -> np.ndarray:
    """Brick, tile, plank or check."""
    x, y = grid()
    rows = int(rng.integers(5, 26))
    ratio, joint = rng.choice([0.5, 1, 4, 0.15]), rng.uniform(0.02, 0.12)
    row = np.floor(y * rows)
    column = x * rows * ratio + (row % 2) * rng.choice([0, 0.5])
    edge = ((y * rows) % 1 < joint) | (column % 1 < joint * ratio)
    tone = np.sin(row * 12.9898 + np.floor(column) * 78.233) * 43758.5
    stone = rgb(rng, (0, 0.7), (0.25, 0.95)) * (1 + (tone % 1 - 0.5)[..., None] * rng.uniform(0, 0.5))
    out = mix(stone, rgb(rng, (0, 0.3), (0.2, 0.95)), edge.astype(np.float32))
    return out * (0.85 + 0.3 * fractal(rng, 16, 4)[..., None])


def water(rng: np.random.Generator) -> np.ndarray:
    _, y = grid()
    waves = np.sin((y ** rng.uniform(0.6, 1.4)) * rng.uniform(30, 120) + fractal(rng, 4, 4) * rng.uniform(4, 14))
    base = mix(rgb(rng, (0.2, 0.8), (0.2, 0.7)), rgb(rng, (0.1, 0.6), (0.5, 1)), y)
    return base * (0.85 + 0.2 * waves * rng.uniform(0.3, 1))[..., None]


def halftone(rng: np.random.Generator) -> np.ndarray:
    """Dots of a comic or a print, over panels."""
    x, y = grid()
    base = clutter(rng) if rng.random() < 0.5 else np.broadcast_to(rgb(rng), (*x.shape, 3))
    pitch, turn = rng.uniform(20, 60), rng.uniform(0, 1.5)
    u, v = (x * np.cos(turn) + y * np.sin(turn)) * pitch, (y * np.cos(turn) - x * np.sin(turn)) * pitch
    radius = np.clip(fractal(rng, 2, 2) * 0.7, 0.05, 0.6)
    dots = np.clip((radius - np.hypot(u % 1 - 0.5, v % 1 - 0.5)) * 8 + 0.5, 0, 1)
    return mix(base, rgb(rng), dots * rng.uniform(0.4, 1))


def page(rng: np.random.Generator) -> np.ndarray:
    """A page or screen: bars, columns and lines of text as ground."""
    out = np.broadcast_to(rgb(rng, (0, 0.2), (0.1, 1)), (GROUND_PX, GROUND_PX, 3)).copy()
    ink = rgb(rng, (0, 0.4), (0.1, 0.9))
    if rng.random() < 0.6:
        out[: int(rng.integers(20, 60))] = rgb(rng)
    if rng.random() < 0.4:
        out[:, : int(rng.integers(40, 110))] = rgb(rng)
    columns = int(rng.integers(1, 4))
    for column in range(columns):
        left = 20 + column * (GROUND_PX - 20) // columns
        for top in range(int(rng.integers(60, 130)), GROUND_PX - 10, int(rng.integers(9, 20))):
            out[top : top + 4, left : left + int((GROUND_PX // columns - 40) * rng.uniform(0.4, 1))] = ink
    return out


MAKERS: dict[str, tuple[Callable[[np.random.Generator], np.ndarray], int]] = {
    "landscape": (landscape, 50), "painterly": (painterly, 70), "hazy": (hazy, 60), "clutter": (clutter, 45),
    "photolike": (photolike, 70), "bokeh": (bokeh, 30), "curtain": (curtain, 40), "skyline": (skyline, 40),
    "forest": (forest, 35), "interior": (interior, 45), "bricks": (bricks, 40), "water": (water, 20),
    "halftone": (halftone, 30), "page": (page, 35),
}  # fmt: skip


def made(seed: int) -> Iterator[tuple[str, str, np.ndarray]]:
    """Every ground we make: (kind, name, (GROUND_PX, GROUND_PX, 3) uint8)."""
    for kind, (maker, count) in MAKERS.items():
        for number in range(count):
            rng = np.random.default_rng([seed, sum(kind.encode()), number])
            picture = np.clip(np.asarray(maker(rng), np.float32), 0, 1)
            if rng.random() < 0.5:
                picture = picture[:, ::-1]
            yield kind, f"{kind}-{number}", (picture * 255).astype(np.uint8)
