# SPDX-License-Identifier: Apache-2.0
"""Lengths by which the reply to one question differs from those to the questions before."""

from __future__ import annotations

import math
from collections import defaultdict, deque
from collections.abc import Collection, Iterable

FORGET = 3.0
"""A reply that has not come for so long will not come [s]."""

_RESERVE = 1.0 / 6.0
"""Share of the lengths that is used up so slowly that it lasts until others are free again."""

_RECENT = 3
"""Questions whose replies have come, but might come a second time."""


class ReplyLengths:
    """Choose how many bytes each question asks for.

    The servos' protocols give a reply the servo's id and its length, but nothing that says which
    question it answers. Two questions that ask for different numbers of bytes cannot be mixed up:
    so no question asks for as many bytes as one whose reply may still be under way. Where few
    lengths are left, as on a bus that is silent, they are used up slowly, and never all.

    Times are seconds of a steady clock.
    """

    def __init__(self) -> None:
        self._awaited: dict[int, dict[int, float]] = defaultdict(dict)
        self._asked: dict[int, float] = {}
        self._recent: dict[int, deque[int]] = defaultdict(lambda: deque(maxlen=_RECENT))

    def choose(
        self,
        addresses: Collection[int],
        least: int,
        most: int,
        now: float,
        avoid: Iterable[int] = (),
    ) -> int | None:
        """Return the length of the next question's replies, and expect them.

        Args:
            addresses: Ids of the servos to be asked.
            least: Smallest length [byte].
            most: Largest length [byte].
            now: Current time [s].
            avoid: Lengths that cannot be used.

        Returns:
            None where replies of nearly every length may still be under way.
        """
        taken = set(avoid)
        for address in addresses:
            awaited = self._awaited[address]
            for gone in [one for one, until in awaited.items() if until <= now]:
                del awaited[gone]
            taken.update(awaited, self._recent[address])
        free = [one for one in range(least, most + 1) if one not in taken]
        reserve = int(_RESERVE * (most - least + 1))
        last = max((self._asked.get(address, -math.inf) for address in addresses), default=now)
        if not free or (len(free) <= reserve and now < last + FORGET / reserve):
            return None
        for address in addresses:
            self._awaited[address][free[0]] = now + FORGET
            self._asked[address] = now
        return free[0]

    def came(self, address: int, length: int) -> None:
        """Note that the reply of a servo has come."""
        self._awaited[address].pop(length, None)
        self._recent[address].append(length)
