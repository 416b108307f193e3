# SPDX-License-Identifier: Apache-2.0
"""Training loss: errors of the values and of the face that they give, and of features."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from x2c_core.arrays import Array, Mask
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face.descriptors import MATRIX
from x2c_core.face.expression_model import ExpressionModel
from x2c_datasets.fit.expression_fit import TURNS
from x2c_imitation.x2cnet.network.config import NetworkConfig
from x2c_imitation.x2cnet.network.x2control import in_network_units
from x2c_training.settings import LossSettings

_LEAST_SPREAD = 1e-4
"""Deviation [interocular distances or rad] from which a descriptor varies."""


def control_weights(named: Mapping[str, float]) -> np.typing.NDArray[np.float64]:
    """Return the weight of each control (30,) from weights by name; a control beats its group."""
    weights = np.ones(controls.COUNT)
    for group in Group:
        weights[controls.group_indices(group)] = named.get(group.value, 1.0)
    for name, weight in named.items():
        if name in controls.NAMES:
            weights[controls.index(name)] = weight
    return weights


def feature_distance(one: Tensor, other: Tensor) -> Tensor:
    """Return 1 - cosine between features (n, c) and (n, c), the mean over n."""
    return 1.0 - functional.cosine_similarity(one.float(), other.float(), dim=1).mean()


def feature_adaptation(rendered: Tensor, animated: Tensor) -> Tensor:
    """Return the squared distance between features (n, c) and (n, c), the mean over n.

    As X2CNet++ has it (arXiv 2602.07506): the features of the animated images stay where they
    are, and those of the rendered ones come to them.
    """
    difference = rendered.float() - animated.detach().float()
    return difference.square().sum(dim=1).mean()


class ValueLoss(nn.Module):
    """Error of predicted control values, scaled to [-1, 1] by upstream's ranges.

    Args:
        settings: Kind of error, and weights.
        config: Configuration of the network, whose values may be in degrees.
    """

    unit: Tensor
    weights: Tensor
    half_range: Tensor

    def __init__(self, settings: LossSettings, config: NetworkConfig) -> None:
        super().__init__()
        self._kind = settings.kind
        self._delta = settings.huber_delta
        unit = in_network_units(np.ones(controls.COUNT), config).astype(np.float64)
        weights = control_weights(settings.weights)
        half = 0.5 * (controls.MAXIMUM - controls.MINIMUM)
        for name, value in (("unit", unit), ("weights", weights), ("half_range", half)):
            self.register_buffer(name, torch.from_numpy(value.astype(np.float32)))

    def forward(self, predicted: Tensor, values: Tensor, counted: Tensor) -> tuple[Tensor, Tensor]:
        """Return the loss, and the mean absolute error without weights.

        Args:
            predicted: (n, 30) in the network's units.
            values: (n, 30) [ratio or rad].
            counted: (n, 30) 1 where a value counts, 0 where it does not.
        """
        difference = (predicted.float() / self.unit - values) / self.half_range
        if self._kind == "l1":
            each = difference.abs()
        elif self._kind == "mse":
            each = difference.square()
        else:
            # Divided by its width, so that it is the absolute error but near zero.
            zero = torch.zeros_like(difference)
            each = functional.huber_loss(difference, zero, reduction="none", delta=self._delta)
            each = each / self._delta
        total = counted.sum().clamp(min=1.0)
        loss = (each * counted * self.weights).sum() / total
        return loss, (difference.detach().abs() * counted).sum() / total


class DescriptorLoss(nn.Module):
    """Error of what people read off a face: its relations, and how the head is turned.

    Several controls move a lip or a brow. Errors of their values do not say whether they cancel
    out or add up. What the values do to the face, the robot's expression model foresees. What
    does not vary does not count.

    Args:
        model: Expression model of the robot.
        followed: (30,) which controls the robot follows.
        values: (n, 30) [ratio or rad] whose faces vary by 1 in each descriptor.
        config: Configuration of the network, whose values may be in degrees.
    """

    unit: Tensor
    neutral: Tensor
    room: Tensor
    effects: Tensor
    turns: Tensor
    scale: Tensor

    def __init__(
        self, model: ExpressionModel, followed: Mask, values: Array, config: NetworkConfig
    ) -> None:
        super().__init__()
        model = model.of_controls(followed)
        all_, none = np.ones(controls.COUNT), np.zeros(controls.COUNT)
        up, down = controls.from_ways([all_, none]), controls.from_ways([none, all_])
        room = np.concatenate([up - controls.NEUTRAL, controls.NEUTRAL - down])
        relations = np.concatenate([model.up, model.down]).reshape(len(room), -1) @ MATRIX.T
        apparent = np.concatenate([model.turn_up, model.turn_down])
        turns = np.zeros((controls.COUNT, relations.shape[1] + len(TURNS)))
        for column, names in enumerate(TURNS, start=relations.shape[1]):
            turns[[controls.index(name) for name in names], column] = 1.0
        turns[~followed] = 0.0
        buffers = {
            "unit": in_network_units(np.ones(controls.COUNT), config),
            "neutral": controls.NEUTRAL,
            # A control that is neutral at its end has no way to go there.
            "room": np.where(room > 0.0, room, np.inf),
            "effects": np.hstack([relations, apparent]),
            "turns": turns,
        }
        for name, value in buffers.items():
            self.register_buffer(name, torch.from_numpy(np.asarray(value, np.float32)))
        described = self._described(torch.from_numpy(values.astype(np.float32)))
        spread = described.std(dim=0, correction=0)
        self.register_buffer("scale", torch.where(spread > _LEAST_SPREAD, spread, math.inf))

    def forward(self, predicted: Tensor, values: Tensor, counted: Tensor) -> Tensor:
        """Return the mean absolute error.

        Args:
            predicted: (n, 30) in the network's units.
            values: (n, 30) [ratio or rad].
            counted: (n, 30) 1 where a value counts, 0 where it does not.
        """
        # Products of matrices would be rounded, to errors like those that are to be learned.
        with torch.autocast(predicted.device.type, enabled=False):
            found = torch.where(counted > 0.0, predicted.float() / self.unit, values)
            errors = (self._described(found) - self._described(values)) / self.scale
        varied = self.scale.isfinite().sum().clamp(min=1)
        return errors.abs().sum(dim=1).mean() / varied

    def _described(self, values: Tensor) -> Tensor:
        """Return what differs from the neutral face; beyond their ends values go on."""
        offset = values - self.neutral
        gone = torch.cat([offset.relu(), (-offset).relu()], dim=1) / self.room
        return gone @ self.effects + values @ self.turns
