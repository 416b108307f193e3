# SPDX-License-Identifier: Apache-2.0
"""Linear layer whose weights are laid out for the processor once, not in each product."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

_ROWS = 1024
"""Number of rows for which the weights are laid out."""

_CAN_PACK = torch.backends.mkldnn.enabled and hasattr(torch.ops.mkldnn, "_linear_pointwise")


class PackedLinear(nn.Module):
    """Linear layer, with GELU where wanted.

    Args:
        weight: (outputs, inputs).
        bias: (outputs,) offset of each output.
        gelu: Whether the outputs go through a GELU.
    """

    def __init__(self, weight: Tensor, bias: Tensor, *, gelu: bool = False) -> None:
        super().__init__()
        self._gelu = gelu
        self._bias = bias
        # oneDNN's product of 32 bits is faster than MKL's, which torch takes, and on some
        # processors much so.
        self._weight = (
            torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), _ROWS)
            if _CAN_PACK
            else weight
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return outputs (..., outputs) of (..., inputs)."""
        if _CAN_PACK:
            after = "gelu" if self._gelu else "none"
            product: Tensor = torch.ops.mkldnn._linear_pointwise(
                x, self._weight, self._bias, after, [], "none"
            )
            return product
        found = functional.linear(x, self._weight, self._bias)
        return functional.gelu(found) if self._gelu else found
