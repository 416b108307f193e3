# SPDX-License-Identifier: Apache-2.0
"""Rests of a robot that is collected from, and how long all of it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from x2c_core.robot.robot import Robot
from x2c_datasets.animation.animation import make_animation
from x2c_datasets.animation.point_to_point import PointToPointMotion
from x2c_datasets.collection_settings import CollectionSettings

_IMAGE = 0.3
"""Time for joints to arrive and for an image to come [s]."""

_TRIED = 10
"""Number of animations from which the duration of all is estimated."""


@dataclass(frozen=True)
class Rests:
    """Rests in the neutral pose, in which motors cool down.

    Attributes:
        every: Time of motion between two rests [s].
        duration: Duration of a rest [s]; 0 for none.
    """

    every: float = 600.0
    duration: float = 60.0

    def within(self, seconds: float) -> float:
        """Return how much rest there is in so much motion [s]."""
        return self.duration * (seconds // self.every) if self.duration else 0.0


def expected_duration(
    robot: Robot, settings: CollectionSettings, indices: Sequence[int], rests: Rests
) -> float:
    """Return about how long a robot takes to show animations, rests included [s].

    Args:
        robot: Robot to move.
        settings: Settings of the data set.
        indices: Indices of the animations.
        rests: Its rests.
    """
    chosen = np.unique(np.linspace(0, len(indices) - 1, min(len(indices), _TRIED)).round())
    seconds, frames = 0.0, 0
    at = robot.home
    for place in chosen.astype(int):
        index = indices[place]
        animation = make_animation(settings.seed, index, settings.frames)
        for values in animation.values[: settings.frames_of(index)]:
            motion = PointToPointMotion(robot, at, robot.joint_targets(values))
            at = motion.positions(motion.duration)
            seconds += motion.duration + settings.settle + _IMAGE
            frames += 1
    total = seconds / max(frames, 1) * sum(settings.frames_of(index) for index in indices)
    return total + rests.within(total)
