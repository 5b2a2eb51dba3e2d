"""Drawing with exact alpha: shapes, gradients, text and effects as small pictures with a place."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from tests.bench.layers.design import Floats, Pixels

Colour = tuple[int, int, int]
Point = tuple[float, float]
OVERSAMPLING = 4
"""Samples per px and axis: alpha comes in steps of 1/16, finer than an eye at an edge."""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A picture with a place on the canvas.

    Attributes:
        colour: float32 h x w x 3, 0..255. alpha: float32 h x w, 0..1.
        left, top: px of its corner; may lie outside the canvas.
    """

    colour: Floats
    alpha: Floats
    left: int
    top: int
    kind: str = "object"
    name: str = ""

    @property
    def box(self) -> tuple[int, int, int, int]:
        """left, top, right, bottom in px."""
        h, w = self.alpha.shape
        return self.left, self.top, self.left + w, self.top + h


def on_canvas(piece: Piece, width: int, height: int) -> Pixels:
    """uint8 height x width x 4; colour under no alpha is black."""
    out = np.zeros((height, width, 4), np.uint8)
    left, top, right, bottom = piece.box
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(right, width), min(bottom, height)
    if x0 >= x1 or y0 >= y1:
        return out
    here = np.s_[y0 - top : y1 - top, x0 - left : x1 - left]
    alpha = np.rint(np.clip(piece.alpha[here], 0, 1) * 255)
    colour = np.rint(np.clip(piece.colour[here], 0, 255)) * (alpha > 0)[..., None]
    out[y0:y1, x0:x1] = np.dstack([colour, alpha]).astype(np.uint8)
    return out


def filled(alpha: Floats, colour: Colour, left: int, top: int, kind: str = "object", name: str = "") -> Piece:
    """One colour under an alpha."""
    return Piece(np.full((*alpha.shape, 3), colour, np.float32), alpha, left, top, kind, name)


def polygon(points: Sequence[Point], colour: Colour, *, kind: str = "shape", name: str = "") -> Piece:
    """A closed outline in px."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    left, top = math.floor(min(xs)) - 1, math.floor(min(ys)) - 1
    w, h = math.ceil(max(xs)) + 1 - left, math.ceil(max(ys)) + 1 - top
    image = Image.new("L", (w * OVERSAMPLING, h * OVERSAMPLING))
    moved = [((x - left) * OVERSAMPLING, (y - top) * OVERSAMPLING) for x, y in points]
    ImageDraw.Draw(image).polygon(moved, fill=255)
    return filled(_reduced(image), colour, left, top, kind, name)


def _reduced(image: Image.Image) -> Floats:
    return np.asarray(image.reduce(OVERSAMPLING), np.float32) / np.float32(255)


def curve(at: Callable[[float], Point], steps: int = 96) -> list[Point]:
    """A closed outline from a function of the turn, 0..1."""
    return [at(i / steps) for i in range(steps)]


def ellipse(cx: float, cy: float, rx: float, ry: float, turn: float = 0.0) -> list[Point]:
    """The outline of an ellipse; `turn` in radians."""
    c, s = math.cos(turn), math.sin(turn)

    def at(t: float) -> Point:
        x, y = rx * math.cos(t * math.tau), ry * math.sin(t * math.tau)
        return cx + c * x - s * y, cy + s * x + c * y

    return curve(at)


def rounded(left: float, top: float, width: float, height: float, radius: float) -> list[Point]:
    """The outline of a rectangle with round corners."""
    radius = min(radius, width / 2, height / 2)
    out: list[Point] = []
    centres = ((width - radius, radius), (width - radius, height - radius), (radius, height - radius), (radius, radius))
    for quarter, (x, y) in enumerate(centres):
        for step in range(9 if radius > 0 else 1):
            angle = (quarter - 1 + step / 8) * math.pi / 2
            out.append((left + x + radius * math.cos(angle), top + y + radius * math.sin(angle)))
    return out


def star(cx: float, cy: float, outer: float, inner: float, points: int, turn: float = 0.0) -> list[Point]:
    """A star's outline."""
    radii = (outer, inner)
    angles = (turn + i * math.pi / points for i in range(2 * points))
    return [(cx + radii[i % 2] * math.cos(a), cy + radii[i % 2] * math.sin(a)) for i, a in enumerate(angles)]


