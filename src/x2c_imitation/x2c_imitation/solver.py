# SPDX-License-Identifier: Apache-2.0
"""Imitation as a small least-squares problem: which control values explain the person's face best?

The robot's expression model says how each control moves each landmark. The person's landmark
motion, freed of head pose, neutral face and face shape, is explained by it:

    minimise  |W (E x - d)|^2 + |V M (E x - d)|^2 + |R x|^2   subject to   0 <= x <= 1

with x the deflections of the 30 controls, up and down apart (60 unknowns), E the model, d the
motion, W how far each landmark is trusted, M the relations between landmarks that people read
(`x2c_face.relations`), V how much these count, and R a weak pull to neutral and symmetric faces.
It is a box-constrained quadratic program.
"""

from __future__ import annotations

import daqp
import numpy as np
from numpy.typing import NDArray

from x2c_face import controls, relations
from x2c_face.controls import Group
from x2c_face.expression_model import ExpressionModel
from x2c_face.frames import Face
from x2c_face.relations import Relation
from x2c_face.topology import SKIN_COUNT
from x2c_imitation import trust
from x2c_imitation.errors import ImitationError
from x2c_imitation.imitator import Imitator
from x2c_imitation.retargeting import Retargeter

Array = NDArray[np.float64]

_PULL = 0.2
"""Pull to neutral, as a share of what a control does to the landmarks."""

_SYMMETRY = {Group.BROW: 1.0, Group.EYELID: 1.0, Group.MOUTH: 2.0}
"""Pull of left and right together, likewise: faces are mostly symmetric, noise is not."""

_ONE_SIDED = 0.4
"""Difference of left and right [deflection] from which a face counts as one-sided, as in a wink:
the pull fades beyond it (Geman and McClure 1987).
"""

_MIRRORED = np.array(
    [control.mirror + way for way in (0, controls.COUNT) for control in controls.CONTROLS]
)
"""(60,) for each unknown, the one of the other side."""

_HEAD = (("Head Yaw", None), ("Head Pitch", "Neck Pitch"), ("Head Roll", "Neck Roll"))
"""Which control turns about z, y and x, and which takes what the first cannot reach."""


class Solver(Imitator):
    """Explains a person's face by a robot's expression model.

    Args:
        model: Of the robot.
    """

    def __init__(self, model: ExpressionModel) -> None:
        self._neutral = model.neutral
        effects = np.concatenate([model.up, model.down]).reshape(2 * controls.COUNT, -1)
        skin = trust.LANDMARKS.copy()
        skin[SKIN_COUNT:] = 0.0
        self._skin = _Normal(effects, skin, trust.RELATIONS[: Relation.IRIS_SIDEWAYS_LEFT])
        self._irises = tuple(_iris(effects, side) for side in ("LEFT", "RIGHT"))
        strength = (effects**2) @ (trust.LANDMARKS.ravel() ** 2)
        self._pull = np.diag(_PULL * strength + 1e-6 * strength.max() + 1e-12)
        self._symmetry = _symmetry(strength)
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
        deflection = self._explain(motion, self._retargeter.openness(face, pose))
        values = controls.from_deflection(deflection)
        _turn_head(values, self._retargeter.head_angles(pose))
        return controls.clamp(values)[0]

    def _explain(self, motion: Array, openness: Array) -> Array:
        """Return the deflections (30,) that explain landmark motion (478, 3) best."""
        flat = motion.ravel()
        matrix = self._skin.matrix + self._pull
        vector = self._skin.projection @ flat
        # Behind a closing lid the iris is guessed, so it counts less.
        for iris, share in zip(self._irises, openness**2, strict=True):
            matrix = matrix + share * iris.matrix
            vector = vector + share * (iris.projection @ flat)
        # What is one-sided without the pull of left and right together is let go of it.
        first = _solve(matrix, vector)
        difference = first - first[_MIRRORED]
        kept = 1.0 / (1.0 + (difference / _ONE_SIDED) ** 2) ** 2
        up, down = _solve(matrix + self._symmetry * kept, vector).reshape(2, -1)
        return np.asarray(up - down)


class _Normal:
    """One part of the normal equations.

    Args:
        effects: (60, 1434) what each unknown does to the landmarks.
        landmarks: (478, 3) weights of the landmarks.
        related: (k,) weights of the first k relations.
    """

    def __init__(self, effects: Array, landmarks: Array, related: Array) -> None:
        rows = related[:, None] * relations.MATRIX[: related.size]
        self.projection = effects * landmarks.ravel() ** 2 + (effects @ rows.T) @ rows
        self.matrix = self.projection @ effects.T


def _iris(effects: Array, side: str) -> _Normal:
    landmarks = np.zeros_like(trust.LANDMARKS)
    indices = trust.IRISES[side]
    landmarks[indices] = trust.LANDMARKS[indices]
    related = np.zeros_like(trust.RELATIONS)
    for name in (f"IRIS_SIDEWAYS_{side}", f"IRIS_HEIGHT_{side}"):
        related[Relation[name]] = trust.RELATIONS[Relation[name]]
    return _Normal(effects, landmarks, related)


def _symmetry(strength: Array) -> Array:
    """Return the matrix (60, 60) of the pull of left and right together.

    Args:
        strength: (60,) what each unknown does to the landmarks.
    """
    prior = np.zeros((strength.size, strength.size))
    for control in controls.CONTROLS:
        if control.group not in _SYMMETRY or control.mirror <= control.index:
            continue
        for way in (0, controls.COUNT):
            pair = np.array([control.index + way, control.mirror + way])
            pull = _SYMMETRY[control.group] * strength[pair].mean()
            prior[np.ix_(pair, pair)] += pull * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return prior


def _solve(matrix: Array, vector: Array) -> Array:
    """Return the x (60,) that minimises x matrix x / 2 - vector x with 0 <= x <= 1."""
    lower, upper = np.zeros(vector.size), np.ones(vector.size)
    no_rows = np.zeros((0, vector.size))
    solution, _, flag, _ = daqp.solve(matrix, -vector, no_rows, upper, lower)
    if flag <= 0 or not np.isfinite(solution).all():
        raise ImitationError(f"the solver found no control values for this face (DAQP: {flag})")
    return np.asarray(np.clip(solution, lower, upper))


def _turn_head(values: Array, angles: tuple[float, float, float]) -> None:
    """Set the head and neck controls [rad] from yaw, pitch and roll [rad], in place."""
    values[controls.group_indices(Group.NECK)] = 0.0
    for angle, (head, neck) in zip(angles, _HEAD, strict=True):
        entry = controls.CONTROLS[controls.index(head)]
        reached = float(np.clip(angle, entry.minimum, entry.maximum))
        values[entry.index] = reached
        if neck is not None:
            values[controls.index(neck)] = angle - reached
