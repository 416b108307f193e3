# SPDX-License-Identifier: Apache-2.0
"""Finds the landmarks on the picture of a neutral robot, which motion transfer needs.

    python -m x2c_evaluation.neutral_picture ROBOT_FOLDER
    python -m x2c_evaluation.neutral_picture config/robots/virtual --render

The picture is the robot's `neutral_image`: a photograph or rendering of the whole face, looking
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
from numpy.typing import NDArray
from rich.console import Console

from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.picture_tracking import track_single
from x2c_face import topology
from x2c_face.errors import X2CError
from x2c_face.robot import Robot
from x2c_face.robot_file import load_robot
from x2c_imitation.transfer import read_picture
from x2c_node.robots import find_robot
from x2c_perception.mediapipe_tracker import MediaPipeTracker
from x2c_perception.tracker import FaceTracker

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

_LARGE = 640
"""Smaller pictures are enlarged: the tracker finds more in them [pixel]."""

_VIEWS = ((1.0, 0, 0), (1.1, 5, 3), (0.9, -4, 6), (1.05, 3, -5))
"""Sizes, and ways to the right and down [pixel], in which the picture is looked at."""

_SIZE = 256
"""Width and height of a rendered picture [pixel]."""


def neutral_landmarks(tracker: FaceTracker, picture: Picture) -> Array | None:
    """Return the landmarks (478, 3) [pixel] on a picture (RGB), or None if no face is found.

    They are the mean over several views of the picture, mirrored too, since the tracker sees each
    a little differently.
    """
    factor = max(1.0, _LARGE / max(picture.shape[:2]))
    found = []
    for size, right, down in _VIEWS:
        view = _moved(picture, size * factor, right, down)
        mirrored = np.ascontiguousarray(view[:, ::-1])
        seen = track_single(tracker, view)
        if seen is not None:
            found.append((seen - (right, down, 0.0)) / (size * factor))
        seen = track_single(tracker, mirrored)
        if seen is not None:
            turned = (view.shape[1], 0.0, 0.0) + seen[topology.MIRROR] * (-1.0, 1.0, 1.0)
            found.append((turned - (right, down, 0.0)) / (size * factor))
    return np.mean(found, axis=0) if found else None


def _moved(picture: Picture, factor: float, right: float, down: float) -> Picture:
    """Return a picture enlarged about its upper left edge and moved."""
    height, width = picture.shape[:2]
    # Pixel centres are whole numbers for OpenCV, landmarks count from the edge.
    edge = (factor - 1.0) / 2.0
    matrix = np.array([[factor, 0.0, right + edge], [0.0, factor, down + edge]])
    size = (round(width * factor), round(height * factor))
    moved = cv2.warpAffine(
        picture, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(moved, dtype=np.uint8)


def write_landmarks(robot: Robot) -> Path:
    """Track a robot's neutral picture, write the landmarks into its folder, return their path.

    Raises:
        EvaluationError: No face is found, or the file cannot be written.
        X2CError: The picture cannot be read.
    """
    picture = read_picture(robot.neutral_image)
    tracker = MediaPipeTracker()
    try:
        landmarks = neutral_landmarks(tracker, picture)
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
    """Take the neutral picture of the virtual humanoid anew and return its path.

    Raises:
        EvaluationError: The picture cannot be written.
        X2CError: The robot is another one, or nothing can be rendered here.
    """
    from x2c_virtual_face.virtual_face import VirtualFace

    path = robot.neutral_image
    with VirtualFace(robot, _SIZE, _SIZE) as face:
        bgr = cv2.cvtColor(face.render(), cv2.COLOR_RGB2BGR)
    if not cv2.imwrite(str(path), bgr, [cv2.IMWRITE_PNG_COMPRESSION, 9]):
        raise EvaluationError(f"cannot write {path}")
    return path


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the landmarks, and the picture where that is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("robot", help="name or folder of the robot")
    parser.add_argument(
        "--render", action="store_true", help="first render the picture: virtual humanoid only"
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
