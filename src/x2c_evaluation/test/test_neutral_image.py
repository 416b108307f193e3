# SPDX-License-Identifier: Apache-2.0
"""A robot's photograph gets landmarks, in its folder, or an error says why not."""

from __future__ import annotations

import shutil

import cv2
import numpy as np
import pytest

from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.transfer import neutral_image
from x2c_imitation.x2cnet.transfer.robot_image import read_neutral
from x2c_node.robots import find_robot

pytestmark = pytest.mark.slow

PIXELS = 1.0
"""How far landmarks may be from those that the tracker finds again, at 256 x 256."""


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a robot with a photograph and nothing else that is of use here."""
    shipped = find_robot("virtual")
    robot = tmp_path / "mine"
    robot.mkdir()
    text = (shipped / "robot.yaml").read_text(encoding="utf-8")
    text = text.replace("neutral_image: neutral.png", "neutral_image: photo.jpg")
    (robot / "robot.yaml").write_text(text, encoding="utf-8")
    image = cv2.imread(str(shipped / "neutral.png"))
    cv2.imwrite(str(robot / "photo.jpg"), image, [cv2.IMWRITE_JPEG_QUALITY, 95])
    return robot


def test_a_photograph_is_all_it_takes(folder):
    neutral_image.main([f"{folder}/"])
    image, landmarks = read_neutral(load_robot(folder))
    _, shipped = read_neutral(load_robot(find_robot("virtual")))
    assert image.shape == (256, 256, 3)
    # The shipped landmarks are those of the shipped image.
    assert np.abs(landmarks - shipped)[:, :2].mean() < PIXELS


def test_a_small_face_is_found_too(folder):
    path = folder / "photo.jpg"
    image = cv2.imread(str(path))
    small = cv2.resize(image, (100, 100), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(path), small, [cv2.IMWRITE_JPEG_QUALITY, 95])
    neutral_image.main([str(folder)])
    _, landmarks = read_neutral(load_robot(folder))
    _, shipped = read_neutral(load_robot(find_robot("virtual")))
    assert np.abs(landmarks * 2.56 - shipped)[:, :2].mean() < 2.0 * PIXELS


def test_the_virtual_face_is_rendered_anew_where_that_is_asked_for(tmp_path):
    robot = tmp_path / "copy"
    shutil.copytree(find_robot("virtual"), robot)
    (robot / "neutral.png").unlink()
    neutral_image.main([str(robot), "--render"])
    image, _ = read_neutral(load_robot(robot))
    assert image.std() > 20.0


def test_an_image_without_a_face_is_refused(folder):
    cv2.imwrite(str(folder / "photo.jpg"), np.full((256, 256, 3), 120, np.uint8))
    with pytest.raises(SystemExit, match="no face is found"):
        neutral_image.main([str(folder)])
    assert not (folder / "neutral_landmarks.npy").exists()


def test_a_missing_image_is_named(folder):
    (folder / "photo.jpg").unlink()
    with pytest.raises(SystemExit, match=r"photo\.jpg"):
        neutral_image.main([str(folder)])
