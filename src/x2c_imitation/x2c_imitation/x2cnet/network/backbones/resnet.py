# SPDX-License-Identifier: Apache-2.0
"""Residual networks (He et al., arXiv 1512.03385) with the parameter names of torchvision's.

torchvision itself cannot be installed beside a torch for CPUs. The networks here end before the
classifier and are the sequence of torchvision's children, so the parameters of its `conv1`,
`bn1`, `layer1` … are called `0`, `1`, `4` …, as X2C's published networks call them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn


class _BasicBlock(nn.Module):
    """Two 3x3 convolutions and a way around them."""

    expansion = 1

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, width, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.conv2 = nn.Conv2d(width, width, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.downsample = _downsample(inputs, width, stride)

    def forward(self, x: Tensor) -> Tensor:
        around = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.bn2(self.conv2(x))
        return torch.as_tensor(self.relu(x + around))


class _Bottleneck(nn.Module):
    """A 3x3 convolution between two of 1x1, and a way around them; the stride is the 3x3's."""

    expansion = 4

    def __init__(self, inputs: int, width: int, stride: int) -> None:
        super().__init__()
        outputs = width * self.expansion
        self.conv1 = nn.Conv2d(inputs, width, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.conv2 = nn.Conv2d(width, width, 3, stride, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(width)
        self.conv3 = nn.Conv2d(width, outputs, 1, bias=False)
        self.bn3 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = _downsample(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        around = x if self.downsample is None else self.downsample(x)
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.relu(self.bn2(self.conv2(x)))
        x = self.bn3(self.conv3(x))
        return torch.as_tensor(self.relu(x + around))


def _downsample(inputs: int, outputs: int, stride: int) -> nn.Sequential | None:
    if stride == 1 and inputs == outputs:
        return None
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs)
    )


@dataclass(frozen=True)
class ResNetLayout:
    """Of a residual network.

    Attributes:
        block: Class of its blocks.
        depths: Blocks in each of the four stages.
        width: Channels of the first stage; each further one has twice as many.
    """

    block: type[_BasicBlock] | type[_Bottleneck]
    depths: tuple[int, int, int, int]
    width: int = 64

    @property
    def features(self) -> int:
        """Number of features."""
        return 8 * self.width * self.block.expansion


RESNETS: Mapping[str, ResNetLayout] = {
    "resnet18": ResNetLayout(_BasicBlock, (2, 2, 2, 2)),
    "resnet34": ResNetLayout(_BasicBlock, (3, 4, 6, 3)),
    "resnet50": ResNetLayout(_Bottleneck, (3, 4, 6, 3)),
    "resnet18_half": ResNetLayout(_BasicBlock, (2, 2, 2, 2), 32),
    "resnet18_quarter": ResNetLayout(_BasicBlock, (2, 2, 2, 2), 16),
    "resnet10_half": ResNetLayout(_BasicBlock, (1, 1, 1, 1), 32),
}
"""Residual networks: torchvision's, and smaller ones for small images on a CPU."""


def build_backbone(plan: ResNetLayout) -> nn.Sequential:
    """Return a network from images (n, 3, height, width) to features (n, c, 1, 1).

    Weights are random, drawn as torchvision does (He et al., arXiv 1502.01852).
    """
    layers: list[nn.Module] = [
        nn.Conv2d(3, plan.width, 7, 2, 3, bias=False),
        nn.BatchNorm2d(plan.width),
        nn.ReLU(inplace=True),
        nn.MaxPool2d(3, 2, 1),
    ]
    inputs = plan.width
    for stage, depth in enumerate(plan.depths):
        width = plan.width << stage
        blocks = []
        for number in range(depth):
            stride = 2 if stage and not number else 1
            blocks.append(plan.block(inputs, width, stride))
            inputs = width * plan.block.expansion
        layers.append(nn.Sequential(*blocks))
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1))
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network
