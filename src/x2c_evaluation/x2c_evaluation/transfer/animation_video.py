# SPDX-License-Identifier: Apache-2.0
"""Video in which a still image of a face takes on the expressions of a person in another video."""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from x2c_bags.frames.frame_source import timed
from x2c_core.arrays import Array, ImageArray
from x2c_core.face.frames import FaceState
from x2c_core.images.video_writer import VideoWriter, encoding
from x2c_core.robot.robot_file import load_robot
from x2c_datasets.fit.image_tracking import track_views
from x2c_evaluation.errors import EvaluationError
from x2c_evaluation.pipeline.even_images import source_images, source_period
from x2c_evaluation.pipeline.offline_pipeline import find_neutral
from x2c_evaluation.transfer.loss_easing import LossEasing
from x2c_imitation.pipeline.observation import Need
from x2c_imitation.x2cnet.transfer.motion_transfer import MotionTransfer, make_transfer
from x2c_imitation.x2cnet.transfer.robot_image import read_robot_image
from x2c_node.robots import find_robot
from x2c_perception.cameras.choice import choose_source
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.tracking_settings import TrackingSettings
from x2c_perception.tracking_stage import TrackingStage

_STAND_IN = "virtual"
"""Robot whose neutral image is replaced by the given one; nothing else of it counts."""

_WIDEST = 2.0
"""Largest width of the person's image beside the animated one [heights]."""


@dataclass(frozen=True)
class AnimatedVideo:
    """Result of an animation.

    Attributes:
        frames: Number of frames written.
        lost: Number of those in which no face was found; the image holds, then eases to neutral.
        seconds: Length of the video [s].
    """

    frames: int
    lost: int
    seconds: float


def animate_video(
    image: Path,
    video: str,
    out: Path,
    transfer: str,
    options: Mapping[str, Any],
    *,
    size: int = 512,
    person: bool = True,
    progress: Callable[[], None] = lambda: None,
) -> AnimatedVideo:
    """Write a video in which the face in an image does what a person does.

    Args:
        image: PNG or JPEG with a face that looks ahead, such as a photograph of a robot.
        video: Path of the person's video, or a name as users give it.
        out: Video to write; one that exists is replaced.
        transfer: Name of the motion transfer.
        options: Values of its options by name.
        size: Length of the animated image's longer side [pixel].
        person: Whether the person is shown on the left.
        progress: Called after each frame.

    Raises:
        EvaluationError: No face is found in the image, or no neutral face in the video.
        VideoError: The video cannot be written.
        X2CError: Image, video or motion transfer cannot be used.
    """
    source = choose_source("", video)
    if source.is_endless:
        raise EvaluationError(f"{video} is a single image; expected a video, or a folder of them")
    still = _Still(image, transfer, options, size)
    with source:
        period = source_period(source)
        neutral = find_neutral(timed(source_images(source), period))
    if neutral is None:
        raise EvaluationError(f"no neutral face is found in {video}")
    still.motion.calibrate(neutral)
    frames = lost = 0
    easing = LossEasing(still.motion, neutral)
    settings = TrackingSettings(automatic_calibration=False)
    with ExitStack() as opened:
        stage = opened.enter_context(closing(TrackingStage(settings)))
        opened.enter_context(source)
        writer: VideoWriter | None = None
        for read in source_images(source):
            tracked = stage.track(read, round(frames * period * 1e9))
            lost += tracked.face.state is not FaceState.TRACKING
            crop = tracked.crop if Need.IMAGE in still.motion.needs else None
            whole = still.cut(easing.animate(frames * period, tracked.face, crop))
            if person:
                whole = _beside(read if tracked.image is None else tracked.image, whole)
            if writer is None:
                height, width = whole.shape[:2]
                writer = opened.enter_context(encoding(out, width, height))
            writer.write(whole, frames * period)
            frames += 1
            progress()
    return AnimatedVideo(frames, lost, frames * period)


class _Still:
    """A still image as motion transfers take it: square, with its landmarks.

    Args:
        path: PNG or JPEG with a face.
        transfer: Name of the motion transfer.
        options: Values of its options by name.
        size: Length of the longer side of animated images [pixel].
    """

    def __init__(self, path: Path, transfer: str, options: Mapping[str, Any], size: int) -> None:
        image = read_robot_image(path)
        with closing(FaceMeshTracker()) as tracker:
            landmarks = track_views(tracker, image)
        if landmarks is None:
            raise EvaluationError(
                f"no face is found in {path}: the tracker needs a whole face, seen from the "
                "front, with eyes, brows and mouth to be told apart; drawings mostly lack that"
            )
        height, width = image.shape[:2]
        side = max(height, width)
        left, top = (side - width) // 2, (side - height) // 2
        ends = top, side - height - top, left, side - width - left
        square = np.asarray(
            cv2.copyMakeBorder(image, *ends, borderType=cv2.BORDER_REPLICATE), dtype=np.uint8
        )
        points = landmarks + np.array([left, top, 0.0])
        self.motion = _make(square, points, transfer, options, size)
        # Videos have even sides.
        scale = size / side
        self._left, self._top = round(left * scale), round(top * scale)
        self._width, self._height = (2 * round(n * scale / 2.0) for n in (width, height))

    def cut(self, square: ImageArray) -> ImageArray:
        """Return an animated square (size, size, 3) RGB without what was added, as BGR."""
        rows = slice(self._top, self._top + self._height)
        columns = slice(self._left, self._left + self._width)
        return np.ascontiguousarray(square[rows, columns, ::-1])


def _make(
    square: ImageArray, landmarks: Array, transfer: str, options: Mapping[str, Any], size: int
) -> MotionTransfer:
    """Return a motion transfer onto a square image (n, n, 3) RGB with landmarks (478, 3)."""
    robot = load_robot(find_robot(_STAND_IN))
    with tempfile.TemporaryDirectory() as folder:
        image, points = Path(folder) / "neutral.png", Path(folder) / "neutral_landmarks.npy"
        cv2.imwrite(str(image), square[:, :, ::-1])
        np.save(points, landmarks.astype(np.float32))
        given = dataclasses.replace(robot, neutral_image=image, neutral_landmarks=points)
        return make_transfer(transfer, given, size, options)


def _beside(person: ImageArray, animated: ImageArray) -> ImageArray:
    """Return a person's image on the left of an animated one, at the same height (BGR)."""
    height = animated.shape[0]
    high, wide = person.shape[:2]
    width = 2 * round(min(wide / high, _WIDEST) * height / 2.0)
    # What is wider than that is cut at both sides.
    kept = min(wide, round(high * _WIDEST))
    start = (wide - kept) // 2
    flags = cv2.INTER_AREA if high > height else cv2.INTER_CUBIC
    shown = cv2.resize(
        person[:, start : start + kept], (max(width, 2), height), interpolation=flags
    )
    return np.asarray(np.hstack([shown, animated]), dtype=np.uint8)
