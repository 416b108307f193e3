# SPDX-License-Identifier: Apache-2.0
"""Imitate images one by one: no smoothing, no blending, no past."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace

import numpy as np

from x2c_bags.frames.frame_source import Frame, FrameSource, ahead
from x2c_core.arrays import ImageArray
from x2c_core.control_space import controls
from x2c_core.errors import X2CError
from x2c_core.face import topology
from x2c_core.face.descriptors import describe_found
from x2c_core.face.frames import ControlFrame, ControlState, Face, FaceState
from x2c_core.face.head_pose import fit_head_pose
from x2c_core.files.issues import Issues
from x2c_core.robot.robot import Robot
from x2c_datasets.fit.image_tracking import track_single
from x2c_evaluation.pipeline.observing import observe
from x2c_evaluation.pipeline.offline_pipeline import (
    REPORTED_EVERY,
    Gathered,
    Imitated,
    PipelineOutput,
)
from x2c_evaluation.pipeline.settings import EvaluationSettings
from x2c_imitation.backends import make_imitator
from x2c_imitation.pipeline.imitation_stage import imitator_failures
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker


def imitate_images(
    source: FrameSource,
    settings: EvaluationSettings,
    robot: Robot,
    issues: Issues,
    progress: Callable[[int], None] = lambda done: None,
) -> Imitated:
    """Return what the robot shall show for each image of a data set.

    Each face, which is that of an animation, is calibrated to its image nearest to neutral.

    Args:
        source: Source of the images.
        settings: Settings of the backend.
        robot: Robot that imitates.
        issues: Takes what cannot be worked on.
        progress: Called now and then with the number of images.

    Raises:
        X2CError: Robot or backend cannot be used.
    """
    imitator = make_imitator(settings.backend, robot, vars(settings.options))
    calibrated: int | None = None
    gathered = Gathered()
    read = 0
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
            output = _output(tracker, frame, number)
            if calibrated != number and output.face.state is FaceState.TRACKING:
                issues.add("images of faces without an image to calibrate to")
            elif output.face.state is FaceState.TRACKING:
                try:
                    seen_face = observe(imitator.needs, output.face, frame.image)
                    with imitator_failures(imitator, "imitate"):
                        values = controls.clamp(imitator.imitate(seen_face))[0]
                except X2CError as error:
                    issues.add(f"an image could not be worked on: {error}")
                    continue
                answer = ControlFrame(values, 1.0, ControlState.TRACKING, number)
                output = replace(output, frame=answer)
            gathered.add(frame.index, frame.stamp, output)
            if len(gathered) % REPORTED_EVERY == 0:
                progress(read)
    total = source.count or read
    progress(total)
    return Imitated(gathered.curves(), total, total - len(gathered), 0.0)


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
