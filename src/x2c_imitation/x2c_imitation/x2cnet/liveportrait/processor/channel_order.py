# SPDX-License-Identifier: Apache-2.0
"""Lay out volumes with their channels last in memory, and back.

As matrices they are transposed block by block, which is many times faster than number by number.
"""

from __future__ import annotations

from torch import Tensor, nn


class ChannelsLast(nn.Module):
    """Put the channels of volumes last in memory."""

    def forward(self, x: Tensor) -> Tensor:
        """Return volumes (n, c, depth, height, width) of those that have channels first."""
        made = x.new_empty(len(x), *x.shape[2:], x.shape[1])
        for one, volume in zip(made.flatten(1, -2), x.flatten(2), strict=True):
            one.copy_(volume.t())
        return made.movedim(-1, 1)


class ChannelsFirst(nn.Module):
    """Put the channels of volumes first in memory."""

    def forward(self, x: Tensor) -> Tensor:
        """Return volumes (n, c, depth, height, width) of those that have channels last."""
        made = x.new_empty(x.shape)
        for one, volume in zip(made.flatten(2), x.movedim(1, -1).flatten(1, -2), strict=True):
            one.copy_(volume.t())
        return made
