# SPDX-License-Identifier: Apache-2.0
"""Operators and constants of a TensorFlow Lite model file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from flatbuffers import encode, flexbuffers, number_types
from flatbuffers.table import Table
from numpy.typing import NDArray

_IDENTIFIER = b"TFL3"
_CUSTOM, _DEQUANTIZE = 32, 6
_KINDS = {
    0: "ADD",
    2: "CONCATENATION",
    3: "CONV_2D",
    4: "DEPTHWISE_CONV_2D",
    17: "MAX_POOL_2D",
    18: "MUL",
    19: "RELU",
    22: "RESHAPE",
    34: "PAD",
    45: "STRIDED_SLICE",
    54: "PRELU",
}
_TYPES = {0: np.float32, 1: np.float16, 2: np.int32}
_WINDOWED = ("CONV_2D", "DEPTHWISE_CONV_2D", "MAX_POOL_2D")


class ModelFormatError(ValueError):
    """A file that is not the model this conversion is written for."""


@dataclass(frozen=True)
class Operator:
    """One operator of a model.

    Attributes:
        kind: TensorFlow Lite's name of a built-in operator, or the name of a custom one.
        inputs: Tensors read.
        outputs: Tensors written.
        same: Whether a convolution or pooling pads its input as padding `SAME`.
        stride: Stride of a convolution or pooling [pixel].
        options: Options of a custom operator.
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    same: bool = False
    stride: int = 1
    options: dict[str, Any] = field(default_factory=dict)


class TfliteModel:
    """A model with one graph; constants that are stored as float16 read as those.

    Attributes:
        operators: Operators in order of execution, without those that unpack constants.
        inputs: Input tensors.
        outputs: Output tensors.

    Args:
        path: Model file.

    Raises:
        ModelFormatError: It is not such a file, or has an unknown operator.
    """

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        if data[4:8] != _IDENTIFIER:
            raise ModelFormatError(f"{path} is not a TensorFlow Lite model")
        model = Table(data, encode.Get(number_types.UOffsetTFlags.packer_type, data, 0))
        codes = [_kind(code) for code in _tables(model, 1)]
        (graph,) = _tables(model, 2)
        self._tensors = _tables(graph, 0)
        self._buffers = _tables(model, 4)
        self._unpacked: dict[int, int] = {}
        self.inputs = _integers(graph, 1)
        self.outputs = _integers(graph, 2)
        self.operators: list[Operator] = []
        for table in _tables(graph, 3):
            kind = codes[_scalar(table, 0, number_types.Uint32Flags)]
            inputs, outputs = _integers(table, 1), _integers(table, 2)
            if kind == "DEQUANTIZE":
                self._unpacked[outputs[0]] = inputs[0]
            else:
                self.operators.append(_operator(kind, inputs, outputs, table))
        self._by_output = {
            one: operator for operator in self.operators for one in operator.outputs
        }

    def operator(self, tensor: int) -> Operator:
        """Return the operator that writes a tensor.

        Raises:
            KeyError: It is an input or a constant.
        """
        return self._by_output[tensor]

    def written(self, tensor: int) -> bool:
        """Return whether an operator writes a tensor."""
        return tensor in self._by_output

    def shape(self, tensor: int) -> tuple[int, ...]:
        """Return the shape of a tensor."""
        return _integers(self._tensors[tensor], 0)

    def constant(self, tensor: int) -> NDArray[Any]:
        """Return the value of a constant tensor.

        Raises:
            ModelFormatError: The tensor is not constant.
        """
        table = self._tensors[self._unpacked.get(tensor, tensor)]
        raw = _bytes(self._buffers[_scalar(table, 2, number_types.Uint32Flags)], 0)
        if not raw:
            raise ModelFormatError(f"tensor {tensor} is not constant")
        dtype = _TYPES[_scalar(table, 1, number_types.Int8Flags)]
        return np.frombuffer(raw, dtype).reshape(self.shape(tensor))


def _kind(code: Table) -> str:
    number = max(
        _scalar(code, 0, number_types.Int8Flags), _scalar(code, 3, number_types.Int32Flags)
    )
    if number == _CUSTOM:
        return _bytes(code, 1).decode()
    if number == _DEQUANTIZE:
        return "DEQUANTIZE"
    if number not in _KINDS:
        raise ModelFormatError(f"unknown operator {number} of TensorFlow Lite")
    return _KINDS[number]


def _operator(
    kind: str, inputs: tuple[int, ...], outputs: tuple[int, ...], table: Table
) -> Operator:
    if kind in _WINDOWED:
        options = _table(table, 4)
        padding = _scalar(options, 0, number_types.Int8Flags)
        strides = [_scalar(options, i, number_types.Int32Flags) for i in (1, 2)]
        if strides[0] != strides[1]:
            raise ModelFormatError(f"{kind} has different strides {strides}")
        return Operator(kind, inputs, outputs, padding == 0, strides[0])
    packed = _bytes(table, 5)
    return Operator(
        kind, inputs, outputs, options=flexbuffers.Loads(bytearray(packed)) if packed else {}
    )


def _field(table: Table, number: int) -> int:
    """Return the position of a field in the file, 0 where it is left out."""
    offset = table.Offset(4 + 2 * number)
    return table.Pos + offset if offset else 0


def _scalar(table: Table, number: int, flags: Any) -> int:
    position = _field(table, number)
    return int(table.Get(flags, position)) if position else 0


def _table(table: Table, number: int) -> Table:
    return Table(table.Bytes, table.Indirect(_field(table, number)))


def _tables(table: Table, number: int) -> list[Table]:
    offset = table.Offset(4 + 2 * number)
    if not offset:
        return []
    start = table.Vector(offset)
    return [
        Table(table.Bytes, table.Indirect(start + 4 * i)) for i in range(table.VectorLen(offset))
    ]


def _bytes(table: Table, number: int) -> bytes:
    offset = table.Offset(4 + 2 * number)
    if not offset:
        return b""
    start = table.Vector(offset)
    return bytes(table.Bytes[start : start + table.VectorLen(offset)])


def _integers(table: Table, number: int) -> tuple[int, ...]:
    offset = table.Offset(4 + 2 * number)
    if not offset:
        return ()
    start, count = table.Vector(offset), table.VectorLen(offset)
    return tuple(np.frombuffer(table.Bytes, "<i4", count, start).tolist())
