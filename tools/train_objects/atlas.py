"""The bank on the GPU: all sprites as one texture array with two smaller copies each, their part maps, all grounds."""

import io
import json
import os
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

HALO_SIGMA = 0.022  # spread of the blurred alpha that shadows, glow and outlines are made of, as a share of a sprite
BATCH = 96  # sprites prepared at once

TEXT, SOFT, PHOTO = ("text",), ("soft",), ("photo",)
SHAPES = ("shape", "panel")
FIGURES = ("humaaans", "peeps", "dicebear-openPeeps", "dicebear-notionists")


def _gauss(radius: int, sigma: float, device: torch.device) -> Tensor:
    x = torch.arange(-radius, radius + 1, device=device, dtype=torch.float32)
    g = torch.exp(-((x / sigma) ** 2) / 2)
    return g / g.sum()


def _read(bank: zipfile.ZipFile, names: list[str], mode: str) -> list[np.ndarray]:
    blobs = [bank.read(name) for name in names]

    def decode(blob: bytes) -> np.ndarray:
        return np.asarray(Image.open(io.BytesIO(blob)).convert(mode))

    with ThreadPoolExecutor(min(16, os.cpu_count() or 2)) as pool:
        return list(pool.map(decode, blobs))


class Atlas:
    """Sprites and grounds of a bank.

    `texture` (n, 5, P, 1.5 P) uint8: red, green, blue (premultiplied), alpha, halo; halves of it lie right of it.
    `parts` (n, P, P) uint8, 0 = unknown. `ground` (m, 3, G, G) uint8. `kind`, `ground_kind`: numpy arrays of names.
    `held` and `ground_held` say what is for validation only.
    """

    def __init__(self, path: Path, device: torch.device, limit: int = 0) -> None:
        self.device = device
        with zipfile.ZipFile(path) as bank:
            index = json.loads(bank.read("index.json"))
            self.px: int = index["sprite_px"]
            chosen = self._choose(len(index["sprites"]), limit)
            rows = [index["sprites"][i] for i in chosen]
            pictures = _read(bank, [f"s/{i}.webp" for i in chosen], "RGBA")
            with_parts = [n for n, row in enumerate(rows) if row[2]]
            maps = _read(bank, [f"p/{chosen[n]}.png" for n in with_parts], "L")
            ground = _read(bank, [f"g/{i}.webp" for i in range(len(index["grounds"]))], "RGB")
        self.kind = np.array([row[0] for row in rows], dtype=object)
        self.held = np.array([row[3] for row in rows], bool)
        self.has_parts = np.array([row[2] for row in rows], bool)
        self.ground_kind = np.array([row[0] for row in index["grounds"]], dtype=object)
        self.ground_held = np.array([row[2] for row in index["grounds"]], bool)
        self.parts = torch.zeros(len(rows), self.px, self.px, dtype=torch.uint8, device=device)
        for n, labels in zip(with_parts, maps, strict=True):
            self.parts[n] = torch.from_numpy(labels.copy()).to(device)
        self.texture = self._textures(pictures)
        self.ground = torch.from_numpy(np.stack(ground)).to(device).permute(0, 3, 1, 2).contiguous()

    @staticmethod
    def _choose(count: int, limit: int) -> list[int]:
        if not limit or limit >= count:
            return list(range(count))
        return sorted(np.random.RandomState(1).permutation(count)[:limit].tolist())

    def _textures(self, pictures: list[np.ndarray]) -> Tensor:
        p = self.px
        texture = torch.zeros(len(pictures), 5, p, p * 3 // 2, dtype=torch.uint8, device=self.device)
        sigma = HALO_SIGMA * p
        kernel = _gauss(int(3 * sigma), sigma, self.device)
        pad = len(kernel) // 2

        def byte(x: Tensor) -> Tensor:
            return (x * 255 + 0.5).clamp(0, 255).to(torch.uint8)

        for start in range(0, len(pictures), BATCH):
            x = (
                torch.from_numpy(np.stack(pictures[start : start + BATCH])).to(self.device).permute(0, 3, 1, 2).float()
                / 255
            )
            alpha = x[:, 3:]
            halo = functional.conv2d(alpha, kernel.view(1, 1, 1, -1), padding=(0, pad))
            halo = functional.conv2d(halo, kernel.view(1, 1, -1, 1), padding=(pad, 0))
            x = torch.cat([x[:, :3] * alpha, alpha, halo], 1)
            rows = slice(start, start + len(x))
            half = functional.avg_pool2d(x, 2)
            texture[rows, :, :, :p] = byte(x)
            texture[rows, :, : p // 2, p:] = byte(half)
            texture[rows, :, p // 2 : p // 2 + p // 4, p : p + p // 4] = byte(functional.avg_pool2d(half, 2))
        return texture

    def of(self, kinds: tuple[str, ...], held: bool) -> np.ndarray:
        """Numbers of the sprites of those kinds, either held out or not."""
        return np.where(np.isin(self.kind, kinds) & (self.held == held))[0]
