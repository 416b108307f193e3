# SPDX-License-Identifier: Apache-2.0
"""Convolutions of many taps by products of spectra, tile by tile."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

from x2c_imitation.x2cnet.liveportrait.processor.winograd import bias_of

_OUT = 16
"""Width of a tile of outputs."""


class FourierConvolution(nn.Module):
    """Convolution of volumes whose output is as large as its input.

    Args:
        convolution: Convolution with the weights; its taps are as many in each direction, and odd.
    """

    def __init__(self, convolution: nn.Conv3d) -> None:
        super().__init__()
        weight = convolution.weight
        self._taps = weight.shape[-1]
        self._in = _OUT + self._taps - 1
        # Taps along the depth are summed, not transformed.
        spectra = torch.fft.rfft2(weight, s=(self._in, self._in)).conj()
        kernels = spectra.flatten(3).permute(3, 2, 1, 0).resolve_conj().contiguous()
        self.register_buffer("kernels", kernels)
        self.register_buffer("bias", bias_of(convolution).clone())
        self.kernels: Tensor
        self.bias: Tensor

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs (n, outputs, depth, height, width), channels last in memory."""
        return torch.stack([self._filtered(one) for one in x]).movedim(-1, 1)

    def _filtered(self, volume: Tensor) -> Tensor:
        """Return the outputs (depth, height, width, outputs) of (inputs, depth, height, width)."""
        inputs, depth, height, width = volume.shape
        rows, columns = -(-height // _OUT), -(-width // _OUT)
        edge = self._taps // 2
        ends = edge, _OUT * columns - width + edge, edge, _OUT * rows - height + edge
        tiles = functional.pad(volume, ends).unfold(2, self._in, _OUT).unfold(3, self._in, _OUT)
        spectra = torch.fft.rfft2(tiles).permute(4, 5, 1, 2, 3, 0)
        high, wide = spectra.shape[:2]
        seen = spectra.new_zeros(high * wide, depth + 2 * edge, rows * columns, inputs)
        seen[:, edge : edge + depth] = spectra.reshape(high * wide, depth, -1, inputs)
        products = torch.bmm(seen[:, :depth].flatten(1, 2), self.kernels[:, 0])
        for tap in range(1, self._taps):
            products.baddbmm_(seen[:, tap : tap + depth].flatten(1, 2), self.kernels[:, tap])
        outputs = products.shape[-1]
        made: Tensor = torch.fft.irfft2(
            products.view(high, wide, depth, rows, columns, outputs).permute(2, 3, 4, 5, 0, 1),
            s=(self._in, self._in),
        )[..., :_OUT, :_OUT]
        whole = made.permute(0, 1, 4, 2, 5, 3) + self.bias
        whole = whole.reshape(depth, _OUT * rows, _OUT * columns, outputs)
        return whole[:, :height, :width]
