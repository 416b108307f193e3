# SPDX-License-Identifier: Apache-2.0
"""Get ready beside other work for what comes later."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module


def beside(work: Callable[[], object]) -> None:
    """Call a function in another thread.

    Args:
        work: Makes what comes later take less time, as by filling a cache. What it raises is of no
            importance: the same comes up again when it is needed.
    """
    threading.Thread(target=_quietly, args=(work,), name="beside", daemon=True).start()


def import_beside(*names: str) -> None:
    """Import modules in another thread; who needs one of them imports it, too, and may wait.

    Args:
        names: Full names of the modules. What one of them raises, its next import raises again.
    """

    def work() -> None:
        for name in names:
            _quietly(lambda name=name: import_module(name))  # type: ignore[misc]

    beside(work)


def _quietly(work: Callable[[], object]) -> None:
    with suppress(Exception):
        work()
