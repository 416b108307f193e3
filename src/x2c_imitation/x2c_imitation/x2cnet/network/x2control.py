# SPDX-License-Identifier: Apache-2.0
"""X2CNet's mapping network (arXiv 2505.11146): a backbone, then three fully connected layers.

It may take the motion of landmarks as a second input, from which one more layer reads control
values that are added to those read off the image.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor, nn

from x2c_core.control_space import controls
from x2c_imitation.errors import NetworkError
from x2c_imitation.x2cnet.landmark_motion import MOTION_COUNT, MOTION_UNITS
from x2c_imitation.x2cnet.network.backbones.backbone import backbone_of
from x2c_imitation.x2cnet.network.config import AngleUnit, ColorOrder, NetworkConfig

_HIDDEN = 256


class X2Control(nn.Module):
    """From images to control values; parameters are called as in the published networks.

    With landmarks as a second input there is `motion_head` beside these. Each number of the motion
    has two weights, one for each way from neutral. A new `motion_head` adds nothing.

    A new network shows the neutral face: its last layer's bias is that.

    Args:
        config: Configuration of the network.

    Raises:
        NetworkError: There is no such backbone.
    """

    motion_units: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        chosen = backbone_of(config.backbone)
        self.feature_extractor = chosen.build(config.image_size)
        last = nn.Linear(_HIDDEN, controls.COUNT)
        self.pos_pred_head = nn.Sequential(
            nn.Linear(chosen.features(config.image_size), _HIDDEN),
            nn.ReLU(inplace=True),
            nn.Linear(_HIDDEN, _HIDDEN),
            nn.ReLU(inplace=True),
            last,
        )
        with torch.no_grad():
            last.bias.copy_(torch.from_numpy(in_network_units(controls.NEUTRAL, config)))
        self.motion_head: nn.Linear | None = None
        if config.landmarks:
            self.motion_head = nn.Linear(2 * MOTION_COUNT, controls.COUNT, bias=False)
            nn.init.zeros_(self.motion_head.weight)
            # Not persistent: a fixed scale is no weight.
            self.register_buffer("motion_units", torch.from_numpy(MOTION_UNITS), persistent=False)

    def features(self, images: Tensor) -> Tensor:
        """Return features (n, c) of normalised images (n, 3, height, width)."""
        return torch.as_tensor(self.feature_extractor(images).flatten(1))

    def controls_from(self, features: Tensor, motion: Tensor | None = None) -> Tensor:
        """Return control values (n, 30), in the network's own units.

        Args:
            features: (n, c) features of images.
            motion: (n, MOTION_COUNT) motion of the landmarks, where the network takes it.
        """
        values = torch.as_tensor(self.pos_pred_head(features))
        if self.motion_head is None:
            return values
        if motion is None:
            raise NetworkError("this network needs the motion of landmarks beside the image")
        moved = motion / self.motion_units
        return values + torch.as_tensor(
            self.motion_head(torch.cat([moved.relu(), (-moved).relu()], dim=1))
        )

    def forward(self, images: Tensor, motion: Tensor | None = None) -> Tensor:
        """Return control values (n, 30), in the network's own units, of normalised images."""
        return self.controls_from(self.features(images), motion)


class Normalizer(nn.Module):
    """Turn images (n, height, width, 3), uint8 RGB, into a network's input (n, 3, ., .).

    Args:
        config: Configuration of the network.
    """

    mean: Tensor
    scale: Tensor

    def __init__(self, config: NetworkConfig) -> None:
        super().__init__()
        self._flip = config.color_order is ColorOrder.BGR
        shape = (1, 3, 1, 1)
        mean = 255.0 * torch.tensor(config.mean).reshape(shape)
        scale = 1.0 / (255.0 * torch.tensor(config.std).reshape(shape))
        # Not persistent: the published networks have no such parameters.
        self.register_buffer("mean", mean, persistent=False)
        self.register_buffer("scale", scale, persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        """Return normalised float32 images, channels in the network's order."""
        channels = images.permute(0, 3, 1, 2)
        if self._flip:
            channels = channels.flip(1)
        return torch.as_tensor((channels.to(torch.float32) - self.mean) * self.scale)


def build_network(config: NetworkConfig) -> X2Control:
    """Return a new network with random weights, in training mode.

    Raises:
        NetworkError: There is no such backbone.
    """
    return X2Control(config)


def in_network_units(values: ArrayLike, config: NetworkConfig) -> NDArray[np.float32]:
    """Return control values (..., 30) [ratio or rad] in the units that a network gives."""
    given = controls.to_upstream(values) if config.angle_unit is AngleUnit.DEG else values
    return np.asarray(given, dtype=np.float32)
