# SPDX-License-Identifier: Apache-2.0
"""Every control moves what its name says, on its side, and more the further it goes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.face import topology
from x2c_core.robot.robot import Robot
from x2c_virtual_face.virtual_face import VirtualFace

_X, _Y, _Z = 0, 1, 2


def _height(ids: Array) -> Callable[[Array], float]:
    return lambda points: float(points[ids, _Z].mean())


def _gap(upper: Array, lower: Array) -> Callable[[Array], float]:
    return lambda points: float((points[upper[2:7], _Z] - points[lower[2:7], _Z]).mean())


_SIDES = {
    "Left": {
        "inner": np.array([336, 285, 296, 295]),
        "outer": np.array([300, 276, 293, 283]),
        "upper": topology.EYE_LEFT_UPPER,
        "lower": topology.EYE_LEFT_LOWER,
        "corner": 291,
        "top": np.array([269, 311, 270]),
        "bottom": np.array([405, 402, 321]),
        "sign": 1.0,
    },
    "Right": {
        "inner": np.array([107, 55, 66, 65]),
        "outer": np.array([70, 46, 63, 53]),
        "upper": topology.EYE_RIGHT_UPPER,
        "lower": topology.EYE_RIGHT_LOWER,
        "corner": 61,
        "top": np.array([39, 81, 40]),
        "bottom": np.array([181, 178, 91]),
        "sign": -1.0,
    },
}


def _measures() -> dict[str, Callable[[Array], float]]:
    """Return by control what grows [interocular distances] when the control grows."""
    measures: dict[str, Callable[[Array], float]] = {
        "Gaze Target Phi": lambda p: float(p[[468, 473], _Y].sum()),
        "Gaze Target Theta": lambda p: float(p[[468, 473], _Z].sum()),
        "Jaw Pitch": lambda p: float(p[14, _Z] - p[13, _Z]),
        "Jaw Yaw": lambda p: float(p[152, _Y]),
        "Lip Bottom Curl": lambda p: float(p[14, _X]),
        "Lip Top Curl": lambda p: float(p[13, _X]),
        "Lip Bottom Depress Middle": lambda p: -float(p[17, _Z]),
        "Lip Top Raise Middle": lambda p: float(p[0, _Z]),
        "Nose Wrinkle": lambda p: float(p[[49, 279], _Z].sum()),
    }
    for side, part in _SIDES.items():
        corner, sign = part["corner"], part["sign"]
        measures |= {
            f"Brow Inner {side}": _height(part["inner"]),
            f"Brow Outer {side}": _height(part["outer"]),
            f"Eyelid Upper {side}": _gap(part["upper"], part["lower"]),
            f"Eyelid Lower {side}": _gap(part["upper"], part["lower"]),
            f"Lip Corner Raise {side}": lambda p, c=corner: float(p[c, _Z]),
            f"Lip Corner Stretch {side}": lambda p, c=corner, s=sign: float(s * p[c, _Y]),
            f"Lip Top Raise {side}": _height(part["top"]),
            f"Lip Bottom Depress {side}": lambda p, b=part["bottom"]: -float(p[b, _Z].mean()),
        }
    return measures


MEASURES = _measures()
SIDED = [c for c in controls.CONTROLS if c.mirror != c.index and "Left" in c.name]


def _sweep(face: VirtualFace, robot: Robot, name: str) -> tuple[Array, list[Array]]:
    control = controls.CONTROLS[controls.index(name)]
    values = np.linspace(control.minimum, control.maximum, 13)
    points = []
    for value in values:
        face.set_positions(robot.joint_targets(controls.from_names({name: float(value)})))
        points.append(face.landmarks())
    return values, points


@pytest.mark.parametrize("name", MEASURES)
def test_control_moves_its_part_steadily_in_its_direction(
    face: VirtualFace, robot: Robot, name: str
) -> None:
    _, points = _sweep(face, robot, name)
    measured = np.array([MEASURES[name](p) for p in points])
    assert (np.diff(measured) > 0.0).all()
    # Two hundredths of an interocular distance are 1.3 mm, enough to be seen.
    assert np.ptp(measured) > 0.02


@pytest.mark.parametrize("name", [control.name for control in SIDED])
def test_sided_control_moves_its_own_side_more(face: VirtualFace, robot: Robot, name: str) -> None:
    _, points = _sweep(face, robot, name)
    other = controls.CONTROLS[controls.CONTROLS[controls.index(name)].mirror].name
    own = np.ptp([MEASURES[name](p) for p in points])
    opposite = np.ptp([MEASURES[other](p) for p in points])
    assert opposite < 0.25 * own


@pytest.mark.parametrize("control", SIDED, ids=lambda control: control.name)
def test_equal_deflections_of_left_and_right_give_mirrored_faces(
    face: VirtualFace, robot: Robot, control: controls.Control
) -> None:
    for amount in (-0.7, 0.7):
        deflection = np.zeros(controls.COUNT)
        deflection[control.index] = amount
        values = controls.from_deflection(deflection)
        face.set_positions(robot.joint_targets(values))
        seen = face.landmarks()
        face.set_positions(robot.joint_targets(controls.mirror(values)))
        mirrored = face.landmarks()[topology.MIRROR] * np.array([1.0, -1.0, 1.0])
        np.testing.assert_allclose(mirrored[:468], seen[:468], atol=0.012)


@pytest.mark.parametrize("side", ["Left", "Right"])
@pytest.mark.parametrize("value", [0.0, -1.0])
def test_upper_lid_shuts_the_eye_fully_at_zero_and_below(
    face: VirtualFace, robot: Robot, side: str, value: float
) -> None:
    face.set_positions(robot.joint_targets(controls.from_names({f"Eyelid Upper {side}": value})))
    points = face.landmarks()
    part = _SIDES[side]
    order = np.argsort(points[part["lower"], _Y])
    lower = np.interp(points[part["upper"], _Y], *points[part["lower"]][order][:, [_Y, _Z]].T)
    assert (points[part["upper"], _Z] - lower < 0.015).all()


def test_lips_touch_in_the_neutral_face(face: VirtualFace) -> None:
    points = face.landmarks()
    gap = points[topology.LIP_UPPER_INNER, _Z] - points[topology.LIP_LOWER_INNER, _Z]
    assert np.abs(gap).max() < 0.015


def test_pucker_narrows_the_mouth_and_brings_it_forward(face: VirtualFace, robot: Robot) -> None:
    neutral = face.landmarks()
    values = controls.from_names({"Lip Corner Stretch Left": 0.0, "Lip Corner Stretch Right": 0.0})
    face.set_positions(robot.joint_targets(values))
    moved = face.landmarks() - neutral
    assert moved[291, _Y] < -0.1
    assert moved[61, _Y] > 0.1
    assert moved[[0, 17], _X].min() > 0.03


def test_cheeks_rise_with_a_smile(face: VirtualFace, robot: Robot) -> None:
    neutral = face.landmarks()
    values = controls.from_names({"Lip Corner Raise Left": 1.0, "Lip Corner Raise Right": 1.0})
    face.set_positions(robot.joint_targets(values))
    moved = face.landmarks() - neutral
    assert moved[[425, 205], _Z].min() > 0.02


@pytest.mark.parametrize(
    ("name", "row", "column", "sign"),
    [
        ("Head Yaw", _Y, _X, 1.0),
        ("Head Pitch", _Z, _X, -1.0),
        ("Head Roll", _Z, _Y, 1.0),
        ("Neck Pitch", _Z, _X, -1.0),
        ("Neck Roll", _Z, _Y, 1.0),
    ],
)
def test_head_and_neck_turn_by_the_angle_asked_and_leave_the_face_alone(
    face: VirtualFace, robot: Robot, name: str, row: int, column: int, sign: float
) -> None:
    neutral = face.landmarks()
    face.set_positions(robot.joint_targets(controls.from_names({name: 0.2})))
    assert face.head_rotation()[row, column] == pytest.approx(sign * np.sin(0.2), abs=1e-6)
    np.testing.assert_allclose(face.landmarks(), neutral, atol=1e-5)
