# SPDX-License-Identifier: Apache-2.0
"""Estimate a person's neutral face from the first frame on, better with every further one."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from x2c_core.arrays import Array
from x2c_core.face import topology
from x2c_core.face.descriptors import MATRIX, Relation
from x2c_core.face.frames import Face, FaceState
from x2c_core.face.head_pose import FACING, HeadPose, rotation_from
from x2c_perception.neutral.identity_estimate import (
    IdentityEstimate,
    estimate_identity,
    first_guess,
)
from x2c_perception.neutral.neutral_frames import NeutralFace
from x2c_perception.neutral.people_prior import FEATURES, PeoplePrior, people_prior

_SPACING = 0.1
"""Time between two frames that are kept; those between are much the same [s]."""
_KEPT = 64
"""Number of kept frames; when there are more, every other one is let go."""
_RARER, _RAREST = 0.15, 1.5
"""Increase of the time between two estimates with the time seen, and that time at most [s]: what
a further frame tells becomes less and less.
"""
_FIRST_ROUNDS = 4
_LONGEST = 0.5
"""Time that one frame may stand for, where images come slowly or some are missing [s]."""

_INFORMATION = (1.0, 3.0, 5.0)
"""Independent frames that a single one, and that any number of them, are worth, and the time
constant between [s]. A mood lasts: that a face is seen for long does not make it one at rest.
"""

_TURNED = np.radians(20.0)
"""Turn of the head at which a frame counts half [rad]."""

_DETAIL = 0.7
"""Share of what the features do not tell of a face that is taken over from frames at rest."""

_POSES = np.radians([6.0, 5.0, 3.0])
"""Deviation of people's neutral yaw, pitch and roll from facing the camera [rad]."""
_TURNS = np.radians([12.0, 10.0, 6.0])
"""Deviation of their heads from neutral meanwhile [rad]."""
_GAZES, _GLANCES = 0.09, 0.17
"""Deviations of people's neutral gaze from the camera, and of their gaze from neutral [rad]."""
_SLOW_FRAMES = (1.0, 4.0, 2.0)
"""Independent frames for pose and gaze: in a single one, in any number, and time for one [s]."""

_GLIDE = 0.4
"""Time constant with which the neutral face glides to a new estimate [s]."""
_FASTEST = 0.25
"""Speed at which a landmark of it glides at most [interocular distances/s]."""
_NOTICED = 1e-3
"""Changes below this are not passed on [interocular distances]."""

_PLAUSIBLE, _IMPLAUSIBLE = 2.0, 6.0
"""Mean square of the features, in deviations of people with expressions, up to which a face is
one of the prior's, and from which it is none.
"""
_LEAST_CONFIDENCE = 0.2

_OPENNESS = MATRIX[[Relation.EYE_OPENNESS_LEFT, Relation.EYE_OPENNESS_RIGHT]]
_OPEN_SHARE = 0.7
_IRISES = (
    (topology.IRIS_LEFT, topology.EYE_LEFT_UPPER[[0, -1]]),
    (topology.IRIS_RIGHT, topology.EYE_RIGHT_UPPER[[0, -1]]),
)


@dataclass(frozen=True)
class _Kept:
    """A kept frame: landmarks (478, 3) in the head frame, features (28,), and head angles (3,)."""

    face: Array
    features: Array
    angles: Array
    openness: float


@dataclass(frozen=True)
class _Neutral:
    face: Array
    angles: Array
    confidence: float


