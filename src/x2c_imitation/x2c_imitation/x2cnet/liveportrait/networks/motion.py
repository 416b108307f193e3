# SPDX-License-Identifier: Apache-2.0
"""Motion extractor: a ConvNeXt V2 (arXiv 2301.00808) that reads keypoints and pose off a face."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import torch
from torch import Tensor, nn

KEYPOINTS = 21
BINS = 66
"""Number of intervals of an angle of the head; the network says how likely each one is."""

_WIDTHS = (96, 192, 384, 768)
_DEPTHS = (3, 3, 9, 3)
EPSILON = 1e-6

OUTPUTS: Final = {
    "kp": 3 * KEYPOINTS,
    "scale": 1,
    "pitch": BINS,
    "yaw": BINS,
    "roll": BINS,
    "t": 3,
    "exp": 3 * KEYPOINTS,
}
"""Number of values of each output; the names are those of the published network."""


class _ChannelNorm(nn.LayerNorm):
    """Normalise the channels of each pixel of an image (n, c, h, w)."""

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x.movedim(1, -1)).movedim(-1, 1)


class _ResponseNorm(nn.Module):
    """Let channels compete by their energy over the image (n, h, w, c)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.zeros(1, 1, 1, channels))
        self.beta = nn.Parameter(torch.zeros(1, 1, 1, channels))

    def forward(self, x: Tensor) -> Tensor:
        energy = torch.linalg.vector_norm(x, dim=(1, 2), keepdim=True)
        share = energy / (energy.mean(dim=-1, keepdim=True) + EPSILON)
        return torch.addcmul(self.beta, x, self.gamma * share + 1.0)


class ConvNextBlock(nn.Module):
    """Depthwise convolution, then two layers for each pixel, and a way around them."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width, eps=EPSILON)
        self.pwconv1 = nn.Linear(width, 4 * width)
        self.grn = _ResponseNorm(4 * width)
        self.pwconv2 = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Return images (n, c, h, w), channels last in memory."""
        pixels = self.norm(self.dwconv(x).movedim(1, -1))
        pixels = self.grn(nn.functional.gelu(self.pwconv1(pixels)))
        added: Tensor = self.pwconv2(pixels)
        return x + added.movedim(-1, 1)


class _MotionNetwork(nn.Module):
    """Backbone and one linear layer for each output."""

    def __init__(self) -> None:
        super().__init__()
        first = nn.Conv2d(3, _WIDTHS[0], 4, stride=4)
        self.downsample_layers = nn.ModuleList(
            [nn.Sequential(first, _ChannelNorm(_WIDTHS[0], eps=EPSILON))]
        )
        for narrow, wide in pairwise(_WIDTHS):
            halve = nn.Conv2d(narrow, wide, 2, stride=2)
            self.downsample_layers.append(nn.Sequential(_ChannelNorm(narrow, eps=EPSILON), halve))
        self.stages = nn.ModuleList(
            nn.Sequential(*(ConvNextBlock(width) for _ in range(depth)))
            for width, depth in zip(_WIDTHS, _DEPTHS, strict=True)
        )
        self.norm = nn.LayerNorm(_WIDTHS[-1], eps=EPSILON)
        for name, count in OUTPUTS.items():
            self.add_module(f"fc_{name}", nn.Linear(_WIDTHS[-1], count))

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        # Norms and linear layers work on pixels: with channels last nothing has to be copied.
        x = images.contiguous(memory_format=torch.channels_last)
        for halve, stage in zip(self.downsample_layers, self.stages, strict=True):
            x = stage(halve(x))
        features = self.norm(x.mean(dim=(2, 3)))
        return {name: self.get_submodule(f"fc_{name}")(features) for name in OUTPUTS}


class MotionExtractor(nn.Module):
    """Keypoints of a face at rest, their displacement by the expression, and the head pose."""

    def __init__(self) -> None:
        super().__init__()
        self.detector = _MotionNetwork()

    def forward(self, images: Tensor) -> dict[str, Tensor]:
        """Return the outputs (n, count) by name of images (n, 3, 256, 256), RGB from 0 to 1."""
        outputs: dict[str, Tensor] = self.detector(images)
        return outputs
