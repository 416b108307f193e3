# SPDX-License-Identifier: Apache-2.0
"""Ranks of faces by size, distance and where they look."""

import numpy as np
import pytest

from x2c_core.face import topology
from x2c_core.face.head_pose import FACING, HeadPose, rotation_from
from x2c_perception.tracking.follow_policy import Follow, ranks


def face(yaw=0.0, pitch=0.0, scale=100.0, iris=0.0):
    points = np.array(topology.REFERENCE)
    points[[*topology.IRIS_LEFT, *topology.IRIS_RIGHT], 1] += iris
    pose = HeadPose(FACING @ rotation_from(yaw, pitch, 0.0), np.array([320.0, 240.0, 0.0]), scale)
    return pose.to_pixels(points)


@pytest.mark.parametrize("follow", [Follow.STAY, Follow.LARGEST, Follow.NEAREST])
def test_a_larger_face_ranks_higher(follow):
    small, large = ranks(follow, [face(), face(scale=150.0)])
    assert large - small > 1.0


def test_a_turned_head_is_smaller_but_as_near():
    assert np.ptp(ranks(Follow.NEAREST, [face(), face(yaw=0.9)])) < 0.1
    assert np.ptp(ranks(Follow.LARGEST, [face(), face(yaw=0.9)])) > 0.3


def test_who_looks_at_the_camera_ranks_highest():
    looks, glances, turned, nods = ranks(
        Follow.LOOKING, [face(), face(iris=0.09), face(yaw=0.8), face(pitch=0.6)]
    )
    assert looks > max(glances, turned, nods) + 1.0
    # Eyes can look at the camera out of a turned head.
    (compensated,) = ranks(Follow.LOOKING, [face(yaw=0.4, iris=-0.07)])
    assert compensated > glances + 0.5


def test_of_those_who_look_elsewhere_none_has_the_lead():
    assert np.ptp(ranks(Follow.LOOKING, [face(yaw=0.7), face(yaw=1.2)])) < 1e-6


@pytest.mark.parametrize("follow", list(Follow))
def test_what_is_no_face_ranks_lowest(follow):
    broken = [np.zeros((478, 3)), np.full((478, 3), np.nan)]
    *low, good = ranks(follow, [*broken, face()])
    assert max(low) < good - 1.0
