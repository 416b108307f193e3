# SPDX-License-Identifier: Apache-2.0
"""Comparison of what a judge reads on the person and on the robot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_evaluation.fidelity.judge.expression_judge import Expression, likeness
from x2c_evaluation.fidelity.judge.reading_log import Readings
from x2c_evaluation.fidelity.measures.baselines import (
    BesideBaselines,
    allowed_later,
    half_late,
    profile_correlation,
)

APEX_SHARE = 0.2
"""Share of the images with a face that are the apex of a clip's expression."""


@dataclass(frozen=True)
class Judgement:
    """A judge's comparison of person and robot over a clip.

    Attributes:
        judge: Name of the judge.
        agreement: Mean correlation of the probabilities in each image.
        apex_agreement: Share of apex images in which the judge reads the same label on both.
        person: (7,) mean probabilities of the person over the clip.
        robot: (7,) likewise of the robot.
        apex_person: (7,) share of apex images with each label read on the person.
        apex_robot: (7,) likewise on the robot.
        label_at_rest: Label of the robot at rest.
    """

    judge: str
    agreement: BesideBaselines
    apex_agreement: BesideBaselines
    person: Array
    robot: Array
    apex_person: Array
    apex_robot: Array
    label_at_rest: Expression

    @property
    def profile_r(self) -> float | None:
        """Correlation of the means over the clip; None where one of them is flat."""
        return profile_correlation(self.person, self.robot)


def judged(readings: Readings, period: float, label: Expression | None = None) -> Judgement | None:
    """Return how a judge compares person and robot.

    The apex are the images in which the person shows the expression of the clip most clearly; if
    it is not known which that is, those in which the face is least neutral.

    Args:
        readings: Probabilities over the clip.
        period: Time between images [s].
        label: Expression of the clip, if it is known.

    Returns:
        None where person and robot are never seen together.
    """
    robot = allowed_later(readings.robot, period)
    late = half_late(readings.robot)
    compared = np.isfinite(readings.person[:, 0] + robot[:, 0] + late[:, 0])
    if not compared.any():
        return None
    person, robot, late = readings.person[compared], robot[compared], late[compared]
    still = np.broadcast_to(readings.at_rest, robot.shape)
    apex = _apex(person, label)
    read = person[apex].argmax(axis=1)
    return Judgement(
        judge=readings.judge,
        agreement=BesideBaselines(
            *(float(likeness(person, one).mean()) for one in (robot, still, late))
        ),
        apex_agreement=BesideBaselines(
            *(float((read == one[apex].argmax(axis=1)).mean()) for one in (robot, still, late))
        ),
        person=person.mean(axis=0),
        robot=robot.mean(axis=0),
        apex_person=_shares(person[apex]),
        apex_robot=_shares(robot[apex]),
        label_at_rest=list(Expression)[int(readings.at_rest.argmax())],
    )


def _apex(person: Array, label: Expression | None) -> NDArray[np.intp]:
    """Return the images (m,) of the apex; of equal ones the earliest."""
    names = list(Expression)
    if label is None:
        strength = -person[:, names.index(Expression.NEUTRAL)]
    else:
        strength = person[:, names.index(label)]
    count = max(1, round(APEX_SHARE * len(person)))
    return np.asarray(np.argsort(-strength, kind="stable")[:count])


def _shares(probabilities: Array) -> Array:
    labels = probabilities.argmax(axis=1)
    return np.bincount(labels, minlength=len(Expression)) / len(labels)
