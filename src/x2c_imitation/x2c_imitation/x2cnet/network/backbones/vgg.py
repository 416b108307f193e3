# SPDX-License-Identifier: Apache-2.0
"""VGG-16 (arXiv 1409.1556) without its classifier, with the parameter names of torchvision's."""

from __future__ import annotations

from torch import nn

CHANNELS = 512
REDUCTION = 32
"""Size of an image over that of its feature map."""

_STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and number of convolutions between two poolings."""


def build_vgg16() -> nn.Sequential:
    """Return a network from images (n, 3, h, w) to features (n, 512, h / 32, w / 32)."""
    layers: list[nn.Module] = []
    inputs = 3
    for width, depth in _STAGES:
        for _ in range(depth):
            layers += [nn.Conv2d(inputs, width, 3, padding=1), nn.ReLU(inplace=True)]
            inputs = width
        layers.append(nn.MaxPool2d(2))
    network = nn.Sequential(*layers)
    for layer in layers:
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, mode="fan_out", nonlinearity="relu")
            nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
    return network
