# SPDX-License-Identifier: Apache-2.0
"""Faces in a whole image, found without knowing where they were."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_perception.tracking.face_mesh.face_region import FaceRegion
from x2c_perception.tracking.face_mesh.model_session import ModelSession

_SIZE = 128
"""Side of the image that the network takes [pixel]."""

_SAME_FACE = 0.3
"""Overlap from which two boxes show the same face: shared area over that of both."""

_GRIDS = (16, 2), (8, 6)
"""Anchors a side, and anchors at each of these places."""

Points = NDArray[np.float32]


class FaceDetector:
    """Find faces up to about five times as small as the image.

    Args:
        confidence: Score that a face needs, 0 to 1.

    Raises:
        TrackerError: The network cannot be loaded.
    """

    def __init__(self, confidence: float) -> None:
        self._session = ModelSession("face_detector.onnx", ("scores", "values"))
        self._confidence = confidence
        self._anchors = _anchors()

    def detect(self, image: NDArray[np.uint8], *, bgr: bool = False) -> list[FaceRegion]:
        """Return the faces in an image (height, width, 3), RGB or else BGR, most certain first."""
        scores, values = self._session.run(self._squared(image), bgr=bgr)
        found = np.flatnonzero(scores >= self._confidence)
        if not found.size:
            return []
        scores = scores[found]
        # Centre, size, then six points; all but the size are relative to the anchor.
        boxes = (values[found] / np.float32(_SIZE)).reshape(len(found), 8, 2)
        boxes[:, [0, 2, 3, 4, 5, 6, 7]] += self._anchors[found, None]
        half = boxes[:, 1] / np.float32(2.0)
        corners = np.stack([boxes[:, 0] - half, boxes[:, 0] + half, *boxes[:, 2:4].swapaxes(0, 1)])
        height, width = image.shape[:2]
        longest = max(width, height)
        offset = np.array([width - longest, height - longest], dtype=np.float32) / 2.0
        return [
            FaceRegion.around(low, high, np.stack([right_eye, left_eye]))
            for low, high, right_eye, left_eye in (
                face * np.float32(longest) + offset
                for face in _merged(corners.swapaxes(0, 1), scores)
            )
        ]

    def _squared(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Return the whole image in the middle of a black square (128, 128, 3)."""
        height, width = image.shape[:2]
        step = max(width, height) / _SIZE
        matrix = np.array(
            [
                [step, 0.0, (width - step * _SIZE) / 2.0],
                [0.0, step, (height - step * _SIZE) / 2.0],
            ]
        )
        squared = cv2.warpAffine(
            image, matrix, (_SIZE, _SIZE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        )
        return np.asarray(squared, dtype=np.uint8)


def _anchors() -> Points:
    """Return the anchors' centres (896, 2) [share of the image's side]."""
    grids = []
    for side, count in _GRIDS:
        middles = (np.arange(side, dtype=np.float32) + 0.5) / side
        centres = np.stack(np.meshgrid(middles, middles), axis=-1).reshape(-1, 2)
        grids.append(np.repeat(centres, count, axis=0))
    return np.concatenate(grids)


def _merged(faces: Points, scores: NDArray[np.float32]) -> list[Points]:
    """Return one face for all that overlap, the mean weighted by score, most certain first.

    Args:
        faces: (n, 4, 2) lowest and highest corner of the box, and two points.
        scores: (n,) score of each.
    """
    left = np.argsort(-scores, kind="stable")
    merged = []
    while left.size:
        same = _overlaps(faces[left[0]], faces[left]) > _SAME_FACE
        if not same.any():
            # A box without an area overlaps nothing, not even itself.
            merged.append(faces[left[0]])
            break
        group = left[same]
        weights = scores[group] / scores[group].sum()
        merged.append(np.einsum("n,nij->ij", weights, faces[group]))
        left = left[~same]
    return merged


def _overlaps(face: Points, others: Points) -> NDArray[np.float32]:
    low = np.maximum(face[0], others[:, 0])
    high = np.minimum(face[1], others[:, 1])
    shared = np.maximum(high - low, 0.0).prod(axis=1)
    union = (face[1] - face[0]).prod() + (others[:, 1] - others[:, 0]).prod(axis=1) - shared
    return np.asarray(
        np.divide(shared, union, out=np.zeros_like(shared), where=union > 0.0), dtype=np.float32
    )
