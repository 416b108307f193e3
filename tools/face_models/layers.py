# SPDX-License-Identifier: Apache-2.0
"""Layers of TensorFlow Lite as nodes of an ONNX graph.

Several layers of equal shape that read different channels become one layer with groups.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from face_models.graph_builder import GraphBuilder, same_padding
from face_models.tflite import ModelFormatError, Operator, TfliteModel

Weights = NDArray[np.float16]


@dataclass(frozen=True)
class LayerMaker:
    """Layers of a model, added to a graph.

    Attributes:
        model: Model to convert.
        graph: Graph to add to.
        block: Channels are padded with zeros to multiples of this: ONNX Runtime computes in blocks
            of 8 or 16 channels, and leaves its fast layout where a depthwise layer has others.
    """

    model: TfliteModel
    graph: GraphBuilder
    block: int = 1

    def convolution(self, value: str, operators: Sequence[Operator]) -> str:
        """Add convolutions that read one group of channels each."""
        weights, biases = zip(*(self.weights(one) for one in operators), strict=True)
        # Groups have equally many outputs; where they differ, zeros follow.
        outputs, inputs = max(len(one) for one in weights), weights[0].shape[1]
        wide = (self._wide(outputs), inputs if inputs == 3 else self._wide(inputs))
        return self.graph.convolution(
            value,
            np.concatenate([_padded(one, (*wide, *one.shape[2:])) for one in weights]),
            np.concatenate([_padded(one, wide[:1]) for one in biases]),
            group=len(operators),
            stride=operators[0].stride,
            pads=self.pads(operators[0], weights[0].shape[2]),
        )

    def depthwise(self, value: str, operators: Sequence[Operator]) -> str:
        """Add depthwise convolutions side by side."""
        weights = [self.constant(one, 1).transpose(3, 0, 1, 2) for one in operators]
        biases = [self.constant(one, 2) for one in operators]
        wide = self._wide(len(biases[0]))
        stacked = np.concatenate([_padded(one, (wide, *one.shape[1:])) for one in weights])
        return self.graph.convolution(
            value,
            stacked,
            np.concatenate([_padded(one, (wide,)) for one in biases]),
            group=len(stacked),
            stride=operators[0].stride,
            pads=self.pads(operators[0], stacked.shape[2]),
        )

    def prelu(self, value: str, operators: Sequence[Operator]) -> str:
        """Add ReLUs with slopes side by side."""
        return self.graph.prelu(
            value, np.concatenate([self.constant(one, 1).ravel() for one in operators])
        )

    def pool(self, value: str) -> str:
        """Add a maximum over 2 x 2 pixels."""
        return self.graph.node("MaxPool", value, kernel_shape=[2, 2], strides=[2, 2])

    def widened(self, value: str, operators: Sequence[Operator]) -> str:
        """Add channels of zeros behind the channels of each group."""
        before = self._wide(self.model.shape(operators[0].inputs[0])[3])
        after = self._wide(self.model.shape(operators[0].outputs[0])[3])
        if before == after:
            return value
        # A convolution stays in ONNX Runtime's blocked layout; a Pad would not.
        identity = np.eye(after, before, dtype=np.float16)[:, :, None, None]
        groups = len(operators)
        return self.graph.convolution(value, np.tile(identity, (groups, 1, 1, 1)), group=groups)

    def widening(self, value: str, operator: Operator, shortcut: str) -> str:
        """Add a 1 x 1 convolution with a shortcut of half as many channels to the first of them.

        Args:
            value: Input of the convolution.
            operator: Convolution.
            shortcut: What is added to its first channels.
        """
        weights, bias = self.weights(operator)
        half = len(bias) // 2
        first = self.graph.convolution(value, weights[:half], bias[:half])
        second = self.graph.convolution(value, weights[half:], bias[half:])
        return self.graph.node("Concat", self.graph.node("Add", first, shortcut), second, axis=1)

    def weights(self, operator: Operator) -> tuple[Weights, Weights]:
        """Return the weights (outputs, inputs, height, width) and biases (outputs,)."""
        return self.constant(operator, 1).transpose(0, 3, 1, 2), self.constant(operator, 2)

    def constant(self, operator: Operator, place: int) -> Weights:
        """Return a constant input of an operator.

        Raises:
            ModelFormatError: It is not stored as float16.
        """
        value = self.model.constant(operator.inputs[place])
        if value.dtype != np.float16:
            raise ModelFormatError(f"expected weights in float16, got {value.dtype}")
        return value

    def pads(self, operator: Operator, kernel: int) -> tuple[int, int, int, int]:
        """Return the zeros at top, left, bottom and right of a layer's input [pixel]."""
        if not operator.same:
            return (0, 0, 0, 0)
        before, after = same_padding(
            self.model.shape(operator.inputs[0])[1], kernel, operator.stride
        )
        return (before, before, after, after)

    def _wide(self, channels: int) -> int:
        return -(-channels // self.block) * self.block


def _padded(array: Weights, shape: Sequence[int]) -> Weights:
    return np.pad(
        array, [(0, after - before) for before, after in zip(array.shape, shape, strict=True)]
    )
