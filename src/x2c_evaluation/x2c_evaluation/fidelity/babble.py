# SPDX-License-Identifier: Apache-2.0
"""A robot that makes random smooth expressions: a performer whose face is known exactly."""

from __future__ import annotations

from collections.abc import Generator

import numpy as np
from scipy.interpolate import PchipInterpolator

from x2c_core.arrays import Array, ImageArray
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face.frames import ControlFrame, ControlState
from x2c_core.robot.robot import Robot
from x2c_evaluation.fidelity.simulated_robot import SimulatedRobot

DURATION = 40.0
"""Of a performance [s]."""

RATE = 30.0
"""Images a second."""

_REST = 2.6
"""At first the face is neutral, so that it can be calibrated [s]."""
_POSE_TIME = 0.5
"""From one pose to the next [s]."""
_ACTIVE = 0.35
"""Share of poses in which a control, or a pair of left and right, moves."""
_FARTHEST = 0.9
_ONE_SIDED = 0.25
"""Share of poses in which left and right do not do the same."""


def expressions(seed: int) -> Array:
    """Return control values (n, 30) [ratio or rad] over time, within the deployment ranges."""
    generator = np.random.default_rng(seed)
    times = np.arange(round(DURATION * RATE)) / RATE
    knots = np.concatenate([[0.0], np.arange(_REST, DURATION + _POSE_TIME, _POSE_TIME)])
    poses = np.array([_pose(generator, still=time <= _REST) for time in knots])
    deflections = PchipInterpolator(knots, poses)(times)
    values = np.array([controls.from_deflection(one) for one in deflections])
    return np.clip(values, controls.DEPLOYMENT_MINIMUM, controls.DEPLOYMENT_MAXIMUM)


def _pose(generator: np.random.Generator, still: bool) -> Array:
    moves = generator.random(controls.COUNT) < _ACTIVE
    pose = np.where(moves, generator.uniform(-_FARTHEST, _FARTHEST, controls.COUNT), 0.0)
    alike = generator.random() >= _ONE_SIDED
    for control in controls.CONTROLS:
        if control.mirror > control.index and alike:
            pose[control.mirror] = pose[control.index]
        if control.group is Group.NECK:
            pose[control.index] = 0.0
    return np.zeros(controls.COUNT) if still else pose


class Babbler:
    """Show the expressions; images come from the robot's own servos and camera.

    Attributes:
        truth: Descriptors (17,) of the face in each image shown so far.
    """

    def __init__(self, robot: Robot, seed: int) -> None:
        self._robot = robot
        self._values = expressions(seed)
        self.truth: list[Array] = []

    def __len__(self) -> int:
        """Return how many images there are."""
        return len(self._values)

    def images(self) -> Generator[ImageArray, None, None]:
        """Yield the images (height, width, 3), BGR, from the beginning."""
        self.truth = []
        with SimulatedRobot(self._robot) as simulated:
            for values in self._values:
                simulated.follow(ControlFrame(values, 1.0, ControlState.TRACKING, 0))
                simulated.wait(1.0 / RATE)
                self.truth.append(simulated.shape())
                yield np.ascontiguousarray(simulated.image()[:, :, ::-1])
