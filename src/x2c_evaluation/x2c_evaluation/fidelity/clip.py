# SPDX-License-Identifier: Apache-2.0
"""One clip imitated from beginning to end, as curves."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_bags.frames.frame_source import timed
from x2c_core.arrays import Array, ImageArray
from x2c_core.control_space import controls
from x2c_core.face.descriptors import describe_face
from x2c_core.face.expression_model import load_expression_model
from x2c_core.face.frames import ControlState, Face
from x2c_core.robot.robot import Robot
from x2c_core.words import among_all
from x2c_evaluation.errors import FidelityError
from x2c_evaluation.fidelity.judge.expression_judge import ExpressionJudge
from x2c_evaluation.fidelity.judge.reading_log import ReadingLog, Readings
from x2c_evaluation.fidelity.key_frames import KeyFrameStrip
from x2c_evaluation.fidelity.simulated_robot import SimulatedRobot
from x2c_evaluation.pipeline.offline_pipeline import OfflinePipeline
from x2c_evaluation.pipeline.seen import seen
from x2c_evaluation.pipeline.settings import EvaluationSettings
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.tracker import DetectedFace

SHORTEST = 1.0
"""A clip needs the person's face for so long [s]."""

_LOOKS_AT_REST = 3
"""Images in which the robot's face at rest is tracked: the tracker settles."""


@dataclass(frozen=True)
class ClipPerformance:
    """Descriptors over time, (n, 17) each; NaN where nothing was seen or followed.

    Attributes:
        period: Time between images [s].
        person: The person, as the tracker sees them, without smoothing.
        solved: The robot, as its expression model foresees it.
        ideal: The robot, as its geometry would be if joints were reached at once.
        moved: The robot, as its geometry is.
        seen: The robot, as the tracker sees it in its image.
        shown: Likewise, also while the robot does not follow.
        at_rest: (17,) the robot's face at rest, as the tracker sees it.
        eyes_open: (n,) whether the gaze can be seen, in the person and in the robot.
        frames: Number of images in the clip.
        faces: Number of images with the person's face found.
        robot_faces: Number of images of the robot with its face found.
        image: Person above robot at some moments, BGR.
        truth: The person's face as it really is, where that is known.
        readings: Expressions that a judge reads; None without a judge.
    """

    period: float
    person: Array
    solved: Array
    ideal: Array
    moved: Array
    seen: Array
    shown: Array
    at_rest: Array
    eyes_open: NDArray[np.bool_]
    frames: int
    faces: int
    robot_faces: int
    image: ImageArray
    truth: Array | None = None
    readings: Readings | None = None

    @property
    def following(self) -> int:
        """In how many images the robot followed the person."""
        return int(self._followed.sum())

    @property
    def followed_faces(self) -> int:
        """Number of images with the person's face in which the robot followed it."""
        return int((self._followed & self._faces).sum())

    @property
    def first_follow(self) -> float | None:
        """Time from the first image with a face to the first followed [s]; None for none."""
        if not self._followed.any():
            return None
        return float((np.argmax(self._followed) - np.argmax(self._faces)) * self.period)

    @property
    def _followed(self) -> NDArray[np.bool_]:
        return np.asarray(np.isfinite(self.moved[:, 0]))

    @property
    def _faces(self) -> NDArray[np.bool_]:
        return np.asarray(np.isfinite(self.person[:, 0]))


