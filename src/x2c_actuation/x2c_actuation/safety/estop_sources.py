# SPDX-License-Identifier: Apache-2.0
"""Who presses the emergency stop."""

from __future__ import annotations

from collections.abc import Collection, Hashable


class EstopSources:
    """Keeps who presses, so that nobody releases what somebody else presses."""

    def __init__(self) -> None:
        self._asserting: dict[Hashable, str] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """Names of those who press."""
        return tuple(self._asserting.values())

    def set(self, who: Hashable, name: str, pressed: bool) -> None:
        """Note that somebody presses, or releases."""
        if pressed:
            self._asserting[who] = name
        else:
            self._asserting.pop(who, None)

    def forget(self, gone: Collection[Hashable]) -> None:
        """Release for those who are gone."""
        for who in gone:
            self._asserting.pop(who, None)

    def asserting(self) -> tuple[Hashable, ...]:
        """Return who presses."""
        return tuple(self._asserting)
