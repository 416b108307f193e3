# SPDX-License-Identifier: Apache-2.0
"""Images of person and robot at the key frames of a recording, and clips around the worst."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

import cv2
import numpy as np

from x2c_bags.frames.frame_source import FrameSource
from x2c_core.arrays import Array, ImageArray
from x2c_core.control_space import controls
from x2c_core.files.issues import Issues
from x2c_core.images.orientation import turned
from x2c_evaluation.offline.results.key_frames import KeyFrame, choose_key_frames
from x2c_evaluation.offline.results.result import KeyFrameFigures
from x2c_evaluation.offline.visuals.moment_clip import MomentClip, choose_clips
from x2c_evaluation.offline.visuals.studio import Drawing, RobotStudio
from x2c_evaluation.pipeline.frame_curves import FrameCurves

_SIDE = 224
_QUALITY = 85
_AT_ONCE = 2
"""Clips that are encoded at the same time."""
_DRAWN = 3
"""Clips for which images of the robot are kept, 9 MB each, so that what draws never waits."""


@dataclass
class KeyFrameFiles:
    """Key frames with their files.

    Attributes:
        figures: Figures of each key frame, with the names of its files.
        files: Contents of the files by name: JPEG images, MP4 videos.
    """

    figures: list[KeyFrameFigures] = field(default_factory=list)
    files: dict[str, bytes] = field(default_factory=dict)


def draw_key_frames(
    source: FrameSource,
    curves: FrameCurves,
    studio: RobotStudio,
    issues: Issues,
    turn_of: Callable[[int], int],
    clips: int = 0,
) -> KeyFrameFiles:
    """Return the key frames of a recording with images, in the order of time.

    Args:
        source: Source of the frames.
        curves: Curves of the frames.
        studio: Draws the robot that imitates.
        issues: Takes why there are no images.
        turn_of: Clockwise turn [deg] by which the image of a frame, by index, is upright.
        clips: Most video clips; a source of single images has none.
    """
    chosen = choose_key_frames(curves)
    filmed = [] if source.is_independent else choose_clips(chosen, curves, clips)
    # In the order in which their images come.
    filmed.sort(key=lambda clip: max(clip.frames))
    made = KeyFrameFiles()
    drawn = {clip.key.frame: clip.draw(studio) for clip in filmed[:_DRAWN]}
    robots = [_robots(key, curves, studio) for key in chosen]

    def encode(clip: MomentClip) -> tuple[bytes, ImageArray]:
        frame = clip.key.frame
        return clip.encode(people, drawn.pop(frame) if frame in drawn else clip.draw(studio))

    people: dict[int, ImageArray] = {}
    pool = ThreadPoolExecutor(_AT_ONCE, "clip encoder")
    encoded: list[Future[tuple[bytes, ImageArray]]] = []
    try:
        for index, person in _people(source, chosen, filmed, turn_of):
            people[index] = person
            while (at := len(encoded)) < len(filmed) and max(filmed[at].frames) <= index:
                encoded.append(pool.submit(encode, filmed[at]))
        # Those whose last images cannot be read.
        encoded += [pool.submit(encode, clip) for clip in filmed[len(encoded) :]]
        for clip, (video, poster) in zip(filmed, (one.result() for one in encoded), strict=True):
            name = _clip_name(clip.key)
            made.files |= {name: video, poster_name(name): _jpeg(poster)}
        for key, shown in zip(chosen, robots, strict=True):
            made.figures.append(_figures(key, curves, people.get(key.frame), shown, made.files))
    except BaseException:
        # Clips in work end with what they have: nothing more is drawn for them.
        studio.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        studio.report(issues)
    return made


def poster_name(clip: str) -> str:
    """Return the file name of the image that stands for a clip until it plays."""
    return clip.replace(".mp4", "_clip.jpg")


def _clip_name(key: KeyFrame) -> str:
    return f"{key.frame:06d}.mp4"


def _people(
    source: FrameSource,
    chosen: Sequence[KeyFrame],
    filmed: Sequence[MomentClip],
    turn_of: Callable[[int], int],
) -> Iterator[tuple[int, ImageArray]]:
    """Yield frames and the person in them as a square image, in one pass through the source."""
    side = max([_SIDE, *(clip.side for clip in filmed)])
    wanted = {key.frame for key in chosen}.union(*(clip.frames for clip in filmed))
    for index, image in source.selected(wanted):
        yield index, square(turned(image, turn_of(index)), side)


def _robots(key: KeyFrame, curves: FrameCurves, studio: RobotStudio) -> dict[str, Drawing]:
    """Have the robot drawn at a key frame: with its values, and with the reference's if any."""
    drawn = {"robot": studio.draw(curves.values[key.place], _SIDE)}
    if key.reference:
        other = curves.references[key.reference][key.place]
        drawn["reference"] = studio.draw(other, _SIDE)
    return drawn


def _figures(
    key: KeyFrame,
    curves: FrameCurves,
    person: ImageArray | None,
    robots: Mapping[str, Drawing],
    files: dict[str, bytes],
) -> KeyFrameFigures:
    shown = {} if person is None else {"person": square(person, _SIDE)}
    shown |= {who: image for who, one in robots.items() if (image := one.result()) is not None}
    worst: tuple[tuple[str, float, float], ...] = ()
    if key.reference:
        other = curves.references[key.reference][key.place]
        worst = _named(key.worst, curves.values[key.place], other)
    names = {}
    for who, image in shown.items():
        names[who] = f"{key.frame:06d}_{who}.jpg"
        files[names[who]] = _jpeg(image)
    error = key.weight if key.reference else None
    clip = _clip_name(key) if _clip_name(key) in files else ""
    return KeyFrameFigures(key.frame, key.time, error, key.reference, worst, names, clip)


def _named(
    which: Sequence[int], values: Array, other: Array
) -> tuple[tuple[str, float, float], ...]:
    return tuple((controls.NAMES[i], float(values[i]), float(other[i])) for i in which)


def square(image: ImageArray, side: int) -> ImageArray:
    """Return the middle of an image (height, width, 3) as a square of a side [pixel]."""
    height, width = image.shape[:2]
    whole = min(height, width)
    top, left = (height - whole) // 2, (width - whole) // 2
    cut = image[top : top + whole, left : left + whole]
    method = cv2.INTER_AREA if whole > side else cv2.INTER_CUBIC
    return np.asarray(cv2.resize(cut, (side, side), interpolation=method), np.uint8)


def _jpeg(image: ImageArray) -> bytes:
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return bytes(encoded.tobytes())
