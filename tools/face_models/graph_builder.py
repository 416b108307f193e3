# SPDX-License-Identifier: Apache-2.0
"""Step-by-step construction of an ONNX graph."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from numpy.typing import ArrayLike, NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET = 20
"""First operator set whose GridSample is the same in all later ones."""
_IR_VERSION = 9
"""File format that belongs to the operator set, so that ONNX Runtime 1.17 and later read it."""


class GraphBuilder:
    """Nodes and constants of a graph in the making.

    Constants in float16 stay so in the file, at half the size; ONNX Runtime turns them into
    float32 when it loads the model.
    """

    def __init__(self) -> None:
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def input(self, name: str, dtype: int, shape: Sequence[int]) -> str:
        """Add an input of the graph and return its name."""
        self._inputs.append(helper.make_tensor_value_info(name, dtype, shape))
        return name

    def output(self, value: str, name: str, shape: Sequence[int]) -> None:
        """Make a value an output of the graph, in float32."""
        self._nodes.append(helper.make_node("Identity", [value], [name]))
        self._outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, shape))

    def node(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add a node with one output and return the name of that."""
        name = self._name(operator)
        self._nodes.append(helper.make_node(operator, list(inputs), [name], **attributes))
        return name

    def constant(self, value: ArrayLike) -> str:
        """Add a constant and return its name; float64 becomes float32."""
        array = np.asarray(value)
        if array.dtype == np.float64:
            array = array.astype(np.float32)
        name = self._name("constant")
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        if array.dtype != np.float16:
            return name
        return self.node("Cast", name, to=TensorProto.FLOAT)

    def convolution(
        self,
        value: str,
        weights: NDArray[Any],
        bias: NDArray[Any] | None = None,
        *,
        group: int = 1,
        stride: int = 1,
        pads: Sequence[int] = (0, 0, 0, 0),
    ) -> str:
        """Add a convolution.

        Args:
            value: (1, channels, height, width).
            weights: (outputs, channels / group, height, width).
            bias: (outputs,).
            group: Groups of channels that are convolved apart.
            stride: Distance of the places looked at [pixel].
            pads: Zeros at top, left, bottom and right [pixel].
        """
        inputs = [value, self.constant(weights)]
        if bias is not None:
            inputs.append(self.constant(bias))
        return self.node(
            "Conv",
            *inputs,
            group=group,
            strides=[stride, stride],
            pads=list(pads),
            kernel_shape=list(weights.shape[2:]),
        )

    def prelu(self, value: str, slopes: NDArray[Any]) -> str:
        """Add a ReLU with a slope (channels,) of its own on the negative side of each channel.

        ONNX's PRelu would make ONNX Runtime leave its blocked layout, which takes longer than all
        convolutions; a convolution of each channel with one number does not.
        """
        a = slopes.astype(np.float32).reshape(-1, 1, 1, 1)
        rest = np.float32(1.0) - a
        line = self.convolution(value, a, group=len(a))
        if (rest >= 0.0).all():
            # ONNX Runtime makes one step of the convolution and its ReLU.
            bend = self.node("Relu", self.convolution(value, rest, group=len(a)))
        else:
            bend = self.convolution(self.node("Relu", value), rest, group=len(a))
        return self.node("Add", bend, line)

    def model(self, name: str) -> onnx.ModelProto:
        """Return the model, checked.

        Raises:
            onnx.checker.ValidationError: The graph is not valid.
        """
        graph = helper.make_graph(
            self._nodes, name, self._inputs, self._outputs, initializer=self._constants
        )
        model = helper.make_model(
            graph,
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=_IR_VERSION,
            producer_name="x2c",
        )
        onnx.checker.check_model(model, full_check=True)
        return model

    def _name(self, of: str) -> str:
        self._count += 1
        return f"{of.lower()}_{self._count}"


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """Return the zeros before and after a side, as TensorFlow pads for `SAME` [pixel]."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
