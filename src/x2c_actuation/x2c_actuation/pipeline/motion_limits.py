# SPDX-License-Identifier: Apache-2.0
"""Limits and states of several joints as vectors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np

from x2c_actuation.errors import MotionError
from x2c_core.arrays import Array
from x2c_core.robot.robot import Joint


@dataclass(frozen=True)
class MotionLimits:
    """Limits of n joints, in SI units [rad or m, per s, s², s³].

    Attributes:
        lower: (n,) lowest positions.
        upper: (n,) highest positions, above the lowest.
        velocity: (n,) highest speeds, positive.
        acceleration: (n,) highest accelerations, positive.
        jerk: (n,) highest jerks, positive.

    Raises:
        MotionError: They are not so.
    """

    lower: Array
    upper: Array
    velocity: Array
    acceleration: Array
    jerk: Array

    def __post_init__(self) -> None:
        """Refuse limits in which nothing can move."""
        for field in fields(self):
            values = getattr(self, field.name)
            if np.shape(values) != np.shape(self.lower) or np.ndim(values) != 1:
                raise MotionError(f"{field.name}: expected one limit for each joint")
            if not np.isfinite(values).all():
                raise MotionError(f"{field.name}: limits must be finite, got {values}")
        if not (self.lower < self.upper).all():
            raise MotionError("the lowest position of every joint must be below its highest")
        for name in ("velocity", "acceleration", "jerk"):
            if not (getattr(self, name) > 0.0).all():
                raise MotionError(f"{name}: limits must be positive, got {getattr(self, name)}")

    @classmethod
    def of(cls, joints: Sequence[Joint]) -> Self:
        """Return the limits of some joints of a robot."""
        return cls(
            **{
                field.name: np.array([getattr(joint, field.name) for joint in joints], dtype=float)
                for field in fields(cls)
            }
        )

    def slowed(self, share: float) -> Self:
        """Return the limits with a share of their velocity, acceleration and jerk."""
        return replace(
            self,
            velocity=share * self.velocity,
            acceleration=share * self.acceleration,
            jerk=share * self.jerk,
        )


@dataclass(frozen=True)
class MotionState:
    """Commands to n joints at one moment.

    Attributes:
        position: (n,) [rad or m].
        velocity: (n,) [rad/s or m/s].
        acceleration: (n,) [rad/s² or m/s²].
    """

    position: Array
    velocity: Array
    acceleration: Array
