"""The object network: a picture in, then for every point asked about three masks (part, object, group) and what it is.

Encoder: EfficientNet-Lite2, three transformer blocks at stride 32, a U-Net decoder up to stride 4. Point head: features
of four levels at the point -> the weights of a small network that turns the encoder's mask features into three masks.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from .backbone import CHANNELS, Backbone

LEVELS = ("part", "object", "group")
KINDS = ("object", "text", "shape", "soft")  # what a point lies on
DENSE = ("object", "boundary", "shadow", "soft", "text")  # dense maps at stride 4, as logits
MASK_CHANNELS = 24  # features a pixel has for the point's own network
HIDDEN = 16  # width of the point's own network: shared by its three masks
COORDINATE_GAIN = 4.0  # relative coordinates span -4..4, about as much as the features do
STRIDE = 4  # input pixels a mask pixel
TOKEN = 160  # width of the transformer
POINT = 320  # width of the point head

_IN = MASK_CHANNELS + 2
_LAYER1, _LAYER2, _LAYER3 = HIDDEN * _IN + HIDDEN, HIDDEN * HIDDEN + HIDDEN, 3 * HIDDEN + 3
PARAMETERS = _LAYER1 + _LAYER2 + _LAYER3  # numbers of a point's own network
SCALARS = 3 + 1 + len(KINDS)  # predicted IoU of the three masks, depth, kind


def conv(before: int, after: int, kernel: int = 3) -> nn.Sequential:
    norm = nn.BatchNorm2d(after, momentum=0.03)
    return nn.Sequential(nn.Conv2d(before, after, kernel, padding=kernel // 2, bias=False), norm, nn.ReLU(inplace=True))


def double(x: Tensor) -> Tensor:
    return functional.interpolate(x, scale_factor=2.0, mode="bilinear", align_corners=False)


class Block(nn.Module):
    """A transformer block over (B, N, TOKEN) tokens."""

    def __init__(self, width: int, heads: int = 5) -> None:
        super().__init__()
        self.heads = heads
        self.norm1, self.qkv, self.out = nn.LayerNorm(width), nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.norm2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 3 * width), nn.GELU(), nn.Linear(3 * width, width))

    def forward(self, x: Tensor) -> Tensor:
        batch, count, width = x.shape
        qkv = self.qkv(self.norm1(x)).view(batch, count, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = qkv.unbind(0)
        weights = (query @ key.transpose(-1, -2) * (width // self.heads) ** -0.5).softmax(-1).to(value.dtype)
        x = x + self.out((weights @ value).transpose(1, 2).reshape(batch, count, width))
        return x + self.mlp(self.norm2(x))


class ObjectNet(nn.Module):
    """See the module's words. `encode`, then `points`, then `masks`."""

    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        c4, c8, c16, c32 = CHANNELS
        self.enter, self.place = nn.Conv2d(c32, TOKEN, 1), nn.Conv2d(TOKEN, TOKEN, 3, padding=1, groups=TOKEN)
        self.blocks = nn.ModuleList([Block(TOKEN) for _ in range(3)])
        self.leave = conv(TOKEN, 128, 1)
        self.side16, self.side8, self.side4 = conv(c16, 96, 1), conv(c8, 64, 1), conv(c4, 48, 1)
        self.merge16, self.merge8, self.merge4 = conv(224, 128), conv(192, 128), conv(176, 80)
        self.refine4 = conv(80, 80)
        self.mask_features = nn.Sequential(conv(80, 80), nn.Conv2d(80, MASK_CHANNELS, 1))
        self.dense = nn.Conv2d(80, len(DENSE), 1)
        self.trunk = nn.Sequential(nn.Linear(80 + 3 * 128, POINT), nn.ReLU(), nn.Linear(POINT, POINT), nn.ReLU())
        self.kernels, self.scalars = nn.Linear(POINT, PARAMETERS), nn.Linear(POINT, SCALARS)
        self._start()

    def _start(self) -> None:
        """Lets every point's own network begin as a sensible random one, and the dense maps as mostly empty."""
        nn.init.constant_(self.dense.bias, -1.5)
        nn.init.normal_(self.kernels.weight, std=0.02)
        with torch.no_grad():
            bias = self.kernels.bias.zero_()
            bias[: HIDDEN * _IN] = torch.randn(HIDDEN * _IN) * (2 / _IN) ** 0.5
            bias[_LAYER1 : _LAYER1 + HIDDEN * HIDDEN] = torch.randn(HIDDEN * HIDDEN) * (2 / HIDDEN) ** 0.5
            bias[_LAYER1 + _LAYER2 : _LAYER1 + _LAYER2 + 3 * HIDDEN] = torch.randn(3 * HIDDEN) * 0.25
            bias[-3:] = -1.0

    def encode(self, picture: Tensor) -> tuple[Tensor, ...]:
        """(B, 3, S, S) RGB 0..1, S a multiple of 32 -> p4 (B, 80, S/4, S/4), p8, p16, p32 (B, 128, ..), mask features
        (B, MASK_CHANNELS, S/4, S/4), dense logits (B, len(DENSE), S/4, S/4)."""
        f4, f8, f16, f32 = self.backbone((picture * 255 - 127) / 128)
        x = self.enter(f32)
        x = x + self.place(x)
        batch, width, high, wide = x.shape
        tokens = x.flatten(2).transpose(1, 2)
        for block in self.blocks:
            tokens = block(tokens)
        p32 = self.leave(tokens.transpose(1, 2).reshape(batch, width, high, wide).to(x.dtype))
        p16 = self.merge16(torch.cat([double(p32), self.side16(f16)], 1))
        p8 = self.merge8(torch.cat([double(p16), self.side8(f8)], 1))
        p4 = self.refine4(self.merge4(torch.cat([double(p8), self.side4(f4)], 1)))
        return p4, p8, p16, p32, self.mask_features(p4), self.dense(p4)

    def points(self, p4: Tensor, p8: Tensor, p16: Tensor, p32: Tensor, points: Tensor) -> tuple[Tensor, Tensor]:
        """points (B, N, 2), x and y in 0..1 -> own networks (B, N, PARAMETERS), scalars (B, N, SCALARS) as logits."""
        where = (points * 2 - 1).unsqueeze(1).float()
        found = [
            functional.grid_sample(p.float(), where, padding_mode="border", align_corners=False).squeeze(2)
            for p in (p4, p8, p16, p32)
        ]
        hidden = self.trunk(torch.cat(found, 1).transpose(1, 2))
        return self.kernels(hidden), self.scalars(hidden)


