# SPDX-License-Identifier: Apache-2.0
"""A judge's comparisons of several clips together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from x2c_core.arrays import Array
from x2c_evaluation.fidelity.judge.expression_judge import Expression
from x2c_evaluation.fidelity.judge.judgement import APEX_SHARE, Judgement
from x2c_evaluation.fidelity.measures.baselines import BesideBaselines, mean_of

JudgedClip = tuple[Judgement, Expression | None]
"""Judgement on a clip, and the clip's expression, if it is known."""


@dataclass(frozen=True)
class Confusion:
    """Labels read at the apex of the clips of one expression.

    Attributes:
        clips: Number of clips.
        person: (7,) share of images with each label, on the person.
        robot: (7,) likewise on the robot.
    """

    clips: int
    person: Array
    robot: Array


@dataclass(frozen=True)
class Verdict:
    """A judge's means over clips.

    Attributes:
        judge: Name of the judge.
        clips: Number of clips.
        agreement: Mean correlation of the probabilities in each image.
        apex_agreement: Share of apex images with the same label on both.
        labelled_agreement: Likewise in clips whose expression is known; None without such clips.
        profile_r: Mean correlation of the means over a clip; None where they are flat.
        label_at_rest: Label of the robot at rest.
        confusion: Labels read, by the known expression of the clips.
    """

    judge: str
    clips: int
    agreement: BesideBaselines
    apex_agreement: BesideBaselines
    labelled_agreement: BesideBaselines | None
    profile_r: float | None
    label_at_rest: Expression
    confusion: Mapping[Expression, Confusion]

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        labelled = self.labelled_agreement
        return {
            "judge": self.judge,
            "clips": self.clips,
            "apex_share": APEX_SHARE,
            "agreement": vars(self.agreement),
            "apex_agreement": vars(self.apex_agreement),
            "apex_agreement_of_labelled_clips": None if labelled is None else vars(labelled),
            "profile_r": self.profile_r,
            "label_at_rest": self.label_at_rest,
            "confusion": {
                label: {
                    "clips": one.clips,
                    "person": by_expression(one.person),
                    "robot": by_expression(one.robot),
                }
                for label, one in self.confusion.items()
            },
        }


def verdict(clips: Sequence[JudgedClip]) -> Verdict | None:
    """Return the means over clips; None for none."""
    if not clips:
        return None
    every = [judgement for judgement, _ in clips]
    labelled = [judgement for judgement, label in clips if label is not None]
    profiles = [r for one in every if (r := one.profile_r) is not None]
    return Verdict(
        judge=every[0].judge,
        clips=len(every),
        agreement=mean_of([one.agreement for one in every]),
        apex_agreement=mean_of([one.apex_agreement for one in every]),
        labelled_agreement=mean_of([one.apex_agreement for one in labelled]) if labelled else None,
        profile_r=float(np.mean(profiles)) if profiles else None,
        label_at_rest=every[0].label_at_rest,
        confusion=_confusion(clips),
    )


def judgement_json(one: Judgement) -> dict[str, Any]:
    """Return a judgement as plain values."""
    return {
        "agreement": vars(one.agreement),
        "apex_agreement": vars(one.apex_agreement),
        "profile_r": one.profile_r,
        "person": by_expression(one.person),
        "robot": by_expression(one.robot),
        "apex_person": by_expression(one.apex_person),
        "apex_robot": by_expression(one.apex_robot),
        "label_at_rest": one.label_at_rest,
    }


def by_expression(values: Array) -> dict[str, float]:
    """Return values (7,) by the name of the expression."""
    return dict(zip(Expression, values.tolist(), strict=True))


def _confusion(clips: Sequence[JudgedClip]) -> dict[Expression, Confusion]:
    found = {}
    for label in Expression:
        of_label = [judgement for judgement, known in clips if known is label]
        if of_label:
            person = np.mean([one.apex_person for one in of_label], axis=0)
            robot = np.mean([one.apex_robot for one in of_label], axis=0)
            found[label] = Confusion(len(of_label), person, robot)
    return found
