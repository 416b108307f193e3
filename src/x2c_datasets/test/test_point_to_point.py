# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from x2c_core.robot.robot_file import load_robot
from x2c_datasets.animation.point_to_point import PointToPointMotion
from x2c_node.robots import find_robot


@pytest.fixture(scope="module")
def robot():
    return load_robot(find_robot("virtual"))


SHARES = arrays(np.float64, 30, elements=st.floats(-0.5, 1.5))


@settings(max_examples=30)
@given(start=SHARES, target=SHARES)
def test_no_limit_of_motion_is_passed(robot, start, target):
    span = robot.upper - robot.lower
    start = robot.lower + np.clip(start, 0.0, 1.0) * span
    motion = PointToPointMotion(robot, start, robot.lower + target * span)
    times = np.linspace(0.0, motion.duration, 200)
    course = np.array([motion.positions(t) for t in times])
    assert (course >= robot.lower - 1e-9).all()
    assert (course <= robot.upper + 1e-9).all()
    if motion.duration < 1e-3:
        # Too short for differences to say something.
        return
    step = times[1]
    for order, name in ((1, "velocity"), (2, "acceleration"), (3, "jerk")):
        limits = np.array([getattr(joint, name) for joint in robot.joints])
        # What is measured on steps is a little rough.
        assert (np.abs(np.diff(course, order, axis=0)).max(axis=0) / step**order < limits).all()


def test_it_arrives_and_stays(robot):
    target = 0.5 * (robot.lower + robot.upper)
    motion = PointToPointMotion(robot, robot.home, target)
    assert motion.duration > 0.05
    assert np.array_equal(motion.positions(0.0), robot.home)
    assert np.array_equal(motion.positions(motion.duration), target)
    assert np.array_equal(motion.positions(99.0), target)


def test_no_way_takes_no_time(robot):
    motion = PointToPointMotion(robot, robot.home, robot.home)
    assert motion.duration == 0.0
    assert np.array_equal(motion.positions(0.0), robot.home)
