# SPDX-License-Identifier: Apache-2.0
"""Imitation as a small least-squares problem: which control values explain the person's face best?

The robot's expression model says how each control moves each landmark. The person's landmark
motion, freed of head pose, neutral face and face shape, is explained by it:

    minimise  |W (E x - d)|^2 + |R x|^2   subject to   0 <= x <= 1

with x the deflections of the 30 controls, up and down apart (60 unknowns), E the model, d the
motion, W how far each landmark is trusted and R a weak pull to neutral. It is a box-constrained
quadratic program.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from qpsolvers import solve_qp

from x2c_face import controls, topology
from x2c_face.controls import Group
from x2c_face.expression_model import ExpressionModel
from x2c_face.frames import Face
from x2c_imitation.errors import ImitationError
from x2c_imitation.imitator import Imitator
from x2c_imitation.retargeting import Retargeter

Array = NDArray[np.float64]

_DEPTH_TRUST = 0.3
"""Weight of motion along the camera's axis against motion in the picture: depth is a guess."""

_PULL = 0.03
"""Pull to neutral, as a share of what a control does to the landmarks."""

_SYMMETRY = {Group.BROW: 0.1, Group.EYELID: 0.03, Group.MOUTH: 0.4}
"""Pull of left and right together, likewise: faces are mostly symmetric, noise and perspective are
not. Lids keep their freedom, for winks.
"""

_WEIGHTS: tuple[tuple[float, tuple[NDArray[np.intp], ...]], ...] = (
    (
        2.0,
        (
            topology.EYE_LEFT_UPPER,
            topology.EYE_LEFT_LOWER,
            topology.EYE_RIGHT_UPPER,
            topology.EYE_RIGHT_LOWER,
        ),
    ),
    (
        1.5,
        (
            topology.BROW_LEFT_UPPER,
            topology.BROW_LEFT_LOWER,
            topology.BROW_RIGHT_UPPER,
            topology.BROW_RIGHT_LOWER,
        ),
    ),
    (
        1.0,
        (
            topology.LIP_UPPER_OUTER,
            topology.LIP_UPPER_INNER,
            topology.LIP_LOWER_INNER,
            topology.LIP_LOWER_OUTER,
        ),
    ),
)
_OTHER_SKIN = 0.25
_IRIS = 3.0

_HEAD = (("Head Yaw", None), ("Head Pitch", "Neck Pitch"), ("Head Roll", "Neck Roll"))
"""Which control turns about z, y and x, and which takes what the first cannot reach."""


class Solver(Imitator):
    """Explains a person's face by a robot's expression model.

    Args:
        model: Of the robot.
    """

    def __init__(self, model: ExpressionModel) -> None:
        self._neutral = model.neutral
        self._effects = np.concatenate([model.up, model.down]).reshape(2 * controls.COUNT, -1)
        self._weights = _landmark_weights()
        self._skin = _Normal(self._effects, _masked(self._weights, slice(0, topology.SKIN_COUNT)))
        self._irises = {
            side: _Normal(self._effects, _masked(self._weights, getattr(topology, f"IRIS_{side}")))
            for side in ("LEFT", "RIGHT")
        }
        whole = self._skin.matrix + sum(iris.matrix for iris in self._irises.values())
        self._pull = _prior(np.diag(whole))
        self._retargeter: Retargeter | None = None

    @property
    def is_calibrated(self) -> bool:
        """Whether a neutral face is known."""
        return self._retargeter is not None

    def calibrate(self, neutral: Face) -> None:
        """Take a face as this person's neutral one."""
        self._retargeter = Retargeter(neutral, self._neutral)

    def imitate(self, face: Face) -> Array:
        """Return the control values (30,) [ratio or rad] that show this face."""
        if self._retargeter is None:
            raise ImitationError("no neutral face is known yet: calibrate first")
        pose = self._retargeter.pose(face)
        motion = self._retargeter.motion(face, pose)
        openness = {side: self._retargeter.openness(face, pose, side) for side in self._irises}
        deflection = self._explain(motion, openness)
        values = controls.from_deflection(deflection)
        _turn_head(values, self._retargeter.head_angles(pose))
        return controls.clamp(values)[0]

    def _explain(self, motion: Array, openness: dict[str, float]) -> Array:
        """Return the deflections (30,) that explain landmark motion (478, 3) best."""
        flat = motion.ravel()
        matrix = self._skin.matrix + self._pull
        vector = self._skin.projection @ flat
        for side, iris in self._irises.items():
            # Behind a closing lid the iris is guessed, so it counts less.
            trust = openness[side] ** 2
            matrix = matrix + trust * iris.matrix
            vector = vector + trust * (iris.projection @ flat)
        size = vector.size
        solution = solve_qp(matrix, -vector, lb=np.zeros(size), ub=np.ones(size), solver="daqp")
        if solution is None or not np.isfinite(solution).all():
            raise ImitationError("the solver found no control values for this face")
        up, down = np.clip(solution, 0.0, 1.0).reshape(2, -1)
        return np.asarray(up - down)


class _Normal:
    """One group of landmarks' part of the normal equations."""

    def __init__(self, effects: Array, weights: Array) -> None:
        squared = weights.ravel() ** 2
        self.projection = effects * squared
        self.matrix = self.projection @ effects.T


def _landmark_weights() -> Array:
    weights = np.full((topology.COUNT, 3), _OTHER_SKIN)
    for weight, regions in _WEIGHTS:
        weights[np.concatenate(regions)] = weight
    weights[topology.SKIN_COUNT :] = _IRIS
    weights[:, 0] *= _DEPTH_TRUST
    return weights


def _prior(strength: Array) -> Array:
    """Return the matrix (60, 60) of the pull to neutral and to symmetric faces.

    Args:
        strength: (60,) what each unknown does to the landmarks.
    """
    floor = 1e-6 * float(strength.max()) + 1e-12
    prior = np.diag(_PULL * strength + floor)
    for control in controls.CONTROLS:
        if control.group not in _SYMMETRY or control.mirror <= control.index:
            continue
        for way in (0, controls.COUNT):
            pair = np.array([control.index + way, control.mirror + way])
            pull = _SYMMETRY[control.group] * strength[pair].mean()
            prior[np.ix_(pair, pair)] += pull * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return prior


def _masked(weights: Array, kept: slice | NDArray[np.intp]) -> Array:
    masked = np.zeros_like(weights)
    masked[kept] = weights[kept]
    return masked


def _turn_head(values: Array, angles: tuple[float, float, float]) -> None:
    """Set the head and neck controls [rad] from yaw, pitch and roll [rad], in place."""
    values[controls.group_indices(Group.NECK)] = 0.0
    for angle, (head, neck) in zip(angles, _HEAD, strict=True):
        entry = controls.CONTROLS[controls.index(head)]
        reached = float(np.clip(angle, entry.minimum, entry.maximum))
        values[entry.index] = reached
        if neck is not None:
            values[controls.index(neck)] = angle - reached