def blob(rng: np.random.Generator, cx: float, cy: float, radius: float, rough: float = 0.25) -> list[Point]:
    """A smooth irregular outline: a circle with a few harmonics."""
    waves = [(k, rng.uniform(0, rough / k), rng.uniform(0, math.tau)) for k in range(2, 6)]

    def at(t: float) -> Point:
        r = radius * (1 + sum(a * math.cos(k * t * math.tau + phase) for k, a, phase in waves))
        return cx + r * math.cos(t * math.tau), cy + r * math.sin(t * math.tau)

    return curve(at)


def stroke(points: Sequence[Point], width: float, colour: Colour, *, kind: str = "shape", name: str = "") -> Piece:
    """An open line with round ends."""
    xs, ys = [p[0] for p in points], [p[1] for p in points]
    pad = math.ceil(width / 2) + 2
    left, top = math.floor(min(xs)) - pad, math.floor(min(ys)) - pad
    w, h = math.ceil(max(xs)) + pad - left, math.ceil(max(ys)) + pad - top
    image = Image.new("L", (w * OVERSAMPLING, h * OVERSAMPLING))
    draw = ImageDraw.Draw(image)
    moved = [((x - left) * OVERSAMPLING, (y - top) * OVERSAMPLING) for x, y in points]
    draw.line(moved, fill=255, width=max(1, round(width * OVERSAMPLING)), joint="curve")
    r = width * OVERSAMPLING / 2
    for x, y in (moved[0], moved[-1]):
        draw.ellipse((x - r, y - r, x + r, y + r), fill=255)
    return filled(_reduced(image), colour, left, top, kind, name)


def gradient(piece: Piece, first: Colour, last: Colour, angle: float = math.pi / 2) -> Piece:
    """The piece with a linear gradient across its box; `angle` in radians, down by default."""
    h, w = piece.alpha.shape
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
    along = (xs - w / 2) * math.cos(angle) + (ys - h / 2) * math.sin(angle)
    reach = max(1e-6, (abs(w * math.cos(angle)) + abs(h * math.sin(angle))) / 2)
    t = np.clip(along / reach / 2 + 0.5, 0, 1)[..., None]
    return replace(piece, colour=np.float32(first) * (1 - t) + np.float32(last) * t)


def padded(piece: Piece, by: int) -> Piece:
    """The same picture with a transparent rim of `by` px."""
    colour = np.pad(piece.colour, ((by, by), (by, by), (0, 0)), mode="edge")
    return replace(piece, colour=colour, alpha=np.pad(piece.alpha, by), left=piece.left - by, top=piece.top - by)


def over(upper: Piece, lower: Piece) -> Piece:
    """Two pieces as one; the upper one's kind and name."""
    left, top = min(upper.left, lower.left), min(upper.top, lower.top)
    right, bottom = max(upper.box[2], lower.box[2]), max(upper.box[3], lower.box[3])
    colour = np.zeros((bottom - top, right - left, 3), np.float32)
    alpha = np.zeros((bottom - top, right - left), np.float32)
    for piece in (lower, upper):
        x, y = piece.left - left, piece.top - top
        h, w = piece.alpha.shape
        here = np.s_[y : y + h, x : x + w]
        a = piece.alpha
        total = a + alpha[here] * (1 - a)
        share = (a / np.maximum(total, 1e-6))[..., None]
        colour[here] = piece.colour * share + colour[here] * (1 - share)
        alpha[here] = total
    return Piece(colour, alpha, left, top, upper.kind, upper.name)


def shadow_of(piece: Piece, dx: float, dy: float, blur: float, strength: float, colour: Colour = (0, 0, 0)) -> Piece:
    """A soft copy of its alpha; `blur` is the sigma in px."""
    wide = padded(piece, math.ceil(3 * blur) + 1)
    alpha = cv2.GaussianBlur(wide.alpha, (0, 0), blur) if blur > 0 else wide.alpha
    return filled(alpha * np.float32(strength), colour, wide.left + round(dx), wide.top + round(dy), "effect", "Shadow")


