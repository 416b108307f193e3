# SPDX-License-Identifier: Apache-2.0
"""Import of modules beside other work."""

from __future__ import annotations

import threading
from contextlib import suppress
from importlib import import_module


def import_beside(*names: str) -> None:
    """Import modules in another thread; who needs one of them imports it, too, and may wait.

    Args:
        names: Full names of the modules. What one of them raises, its next import raises again.
    """
    threading.Thread(target=_import, args=(names,), name="imports", daemon=True).start()


def _import(names: tuple[str, ...]) -> None:
    for name in names:
        with suppress(Exception):
            import_module(name)