def perform(
    images: Iterable[ImageArray],
    period: float,
    robot: Robot,
    settings: EvaluationSettings,
    neutral: Face | None = None,
    progress: Callable[[int], None] = lambda done: None,
    judge: ExpressionJudge | None = None,
) -> ClipPerformance:
    """Let a robot imitate a clip and return what both did.

    The robot's image that belongs to a person's is taken at the same moment, before the robot
    knows of it: at least one frame of lag is part of the measure, as it is live.

    Args:
        images: (height, width, 3) BGR.
        period: Time between them [s].
        robot: Robot that imitates.
        settings: Settings of tracking and imitation.
        neutral: The person's neutral face; found meanwhile where it is None.
        progress: Called after each image with how many there were.
        judge: Judge that reads the expressions of both.

    Raises:
        FidelityError: There is no image, no face, or too little to be measured.
        X2CError: Robot or backend cannot be used.
    """
    model = load_expression_model(robot.expression_model)
    rows: list[tuple[Array, ...]] = []
    frames = faces = robot_faces = 0
    strip = KeyFrameStrip()
    with (
        SimulatedRobot(robot, settings.gains, settings.offsets) as simulated,
        contextlib.closing(OfflinePipeline(settings, robot, neutral)) as pipeline,
        contextlib.closing(FaceMeshTracker()) as tracker,
    ):
        rest_image, rest_found = _at_rest(simulated, tracker)
        log = ReadingLog(judge, rest_image, rest_found)
        for frame in timed(images, period):
            if frames:
                simulated.wait(period)
            output = pipeline.follow(frame)
            robot_image = simulated.image()
            found = tracker.track(robot_image)
            look = seen(found)
            log.add(frame.image, output.face, robot_image, found)
            shape = simulated.shape()
            simulated.follow(output.frame)
            values = simulated.restricted(np.asarray(output.frame.values))
            rows.append(
                (
                    output.described,
                    foreseen(model.landmarks(values), values, model.turn(values)),
                    simulated.ideally(values),
                    shape,
                    look,
                    np.full(17, output.frame.state is ControlState.TRACKING),
                )
            )
            frames += 1
            faces += bool(np.isfinite(output.described[0]))
            robot_faces += bool(np.isfinite(look[0]))
            if frame.image is not None:
                strip.add(frame.image, robot_image[:, :, ::-1], frames * period)
            progress(frames)
    _check(frames, faces, period)
    person, solved, ideal, moved, looks, following = (
        np.array(one) for one in zip(*rows, strict=True)
    )
    left_out = ~following.astype(bool)
    shown: Array = looks.copy()
    for one in (solved, ideal, moved, looks):
        one[left_out] = np.nan
    return ClipPerformance(
        period=period,
        person=person,
        solved=solved,
        ideal=ideal,
        moved=moved,
        seen=looks,
        shown=shown,
        at_rest=seen(rest_found),
        eyes_open=eyes_open(person) & eyes_open(looks),
        frames=frames,
        faces=faces,
        robot_faces=robot_faces,
        image=strip.image(),
        readings=log.readings(),
    )


def foreseen(landmarks: Array, values: Array, turn: Array) -> Array:
    """Return the descriptors (17,) that an expression model foresees."""
    angles = [
        sum(values[controls.index(name)] for name in names)
        for names in (("Head Yaw",), ("Head Pitch", "Neck Pitch"), ("Head Roll", "Neck Roll"))
    ]
    return np.concatenate([describe_face(landmarks), np.array(angles) + turn])


def eyes_open(described: Array) -> NDArray[np.bool_]:
    """Return in which of n images (n, 17) at least one eye is half as open as it mostly is."""
    seen = described[np.isfinite(described[:, 0]), :2]
    if not len(seen):
        return np.zeros(len(described), dtype=bool)
    usual = np.maximum(np.median(seen, axis=0), 1e-6)
    with np.errstate(invalid="ignore"):
        return np.asarray((described[:, :2] / usual).max(axis=1) > 0.5)


def _at_rest(
    robot: SimulatedRobot, tracker: FaceMeshTracker
) -> tuple[ImageArray, list[DetectedFace]]:
    """Return the image (height, width, 3), RGB, of a robot that has not moved yet, and faces."""
    image = robot.image()
    for _ in range(_LOOKS_AT_REST):
        found = tracker.track(image)
    if not np.isfinite(seen(found)).all():
        raise FidelityError("the tracker does not find the robot's face at rest")
    return image, found


def _check(frames: int, faces: int, period: float) -> None:
    if not faces:
        raise FidelityError(f"no face was found in {among_all(frames, 'image')}")
    if faces * period < SHORTEST:
        raise FidelityError(
            f"a face was found for only {faces * period:.1f} s of {frames * period:.1f} s; at "
            f"least {SHORTEST:.0f} s are needed"
        )
