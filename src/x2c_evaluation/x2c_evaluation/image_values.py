# SPDX-License-Identifier: Apache-2.0
"""Find the control values that images of a face show, against an image of it at rest.

    python -m x2c_evaluation.image_values neutral.jpg grin.jpg frown.jpg

The face may be a person's or any robot's that the tracker sees; the values are those with which
the robot whose expression model is used would show the same. All images should be of one face
and from one distance: to the tracker, brows rise by 0.01 to 0.02 interocular distances and the
mouth widens by 0.03 where a camera comes from 3 m to 0.7 m.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.errors import X2CError
from x2c_core.face.descriptors import Relation, relate
from x2c_core.face.frames import NO_TRACK, Face, FaceState
from x2c_core.face.head_pose import fit_head_pose
from x2c_core.images.image_decoding import ImageDecodingError, read_image
from x2c_core.images.orientation import turned
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_core.terminal.tables import folded
from x2c_datasets.fit.image_tracking import track_views
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.pipeline.observing import observe
from x2c_imitation.backends import DEFAULT_BACKEND, make_imitator
from x2c_node.robots import find_robot
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.tracker import FaceTracker
from x2c_perception.tracking.upright_view import single_image_turn


@dataclass(frozen=True)
class ImageValues:
    """Control values of n images.

    Attributes:
        deflections: (n, 30) of the controls, -1 to 1.
        changes: (n, 16) of the relations against the neutral face [interocular distances].
    """

    deflections: Array
    changes: Array


def image_values(
    robot: Robot, neutral: Path, images: Sequence[Path], backend: str = DEFAULT_BACKEND
) -> ImageValues:
    """Return what images show.

    Args:
        robot: Robot whose expression model explains the faces.
        neutral: Image of the face at rest.
        images: Images of the same face.
        backend: Imitation backend.

    Raises:
        EvaluationError: A file is no image, or shows no face.
        X2CError: Robot or backend cannot be used.
    """
    tracker = FaceMeshTracker()
    try:
        imitator = make_imitator(backend, robot)
        rest = _face(tracker, neutral)
        imitator.calibrate(rest)
        faces = [_face(tracker, path) for path in images]
        values = [
            imitator.imitate(observe(imitator.needs, face, read_image(path)))
            for face, path in zip(faces, images, strict=True)
        ]
    finally:
        tracker.close()
    shape = fit_head_pose(rest.landmarks).to_head_frame(rest.landmarks)
    changes = [_relations(face, shape) - relate(shape) for face in faces]
    return ImageValues(
        np.array([controls.to_deflection(one) for one in values]), np.array(changes)
    )


def _relations(face: Face, shape: Array) -> Array:
    pose = fit_head_pose(face.landmarks, shape)
    return relate(pose.to_head_frame(face.landmarks))


def _face(tracker: FaceTracker, path: Path) -> Face:
    try:
        bgr = read_image(path)
    except ImageDecodingError as error:
        raise EvaluationError(str(error)) from error
    bgr = turned(bgr, single_image_turn(bgr, tracker))
    landmarks = track_views(tracker, np.ascontiguousarray(bgr[:, :, ::-1], dtype=np.uint8))
    if landmarks is None:
        raise EvaluationError(f"no face is found in {path}")
    height, width = bgr.shape[:2]
    pose = fit_head_pose(landmarks)
    return Face(landmarks, pose, width, height, 1.0, FaceState.TRACKING, NO_TRACK)


def main(arguments: Sequence[str] | None = None) -> None:
    """Print tables of the deflections and of what they are found from."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("neutral", type=Path, help="image of the face at rest")
    parser.add_argument("images", type=Path, nargs="+", help="of the same face")
    parser.add_argument("--robot", default="virtual", help="whose expression model is used")
    options = parser.parse_args(arguments)
    try:
        robot = load_robot(find_robot(options.robot))
        found = image_values(robot, options.neutral, options.images)
    except X2CError as error:
        sys.exit(f"error: {error}")
    face = [control for control in controls.CONTROLS if control.group is not Group.NECK]
    _print(
        "Deflections: -1 lowest, 0 neutral, 1 highest",
        options.images,
        {control.name: found.deflections[:, control.index] for control in face},
        "+.2f",
    )
    _print(
        "What the tracker sees, less neutral (interocular distances); up and out are positive",
        options.images,
        {one.name.replace("_", " ").capitalize(): found.changes[:, one] for one in Relation},
        "+.3f",
    )


def _print(title: str, images: Sequence[Path], rows: Mapping[str, Array], form: str) -> None:
    table = Table("", title=title)
    for path in images:
        table.add_column(Text(path.stem), justify="right")
    for name, row in rows.items():
        table.add_row(name, *(format(one, form) for one in row))
    Console().print(folded(table))


if __name__ == "__main__":
    main()
