# SPDX-License-Identifier: Apache-2.0
"""A robot that acts in simulated time: control values in, its shape and its image out."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Self

import numpy as np

from x2c_actuation.pipeline.actuation_settings import ActuationSettings
from x2c_actuation.pipeline.actuation_stage import ActuationStage
from x2c_actuation.pipeline.coupling_guard import CouplingGuard
from x2c_actuation.pipeline.mapping import JointMap
from x2c_actuation.safety.state_machine import StateTiming
from x2c_core.arrays import Array, ImageArray
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face.descriptors import describe_face
from x2c_core.face.frames import ControlFrame
from x2c_core.face.head_pose import yaw_pitch_roll
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_node.robots import find_robot
from x2c_virtual_face.head.rig import JOINT_TYPES
from x2c_virtual_face.virtual_face import VirtualFace

SIZE = 256
"""Width and height of the robot's images, as virtual_face_node makes them [pixel]."""

TICK = 0.01
"""Time between two commands, as actuation_node sends them [s]."""

_VIRTUAL = "virtual"
"""Robot that shows what a robot with other joints does."""

_NOTHING = 1e-6
"""So little time is none [s]."""


def has_virtual_joints(robot: Robot) -> bool:
    """Return whether the virtual face has a robot's joints, and so can show the robot itself."""
    return {joint.name: joint.type for joint in robot.joints} == JOINT_TYPES


class SimulatedRobot:
    """The virtual face with its actuation and its servos.

    Time stands still but for `wait`, so it acts as fast as the machine allows and always the
    same. A robot with other joints is shown by the virtual humanoid, which then moves only the
    controls that move a joint of that robot.

    Args:
        robot: Robot that acts.
        gains: Gain of each group of controls, as in the parameters of actuation_node.
        offsets: Offset of each group of controls [ratio or rad], likewise.

    Attributes:
        possible: (30,) which controls it moves.

    Raises:
        X2CError: The virtual humanoid cannot be shown.
    """

    def __init__(
        self,
        robot: Robot,
        gains: Mapping[Group, float] | None = None,
        offsets: Mapping[Group, float] | None = None,
    ) -> None:
        self.possible = np.ones(controls.COUNT, dtype=bool)
        if not has_virtual_joints(robot):
            self.possible = robot.followed
            robot = load_robot(find_robot(_VIRTUAL))
        self._face = VirtualFace(robot, SIZE, SIZE)
        self._map = JointMap(robot, gains, offsets)
        self._guard = CouplingGuard(robot.coupled_limits)
        self._robot = robot
        # Without dynamics and images, so it costs next to nothing.
        self._ideal = VirtualFace(robot, SIZE, SIZE)
        # Control values that stay away are not to move it.
        timing = StateTiming(ramp=0.0, hold_after=math.inf, neutral_after=math.inf)
        self._now = 0.0
        self._stage = ActuationStage(
            ActuationSettings(timing, gains=gains or {}, offsets=offsets or {}),
            self._now,
            armed=True,
        )
        self._stage.load(robot, TICK)

    def restricted(self, values: Array) -> Array:
        """Return control values (30,) with neutral ones where it moves nothing."""
        return np.where(self.possible, values, controls.NEUTRAL)

    def follow(self, frame: ControlFrame) -> None:
        """Send the joints where control values want them, at once as actuation_node does."""
        frame = dataclasses.replace(frame, values=self.restricted(np.asarray(frame.values)))
        self._stage.take(frame, 0, self._now)
        self._send()

    def wait(self, seconds: float) -> None:
        """Let time pass [s], with commands at the motor rate."""
        end = self._now + seconds
        while (step := min(TICK, end - self._now)) > _NOTHING:
            self._now += step
            self._face.step(step)
            self._send()

    def _send(self) -> None:
        command = self._stage.tick(self._now)
        if command is not None:
            self._face.command(command.state.position)

    def image(self) -> ImageArray:
        """Return an image (height, width, 3), RGB, of the face as it is now."""
        return self._face.render()

    def shape(self) -> Array:
        """Return the descriptors (17,) of the face as it is now, without any tracker."""
        return _shape(self._face)

    def ideally(self, values: Array) -> Array:
        """Return the descriptors (17,) of control values (30,) reached at once."""
        values = self.restricted(values)
        self._ideal.set_positions(self._guard.allowed(self._map.targets(values).positions))
        return _shape(self._ideal)

    def close(self) -> None:
        """Free what draws."""
        self._face.close()

    def __enter__(self) -> Self:
        """Return the robot itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Close it."""
        self.close()


def _shape(face: VirtualFace) -> Array:
    angles = yaw_pitch_roll(face.head_rotation())
    return np.concatenate([describe_face(face.landmarks()), angles])
