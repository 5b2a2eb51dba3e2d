"""Grounds of composites, made on the GPU: the bank's, gradients, patterns, blocks."""

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .atlas import Atlas
from .colours import Rng, matrices, random_rgb
from .gpu import column, upload

MAKES = ("bank", "gradient", "pattern", "blocks")
SHARES = (0.60, 0.22, 0.08, 0.10)


class Grounds:
    """Makes (B, 3, S, S) grounds, RGB 0..1; `names` of the last batch says of which kind each is."""

    def __init__(self, atlas: Atlas, size: int, held: bool, rng: Rng) -> None:
        self.atlas, self.size, self.rng, self.device = atlas, size, rng, atlas.device
        self.pool = np.where(atlas.ground_held == held)[0]
        line = (torch.arange(size, device=self.device, dtype=torch.float32) + 0.5) / size * 2 - 1
        self.x, self.y = line.view(1, 1, size), line.view(1, size, 1)

    def _vector(self, values: np.ndarray, dims: int = 3) -> Tensor:
        return column(values, self.device, dims)

    def _colours(self, count: int) -> Tensor:
        return upload(random_rgb(self.rng, count), self.device).view(count, 3, 1, 1)

    def make(self, batch: int) -> tuple[Tensor, list[str]]:
        kinds = self.rng.choice(len(MAKES), batch, p=SHARES)
        out = torch.empty(batch, 3, self.size, self.size, device=self.device)
        names = np.array([MAKES[kind] for kind in kinds], dtype=object)
        for kind, name in enumerate(MAKES):
            rows = np.where(kinds == kind)[0]
            if len(rows):
                out[upload(rows, self.device)] = getattr(self, "_" + name)(len(rows), names, rows).clamp(0, 1)
        return out, list(names)

    def _bank(self, count: int, names: np.ndarray, rows: np.ndarray) -> Tensor:
        r = self.rng
        chosen = r.choice(self.pool, count)
        names[rows] = self.atlas.ground_kind[chosen]
        picture = self.atlas.ground[upload(chosen, self.device)].float() / 255
        zoom, mirror = r.uniform(0.45, 1.0, count), r.choice([-1, 1], count)
        u = self._vector(zoom * mirror) * self.x + self._vector((1 - zoom) * r.uniform(-1, 1, count))
        v = self._vector(zoom) * self.y + self._vector((1 - zoom) * r.uniform(-1, 1, count))
        where = torch.stack(torch.broadcast_tensors(u, v), -1)
        picture = functional.grid_sample(picture, where, padding_mode="reflection", align_corners=False)
        change = upload(matrices(r, r.rand(count) < 0.4), self.device, torch.float32)
        return torch.bmm(change, picture.flatten(2)).view_as(picture)

    def _gradient(self, count: int, *_: object) -> Tensor:
        r = self.rng
        angle, strength = r.uniform(0, 6.28, count), r.choice([0.0, 1.0], count, p=[0.45, 0.55])
        line = (self._vector(np.cos(angle)) * self.x + self._vector(np.sin(angle)) * self.y) * 0.4 + 0.5
        dx, dy = self.x - self._vector(r.uniform(-0.5, 0.5, count)), self.y - self._vector(r.uniform(-0.5, 0.5, count))
        ramp = torch.where(self._vector(r.rand(count)) < 0.3, (dx**2 + dy**2).sqrt(), line).clamp(0, 1)
        ramp = (ramp * self._vector(strength)).unsqueeze(1)
        return self._colours(count) * (1 - ramp) + self._colours(count) * ramp

    def _pattern(self, count: int, *_: object) -> Tensor:
        r = self.rng
        angle, pitch = r.uniform(0, 3.14, count), self._vector(r.uniform(6, 60, count))
        u = self._vector(np.cos(angle)) * self.x + self._vector(np.sin(angle)) * self.y
        v = self._vector(np.cos(angle)) * self.y - self._vector(np.sin(angle)) * self.x
        stripes = torch.sin(u * pitch) > self._vector(r.uniform(-0.7, 0.7, count))
        dots = torch.sin(u * pitch) * torch.sin(v * pitch) > self._vector(r.uniform(-0.1, 0.6, count))
        turn = torch.atan2(
            self.y - self._vector(r.uniform(-1, 1, count)), self.x - self._vector(r.uniform(-1, 1, count))
        )
        rays = torch.sin(turn * self._vector(r.randint(6, 24, count))) > 0
        which = self._vector(r.randint(0, 3, count))
        on = torch.where(which == 0, stripes, torch.where(which == 1, dots, rays)).float().unsqueeze(1)
        on = on * self._vector(r.uniform(0.1, 1, count), 4)
        return self._colours(count) * (1 - on) + self._colours(count) * on

    def _blocks(self, count: int, *_: object) -> Tensor:
        """Panels of a page, or wall and floor."""
        r = self.rng
        out = self._colours(count).expand(count, 3, self.size, self.size)
        for _index in range(3):
            left, top = r.uniform(-1.1, 0.6, count), r.uniform(-1.1, 0.8, count)
            right, low = left + r.uniform(0.3, 2, count), top + r.uniform(0.2, 2, count)
            inside = (self.x > self._vector(left)) & (self.x < self._vector(right))
            inside = inside & (self.y > self._vector(top)) & (self.y < self._vector(low))
            out = torch.where(inside.unsqueeze(1), self._colours(count), out)
        floor = (self.y > self._vector(r.uniform(0.1, 1.2, count))).expand(count, self.size, self.size)
        return torch.where(floor.unsqueeze(1), self._colours(count), out)
