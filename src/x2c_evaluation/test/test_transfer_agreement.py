# SPDX-License-Identifier: Apache-2.0
"""Warped images follow a face that opens its mouth and turns its head."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from rich.console import Console

from x2c_core.control_space import controls
from x2c_core.face.descriptors import Descriptor
from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.transfer.agreement import main, measure_transfer, show
from x2c_evaluation.transfer.animation_video import animate_video
from x2c_node.robots import find_robot

pytestmark = pytest.mark.slow

RATE = 30.0
STILL, MOVING = 24, 40


@pytest.fixture(scope="module")
def robot():
    return load_robot(find_robot("virtual"))


@pytest.fixture(scope="module")
def video(robot, tmp_path_factory):
    """Return a video of the virtual face: still, then the jaw and the head move."""
    from x2c_virtual_face.virtual_face import VirtualFace

    path = tmp_path_factory.mktemp("video") / "face.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), RATE, (256, 256))
    with VirtualFace(robot, 256, 256) as face:
        for number in range(STILL + MOVING):
            phase = 2.0 * np.pi * max(number - STILL, 0) / MOVING
            values = {
                "Jaw Pitch": 0.6 + 0.4 * np.cos(2.0 * phase),
                "Head Yaw": 0.25 * np.sin(phase),
            }
            face.set_positions(robot.joint_targets(controls.from_names(values)))
            writer.write(np.ascontiguousarray(face.render()[:, :, ::-1]))
    writer.release()
    return str(path)


def test_what_moves_is_followed_and_the_face_is_always_found(robot, video):
    clip = measure_transfer(robot, video, size=256)
    assert clip.warped >= STILL + MOVING - 2
    assert clip.found >= 0.98 * clip.warped
    for descriptor in (Descriptor.MOUTH_OPENING, Descriptor.HEAD_YAW):
        assert clip.agreements[descriptor].r > 0.95
        assert clip.agreements[descriptor].amplitude == pytest.approx(1.0, abs=0.3)
    console = Console(record=True, width=120)
    show([clip], console)
    assert "mouth_opening" in console.export_text()


def test_a_video_without_a_face_is_refused(robot, tmp_path):
    folder = tmp_path / "grey"
    folder.mkdir()
    for number in range(20):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((64, 64, 3), 99, np.uint8))
    with pytest.raises(EvaluationError, match="no neutral face"):
        measure_transfer(robot, str(folder))
    with pytest.raises(SystemExit, match="no neutral face"):
        main(["virtual", str(folder)])


def test_a_single_image_is_no_video(robot):
    with pytest.raises(EvaluationError, match="single image"):
        measure_transfer(robot, str(robot.neutral_image))


def test_a_still_image_does_what_the_person_does(robot, video, tmp_path):
    # As wide as a photograph; an odd number of pixels is no size of a video.
    image = cv2.copyMakeBorder(
        cv2.imread(str(robot.neutral_image)), 0, 0, 60, 61, cv2.BORDER_REPLICATE
    )
    path, out = tmp_path / "photo.png", tmp_path / "film.mp4"
    cv2.imwrite(str(path), image)
    made = animate_video(path, video, out, "warp", {}, size=200)
    assert made.frames == STILL + MOVING
    assert made.lost <= 2
    reader = cv2.VideoCapture(str(out))
    frames = [reader.read()[1] for _ in range(made.frames)]
    height, width = frames[0].shape[:2]
    # The person is as wide as high.
    assert (width - height, height) == (200, 2 * round(200 * 256 / 377 / 2))
    animated = np.array(frames)[:, :, height:].astype(float)
    still = np.abs(animated[5] - animated[STILL - 4]).mean()
    moving = np.abs(animated[5] - animated[STILL + MOVING // 4]).mean()
    assert moving > 2.0 * still + 0.5


def test_an_image_without_a_face_is_refused(video, tmp_path):
    path = tmp_path / "grey.png"
    cv2.imwrite(str(path), np.full((120, 90, 3), 99, np.uint8))
    with pytest.raises(EvaluationError, match=r"no face is found in .*grey\.png"):
        animate_video(path, video, tmp_path / "film.mp4", "warp", {})
    assert not (tmp_path / "film.mp4").exists()
