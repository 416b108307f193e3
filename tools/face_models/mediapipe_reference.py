# SPDX-License-Identifier: Apache-2.0
"""MediaPipe's own face tracker, to measure this project's against.

Its graph is run directly for the confidence of each face, which `mediapipe.solutions.face_mesh`
keeps to itself. Needs mediapipe 0.10.21, the last version with models and this graph.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mediapipe
import numpy as np
from mediapipe.calculators.tensor import tensors_to_detections_calculator_pb2
from mediapipe.calculators.util import thresholding_calculator_pb2
from mediapipe.framework import calculator_pb2
from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import (
    _packet_getter,
    calculator_graph,
    image_frame,
    resource_util,
    validated_graph_config,
)
from numpy.typing import NDArray

from x2c_perception.tracking.tracker import DetectedFace, FaceTracker

_ROOT = Path(mediapipe.__file__).parent
_GRAPH = _ROOT / "modules" / "face_landmark" / "face_landmark_front_cpu.binarypb"
_LANDMARKS = "multi_face_landmarks"
_SCORE = "facelandmarkcpu__face_presence_score"
_FRAME_TIME = 33_333
"""Distance of the time stamps inside the graph [us]; nothing in it depends on the time."""


class MediaPipeReference(FaceTracker):
    """Tracks faces with MediaPipe's graph.

    Args:
        max_faces: Faces looked for; with more than one, the detector runs on every image in
            which there are fewer.
        detection_confidence: Score a detection needs, 0 to 1.
        tracking_confidence: Presence score below which a face counts as gone, 0 to 1.
    """

    def __init__(
        self,
        max_faces: int = 1,
        detection_confidence: float = 0.5,
        tracking_confidence: float = 0.5,
    ) -> None:
        resource_util.set_resource_dir(str(_ROOT.parent))
        config = _configuration(detection_confidence, tracking_confidence)
        self._threshold = tracking_confidence
        self._scores: list[float] = []
        self._faces: list[bytes] = []
        self._time = 0
        self._graph: Any = calculator_graph.CalculatorGraph(graph_config=config)
        self._graph.observe_output_stream(_LANDMARKS, self._take_landmarks, False)
        self._graph.observe_output_stream(_SCORE, self._take_score, False)
        self._graph.start_run(
            {
                "num_faces": packet_creator.create_int(max_faces),
                "with_attention": packet_creator.create_bool(True),
                "use_prev_landmarks": packet_creator.create_bool(True),
            }
        )

    def track(self, rgb: NDArray[np.uint8]) -> list[DetectedFace]:
        """Return the faces in an image (height, width, 3)."""
        self._scores, self._faces = [], []
        self._time += _FRAME_TIME
        packet = packet_creator.create_image_frame(
            image_format=image_frame.ImageFormat.SRGB, data=np.ascontiguousarray(rgb)
        )
        self._graph.add_packet_to_input_stream("image", packet.at(self._time))
        self._graph.wait_until_idle()
        # A score comes for each place looked at, a face only where the score is high enough.
        scores = [score for score in self._scores if score > self._threshold]
        height, width = rgb.shape[:2]
        return [
            DetectedFace(_landmarks(face) * (width, height, width), score)
            for face, score in zip(self._faces, scores, strict=True)
        ]

    def close(self) -> None:
        """Stop the graph's threads and free its models; does nothing the second time."""
        # The graph holds this object's methods, where Python's garbage collector cannot see them:
        # while one has the other, neither is freed.
        graph, self._graph = self._graph, None
        if graph is not None:
            graph.close()

    def _take_landmarks(self, stream: str, packet: Any) -> None:
        self._faces = _packet_getter._get_serialized_proto_list(packet)

    def _take_score(self, stream: str, packet: Any) -> None:
        self._scores.append(packet_getter.get_float(packet))


def _landmarks(serialised: bytes) -> NDArray[np.float64]:
    face: Any = NormalizedLandmarkList.FromString(serialised)
    return np.array([(one.x, one.y, one.z) for one in face.landmark], dtype=np.float64)


def _configuration(detection_confidence: float, tracking_confidence: float) -> Any:
    """Return the graph, without subgraphs, so that the streams inside can be observed."""
    validated = validated_graph_config.ValidatedGraphConfig()
    validated.initialize(binary_graph_path=str(_GRAPH))
    config = calculator_pb2.CalculatorGraphConfig()
    config.ParseFromString(validated.binary_config)
    thresholding = thresholding_calculator_pb2.ThresholdingCalculatorOptions
    detections = tensors_to_detections_calculator_pb2.TensorsToDetectionsCalculatorOptions
    for node in config.node:
        if node.calculator == "ThresholdingCalculator":
            node.options.Extensions[thresholding.ext].threshold = tracking_confidence
        if node.calculator == "TensorsToDetectionsCalculator":
            options = detections.FromString(node.node_options[0].value)
            options.min_score_thresh = detection_confidence
            node.node_options[0].value = options.SerializeToString()
    return config
