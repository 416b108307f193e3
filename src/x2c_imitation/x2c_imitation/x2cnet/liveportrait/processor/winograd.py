# SPDX-License-Identifier: Apache-2.0
"""Convolutions of 3 x 3 taps by Winograd's minimal filtering (arXiv 1509.09308).

A tile of 4 x 4 outputs takes 36 multiplications for each pair of channels, not 144. Libraries for
processors do not have it for numbers of 32 bits.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

_OUT, _IN = 4, 6
"""Width of a tile of outputs, and of the inputs it depends on."""

_TILE = _IN * _IN

# Interpolation at the points 0, 1, -1, 2, -2 and infinity.
_INPUT = (
    (4.0, 0.0, -5.0, 0.0, 1.0, 0.0),
    (0.0, -4.0, -4.0, 1.0, 1.0, 0.0),
    (0.0, 4.0, -4.0, -1.0, 1.0, 0.0),
    (0.0, -2.0, -1.0, 2.0, 1.0, 0.0),
    (0.0, 2.0, -1.0, -2.0, 1.0, 0.0),
    (0.0, 4.0, 0.0, -5.0, 0.0, 1.0),
)
_TAPS = (
    (1 / 4, 0.0, 0.0),
    (-1 / 6, -1 / 6, -1 / 6),
    (-1 / 6, 1 / 6, -1 / 6),
    (1 / 24, 1 / 12, 1 / 6),
    (1 / 24, -1 / 12, 1 / 6),
    (0.0, 0.0, 1.0),
)
_OUTPUT = (
    (1.0, 1.0, 1.0, 1.0, 1.0, 0.0),
    (0.0, 1.0, -1.0, 2.0, -2.0, 0.0),
    (0.0, 1.0, 1.0, 4.0, 4.0, 0.0),
    (0.0, 1.0, -1.0, 8.0, -8.0, 1.0),
)

_LEAST = 128
"""Channels from which on multiplications take longer than what is done to save them."""

_AT_ONCE = 1 << 21
"""Numbers that are worked on at once: more would not stay in the processor's cache."""


class WinogradConvolution(nn.Module):
    """Convolution of 3 x 3 or 3 x 3 x 3 taps whose output is as large as its input.

    Args:
        weight: (outputs, inputs, 3, 3) or (outputs, inputs, 3, 3, 3) taps.
        bias: (outputs,) offset of each output.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self._is_volume = weight.dim() == 5
        taps = weight if self._is_volume else weight[:, :, None]
        # Taps along the depth are summed, not transformed.
        to_tile = torch.tensor(_TAPS, dtype=torch.float64)
        tiles = torch.einsum("aj,bk,oidjk->abdio", to_tile, to_tile, taps.double())
        self.register_buffer("kernels", tiles.flatten(0, 1).float().contiguous())
        self.register_buffer("bias", bias.clone())
        self.register_buffer("of_inputs", torch.tensor(_INPUT))
        self.register_buffer("of_products", torch.tensor(_OUTPUT))
        self.kernels: Tensor
        self.bias: Tensor
        self.of_inputs: Tensor
        self.of_products: Tensor

    @classmethod
    def like(cls, convolution: nn.Conv2d | nn.Conv3d) -> WinogradConvolution:
        """Return a convolution with the same outputs."""
        return cls(convolution.weight, bias_of(convolution))

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs (n, outputs, [depth,] height, width), channels last in memory."""
        volumes = x if self._is_volume else x[:, :, None]
        each = [self._filtered(one) for one in volumes.movedim(1, -1)]
        found = (each[0][None] if len(each) == 1 else torch.stack(each)).movedim(-1, 1)
        return found if self._is_volume else found[:, :, 0]

    def _filtered(self, volume: Tensor) -> Tensor:
        """Return the outputs (depth, height, width, outputs) of a volume with channels last."""
        depth, height, width, inputs = volume.shape
        _, deep, _, outputs = self.kernels.shape
        rows, columns = -(-height // _OUT), -(-width // _OUT)
        ends = 1, _OUT * columns - width + 1, 1, _OUT * rows - height + 1, deep // 2, deep // 2
        padded = functional.pad(volume, (0, 0, *ends))
        found = volume.new_empty(depth, rows, _OUT, columns, _OUT, outputs)
        most = _TILE * columns * max(len(padded) * inputs, depth * outputs)
        step = -(-rows // max(round(rows * most / _AT_ONCE), 1))
        # Memory that is used again need not be asked for, which takes long.
        room = volume.new_empty(2, step * most)
        for first in range(0, rows, step):
            last = min(first + step, rows)
            count = (last - first) * columns
            part = padded[:, _OUT * first : _OUT * last + _IN - _OUT]
            tiles = part.unfold(1, _IN, _OUT).unfold(2, _IN, _OUT).permute(4, 5, 0, 1, 2, 3)
            taken = _part(room[0], *tiles.shape).copy_(tiles)
            seen = _both_ways(self.of_inputs, taken.view(_IN, _IN, -1), room[1], room[0])
            seen = seen.view(_TILE, len(padded), count, inputs)
            products = _part(room[1], _TILE, depth * count, outputs)
            torch.bmm(seen[:, :depth].flatten(1, 2), self.kernels[:, 0], out=products)
            for tap in range(1, deep):
                products.baddbmm_(seen[:, tap : tap + depth].flatten(1, 2), self.kernels[:, tap])
            made = _both_ways(self.of_products, products.view(_IN, _IN, -1), room[0], room[1])
            made = made.view(_OUT, _OUT, depth, last - first, columns, outputs)
            torch.add(made.permute(2, 3, 0, 4, 1, 5), self.bias, out=found[:, first:last])
        whole = found.view(depth, _OUT * rows, _OUT * columns, outputs)
        return whole[:, :height, :width]


def bias_of(convolution: nn.Conv2d | nn.Conv3d) -> Tensor:
    """Return the offset (outputs,) of each output of a convolution."""
    bias = convolution.bias
    return torch.zeros(convolution.out_channels) if bias is None else bias


def faster(convolution: nn.Conv2d | nn.Conv3d) -> nn.Module:
    """Return a convolution with the same outputs, or the given one where nothing is faster."""
    if min(convolution.in_channels, convolution.out_channels) < _LEAST:
        return convolution
    return WinogradConvolution.like(convolution)


def _part(room: Tensor, *shape: int) -> Tensor:
    """Return the beginning of some memory (n,) in a shape."""
    return room[: math.prod(shape)].view(shape)


def _both_ways(matrix: Tensor, tiles: Tensor, between: Tensor, found: Tensor) -> Tensor:
    """Return tiles (made, made, n) whose rows and columns are transformed.

    One way after the other takes fewer multiplications than both at once.

    Args:
        matrix: (made, given) transforms a row or column.
        tiles: (given, given, n).
        between: Memory (m,) for what is transformed one way.
        found: Memory (m,) for the result; it may be that of the tiles.
    """
    made, given = matrix.shape
    columns = _part(between, given, made, tiles.shape[-1])
    torch.bmm(matrix.expand(given, -1, -1), tiles.transpose(0, 1), out=columns)
    both = _part(found, made, made, tiles.shape[-1])
    return torch.bmm(matrix.expand(made, -1, -1), columns.transpose(0, 1), out=both)
