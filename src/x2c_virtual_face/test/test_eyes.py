# SPDX-License-Identifier: Apache-2.0
"""Where the eyes look."""

from __future__ import annotations

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.face import topology
from x2c_core.robot.robot import Robot
from x2c_virtual_face.head import eyes
from x2c_virtual_face.virtual_face import VirtualFace


@pytest.mark.parametrize("phi", [-2.0, -0.7, 0.0, 1.4])
@pytest.mark.parametrize("theta", [-0.8, 0.0, 0.5])
def test_lines_of_sight_meet_about_where_a_person_stands(
    face: VirtualFace, robot: Robot, phi: float, theta: float
) -> None:
    values = controls.from_names({"Gaze Target Phi": phi, "Gaze Target Theta": theta})
    face.set_positions(robot.joint_targets(values))
    landmarks = face.landmarks()
    middles = np.array([eyes.centre("left"), eyes.centre("right")])
    sights = landmarks[[topology.IRIS_LEFT[0], topology.IRIS_RIGHT[0]]] - middles
    sights /= np.linalg.norm(sights, axis=1, keepdims=True)
    # The positions on both lines that are next to each other.
    lengths, *_ = np.linalg.lstsq(
        np.column_stack([sights[0], -sights[1]]), middles[1] - middles[0], rcond=None
    )
    left, right = middles + lengths[:, None] * sights
    assert np.linalg.norm(left - right) < 0.2
    assert np.linalg.norm(0.5 * (left + right)) == pytest.approx(eyes.TARGET_DISTANCE, rel=0.25)
