# SPDX-License-Identifier: Apache-2.0
"""The head's angles come from the bone, whatever the forehead seems to do."""

from __future__ import annotations

import numpy as np
import pytest

from x2c_core.face.topology import REFERENCE
from x2c_imitation.pipeline.retargeting import Retargeter

FOREHEAD = [10, 67, 109, 297, 338, 151, 9]


@pytest.fixture
def retargeter(make_face) -> Retargeter:
    return Retargeter(make_face(REFERENCE).landmarks, REFERENCE)


def angles(retargeter: Retargeter, face) -> np.ndarray:
    pose = retargeter.pose(face.landmarks)
    return np.array(retargeter.head_angles(pose, pose.to_head_frame(face.landmarks)))


def test_a_forehead_that_moves_with_the_brows_pitches_no_head(retargeter, make_face):
    moved = REFERENCE.copy()
    moved[FOREHEAD] += (0.08, 0.0, 0.02)
    face = make_face(moved)
    seeming = retargeter.head_angles(retargeter.pose(face.landmarks), REFERENCE)[1]
    assert abs(seeming) > 0.005
    assert abs(angles(retargeter, face)[1]) < 0.2 * abs(seeming)


@pytest.mark.parametrize("pitch", [-0.3, 0.2])
def test_a_head_that_turns_is_measured_as_it_is(retargeter, make_face, pitch):
    face = make_face(REFERENCE, yaw=0.2, pitch=pitch, roll=-0.1)
    np.testing.assert_allclose(angles(retargeter, face), [0.2, pitch, -0.1], atol=1e-6)
