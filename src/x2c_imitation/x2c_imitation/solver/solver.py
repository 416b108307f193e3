# SPDX-License-Identifier: Apache-2.0
"""Imitation as a small least-squares problem: which control values explain the person's face best?

The robot's expression model says how each control moves each landmark. The person's landmark
motion, freed of head pose, neutral face and face shape, is explained by it:

    minimise  |W (E x - d)|^2 + |V M (E x - d)|^2 + |R x|^2 + 2 c x   subject to   0 <= x <= 1

with x how far the face's controls go up and down, E the model, d the motion less
what the robot's own turn of the head will do to its landmarks, W how far each landmark is
trusted, M the relations between landmarks that people read (`x2c_core.face.descriptors`), V how
much these count, R a weak pull to neutral, symmetric and coherent faces, and c what it costs to
use a control at all. It is a box-constrained quadratic program.

Head and neck turn as the person's head does, less the turn that the robot's expression seems to
add. The problem is solved twice, so that each knows of the other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import chain, pairwise
from typing import NamedTuple

import daqp
import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import Array
from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.face.descriptors import MATRIX, Relation
from x2c_core.face.expression_model import ExpressionModel, load_expression_model
from x2c_core.face.frames import Face
from x2c_core.face.topology import SKIN_COUNT
from x2c_core.robot.robot import Robot
from x2c_core.system.fields import NoOptions
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.imitator import Imitator
from x2c_imitation.pipeline.observation import Observation
from x2c_imitation.pipeline.retargeting import Retargeter, bone_motion, pitch_of_bone
from x2c_imitation.solver import landmark_weights
from x2c_imitation.solver.control_costs import costs, coupling

_SYMMETRY = {Group.BROW: 1.0, Group.EYELID: 1.0, Group.MOUTH: 2.0}
"""Pull of left and right together, likewise: faces are mostly symmetric, noise is not."""

_ONE_SIDED = 0.4
"""Difference of left and right [way] from which a face counts as one-sided, as in a wink: the
pull fades beyond it (Geman and McClure 1987).
"""

_HARDLY_SEEN = ("Lip Top Raise", "Lip Bottom Depress")
"""Lips' sides, which the tracker sees so badly that noise sets them apart: their pull stays."""

_SIDEWAYS = ("Jaw Yaw",)

_PITCH = 1
"""Place of the pitch among yaw, pitch and roll."""

_TURNING = (Group.HEAD, Group.NECK)

_HEAD = (("Head Yaw", None), ("Head Pitch", "Neck Pitch"), ("Head Roll", "Neck Roll"))
"""Control that turns about z, y and x, and the one that takes what the first cannot reach."""

_HEAD_CONTROLS = [
    [
        (one.index, one.minimum, one.neutral, one.maximum)
        for one in (controls.CONTROLS[controls.index(name)] for name in names if name)
    ]
    for names in _HEAD
]
"""Index, minimum, neutral and maximum [rad] of these controls."""

_TURNS = np.array([index for index, *_ in chain.from_iterable(_HEAD_CONTROLS)])
"""(5,) indices of the controls of head and neck."""

_WAYS_OF_TURNS = np.concatenate([_TURNS, controls.COUNT + _TURNS])
"""(10,) places of the ways of these controls among the 60."""


def _unknowns() -> NDArray[np.intp]:
    """Return which of the 60 ways, 30 up and 30 down, the face's controls can go."""
    face = np.array([control.group not in _TURNING for control in controls.CONTROLS])
    ways = (controls.MAXIMUM > controls.NEUTRAL, controls.MINIMUM < controls.NEUTRAL)
    return np.flatnonzero(np.concatenate([face & way for way in ways]))


_UNKNOWN = _unknowns()
"""(n,) places of the unknowns among the 60 ways."""


def _other_side() -> NDArray[np.intp]:
    """Return for each unknown (n,) the one that takes its place in a mirror."""
    place = {way: number for number, way in enumerate(_UNKNOWN.tolist())}
    others = []
    for way in place:
        control = controls.CONTROLS[way % controls.COUNT]
        # The jaw goes to the other side by going the other way.
        turned = control.name in _SIDEWAYS
        upwards = (way < controls.COUNT) != turned
        others.append(place[control.mirror + (0 if upwards else controls.COUNT)])
    return np.array(others)


_OTHER_SIDE = _other_side()
"""(n,) for each unknown, the one of the other side."""

_FADING = np.array(
    [
        np.inf if controls.NAMES[way % controls.COUNT].startswith(_HARDLY_SEEN) else _ONE_SIDED
        for way in _UNKNOWN
    ]
)
"""(n,) difference of left and right [way] from which the pull to the other side fades."""


