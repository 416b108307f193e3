# SPDX-License-Identifier: Apache-2.0
"""Absolute error of a robot's expression: person and robot each against their own neutral face.

Correlation is blind to what stands still. Here a frown that lasts a whole clip counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.face.descriptors import Descriptor
from x2c_evaluation.fidelity.clip import ClipPerformance
from x2c_evaluation.fidelity.measures.baselines import (
    BesideBaselines,
    allowed_later,
    half_late,
    mean_of,
    profile_correlation,
)
from x2c_evaluation.fidelity.measures.people import UNITS, estimated_neutral

FACIAL = list(Descriptor)[: list(Descriptor).index(Descriptor.GAZE_YAW)]
"""Descriptors of the facial expression: neither gaze nor head."""


@dataclass(frozen=True)
class AbsoluteError:
    """Absolute error over a clip.

    Attributes:
        descriptors: Errors by descriptor, where person and robot were seen.
        person: (12,) mean of the person's facial descriptors against neutral, in units of how
            much people vary: the profile of the expression.
        robot: (12,) likewise the robot's.
    """

    descriptors: Mapping[Descriptor, BesideBaselines]
    person: Array
    robot: Array

    @property
    def mean(self) -> BesideBaselines:
        """Mean over the facial descriptors."""
        each = [self.descriptors[one] for one in FACIAL]
        return mean_of(each)

    @property
    def profile_r(self) -> float | None:
        """Correlation of the two profiles; None where one of them is flat."""
        return profile_correlation(self.person, self.robot)


def absolute_error(
    performance: ClipPerformance, neutral: Array | None = None
) -> AbsoluteError | None:
    """Return the absolute error of a robot, over all images with the person's face.

    Images in which the robot does not follow yet count: it shows its face at rest.

    Args:
        performance: Curves of person and robot.
        neutral: (17,) descriptors of the person's neutral face; estimated if None.

    Returns:
        None where person and robot are never seen together.
    """
    person = performance.person
    if neutral is None:
        neutral = estimated_neutral(person)
    shown = (person - neutral) / UNITS
    for gaze in (Descriptor.GAZE_YAW, Descriptor.GAZE_PITCH):
        shown[~performance.eyes_open, list(Descriptor).index(gaze)] = np.nan
    robot = (performance.shown - performance.at_rest) / UNITS
    follows = allowed_later(robot, performance.period)
    late = half_late(robot)
    compared = np.isfinite(shown) & np.isfinite(follows) & np.isfinite(late)
    if not compared[:, 0].any():
        return None
    found = {}
    for column, descriptor in enumerate(Descriptor):
        rows = compared[:, column]
        if rows.any():
            one = shown[rows, column]
            found[descriptor] = BesideBaselines(
                robot=float(np.abs(one - follows[rows, column]).mean()),
                at_rest=float(np.abs(one).mean()),
                late=float(np.abs(one - late[rows, column]).mean()),
            )
    seen, count = compared[:, 0], len(FACIAL)
    return AbsoluteError(
        found, shown[seen, :count].mean(axis=0), follows[seen, :count].mean(axis=0)
    )
