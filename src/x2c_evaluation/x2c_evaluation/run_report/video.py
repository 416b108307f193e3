# SPDX-License-Identifier: Apache-2.0
"""Write a recorded run as a video."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from pathlib import Path

from x2c_bags.reading.bag_reader import BagReader
from x2c_core.errors import VideoError
from x2c_core.images.video_writer import encoding
from x2c_evaluation.run_report.composer import HEIGHT, Composer, FrameSet
from x2c_evaluation.run_report.frame_sets import frame_sets

FILE_NAME = "imitation.mp4"

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
) -> int:
    """Write the video of a bag and return how many frames it has.

    The file appears when it is whole. Interrupted by Ctrl-C it ends with the frames so far.

    Args:
        reader: Reader of the bag.
        path: The video; one that exists is replaced.
        title: Title in the header.
        subtitle: Text after the title.
        progress: Called with the number of frames written.

    Raises:
        VideoError: The bag has no camera images, or the video cannot be written.
        KeyboardInterrupt: Ctrl-C came; the video so far is there.
    """
    shown, person, robot = _look_ahead(frame_sets(reader))
    composer = Composer(title, subtitle, person, robot)
    count, clock = 0, _Clock()
    with encoding(path, composer.width, HEIGHT) as encoder:
        for frame_set in shown:
            clock.advance(frame_set.stamp)
            encoder.write(composer.frame(frame_set, clock.seconds), clock.seconds)
            count += 1
            progress(count)
    return count


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