class NeutralEstimator:
    """Take the faces of one person one by one; give the neutral face whenever it changes.

    The same frames at another rate give the same neutral face: frames are taken by their time.

    Args:
        prior: Prior over people; by default the one that comes with the package.
    """

    def __init__(self, prior: PeoplePrior | None = None) -> None:
        self._prior = prior or people_prior()
        self.restart()

    def restart(self) -> None:
        """Forget the person."""
        self._frames: list[_Kept] = []
        self._spacing = _SPACING
        self._estimate = first_guess(self._prior)
        self._wanted: _Neutral | None = None
        self._shown: _Neutral | None = None
        self._given: _Neutral | None = None
        self._last: float | None = None
        self._next_frame = self._next_estimate = -np.inf
        self.seen = 0.0

    @property
    def sureness(self) -> float:
        """Knowledge of the face at rest, 0 for none to 1."""
        return self._estimate.sureness

    @property
    def confidence(self) -> float:
        """Confidence that the faces are those of a person, as far as people were measured."""
        return 0.0 if self._shown is None else self._shown.confidence

    def add(self, face: Face, now: float) -> NeutralFace | None:
        """Take a face; return the neutral face if it is another one now.

        Args:
            face: Lost ones are passed over.
            now: Time of its image [s].
        """
        if face.state is not FaceState.TRACKING or face.pose is None:
            self._last = None
            return None
        elapsed = 0.0 if self._last is None else min(max(now - self._last, 0.0), _LONGEST)
        if self._last is not None and now < self._last:
            self._next_frame = self._next_estimate = now
        self._last = now
        self.seen += elapsed
        # A tiny bit early, since stamps are rounded.
        if now >= self._next_frame - 1e-3:
            self._keep(face, face.pose)
            self._next_frame = now + self._spacing
        if now >= self._next_estimate - 1e-3:
            self._update()
            self._next_estimate = now + min(_SPACING + _RARER * self.seen, _RAREST)
        return self._glided(face, face.pose, elapsed)

    def _keep(self, face: Face, pose: HeadPose) -> None:
        points = pose.to_head_frame(face.landmarks)
        angles = np.array(pose.yaw_pitch_roll)
        openness = float((_OPENNESS @ points.ravel()).min())
        self._frames.append(_Kept(points, self._prior.measure(points), angles, openness))
        if len(self._frames) > _KEPT:
            self._frames = self._frames[::2]
            self._spacing *= 2.0

    def _update(self) -> None:
        features = np.array([one.features for one in self._frames])
        angles = np.array([one.angles for one in self._frames])
        faced = 1.0 / (1.0 + (np.abs(angles[:, :2]).max(axis=1) / _TURNED) ** 4)
        first, most, constant = _INFORMATION
        worth = first + (most - first) * (1.0 - np.exp(-self.seen / constant))
        rounds = 1 if self._wanted is not None else _FIRST_ROUNDS
        self._estimate = estimate_identity(
            self._prior, features, worth * faced / len(faced), self._estimate, rounds
        )
        first, most, constant = _SLOW_FRAMES
        slow = min(first + self.seen / constant, most)
        self._wanted = _Neutral(
            face=self._face(self._estimate, features, faced, slow),
            angles=_share(_POSES, _TURNS, slow) * np.median(angles, axis=0),
            confidence=self._plausibility(features),
        )

    def _face(
        self, estimate: IdentityEstimate, features: Array, faced: Array, slow: float
    ) -> Array:
        prior = self._prior
        faces = np.array([one.face for one in self._frames])
        weights = faced * estimate.rest
        weights = weights / weights.sum()
        seen = np.einsum("n,nij->ij", weights, faces)
        detail = seen - prior.face(np.einsum("n,ni->i", weights, features))
        face = prior.face(estimate.features) + _DETAIL * detail
        opened = np.array([one.openness for one in self._frames])
        usable = faces[opened >= min(_OPEN_SHARE * np.percentile(opened, 80.0), opened.max())]
        share = _share(_GAZES, _GLANCES, slow)
        for iris, corners in _IRISES:
            expected = prior.mean[iris] - prior.mean[corners].mean(axis=0)
            measured = usable[:, iris] - usable[:, corners].mean(axis=1, keepdims=True)
            offset = expected + share * (np.median(measured, axis=0) - expected)
            face[iris] = face[corners].mean(axis=0) + offset
        return np.asarray(face)

    def _plausibility(self, features: Array) -> float:
        squares = np.einsum("ni,ij,nj->n", features, self._prior.plausible, features)
        excess = (np.median(squares) / FEATURES - _PLAUSIBLE) / (_IMPLAUSIBLE - _PLAUSIBLE)
        return float(np.clip(1.0 - excess, _LEAST_CONFIDENCE, 1.0))

    def _glided(self, face: Face, pose: HeadPose, elapsed: float) -> NeutralFace | None:
        wanted, shown = self._wanted, self._shown
        if wanted is None:
            return None
        if shown is None:
            self._shown = wanted
        else:
            share = 1.0 - np.exp(-elapsed / _GLIDE)
            way = wanted.face - shown.face
            longest = _largest(way)
            if share * longest > _FASTEST * elapsed:
                share = _FASTEST * elapsed / longest
            self._shown = _Neutral(
                shown.face + share * way,
                shown.angles + share * (wanted.angles - shown.angles),
                shown.confidence + share * (wanted.confidence - shown.confidence),
            )
        if self._given is not None and not _differ(self._given, self._shown):
            return None
        self._given = self._shown
        at_rest = replace(pose, rotation=FACING @ rotation_from(*self._shown.angles))
        return NeutralFace(
            self._shown.face, at_rest, face.width, face.height, self._shown.confidence
        )


def _differ(one: _Neutral, other: _Neutral) -> bool:
    return (
        _largest(one.face - other.face) > _NOTICED
        or _largest(one.angles - other.angles) > _NOTICED
        or abs(one.confidence - other.confidence) > _NOTICED
    )


def _largest(differences: Array) -> float:
    return max(float(differences.max()), -float(differences.min()))


def _share(people: Array | float, meanwhile: Array | float, frames: float) -> Array:
    """Return what share of a mean over frames is people's, given deviations of both."""
    return np.asarray(np.square(people) / (np.square(people) + np.square(meanwhile) / frames))
