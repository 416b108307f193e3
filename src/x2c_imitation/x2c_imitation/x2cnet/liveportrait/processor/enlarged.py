# SPDX-License-Identifier: Apache-2.0
"""Convolution of an enlarged image, computed on the image before it is enlarged."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from x2c_imitation.x2cnet.liveportrait.processor.winograd import WinogradConvolution, bias_of


class EnlargedConvolution(nn.Module):
    """Convolution of 3 x 3 taps, then a ReLU, of an image whose pixels are repeated.

    Where all taps fall on repeats of few pixels, they are added beforehand. Of the pixels that
    come of one, only the first and last ones of a row or column differ from the others.

    Args:
        convolution: Convolution with the weights.
        factor: Number of times that each pixel is repeated in each direction: 1, 2 or 4.
    """

    def __init__(self, convolution: nn.Conv2d, factor: int) -> None:
        super().__init__()
        self._factor = factor
        self._kinds = min(factor, 3)
        # Inner pixels, the second to the last but one, are of one kind.
        firsts = [0, 1, factor - 1] if factor > 2 else list(range(factor))
        fall = torch.zeros(self._kinds, 3, 3)
        for kind, pixel in enumerate(firsts):
            for tap in range(3):
                fall[kind, (pixel + tap - 1) // factor + 1, tap] = 1.0
        weight = torch.einsum("apj,bqk,oijk->aboipq", fall, fall, convolution.weight)
        kinds = self._kinds**2
        self.filters = WinogradConvolution(
            weight.flatten(0, 2), bias_of(convolution).repeat(kinds)
        )
        order = [0, *[1] * (factor - 2), self._kinds - 1] if factor > 1 else [0]
        self.register_buffer("order", torch.tensor(order))
        self.order: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs (n, outputs, factor h, factor w) of images (n, inputs, h, w)."""
        found: Tensor = self.filters(x).relu_()
        if self._factor == 1:
            return found
        count, _, high, wide = found.shape
        kinds = found.movedim(1, -1).reshape(count, high, wide, self._kinds, self._kinds, -1)
        kinds = kinds.transpose(2, 3)
        pixels = kinds.index_select(2, self.order).index_select(4, self.order)
        whole = pixels.reshape(count, self._factor * high, self._factor * wide, pixels.shape[-1])
        return whole.movedim(-1, 1)
