# SPDX-License-Identifier: Apache-2.0
"""Convolutions with normalisation and activation, over images and over volumes."""

from __future__ import annotations

from torch import Tensor, nn


class ConvBlock(nn.Module):
    """Convolution of 3 taps in each direction, batch normalisation, activation, resampling.

    Args:
        inputs: Number of channels of the input.
        outputs: Number of channels of the output.
        volume: Whether the input is a volume (n, c, depth, height, width), not an image.
        slope: Slope of the activation below 0; 0 for a ReLU.
        before: Resampling before the convolution.
        after: Resampling after the activation.
    """

    def __init__(
        self,
        inputs: int,
        outputs: int,
        *,
        volume: bool = False,
        slope: float = 0.0,
        before: nn.Module | None = None,
        after: nn.Module | None = None,
    ) -> None:
        super().__init__()
        self.conv: nn.Module
        self.norm: nn.Module
        if volume:
            self.conv = nn.Conv3d(inputs, outputs, 3, padding=1)
            self.norm = nn.BatchNorm3d(outputs)
        else:
            self.conv = nn.Conv2d(inputs, outputs, 3, padding=1)
            self.norm = nn.BatchNorm2d(outputs)
        self.activation: nn.Module = nn.LeakyReLU(slope) if slope else nn.ReLU()
        self.before = before or nn.Identity()
        self.after = after or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        """Return the block's output of an image or a volume."""
        filtered: Tensor = self.activation(self.norm(self.conv(self.before(x))))
        resampled: Tensor = self.after(filtered)
        return resampled


class VolumeResidual(nn.Module):
    """Two normalised convolutions of a volume, and a way around them.

    Args:
        channels: Number of channels of input and output.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.BatchNorm3d(channels), nn.BatchNorm3d(channels)
        self.conv1 = nn.Conv3d(channels, channels, 3, padding=1)
        self.conv2 = nn.Conv3d(channels, channels, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return the sum of a volume (n, c, depth, height, width) and what the block adds."""
        between = self.conv1(self.norm1(x).relu())
        added: Tensor = self.conv2(self.norm2(between).relu())
        return x + added