def masks(features: Tensor, own: Tensor, points: Tensor) -> Tensor:
    """Runs each point's own network: features (B, MASK_CHANNELS, H, W), own (B, N, PARAMETERS), points (B, N, 2) ->
    mask logits (B, N, 3, H, W). In float32: the coordinates need its precision."""
    batch, _, high, wide = features.shape
    count = own.shape[1]
    y = (torch.arange(high, device=own.device, dtype=torch.float32) + 0.5) / high * COORDINATE_GAIN
    x = (torch.arange(wide, device=own.device, dtype=torch.float32) + 0.5) / wide * COORDINATE_GAIN
    place = torch.stack([x.view(1, wide).expand(high, wide), y.view(high, 1).expand(high, wide)])
    inputs = torch.cat([features.float(), place[None].expand(batch, 2, high, wide)], 1).flatten(2)
    own = own.float()
    weight1 = own[..., : HIDDEN * _IN].reshape(batch, count, HIDDEN, _IN)
    bias1 = own[..., HIDDEN * _IN : _LAYER1] - (
        weight1[..., MASK_CHANNELS:] * (points * COORDINATE_GAIN).unsqueeze(2)
    ).sum(-1)
    hidden = torch.baddbmm(bias1.reshape(batch, -1, 1), weight1.reshape(batch, -1, _IN), inputs)
    hidden = torch.relu(hidden).view(batch * count, HIDDEN, -1)
    rest = own[..., _LAYER1:].reshape(batch * count, -1)
    weight2, bias2 = rest[:, : HIDDEN * HIDDEN].view(-1, HIDDEN, HIDDEN), rest[:, HIDDEN * HIDDEN : _LAYER2, None]
    hidden = torch.relu(torch.baddbmm(bias2, weight2, hidden))
    weight3, bias3 = rest[:, _LAYER2:-3].reshape(-1, 3, HIDDEN), rest[:, -3:, None]
    return torch.baddbmm(bias3, weight3, hidden).view(batch, count, 3, high, wide)
