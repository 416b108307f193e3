# SPDX-License-Identifier: Apache-2.0
"""Crops of faces, and faces drawn into images."""

import numpy as np
import pytest

from x2c_core.face.frames import FaceState
from x2c_perception.tracking.drawing import draw_face
from x2c_perception.tracking.face_crop import CROP_SIZE, face_crop


def test_a_crop_is_a_square_with_the_face_in_its_middle(make_face):
    face = make_face(at=(400.0, 200.0))
    image = np.zeros((480, 640, 3), np.uint8)
    x, y = face.landmarks[4, :2].astype(int)
    image[y - 4 : y + 5, x - 4 : x + 5] = 255
    crop = face_crop(image, face)
    assert crop.shape == (CROP_SIZE, CROP_SIZE, 3)
    rows, columns = np.nonzero(crop[:, :, 0] > 100)
    assert abs(columns.mean() - CROP_SIZE / 2) < 5
    assert abs(rows.mean() - CROP_SIZE / 2) < 50


@pytest.mark.parametrize("at", [(0.0, 0.0), (640.0, 480.0), (-500.0, 2000.0)])
def test_a_face_at_or_beyond_the_border_is_cropped_and_drawn(make_face, at):
    image = np.full((480, 640, 3), 9, np.uint8)
    face = make_face(at=at)
    assert face_crop(image, face).shape == (CROP_SIZE, CROP_SIZE, 3)
    draw_face(image, face, ("text",))


def test_a_tracked_face_is_drawn_in_colour_and_a_lost_one_grey(make_face):
    for state, coloured in ((FaceState.TRACKING, True), (FaceState.LOST, False)):
        image = np.zeros((480, 640, 3), np.uint8)
        draw_face(image, make_face(state=state))
        assert image.any()
        assert bool((np.ptp(image, axis=2) > 30).any()) == coloured


def test_nothing_is_drawn_where_there_has_been_no_face(make_face):
    face = make_face(state=FaceState.LOST)
    nobody = type(face)(**{**vars(face), "pose": None})
    image = np.zeros((480, 640, 3), np.uint8)
    draw_face(image, nobody)
    assert not image.any()


def test_text_is_drawn_into_small_and_large_images(make_face):
    for size in ((48, 64), (2160, 3840)):
        image = np.zeros((*size, 3), np.uint8)
        draw_face(image, make_face(), ("one", "two"))
        assert image[: size[0] // 3].any()
