# SPDX-License-Identifier: Apache-2.0
"""Resources that a transition of a node makes and the opposite transition destroys."""

from __future__ import annotations

import threading
from collections.abc import Callable


class Scope:
    """Resources to destroy together, the last one first."""

    def __init__(self) -> None:
        self._ends: list[Callable[[], object]] = []
        self._early: list[threading.Event] = []

    def append(self, end: Callable[[], object]) -> None:
        """Add what ends or destroys one thing."""
        self._ends.append(end)

    def end(self, *, early: bool) -> threading.Event:
        """Return an event that is set at the end.

        Args:
            early: Whether it is set already when the end is announced.
        """
        over = threading.Event()
        # Destroyed after what is added next, which it belongs to.
        self._ends.append(over.set)
        if early:
            self._early.append(over)
        return over

    def announce(self) -> None:
        """Announce the end: what comes before it may take long."""
        for over in self._early:
            over.set()

    def destroy(self) -> None:
        """Destroy everything."""
        self._early.clear()
        while self._ends:
            self._ends.pop()()
