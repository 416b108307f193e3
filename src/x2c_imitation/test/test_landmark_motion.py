# SPDX-License-Identifier: Apache-2.0
"""The motion of landmarks: what it shows, and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.errors import LandmarkError
from x2c_imitation.errors import ImitationError
from x2c_imitation.x2cnet.landmark_motion import MOTION_COUNT, MOTION_UNITS, LandmarkMotion


@pytest.fixture
def measure(neutral_image, model, make_face):
    """Return a function that measures control values shown by a face, perhaps turned."""
    motion = LandmarkMotion(neutral_image[1])
    motion.calibrate(make_face(model.neutral).landmarks)

    def measured(values, **turn):
        return motion.measure(
            make_face(model.landmarks(controls.from_names(values)), **turn).landmarks
        )

    return measured


def test_a_face_at_rest_does_not_move(measure):
    found = measure({})
    assert found.shape == MOTION_UNITS.shape == (MOTION_COUNT,)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, 0.0, atol=1e-6)


@pytest.mark.parametrize("name", ["Jaw Yaw", "Brow Inner Left", "Lip Corner Raise Right"])
def test_each_motion_shows_and_its_two_ways_differ(measure, name):
    control = controls.CONTROLS[controls.index(name)]
    up = measure({name: control.neutral + 0.5 * (control.maximum - control.neutral)})
    assert np.abs(up / MOTION_UNITS).max() > 0.1
    if control.minimum < control.neutral:
        down = measure({name: control.neutral + 0.5 * (control.minimum - control.neutral)})
        assert up @ down < 0.0


def test_the_heads_turn_is_told_apart_from_the_face(measure):
    turned = measure({"Jaw Yaw": 0.8}, yaw=0.3, roll=-0.1)
    np.testing.assert_allclose(turned[-3:], [0.3, 0.0, -0.1], atol=0.02)
    np.testing.assert_allclose(turned[:-3], measure({"Jaw Yaw": 0.8})[:-3], atol=0.01)


def test_it_needs_a_neutral_face_and_numbers(neutral_image, model, make_face):
    motion = LandmarkMotion(neutral_image[1])
    face = make_face(model.neutral).landmarks
    with pytest.raises(ImitationError, match="no neutral face is known"):
        motion.measure(face)
    motion.calibrate(face)
    broken = face.copy()
    broken[3, 1] = np.nan
    with pytest.raises(LandmarkError, match="finite"):
        motion.measure(broken)
    with pytest.raises(LandmarkError, match="finite"):
        motion.calibrate(broken)
