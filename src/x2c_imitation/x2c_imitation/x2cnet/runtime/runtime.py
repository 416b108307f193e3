# SPDX-License-Identifier: Apache-2.0
"""The interface of what runs a network."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import ImageBatch
from x2c_imitation.x2cnet.landmark_motion import Motions
from x2c_imitation.x2cnet.network.config import NetworkConfig


class Runtime(ABC):
    """Run one network."""

    @property
    @abstractmethod
    def config(self) -> NetworkConfig:
        """Of the network."""

    @abstractmethod
    def infer(self, images: ImageBatch, motion: Motions | None = None) -> NDArray[np.float32]:
        """Return the network's outputs (n, 30), in its own units.

        Args:
            images: (n, size, size, 3) RGB, of the network's size.
            motion: (n, MOTION_COUNT) motion of the landmarks, where the network takes it.
        """