_LOWER, _UPPER = np.zeros(_UNKNOWN.size), np.ones(_UNKNOWN.size)
_NO_ROWS = np.zeros((0, _UNKNOWN.size))


class Solver(Imitator):
    """Explain a person's face by a robot's expression model.

    Args:
        model: Expression model of the robot.
    """

    def __init__(self, model: ExpressionModel) -> None:
        self._model = model
        effects = np.concatenate([model.up, model.down]).reshape(2 * controls.COUNT, -1)
        self._normal = _Normal([_skin(effects), _iris(effects, "LEFT"), _iris(effects, "RIGHT")])
        self._apparent_turn = _apparent_turn(model)
        strength = (effects[_UNKNOWN] ** 2) @ (landmark_weights.LANDMARKS.ravel() ** 2)
        names = [controls.NAMES[way % controls.COUNT] for way in _UNKNOWN]
        squared, self._threshold = costs(strength, names)
        self._pull = np.diag(squared) + coupling(squared, _UNKNOWN)
        self._symmetry = _symmetry(strength)
        self._retargeter: Retargeter | None = None

    @classmethod
    def for_robot(cls, robot: Robot, options: NoOptions) -> Solver:
        """Return an imitator for a robot with an expression model."""
        # A control that no joint follows has no effect on this robot, whatever its model says:
        # the others make up for it.
        return cls(load_expression_model(robot.expression_model).of_controls(robot.followed))

    @property
    def is_calibrated(self) -> bool:
        """True if a neutral face is known."""
        return self._retargeter is not None

    def calibrate(self, neutral: Face) -> None:
        """Take a face as this person's neutral one."""
        self._retargeter = Retargeter(neutral.landmarks, self._model.neutral)

    def imitate(self, observation: Observation) -> Array:
        """Return the control values (30,) [ratio or rad] that show this face."""
        if self._retargeter is None:
            raise ImitationError("no neutral face is known yet: calibrate first")
        landmarks = observation.face.landmarks
        pose = self._retargeter.pose(landmarks)
        face = pose.to_head_frame(landmarks)
        motion = self._retargeter.motion(face).ravel()
        wanted = np.array(self._retargeter.head_angles(pose, face))
        # Behind a closing lid the iris is guessed, so it counts less.
        left, right = self._retargeter.openness(face)
        matrix, vector, by_turns = self._normal.weighted((1.0, left * left, right * right), motion)
        matrix = matrix + self._pull
        vector = vector - self._threshold

        first = _solve(matrix, vector - by_turns @ _turned(wanted).ways)
        turned = _turned(wanted - controls.net_ways(_gone(first)).ravel() @ self._apparent_turn)
        # What is one-sided without the pull of left and right together is let go of it.
        difference = first - first[_OTHER_SIDE]
        kept = 1.0 / (1.0 + (difference / _FADING) ** 2) ** 2
        explained = vector - by_turns @ turned.ways
        gone = _gone(_solve(matrix + self._symmetry * kept, explained, first))
        values = controls.from_finite_ways(gone)
        ways = controls.net_ways(gone).ravel()
        ways[_WAYS_OF_TURNS] = turned.ways
        turned = _turned(wanted - ways @ self._apparent_turn)
        return controls.in_range(values + turned.values - controls.NEUTRAL)


def _apparent_turn(model: ExpressionModel) -> Array:
    """Return the apparent turn (60, 3) [rad] of each way, its pitch that of the bone.

    So is the pitch that is measured on people.
    """
    turn = np.concatenate([model.turn_up, model.turn_down])
    moved = bone_motion(np.concatenate([model.up, model.down]))
    turn[:, _PITCH] += moved @ pitch_of_bone(model.neutral)
    return turn


class _Part:
    """One part of the normal equations.

    Attributes:
        matrix: (n, n) what the unknowns do to each other.
        by_turns: (n, 10) what the ways up and down of head and neck do to the unknowns.
        columns: (m,) coordinates of the landmarks that count.
        projection: (n, m) what motion along these asks of each unknown.

    Args:
        effects: (60, 1434) what each way of the controls does to the landmarks.
        landmarks: (478, 3) weights of the landmarks.
        related: (k,) weights of the first k relations.
    """

    def __init__(self, effects: Array, landmarks: Array, related: Array) -> None:
        rows = related[:, None] * MATRIX[: related.size]
        unknown = effects[_UNKNOWN]
        projection = unknown * landmarks.ravel() ** 2 + (unknown @ rows.T) @ rows
        self.matrix = projection @ unknown.T
        self.by_turns = projection @ effects[_WAYS_OF_TURNS].T
        # What has no weight is left out: a frame's time goes by how much memory it reads.
        self.columns = np.flatnonzero(projection.any(axis=0))
        self.projection = projection[:, self.columns]


