# SPDX-License-Identifier: Apache-2.0
"""Single images of a robot give values of the right sign."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from x2c_core.control_space import controls
from x2c_core.face.descriptors import Relation
from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.image_values import image_values, main
from x2c_node.robots import find_robot

pytestmark = pytest.mark.slow

GRIN = {
    f"Lip Corner {what} {side}": 0.9 for what in ("Raise", "Stretch") for side in ("Left", "Right")
}
CORNERS = [Relation.CORNER_HEIGHT_LEFT, Relation.CORNER_HEIGHT_RIGHT]
BROWS = [
    Relation.BROW_INNER_HEIGHT_LEFT,
    Relation.BROW_INNER_HEIGHT_RIGHT,
    Relation.BROW_OUTER_HEIGHT_LEFT,
    Relation.BROW_OUTER_HEIGHT_RIGHT,
]
MIRRORED = [1, 0, 3, 2]
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
    found = image_values(robot, paths["neutral"], [paths["grin"], paths["frown"]])
    grin, frown = found.deflections
    assert min(grin[controls.index(name)] for name in GRIN) > 0.1
    assert max(frown[controls.index(f"Brow Inner {side}")] for side in ("Left", "Right")) < -0.2
    wider, lower = found.changes
    assert wider[Relation.MOUTH_WIDTH] > 0.1
    assert min(wider[CORNERS]) > 0.03
    assert max(lower[BROWS]) < -0.015


def test_a_neutral_image_too_small_to_be_seen_well_gives_the_same_signs(robot, paths, tmp_path):
    # 21 pixels between the eyes: in a single look the tracker sets left and right 0.016 apart.
    small = tmp_path / "small.png"
    image = cv2.imread(str(paths["neutral"]))
    cv2.imwrite(str(small), cv2.resize(image, (100, 100), interpolation=cv2.INTER_AREA))
    found = image_values(robot, small, [paths["neutral"], paths["frown"]])
    rest, frown = found.changes
    assert np.abs(rest[BROWS]).max() < 0.012
    assert np.abs(rest[BROWS] - rest[BROWS][MIRRORED]).max() < 0.008
    assert max(frown[BROWS]) < -0.015


def test_a_mirrored_image_gives_mirrored_values(robot, paths, tmp_path):
    made = {}
    for name in ("neutral", "grin"):
        made[name] = tmp_path / f"{name}.png"
        cv2.imwrite(str(made[name]), cv2.imread(str(paths[name]))[:, ::-1])
    (one,) = image_values(robot, paths["neutral"], [paths["grin"]]).changes
    (other,) = image_values(robot, made["neutral"], [made["grin"]]).changes
    assert np.abs(one[BROWS] - other[BROWS][MIRRORED]).max() < 0.01
    assert np.abs(one[CORNERS] - other[CORNERS][::-1]).max() < 0.01


def test_the_tables_name_images_controls_and_relations(paths, capsys):
    main([str(paths["neutral"]), str(paths["grin"])])
    text = capsys.readouterr().out
    for word in ("grin", "Nose Wrinkle", "Mouth width"):
        assert word in text


def test_what_is_no_image_or_shows_no_face_is_named(robot, paths, tmp_path):
    text, grey = tmp_path / "text.png", tmp_path / "grey.png"
    text.write_text("no image")
    cv2.imwrite(str(grey), np.full((128, 128, 3), 99, np.uint8))
    with pytest.raises(EvaluationError, match=r"text\.png: .* no image"):
        image_values(robot, paths["neutral"], [text])
    with pytest.raises(EvaluationError, match=r"no face is found in .*grey\.png"):
        image_values(robot, grey, [paths["grin"]])
