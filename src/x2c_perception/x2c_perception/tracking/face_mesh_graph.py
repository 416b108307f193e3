# SPDX-License-Identifier: Apache-2.0
"""MediaPipe's Face Mesh graph, run directly for the confidence of each face.

`mediapipe.solutions.face_mesh` runs the same graph, but keeps the presence score to itself.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mediapipe
import numpy as np
from mediapipe.calculators.tensor import tensors_to_detections_calculator_pb2
from mediapipe.calculators.util import thresholding_calculator_pb2
from mediapipe.framework import calculator_pb2
from mediapipe.python import packet_creator, packet_getter
from mediapipe.python._framework_bindings import (
    _packet_getter,
    calculator_graph,
    image_frame,
    resource_util,
    validated_graph_config,
)
from numpy.typing import NDArray

_ROOT = Path(mediapipe.__file__).parent
_GRAPH = _ROOT / "modules" / "face_landmark" / "face_landmark_front_cpu.binarypb"
_LANDMARKS = "multi_face_landmarks"
_SCORE = "facelandmarkcpu__face_presence_score"
_FRAME_TIME = 33_333
"""Distance of the time stamps inside the graph [us]; nothing in it depends on the time."""


class FaceMeshGraph:
    """Run the graph image by image.

    Args:
        max_faces: Faces looked for; with more than one, the detector runs on every image in
            which there are fewer.
        detection_confidence: Score a detection needs, 0 to 1.
        tracking_confidence: Presence score below which a face counts as gone, 0 to 1.
    """

    def __init__(
        self, max_faces: int, detection_confidence: float, tracking_confidence: float
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

    def run(self, rgb: NDArray[np.uint8]) -> list[tuple[bytes, float]]:
        """Return each face as a serialised NormalizedLandmarkList, and its presence score.

        Args:
            rgb: (height, width, 3).

        Raises:
            RuntimeError: The graph has failed and cannot be used any more.
        """
        self._scores, self._faces = [], []
        self._time += _FRAME_TIME
        packet = packet_creator.create_image_frame(
            image_format=image_frame.ImageFormat.SRGB, data=rgb
        )
        self._graph.add_packet_to_input_stream("image", packet.at(self._time))
        self._graph.wait_until_idle()
        # A score comes for each place looked at, a face only where the score is high enough.
        scores = [score for score in self._scores if score > self._threshold]
        if len(scores) != len(self._faces):
            scores = [1.0] * len(self._faces)
        return list(zip(self._faces, scores, strict=True))

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
