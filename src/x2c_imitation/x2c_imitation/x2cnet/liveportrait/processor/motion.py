# SPDX-License-Identifier: Apache-2.0
"""Blocks of LivePortrait's motion extractor for processors."""

from __future__ import annotations

from torch import Tensor, nn

from x2c_imitation.x2cnet.liveportrait.networks.motion import EPSILON, ConvNextBlock
from x2c_imitation.x2cnet.liveportrait.processor.packed_linear import PackedLinear

_AT_ONCE = 256
"""Pixels that are squared at once: more would not stay in the processor's cache."""


class ProcessorBlock(nn.Module):
    """Depthwise convolution, then two layers for each pixel, and a way around them.

    Args:
        given: Module with the weights.
    """

    def __init__(self, given: ConvNextBlock) -> None:
        super().__init__()
        self.dwconv, self.norm = given.dwconv, given.norm
        wide, narrow = given.pwconv1, given.pwconv2
        self.widen = PackedLinear(wide.weight, wide.bias, gelu=True)
        # What the norm of responses adds is the same everywhere.
        offset = narrow.weight @ given.grn.beta.flatten() + narrow.bias
        self.narrow = PackedLinear(narrow.weight, offset)
        self.gamma = given.grn.gamma

    def forward(self, x: Tensor) -> Tensor:
        """Return images (n, c, h, w), channels last in memory."""
        pixels = self.widen(self.norm(self.dwconv(x).movedim(1, -1)))
        squares = sum(
            part.square().sum(dim=1) for part in pixels.flatten(1, 2).split(_AT_ONCE, dim=1)
        )
        energy = squares.sqrt()[:, None, None]
        share = energy / (energy.mean(dim=-1, keepdim=True) + EPSILON)
        added: Tensor = self.narrow(pixels.mul_(self.gamma * share + 1.0))
        return x + added.movedim(-1, 1)
