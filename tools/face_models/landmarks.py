# SPDX-License-Identifier: Apache-2.0
"""MediaPipe's face mesh with attention as an ONNX model."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto

from face_models.graph_builder import GraphBuilder
from face_models.heads import Heads
from face_models.layers import LayerMaker
from face_models.refinement import LANDMARKS, SIZE, Refinement
from face_models.tflite import ModelFormatError, Operator, TfliteModel

_GREY_LEVELS = 255.0


def convert_landmarks(model: TfliteModel) -> onnx.ModelProto:
    """Return the face mesh: an image to landmarks and the probability of a face.

    Input `image`: (1, 3, 192, 192) uint8, RGB. Outputs `landmarks`: (478, 3) [pixel]; `score`:
    (1,) in 0 to 1.

    Raises:
        ModelFormatError: It is another model.
    """
    graph = GraphBuilder()
    layers = LayerMaker(model, graph)
    image = graph.input("image", TensorProto.UINT8, (1, 3, SIZE, SIZE))
    heads = Heads(model, model.outputs[1:-1])
    mesh, flag = (model.operator(one) for one in (heads.mesh, model.outputs[-1]))
    values = _trunk(layers, graph.node("Cast", image, to=TensorProto.FLOAT), (mesh, flag))
    if mesh.inputs[0] != flag.inputs[0]:
        raise ModelFormatError("the mesh and the face flag are not read from the same values")
    refinement = Refinement(layers, heads, values[mesh.inputs[0]], mesh, flag)
    graph.output(refinement.landmarks(values[heads.attended]), "landmarks", (LANDMARKS, 3))
    graph.output(refinement.score(), "score", (1,))
    return graph.model("face_landmarks")


def _trunk(layers: LayerMaker, image: str, last: tuple[Operator, ...]) -> dict[int, str]:
    """Add what comes before the last layers and the heads; return the values by tensor."""
    model, graph = layers.model, layers.graph
    values = {model.inputs[0]: image}
    narrow: dict[int, str] = {}
    widening = _widening(model)
    for operator in model.operators:
        source, output = operator.inputs[0], operator.outputs[0]
        if operator in last or operator in widening.values():
            continue
        match operator.kind:
            case "ADD" if source in narrow:
                convolution = widening[source]
                values[output] = layers.widening(
                    values[convolution.inputs[0]], convolution, narrow[source]
                )
            case _ if source not in values:
                continue
            case "CONV_2D" if source == model.inputs[0]:
                weights, bias = layers.weights(operator)
                # Zero, with which the image is padded, means black before and after.
                values[output] = graph.convolution(
                    image,
                    weights / np.float32(_GREY_LEVELS),
                    bias,
                    stride=operator.stride,
                    pads=layers.pads(operator, weights.shape[2]),
                )
            case "CONV_2D":
                values[output] = layers.convolution(values[source], [operator])
            case "DEPTHWISE_CONV_2D":
                values[output] = layers.depthwise(values[source], [operator])
            case "PRELU":
                values[output] = layers.prelu(values[source], [operator])
            case "ADD":
                values[output] = graph.node("Add", values[source], values[operator.inputs[1]])
            case "MAX_POOL_2D":
                values[output] = layers.pool(values[source])
            case "PAD":
                narrow[output] = values[source]
            case "TransformTensorBilinear":
                # Here the heads begin.
                continue
            case _:
                raise ModelFormatError(f"unexpected operator {operator.kind} in the face mesh")
    return values


def _widening(model: TfliteModel) -> dict[int, Operator]:
    """Return the convolutions to whose output a shortcut with fewer channels is added.

    Returns:
        The convolution, by the tensor of the shortcut after its channels were padded.
    """
    padded = {one.outputs[0] for one in model.operators if one.kind == "PAD"}
    return {
        one.inputs[0]: model.operator(one.inputs[1])
        for one in model.operators
        if one.kind == "ADD" and one.inputs[0] in padded
    }
