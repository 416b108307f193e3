# SPDX-License-Identifier: Apache-2.0
"""Features of images from a backbone that does not learn: each is computed once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from x2c_core.arrays import ImageBatch, Indices
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.x2control import X2Control
from x2c_training.data.dataset_cache import Prepared
from x2c_training.data.plain_batches import plain_batches


@dataclass(frozen=True)
class FrozenFeatures:
    """Features of prepared images, by row; other rows than the chosen ones are zeros.

    Attributes:
        rendered: (n, c) of the rendered images.
        transferred: (n, c) of the transferred ones; None where there are none.
    """

    rendered: NDArray[np.float32]
    transferred: NDArray[np.float32] | None


def frozen_features(
    network: X2Control,
    config: NetworkConfig,
    data: Prepared,
    rows: Indices,
    precision: torch.dtype = torch.float32,
) -> FrozenFeatures:
    """Return the features of some rows; the network is left in evaluation mode.

    Args:
        network: On the device to compute on.
        config: Configuration of the network.
        data: Prepared at the network's size.
        rows: Rows to look at.
        precision: Precision of the computation.
    """
    network.eval()

    def of(source: ImageBatch) -> NDArray[np.float32]:
        device = next(network.parameters()).device
        found: NDArray[np.float32] | None = None
        with (
            torch.inference_mode(),
            torch.autocast(device.type, precision, enabled=precision is not torch.float32),
        ):
            for chosen, images in plain_batches(source, rows, config, device):
                made = network.features(images).float().cpu().numpy()
                if found is None:
                    found = np.zeros((len(source), made.shape[1]), np.float32)
                found[chosen] = made
        return np.zeros((len(source), 0), np.float32) if found is None else found

    return FrozenFeatures(
        of(data.rendered), None if data.transferred is None else of(data.transferred)
    )
