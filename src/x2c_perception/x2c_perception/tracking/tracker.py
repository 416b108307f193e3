# SPDX-License-Identifier: Apache-2.0
"""Interface of all face trackers."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DetectedFace:
    """One face found in an image.

    Attributes:
        landmarks: (478, 3) in the order of `x2c_core.face.topology` [pixel]; z has the scale of x.
        confidence: Confidence that it is a face, 0 to 1.
    """

    landmarks: NDArray[np.float64]
    confidence: float


class FaceTracker(ABC):
    """Find faces in the images of one stream, each with the help of the one before."""

    @abstractmethod
    def track(self, rgb: NDArray[np.uint8]) -> list[DetectedFace]:
        """Return the faces in an image (height, width, 3), in no order.

        Raises:
            TrackerError: The image cannot be worked on; the next one can.
        """

    def track_bgr(self, bgr: NDArray[np.uint8]) -> list[DetectedFace]:
        """Return the same for an image whose colours are in the order of OpenCV's.

        Raises:
            TrackerError: The image cannot be worked on; the next one can.
        """
        return self.track(np.asarray(cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB), dtype=np.uint8))

    @abstractmethod
    def close(self) -> None:
        """Let go of models and threads."""
