# SPDX-License-Identifier: Apache-2.0
"""Convolution whose weights are laid out for the processor once, not for each image."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

_CAN_PACK = torch.backends.mkldnn.enabled and hasattr(torch.ops.mkldnn, "_convolution_pointwise")


class PackedConvolution(nn.Module):
    """Convolution of volumes, then a ReLU.

    Args:
        weight: (outputs, inputs, taps, taps, taps).
        bias: (outputs,) offset of each output.
        size: Depth, height and width of volumes for which weights are laid out; others work, too.
        padding: Zeros added at both ends of depth, height and width.
    """

    def __init__(
        self,
        weight: Tensor,
        bias: Tensor,
        size: Sequence[int],
        padding: tuple[int, int, int] = (1, 1, 1),
    ) -> None:
        super().__init__()
        self._bias, self._padding = bias, padding
        self._weight = (
            torch.ops.mkldnn._reorder_convolution_weight(
                weight.contiguous(), padding, *_PLAIN, [1, weight.shape[1], *size]
            )
            if _CAN_PACK
            else weight
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs of volumes (n, inputs, depth, height, width), channels last in memory."""
        if _CAN_PACK:
            found: Tensor = torch.ops.mkldnn._convolution_pointwise(
                x, self._weight, self._bias, self._padding, *_PLAIN, "relu", [], ""
            )
            return found
        return functional.conv3d(x, self._weight, self._bias, padding=self._padding).relu_()


_PLAIN = [1, 1, 1], [1, 1, 1], 1
"""Stride, dilation and number of groups."""
