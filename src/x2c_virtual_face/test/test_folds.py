# SPDX-License-Identifier: Apache-2.0
"""Folds of the skin appear with the expressions that fold people's skin, and only there."""

from __future__ import annotations

import numpy as np
import pytest

from x2c_core.arrays import Array, ImageArray
from x2c_core.control_space import controls, expressions
from x2c_core.robot.robot import Robot
from x2c_virtual_face.head.folds.fold_shapes import FOLDS, Fold, Groove, Patch, Pull
from x2c_virtual_face.head.folds.fold_texture import paint
from x2c_virtual_face.head.rig import ROBOT_JOINTS
from x2c_virtual_face.head.skin_mesh import SkinMesh, build
from x2c_virtual_face.head.weights import landmark_weights
from x2c_virtual_face.virtual_face import VirtualFace

BY_NAME = {fold.name: fold for fold in FOLDS}


def amounts(robot: Robot, values: Array) -> dict[str, float]:
    joints = dict(zip(robot.joint_names, robot.joint_targets(values), strict=True))
    return {fold.name: fold.amount(joints) for fold in FOLDS}


@pytest.fixture(scope="module")
def skin() -> SkinMesh:
    return build(landmark_weights())


def test_the_neutral_face_is_smooth(robot: Robot) -> None:
    assert set(amounts(robot, controls.NEUTRAL).values()) == {0.0}


@pytest.mark.parametrize(
    ("expression", "folds"),
    [
        ("anger", ["frown_left", "frown_right", "eye_left", "sneer_left", "nose_wrinkle"]),
        ("disgust", ["sneer_left", "sneer_right", "nose_wrinkle", "eye_right"]),
        ("smile", ["cheek_left", "cheek_right", "eye_left", "eye_right"]),
        ("laugh", ["cheek_left", "cheek_right", "eye_left", "eye_right"]),
        ("surprise", ["forehead_inner", "forehead_outer_left", "forehead_outer_right"]),
        ("sadness", ["forehead_inner", "corner_down_left", "corner_down_right", "chin"]),
        ("fear", ["forehead_inner", "corner_down_right"]),
    ],
)
def test_a_mood_draws_its_folds(robot: Robot, expression: str, folds: list[str]) -> None:
    drawn = amounts(robot, expressions.values(expression))
    assert min(drawn[name] for name in folds) > 0.25, drawn


@pytest.mark.parametrize(
    ("expression", "folds"),
    [
        ("anger", ["forehead_inner", "forehead_outer_left"]),
        ("smile", ["frown_left", "nose_wrinkle", "corner_down_left"]),
        ("surprise", ["frown_left", "eye_left", "cheek_left"]),
        ("sadness", ["frown_left", "eye_left", "cheek_left", "forehead_outer_left"]),
    ],
)
def test_a_mood_draws_no_fold_of_another(robot: Robot, expression: str, folds: list[str]) -> None:
    drawn = amounts(robot, expressions.values(expression))
    assert max(drawn[name] for name in folds) < 0.05, drawn


def test_a_fold_of_one_side_leaves_the_other_smooth(robot: Robot) -> None:
    drawn = amounts(robot, controls.from_names({"Brow Inner Left": 0.0}))
    assert drawn["frown_left"] == pytest.approx(1.0)
    assert drawn["frown_right"] == 0.0


def test_folds_follow_joints_that_there_are() -> None:
    assert {pull.joint for fold in FOLDS for pull in fold.pulls} <= ROBOT_JOINTS


def test_the_share_of_a_fold_grows_steadily_behind_its_slack() -> None:
    fold = Fold("test", (Pull("a", -2.0, 0.5), Pull("b", 4.0, 0.7)), (), slack=0.2)
    shown = [fold.amount({"a": -2.0 * k, "b": 4.0 * k}) for k in np.linspace(0.0, 1.2, 13)]
    assert shown[0] == shown[1] == 0.0
    assert (np.diff(shown) >= 0.0).all()
    assert shown[-1] == 1.0
    assert fold.amount({"a": 9.0, "b": -9.0}) == 0.0


