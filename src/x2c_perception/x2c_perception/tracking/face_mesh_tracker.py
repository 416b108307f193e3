# SPDX-License-Identifier: Apache-2.0
"""Face tracker on the networks of MediaPipe's Face Mesh with irises, run by ONNX Runtime."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_perception.errors import TrackerError
from x2c_perception.tracking.face_mesh.face_detector import FaceDetector
from x2c_perception.tracking.face_mesh.face_region import FaceRegion
from x2c_perception.tracking.face_mesh.model_session import ModelSession
from x2c_perception.tracking.tracker import DetectedFace, FaceTracker

LONGEST_SIDE = 1280
"""Larger images are made smaller before tracking [pixel]: the networks look at 192 x 192."""

_SMALLEST_SIDE = 16
"""Images below this hold no face that could be tracked [pixel]."""

_SIZE = 192
"""Side of the crop in which landmarks are found [pixel]."""

_SAME_FACE = 0.5
"""Overlap from which two regions hold the same face: shared area over that of both."""


class FaceMeshTracker(FaceTracker):
    """Tracks faces where they were; looks for them in the whole image while there are too few.

    Its confidence is the network's probability that the crop shows a face.

    Args:
        max_faces: Faces looked for in each image.
        detection_confidence: Score that a newly found face needs, 0 to 1.
        tracking_confidence: Confidence up to which a face counts as gone, 0 to 1.

    Raises:
        TrackerError: The networks cannot be run here.
    """

    def __init__(
        self,
        max_faces: int = 1,
        detection_confidence: float = 0.5,
        tracking_confidence: float = 0.5,
    ) -> None:
        self._max_faces = max_faces
        self._tracking_confidence = tracking_confidence
        self._detector = FaceDetector(detection_confidence)
        self._landmarks = ModelSession("face_landmarks.onnx", ("landmarks", "score"))
        self._regions: list[FaceRegion] = []
        self._size = (0, 0)

    def track(self, rgb: NDArray[np.uint8]) -> list[DetectedFace]:
        """Return the faces in an image (height, width, 3)."""
        return self._track(rgb, bgr=False)

    def track_bgr(self, bgr: NDArray[np.uint8]) -> list[DetectedFace]:
        """Return the same for a BGR image; only what the networks see is put in order."""
        return self._track(bgr, bgr=True)

    def _track(self, image: NDArray[np.uint8], *, bgr: bool) -> list[DetectedFace]:
        height, width = image.shape[:2]
        if min(height, width) < _SMALLEST_SIDE:
            return []
        try:
            reduced = _reduced(image)
            self._follow_size(reduced)
            faces = [self._look(reduced, one, bgr) for one in self._places(reduced, bgr)]
        except Exception as error:
            self._regions = []
            raise TrackerError(
                f"the face tracker failed on an image of {width} x {height}: {error}"
            ) from error
        found = [(points, score) for points, score in faces if score > self._tracking_confidence]
        self._regions = [FaceRegion.of_landmarks(points) for points, _ in found]
        scale = np.array([width, height, width]) / np.array(
            [reduced.shape[1], reduced.shape[0], reduced.shape[1]]
        )
        return [DetectedFace(points * scale, score) for points, score in found]

    def close(self) -> None:
        """Forget the faces; there are no threads to stop."""
        self._regions = []

    def _follow_size(self, image: NDArray[np.uint8]) -> None:
        """Move the regions to where they are in an image of another size."""
        height, width = image.shape[:2]
        before, self._size = self._size, (width, height)
        if before != self._size and self._regions:
            # Most cameras scale the same view.
            ratios = width / before[0], height / before[1]
            self._regions = [one.scaled(*ratios) for one in self._regions]

    def _places(self, image: NDArray[np.uint8], bgr: bool) -> list[FaceRegion]:
        """Return where to look: newly found faces, then those of the image before."""
        if len(self._regions) >= self._max_faces:
            return self._regions
        places: list[FaceRegion] = []
        for region in [*self._detector.detect(image, bgr=bgr)[: self._max_faces], *self._regions]:
            places = [one for one in places if one.overlap(region) <= _SAME_FACE]
            places.append(region)
        return places

    def _look(
        self, image: NDArray[np.uint8], region: FaceRegion, bgr: bool
    ) -> tuple[NDArray[np.float32], float]:
        """Return the landmarks (478, 3) [pixel] in a region, and the confidence."""
        landmarks, score = self._landmarks.run(region.crop(image, _SIZE), bgr=bgr)
        return region.to_image(landmarks, _SIZE), float(score[0])


def _reduced(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = image.shape[:2]
    factor = LONGEST_SIDE / max(height, width)
    if factor >= 1.0:
        return image
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
