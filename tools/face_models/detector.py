# SPDX-License-Identifier: Apache-2.0
"""MediaPipe's short-range face detector as an ONNX model."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto

from face_models.graph_builder import GraphBuilder
from face_models.layers import LayerMaker
from face_models.tflite import ModelFormatError, TfliteModel

SIZE = 128
ANCHORS = 896
VALUES = 16
_BLOCK = 16
_LARGEST_LOGIT = 100.0


def convert_detector(model: TfliteModel) -> onnx.ModelProto:
    """Return the detector: an image to a score and 16 values for each of 896 anchors.

    Input `image`: (1, 3, 128, 128) uint8, RGB. Outputs `scores`: (896,) in 0 to 1; `values`:
    (896, 16) centre, size and six points of each face, relative to the anchor [pixel].

    Raises:
        ModelFormatError: It is another model.
    """
    graph = GraphBuilder()
    layers = LayerMaker(model, graph, _BLOCK)
    image = graph.input("image", TensorProto.UINT8, (1, 3, SIZE, SIZE))
    # The padding of the first layer is zero in -1 to 1, so the offset cannot move into its bias.
    scaled = graph.node(
        "Div",
        graph.node(
            "Sub",
            graph.node("Cast", image, to=TensorProto.FLOAT),
            graph.constant(np.float32(127.5)),
        ),
        graph.constant(np.float32(127.5)),
    )
    values = {model.inputs[0]: scaled}
    for operator in model.operators:
        first, output = values[operator.inputs[0]], operator.outputs[0]
        match operator.kind:
            case "CONV_2D":
                values[output] = layers.convolution(first, [operator])
            case "DEPTHWISE_CONV_2D":
                values[output] = layers.depthwise(first, [operator])
            case "RELU":
                values[output] = graph.node("Relu", first)
            case "ADD":
                values[output] = graph.node("Add", first, values[operator.inputs[1]])
            case "MAX_POOL_2D":
                values[output] = layers.pool(first)
            case "PAD":
                values[output] = layers.widened(first, [operator])
            case "RESHAPE":
                # As TensorFlow has them, all values of a pixel lie side by side.
                last = graph.node("Transpose", first, perm=[0, 2, 3, 1])
                channels = model.shape(operator.inputs[0])[3]
                kept = graph.node(
                    "Slice",
                    last,
                    graph.constant(np.array([0])),
                    graph.constant(np.array([channels])),
                    graph.constant(np.array([3])),
                )
                shape = model.shape(output)[1:]
                values[output] = graph.node("Reshape", kept, graph.constant(np.array(shape)))
            case "CONCATENATION":
                values[output] = graph.node(
                    "Concat", *(values[one] for one in operator.inputs), axis=0
                )
            case _:
                raise ModelFormatError(f"unexpected operator {operator.kind} in the face detector")
    regressors, classificators = (values[one] for one in model.outputs)
    logits = graph.node(
        "Clip",
        graph.node("Reshape", classificators, graph.constant(np.array([ANCHORS]))),
        graph.constant(np.float32(-_LARGEST_LOGIT)),
        graph.constant(np.float32(_LARGEST_LOGIT)),
    )
    graph.output(graph.node("Sigmoid", logits), "scores", (ANCHORS,))
    graph.output(regressors, "values", (ANCHORS, VALUES))
    return graph.model("face_detector")
