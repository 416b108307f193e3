# SPDX-License-Identifier: Apache-2.0
"""Predictions of a network for prepared images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from x2c_core.arrays import Array, ImageBatch, Indices
from x2c_core.control_space import controls
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.x2control import X2Control, in_network_units
from x2c_training.data.dataset_cache import Prepared
from x2c_training.data.frozen_features import FrozenFeatures
from x2c_training.data.plain_batches import plain_batches
from x2c_training.errors import PreparationError
from x2c_training.evaluation.metrics import Errors, measure


@dataclass(frozen=True)
class Prediction:
    """Of some rows.

    Attributes:
        predicted: (n, 30) [ratio or rad], in upstream's ranges.
        true: Likewise.
        errors: Errors of the predictions.
    """

    predicted: Array
    true: Array
    errors: Errors


def predict(
    network: X2Control,
    config: NetworkConfig,
    data: Prepared,
    rows: Indices,
    images: str,
    precision: torch.dtype = torch.float32,
    features: FrozenFeatures | None = None,
) -> Prediction:
    """Return what a network says; it is left in evaluation mode.

    Values outside a control's range are brought into it, as they are where the network is used.

    Args:
        network: On the device to compute on.
        config: Configuration of the network.
        data: Prepared at the network's size.
        rows: Rows to predict.
        images: "rendered" or "transferred".
        precision: Precision of the computation.
        features: Features of the images, where the backbone is frozen.

    Raises:
        PreparationError: There are no transferred images.
    """
    source = getattr(data, images)
    if source is None:
        raise PreparationError("these data have no transferred images")
    device = next(network.parameters()).device
    unit = in_network_units(np.ones(controls.COUNT), config).astype(np.float64)
    network.eval()
    found = []
    with (
        torch.inference_mode(),
        torch.autocast(device.type, precision, enabled=precision is not torch.float32),
    ):
        known = None if features is None else getattr(features, images)
        for chosen, seen in _features(network, config, source, known, rows):
            motion = None
            if config.landmarks and data.motion is not None:
                motion = torch.from_numpy(data.motion[chosen]).to(device)
            found.append(network.controls_from(seen, motion).float().cpu().numpy() / unit)
    predicted = np.clip(np.concatenate(found), controls.MINIMUM, controls.MAXIMUM)
    true = data.values[rows]
    return Prediction(predicted, true, measure(predicted, true))


def _features(
    network: X2Control,
    config: NetworkConfig,
    source: ImageBatch,
    known: NDArray[np.float32] | None,
    rows: Indices,
) -> Iterator[tuple[Indices, Tensor]]:
    """Yield rows and the features of their images, computed where they are not known."""
    device = next(network.parameters()).device
    if known is not None:
        yield rows, torch.from_numpy(known[rows]).to(device)
        return
    for chosen, batch in plain_batches(source, rows, config, device):
        yield chosen, network.features(batch)
