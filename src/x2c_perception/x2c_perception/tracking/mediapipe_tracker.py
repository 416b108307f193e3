# SPDX-License-Identifier: Apache-2.0
"""Face tracker on MediaPipe's Face Mesh with irises."""

from __future__ import annotations

import re
from contextlib import nullcontext, suppress
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from x2c_core.face.topology import COUNT
from x2c_perception.errors import TrackerError
from x2c_perception.tracking.stderr_filter import filtered_stderr
from x2c_perception.tracking.tracker import DetectedFace, FaceTracker

if TYPE_CHECKING:
    from x2c_perception.tracking.face_mesh_graph import FaceMeshGraph

LONGEST_SIDE = 1280
"""Larger images are made smaller before tracking [pixel]: the models look at 192 x 192."""

_SMALLEST_SIDE = 16
"""Images below this hold no face that could be tracked [pixel]."""

_CHATTER = re.compile(
    r"Created TensorFlow Lite XNNPACK delegate|before absl::InitializeLog\(\)"
    r"|inference_feedback_manager\.cc|landmark_projection_calculator\.cc|gl_context"
)

# One landmark in the wire format of protobuf: a tag, the length, then x, y and z, each a tag and
# a float32.
_STRIDE = 17
_TAGS = {0: 0x0A, 1: 0x0F, 2: 0x0D, 7: 0x15, 12: 0x1D}
_AT = {"x": 3, "y": 8, "z": 13}


class MediaPipeTracker(FaceTracker):
    """Tracks faces with Face Mesh; its confidence is the model's presence score.

    Args:
        max_faces: Faces looked for in each image.
        detection_confidence: Score that a newly found face needs, 0 to 1.
        tracking_confidence: Presence score below which a face counts as gone, 0 to 1.

    Raises:
        TrackerError: MediaPipe is missing, or another version than this one works with.
    """

    def __init__(
        self,
        max_faces: int = 1,
        detection_confidence: float = 0.5,
        tracking_confidence: float = 0.5,
    ) -> None:
        self._arguments = (max_faces, detection_confidence, tracking_confidence)
        self._talkative = True
        try:
            self._graph = self._make_graph()
        except Exception as error:
            raise TrackerError(
                f"MediaPipe's Face Mesh cannot be started: {error}; expected mediapipe 0.10.21, "
                "the last version that brings its models: pip install mediapipe==0.10.21"
            ) from error

    def track(self, rgb: NDArray[np.uint8]) -> list[DetectedFace]:
        """Return the faces in an image (height, width, 3)."""
        height, width = rgb.shape[:2]
        if min(height, width) < _SMALLEST_SIDE:
            return []
        reduced = np.ascontiguousarray(_reduced(rgb))
        try:
            # The last of the start-up chatter comes with the first face.
            with filtered_stderr(_CHATTER) if self._talkative else nullcontext():
                found = self._graph.run(reduced)
        except RuntimeError as error:
            # A graph that has failed stays failed.
            with suppress(RuntimeError):
                self._graph.close()
            self._graph = self._make_graph()
            raise TrackerError(
                f"MediaPipe failed on an image of {width} x {height}: {error}"
            ) from error
        self._talkative = self._talkative and not found
        scale = np.array([width, height, width], dtype=np.float64)
        return [
            DetectedFace(landmarks_of(serialised) * scale, min(max(score, 0.0), 1.0))
            for serialised, score in found
        ]

    def close(self) -> None:
        """Stop MediaPipe's threads."""
        self._graph.close()

    def _make_graph(self) -> FaceMeshGraph:
        with filtered_stderr(_CHATTER):
            # Only here: the import takes most of a second and 60 MB.
            from x2c_perception.tracking.face_mesh_graph import FaceMeshGraph

            graph = FaceMeshGraph(*self._arguments)
            # The models are loaded when the first image comes: better now than then.
            graph.run(np.zeros((128, 128, 3), dtype=np.uint8))
            return graph


def landmarks_of(serialised: bytes) -> NDArray[np.float64]:
    """Return the landmarks (478, 3) in a serialised NormalizedLandmarkList [shares of the image].

    Raises:
        TrackerError: There are not 478.
    """
    data = np.frombuffer(serialised, dtype=np.uint8)
    if data.size == COUNT * _STRIDE:
        rows = data.reshape(COUNT, _STRIDE)
        if all((rows[:, column] == tag).all() for column, tag in _TAGS.items()):
            columns = np.concatenate([rows[:, at : at + 4] for at in _AT.values()], axis=1)
            return np.asarray(columns.view("<f4"), dtype=np.float64)
    return _parsed(serialised)


def _parsed(serialised: bytes) -> NDArray[np.float64]:
    from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList

    face: Any = NormalizedLandmarkList.FromString(serialised)
    landmarks = np.array([(one.x, one.y, one.z) for one in face.landmark], dtype=np.float64)
    if landmarks.shape != (COUNT, 3):
        raise TrackerError(f"expected {COUNT} landmarks of a face, got {len(landmarks)}")
    return landmarks


def _reduced(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    height, width = rgb.shape[:2]
    factor = LONGEST_SIDE / max(height, width)
    if factor >= 1.0:
        return rgb
    size = (max(1, round(width * factor)), max(1, round(height * factor)))
    return np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), dtype=np.uint8)
