# SPDX-License-Identifier: Apache-2.0
"""Problems found while reading, counted by kind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_MOST, _LONGEST = 1000, 1000
"""Kinds of issues that are kept, and characters of each."""


@dataclass(frozen=True)
class Issue:
    """Something a user should know of.

    Attributes:
        text: A plain sentence, without a full stop.
        count: Number of occurrences.
        loss: Whether something could not be read because of it.
    """

    text: str
    count: int = 1
    loss: bool = True

    def __str__(self) -> str:
        """Return the sentence with the count, where it is more than one."""
        return self.text if self.count == 1 else f"{self.text} ({self.count} times)"


class Issues:
    """Collect issues in the order in which they first came up; the same one is counted."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, bool], int] = {}
        self._once: set[str] = set()

    def add(self, text: str, count: int = 1, *, loss: bool = True) -> None:
        """Count something that happened."""
        if len(text) > _LONGEST:
            text = f"{text[:_LONGEST]} ..."
        if (text, loss) not in self._found and len(self._found) >= _MOST:
            text = "further issues, of other kinds than the first"
        self._found[text, loss] = self._found.get((text, loss), 0) + count

    def once(self, text: str, *, loss: bool = True) -> None:
        """Note something that is found again in every pass through a file."""
        if text not in self._once and len(self._once) < 2 * _MOST:
            self._once.add(text)
            self.add(text, loss=loss)

    def become(self, other: Issues) -> None:
        """Hold what others hold, instead of what was found here."""
        self._found, self._once = dict(other._found), set(other._once)

    def __iter__(self) -> Iterator[Issue]:
        """Yield what was found."""
        for (text, loss), count in self._found.items():
            yield Issue(text, count, loss)
