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
from x2c_evaluation.fidelity.people import UNITS, estimated_neutral

ALLOWED_LAG = 0.08
"""Time after the person at which the robot is compared [s]."""

FACIAL = list(Descriptor)[: list(Descriptor).index(Descriptor.GAZE_YAW)]
"""Descriptors of the facial expression: neither gaze nor head."""


@dataclass(frozen=True)
class DescriptorError:
    """Mean absolute difference of one descriptor, in units of how much people vary.

    Attributes:
        error: Difference of the robot.
        at_rest: Difference of a robot that never moves.
        late: Difference of the same robot half a clip late.
    """

    error: float
    at_rest: float
    late: float

    @property
    def share_of_rest(self) -> float | None:
        """Error as a share of that of a robot that never moves."""
        return self.error / self.at_rest if self.at_rest > 0.0 else None


@dataclass(frozen=True)
class AbsoluteError:
    """Absolute error over a clip.

    Attributes:
        descriptors: Errors by descriptor, where person and robot were seen.
        person: (12,) mean of the person's facial descriptors against neutral, in units of how
            much people vary: the profile of the expression.
        robot: (12,) likewise the robot's.
    """

    descriptors: Mapping[Descriptor, DescriptorError]
    person: Array
    robot: Array

    @property
    def mean(self) -> DescriptorError:
        """Mean over the facial descriptors."""
        each = [self.descriptors[one] for one in FACIAL]
        return mean_error(each)

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
    follows = _shifted(robot, round(ALLOWED_LAG / performance.period))
    late = np.roll(robot, len(robot) // 2, axis=0)
    compared = np.isfinite(shown) & np.isfinite(follows) & np.isfinite(late)
    if not compared[:, 0].any():
        return None
    found = {}
    for column, descriptor in enumerate(Descriptor):
        rows = compared[:, column]
        if rows.any():
            one = shown[rows, column]
            found[descriptor] = DescriptorError(
                error=float(np.abs(one - follows[rows, column]).mean()),
                at_rest=float(np.abs(one).mean()),
                late=float(np.abs(one - late[rows, column]).mean()),
            )
    seen, count = compared[:, 0], len(FACIAL)
    return AbsoluteError(
        found, shown[seen, :count].mean(axis=0), follows[seen, :count].mean(axis=0)
    )


def mean_error(each: list[DescriptorError]) -> DescriptorError:
    """Return the mean of some errors."""
    rows = np.mean([(one.error, one.at_rest, one.late) for one in each], axis=0)
    return DescriptorError(*map(float, rows))


def profile_correlation(one: Array, other: Array) -> float | None:
    """Return Pearson's correlation of two profiles, or None where one of them is flat."""
    if min(np.ptp(one), np.ptp(other)) <= 1e-9:
        return None
    return float(np.corrcoef(one, other)[0, 1])


def _shifted(curves: Array, frames: int) -> Array:
    """Return curves (n, 17) as they are some frames later; NaN at the end."""
    later = np.full_like(curves, np.nan)
    later[: len(curves) - frames] = curves[frames:]
    return later