class _Normal:
    """Normal equations of several parts, each of which counts more or less in every frame."""

    def __init__(self, parts: Sequence[_Part]) -> None:
        self._systems = np.array(
            [np.concatenate([part.matrix, part.by_turns], axis=1).ravel() for part in parts]
        )
        self._columns = np.concatenate([part.columns for part in parts])
        ends = np.cumsum([part.columns.size for part in parts]).tolist()
        self._parts = [slice(*one) for one in pairwise([0, *ends])]
        self._projection = np.concatenate([part.projection for part in parts], axis=1)

    def weighted(self, shares: Sequence[float], motion: Array) -> tuple[Array, Array, Array]:
        """Return the matrix (n, n), what motion asks (n,), and what turns do (n, 10).

        Args:
            shares: (k,) how much each part counts.
            motion: (1434,) motion of the landmarks [interocular distances].
        """
        count = _UNKNOWN.size
        system = (np.array(shares) @ self._systems).reshape(count, -1)
        moved = motion[self._columns]
        for share, part in zip(shares, self._parts, strict=True):
            if share != 1.0:
                moved[part] *= share
        return system[:, :count], np.asarray(self._projection @ moved), system[:, count:]


def _skin(effects: Array) -> _Part:
    landmarks = landmark_weights.LANDMARKS.copy()
    landmarks[SKIN_COUNT:] = 0.0
    return _Part(effects, landmarks, landmark_weights.RELATIONS[: Relation.IRIS_SIDEWAYS_LEFT])


def _iris(effects: Array, side: str) -> _Part:
    landmarks = np.zeros_like(landmark_weights.LANDMARKS)
    indices = landmark_weights.IRISES[side]
    landmarks[indices] = landmark_weights.LANDMARKS[indices]
    related = np.zeros_like(landmark_weights.RELATIONS)
    for name in (f"IRIS_SIDEWAYS_{side}", f"IRIS_HEIGHT_{side}"):
        related[Relation[name]] = landmark_weights.RELATIONS[Relation[name]]
    return _Part(effects, landmarks, related)


def _symmetry(strength: Array) -> Array:
    """Return the matrix (n, n) of the pull of left and right together.

    Args:
        strength: (n,) what each unknown does to the landmarks.
    """
    prior = np.zeros((strength.size, strength.size))
    for one, other in enumerate(_OTHER_SIDE):
        group = controls.CONTROLS[_UNKNOWN[one] % controls.COUNT].group
        if group not in _SYMMETRY or other <= one:
            continue
        pair = np.array([one, other])
        pull = _SYMMETRY[group] * strength[pair].mean()
        prior[np.ix_(pair, pair)] += pull * np.array([[1.0, -1.0], [-1.0, 1.0]])
    return prior


def _solve(matrix: Array, vector: Array, near: Array | None = None) -> Array:
    """Return the x (n,) that minimises x matrix x / 2 - vector x with 0 <= x <= 1.

    Args:
        matrix: (n, n) symmetric and positive definite.
        vector: (n,).
        near: (n,) solution of a problem much like it, from which to start; None for none.
    """
    solution, _, flag, _ = daqp.solve(matrix, -vector, _NO_ROWS, _UPPER, _LOWER, primal_start=near)
    if flag <= 0 or not math.isfinite(solution.sum()):
        raise ImitationError(f"the solver found no control values for this face (DAQP: {flag})")
    return np.asarray(np.minimum(np.maximum(solution, 0.0), 1.0))


def _gone(solution: Array) -> Array:
    """Return how far the controls go up and down (2, 30) of the unknowns (n,); no head turns."""
    gone = np.zeros(2 * controls.COUNT)
    gone[_UNKNOWN] = solution
    return gone.reshape(2, controls.COUNT)


class _Turned(NamedTuple):
    """A head that is turned.

    Attributes:
        values: (30,) the neutral face's control values with it [ratio or rad].
        ways: (10,) how far the controls of head and neck go, all up and then all down.
    """

    values: Array
    ways: Array


def _turned(angles: Array) -> _Turned:
    """Return the neutral face with the head turned (3,) [rad]."""
    values = controls.NEUTRAL.copy()
    up, down = [], []
    for angle, turning in zip(angles.tolist(), _HEAD_CONTROLS, strict=True):
        for index, minimum, neutral, maximum in turning:
            value = min(max(angle, minimum), maximum)
            values[index] = value
            angle -= value
            gone = value - neutral
            up.append(max(gone / (maximum - neutral), 0.0))
            down.append(max(gone / (minimum - neutral), 0.0))
    return _Turned(values, np.array(up + down))