@pytest.mark.parametrize("fold", FOLDS, ids=lambda fold: fold.name)
def test_the_image_of_a_fold_covers_its_triangles_and_ends_before_its_edge(
    skin: SkinMesh, fold: Fold
) -> None:
    triangles = skin.flat[skin.faces[: skin.front]]
    painted = paint(fold, triangles)
    places = painted.coordinates(triangles[painted.faces].reshape(-1, 2))
    assert places.min() >= 0.0
    assert places.max() <= 1.0
    opacity = painted.image[:, :, 3]
    assert opacity.max() > 40
    # Beyond its edge a texture begins again.
    assert max(edge.max() for edge in (opacity[0], opacity[-1], opacity[:, 0])) == 0


def test_folds_of_the_sides_mirror_each_other() -> None:
    left, right = BY_NAME["eye_left"], BY_NAME["eye_right"]
    for one, other in zip(left.marks, right.marks, strict=True):
        if isinstance(one, Patch) and isinstance(other, Patch):
            assert other.middle == (-one.middle[0], one.middle[1])
        else:
            assert isinstance(one, Groove)
            assert isinstance(other, Groove)
            assert other.points == tuple((-across, up) for across, up in one.points)
    assert {pull.joint.removesuffix("_left") for pull in left.pulls} == {
        pull.joint.removesuffix("_right") for pull in right.pulls
    }


def test_a_frown_darkens_the_skin_between_the_brows(
    drawing_face: VirtualFace, robot: Robot
) -> None:
    neutral = _between_the_brows(drawing_face)
    drawing_face.set_positions(
        robot.joint_targets(controls.from_names(dict.fromkeys(_BROWS, 0.0)))
    )
    frowning = _between_the_brows(drawing_face)
    drawing_face.set_positions(
        robot.joint_targets(controls.from_names(dict.fromkeys(_BROWS, 1.0)))
    )
    raised = _between_the_brows(drawing_face)
    assert frowning.min() < neutral.min() - 25
    assert raised.min() > neutral.min() - 10


def test_lowered_inner_brows_come_together_and_raised_ones_do_not(
    face: VirtualFace, robot: Robot
) -> None:
    def gap(value: float) -> float:
        face.set_positions(robot.joint_targets(controls.from_names(dict.fromkeys(_BROWS, value))))
        points = face.landmarks()
        return float(points[285, 1] - points[55, 1])

    neutral = float(controls.NEUTRAL[controls.index("Brow Inner Right")])
    assert gap(0.0) < gap(neutral) - 0.06
    assert abs(gap(1.0) - gap(neutral)) < 0.03


def test_lowered_corners_of_the_mouth_draw_a_line_and_no_spot(
    drawing_face: VirtualFace, robot: Robot, monkeypatch: pytest.MonkeyPatch
) -> None:
    corners = dict.fromkeys(("Lip Corner Raise Left", "Lip Corner Raise Right"), 0.0)
    drawing_face.set_positions(robot.joint_targets(controls.from_names(corners)))
    folded = drawing_face.render().mean(axis=2)
    monkeypatch.setattr(Fold, "amount", lambda fold, positions: 0.0)
    darker = drawing_face.render().mean(axis=2) - folded
    points = drawing_face.landmarks() @ drawing_face.projection()[:, :3].T
    points += drawing_face.projection()[:, 3]
    pixels = points[:, :2] / points[:, 2:]
    unit = np.linalg.norm(pixels[468] - pixels[473])
    for corner, outwards in ((291, 1.0), (61, -1.0)):
        x, y = pixels[corner]
        left, right = sorted((x - 0.04 * outwards * unit, x + 0.3 * outwards * unit))
        beside = darker[int(y - 0.1 * unit) : int(y + 0.55 * unit), int(left) : int(right)]
        rows, columns = np.nonzero(beside > 0.4 * beside.max())
        assert np.ptp(rows) + 1 > 1.8 * (np.ptp(columns) + 1)


_BROWS = ("Brow Inner Left", "Brow Inner Right")


def _between_the_brows(face: VirtualFace) -> ImageArray:
    """Return the brightness of the pixels between the inner ends of the brows."""
    homogeneous = face.landmarks() @ face.projection()[:, :3].T + face.projection()[:, 3]
    pixels = homogeneous[:, :2] / homogeneous[:, 2:]
    (left, top), (right, bottom) = pixels[[107, 285]]
    # The ends of the brows lie at the edges.
    inside = 0.15 * (right - left)
    columns = np.s_[round(left + inside) : round(right - inside)]
    return np.asarray(face.render()[round(top) : round(bottom), columns].mean(axis=2))
