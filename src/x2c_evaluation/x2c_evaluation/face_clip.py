# SPDX-License-Identifier: Apache-2.0
"""Draw the virtual face with given control values, as an image or a video."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import ImageArray
from x2c_core.control_space.controls_track import ControlsTrack
from x2c_core.errors import VideoError
from x2c_core.files.results import replacing
from x2c_core.images.video_writer import encoding
from x2c_core.robot.robot import Robot
from x2c_virtual_face.virtual_face import VirtualFace

Size = tuple[int, int]
"""Width and height [px]."""

_SAMPLES = 4
"""Samples a pixel: what is looked at has smooth edges."""


def draw(robot: Robot, values: ArrayLike, size: Size) -> ImageArray:
    """Return an image (height, width, 3), BGR, of the face with control values (30,).

    Raises:
        RobotMismatchError: The robot's joints are not those of the virtual humanoid.
        RenderError: No off-screen OpenGL is available.
        ControlError: The values are not 30 finite numbers.
    """
    with VirtualFace(robot, *size, _SAMPLES) as face:
        face.set_positions(robot.joint_targets(values))
        return _bgr(face)


def write_image(path: Path, image: ImageArray) -> None:
    """Write an image (height, width, 3), BGR, in the format that the file's name says.

    Raises:
        VideoError: It cannot be encoded.
        OutputError: It cannot be written.
    """
    try:
        _, encoded = cv2.imencode(path.suffix, image)
    except cv2.error as error:
        raise VideoError(f"cannot write {path}: {error}") from error
    with replacing(path) as partial:
        partial.write_bytes(encoded.tobytes())


def write_video(
    path: Path,
    robot: Robot,
    track: ControlsTrack,
    size: Size,
    framerate: float,
    dynamics: bool,
    progress: Callable[[int], None] = lambda done: None,
) -> None:
    """Write a video of the face that follows control values.

    Args:
        path: One that exists is replaced.
        robot: Robot with the virtual humanoid's joints.
        track: Control values over time.
        size: Even numbers.
        framerate: Images a second [Hz].
        dynamics: Whether servos follow each row of the track from its time on; else the joints
            are at once where the track, or a straight line between its rows, wants them.
        progress: Called with the number of images written.

    Raises:
        RobotMismatchError: The robot's joints are not those of the virtual humanoid.
        RenderError: No off-screen OpenGL is available.
        VideoError: It cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise VideoError(f"cannot write {path}: {error}") from error
    with VirtualFace(robot, *size, _SAMPLES) as face, encoding(path, *size) as encoder:
        follow = _Servos(face, track) if dynamics else _Puppet(face, track)
        for frame in range(frames(track, framerate)):
            follow(frame / framerate)
            encoder.write(_bgr(face), frame / framerate)
            progress(frame + 1)


def frames(track: ControlsTrack, framerate: float) -> int:
    """Return how many images the video of a track has."""
    return int(track.duration * framerate + 1e-6) + 1


class _Puppet:
    """A face that is at once where its track wants it."""

    def __init__(self, face: VirtualFace, track: ControlsTrack) -> None:
        self._face, self._track = face, track

    def __call__(self, time: float) -> None:
        self._face.set_positions(self._face.robot.joint_targets(self._track.at(time)))


class _Servos:
    """A face that follows its track as fast as its servos can."""

    def __init__(self, face: VirtualFace, track: ControlsTrack) -> None:
        self._face, self._track = face, track
        self._now, self._next = 0.0, 1
        face.set_positions(face.robot.joint_targets(track.values[0]))

    def __call__(self, time: float) -> None:
        times = self._track.times
        while self._next < len(times) and times[self._next] <= time:
            self._wait_until(times[self._next])
            row = self._track.values[self._next]
            self._face.command(self._face.robot.joint_targets(row))
            self._next += 1
        self._wait_until(time)

    def _wait_until(self, time: float) -> None:
        self._face.step(time - self._now)
        self._now = time


def _bgr(face: VirtualFace) -> ImageArray:
    return np.asarray(cv2.cvtColor(face.render(), cv2.COLOR_RGB2BGR), np.uint8)
