# SPDX-License-Identifier: Apache-2.0
"""Fits a robot's expression model to control values and the landmarks that were seen with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.face import topology
from x2c_core.face.expression_model import ExpressionModel
from x2c_core.face.head_pose import fit_head_pose
from x2c_core.words import counted
from x2c_datasets.errors import FitError

FEWEST = 30
"""Samples that a model is fitted to at least."""

_RIDGE = 1e-3
"""Pull of every effect to zero, as a share of the mean number of times a control was moved."""
_NEAREST = 5
"""So many samples nearest to neutral are what landmarks are compared with at first."""
_MOVES = 0.1
"""Share of its way from which a control counts as moved."""

TURNS = (("Head Yaw",), ("Head Pitch", "Neck Pitch"), ("Head Roll", "Neck Roll"))
"""Controls whose sums are the yaw, pitch and roll of the head."""


@dataclass(frozen=True)
class FitSample:
    """A robot seen with known control values.

    Attributes:
        values: (30,) [ratio or rad].
        landmarks: (478, 3) by the face tracker [pixel].
    """

    values: Array
    landmarks: Array


@dataclass(frozen=True)
class Explained:
    """Share of the motion that an expression model explains; 1 at best.

    Attributes:
        share: Share of all landmarks' motion (variance), the head's turning included.
        residual: Root mean square distance of landmarks from the model [interocular distances].
        controls: For each control that moves, by name: of the motion that the other controls
            leave over, where this one acts.
        moved: Number of samples in which each of these controls moves.
    """

    share: float
    residual: float
    controls: dict[str, float]
    moved: dict[str, int]


def fit_expression_model(samples: Sequence[FitSample]) -> ExpressionModel:
    """Return the expression model that explains the samples best (ridge regression).

    A control that is to have an effect must move in some samples, and some must be near neutral.

    Raises:
        FitError: There are too few samples.
        X2CError: Landmarks or control values are no finite numbers of the right shape.
    """
    if len(samples) < FEWEST:
        faces = counted(len(samples), "face")
        raise FitError(f"cannot fit an expression model to {faces}: at least {FEWEST} are needed")
    face = _face_at_rest(samples)
    inputs = np.array([np.append(controls.ways(sample.values), 1.0) for sample in samples])
    motions, turns = _motion(samples, face)
    outputs = np.hstack([motions, turns])
    normal = inputs.T @ inputs
    active = normal.diagonal() > 0.0
    pull = np.full(len(normal), _RIDGE * normal.diagonal()[active].mean() if active.any() else 1.0)
    # The constant: what the faces taken for neutral are away from neutral.
    pull[-1] = 0.0
    effects = np.linalg.solve(normal + np.diag(pull), inputs.T @ outputs)
    effects[~active] = 0.0
    constant = effects[-1, : motions.shape[1]].reshape(topology.COUNT, 3)
    shifts, apparent = np.split(effects[:-1], [motions.shape[1]], axis=1)
    up, down = shifts.reshape(2, controls.COUNT, topology.COUNT, 3)
    return ExpressionModel(face + constant, up, down, *apparent.reshape(2, controls.COUNT, 3))


def explain(model: ExpressionModel, samples: Sequence[FitSample]) -> Explained:
    """Return how much of some samples' landmark motion a model explains.

    Raises:
        FitError: There is no sample.
        X2CError: Landmarks or control values are no finite numbers of the right shape.
    """
    if not samples:
        raise FitError("there is no face to try the expression model on")
    motions, _ = _motion(samples, model.neutral)
    inputs = np.array([controls.ways(sample.values).ravel() for sample in samples])
    effects = np.concatenate([model.up, model.down]).reshape(2 * controls.COUNT, -1)
    left = motions - inputs @ effects
    shares, moved = {}, {}
    for control in controls.CONTROLS:
        both = [control.index, control.index + controls.COUNT]
        moves = np.abs(inputs[:, both]).max(axis=1) > _MOVES
        acts = (effects[both] ** 2).sum(axis=0)
        if not moves.any() or not acts.any():
            continue
        without = left[moves] + inputs[np.ix_(moves, both)] @ effects[both]
        remaining = ((left[moves] ** 2) @ acts).sum() / max(((without**2) @ acts).sum(), 1e-15)
        shares[control.name] = float(1.0 - remaining)
        moved[control.name] = int(moves.sum())
    return Explained(
        share=float(1.0 - (left**2).sum() / max((motions**2).sum(), 1e-15)),
        residual=float(np.sqrt((left**2).reshape(-1, 3).sum(axis=1).mean())),
        controls=shares,
        moved=moved,
    )


def _face_at_rest(samples: Sequence[FitSample]) -> Array:
    """Return the median face (478, 3) of the samples nearest to neutral, in the head frame."""
    distances = [float(np.abs(controls.to_deflection(s.values)).max()) for s in samples]
    nearest = np.argsort(distances, kind="stable")[:_NEAREST]
    chosen = [samples[i].landmarks for i in nearest]
    return np.asarray(np.median([fit_head_pose(one).to_head_frame(one) for one in chosen], axis=0))


def _motion(samples: Sequence[FitSample], face: Array) -> tuple[Array, Array]:
    """Return landmarks' motions (n, 1434), and turns (n, 3) [rad] beyond those commanded."""
    motions, turns = [], []
    for sample in samples:
        pose = fit_head_pose(sample.landmarks, face)
        motions.append((pose.to_head_frame(sample.landmarks) - face).ravel())
        commanded = [sum(sample.values[controls.index(n)] for n in names) for names in TURNS]
        turns.append(np.array(pose.yaw_pitch_roll) - commanded)
    return np.array(motions), np.array(turns)
