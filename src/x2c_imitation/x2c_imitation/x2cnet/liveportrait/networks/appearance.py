# SPDX-License-Identifier: Apache-2.0
"""Appearance extractor: from the portrait to a volume of features, once a portrait."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from x2c_imitation.x2cnet.liveportrait.networks.blocks import ConvBlock, VolumeResidual

CHANNELS, DEPTH = 32, 16
"""Channels and depth of the feature volume."""

SIDE = 64
"""Width and height of the feature volume of a portrait."""

_WIDTHS = (64, 128, 256)
_RESIDUALS = 6


class AppearanceExtractor(nn.Module):
    """Features of a portrait, arranged as a volume in which keypoints can move parts."""

    def __init__(self) -> None:
        super().__init__()
        self.first = ConvBlock(3, _WIDTHS[0])
        self.down_blocks = nn.ModuleList(
            ConvBlock(narrow, wide, after=nn.AvgPool2d(2)) for narrow, wide in pairwise(_WIDTHS)
        )
        self.second = nn.Conv2d(_WIDTHS[-1], CHANNELS * DEPTH, 1)
        self.resblocks_3d = nn.Sequential()
        for number in range(_RESIDUALS):
            self.resblocks_3d.add_module(f"3dr{number}", VolumeResidual(CHANNELS))

    def forward(self, images: Tensor) -> Tensor:
        """Return volumes (n, 32, 16, h / 4, w / 4) of images (n, 3, h, w), RGB from 0 to 1."""
        x = self.first(images)
        for block in self.down_blocks:
            x = block(x)
        features = self.second(x)
        volume = features.reshape(-1, CHANNELS, DEPTH, *features.shape[2:])
        volumes: Tensor = self.resblocks_3d(volume)
        return volumes
