# SPDX-License-Identifier: Apache-2.0
"""The network that a training begins with: a new one, or one with given weights."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from x2c_core.control_space import controls
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.weights import load_network
from x2c_imitation.x2cnet.network.x2control import (
    X2Control,
    build_network,
    in_network_units,
)
from x2c_training.errors import TrainingError

_LEARNED_AGAIN = ("image_size", "crop", "mean", "std")
"""In what given weights may differ: training makes up for it."""


def first_network(start: Path | None, config: NetworkConfig) -> tuple[X2Control, str]:
    """Return the network to begin with, and what a person should know of it; empty for nothing.

    Given weights are brought to this training's order of colours and unit of angles. A network of
    images alone gets layers for landmarks that add nothing yet.

    Args:
        start: File of weights; None for random ones.
        config: Configuration of the network to train.

    Raises:
        NetworkError: The file cannot be used.
        TrainingError: It holds another backbone, or takes landmarks and this training does not.
    """
    if start is None:
        return build_network(config), ""
    network, found = load_network(start)
    if found.backbone != config.backbone:
        raise TrainingError(
            f"{start} holds a network with the backbone {found.backbone}, but network.backbone is "
            f"{config.backbone}"
        )
    if found.landmarks and not config.landmarks:
        raise TrainingError(
            f"{start} holds a network that takes landmarks beside images: set network.landmarks "
            "to true"
        )
    if config.landmarks and not found.landmarks:
        images_alone = network
        network = build_network(replace(found, landmarks=True))
        network.load_state_dict(images_alone.state_dict(), strict=False)
    _translate(network, found, config)
    given, wanted = found.as_dict(), config.as_dict()
    other = [name for name in _LEARNED_AGAIN if given[name] != wanted[name]]
    return network, f"{start} saw images with another {', '.join(other)}" if other else ""


def _translate(network: X2Control, found: NetworkConfig, config: NetworkConfig) -> None:
    """Let a network of one configuration do in another one what it did before."""
    first = network.get_parameter("feature_extractor.0.weight")
    weight = network.get_parameter("pos_pred_head.4.weight")
    bias = network.get_parameter("pos_pred_head.4.bias")
    ones = np.ones(controls.COUNT)
    ratio = torch.from_numpy(in_network_units(ones, config) / in_network_units(ones, found))
    with torch.no_grad():
        if found.color_order is not config.color_order:
            first.copy_(first.flip(1))
        weight.mul_(ratio[:, None])
        bias.mul_(ratio)
        if network.motion_head is not None:
            network.motion_head.weight.mul_(ratio[:, None])
