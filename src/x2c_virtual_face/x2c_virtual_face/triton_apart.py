# SPDX-License-Identifier: Apache-2.0
"""Keep triton apart from the LLVM with which Mesa draws.

PyTorch's CUDA wheel brings triton, which holds an LLVM and exports all of it. Where Mesa draws on
the CPU, its LLVM is visible to what is loaded later: triton's library would take some functions
from one and some from the other, and its import would end the process. To make an optimizer,
torch imports triton.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ExtensionFileLoader, ModuleSpec, PathFinder
from types import ModuleType

_LIBRARY = "triton._C.libtriton"
_OF_LLVM = "LLVMContextCreate"
"""A function that each LLVM has."""


def keep_triton_apart() -> None:
    """Let triton's library use its own LLVM, if it is imported later."""
    if sys.platform == "linux" and not any(isinstance(one, _Finder) for one in sys.meta_path):
        sys.meta_path.insert(0, _Finder())


class _OwnFunctionsFirst(ExtensionFileLoader):
    """Load a library that prefers its own functions to those of libraries that are there."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        flags = sys.getdlopenflags()
        sys.setdlopenflags(flags | os.RTLD_DEEPBIND)
        try:
            return super().create_module(spec)
        finally:
            sys.setdlopenflags(flags)


class _Finder(MetaPathFinder):
    """Find triton's library where an LLVM is visible to it."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if fullname != _LIBRARY or not hasattr(ctypes.CDLL(None), _OF_LLVM):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.origin is not None:
            spec.loader = _OwnFunctionsFirst(fullname, spec.origin)
        return spec
