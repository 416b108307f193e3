# SPDX-License-Identifier: Apache-2.0
"""A small robot whose expression model is known exactly, and faces made from it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from x2c_face import controls, topology
from x2c_face.controls import Group
from x2c_face.expression_model import ExpressionModel
from x2c_face.frames import Face, FaceState
from x2c_face.head_pose import FACING, HeadPose, fit_head_pose, rotation_from

WAY = 0.12
"""How far a control moves its landmarks at full deflection [interocular distances]."""

_CENTRES = {
    "Brow Inner": topology.BROW_LEFT_UPPER[:2],
    "Brow Outer": topology.BROW_LEFT_UPPER[3:],
    "Eyelid Lower": topology.EYE_LEFT_LOWER[2:7],
    "Eyelid Upper": topology.EYE_LEFT_UPPER[2:7],
    "Lip Bottom Depress": np.array([314, 405]),
    "Lip Corner Raise": np.array([291]),
    "Lip Corner Stretch": np.array([291]),
    "Lip Top Raise": np.array([267, 269]),
    "Jaw Pitch": np.array([14, 17, 152, 199, 87, 317]),
    "Jaw Yaw": np.array([14, 17, 152, 199, 87, 317]),
    "Lip Bottom Curl": np.array([17, 14]),
    "Lip Bottom Depress Middle": np.array([17]),
    "Lip Top Curl": np.array([0, 13]),
    "Lip Top Raise Middle": np.array([0]),
    "Nose Wrinkle": np.array([129, 358, 48, 278]),
}
_SIDEWAYS = {"Lip Corner Stretch", "Jaw Yaw"}
_FORWARD = {"Lip Bottom Curl", "Lip Top Curl"}


def _effect(control: controls.Control) -> np.ndarray:
    effect = np.zeros((topology.COUNT, 3))
    if control.group in (Group.HEAD, Group.NECK):
        return effect
    if control.group is Group.GAZE:
        effect[topology.SKIN_COUNT :, 1 if control.name.endswith("Phi") else 2] = WAY
        return effect
    name, _, side = control.name.rpartition(" ")
    paired = side in ("Left", "Right")
    key = name if paired else control.name
    centre = _CENTRES[key]
    if side == "Right":
        centre = topology.MIRROR[centre]
    points = topology.REFERENCE
    distances = np.linalg.norm(points[:, None] - points[None, centre], axis=2).min(axis=1)
    fall = WAY * np.exp(-((distances / 0.1) ** 2))
    axis = 1 if key in _SIDEWAYS else 0 if key in _FORWARD else 2
    effect[:, axis] = -fall if axis == 1 and side == "Right" else fall
    # Lids are thin: neither the other lid nor the iris moves along.
    if control.group is Group.EYELID:
        kept = np.zeros(topology.COUNT, dtype=bool)
        kept[centre] = True
        effect[~kept] = 0.0
    else:
        effect[topology.SKIN_COUNT :] = 0.0
    return effect


@pytest.fixture(scope="session")
def model() -> ExpressionModel:
    """An expression model in which every control moves what its name says."""
    effects = np.array([_effect(control) for control in controls.CONTROLS])
    return ExpressionModel(topology.REFERENCE, effects, -effects)


@pytest.fixture(scope="session")
def make_face() -> Callable[..., Face]:
    """Return a function that poses a shape (478, 3) [interocular] as a tracked face."""
    return _make_face


def _make_face(
    points: np.ndarray,
    yaw: float = 0.0,
    pitch: float = 0.0,
    roll: float = 0.0,
    scale: float = 80.0,
) -> Face:
    rotation = FACING @ rotation_from(yaw, pitch, roll)
    pose = HeadPose(rotation, np.array([320.0, 240.0, 0.0]), scale)
    pixels = pose.to_pixels(points)
    return Face(pixels, fit_head_pose(pixels), 640, 480, 1.0, FaceState.TRACKING, 1)
