# SPDX-License-Identifier: Apache-2.0
"""Convolutions of what is enlarged, computed before it is enlarged."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from x2c_imitation.x2cnet.liveportrait.processor.packed_convolution import PackedConvolution
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


class EnlargedVolumeConvolution(nn.Module):
    """Convolution of 3 x 3 x 3 taps, then a ReLU, of a volume of twice the height and width.

    Each pixel becomes four. In a row or column, the first of two depends on the pixel and the one
    before it, the second on the pixel and the one after it: 12 taps do for each, not 27.

    Args:
        convolution: Convolution with the weights.
        size: Depth, height and width of the volumes before they are enlarged.
    """

    def __init__(self, convolution: nn.Conv3d, size: Sequence[int]) -> None:
        super().__init__()
        # By pixel of the volume and tap.
        first = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
        second = torch.tensor([[1.0, 1.0, 0.0], [0.0, 0.0, 1.0]])
        self.kinds = nn.ModuleList(
            PackedConvolution(
                torch.einsum("pj,qk,oidjk->oidpq", down, across, convolution.weight),
                bias_of(convolution),
                size,
                padding=(1, 0, 0),
            )
            for down in (first, second)
            for across in (first, second)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs (n, outputs, depth, 2 h, 2 w) of volumes (n, inputs, depth, h, w)."""
        count, _, depth, high, wide = x.shape
        padded = functional.pad(x.movedim(1, -1), (0, 0, 1, 1, 1, 1)).movedim(-1, 1)
        found = []
        for number, kind in enumerate(self.kinds):
            row, column = divmod(number, 2)
            part = padded[..., row : row + high + 1, column : column + wide + 1]
            found.append(kind(part).movedim(1, -1))
        rows = [torch.stack(pair, dim=4) for pair in (found[:2], found[2:])]
        whole = torch.stack(rows, dim=3)
        return whole.reshape(count, depth, 2 * high, 2 * wide, whole.shape[-1]).movedim(-1, 1)
