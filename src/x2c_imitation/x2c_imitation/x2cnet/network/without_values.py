# SPDX-License-Identifier: Apache-2.0
"""Networks of which only names and shapes of the tensors matter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.overrides import TorchFunctionMode

_CHANGE_ONLY_VALUES = (nn.init.normal_, Tensor.normal_, functional.normalize)
"""Functions that draw or scale weights; for the shapes torch would import its compiler."""


class _Undrawn(TorchFunctionMode):
    """Leave out what changes only values."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: tuple[Any, ...] = (),
        kwargs: dict[str, Any] | None = None,
    ) -> Any:
        if func in _CHANGE_ONLY_VALUES:
            return next(iter((*args, *(kwargs or {}).values())))
        return func(*args, **(kwargs or {}))


@contextmanager
def without_values() -> Iterator[None]:
    """Make new tensors without storage: nothing to draw at random, and nothing to copy.

    torch finds the shapes of a few results in Python, and for that imports its compiler first,
    which takes seconds, and triton where it is installed.
    """
    with torch.device("meta"), _Undrawn():
        yield
