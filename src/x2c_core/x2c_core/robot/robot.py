# SPDX-License-Identifier: Apache-2.0
"""A robot as a folder: its joints, their limits, and how controls mix into them."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.robot.coupling import CoupledLimit, project
from x2c_core.robot.mixing import Curve, Mixer


class CommandInterface(enum.StrEnum):
    """Kind of message in which a robot takes joint commands."""

    JOINT_STATE = "joint_state"
    """sensor_msgs/JointState: named and stamped."""
    FLOAT64_MULTI_ARRAY = "float64_multi_array"
    """std_msgs/Float64MultiArray, as ros2_control's forward_command_controller takes it."""
    JOINT_TRAJECTORY = "joint_trajectory"
    """trajectory_msgs/JointTrajectory, as ros2_control's joint_trajectory_controller takes it."""


@dataclass(frozen=True)
class Joint:
    """One joint and its limits, in SI units [rad or m, per s, s², s³].

    Attributes:
        name: Name in joint messages.
        type: "revolute", "prismatic", or "ratio" where the robot itself makes motion of a share.
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
class Robot:
    """Content of `robot.yaml`; paths are absolute.

    Attributes:
        name: Name of the robot.
        folder: It was read from.
        description: One line for people.
        joints: Joints in the order of commands.
        curves: Curves that mix controls into joints; a joint adds up all curves that name it.
        gains: Per group of controls, for `x2c_actuation` to apply to the distance from neutral.
        offsets: (30,) for `x2c_actuation` to add to control values after that [ratio or rad].
        coupled_limits: Limits that follow other joints, each after those of the joint it goes by.
        command_interface: Kind of command message.
        expression_model: Path of the expression model.
        neutral_image: Path of an image of the neutral face.
        neutral_landmarks: Path of the landmarks on that image, as `numpy.save` writes them:
            (478, 3) [pixel].
        network: Path of the weights of X2CNet's mapping network, or of an ONNX file.
        driver: Section `driver`, as `x2c_motors.drivers` reads it; empty if another program drives
            the robot's motors.
        drivers: Driver sections of several boards by name, where a robot has more than one; empty
            otherwise.
        lines: Line of each key in `robot.yaml`, for messages to users.
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
    drivers: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    offsets: Array = field(default_factory=lambda: np.zeros(controls.COUNT))
    coupled_limits: tuple[CoupledLimit, ...] = ()
    lines: Mapping[str, int] = field(default_factory=dict, compare=False, repr=False)

    @property
    def boards(self) -> dict[str, Mapping[str, Any]]:
        """Driver sections by their keys: `driver`, or `drivers.NAME` for each of several."""
        if self.driver:
            return {"driver": self.driver}
        return {f"drivers.{name}": section for name, section in self.drivers.items()}

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

    @property
    def followed(self) -> NDArray[np.bool_]:
        """(30,) which controls move a joint."""
        followed = np.zeros(controls.COUNT, dtype=bool)
        followed[[curve.control for curve in self.curves if np.any(curve.offsets)]] = True
        return followed

    def mix(self, values: ArrayLike) -> Array:
        """Return joint positions (..., n) [rad or m] for control values (..., 30), unlimited.

        Raises:
            ControlError: The values are not 30 finite numbers each.
        """
        return self._mixer.mix(controls.vectors(values))

    def joint_targets(self, values: ArrayLike) -> Array:
        """Return joint positions (n,) [rad or m] for control values (30,), inside all limits.

        Raises:
            ControlError: The values are not 30 finite numbers.
        """
        inside = np.clip(self.mix(values), self.lower, self.upper)
        return project(self.coupled_limits, inside)

    @cached_property
    def _mixer(self) -> Mixer:
        return Mixer(self.curves, self.home)
