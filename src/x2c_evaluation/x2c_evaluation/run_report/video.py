# SPDX-License-Identifier: Apache-2.0
"""Write a recorded run as a video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from x2c_bags.reading.bag_reader import BagReader
from x2c_core.arrays import ImageArray
from x2c_core.control_space import controls
from x2c_core.errors import VideoError
from x2c_core.images.video_writer import encoding
from x2c_evaluation.run_report.composer import HEIGHT, WIDTH, Composer, FrameSet
from x2c_evaluation.run_report.frame_sets import Redraw, frame_sets

FILE_NAME = "imitation.mp4"
POSTER = "poster.jpg"
"""Name of the image of the video's most expressive frame."""

_POSTER_QUALITY = 92

_LONGEST_PAUSE = 1.0
_LOOKAHEAD = 15


class _Clock:
    """Turn stamps of camera images into times of the video, which only go forward."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._step = 1 / 30
        self.seconds = 0.0

    def advance(self, stamp: int) -> None:
        if self._last is not None:
            passed = (stamp - self._last) * 1e-9
            # A jump, as when a bag is played in a loop, is no pause in the video.
            if 0.001 <= passed <= _LONGEST_PAUSE:
                self._step = passed
            self.seconds += self._step
        self._last = stamp


def write_video(
    reader: BagReader,
    path: Path,
    title: str,
    subtitle: str,
    progress: Callable[[int], None] = lambda done: None,
    redraw: Redraw | None = None,
) -> int:
    """Write the video of a bag and its poster, and return how many frames it has.

    The poster, beside the video, is the frame farthest from the neutral face. Both appear when
    they are whole. Interrupted by Ctrl-C it ends with the frames so far.

    Args:
        reader: Reader of the bag.
        path: The video; one that exists is replaced.
        title: Title in the header.
        subtitle: Text after the title.
        progress: Called with the number of frames written.
        redraw: Draws the robot again where images of it were recorded, instead of these.

    Raises:
        VideoError: The bag has no camera images, or the video cannot be written.
        KeyboardInterrupt: Ctrl-C came; the video so far is there.
    """
    shown, person, robot = _look_ahead(frame_sets(reader, redraw))
    composer = Composer(title, subtitle, person, robot)
    count, clock, poster = 0, _Clock(), _Poster()
    try:
        with encoding(path, WIDTH, HEIGHT) as encoder:
            for frame_set in shown:
                clock.advance(frame_set.stamp)
                frame = composer.frame(frame_set, clock.seconds)
                poster.consider(frame_set, frame)
                encoder.write(frame, clock.seconds)
                count += 1
                progress(count)
    except KeyboardInterrupt:
        poster.write(path.with_name(POSTER))
        raise
    poster.write(path.with_name(POSTER))
    return count


class _Poster:
    """The frame that shows most: a face, a robot, and control values far from neutral."""

    def __init__(self) -> None:
        self._best = -1.0
        self._frame: ImageArray | None = None

    def consider(self, frame_set: FrameSet, frame: ImageArray) -> None:
        shown = frame_set.landmarks is not None and frame_set.robot_image is not None
        distance = 0.0
        if frame_set.values is not None:
            inside, _ = controls.clamp(frame_set.values)
            distance = float(np.linalg.norm(controls.to_deflection(inside)))
        score = distance + 100.0 * shown
        if score > self._best:
            self._best, self._frame = score, frame.copy()

    def write(self, path: Path) -> None:
        if self._frame is None:
            return
        _, data = cv2.imencode(".jpg", self._frame, (cv2.IMWRITE_JPEG_QUALITY, _POSTER_QUALITY))
        partial = path.with_name(f"{path.name}.partial")
        partial.write_bytes(data.tobytes())
        partial.replace(path)


def _look_ahead(
    upcoming: Iterator[FrameSet],
) -> tuple[Iterator[FrameSet], tuple[int, ...], tuple[int, ...]]:
    """Return the moments, and the sizes of the first images among the next few."""
    first = [frame_set for _, frame_set in zip(range(_LOOKAHEAD), upcoming, strict=False)]
    people = [one.image.shape for one in first if one.image is not None]
    if not people:
        raise VideoError("no camera images were recorded, so there is no video")
    robots = [one.robot_image.shape for one in first if one.robot_image is not None]
    return chain(first, upcoming), people[0], robots[0] if robots else (1, 1)
