# SPDX-License-Identifier: Apache-2.0
"""Observations are paired by stamp and made from landmarks alone."""

from __future__ import annotations

import numpy as np
import pytest

from x2c_core.errors import LandmarkError
from x2c_core.face import topology
from x2c_core.face.frames import FaceState
from x2c_imitation.pipeline.image_matcher import ImageMatcher
from x2c_imitation.pipeline.observation import Observation


@pytest.mark.parametrize("image_first", [False, True])
def test_a_face_and_its_image_meet_in_either_order(image_first):
    matcher = ImageMatcher()
    if image_first:
        assert matcher.add_image(5, "image") is None
        assert matcher.add_face(5, "face") == ("face", "image")
    else:
        assert matcher.add_face(5, "face") is None
        assert matcher.add_image(5, "image") == ("face", "image")
    assert matcher.given_up == 0


def test_an_image_of_another_stamp_is_no_match():
    matcher = ImageMatcher()
    matcher.add_image(4, "old")
    assert matcher.add_face(5, "face") is None
    assert matcher.add_image(6, "new") is None
    assert matcher.add_image(5, "late") == ("face", "late")


def test_a_face_is_answered_once():
    matcher = ImageMatcher()
    matcher.add_face(5, "face")
    assert matcher.add_image(5, "image") is not None
    assert matcher.add_image(5, "image") is None


def test_a_newer_face_takes_the_place_of_one_that_waits():
    matcher = ImageMatcher()
    matcher.add_face(5, "first")
    matcher.add_face(6, "second")
    assert matcher.given_up == 1
    assert matcher.add_image(5, "late") is None
    assert matcher.add_image(6, "image") == ("second", "image")
    matcher.give_up()
    assert matcher.given_up == 1


def test_landmarks_alone_are_an_observation():
    pixels = 100.0 * (topology.REFERENCE + 5.0)
    face = Observation.of_landmarks(pixels).face
    assert face.state is FaceState.TRACKING
    np.testing.assert_array_equal(face.landmarks, pixels)
    assert face.pose is not None
    assert face.width >= pixels[:, 0].max()
    with pytest.raises(LandmarkError):
        Observation.of_landmarks(np.full((478, 3), np.nan))
