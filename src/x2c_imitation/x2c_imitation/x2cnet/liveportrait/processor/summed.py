# SPDX-License-Identifier: Apache-2.0
"""Convolution with few outputs: products for all taps at once, each added where it belongs."""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

from x2c_imitation.x2cnet.liveportrait.processor.winograd import bias_of


class SummedConvolution(nn.Module):
    """Convolution of images whose output is as large as its input.

    Libraries compute outputs by the dozen, also where only one is wanted.

    Args:
        convolution: Convolution with the weights; its taps are as many in each direction, and odd.
    """

    def __init__(self, convolution: nn.Conv2d) -> None:
        super().__init__()
        self._taps = convolution.weight.shape[-1]
        # What a pixel adds to its neighbour on the right is the neighbour's tap on the left.
        mirrored = convolution.weight.flip(2, 3)
        self.register_buffer("weight", mirrored.permute(0, 2, 3, 1).flatten(0, 2).contiguous())
        self.register_buffer("bias", bias_of(convolution).clone()[:, None, None])
        self.weight: Tensor
        self.bias: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs (n, outputs, h, w) of images (n, inputs, h, w)."""
        products = self.weight @ x.flatten(2)
        edge = self._taps // 2
        return functional.fold(products, x.shape[2:], self._taps, padding=edge) + self.bias
