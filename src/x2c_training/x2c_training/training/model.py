# SPDX-License-Identifier: Apache-2.0
"""The network as it is trained: on rendered and transferred images together."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from x2c_imitation.x2cnet.network.x2control import X2Control
from x2c_training.data.loading import Batch
from x2c_training.settings import LossSettings
from x2c_training.training.losses import (
    DescriptorLoss,
    ValueLoss,
    feature_adaptation,
    feature_distance,
)


class TwoViews(nn.Module):
    """Look at rendered images and, where there are some, at transferred ones in the same pass.

    Args:
        network: Network to train.
    """

    def __init__(self, network: X2Control) -> None:
        super().__init__()
        self.network = network

    def forward(
        self, given: Tensor, motion: Tensor | None = None, shown: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return features (n, c) and control values (n, 30).

        Args:
            given: Images (n, 3, size, size), or the features (n, c) of a frozen backbone.
            motion: (n, MOTION_COUNT) motion of the landmarks, where the network takes it.
            shown: (n, 1) 1 where the values are read off the image too, 0 where not.
        """
        features = given if given.ndim == 2 else self.network.features(given)
        seen = features if shown is None else features * shown
        return features, self.network.controls_from(seen, motion)


@dataclass(frozen=True)
class Losses:
    """Losses of a step; scalars.

    Attributes:
        total: Total loss.
        values: Loss of the values on rendered images.
        transferred: Likewise on transferred ones; 0 without them.
        features: Distance of the features; 0 without transferred images.
        adaptation: Squared distance of the features; 0 without transferred images.
        descriptors: Loss of the face that the values give, on images of both kinds; 0 without it.
        mae: Mean absolute error on rendered images.
    """

    total: Tensor
    values: Tensor
    transferred: Tensor
    features: Tensor
    adaptation: Tensor
    descriptors: Tensor
    mae: Tensor


def losses_of(
    model: nn.Module,
    batch: Batch,
    value_loss: ValueLoss,
    settings: LossSettings,
    descriptor_loss: DescriptorLoss | None = None,
) -> Losses:
    """Return what the model makes of a batch.

    Args:
        model: `TwoViews`, perhaps wrapped for several processes.
        batch: Batch to evaluate.
        value_loss: Loss of the values.
        settings: Weights of the parts.
        descriptor_loss: Loss of the face that the values give; None where it has no weight.
    """
    given, motion, shown = batch.rendered, batch.motion, batch.shown
    if batch.transferred is not None:
        given = torch.cat([batch.rendered, batch.transferred])
        if motion is not None and shown is not None:
            motion, shown = torch.cat([motion, motion]), torch.cat([shown, shown])
    features, predicted = model(given, motion, shown)
    count = len(batch.rendered)
    values, mae = value_loss(predicted[:count], batch.values, batch.counted)
    transferred = distance = adaptation = described = torch.zeros_like(values)
    if batch.transferred is not None:
        transferred, _ = value_loss(predicted[count:], batch.values, batch.counted)
        distance = feature_distance(features[:count], features[count:])
        adaptation = feature_adaptation(features[:count], features[count:])
    if descriptor_loss is not None:
        views = len(predicted) // count
        described = descriptor_loss(
            predicted, batch.values.repeat(views, 1), batch.counted.repeat(views, 1)
        )
    total = (
        values
        + settings.transferred * transferred
        + settings.feature_matching * distance
        + settings.feature_adaptation * adaptation
        + settings.descriptors * described
    )
    return Losses(total, values, transferred, distance, adaptation, described, mae)
