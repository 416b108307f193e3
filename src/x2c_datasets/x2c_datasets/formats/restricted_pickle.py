# SPDX-License-Identifier: Apache-2.0
"""Unpickle numbers, text, lists, dicts and numpy arrays, and nothing that could run code.

A pickle is a program: the usual unpickler would call whatever function the file names.
"""

from __future__ import annotations

import functools
import io
import pickle
import struct
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NoReturn

from x2c_core.files.entries import shown
from x2c_core.files.impostors import mistaken_content
from x2c_core.files.input_limits import PICKLE_OBJECTS, TEXT_BYTES, LimitError
from x2c_core.files.regular_files import read_bytes
from x2c_datasets.errors import DataSetError
from x2c_datasets.formats.pickled_arrays import (
    PickledArray,
    PickledType,
    RefusedPickleError,
    array_of,
    empty_array,
    scalar,
)


def _encode(text: str, encoding: str) -> bytes:
    # Pickles of protocol 2 hold bytes so; any other codec would be looked up and imported.
    if encoding not in ("latin1", "latin-1"):
        raise RefusedPickleError(f"text in the encoding {shown(encoding)}")
    return text.encode("latin-1")


_Base: Any = vars(pickle)["_Unpickler"]
_ALL: Mapping[int, Callable[[Any], None]] = _Base.dispatch
_COUNTED = (
    *(pickle.MARK, pickle.EMPTY_LIST, pickle.EMPTY_DICT, pickle.LIST, pickle.TUPLE),
    *(pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3, pickle.REDUCE),
    *(pickle.PUT, pickle.BINPUT, pickle.LONG_BINPUT, pickle.MEMOIZE),
)
"""Instructions that make an object of a few bytes."""
_FOLLOWED = (
    *(pickle.PROTO, pickle.FRAME, pickle.STOP, pickle.POP, pickle.POP_MARK, pickle.DUP),
    *(pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE, pickle.INT, pickle.BININT, pickle.BININT1),
    *(pickle.BININT2, pickle.LONG, pickle.LONG1, pickle.LONG4, pickle.FLOAT, pickle.BINFLOAT),
    *(pickle.STRING, pickle.BINSTRING, pickle.SHORT_BINSTRING, pickle.BINBYTES),
    *(pickle.SHORT_BINBYTES, pickle.BINBYTES8, pickle.UNICODE, pickle.BINUNICODE),
    *(pickle.SHORT_BINUNICODE, pickle.BINUNICODE8, pickle.EMPTY_TUPLE, pickle.GET),
    *(pickle.BINGET, pickle.LONG_BINGET, pickle.GLOBAL, pickle.STACK_GLOBAL),
    *(pickle.APPEND, pickle.APPENDS, pickle.PERSID, pickle.BINPERSID),
)

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


class _Bounded:
    """A file that never gives more than it has: a length in a pickle is only a promise.

    Args:
        content: Content of the whole file.
    """

    def __init__(self, content: bytes) -> None:
        self._file = io.BytesIO(content)
        self._size = len(content)

    def read(self, size: int = -1) -> bytes:
        if size > self._size - self._file.tell():
            raise EOFError("a value reaches behind the end of the file")
        return self._file.read(size)

    def readline(self) -> bytes:
        return self._file.readline()


class _Instructions(dict[int, Callable[[Any], None]]):
    """The instructions of pickles that are followed, by their codes."""

    def __missing__(self, code: int) -> NoReturn:
        if code not in _ALL:
            raise pickle.UnpicklingError(f"{bytes((code,))!r} is no instruction")
        raise RefusedPickleError(f"the instruction {bytes((code,))!r}")


def _instructions() -> _Instructions:
    kept = _Instructions({code: _ALL[code] for one in _FOLLOWED for code in one})
    for (code,) in _COUNTED:
        kept[code] = functools.partial(_counted, _ALL[code])
    return kept


def _counted(follow: Callable[[Any], None], unpickler: _Unpickler) -> None:
    unpickler.objects += 1
    if unpickler.objects > unpickler.most:
        PICKLE_OBJECTS.check(unpickler.objects, "it holds at least")
    follow(unpickler)


class _Unpickler(_Base):
    """Follow a pickle in Python, where C would fill a list of two thousand million references.

    Args:
        content: Content of the file.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(_Bounded(content))
        self.objects, self.most = 0, PICKLE_OBJECTS.value

    def find_class(self, module: str, name: str) -> Any:
        """Return what a pickle may call, by its name."""
        found = _ALLOWED.get((module, name))
        if found is None:
            raise RefusedPickleError(f"{shown(module)[1:-1]}.{shown(name)[1:-1]}")
        return found

    def load_build(self) -> None:
        if not isinstance(self.stack[-2], PickledType | PickledArray):
            raise RefusedPickleError("an object with a state")
        super().load_build()

    def load_setitem(self) -> None:
        _check_keys(self.stack[-2:-1])
        super().load_setitem()

    def load_setitems(self) -> None:
        _check_keys(self.stack[::2])
        super().load_setitems()

    def load_dict(self) -> None:
        _check_keys(self.stack[::2])
        super().load_dict()

    def load_bytearray8(self) -> None:
        # The one of Python makes room before it reads.
        (length,) = struct.unpack("<Q", self.read(8))
        self.append(bytearray(self.read(length)))

    def persistent_load(self, identifier: Any) -> Any:
        """Refuse references out of the file."""
        raise RefusedPickleError(f"the outside object {shown(identifier)}")

    dispatch = _instructions()
    dispatch |= {
        pickle.BUILD[0]: load_build,
        pickle.SETITEM[0]: load_setitem,
        pickle.SETITEMS[0]: load_setitems,
        pickle.DICT[0]: load_dict,
        pickle.BYTEARRAY8[0]: load_bytearray8,
    }


def _check_keys(keys: Sequence[Any]) -> None:
    # Tuples of tuples of the same take for ever to be hashed.
    if not all(isinstance(key, str | bytes | int) for key in keys):
        raise RefusedPickleError("a dict whose keys are neither text nor numbers")


def load(path: Path) -> Any:
    """Return what a pickle file holds.

    Raises:
        DataSetError: It cannot be read, is larger than a limit, is no pickle, or holds anything
            but numpy arrays, lists, dicts, text and numbers.
    """
    if mistaken := mistaken_content(path):
        raise DataSetError(f"{path} is no pickle: {mistaken}")
    try:
        return _Unpickler(read_bytes(path, TEXT_BYTES)).load()
    except LimitError as error:
        raise DataSetError(f"{path}: {error}") from error
    except RefusedPickleError as error:
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
