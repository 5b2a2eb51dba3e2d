"""Sprites of a batch drawn into windows on the GPU: sampled, recoloured, with outline, glow and shadow.

All sprites of about one size are drawn at once, whatever scene they belong to; compose.py lays them down in order.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .atlas import Atlas
from .colours import Rng, random_rgb, sprite_colours
from .gpu import column, upload
from .plan import Plan, Planner

CELL = 4  # windows begin on whole mask pixels, so that labels and picture line up
WINDOWS = (96, 192, 384)  # sides of the windows in pixels; what needs more gets the whole picture
PAD = 192  # pixels kept free round the picture, so that no window leaves the canvas
TEXT_HALO = 0.22  # blurred alpha above which a pixel counts as the block of text
SOFT_ALPHA = 0.3  # alpha above which a soft thing counts as there


@dataclass
class Jobs:
    """Sprites to draw into windows of one side; all arrays by sprite, sorted by `layer`."""

    window: int
    image: np.ndarray
    layer: np.ndarray
    left: np.ndarray  # window's place on the padded canvas, in pixels
    top: np.ndarray


@dataclass
class Patches:
    """Drawn sprites (n, channels, w, w): `rgb` premultiplied, `alpha`, `shadow` 0..1, `glow` 0..1; and at mask pixels
    (n, w/4, w/4): `solid` bool, what counts as the thing, `part` uint8."""

    jobs: Jobs
    rgb: Tensor
    alpha: Tensor
    shadow: Tensor
    glow: Tensor
    solid: Tensor
    part: Tensor


class Painter:
    """Draws the sprites of plans for pictures of `size` pixels."""

    def __init__(self, atlas: Atlas, planner: Planner, size: int, rng: Rng) -> None:
        self.atlas, self.planner, self.size, self.rng, self.device = atlas, planner, size, rng, atlas.device
        self.dtype = torch.float16 if self.device.type == "cuda" else torch.float32

    def _column(self, values: np.ndarray, dims: int = 3) -> Tensor:
        return column(values, self.device, dims)

    def jobs(self, plan: Plan) -> list[Jobs]:
        """Sorts all sprites of a plan into windows."""
        image, layer = np.where(np.arange(plan.sprite.shape[1])[None] < plan.count[:, None])
        at = (image, layer)
        stretch = np.maximum(plan.aspect[at], 1 / plan.aspect[at])
        reach = (
            plan.size[at] * (np.abs(np.cos(plan.angle[at])) + np.abs(np.sin(plan.angle[at]))) * stretch
            + 0.14 * plan.size[at]
        )
        needed = reach * self.size + 2 * CELL
        cx, cy = (plan.x[at] + 1) / 2 * self.size, (plan.y[at] + 1) / 2 * self.size
        found = []
        for number, window in enumerate((*WINDOWS, self.size)):
            low = WINDOWS[number - 1] if number else 0
            last = number == len(WINDOWS)
            mine = np.where((needed > low) & (last | (needed <= window)))[0]
            if window > self.size or not len(mine):
                continue
            mine = mine[np.argsort(layer[mine], kind="stable")]
            left = (
                np.full(len(mine), PAD) if last else np.round((cx[mine] - window / 2 + PAD) / CELL).astype(int) * CELL
            )
            top = np.full(len(mine), PAD) if last else np.round((cy[mine] - window / 2 + PAD) / CELL).astype(int) * CELL
            found.append(Jobs(window, image[mine], layer[mine], left, top))
        return found

    def _coordinates(self, plan: Plan, jobs: Jobs, dx: np.ndarray, dy: np.ndarray) -> tuple[Tensor, Tensor]:
        """Where window pixels fall in their sprite, -1..1, the sprite moved by (dx, dy) half sides; (n, w, w) each."""
        at, half = (jobs.image, jobs.layer), self.size / 2
        size = plan.size[at]
        line = torch.arange(jobs.window, device=self.device, dtype=torch.float32) + 0.5
        x = line.view(1, 1, -1) + self._column(jobs.left - PAD - (plan.x[at] + 1 + dx * size) * half)
        y = line.view(1, -1, 1) + self._column(jobs.top - PAD - (plan.y[at] + 1 + dy * size) * half)
        cos, sin = np.cos(plan.angle[at]) / (size * half), np.sin(plan.angle[at]) / (size * half)
        u = (self._column(cos) * x + self._column(sin) * y) * self._column(plan.mirror[at] * plan.aspect[at])
        v = (self._column(cos) * y - self._column(sin) * x) * self._column(1 / plan.aspect[at])
        return u, v

    def _sample(self, texture: Tensor, u: Tensor, v: Tensor, level: np.ndarray) -> Tensor:
        """Samples (n, C, P, 1.5 P) textures at the level of detail that fits; zero outside."""
        p, wide = self.atlas.px, self.atlas.px * 3 // 2
        side = self._column(p / 2**level)
        left, top = self._column(np.where(level == 0, 0, p)), self._column(np.where(level == 2, p // 2, 0))
        inside = ((u.abs() < 1) & (v.abs() < 1)).unsqueeze(1)
        x = (left + (u.clamp(-1, 1) + 1) * 0.5 * (side - 1) + 0.5) * (2 / wide) - 1
        y = (top + (v.clamp(-1, 1) + 1) * 0.5 * (side - 1) + 0.5) * (2 / p) - 1
        where = torch.stack([x, y], -1).to(texture.dtype)
        return functional.grid_sample(texture, where, padding_mode="zeros", align_corners=False) * inside

    def draw(self, plan: Plan, jobs: Jobs) -> Patches:
        at, count, r = (jobs.image, jobs.layer), len(jobs.image), self.rng
        sprite, size = plan.sprite[at], plan.size[at]
        index = upload(sprite, self.device)
        texture = self.atlas.texture[index].float() / 255
        level = np.clip(np.floor(np.log2(self.atlas.px / (size * self.size)) + 0.35), 0, 2)
        zero = np.zeros(count)
        u, v = self._coordinates(plan, jobs, zero, zero)
        drawn = self._sample(texture, u, v, level)
        rgb, alpha, halo = drawn[:, :3], drawn[:, 3:4], drawn[:, 4:5]
        soft = self.planner.soft[sprite]
        rgb, alpha = self._sharpen(rgb, alpha, np.where(soft, 1, np.maximum(1, size * self.size / self.atlas.px * 1.2)))
        rgb = self._recolour(rgb, alpha, plan, jobs)
        rgb, alpha = self._outline(rgb, alpha, halo, (r.rand(count) < 0.1) & ~soft)
        rgb, alpha, glow = self._glow(rgb, alpha, halo, soft)
        dx, dy = r.uniform(-0.13, 0.13, (2, count))
        shadow_u, shadow_v = self._coordinates(plan, jobs, dx, dy)
        strength = np.where((r.rand(count) < 0.3) & ~soft, r.uniform(0.15, 0.75, count), 0.0)
        shadow = self._sample(texture[:, 4:5], shadow_u, shadow_v, level) * self._column(strength, 4)
        solid = self._solid(alpha - glow, halo, plan, jobs)
        part = self._parts(index, u[:, 2::CELL, 2::CELL], v[:, 2::CELL, 2::CELL])
        to = self.dtype
        return Patches(jobs, rgb.to(to), alpha.to(to), shadow.to(to), glow.to(to), solid, part)

    def _sharpen(self, rgb: Tensor, alpha: Tensor, gain: np.ndarray) -> tuple[Tensor, Tensor]:
        """Enlarged sprites keep a crisp edge."""
        crisp = ((alpha - 0.5) * self._column(gain, 4) + 0.5).clamp(0, 1)
        crisp = torch.where(self._column(gain, 4) > 1, crisp, alpha)
        return (rgb / alpha.clamp_min(0.02)).clamp(0, 1) * crisp, crisp

    def _recolour(self, rgb: Tensor, alpha: Tensor, plan: Plan, jobs: Jobs) -> Tensor:
        r, count = self.rng, len(jobs.image)
        matrix, offset = sprite_colours(r, jobs.image, len(plan.count))
        matrix_t, offset_t = upload(matrix, self.device), upload(offset, self.device)
        rgb = torch.baddbmm(offset_t.unsqueeze(2) * alpha.flatten(2), matrix_t, rgb.flatten(2)).view_as(rgb)
        sprite = plan.sprite[jobs.image, jobs.layer]
        photo = np.where((r.rand(count) < 0.08) & ~self.planner.soft[sprite] & ~self.planner.text[sprite])[0]
        if len(photo):  # a cut-out with a photograph's surface, shaded as the sprite was
            chosen = upload(r.choice(len(self.atlas.ground), len(photo)), self.device)
            surface = functional.interpolate(
                self.atlas.ground[chosen].float() / 255, size=rgb.shape[-1], mode="bilinear"
            )
            rows = upload(photo, self.device)
            shade = 0.55 + 0.6 * rgb[rows].mean(1, keepdim=True)
            rgb[rows] = surface * shade * alpha[rows]
        return torch.minimum(rgb.clamp_min(0), alpha)

    def _outline(self, rgb: Tensor, alpha: Tensor, halo: Tensor, chosen: np.ndarray) -> tuple[Tensor, Tensor]:
        """A sticker's border, mostly white."""
        rows = np.where(chosen)[0]
        if not len(rows):
            return rgb, alpha
        index = upload(rows, self.device)
        border = ((halo[index] - 0.06) * 12).clamp(0, 1) * (1 - alpha[index])
        tint = np.where(self.rng.rand(len(rows), 1) < 0.6, 1.0, random_rgb(self.rng, len(rows)))
        rgb[index] = rgb[index] + border * upload(tint, self.device, torch.float32).view(-1, 3, 1, 1)
        alpha = alpha.clone()
        alpha[index] = alpha[index] + border
        return rgb, alpha

    def _glow(self, rgb: Tensor, alpha: Tensor, halo: Tensor, soft: np.ndarray) -> tuple[Tensor, Tensor, Tensor]:
        """A coloured shine round a few things; its alpha is returned as well, since it is a soft effect of its own."""
        glow = torch.zeros_like(alpha)
        rows = np.where((self.rng.rand(len(soft)) < 0.06) & ~soft)[0]
        if len(rows):
            index = upload(rows, self.device)
            shine = (
                (halo[index] * 1.3).clamp(0, 1)
                * (1 - alpha[index])
                * self._column(self.rng.uniform(0.4, 0.9, len(rows)), 4)
            )
            tint = upload(random_rgb(self.rng, len(rows)) * 0.5 + 0.5, self.device).view(-1, 3, 1, 1)
            rgb[index] = rgb[index] + shine * tint
            glow[index] = shine
        return rgb, alpha + glow, glow

    def _solid(self, alpha: Tensor, halo: Tensor, plan: Plan, jobs: Jobs) -> Tensor:
        at = (jobs.image, jobs.layer)
        sprite = plan.sprite[at]
        here, near = alpha[:, 0, 2::CELL, 2::CELL], halo[:, 0, 2::CELL, 2::CELL]
        threshold = np.where(self.planner.soft[sprite], SOFT_ALPHA / np.maximum(plan.opacity[at], 0.3), 0.5)
        solid = here > self._column(threshold)
        return torch.where(self._column(self.planner.text[sprite]) > 0, solid | (near > TEXT_HALO), solid)

    def _parts(self, index: Tensor, u: Tensor, v: Tensor) -> Tensor:
        p = self.atlas.px
        x, y = (((t.clamp(-1, 1) + 1) * 0.5 * (p - 1)).round().long() for t in (u, v))
        found = self.atlas.parts[index].flatten(1).gather(1, (y * p + x).flatten(1)).view_as(x)
        return torch.where((u.abs() < 1) & (v.abs() < 1), found, torch.zeros((), dtype=torch.uint8, device=self.device))
