# SPDX-License-Identifier: Apache-2.0
"""The 70 landmarks of REP-155 and the region of a face."""

import dataclasses

import numpy as np
import pytest

from x2c_core.face import topology
from x2c_perception.hri.face_views import aligned, cropped, eye_line
from x2c_perception.hri.facial_landmarks import ORDER, face_region, facial_landmarks

PAIRS = [
    *((number, 16 - number) for number in range(9)),
    *((number, 43 - number) for number in range(17, 22)),
    *((number, number) for number in (8, 27, 28, 29, 30, 33, 51, 57, 62, 66)),
    *((31, 35), (32, 34)),
    *((36, 45), (37, 44), (38, 43), (39, 42), (40, 47), (41, 46)),
    *((48, 54), (49, 53), (50, 52), (59, 55), (58, 56)),
    *((60, 64), (61, 63), (67, 65)),
    (68, 69),
]
"""Codes of hri_msgs/FacialLandmarks that a mirror exchanges."""


def test_every_code_has_a_landmark_of_its_own():
    assert ORDER.shape == (70,)
    assert len(set(ORDER.tolist())) == 70


@pytest.mark.parametrize(("right", "left"), PAIRS)
def test_left_and_right_are_mirrored(right, left):
    assert topology.MIRROR[ORDER[right]] == ORDER[left]


def test_places_are_those_that_the_codes_name():
    side, height = topology.REFERENCE[ORDER, 1], topology.REFERENCE[ORDER, 2]
    # From the right ear over the chin to the left one.
    assert (np.diff(side[:17]) > 0.0).all()
    assert height[8] == height.min()
    # Brows from the right to the left, above the eyes, which are above the mouth.
    assert (np.diff(side[17:27]) > 0.0).all()
    assert height[17:27].min() > height[36:48].max() > height[27:36].mean() > height[48:].min()
    # The bridge of the nose goes down, the nostrils from the right to the left.
    assert (np.diff(height[27:31]) < 0.0).all()
    assert (np.diff(side[31:36]) > 0.0).all()
    for right, top, left, bottom in ((48, 51, 54, 57), (60, 62, 64, 66)):
        assert side[right] < side[top] < side[left]
        assert height[top] > height[bottom]
    for eye, pupil in ((slice(36, 42), 68), (slice(42, 48), 69)):
        assert side[eye].min() < side[pupil] < side[eye].max()
        assert height[eye][1:3].min() > height[eye][4:6].max()


def test_coordinates_are_shares_of_the_image(make_face):
    found = facial_landmarks(make_face(at=(320.0, 240.0)))
    assert found.shape == (70, 3)
    assert (found[:, 2] == 1.0).all()
    # Between the eyes; the person's right is on the image's left.
    assert (found[68, :2] + found[69, :2]) / 2 == pytest.approx([0.5, 0.5], abs=0.02)
    assert found[68, 0] < found[69, 0]


def test_landmarks_outside_the_image_are_marked_as_not_seen(make_face):
    found = facial_landmarks(make_face(at=(5.0, 240.0)))
    right, left = found[:8], found[45]
    assert (right[:, 2] == 0.0).all()
    assert (right[:, 0] == 0.0).all()
    assert left[2] == 1.0
    assert ((found >= 0.0) & (found <= 1.0)).all()


def test_region_is_that_of_the_landmarks_within_the_image(make_face):
    face = dataclasses.replace(make_face(at=(5.0, 240.0)), confidence=0.75)
    region = face_region(face)
    assert region.left == 0.0
    assert 0.0 < region.right < 0.5
    assert 0.0 < region.top < 0.5 < region.bottom < 1.0
    assert region.confidence == 0.75


@pytest.mark.parametrize("degrees", [-30.0, 20.0])
def test_eyes_are_level_in_the_aligned_image(degrees):
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    landmarks = np.zeros((478, 3))
    landmarks[:, :2] = topology.REFERENCE[:, 1:] * [100.0, -100.0] @ turn.T + 128.0
    crop = np.zeros((256, 256, 3), np.uint8)
    pupils = landmarks[[468, 473], :2]
    for (x, y), colour in zip(pupils.round().astype(int), (100, 200), strict=True):
        crop[y - 4 : y + 5, x - 4 : x + 5] = colour
    assert np.hypot(*eye_line(landmarks)) == pytest.approx(100.0, abs=10.0)
    view = aligned(crop, landmarks, 128)
    assert view.shape == cropped(crop, 128).shape == (128, 128, 3)
    places = [np.argwhere(abs(view[:, :, 0].astype(int) - one) < 30) for one in (100, 200)]
    (right_y, right_x), (left_y, left_x) = (place.mean(axis=0) for place in places)
    assert left_x > right_x + 30
    assert left_y == pytest.approx(right_y, abs=2.0)
