# SPDX-License-Identifier: Apache-2.0
"""Unpickles numbers, text, lists, dicts and numpy arrays, and nothing that could run code.

A pickle is a program: the usual unpickler would call whatever function the file names.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from x2c_evaluation.errors import DataSetError


class _RefusedError(Exception):
    """The file names something that is not on the list."""


def _encode(text: str, encoding: str) -> bytes:
    # Pickles of protocol 2 hold bytes so; any other codec would be looked up and imported.
    if encoding not in ("latin1", "latin-1"):
        raise _RefusedError(f"text in the encoding {encoding!r}")
    return text.encode("latin-1")


_PLAIN = np.zeros(1)
_FUNCTIONS: tuple[tuple[str, Any], ...] = (
    ("multiarray", _PLAIN.__reduce__()[0]),
    ("multiarray", _PLAIN[0].__reduce__()[0]),
    ("numeric", _PLAIN.__reduce_ex__(5)[0]),
)
"""What numpy's own arrays and numbers are pickled by."""

_ALLOWED: Mapping[tuple[str, str], Callable[..., Any]] = MappingProxyType(
    {
        ("_codecs", "encode"): _encode,
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
        # numpy 2 has renamed where its functions are.
        **{
            (f"numpy.{core}.{module}", made.__name__): made
            for core in ("core", "_core")
            for module, made in _FUNCTIONS
        },
    }
)


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle may call, by its name."""
        found = _ALLOWED.get((module, name))
        if found is None:
            raise _RefusedError(f"{module}.{name}")
        return found

    def persistent_load(self, identifier: Any) -> Any:
        """Refuse references out of the file."""
        raise _RefusedError(f"the outside object {identifier!r}")


def load(path: Path) -> Any:
    """Return what a pickle file holds.

    Raises:
        DataSetError: It cannot be read, is no pickle, or holds anything but numpy arrays, lists,
            dicts, text and numbers.
    """
    try:
        with path.open("rb") as file:
            return _Unpickler(file).load()
    except _RefusedError as error:
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
