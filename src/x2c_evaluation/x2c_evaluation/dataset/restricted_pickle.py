# SPDX-License-Identifier: Apache-2.0
"""Unpickles numbers, text, lists, dicts and numpy arrays, and nothing that could run code.

A pickle is a program: the usual unpickler would call whatever function the file names.
"""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from x2c_evaluation.dataset.pickled_arrays import (
    PickledType,
    RefusedError,
    array_of,
    empty_array,
    scalar,
)
from x2c_evaluation.errors import DataSetError


def _encode(text: str, encoding: str) -> bytes:
    # Pickles of protocol 2 hold bytes so; any other codec would be looked up and imported.
    if encoding not in ("latin1", "latin-1"):
        raise RefusedError(f"text in the encoding {encoding!r}")
    return text.encode("latin-1")


_ALLOWED: Mapping[tuple[str, str], Any] = MappingProxyType(
    {
        ("_codecs", "encode"): _encode,
        # Only ever an argument; it is not for a pickle to call.
        ("numpy", "ndarray"): "array",
        ("numpy", "dtype"): PickledType,
        # numpy 2 has renamed where its functions are.
        **{
            (f"numpy.{core}.{module}", name): stand_in
            for core in ("core", "_core")
            for module, name, stand_in in (
                ("multiarray", "_reconstruct", empty_array),
                ("multiarray", "scalar", scalar),
                ("numeric", "_frombuffer", array_of),
            )
        },
    }
)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle may call, by its name."""
        found = _ALLOWED.get((module, name))
        if found is None:
            raise RefusedError(f"{module}.{name}")
        return found

    def persistent_load(self, identifier: Any) -> Any:
        """Refuse references out of the file."""
        raise RefusedError(f"the outside object {identifier!r}")


def load(path: Path) -> Any:
    """Return what a pickle file holds.

    Raises:
        DataSetError: It cannot be read, is no pickle, or holds anything but numpy arrays, lists,
            dicts, text and numbers.
    """
    try:
        with path.open("rb") as file:
            return _Unpickler(file).load()
    except RefusedError as error:
        raise DataSetError(
            f"{path} is refused: it holds {error}. Only numpy arrays, lists, dicts, text and "
            "numbers are read from a pickle, since anything else could run code"
        ) from error
    except OSError as error:
        raise DataSetError(f"cannot read {path}: {error.strerror or error}") from error
    except MemoryError as error:
        raise DataSetError(f"{path} asks for more memory than there is") from error
    # A damaged program can fail in any way at all.
    except Exception as error:
        raise DataSetError(
            f"{path} is no readable pickle, or is cut off: {type(error).__name__}: {error}"
        ) from error