def outlined(piece: Piece, width: float, colour: Colour) -> Piece:
    """The piece with an outline around it."""
    wide = padded(piece, math.ceil(width) + 2)
    inside = (wide.alpha > 0.5).astype(np.uint8)
    away = cv2.distanceTransform(1 - inside, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    ring = np.clip(width + 0.5 - away, 0, 1).astype(np.float32)
    around = filled(np.maximum(ring, wide.alpha), colour, wide.left, wide.top)
    return replace(over(wide, around), kind=piece.kind, name=piece.name)


def glass(piece: Piece, opacity: float) -> Piece:
    """The piece seen through."""
    return replace(piece, alpha=piece.alpha * np.float32(opacity))


def text(words: str, font: ImageFont.FreeTypeFont, colour: Colour, left: float, top: float) -> Piece:
    """A line of text whose ink begins at that corner."""
    box = font.getbbox(words)
    w, h = max(1, math.ceil(box[2] - box[0])) + 2, max(1, math.ceil(box[3] - box[1])) + 2
    image = Image.new("L", (w, h))
    ImageDraw.Draw(image).text((1 - box[0], 1 - box[1]), words, font=font, fill=255)
    alpha = np.asarray(image, np.float32) / 255
    return filled(alpha, colour, round(left), round(top), "text", words)


def bent(piece: Piece, sagitta: float) -> Piece:
    """A line of text on an arc: columns move by up to `sagitta` px, up in the middle."""
    by = math.ceil(abs(sagitta)) + 2
    wide = padded(piece, by)
    h, w = wide.alpha.shape
    ys, xs = np.mgrid[0:h, 0:w].astype(np.float32)
    lift = np.float32(sagitta) * (1 - (2 * xs / w - 1) ** 2)
    alpha = cv2.remap(wide.alpha, xs, ys + lift, cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT)
    return replace(wide, alpha=alpha)


def picture(pixels: Pixels, left: float, top: float, kind: str = "object", name: str = "") -> Piece:
    """A piece from uint8 H x W x 4."""
    colour, alpha = pixels[..., :3].astype(np.float32), pixels[..., 3].astype(np.float32) / 255
    return Piece(colour, alpha, round(left), round(top), kind, name)


def turned(piece: Piece, degrees: float, scale: float = 1.0) -> Piece:
    """Rotated and scaled about its middle, without dark rims (premultiplied)."""
    h, w = piece.alpha.shape
    matrix: NDArray[np.float64] = np.asarray(cv2.getRotationMatrix2D((w / 2, h / 2), degrees, scale))
    c, s = abs(matrix[0, 0]), abs(matrix[0, 1])
    nw, nh = math.ceil(w * c + h * s) + 2, math.ceil(w * s + h * c) + 2
    matrix[:, 2] += (nw - w) / 2, (nh - h) / 2
    rgba = np.dstack([piece.colour * piece.alpha[..., None], piece.alpha])
    if scale < 0.6:
        rgba = cv2.GaussianBlur(rgba, (0, 0), 0.4 / scale)
    out = np.asarray(cv2.warpAffine(rgba, matrix, (nw, nh), flags=cv2.INTER_LINEAR), np.float32)
    colour = out[..., :3] / np.maximum(out[..., 3:], 1e-4)
    left, top = piece.left + round((w - nw) / 2), piece.top + round((h - nh) / 2)
    return replace(piece, colour=colour.astype(np.float32), alpha=out[..., 3], left=left, top=top)


def noise(rng: np.random.Generator, width: int, height: int, scale: float, octaves: int = 4) -> Floats:
    """Smooth noise, float32 height x width, 0..1; `scale` is the size of the largest spots in px."""
    out = np.zeros((height, width), np.float32)
    weight, total = 1.0, 0.0
    for _ in range(octaves):
        w, h = max(2, math.ceil(width / scale) + 2), max(2, math.ceil(height / scale) + 2)
        grid = rng.random((h, w), np.float32)
        big = cv2.resize(grid, (math.ceil(w * scale), math.ceil(h * scale)), interpolation=cv2.INTER_CUBIC)
        out += np.float32(weight) * big[:height, :width]
        total += weight
        weight, scale = weight / 2, max(2.0, scale / 2)
    return np.clip(out / np.float32(total), 0, 1)
