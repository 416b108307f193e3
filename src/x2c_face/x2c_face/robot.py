# SPDX-License-Identifier: Apache-2.0
"""A robot as a folder: its joints, their limits, and how controls mix into them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_face import controls
from x2c_face.controls import Group

Array = NDArray[np.float64]


class CommandInterface(enum.StrEnum):
    """Kind of message in which a robot takes joint commands."""

    JOINT_STATE = "joint_state"
    FLOAT64_MULTI_ARRAY = "float64_multi_array"


@dataclass(frozen=True)
class Joint:
    """One joint and its limits, in SI units [rad or m, per s, s², s³].

    Attributes:
        name: As in joint messages.
        type: "revolute" or "prismatic".
        lower: Lowest position.
        upper: Highest position.
        velocity: Highest speed.
        acceleration: Highest acceleration.
        jerk: Highest jerk.
        home: Position of the neutral face.
    """

    name: str
    type: str
    lower: float
    upper: float
    velocity: float
    acceleration: float
    jerk: float
    home: float


@dataclass(frozen=True)
class Curve:
    """How one control moves one joint: straight lines through points, constant beyond the ends.

    Attributes:
        control: Index of the control.
        joint: Index of the joint.
        values: (n,) control values [ratio or rad], ascending.
        offsets: (n,) distances of the joint from home [rad or m].
    """

    control: int
    joint: int
    values: Array
    offsets: Array


@dataclass(frozen=True)
class Robot:
    """What `robot.yaml` says of a robot; paths are absolute.

    Attributes:
        name: Of the robot.
        folder: It was read from.
        description: One line for people.
        joints: In the order of commands.
        curves: How controls mix into joints; a joint adds up all that name it.
        gains: Per group of controls, for `x2c_actuation` to apply to the distance from neutral.
        command_interface: Kind of command message.
        expression_model: Path of the expression model.
        neutral_image: Path of a picture of the neutral face.
        neutral_landmarks: Path of the landmarks on that picture, as `numpy.save` writes them:
            (478, 3) [pixel].
        network: Path of the weights of X2CNet's mapping network, or of an ONNX file.
        driver: How the motors are reached, as `x2c_actuation.drivers` reads it; empty where the
            robot's motors are not ours to drive.
    """

    name: str
    folder: Path
    description: str
    joints: tuple[Joint, ...]
    curves: tuple[Curve, ...]
    gains: Mapping[Group, float]
    command_interface: CommandInterface
    expression_model: Path
    neutral_image: Path
    neutral_landmarks: Path
    network: Path
    driver: Mapping[str, Any] = field(default_factory=dict)

    @property
    def joint_names(self) -> tuple[str, ...]:
        """Names of the joints, in the order of commands."""
        return tuple(joint.name for joint in self.joints)

    @property
    def lower(self) -> Array:
        """(n,) lowest positions [rad or m]."""
        return np.array([joint.lower for joint in self.joints])

    @property
    def upper(self) -> Array:
        """(n,) highest positions [rad or m]."""
        return np.array([joint.upper for joint in self.joints])

    @property
    def home(self) -> Array:
        """(n,) positions of the neutral face [rad or m]."""
        return np.array([joint.home for joint in self.joints])

    def mix(self, values: ArrayLike) -> Array:
        """Return joint positions (n,) [rad or m] for control values (30,), not yet limited.

        Raises:
            ControlError: The values are not 30 finite numbers.
        """
        given = controls.vector(values)
        positions = self.home
        for curve in self.curves:
            positions[curve.joint] += np.interp(given[curve.control], curve.values, curve.offsets)
        return positions

    def joint_targets(self, values: ArrayLike) -> Array:
        """Return joint positions (n,) [rad or m] for control values (30,), inside all limits.

        Raises:
            ControlError: The values are not 30 finite numbers.
        """
        return np.clip(self.mix(values), self.lower, self.upper)
