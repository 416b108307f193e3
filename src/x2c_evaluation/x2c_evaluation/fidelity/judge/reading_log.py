# SPDX-License-Identifier: Apache-2.0
"""Readings of a judge, collected image by image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array, ImageArray
from x2c_core.face.frames import Face, FaceState
from x2c_evaluation.fidelity.judge.expression_judge import Expression, ExpressionJudge
from x2c_perception.tracking.tracker import DetectedFace

_NOTHING = np.full(len(Expression), np.nan)


@dataclass(frozen=True)
class Readings:
    """Probabilities that a judge reads over a clip; NaN where no face was seen.

    Attributes:
        judge: Name of the judge.
        person: (n, 7) of the person.
        robot: (n, 7) of the robot, also while it does not follow.
        at_rest: (7,) of the robot at rest.
    """

    judge: str
    person: Array
    robot: Array
    at_rest: Array


class ReadingLog:
    """Let a judge read person and robot in each image.

    Args:
        judge: Judge; without one nothing is read.
        rest: (height, width, 3) RGB of the robot at rest.
        found: Faces found in it.
    """

    def __init__(
        self, judge: ExpressionJudge | None, rest: ImageArray, found: Sequence[DetectedFace]
    ) -> None:
        self._judge = judge
        self._at_rest = self._robot(rest, found)
        self._person: list[Array] = []
        self._robots: list[Array] = []

    def add(
        self,
        image: ImageArray | None,
        face: Face,
        robot: ImageArray,
        found: Sequence[DetectedFace],
    ) -> None:
        """Take the next image of the person and of the robot.

        Args:
            image: (height, width, 3) BGR of the person; None if there is none.
            face: Face tracked in it, or lost.
            robot: (height, width, 3) RGB of the robot.
            found: Faces found in it.
        """
        person = _NOTHING
        if self._judge and image is not None and face.state is FaceState.TRACKING:
            person = self._judge.read(np.ascontiguousarray(image[:, :, ::-1]), face.landmarks)
        self._person.append(person)
        self._robots.append(self._robot(robot, found))

    def readings(self) -> Readings | None:
        """Return what was read; None without a judge."""
        if self._judge is None:
            return None
        return Readings(
            self._judge.name, np.array(self._person), np.array(self._robots), self._at_rest
        )

    def _robot(self, rgb: ImageArray, found: Sequence[DetectedFace]) -> Array:
        if self._judge is None or not found:
            return _NOTHING
        return self._judge.read(rgb, found[0].landmarks)
