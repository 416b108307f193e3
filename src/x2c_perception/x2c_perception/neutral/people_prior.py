# SPDX-License-Identifier: Apache-2.0
"""Statistics of people's faces: how they differ at rest, and what expressions do to them.

A face at rest is `mean + lift @ features`, with features spread as those of many people at rest.
An expression adds features of its own; how much of it is shown differs by region and from moment
to moment, so its spread is one of several hypotheses.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike

from x2c_core.arrays import Array
from x2c_core.face import topology
from x2c_core.files.array_files import read_npz
from x2c_perception.neutral.positive_definite import inverse

FEATURES = 28
"""Number of features: 12 relations between landmarks, and what else tells faces apart."""

_SHAPES = {
    "mean": (topology.COUNT, 3),
    "features": (FEATURES, topology.COUNT * 3),
    "lift": (topology.COUNT * 3, FEATURES),
    "people": (FEATURES, FEATURES),
    "brows": (FEATURES, FEATURES),
    "lids": (FEATURES, FEATURES),
    "mouth": (FEATURES, FEATURES),
    "smile": (FEATURES, FEATURES),
}

_INTENSITIES = {
    "brows": {0.12: 0.5, 0.5: 0.3, 1.2: 0.2},
    "lids": {0.12: 0.55, 0.7: 0.45},
    "mouth": {0.12: 0.4, 0.5: 0.35, 1.2: 0.25},
    "smile": {0.15: 0.5, 0.6: 0.3, 1.3: 0.2},
}
"""Intensities of an expression in each region, 1 for a strong one, and how often they are met."""

_WIDER = 1.2
"""Ratio of how much all people differ to how much those measured do."""

_NOISE = 0.15
"""Noise of a tracked face, as a share of how much people differ."""


@dataclass(frozen=True)
class PeoplePrior:
    """Prior over faces at rest and expressions; all features are relative to the mean face.

    Attributes:
        mean: (478, 3) mean face at rest in the head frame [interocular distances].
        features: (28, 1434) a face's flattened landmarks times this are its features.
        lift: (1434, 28) landmarks of a face at rest with given features, less the mean.
        spread: (28, 28) covariance of the features of people at rest.
        expressions: (m, 28, 28) covariance that an expression adds, for each hypothesis.
        precisions: (m, 28, 28) their inverses.
        log_odds: (m,) logarithm of how often each hypothesis is met.
        intensity: (m,) intensity of the expression, summed over the regions.
        plausible: (28, 28) inverse covariance of the features of people with any expression.
    """

    mean: Array
    features: Array
    lift: Array
    spread: Array
    expressions: Array
    precisions: Array = field(init=False)
    log_odds: Array
    intensity: Array
    plausible: Array = field(init=False)

    def __post_init__(self) -> None:
        """Invert what is needed inverted."""
        object.__setattr__(self, "precisions", inverse(self.expressions))
        strongest = self.expressions[int(self.intensity.argmax())]
        object.__setattr__(self, "plausible", inverse(self.spread + strongest))

    def measure(self, face: ArrayLike) -> Array:
        """Return the features (28,) of a face (478, 3) in the head frame."""
        # Not by BLAS, whose last bits depend on its number of threads; likewise wherever a sum
        # over frames or landmarks is taken.
        moved = (np.asarray(face) - self.mean).ravel()
        return np.asarray(np.einsum("ij,j->i", self.features, moved))

    def face(self, features: Array) -> Array:
        """Return the face at rest (478, 3) with features (28,)."""
        moved = np.einsum("ij,j->i", self.lift, features)
        return np.asarray(self.mean + moved.reshape(topology.COUNT, 3))


def prior_from(arrays: dict[str, Array]) -> PeoplePrior:
    """Return the prior made of statistics.

    Args:
        arrays: Mean, features, lift, and the covariances of people and of each region.
    """
    people = arrays["people"]
    noise = np.diag(np.diag(people)) * _NOISE**2
    regions = [arrays[name] for name in _INTENSITIES]
    combinations = list(itertools.product(*(shares.items() for shares in _INTENSITIES.values())))
    expressions = [
        noise
        + sum(intensity**2 * one for (intensity, _), one in zip(chosen, regions, strict=True))
        for chosen in combinations
    ]
    # Few people were measured: what goes together in them need not in others.
    spread = _WIDER**2 * (0.95 * people + 0.05 * np.diag(np.diag(people)))
    return PeoplePrior(
        mean=arrays["mean"],
        features=arrays["features"],
        lift=arrays["lift"],
        spread=spread,
        expressions=np.array(expressions),
        log_odds=np.array([sum(np.log(odds) for _, odds in one) for one in combinations]),
        intensity=np.array([sum(intensity for intensity, _ in one) for one in combinations]),
    )


@cache
def people_prior() -> PeoplePrior:
    """Return the prior that comes with the package."""
    data = resources.files("x2c_perception") / "data" / "people.npz"
    with resources.as_file(data) as path:
        arrays = read_npz(Path(path), _SHAPES)
    return prior_from({name: array.astype(np.float64) for name, array in arrays.items()})
