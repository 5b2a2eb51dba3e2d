"""What happens to a whole picture after it is composed: one palette, line art, posters, prints, blur, noise, JPEG."""

import math
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from .colours import Rng, random_rgb
from .gpu import column, upload

Effect = Callable[[Tensor, int], Tensor]


class Effects:
    """Applies effects to random shares of a batch (B, 3, S, S), RGB 0..1, in place."""

    def __init__(self, rng: Rng, device: torch.device) -> None:
        self.rng, self.device = rng, device
        u = np.arange(8)
        cosine = np.sqrt(2 / 8) * np.cos((2 * u[None] + 1) * u[:, None] * np.pi / 16)
        cosine[0] /= math.sqrt(2)
        self.cosine = torch.tensor(cosine, dtype=torch.float32, device=device)
        self.shares: tuple[tuple[float, Effect], ...] = (
            (0.16, self.palette), (0.12, self.line_art), (0.09, self.poster), (0.05, self.pixels), (0.05, self.dots),
            (0.28, self.blur), (0.6, self.grade), (0.08, self.haze), (0.25, self.noise), (0.25, self.jpeg),
        )  # fmt: skip

    def apply(self, picture: Tensor) -> Tensor:
        for share, effect in self.shares:
            rows = np.where(self.rng.rand(len(picture)) < share)[0]
            if len(rows):
                index = upload(rows, self.device)
                picture[index] = effect(picture[index].float(), len(rows)).clamp(0, 1).to(picture.dtype)
        return picture

    def _values(self, values: np.ndarray) -> Tensor:
        return column(values, self.device, 4)

    @staticmethod
    def luma(x: Tensor) -> Tensor:
        return x[:, :1] * 0.299 + x[:, 1:2] * 0.587 + x[:, 2:] * 0.114

    def palette(self, x: Tensor, n: int) -> Tensor:
        """Dark, middle and light tones become three colours."""
        light = self.luma(x)
        tones = [
            upload(random_rgb(self.rng, n) * gain, self.device, torch.float32).view(n, 3, 1, 1)
            for gain in (0.35, 0.8, 1.0)
        ]
        low = tones[0] + (tones[1] - tones[0]) * light * 2
        high = tones[1] + (tones[2] - tones[1]) * (light * 2 - 1)
        amount = self._values(self.rng.uniform(0.35, 1, n))
        return x * (1 - amount) + torch.where(light < 0.5, low, high) * amount

    def line_art(self, x: Tensor, n: int) -> Tensor:
        """Dark outlines round everything; now and then the fills turn to paper."""
        light = self.luma(x)
        edge = functional.max_pool2d(light, 3, 1, 1) + functional.max_pool2d(-light, 3, 1, 1)
        edge = (edge * self._values(self.rng.uniform(2, 8, n))).clamp(0, 1)
        paper = self._values((self.rng.rand(n) < 0.35) * self.rng.uniform(0.6, 1, n))
        x = x * (1 - paper) + paper
        return x * (1 - edge) + edge * self._values(self.rng.uniform(0, 0.25, n))

    def poster(self, x: Tensor, n: int) -> Tensor:
        levels = self._values(self.rng.randint(2, 7, n))
        return (x * levels).round() / levels

    def pixels(self, x: Tensor, _: int) -> Tensor:
        """Pixel art: square pixels of 4 or 8, few levels."""
        side = int(self.rng.choice([4, 8]))
        small = functional.avg_pool2d(x, side)
        return functional.interpolate((small * 7).round() / 7, scale_factor=float(side), mode="nearest")

    def dots(self, x: Tensor, n: int) -> Tensor:
        """A coarse print: black dots that grow with darkness."""
        size, pitch = x.shape[-1], self.rng.uniform(5, 11)
        line = torch.arange(size, device=self.device, dtype=torch.float32) / pitch
        u, v = (line[None] + line[:, None]) * 0.707, (line[None] - line[:, None]) * 0.707
        wave = 0.5 + 0.25 * (torch.sin(u * 6.283) + torch.sin(v * 6.283))
        on = ((wave[None, None] - self.luma(x)) * 5).clamp(0, 1) * self._values(self.rng.uniform(0.3, 0.8, n))
        return x * (1 - on)

    def blur(self, x: Tensor, _: int) -> Tensor:
        line = torch.arange(-4, 5, device=self.device, dtype=torch.float32)
        kernel = torch.exp(-((line / self.rng.uniform(0.5, 2.2)) ** 2) / 2)
        kernel = (kernel / kernel.sum()).view(1, 1, 1, 9).expand(3, 1, 1, 9)
        x = functional.conv2d(functional.pad(x, (4, 4, 4, 4), mode="replicate"), kernel, groups=3)
        return functional.conv2d(x, kernel.transpose(2, 3), groups=3)

    def grade(self, x: Tensor, n: int) -> Tensor:
        r = self.rng
        x = x.clamp_min(1e-3) ** self._values(np.exp(r.randn(n) * 0.25))
        x = (x - 0.5) * self._values(r.uniform(0.7, 1.3, n)) + 0.5 + self._values(r.randn(n) * 0.06)
        grey = x.mean(1, keepdim=True)
        x = grey + (x - grey) * self._values(np.where(r.rand(n) < 0.1, 0, r.uniform(0.5, 1.4, n)))
        return x * upload(r.uniform(0.88, 1.12, (n, 3, 1, 1)), self.device, torch.float32)

    def haze(self, x: Tensor, n: int) -> Tensor:
        """Mist over everything, thicker in places."""
        noise = upload(self.rng.rand(n, 1, 4, 4), self.device, torch.float32)
        veil = functional.interpolate(noise, size=x.shape[-2:], mode="bicubic", align_corners=False)
        veil = (veil * self._values(self.rng.uniform(0.3, 0.8, n))).clamp(0, 0.8)
        tint = upload(random_rgb(self.rng, n), self.device).view(n, 3, 1, 1) * 0.4 + 0.6
        return x * (1 - veil) + tint * veil

    def noise(self, x: Tensor, n: int) -> Tensor:
        return x + torch.randn_like(x) * self._values(self.rng.uniform(0.005, 0.06, n))

    def jpeg(self, x: Tensor, n: int) -> Tensor:
        """Rounds the cosine transform of 8 x 8 blocks, coarser at high frequencies."""
        size = x.shape[-1]
        step = column(self.rng.uniform(0.01, 0.12, n), self.device, 6)
        f = torch.arange(8, device=self.device)
        step = step * (1 + (f.view(8, 1) + f.view(1, 8)) * 0.6).view(1, 1, 1, 8, 1, 8)
        blocks = x.reshape(n, 3, size // 8, 8, size // 8, 8) - 0.5
        waves = torch.einsum("ui,ncaibj,vj->ncaubv", self.cosine, blocks, self.cosine)
        waves = (waves / step).round() * step
        return torch.einsum("ui,ncaubv,vj->ncaibj", self.cosine, waves, self.cosine).reshape(n, 3, size, size) + 0.5
