# SPDX-License-Identifier: Apache-2.0
"""Run a network with torch."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray

from x2c_core.arrays import ImageBatch
from x2c_imitation.x2cnet.landmark_motion import Motions
from x2c_imitation.x2cnet.network.config import Device, NetworkConfig
from x2c_imitation.x2cnet.network.devices import torch_device
from x2c_imitation.x2cnet.network.x2control import Normalizer, X2Control
from x2c_imitation.x2cnet.runtime.runtime import Runtime


class TorchRuntime(Runtime):
    """Run a network as it is.

    Args:
        network: Network to run; it is put into evaluation mode and moved to the device.
        config: Configuration of the network.
        device: Device of the network.
        threads: Number of processor cores that torch may use, in this whole process.

    Raises:
        NetworkError: The device is not there.
    """

    def __init__(
        self, network: X2Control, config: NetworkConfig, device: Device | str, threads: int
    ) -> None:
        self._device = torch_device(device)
        torch.set_num_threads(threads)
        self._config = config
        self._normalizer = Normalizer(config).to(self._device)
        self._network = network.eval().to(self._device)

    @property
    def config(self) -> NetworkConfig:
        """Of the network."""
        return self._config

    def infer(self, images: ImageBatch, motion: Motions | None = None) -> NDArray[np.float32]:
        """Return the network's outputs (n, 30), in its own units."""
        with torch.inference_mode():
            given = self._normalizer(torch.from_numpy(images).to(self._device))
            moved = None if motion is None else torch.from_numpy(motion).to(self._device)
            return np.asarray(self._network(given, moved).float().cpu().numpy())
