# SPDX-License-Identifier: Apache-2.0
"""Substitutes for numpy's types in a pickle: arrays are read without executing code.

numpy trusts the state that a pickle gives its data types. One that is forged (an object that says
it is plain bytes, a field behind the end) makes numpy read and write memory anywhere. So data
types are made here from their codes alone, and an array is as large as its data.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
from numpy.typing import NDArray

from x2c_core.files.entries import shown

_CODES = re.compile(r"[?biufcSUO]\d*")
"""Truth values, numbers, text and objects; neither records nor dates."""


_LONGEST = 2**40


class RefusedPickleError(Exception):
    """A pickle holds something that is not read."""


class PickledType:
    """Take the place of numpy's dtype.

    Args:
        code: Code of the type, such as "f8".
        flags: Flags, as numpy writes them; ignored.

    Raises:
        RefusedPickleError: It is another type than truth values, numbers, text or objects.
    """

    def __init__(self, code: object, *flags: object) -> None:
        if not (isinstance(code, str) and _CODES.fullmatch(code)):
            raise RefusedPickleError(f"the data type {shown(code)}")
        self.numpy: np.dtype[Any] = np.dtype(code)

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take the order of bytes, and nothing else."""
        _, order, *structure = state
        if any(part is not None for part in structure[:3]):
            raise RefusedPickleError("a structured data type")
        self.numpy = self.numpy.newbyteorder(order)


class PickledArray(NDArray[Any]):
    """Take the place of numpy's array."""

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        """Take shape and content, where they fit each other.

        Raises:
            RefusedPickleError: They do not.
        """
        version, shape, kind, fortran, data = state
        if not isinstance(kind, PickledType):
            raise RefusedPickleError("an array of no data type")
        holds = list if kind.numpy.hasobject else bytes
        size = 1 if kind.numpy.hasobject else kind.numpy.itemsize
        if (
            not isinstance(data, holds)
            or not size
            or not _is_shape(shape)
            or len(data) != math.prod(shape) * size
        ):
            raise RefusedPickleError(
                f"an array whose content does not fit its shape {shown(shape)}"
            )
        super().__setstate__((version, shape, kind.numpy, bool(fortran), data))


def _is_shape(shape: object) -> bool:
    """Return whether something is a shape; one with rows of nothing is none.

    Any number of those has no content, and would become as many lists.
    """
    if not isinstance(shape, tuple) or not all(
        type(one) is int and 0 <= one < _LONGEST for one in shape
    ):
        return False
    return 0 not in shape[1:]


def empty_array(*_: object) -> PickledArray:
    """Return an array that gets its content later."""
    return PickledArray(0)


def array_of(data: bytes, kind: PickledType, shape: Any, order: Any) -> NDArray[Any]:
    """Return the array with this content."""
    if not _is_shape(shape):
        raise RefusedPickleError(f"an array of the shape {shown(shape)}")
    return np.frombuffer(data, kind.numpy).reshape(shape, order=order).view(PickledArray)


def scalar(kind: PickledType, data: bytes) -> Any:
    """Return the number or text that the bytes hold."""
    (found,) = np.frombuffer(data, kind.numpy)
    return found
