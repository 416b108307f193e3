# SPDX-License-Identifier: Apache-2.0
"""Small networks that shift keypoints: for shoulders that stay, and for eyes and lips by ratio."""

from __future__ import annotations

from itertools import pairwise

from torch import Tensor, nn

from x2c_imitation.x2cnet.liveportrait.networks.motion import KEYPOINTS

_FLAT = 3 * KEYPOINTS


class KeypointShift(nn.Module):
    """Fully connected layers from keypoints and further numbers to shifts of keypoints.

    Args:
        widths: Number of values from the input over the hidden layers to the output.
    """

    def __init__(self, *widths: int) -> None:
        super().__init__()
        self.mlp = nn.Sequential()
        for inputs, outputs in pairwise(widths):
            if len(self.mlp):
                self.mlp.append(nn.ReLU())
            self.mlp.append(nn.Linear(inputs, outputs))

    def forward(self, values: Tensor) -> Tensor:
        """Return shifts (n, outputs) for keypoints and numbers (n, inputs)."""
        shifts: Tensor = self.mlp(values)
        return shifts


def stitching_network() -> KeypointShift:
    """Return the network from source and driving keypoints to shifts of each and of all."""
    return KeypointShift(2 * _FLAT, 128, 128, 64, _FLAT + 2)


def eye_network() -> KeypointShift:
    """Return the network from keypoints, the eyes' openness and the wanted one to shifts."""
    return KeypointShift(_FLAT + 3, 256, 256, 128, 128, 64, _FLAT)


def lip_network() -> KeypointShift:
    """Return the network from keypoints, the lips' opening and the wanted one to shifts."""
    return KeypointShift(_FLAT + 2, 128, 128, 64, _FLAT)
