# SPDX-License-Identifier: Apache-2.0
"""Fits a robot's expression model to pairs of control values and landmarks seen with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_evaluation.errors import EvaluationError
from x2c_face import controls, topology
from x2c_face.expression_model import ExpressionModel
from x2c_face.head_pose import fit_head_pose

Array = NDArray[np.float64]

_RIDGE = 1e-3
"""Pull of every effect to zero, as a share of the mean number of times a control was moved."""


@dataclass(frozen=True)
class Sample:
    """A robot seen with known control values.

    Attributes:
        values: (30,) [ratio or rad].
        landmarks: (478, 3) by the face tracker [pixel].
    """

    values: Array
    landmarks: Array


@dataclass(frozen=True)
class Fit:
    """A fitted expression model and how well it explains what it was fitted to.

    Attributes:
        model: The expression model.
        explained: Share of the landmarks' motion (variance) that the model explains, 0 to 1.
        residual: Root mean square distance of landmarks from the model [interocular distances].
    """

    model: ExpressionModel
    explained: float
    residual: float


def fit_expression_model(neutral: Sequence[Array], samples: Sequence[Sample]) -> Fit:
    """Return the expression model that explains the samples best (ridge regression).

    Args:
        neutral: Landmarks (478, 3) [pixel] of the neutral face, one or more times.
        samples: Other faces; every control that is to have an effect must move in some.

    Raises:
        EvaluationError: There is no neutral face or no sample.
        LandmarkError: Landmarks are not (478, 3) finite numbers.
        ControlError: Control values are not 30 finite numbers.
    """
    if not neutral or not samples:
        raise EvaluationError(
            f"cannot fit an expression model to {len(neutral)} neutral faces and {len(samples)} "
            "others: at least one of each is needed"
        )
    face = np.median([fit_head_pose(pixels).to_head_frame(pixels) for pixels in neutral], axis=0)
    moved = np.array(
        [
            (fit_head_pose(s.landmarks, face).to_head_frame(s.landmarks) - face).ravel()
            for s in samples
        ]
    )
    inputs = np.array([_up_and_down(sample.values) for sample in samples])
    normal = inputs.T @ inputs
    active = normal.diagonal() > 0.0
    ridge = _RIDGE * normal.diagonal()[active].mean() if active.any() else 1.0
    effects = np.linalg.solve(normal + ridge * np.eye(len(normal)), inputs.T @ moved)
    effects[~active] = 0.0
    residual: Array = moved - inputs @ effects
    up, down = effects.reshape(2, controls.COUNT, topology.COUNT, 3)
    return Fit(
        model=ExpressionModel(face, up, down),
        explained=float(1.0 - residual.var() / max(moved.var(), 1e-12)),
        residual=float(np.sqrt((residual**2).reshape(-1, 3).sum(axis=1).mean())),
    )


def _up_and_down(values: Array) -> Array:
    deflection = controls.to_deflection(values)
    return np.concatenate([np.maximum(deflection, 0.0), np.maximum(-deflection, 0.0)])
