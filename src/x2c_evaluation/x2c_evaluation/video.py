# SPDX-License-Identifier: Apache-2.0
"""Writes a recorded run as an H.264 video that plays anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np

from x2c_evaluation.bag_reader import BagReader
from x2c_evaluation.composer import HEIGHT, Composer, Moment
from x2c_evaluation.errors import VideoError
from x2c_evaluation.moments import moments
from x2c_evaluation.theme import Picture

FILE_NAME = "imitation.mp4"

_TICKS = 90_000
_LONGEST_PAUSE = 1.0
_LOOKAHEAD = 15
_OPTIONS = {"preset": "veryfast", "crf": "20"}
# What OpenCV's conversion to YUV makes: BT.601 in studio range.
_BT601, _STUDIO_RANGE = 6, 1


class _Encoder:
    """An open video file with frames of one size at any time."""

    def __init__(self, path: Path, width: int, height: int) -> None:
        options = {"movflags": "+faststart"}
        self._container = av.open(str(path), "w", format="mp4", options=options)
        try:
            stream: Any = self._container.add_stream("libx264", options=_OPTIONS)
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            stream.time_base = Fraction(1, _TICKS)
            context = stream.codec_context
            context.time_base = Fraction(1, _TICKS)
            context.colorspace = context.color_primaries = context.color_trc = _BT601
            context.color_range = _STUDIO_RANGE
            self._stream = stream
        except BaseException:
            self._container.close()
            raise

    def write(self, picture: Picture, ticks: int) -> None:
        planes = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = ticks, Fraction(1, _TICKS)
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        self._container.mux(self._stream.encode(None))

    def close(self) -> None:
        self._container.close()


class _Clock:
    """Turns stamps of camera images into times of the video, which only go forward."""

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
) -> int:
    """Write the video of a bag and return how many frames it has.

    The file appears when it is whole. Interrupted by Ctrl-C it ends with the frames so far.

    Args:
        reader: Of the bag.
        path: The video; one that exists is replaced.
        title: Written into the header.
        subtitle: Written after it.
        progress: Called with the number of frames written.

    Raises:
        VideoError: The bag has no camera images, or the video cannot be written.
        KeyboardInterrupt: Ctrl-C came; the video so far is there.
    """
    shown, person, robot = _look_ahead(moments(reader))
    composer = Composer(title, subtitle, person, robot)
    count, clock = 0, _Clock()
    try:
        with _encoding(path, composer.width) as encoder:
            for moment in shown:
                clock.advance(moment.stamp)
                picture = composer.frame(moment, clock.seconds)
                encoder.write(picture, round(clock.seconds * _TICKS))
                count += 1
                progress(count)
    except (av.error.FFmpegError, OSError) as error:
        raise VideoError(f"cannot write {path}: {error}") from error
    return count


@contextmanager
def _encoding(path: Path, width: int) -> Iterator[_Encoder]:
    partial = path.with_name(path.name + ".partial")
    encoder = _Encoder(partial, width, HEIGHT)
    try:
        try:
            yield encoder
        except KeyboardInterrupt:
            encoder.finish()
            encoder.close()
            partial.replace(path)
            raise
        encoder.finish()
        encoder.close()
        partial.replace(path)
    finally:
        encoder.close()
        partial.unlink(missing_ok=True)


def _look_ahead(
    upcoming: Iterator[Moment],
) -> tuple[Iterator[Moment], tuple[int, ...], tuple[int, ...]]:
    """Return the moments, and the sizes of the first pictures among the next few."""
    first = [moment for _, moment in zip(range(_LOOKAHEAD), upcoming, strict=False)]
    people = [one.picture.shape for one in first if one.picture is not None]
    if not people:
        raise VideoError("no camera images were recorded, so there is no video")
    robots = [one.robot_picture.shape for one in first if one.robot_picture is not None]
    return chain(first, upcoming), people[0], robots[0] if robots else (1, 1)
