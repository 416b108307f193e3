# SPDX-License-Identifier: Apache-2.0
"""Imitate images one by one: no smoothing, no blending, no past."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace

import numpy as np

from x2c_bags.frames.frame_source import Frame, FrameSource
from x2c_core.arrays import ImageArray
from x2c_core.control_space import controls
from x2c_core.errors import LandmarkError, X2CError
from x2c_core.face import topology
from x2c_core.face.descriptors import describe_found
from x2c_core.face.frames import ControlFrame, ControlState, Face, FaceState
from x2c_core.face.head_pose import fit_head_pose
from x2c_core.files.issues import Issues
from x2c_core.images.orientation import turned
from x2c_core.robot.robot import Robot
from x2c_datasets.fit.image_tracking import track_single
from x2c_evaluation.pipeline.observing import observe
from x2c_evaluation.pipeline.offline_pipeline import (
    REPORTED_EVERY,
    Gathered,
    Imitated,
    PipelineOutput,
    ahead,
)
from x2c_evaluation.pipeline.settings import EvaluationSettings
from x2c_imitation.backends import make_imitator
from x2c_imitation.pipeline.imitation_stage import imitator_failures, trusted
from x2c_imitation.pipeline.imitator import Imitator
from x2c_perception.neutral.neutral_estimator import NeutralEstimator
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.upright_view import single_image_turn


def imitate_images(
    source: FrameSource,
    settings: EvaluationSettings,
    robot: Robot,
    issues: Issues,
    progress: Callable[[int], None] = lambda done: None,
) -> Imitated:
    """Return what the robot shall show for each image by itself.

    A face of a data set, which is that of an animation, is calibrated to its image nearest to
    neutral. Without such an image, the neutral face is estimated from the image itself, and an
    image that is upside down or on its side is turned.

    Args:
        source: Source of the images.
        settings: Settings of the backend, and the turn of the images, if it is set.
        robot: Robot that imitates.
        issues: Takes what cannot be worked on.
        progress: Called now and then with the number of images.

    Raises:
        X2CError: Robot or backend cannot be used.
    """
    imitator = make_imitator(settings.backend, robot, vars(settings.options))
    calibrated: int | None = None
    estimator = NeutralEstimator()
    gathered = Gathered()
    read = 0
    turns: dict[int, int] = {}
    tracker = FaceMeshTracker()
    with closing(tracker), closing(ahead(source.frames())) as frames:  # type: ignore[type-var]
        for frame in frames:
            number = frame.person
            if frame.is_neutral:
                face = None if frame.image is None else _face(tracker, frame.image, number)
                calibrated = None
                if face is not None and face.state is FaceState.TRACKING:
                    with suppress(X2CError), imitator_failures(imitator, "calibrate"):
                        imitator.calibrate(face)
                        calibrated = number
                continue
            read = frame.index + 1
            if frame.image is not None and not source.has_neutral:
                turn = _turn(tracker, frame.image, settings.tracking.settings.rotate, issues)
                turns[frame.index] = turn
                frame = replace(frame, image=turned(frame.image, turn))
            output = _output(tracker, frame, number)
            if output.face.state is FaceState.TRACKING:
                try:
                    trust = 1.0
                    if calibrated is None or calibrated != number:
                        calibrated = None
                        trust = _calibrate(imitator, estimator, output.face)
                    seen_face = observe(imitator.needs, output.face, frame.image)
                    with imitator_failures(imitator, "imitate"):
                        values = controls.clamp(imitator.imitate(seen_face))[0]
                    trusted(values, trust)
                except X2CError as error:
                    issues.add(f"an image could not be worked on: {error}")
                    continue
                answer = ControlFrame(values, trust, ControlState.TRACKING, number)
                output = replace(output, frame=answer)
            gathered.add(frame.index, frame.stamp, output)
            if len(gathered) % REPORTED_EVERY == 0:
                progress(read)
    total = source.count or read
    progress(total)
    return Imitated(gathered.curves(), total, total - len(gathered), 0.0, turns=turns)


def _turn(tracker: FaceMeshTracker, image: ImageArray, given: int | None, issues: Issues) -> int:
    """Return the clockwise turn by which an image is upright [deg]; note it if it is found."""
    if given is not None:
        return given
    with suppress(X2CError):
        found = single_image_turn(image, tracker)
        if found:
            how = "upside down" if found == 180 else "on its side"
            issues.add(f"an image is {how}: it was turned by {found} degrees", loss=False)
        return found
    return 0


def _calibrate(imitator: Imitator, estimator: NeutralEstimator, face: Face) -> float:
    """Calibrate to the neutral face estimated from one image; return the confidence in it."""
    estimator.restart()
    neutral = estimator.add(face, 0.0)
    if neutral is None:
        raise LandmarkError("a face without a pose has no neutral face")
    with imitator_failures(imitator, "calibrate"):
        imitator.calibrate(neutral.as_face(face.track_id))
    return neutral.confidence


def _output(tracker: FaceMeshTracker, frame: Frame, number: int) -> PipelineOutput:
    image = frame.image
    face = _lost((0, 0), number) if image is None else _face(tracker, image, number)
    found = face.landmarks if face.state is FaceState.TRACKING else None
    neutral = ControlFrame(controls.NEUTRAL.copy(), 0.0, ControlState.NEUTRAL, number)
    return PipelineOutput(face, describe_found(found), neutral)


def _face(tracker: FaceMeshTracker, image: ImageArray, number: int) -> Face:
    height, width = image.shape[:2]
    with suppress(X2CError):
        landmarks = track_single(tracker, np.ascontiguousarray(image[:, :, ::-1]))
        if landmarks is not None:
            pose = fit_head_pose(landmarks)
            return Face(landmarks, pose, width, height, 1.0, FaceState.TRACKING, number)
    return _lost((width, height), number)


def _lost(size: tuple[int, int], number: int) -> Face:
    nothing = np.zeros((topology.COUNT, 3))
    return Face(nothing, None, *size, 0.0, FaceState.LOST, number)
