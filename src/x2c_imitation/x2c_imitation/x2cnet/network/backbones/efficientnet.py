# SPDX-License-Identifier: Apache-2.0
"""EfficientNet-B0 (arXiv 1905.11946) without classifier, with torchvision's parameter names."""

from __future__ import annotations

import torch
from torch import Tensor, nn

FEATURES = 1280

_FIRST = 32
_STAGES = (
    (1, 3, 1, 16, 1),
    (6, 3, 2, 24, 2),
    (6, 5, 2, 40, 2),
    (6, 3, 2, 80, 3),
    (6, 5, 1, 112, 3),
    (6, 5, 2, 192, 4),
    (6, 3, 1, 320, 1),
)
"""Of each stage: widening, kernel, stride, channels and number of blocks."""

_SQUEEZE = 4
_LEFT_OUT = 0.2
"""Probability, in training, with which the last block is passed by; earlier ones less."""


def _conv(
    inputs: int,
    outputs: int,
    kernel: int,
    stride: int = 1,
    *,
    depthwise: bool = False,
    active: bool = True,
) -> nn.Sequential:
    groups = inputs if depthwise else 1
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
    ]
    if active:
        layers.append(nn.SiLU(inplace=True))
    return nn.Sequential(*layers)


class _Excitation(nn.Module):
    """Weigh channels by what the whole image shows."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        mean = nn.functional.silu(self.fc1(x.mean(dim=(2, 3), keepdim=True)))
        return x * torch.sigmoid(self.fc2(mean))


class _InvertedResidual(nn.Module):
    """Widen, filter each channel, weigh the channels, narrow; and a way around."""

    def __init__(
        self, inputs: int, outputs: int, widening: int, kernel: int, stride: int, left_out: float
    ) -> None:
        super().__init__()
        wide = inputs * widening
        self.block = nn.Sequential()
        if widening > 1:
            self.block.append(_conv(inputs, wide, 1))
        self.block.append(_conv(wide, wide, kernel, stride, depthwise=True))
        self.block.append(_Excitation(wide, max(inputs // _SQUEEZE, 1)))
        self.block.append(_conv(wide, outputs, 1, active=False))
        self._left_out = left_out
        self._around = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        added: Tensor = self.block(x)
        if not self._around:
            return added
        if self.training and self._left_out:
            kept = torch.rand(len(x), 1, 1, 1, device=x.device) >= self._left_out
            added = added * kept.to(added.dtype) / (1.0 - self._left_out)
        return x + added


def build_efficientnet_b0() -> nn.Sequential:
    """Return a network from images (n, 3, height, width) to features (n, 1280, 1, 1)."""
    stages: list[nn.Module] = [_conv(3, _FIRST, 3, 2)]
    total = sum(depth for *_, depth in _STAGES)
    inputs, number = _FIRST, 0
    for widening, kernel, first_stride, outputs, depth in _STAGES:
        blocks = []
        for place in range(depth):
            stride = 1 if place else first_stride
            left_out = _LEFT_OUT * number / total
            blocks.append(_InvertedResidual(inputs, outputs, widening, kernel, stride, left_out))
            inputs, number = outputs, number + 1
        stages.append(nn.Sequential(*blocks))
    stages.append(_conv(inputs, FEATURES, 1))
    network = nn.Sequential(nn.Sequential(*stages), nn.AdaptiveAvgPool2d(1))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out")
            if module.bias is not None:
                nn.init.zeros_(module.bias)
    return network
