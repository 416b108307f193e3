# SPDX-License-Identifier: Apache-2.0
"""Arrays from `.npz` and `.npy` files, read only where their headers state the shapes expected."""

from __future__ import annotations

import math
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from x2c_core.files.input_limits import ARRAY_BYTES
from x2c_core.files.regular_files import check_regular, open_regular

Shape = tuple[int, ...]

_NUMBERS = "biuf"
_PLAIN = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""Python unpacks other methods without a bound."""


def read_npz(path: Path, shapes: Mapping[str, Shape]) -> dict[str, NDArray[Any]]:
    """Return arrays of numbers in an `.npz` file.

    Args:
        path: File, whose other arrays are not read.
        shapes: Shape of each array, by its name.

    Raises:
        OSError: The path leads to no regular file, or the file cannot be read.
        ValueError: The file is larger than the limit, is damaged, or lacks an array of a name and
            shape.
    """
    ARRAY_BYTES.check(check_regular(path), f"{path} has")
    arrays = {}
    with open_regular(path) as file, _only_value_errors(), zipfile.ZipFile(file) as archive:
        for name, shape in shapes.items():
            try:
                entry = archive.getinfo(f"{name}.npy")
            except KeyError:
                raise ValueError(f"it has no array {name}") from None
            if entry.compress_type not in _PLAIN:
                raise ValueError(f"{name} is compressed in an unusual way")
            with archive.open(entry) as stream:
                arrays[name] = _read(stream, name, shape)
    return arrays


def read_npy(path: Path, shape: Shape) -> NDArray[Any]:
    """Return the array of numbers in an `.npy` file.

    Raises:
        OSError: The path leads to no regular file, or the file cannot be read.
        ValueError: The file is damaged, or its array has another shape.
    """
    with open_regular(path) as file, _only_value_errors():
        return _read(file, "the array", shape)


@contextmanager
def _only_value_errors() -> Iterator[None]:
    """Raise ValueError for all that a damaged file makes numpy, zipfile and zlib raise."""
    try:
        yield
    except ValueError:
        raise
    except Exception as error:
        raise ValueError(str(error) or type(error).__name__) from error


def _read(stream: IO[bytes], name: str, shape: Shape) -> NDArray[Any]:
    version = np.lib.format.read_magic(stream)  # type: ignore[no-untyped-call]
    if version != (1, 0):
        # Longer headers are for named fields, and their length is not bounded.
        raise ValueError(f"{name} is written in the version {version} of numpy's format")
    found, fortran, kind = np.lib.format.read_array_header_1_0(stream)  # type: ignore[no-untyped-call]
    if kind.kind not in _NUMBERS:
        raise ValueError(f"{name} holds {kind}, expected numbers")
    if found != shape:
        raise ValueError(f"{name} has the shape {found}, expected {shape}")
    size = math.prod(shape) * kind.itemsize
    data = stream.read(size)
    if len(data) < size:
        raise ValueError(f"{name} is cut off")
    numbers = np.frombuffer(data, dtype=kind)
    return numbers.reshape(shape, order="F" if fortran else "C").copy()
