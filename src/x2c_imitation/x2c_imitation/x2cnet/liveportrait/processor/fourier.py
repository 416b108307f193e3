# SPDX-License-Identifier: Apache-2.0
"""Convolutions of many taps by products of spectra, tile by tile."""

from __future__ import annotations

import math

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
        depth: Depth of the volumes.
    """

    def __init__(self, convolution: nn.Conv3d, depth: int) -> None:
        super().__init__()
        weight = convolution.weight
        self._taps = weight.shape[-1]
        self._in, deep = (count + self._taps - 1 for count in (_OUT, depth))
        spectra = torch.fft.rfftn(weight, s=(deep, self._in, self._in), dim=(2, 3, 4)).conj()
        kernels = spectra.permute(3, 4, 2, 1, 0).flatten(1, 2).resolve_conj().contiguous()
        # Volumes are as deep as they are: their spectra along it are products with a matrix.
        steps = torch.arange(deep, dtype=torch.float64)
        angles = torch.outer(steps, steps).remainder(deep) * (2.0 * math.pi / deep)
        waves = torch.polar(torch.ones_like(angles), angles).to(kernels.dtype)
        edge = self._taps // 2
        self.register_buffer("kernels", kernels)
        self.register_buffer("to_spectrum", waves[:, edge : edge + depth].conj().resolve_conj())
        self.register_buffer("to_depth", waves[:depth] / deep)
        self.register_buffer("bias", bias_of(convolution).clone())
        self.kernels: Tensor
        self.to_spectrum: Tensor
        self.to_depth: Tensor
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
        high, wide = self._in, self._in // 2 + 1
        spectra = self.kernels.new_empty(high, wide, depth, rows, columns, inputs)
        for found, plane in zip(spectra.unbind(2), tiles.unbind(1), strict=True):
            found.copy_(torch.fft.rfft2(plane).permute(3, 4, 1, 2, 0))
        # A part of all frequencies at once stays in the processor's cache.
        made = torch.stack(
            [
                self._products(seen.flatten(2), kernels)
                for seen, kernels in zip(spectra, self.kernels, strict=True)
            ]
        )
        outputs = made.shape[-1] // (rows * columns)
        pixels: Tensor = torch.fft.irfft2(
            made.view(high, wide, depth, rows, columns, outputs).permute(2, 3, 4, 5, 0, 1),
            s=(self._in, self._in),
        )[..., :_OUT, :_OUT]
        whole = pixels.permute(0, 1, 4, 2, 5, 3) + self.bias
        whole = whole.reshape(depth, _OUT * rows, _OUT * columns, outputs)
        return whole[:, :height, :width]

    def _products(self, spectra: Tensor, kernels: Tensor) -> Tensor:
        """Return what a part of the spectra becomes (frequencies, depth, tiles * outputs).

        Args:
            spectra: (frequencies, depth, tiles * inputs).
            kernels: (frequencies * frequencies along the depth, inputs, outputs).
        """
        count, deep, inputs = len(spectra), len(self.to_spectrum), kernels.shape[1]
        seen = torch.bmm(self.to_spectrum.expand(count, -1, -1), spectra)
        products = torch.bmm(seen.view(len(kernels), -1, inputs), kernels)
        return torch.bmm(self.to_depth.expand(count, -1, -1), products.view(count, deep, -1))
