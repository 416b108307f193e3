# SPDX-License-Identifier: Apache-2.0
"""Single pictures of a robot give values of the right sign."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.picture_values import picture_values
from x2c_face import controls
from x2c_face.robot_file import load_robot
from x2c_node.robots import find_robot

GRIN = {
    f"Lip Corner {what} {side}": 0.9 for what in ("Raise", "Stretch") for side in ("Left", "Right")
}
FROWN = {f"Brow {what} {side}": 0.0 for what in ("Inner", "Outer") for side in ("Left", "Right")}


@pytest.fixture(scope="module")
def robot():
    return load_robot(find_robot("virtual"))


@pytest.fixture(scope="module")
def paths(robot, tmp_path_factory):
    from x2c_virtual_face.virtual_face import VirtualFace

    folder = tmp_path_factory.mktemp("pictures")
    made = {}
    with VirtualFace(robot, 256, 256) as face:
        for name, changed in {"neutral": {}, "grin": GRIN, "frown": FROWN}.items():
            face.set_positions(robot.joint_targets(controls.from_names(changed)))
            made[name] = folder / f"{name}.png"
            cv2.imwrite(str(made[name]), face.render()[:, :, ::-1])
    return made


def test_a_grin_raises_the_corners_and_a_frown_lowers_the_brows(robot, paths):
    grin, frown = picture_values(robot, paths["neutral"], [paths["grin"], paths["frown"]])
    assert min(grin[controls.index(name)] for name in GRIN) > 0.1
    assert max(frown[controls.index(f"Brow Inner {side}")] for side in ("Left", "Right")) < -0.2


def test_what_is_no_picture_or_shows_no_face_is_named(robot, paths, tmp_path):
    text, grey = tmp_path / "text.png", tmp_path / "grey.png"
    text.write_text("no picture")
    cv2.imwrite(str(grey), np.full((128, 128, 3), 99, np.uint8))
    with pytest.raises(EvaluationError, match=r"text\.png is no picture"):
        picture_values(robot, paths["neutral"], [text])
    with pytest.raises(EvaluationError, match=r"no face is found in .*grey\.png"):
        picture_values(robot, grey, [paths["grin"]])
