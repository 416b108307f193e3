# SPDX-License-Identifier: Apache-2.0
"""From two faces' curves to figures: per descriptor how alike they are, and what limits that."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np

from x2c_core.arrays import Array
from x2c_core.face.descriptors import Descriptor
from x2c_evaluation.fidelity.absolute_error import AbsoluteError, absolute_error
from x2c_evaluation.fidelity.clip import ClipPerformance
from x2c_evaluation.fidelity.judge.expression_judge import Expression
from x2c_evaluation.fidelity.judge.judgement import Judgement, judged
from x2c_evaluation.fidelity.measures.agreement import Agreement, agreement
from x2c_evaluation.fidelity.measures.floors import FLOORS, SIDE_FLOORS


class Link(enum.StrEnum):
    """A step between the person's face and the robot's, each of which can lose something."""

    SIGHT = "sight"
    """From the person's real face to what the tracker sees of it, where the real face is known."""
    IMITATOR = "imitator"
    """From the person to the face that the backend means, as the expression model foresees it."""
    MODEL = "model"
    """From there to the robot's real shape at these control values."""
    MECHANICS = "mechanics"
    """From there to its shape after servos have moved it."""
    TRACKER = "tracker"
    """From there to what the tracker sees in the image."""


@dataclass(frozen=True)
class MeasuredDescriptor:
    """Agreement of a robot with one descriptor of a person.

    Attributes:
        agreement: Agreement of the person's and the robot's curve, both as the tracker sees them.
        links: Correlation across each link at its best lag; None where a curve is flat.
    """

    agreement: Agreement
    links: Mapping[Link, float | None]

    @property
    def limit(self) -> Link:
        """The weakest link of those that could be measured."""
        return min(Link, key=lambda link: 2.0 if (r := self.links[link]) is None else r)


@dataclass(frozen=True)
class Clip:
    """Measurements on one clip.

    Attributes:
        name: Name of the clip.
        performance: Curves that were compared.
        measured: Measurements by descriptor.
        left_out: Descriptors that cannot be compared, and why.
        sides: Agreement of the difference of left and right: a wink is one.
        sides_left_out: Differences that cannot be compared, and why.
        absolute: Absolute error; None where person and robot are never seen together.
        judgement: Comparison by a judge; None without one, or likewise.
        label: Expression of the clip, where it is known.
    """

    name: str
    performance: ClipPerformance
    measured: Mapping[Descriptor, MeasuredDescriptor]
    left_out: Mapping[Descriptor, str]
    sides: Mapping[str, Agreement]
    sides_left_out: Mapping[str, str] = field(default_factory=dict)
    absolute: AbsoluteError | None = None
    judgement: Judgement | None = None
    label: Expression | None = None

    @property
    def mean_r(self) -> float | None:
        """Mean correlation over the descriptors."""
        return mean(one.agreement.r for one in self.measured.values())


def measure(
    name: str,
    performance: ClipPerformance,
    label: Expression | None = None,
    neutral: Array | None = None,
) -> Clip:
    """Return the figures of one clip.

    Args:
        name: Name of the clip.
        performance: Curves of person and robot.
        label: Expression of the clip, if it is known.
        neutral: (17,) descriptors of the person's neutral face; estimated if None.
    """
    measured: dict[Descriptor, MeasuredDescriptor] = {}
    left_out: dict[Descriptor, str] = {}
    compared = _compared(performance)
    for column, descriptor in enumerate(Descriptor):
        one = _measure(performance, compared, column)
        if isinstance(one, str):
            left_out[descriptor] = one
        else:
            measured[descriptor] = one
    sides, sides_left_out = _sides(performance, compared)
    readings = performance.readings
    return Clip(
        name,
        performance,
        measured,
        left_out,
        sides,
        sides_left_out,
        absolute=absolute_error(performance, neutral),
        judgement=None if readings is None else judged(readings, performance.period, label),
        label=label,
    )


def mean(numbers: Iterable[float]) -> float | None:
    """Return the mean of some numbers, or None of none."""
    found = list(numbers)
    return float(np.mean(found)) if found else None


def _compared(performance: ClipPerformance) -> Array:
    """Return the person's curves (n, 17) where the robot followed; gaze only behind open eyes."""
    person = performance.person.copy()
    person[np.isnan(performance.moved[:, 0])] = np.nan
    for gaze in (Descriptor.GAZE_YAW, Descriptor.GAZE_PITCH):
        person[~performance.eyes_open, list(Descriptor).index(gaze)] = np.nan
    return person


def _measure(
    performance: ClipPerformance, compared: Array, column: int
) -> MeasuredDescriptor | str:
    person, floor = compared[:, column], FLOORS[column]
    if not np.isfinite(person).any():
        return "not seen while the robot followed"
    moves = float(np.nanstd(person))
    if moves < floor:
        return f"the person hardly moves it: deviation {moves:.4f}, noise floor {floor:.4f}"
    robot = performance.seen[:, column]
    found = agreement(person, robot, performance.period)
    if found is None:
        return "too few images with both faces, or the robot does not move it at all"
    curves = (performance.solved, performance.ideal, performance.moved, performance.seen)
    truth = np.full_like(person, np.nan)
    if performance.truth is not None:
        truth = performance.truth[:, column]
    pipeline = [truth, person, *(curve[:, column] for curve in curves)]
    links = {
        link: None if (step := agreement(one, other, performance.period)) is None else step.r
        for link, one, other in zip(Link, pipeline, pipeline[1:], strict=False)
    }
    return MeasuredDescriptor(found, links)


def _sides(
    performance: ClipPerformance, compared: Array
) -> tuple[dict[str, Agreement], dict[str, str]]:
    names = list(Descriptor)
    found, left_out = {}, {}
    for column, descriptor in enumerate(names):
        if not descriptor.endswith("_left"):
            continue
        other = names.index(Descriptor(descriptor.removesuffix("_left") + "_right"))
        person = compared[:, column] - compared[:, other]
        side = descriptor.removesuffix("_left")
        if not np.isfinite(person).any():
            continue
        moves, floor = float(np.nanstd(person)), SIDE_FLOORS[side]
        if moves < floor:
            left_out[side] = (
                "the person hardly moves one side alone: deviation of left - right "
                f"{moves:.4f}, floor {floor:.4f}"
            )
            continue
        robot = performance.seen[:, column] - performance.seen[:, other]
        both = agreement(person, robot, performance.period)
        if both is not None:
            found[side] = both
    return found, left_out
