# SPDX-License-Identifier: Apache-2.0
"""LivePortrait's generator for processors."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from x2c_imitation.x2cnet.liveportrait.networks.generator import (
    EPSILON,
    Generator,
    ModulatedResidual,
    Modulation,
    activated,
)
from x2c_imitation.x2cnet.liveportrait.processor.enlarged import EnlargedConvolution
from x2c_imitation.x2cnet.liveportrait.processor.winograd import (
    WinogradConvolution,
    bias_of,
    faster,
)


class ProcessorGenerator(nn.Module):
    """Image of twice the portrait's size from warped features.

    Args:
        generator: Generator with the weights.
    """

    def __init__(self, generator: Generator) -> None:
        super().__init__()
        self.fc = faster(generator.fc)
        self.middle = nn.ModuleList(_Residual(block, 1) for block in generator.middle)
        self.up = nn.ModuleList(
            _Residual(block, factor)
            for block, factor in ((generator.up_0, 2), (generator.up_1, 4))
        )
        self.conv_img = generator.conv_img

    def forward(self, features: Tensor) -> Tensor:
        """Return images (n, 3, 8 h, 8 w), RGB from 0 to 1, of warped features (n, 256, h, w)."""
        x = self.fc(features)
        for block in self.middle:
            x = block(x, features)
        for block in self.up:
            x = block(functional.interpolate(x, scale_factor=2.0), features)
        image: Tensor = self.conv_img(activated(x))
        return image.sigmoid()


class _Residual(nn.Module):
    """Two modulated convolutions and a way around them.

    Args:
        given: Module with the weights.
        factor: Size of its input in relation to the features.
    """

    def __init__(self, given: ModulatedResidual, factor: int) -> None:
        super().__init__()
        self.conv_0 = faster(given.conv_0)
        self.conv_1 = faster(given.conv_1)
        self.norm_0, self.norm_1 = (
            _Modulation(given.norm_0, factor),
            _Modulation(given.norm_1, factor),
        )
        self.around: nn.Module | None = None
        if given.changes_width:
            self.around, self.norm_s = given.conv_s, _Modulation(given.norm_s, factor)

    def forward(self, x: Tensor, features: Tensor) -> Tensor:
        normalised = _normalised(x)
        around = x if self.around is None else self.around(self.norm_s(normalised, features))
        x = self.conv_0(activated(self.norm_0(normalised, features)))
        added: Tensor = self.conv_1(activated(self.norm_1(_normalised(x), features)))
        return added.add_(around)


class _Modulation(nn.Module):
    """Scale and offset of normalised activations, computed together."""

    def __init__(self, given: Modulation, factor: int) -> None:
        super().__init__()
        gamma, beta = given.mlp_gamma, given.mlp_beta
        self.hidden = EnlargedConvolution(cast(nn.Conv2d, given.mlp_shared[0]), factor)
        # The scale counts from 1.
        self.both = WinogradConvolution(
            torch.cat([gamma.weight, beta.weight]),
            torch.cat([bias_of(gamma) + 1.0, bias_of(beta)]),
        )

    def forward(self, normalised: Tensor, features: Tensor) -> Tensor:
        scale, offset = self.both(self.hidden(features)).chunk(2, dim=1)
        return torch.addcmul(offset, normalised, scale)


def _normalised(x: Tensor) -> Tensor:
    """Return an image whose channels have mean 0 and variance 1."""
    variance, mean = torch.var_mean(x, dim=(2, 3), correction=0, keepdim=True)
    scale = (variance + EPSILON).rsqrt()
    return torch.addcmul(-mean * scale, x, scale)
