# SPDX-License-Identifier: Apache-2.0
"""Show in one image what motion transfer makes of expressions.

    python -m x2c_evaluation.transfer.contact_sheet virtual --out docs/motion_transfer.jpg

Above, the virtual humanoid's own images of expressions, as it really looks in them; below each,
the robot's neutral image warped by the landmarks that the tracker finds in the image above.
The last row does the same with those images of a video that differ most.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from rich.console import Console

from x2c_bags.frames.frame_source import timed
from x2c_core.arrays import Array, ImageArray
from x2c_core.control_space import controls, expressions
from x2c_core.errors import X2CError
from x2c_core.face.head_pose import fit_head_pose
from x2c_core.printable import printable
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_datasets.fit.image_tracking import track_single
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.pipeline.even_images import source_images, source_period
from x2c_evaluation.pipeline.observing import observe
from x2c_evaluation.pipeline.offline_pipeline import find_neutral
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.x2cnet.transfer.motion_transfer import DEFAULT_TRANSFER, make_transfer
from x2c_imitation.x2cnet.transfer.robot_image import read_neutral
from x2c_node.robots import find_robot
from x2c_perception.cameras.choice import choose_source
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.tracker import FaceTracker
from x2c_virtual_face.virtual_face import VirtualFace

_SIZE = 256
"""Width and height of the animated images [pixel]."""

_TILE = 176
_TITLE = 20
_COLUMNS = 8
_RENDERED = "virtual"
"""The robot whose images are rendered."""

_SIDE = 4.0
"""Side of the square shown of a head [interocular distances]."""

_CASES: Mapping[str, Mapping[str, float]] = {
    **{name: {} for name in ("neutral", "smile", "grin", "laugh", "surprise", "kiss", "anger")},
    "jaw open": expressions.both(jaw_pitch=-1.0),
    "eyes shut": expressions.both(eyelid_upper=-0.7),
    "wink": {"Eyelid Upper Left": -0.7, "Eyelid Lower Left": -0.3},
    "look left": {"Gaze Target Phi": 0.9},
    "look up": {"Gaze Target Theta": 0.9},
    "yaw 25": {"Head Yaw": 0.83},
    "yaw -20, jaw": {"Head Yaw": -0.67, "Jaw Pitch": -0.8},
    "pitch -15": {"Head Pitch": -0.5},
    "roll 20": {"Head Roll": 1.0},
}
"""Deflections; those of a named expression where there are none."""


class _Sheet:
    def __init__(self, robot: Robot, transfer: str) -> None:
        self._image, self._landmarks = read_neutral(robot)
        self._motion = make_transfer(transfer, robot, _SIZE)
        self._tracker = FaceMeshTracker()
        self._tiles: list[ImageArray] = []

    def close(self) -> None:
        self._tracker.close()

    @property
    def tracker(self) -> FaceTracker:
        return self._tracker

    def calibrate(self, neutral: Array) -> None:
        self._motion.calibrate(Observation.of_landmarks(neutral).face)

    def add(self, title: str, image: ImageArray, box: Array) -> None:
        """Add an image (RGB), of which a box (left, top, side) is shown, and what it becomes."""
        landmarks = track_single(self._tracker, image)
        if landmarks is None:
            raise EvaluationError(f"no face is found in the image {title!r}")
        bgr = np.ascontiguousarray(image[:, :, ::-1])
        face = Observation.of_landmarks(landmarks).face
        warped = self._motion.animate(observe(self._motion.needs, face, bgr))
        ratio = _SIZE / np.array([self._image.shape[1], self._image.shape[0]])
        own = _box(self._landmarks) * (*ratio, ratio[0])
        strip = np.full((_TITLE, _TILE, 3), 255, np.uint8)
        place = (4, _TITLE - 6)
        cv2.putText(
            strip, title, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42, (30, 30, 30), 1, cv2.LINE_AA
        )
        tile = np.vstack([strip, _cut(image, box), _cut(warped, own)])
        self._tiles.append(np.pad(tile, ((2, 2), (2, 2), (0, 0)), constant_values=255))

    def whole(self) -> ImageArray:
        """Return all of it (h, w, 3)."""
        rows = [self._tiles[k : k + _COLUMNS] for k in range(0, len(self._tiles), _COLUMNS)]
        empty = np.full_like(self._tiles[0], 255)
        return np.vstack([np.hstack([*row, *[empty] * (_COLUMNS - len(row))]) for row in rows])


def transfer_sheet(
    robot: Robot, rendered: Robot, video: str, transfer: str = DEFAULT_TRANSFER
) -> ImageArray:
    """Return the sheet (h, w, 3), RGB.

    Args:
        robot: Robot whose neutral image is warped.
        rendered: The virtual humanoid.
        video: Video as the user names it.
        transfer: Name of the motion transfer.

    Raises:
        EvaluationError: A face is not found.
        X2CError: Robot or video cannot be used.
    """
    sheet = _Sheet(robot, transfer)
    try:
        _add_expressions(sheet, rendered)
        _add_video(sheet, video)
        return sheet.whole()
    finally:
        sheet.close()


def _add_expressions(sheet: _Sheet, rendered: Robot) -> None:
    with VirtualFace(rendered, 512, 512) as face:
        neutral = track_single(sheet.tracker, face.render())
        if neutral is None:
            raise EvaluationError("no face is found in the image of the neutral virtual face")
        sheet.calibrate(neutral)
        box = _box(neutral)
        for title, deflections in _CASES.items():
            values = _values(deflections or expressions.EXPRESSIONS[title])
            face.set_positions(rendered.joint_targets(values))
            sheet.add(title, face.render(), box)


def _add_video(sheet: _Sheet, video: str) -> None:
    source = choose_source("", video)
    if source.is_endless:
        raise EvaluationError(f"{video} is a single image; expected a video, or a folder of them")
    with source:
        period = source_period(source)
        images = list(source_images(source))
    neutral = find_neutral(timed(images, period))
    if neutral is None:
        raise EvaluationError(f"no neutral face is found in {video}")
    sheet.calibrate(neutral.landmarks)
    box = _box(neutral.landmarks)
    for number in _most_different(sheet.tracker, images, neutral.landmarks):
        rgb = np.ascontiguousarray(images[number][:, :, ::-1])
        sheet.add(f"image {number}", rgb, box)


def _most_different(
    tracker: FaceTracker, images: Sequence[ImageArray], neutral: Array
) -> list[int]:
    """Return the numbers of the images whose faces differ most from each other."""
    faces = {}
    for number, image in enumerate(images):
        found = tracker.track(np.ascontiguousarray(image[:, :, ::-1]))
        if found:
            faces[number] = fit_head_pose(found[0].landmarks).to_head_frame(found[0].landmarks)
    shapes = np.array([face.ravel() for face in faces.values()])
    first = fit_head_pose(neutral).to_head_frame(neutral).ravel()
    distances = np.linalg.norm(shapes - first, axis=1)
    chosen: list[int] = []
    for _ in range(min(_COLUMNS, len(shapes))):
        chosen.append(int(distances.argmax()))
        distances = np.minimum(distances, np.linalg.norm(shapes - shapes[chosen[-1]], axis=1))
    numbers = list(faces)
    return sorted(numbers[place] for place in chosen)


def _values(deflections: Mapping[str, float]) -> Array:
    """Return the control values (30,) of deflections by control name."""
    every = np.zeros(controls.COUNT)
    for name, deflection in deflections.items():
        every[controls.index(name)] = deflection
    return controls.from_deflection(every)


def _box(landmarks: Array) -> Array:
    """Return the square (left, top, side) around a head [pixel]."""
    pose = fit_head_pose(landmarks)
    side = _SIDE * pose.scale
    left, top = pose.translation[:2] - (side / 2.0, 0.43 * side)
    return np.array([left, top, side])


def _cut(image: ImageArray, box: Array) -> ImageArray:
    """Return a square (left, top, side) of an image as a tile."""
    left, top, side = box
    scale = _TILE / side
    matrix = np.array([[scale, 0.0, -scale * left], [0.0, scale, -scale * top]])
    flags = cv2.INTER_AREA if scale < 0.7 else cv2.INTER_CUBIC
    tile = cv2.warpAffine(
        image, matrix, (_TILE, _TILE), flags=flags, borderMode=cv2.BORDER_REPLICATE
    )
    return np.asarray(tile, dtype=np.uint8)


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the sheet."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("robot", help="name or folder of the robot whose image is warped")
    parser.add_argument("--video", default="performer", help="a file (default: %(default)s)")
    parser.add_argument(
        "--transfer", default=DEFAULT_TRANSFER, help="motion transfer (default: %(default)s)"
    )
    parser.add_argument("--out", type=Path, required=True, help="PNG or JPEG")
    options = parser.parse_args(arguments)
    try:
        robot, rendered = (load_robot(find_robot(name)) for name in (options.robot, _RENDERED))
        sheet = transfer_sheet(robot, rendered, options.video, options.transfer)
        bgr = cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR)
        name = str(options.out)
        if name != printable(name) or not cv2.imwrite(name, bgr, [cv2.IMWRITE_JPEG_QUALITY, 88]):
            raise EvaluationError(f"cannot write {options.out}")
    except X2CError as error:
        sys.exit(f"error: {error}")
    Console().print(f"Written: {options.out}", markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
