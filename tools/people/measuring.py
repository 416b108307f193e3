# SPDX-License-Identifier: Apache-2.0
"""Measure faces in photographs, and expressions of a robot's face."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face import topology
from x2c_core.face.expression_model import ExpressionModel
from x2c_core.face.head_pose import fit_head_pose
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker

REGIONS = {"brows": (Group.BROW,), "lids": (Group.EYELID,), "mouth": (Group.MOUTH, Group.NOSE)}
"""Groups of controls of each region whose expressions are measured."""

_LARGEST = 900
"""Longer side to which photographs are reduced at least [pixel]."""
_LOOKS = 4
"""Number of times that each photograph is shown, so that the tracker comes to rest."""
_MOVED, _TOGETHER = 0.5, 0.8
"""How often a control is used, and how often both sides do the same."""


def measured_faces(folder: Path) -> dict[str, Array]:
    """Return the faces (478, 3) in the head frame in photographs, by the first part of the name.

    Args:
        folder: Folder with one photograph of each person; names begin with the person, as in
            `012_03.jpg`.
    """
    found = {}
    tracker = FaceMeshTracker()
    for path in sorted(folder.glob("[!.]*.jpg")):
        image = cv2.imread(str(path))
        if image is None:
            raise SystemExit(f"{path} is no image")
        while max(image.shape) > _LARGEST:
            image = cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
        rgb = np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), dtype=np.uint8)
        faces = [tracker.track(rgb) for _ in range(_LOOKS)][-1]
        if faces:
            landmarks = faces[0].landmarks
            found[path.stem.split("_")[0]] = fit_head_pose(landmarks).to_head_frame(landmarks)
    tracker.close()
    return found


def mirrored(faces: Array) -> Array:
    """Return faces or displacements (n, 478, 3) in a mirror."""
    turned = faces[:, topology.MIRROR].copy()
    turned[..., 1] *= -1.0
    return turned


def random_expressions(
    model: ExpressionModel, groups: tuple[Group, ...], count: int, rng: np.random.Generator
) -> Array:
    """Return displacements (n, 478, 3) of random expressions of some groups of controls."""
    used = np.array([one.group in groups for one in controls.CONTROLS])
    rises = rng.random((count, controls.COUNT)) < 0.5
    rises = np.where(controls.MAXIMUM > controls.NEUTRAL, rises, False)
    rises = np.where(controls.MINIMUM < controls.NEUTRAL, rises, True)
    moved = rng.random((count, controls.COUNT)) * (rng.random((count, controls.COUNT)) < _MOVED)
    moved[:, ~used] = 0.0
    for one in controls.CONTROLS:
        if one.mirror > one.index:
            alike = rng.random(count) < _TOGETHER
            moved[alike, one.mirror] = moved[alike, one.index]
            rises[alike, one.mirror] = rises[alike, one.index]
    up = np.tensordot(moved * rises, model.up, axes=1)
    return np.asarray(up + np.tensordot(moved * ~rises, model.down, axes=1))
