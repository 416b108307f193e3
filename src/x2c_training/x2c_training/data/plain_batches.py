# SPDX-License-Identifier: Apache-2.0
"""A network's input made of images as they are, in order."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2c_core.arrays import ImageBatch, Indices
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_training.data.augmentation import NetworkInput


def plain_batches(
    source: ImageBatch, rows: Indices, config: NetworkConfig, device: torch.device, size: int = 256
) -> Iterator[tuple[NDArray[np.intp], Tensor]]:
    """Yield rows and the network's input made of them, nothing changed, in order.

    Args:
        source: (n, size, size, 3) RGB.
        rows: Rows to go through.
        config: Configuration of the network.
        device: Device of the input.
        size: Batch size.
    """
    network_input = NetworkInput(config, device)
    for start in range(0, len(rows), size):
        chosen = rows[start : start + size]
        yield chosen, network_input.make(np.asarray(source[chosen]))
