# SPDX-License-Identifier: Apache-2.0
"""Find the landmarks on the image of a neutral robot, which motion transfer needs.

    python -m x2c_evaluation.transfer.neutral_image ROBOT_FOLDER
    python -m x2c_evaluation.transfer.neutral_image config/robots/virtual --render

The image is the robot's `neutral_image`: a photograph or rendering of the whole face, looking
ahead, eyes open, mouth closed. What the tracker finds is written to the robot's
`neutral_landmarks`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console

from x2c_core.errors import X2CError
from x2c_core.printable import printable
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_datasets.fit.image_tracking import track_views
from x2c_evaluation.errors import EvaluationError
from x2c_imitation.x2cnet.transfer.robot_image import read_robot_image
from x2c_node.robots import find_robot
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker

_SIZE = 256
"""Width and height of a rendered image [pixel]."""


def write_landmarks(robot: Robot) -> Path:
    """Track a robot's neutral image, write the landmarks into its folder, return their path.

    Raises:
        EvaluationError: No face is found, or the file cannot be written.
        X2CError: The image cannot be read.
    """
    image = read_robot_image(robot.neutral_image)
    tracker = FaceMeshTracker()
    try:
        landmarks = track_views(tracker, image)
    finally:
        tracker.close()
    if landmarks is None:
        raise EvaluationError(
            f"no face is found in {robot.neutral_image}: the tracker needs a whole face, seen "
            "from the front, with eyes, brows and mouth to be told apart"
        )
    path = robot.neutral_landmarks
    unfinished = path.with_name(f"{path.name}.unfinished")
    try:
        with unfinished.open("wb") as file:
            np.save(file, landmarks.astype(np.float32))
        unfinished.replace(path)
    except OSError as error:
        raise EvaluationError(f"cannot write {path}: {error.strerror}") from error
    return path


def render_neutral(robot: Robot) -> Path:
    """Take the neutral image of the virtual humanoid again and return its path.

    Raises:
        EvaluationError: The image cannot be written.
        X2CError: The robot is another one, or nothing can be rendered here.
    """
    from x2c_virtual_face.virtual_face import VirtualFace

    path = robot.neutral_image
    with VirtualFace(robot, _SIZE, _SIZE) as face:
        bgr = cv2.cvtColor(face.render(), cv2.COLOR_RGB2BGR)
    name = str(path)
    if name != printable(name) or not cv2.imwrite(name, bgr, [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise EvaluationError(f"cannot write {path}")
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the landmarks, and the image where that is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("robot", help="name or folder of the robot")
    parser.add_argument(
        "--render", action="store_true", help="first render the image: virtual humanoid only"
    )
    options = parser.parse_args(arguments)
    try:
        robot = load_robot(find_robot(options.robot))
        written = [render_neutral(robot)] if options.render else []
        written.append(write_landmarks(robot))
    except X2CError as error:
        sys.exit(f"error: {error}")
    for path in written:
        Console().print(f"Written: {path}", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
