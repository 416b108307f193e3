# SPDX-License-Identifier: Apache-2.0
"""Generator: an image from warped features that modulate each layer (SPADE, arXiv 1903.07291)."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils import spectral_norm

_FEATURES = 256
_WIDTH = 2 * _FEATURES
_HIDDEN = 128
_LAST = 64
_MIDDLE = 6
_SLOPE = 0.2
EPSILON = 1e-5


class Modulation(nn.Module):
    """Scale and offset of normalised activations, for each pixel from the warped features."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.mlp_shared = nn.Sequential(nn.Conv2d(_FEATURES, _HIDDEN, 3, padding=1), nn.ReLU())
        self.mlp_gamma = nn.Conv2d(_HIDDEN, channels, 3, padding=1)
        self.mlp_beta = nn.Conv2d(_HIDDEN, channels, 3, padding=1)

    def forward(self, normalised: Tensor, features: Tensor) -> Tensor:
        """Return modulated activations (n, c, h, w); features (n, 256, ...) are enlarged to it."""
        if features.shape[2:] != normalised.shape[2:]:
            features = functional.interpolate(features, normalised.shape[2:])
        hidden = self.mlp_shared(features)
        modulated = torch.addcmul(normalised, normalised, self.mlp_gamma(hidden))
        offset: Tensor = self.mlp_beta(hidden)
        return modulated + offset


class ModulatedResidual(nn.Module):
    """Two modulated convolutions and a way around them."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        between = min(inputs, outputs)
        self.conv_0 = spectral_norm(nn.Conv2d(inputs, between, 3, padding=1))
        self.conv_1 = spectral_norm(nn.Conv2d(between, outputs, 3, padding=1))
        self.changes_width = inputs != outputs
        if self.changes_width:
            self.conv_s = spectral_norm(nn.Conv2d(inputs, outputs, 1, bias=False))
        self.norm_0, self.norm_1 = Modulation(inputs), Modulation(between)
        if self.changes_width:
            self.norm_s = Modulation(inputs)

    def forward(self, x: Tensor, features: Tensor) -> Tensor:
        """Return activations (n, outputs, h, w) of others (n, inputs, h, w)."""
        normalised = functional.instance_norm(x, eps=EPSILON)
        around = self.conv_s(self.norm_s(normalised, features)) if self.changes_width else x
        x = self.conv_0(activated(self.norm_0(normalised, features)))
        x = self.norm_1(functional.instance_norm(x, eps=EPSILON), features)
        added: Tensor = self.conv_1(activated(x))
        return around + added


class Generator(nn.Module):
    """Image of twice the portrait's size from warped features."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Conv2d(_FEATURES, _WIDTH, 3, padding=1)
        for number in range(_MIDDLE):
            self.add_module(f"G_middle_{number}", ModulatedResidual(_WIDTH, _WIDTH))
        self.up_0 = ModulatedResidual(_WIDTH, _FEATURES)
        self.up_1 = ModulatedResidual(_FEATURES, _LAST)
        self.conv_img = nn.Sequential(
            nn.Conv2d(_LAST, 3 * 2 * 2, 3, padding=1), nn.PixelShuffle(2)
        )

    @property
    def middle(self) -> list[ModulatedResidual]:
        """Blocks that work at the size of the features."""
        names = [f"G_middle_{number}" for number in range(_MIDDLE)]
        return [cast(ModulatedResidual, self.get_submodule(name)) for name in names]

    def forward(self, features: Tensor) -> Tensor:
        """Return images (n, 3, 8 h, 8 w), RGB from 0 to 1, of warped features (n, 256, h, w)."""
        x = self.fc(features)
        for block in self.middle:
            x = block(x, features)
        for block in (self.up_0, self.up_1):
            x = block(functional.interpolate(x, scale_factor=2.0), features)
        image: Tensor = self.conv_img(activated(x))
        return image.sigmoid()


def activated(x: Tensor) -> Tensor:
    """Return activations (n, c, h, w) of the generator."""
    return functional.leaky_relu(x, _SLOPE)
