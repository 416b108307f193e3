# SPDX-License-Identifier: Apache-2.0
"""Distance between two face trackers on the same images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.face.topology import EYE_LEFT_UPPER, EYE_RIGHT_UPPER
from x2c_perception.tracking.tracker import DetectedFace, FaceTracker

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Difference:
    """Differences of two trackers on a sequence.

    Attributes:
        images: Number of images.
        other_counts: Images in which they find different numbers of faces.
        distances: (n,) distances of all landmarks of faces that both find [interocular distances].
        scores: (m,) differences of the confidence of these faces.
    """

    images: int
    other_counts: int
    distances: Floats
    scores: Floats

    @property
    def mean(self) -> float:
        """Mean distance [interocular distances]; 0 where no face is found by both."""
        return float(self.distances.mean()) if self.distances.size else 0.0

    @property
    def p99(self) -> float:
        """99th percentile of the distances [interocular distances]."""
        return float(np.percentile(self.distances, 99.0)) if self.distances.size else 0.0

    @property
    def score(self) -> float:
        """Mean difference of the confidences."""
        return float(self.scores.mean()) if self.scores.size else 0.0


def results(tracker: FaceTracker, images: Sequence[NDArray[np.uint8]]) -> list[list[DetectedFace]]:
    """Return what a tracker finds in each image of a sequence."""
    return [tracker.track(image) for image in images]


def difference(
    found: Sequence[Sequence[DetectedFace]], expected: Sequence[Sequence[DetectedFace]]
) -> Difference:
    """Return how far what one tracker found is from what the other did."""
    distances: list[Floats] = []
    scores: list[float] = []
    other_counts = 0
    for faces, wanted in zip(found, expected, strict=True):
        if len(faces) != len(wanted):
            other_counts += 1
            continue
        for face in wanted:
            nearest = min(faces, key=lambda one: float(_apart(one, face).mean()))
            distances.append(_apart(nearest, face))
            scores.append(abs(nearest.confidence - face.confidence))
    return Difference(
        len(expected),
        other_counts,
        np.concatenate(distances) if distances else np.zeros(0),
        np.array(scores),
    )


def pooled(differences: Sequence[Difference]) -> Difference:
    """Return the differences of several sequences as those of one."""
    return Difference(
        sum(one.images for one in differences),
        sum(one.other_counts for one in differences),
        np.concatenate([one.distances for one in differences]),
        np.concatenate([one.scores for one in differences]),
    )


def _apart(face: DetectedFace, other: DetectedFace) -> Floats:
    left, right = (
        other.landmarks[lid[[0, -1]], :2].mean(axis=0) for lid in (EYE_LEFT_UPPER, EYE_RIGHT_UPPER)
    )
    away = np.linalg.norm((face.landmarks - other.landmarks)[:, :2], axis=1)
    return np.asarray(away / np.linalg.norm(left - right))
