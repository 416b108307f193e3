# SPDX-License-Identifier: Apache-2.0
"""From control values to joint targets: gains, offsets, mixing, and the limits of position."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_actuation.errors import TargetError
from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.robot.robot import Robot

_ROUNDING = 1e-6
"""Values of a float32 message may pass a limit by this much without being counted."""


@dataclass(frozen=True)
class Targets:
    """Target positions of the joints.

    Attributes:
        positions: (..., n) inside the robot's limits of position [rad or m].
        clamped_controls: (..., 30) whether a control value was outside its range.
        clamped_joints: (..., n) whether a joint was asked to pass a position limit.
    """

    positions: Array
    clamped_controls: NDArray[np.bool_]
    clamped_joints: NDArray[np.bool_]


class JointMap:
    """Turn control values into joint targets of one robot.

    Args:
        robot: Robot that has the joints.
        gains: Per group of controls, on top of the robot's own; 1 where none is given.
        offsets: Per group of controls, on top of the robot's own [ratio or rad]; 0 where none is
            given.
    """

    def __init__(
        self,
        robot: Robot,
        gains: Mapping[Group, float] | None = None,
        offsets: Mapping[Group, float] | None = None,
    ) -> None:
        self._robot = robot
        self._lower = robot.lower
        self._upper = robot.upper
        self.adjust(gains or {}, offsets or {})

    def adjust(self, gains: Mapping[Group, float], offsets: Mapping[Group, float]) -> None:
        """Replace the gains and offsets per group that come on top of the robot's own."""
        groups = [control.group for control in controls.CONTROLS]
        own = np.array([self._robot.gains.get(group, 1.0) for group in groups])
        self._gains = own * np.array([gains.get(group, 1.0) for group in groups])
        added = np.array([offsets.get(group, 0.0) for group in groups])
        # Amplified about neutral, then moved.
        self._middle = controls.NEUTRAL * (1.0 - self._gains) + self._robot.offsets + added

    def targets(self, values: ArrayLike) -> Targets:
        """Return joint targets for control values (..., 30) [ratio or rad].

        Raises:
            ControlError: The values are not 30 finite numbers each.
            TargetError: The robot's mixing makes something of them that is no number.
        """
        given = controls.vectors(values)
        in_range = controls.in_range(given)
        with np.errstate(over="ignore", invalid="ignore"):
            amplified = self._middle + self._gains * in_range
            wanted = self._robot.mix(controls.in_range(amplified))
        if not np.isfinite(wanted).all():
            raise TargetError(
                f"the mixing of robot {self._robot.name!r} leads to positions that are no "
                "numbers; check the offsets in its robot.yaml"
            )
        positions = np.minimum(np.maximum(wanted, self._lower), self._upper)
        return Targets(
            positions,
            clamped_controls=np.abs(given - in_range) > _ROUNDING,
            clamped_joints=np.abs(wanted - positions) > _ROUNDING,
        )
