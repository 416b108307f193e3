# SPDX-License-Identifier: Apache-2.0
"""Sources that assert the emergency stop."""

from __future__ import annotations

from collections.abc import Collection, Hashable


class EstopSources:
    """Set of asserting sources; each is released only by itself."""

    def __init__(self) -> None:
        self._asserting: dict[Hashable, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the asserting sources."""
        return tuple(self._asserting.values())

    def set(self, who: Hashable, name: str, asserted: bool) -> None:
        """Note that a source asserts or releases."""
        if asserted:
            self._asserting[who] = name
        else:
            self._asserting.pop(who, None)

    def forget(self, gone: Collection[Hashable]) -> None:
        """Release for sources that are gone."""
        for who in gone:
            self._asserting.pop(who, None)

    def asserting(self) -> tuple[Hashable, ...]:
        """Return the asserting sources."""
        return tuple(self._asserting)
