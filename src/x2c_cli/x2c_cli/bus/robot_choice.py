# SPDX-License-Identifier: Apache-2.0
"""Choice of the one robot that a program is for, among all that run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from x2c_cli.bus.finding import normal, within

ROOT = "/"


@dataclass(frozen=True)
class RobotChoice:
    """Robots that run, told apart by the namespaces of their actuation nodes.

    Attributes:
        wanted: Namespace that was asked for; ROOT for that of no name, empty for the only one.
        actuations: Full names of all actuation nodes.
    """

    wanted: str
    actuations: Sequence[str] = ()

    @property
    def namespace(self) -> str | None:
        """Namespace of the chosen robot, empty for the root; None while a choice is needed."""
        if self.wanted:
            return normal(self.wanted)
        there = self._namespaces
        if len(there) > 1:
            return None
        return there[0] if there else ""

    @property
    def chosen(self) -> list[str]:
        """Actuation nodes of the chosen robot."""
        return [name for name in self.actuations if namespace_of(name) == self.namespace]

    @property
    def stopped(self) -> list[str]:
        """Actuation nodes that the emergency stop is for: of all robots, if none was asked for."""
        if self.wanted.strip("/"):
            return within(self.actuations, normal(self.wanted))
        return self.chosen if self.wanted else list(self.actuations)

    @property
    def names(self) -> list[str]:
        """Namespaces of all robots, for people."""
        return [one or ROOT for one in self._namespaces]

    @property
    def advice(self) -> str:
        """Text for the page that says what to choose from; empty if no choice is needed."""
        if self.namespace is not None:
            return ""
        there = self.names
        return (
            f"There are several robots: {', '.join(there)}. Start the page for one of them, as "
            f"with 'x2c page --namespace {there[0]}'. Until then only the emergency stop works, "
            "and it stops all of them."
        )

    def has(self, name: str) -> bool:
        """Return whether a node belongs to the chosen robot, and to none below its namespace."""
        mine = self.namespace
        if mine is None:
            return False
        around = [one for one in {mine, *self._namespaces} if within([name], one)]
        return max(around, key=len, default=None) == mine

    @property
    def _namespaces(self) -> list[str]:
        return sorted({namespace_of(name) for name in self.actuations})


def namespace_of(name: str) -> str:
    """Return the namespace of a full name; empty for the root."""
    return name.rpartition("/")[0]
