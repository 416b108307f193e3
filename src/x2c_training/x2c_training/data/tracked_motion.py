# SPDX-License-Identifier: Apache-2.0
"""The motion of a robot's landmarks as a face tracker sees it, where the exact one is known.

A tracker sees the irises of a robot move by half of what they do, and an upper lip with its
neighbours. It sees people in much the same way. So a network that has learned from exact
landmarks takes a person's glance for 0.7 of one. What the tracker sees of the robot is known
from its expression model. How that follows from the exact motion is a linear map here. It is gone
only part of the way: all the way, the sideways jaw and the lips' roll would be lost, which exact
landmarks show and a tracker hardly does.
"""

from __future__ import annotations

import numpy as np

from x2c_core.arrays import Array, Mask
from x2c_core.control_space import controls
from x2c_core.face.expression_model import ExpressionModel
from x2c_core.face.head_pose import FACING, HeadPose, rotation_from
from x2c_datasets.animation.animation import make_animation
from x2c_datasets.fit.expression_fit import TURNS
from x2c_imitation.x2cnet.landmark_motion import ANGLES, LIDS, LandmarkMotion, Motions

_SHARE = 0.6
"""Share of the way from exact to tracked."""

_RIDGE = 0.01
"""Pull of every number to what it is exactly, as a share of how much the exact ones vary."""

_LEAST_PULL = 1e-8
"""Pull of a number that does not vary: far below that of any that does."""

_SCALE = 100.0
"""Length of an interocular distance in images of which only landmarks are needed [pixel]."""

_SEED, _ANIMATIONS, _FRAMES = 0, 400, 2


def expressions(followed: Mask) -> Array:
    """Return control values (n, 30) [ratio or rad] of expressions that are always the same.

    Args:
        followed: (30,) which controls the robot follows; the others stay neutral.
    """
    made = [make_animation(_SEED, number, _FRAMES).values for number in range(_ANIMATIONS)]
    return np.where(followed, np.concatenate(made), controls.NEUTRAL)


def tracked_motions(model: ExpressionModel, robot: Array, values: Array) -> Motions:
    """Return motions (n, MOTION_COUNT) that a tracker sees of control values (n, 30).

    Args:
        model: Expression model of the robot.
        robot: (478, 3) landmarks on the image of the neutral robot [pixel].
        values: (n, 30) [ratio or rad].
    """
    measured = LandmarkMotion(robot)
    measured.calibrate(_from_the_front(model, controls.NEUTRAL))
    return np.array([measured.measure(_from_the_front(model, one)) for one in values])


def toward_tracked(exact: Motions, tracked: Motions) -> Array:
    """Return the matrix by which exact motions (n, MOTION_COUNT) come closer to tracked ones.

    The head's angles follow from themselves alone. Lids stay: a person's are scaled to the
    robot's, however the tracker sees either.

    Args:
        exact: (n, MOTION_COUNT) of some expressions.
        tracked: Likewise, of the same ones.
    """
    given, wanted = exact.astype(np.float64), tracked.astype(np.float64)
    count = given.shape[1]
    matrix = np.eye(count)
    normal = given.T @ given
    for number in sorted(set(range(count)) - set(LIDS)):
        used = np.arange(count) if number < count - ANGLES else np.array([number])
        squares = normal[np.ix_(used, used)]
        missing = wanted[:, number] - given[:, number]
        pulled = squares + np.diag(np.maximum(_RIDGE * squares.diagonal(), _LEAST_PULL))
        matrix[used, number] += _SHARE * np.linalg.solve(pulled, given[:, used].T @ missing)
    return matrix


def _from_the_front(model: ExpressionModel, values: Array) -> Array:
    """Return the landmarks (478, 3) [pixel] that control values (30,) give, the head turned."""
    angles = [sum(values[controls.index(name)] for name in names) for names in TURNS]
    turned = FACING @ rotation_from(*(np.array(angles) + model.turn(values)).tolist())
    return HeadPose(turned, np.zeros(3), _SCALE).to_pixels(model.landmarks(values))
