# SPDX-License-Identifier: Apache-2.0
"""Python's generator of messages, which no process that only uses messages needs."""

from __future__ import annotations

import importlib
import sys

_PACKAGE = "rosidl_generator_py"
_GENERATOR = f"{_PACKAGE}.generate_py_impl"


def leave_out_generator() -> None:
    """Load what the messages need of their generator's package without the generator itself.

    The first message would load a parser of definitions and a template engine with it: 35 ms and
    3 MB in each process. ROS takes both for optional. Where it is loaded already, it stays.
    """
    if _PACKAGE in sys.modules:
        return
    # As if it were not installed, which the package's own import allows for.
    blocked: dict[str, object] = {_GENERATOR: None}
    sys.modules.update(blocked)  # type: ignore[arg-type]
    try:
        importlib.import_module(_PACKAGE)
    finally:
        del sys.modules[_GENERATOR]
