# SPDX-License-Identifier: Apache-2.0
"""Read entries of a file one by one, and note every mistake with its key and its line."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from x2c_core.files.located_yaml import Located

# However big a value is: what is named once can be used a million times.
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80
_SHORT.maxlist = _SHORT.maxdict = 6
_SHORT.maxlevel = 3


@dataclass(frozen=True, order=True)
class Mistake:
    """Something in a file that cannot be.

    Attributes:
        line: Line number, from 1.
        key: Key of the value: names joined by dots.
        text: Expected value, and the value found.
    """

    line: int
    key: str
    text: str

    def __str__(self) -> str:
        """Return it as one line for users."""
        return f"line {self.line}: {self.key}: {self.text}"


@dataclass(frozen=True)
class Range:
    """Numbers allowed.

    Attributes:
        low: The lowest.
        high: The highest.
        unit: Unit of the values.
    """

    low: float
    high: float
    unit: str = ""

    def __str__(self) -> str:
        """Return it as a user reads it."""
        return f"from {self.low:g} to {self.high:g}{f' [{self.unit}]' if self.unit else ''}"


_CLOSEST = 1e-9
"""Points nearer to each other than this do not ascend: between them nothing could be computed."""


class Entries:
    """Read values of a file; what cannot be is noted, and read as a default.

    Attributes:
        mistakes: Mistakes noted so far.

    Args:
        located: Content of the file.
    """

    def __init__(self, located: Located) -> None:
        self._located = located
        self.mistakes: list[Mistake] = [
            Mistake(line, key, f"{_last(key)!r} is there twice") for key, line in located.twice
        ]

    def note(self, key: str, text: str) -> None:
        """Note a mistake."""
        self.mistakes.append(Mistake(self._located.line(key), key or "the file", text))

    def mapping(self, value: object, key: str) -> Mapping[Any, Any]:
        """Return keys with values."""
        if isinstance(value, dict):
            return value
        self.note(key, f"expected keys with values, got {shown(value)}")
        return {}

    def only(self, entry: Mapping[Any, Any], known: Iterable[str], key: str) -> None:
        """Note keys that are not known."""
        names = sorted(known)
        for name in entry:
            if name not in names:
                inner = f"{key}.{name}" if key else str(name)
                self.note(inner, f"unknown {name}; known are {', '.join(names)}")

    def text(self, entry: Mapping[Any, Any], name: str, default: str | None, key: str = "") -> str:
        """Return a text; there must be one where the default is None."""
        value: object = entry.get(name, default)
        full = f"{key}.{name}" if key else name
        if not isinstance(value, str):
            self.note(full, f"expected text, got {shown(value)}")
            return ""
        if not value and default is None:
            self.note(full, "expected text, got ''")
        return value

    def choice(self, value: object, choices: Iterable[str], key: str) -> str | None:
        """Return one of some texts; None where it is none of them."""
        known = list(choices)
        if isinstance(value, str) and value in known:
            return value
        self.note(key, f"expected one of {', '.join(known)}, got {shown(value)}")
        return None

    def number(self, value: object, allowed: Range, key: str) -> float | None:
        """Return a number; None where it is none, or not allowed."""
        number = _finite(value)
        if number is not None and allowed.low <= number <= allowed.high:
            return number
        self.note(key, f"expected a number {allowed}, got {shown(value)}")
        return None

    def points(
        self, value: object, first: Range, second: Range, key: str, what: str
    ) -> list[tuple[float, float]] | None:
        """Return pairs of numbers, the first ones ascending; None where that is not there."""
        pairs = value if isinstance(value, list) else []
        if len(pairs) < 2 or not all(isinstance(one, list) and len(one) == 2 for one in pairs):
            self.note(key, f"expected two or more {what}, got {shown(value)}")
            return None
        read = [
            (self.number(x, first, f"{key}[{i}]"), self.number(y, second, f"{key}[{i}]"))
            for i, (x, y) in enumerate(pairs)
        ]
        points = [(x, y) for x, y in read if x is not None and y is not None]
        if len(points) < len(read):
            return None
        firsts = [x for x, _ in points]
        if any(after - before < _CLOSEST for before, after in pairwise(firsts)):
            self.note(key, f"the first values of {what} must ascend, got {firsts}")
            return None
        return points


def _finite(value: object) -> float | None:
    try:
        if not isinstance(value, bool) and isinstance(value, int | float) and math.isfinite(value):
            return float(value)
    except OverflowError:
        pass
    return None


def shown(value: object) -> str:
    """Return a value as a message shows it, shortened where it is long."""
    return "nothing" if value is None else short_repr(value)


def short_repr(value: object) -> str:
    """Return what `repr` does, shortened where that is long, however big the value is."""
    return _SHORT.repr(value)


def _last(key: str) -> str:
    return key.rpartition(".")[2]
