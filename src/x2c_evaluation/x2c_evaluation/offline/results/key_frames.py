# SPDX-License-Identifier: Apache-2.0
"""Person and robot at the moments that matter most: where control values are farthest off."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass

import cv2
import numpy as np

from x2c_bags.frames.frame_source import FrameSource
from x2c_core.arrays import Array, ImageArray
from x2c_core.control_space import controls
from x2c_core.control_space.control_error import absolute_errors, scaled
from x2c_core.errors import X2CError
from x2c_core.files.issues import Issues
from x2c_core.images.orientation import turned
from x2c_core.robot.robot import Robot
from x2c_core.robot.robot_file import load_robot
from x2c_evaluation.offline.results.references import AGAINST, RECORDED
from x2c_evaluation.offline.results.result import KeyFrameFigures
from x2c_evaluation.pipeline.frame_curves import FrameCurves
from x2c_node.robots import find_robot
from x2c_virtual_face.errors import RobotMismatchError
from x2c_virtual_face.virtual_face import VirtualFace

KEY_FRAMES = 6
"""Moments shown of a recording."""

_APART = 0.75
"""Least time between two of them [s]."""
_SIDE = 224
_QUALITY = 85
_WORST = 3
_VIRTUAL = "virtual"


@dataclass(frozen=True)
class KeyFrame:
    """One moment.

    Attributes:
        frame: Its index in the recording.
        time: Since the beginning [s].
        error: Error of the control values, scaled; None if nothing is compared.
        reference: Name of what it is an error against; empty where nothing is compared.
        worst: (name, own value, the reference's) of the controls that are farthest off.
        images: JPEG by who is shown: "person", "robot", "reference".
    """

    frame: int
    time: float
    error: float | None
    reference: str
    worst: tuple[tuple[str, float, float], ...]
    images: Mapping[str, bytes]

    def files(self) -> Iterator[tuple[str, bytes]]:
        """Yield names and contents of the image files."""
        for who, data in self.images.items():
            yield f"{self.frame:06d}_{who}.jpg", data

    @property
    def figures(self) -> KeyFrameFigures:
        """Figures and the names of the image files."""
        return KeyFrameFigures(
            frame=self.frame,
            time_s=self.time,
            error=self.error,
            reference=self.reference,
            worst=self.worst,
            images={who: f"{self.frame:06d}_{who}.jpg" for who in self.images},
        )


def frame_errors(curves: FrameCurves) -> tuple[str, Array] | None:
    """Return the reference that moments are chosen by, and each frame's error (n,), or None.

    What the user gave goes before what the bag holds.
    """
    for name in (AGAINST, RECORDED):
        if name not in curves.references:
            continue
        values = curves.references[name]
        valid = curves.followed & np.isfinite(values).all(axis=1)
        errors = np.full(len(curves), np.nan)
        if valid.any():
            each = absolute_errors(
                curves.values[valid].astype(np.float32), values[valid].astype(np.float32)
            )
            errors[valid] = np.nanmean(each, axis=1)
        return name, errors
    return None


def find_key_frames(
    source: FrameSource,
    curves: FrameCurves,
    robot: Robot,
    issues: Issues,
    turn_of: Callable[[int], int],
) -> list[KeyFrame]:
    """Return the moments of largest error, or of strongest expression, in the order of time.

    Args:
        source: Source of the frames.
        curves: Curves of the frames.
        robot: Robot that imitates; the virtual one is drawn in its place where it is another.
        issues: Takes why there are no images.
        turn_of: Clockwise turn [deg] by which the image of a frame, by index, is upright.
    """
    compared = frame_errors(curves)
    if compared is not None and np.isfinite(compared[1]).any():
        reference, weights = compared
    else:
        reference, weights = "", np.abs(scaled(curves.values) - scaled(controls.NEUTRAL)).mean(1)
        weights = np.where(curves.followed, weights, np.nan)
    chosen = _peaks(weights, curves.times)
    people = {
        index: turned(image, turn_of(index))
        for index, image in source.images([int(curves.index[place]) for place in chosen]).items()
    }
    with closing(_Artist(robot, issues)) as artist:
        return [_key_frame(curves, place, reference, weights, people, artist) for place in chosen]


def _key_frame(
    curves: FrameCurves,
    place: int,
    reference: str,
    weights: Array,
    people: Mapping[int, ImageArray],
    artist: _Artist,
) -> KeyFrame:
    values, frame = curves.values[place], int(curves.index[place])
    images: dict[str, bytes] = {}
    if frame in people:
        images["person"] = _jpeg(_person(people[frame]))
    artist.draw(images, "robot", values)
    worst: tuple[tuple[str, float, float], ...] = ()
    if reference:
        other = curves.references[reference][place]
        artist.draw(images, "reference", other)
        worst = _worst(values, other)
    error = float(weights[place]) if reference else None
    return KeyFrame(frame, float(curves.times[place]), error, reference, worst, images)


def _peaks(weights: Array, times: Array) -> list[int]:
    """Return places of the greatest weights, some time apart, in the order of time."""
    order = np.argsort(-np.nan_to_num(weights, nan=-1.0), kind="stable")
    found: list[int] = []
    for place in order:
        if len(found) == KEY_FRAMES or not np.isfinite(weights[place]):
            break
        if (np.abs(times[found] - times[place]) >= _APART).all():
            found.append(int(place))
    return sorted(found)


def _worst(values: Array, other: Array) -> tuple[tuple[str, float, float], ...]:
    errors = absolute_errors(values[None], other[None])[0]
    order = np.argsort(-np.nan_to_num(errors, nan=-1.0), kind="stable")[:_WORST]
    return tuple((controls.NAMES[i], float(values[i]), float(other[i])) for i in order)


class _Artist:
    """Draw the robot, as long as that is possible; the virtual one in place of another."""

    def __init__(self, robot: Robot, issues: Issues) -> None:
        self._issues = issues
        self._face: VirtualFace | None = None
        self._robot = robot
        try:
            try:
                self._face = VirtualFace(robot, _SIDE, _SIDE)
            except RobotMismatchError:
                self._robot = load_robot(find_robot(_VIRTUAL))
                self._face = VirtualFace(self._robot, _SIDE, _SIDE)
                issues.once("images of the robot show the virtual one", loss=False)
        except X2CError as error:
            issues.once(f"there are no images of the robot: {error}", loss=False)

    def draw(self, images: dict[str, bytes], who: str, values: Array) -> None:
        """Add an image of the robot with control values (30,)."""
        if self._face is None:
            return
        try:
            self._face.set_positions(self._robot.joint_targets(values))
            drawn = np.ascontiguousarray(self._face.render()[:, :, ::-1])
        except X2CError as error:
            self._issues.once(f"the robot cannot be drawn: {error}", loss=False)
            return
        images[who] = _jpeg(drawn)

    def close(self) -> None:
        """Free what draws."""
        if self._face is not None:
            self._face.close()


def _person(image: ImageArray) -> ImageArray:
    """Return the middle of an image as a square."""
    height, width = image.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    cut = image[top : top + side, left : left + side]
    return np.asarray(cv2.resize(cut, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA), np.uint8)


def _jpeg(image: ImageArray) -> bytes:
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])[1]
    return bytes(encoded.tobytes())
