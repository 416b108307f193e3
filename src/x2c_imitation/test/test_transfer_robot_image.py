# SPDX-License-Identifier: Apache-2.0
"""A robot's image and landmarks are read, or the error says what to do."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from x2c_core.face.head_pose import FACING, HeadPose
from x2c_core.face.topology import REFERENCE
from x2c_imitation.errors import TransferError
from x2c_imitation.x2cnet.transfer.robot_image import read_neutral

LANDMARKS = HeadPose(FACING, np.array([40.0, 30.0, 0.0]), 20.0).to_pixels(REFERENCE)


class _Robot:
    """What is asked of a robot here."""

    def __init__(self, folder):
        self.folder = folder
        self.neutral_image = folder / "neutral.png"
        self.neutral_landmarks = folder / "neutral_landmarks.npy"


@pytest.fixture
def robot(tmp_path):
    made = _Robot(tmp_path)
    image = np.zeros((60, 80, 3), np.uint8)
    image[:, :, 2] = 200
    cv2.imwrite(str(made.neutral_image), image)
    np.save(made.neutral_landmarks, LANDMARKS.astype(np.float32))
    return made


def test_image_and_landmarks_are_read_as_rgb_and_pixels(robot):
    image, landmarks = read_neutral(robot)
    assert image.shape == (60, 80, 3)
    assert image[0, 0].tolist() == [200, 0, 0]
    np.testing.assert_allclose(landmarks, LANDMARKS, atol=1e-3)


def test_missing_landmarks_say_how_they_are_made(robot):
    robot.neutral_landmarks.unlink()
    with pytest.raises(TransferError, match=r"x2c_evaluation\.transfer\.neutral_image"):
        read_neutral(robot)


def test_a_missing_or_damaged_image_is_named(robot):
    robot.neutral_image.write_bytes(b"no image")
    with pytest.raises(TransferError, match=r"neutral\.png: .* no image"):
        read_neutral(robot)
    robot.neutral_image.unlink()
    with pytest.raises(TransferError, match=r"neutral\.png: No such file"):
        read_neutral(robot)


@pytest.mark.parametrize(
    "landmarks",
    [
        np.zeros((468, 3)),
        np.full((478, 3), np.nan),
        np.array(["text"] * 478),
        np.array([{"a": 1}], dtype=object),
        LANDMARKS + 500.0,
        LANDMARKS - 500.0,
    ],
    ids=["another shape", "NaN", "text", "pickle", "right of it", "left of it"],
)
def test_landmarks_that_cannot_be_the_images_are_refused(robot, landmarks):
    np.save(robot.neutral_landmarks, landmarks, allow_pickle=True)
    with pytest.raises(TransferError, match=r"neutral_landmarks\.npy"):
        read_neutral(robot)


def test_a_truncated_file_is_refused(robot):
    robot.neutral_landmarks.write_bytes(robot.neutral_landmarks.read_bytes()[:500])
    with pytest.raises(TransferError, match=r"neutral_landmarks\.npy"):
        read_neutral(robot)
    robot.neutral_landmarks.write_bytes(b"")
    with pytest.raises(TransferError, match=r"neutral_landmarks\.npy"):
        read_neutral(robot)
