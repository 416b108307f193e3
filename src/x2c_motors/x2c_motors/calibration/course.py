# SPDX-License-Identifier: Apache-2.0
"""The places that a motor's shaft was seen to go through, followed over its encoder's wrap."""

from __future__ import annotations

import math

from x2c_motors.description.options import RawScale

FASTEST = 2.0
"""A shaft is never turned faster by hand [turns/s]."""

_LONGEST_STEP = 1.0 / 3.0
"""A step that seems longer than this may as well have been one the other way round [turns]."""

_NEAR = math.radians(2.0)
"""Places so close to each other count as one [rad]."""

_TURNS = (0, -1, 1, -2, 2)

Stretch = tuple[float, float]


class Course:
    """The stretch that a shaft was seen to go through.

    A place is a raw value that goes on beyond the end of the encoder's turn: in the turn that a
    motor can be sent through, places and raw values are the same; past it the motor would go the
    long way round. All marks have to lie in one stretch: only then it is known that the joint can
    go from one to the other.

    Attributes:
        here: Place of the shaft [raw].

    Args:
        raw: Raw values of the motor.
        marked: Lowest and highest place of the stretch that holds the marks made so far; None
            without marks.
        reading: Reading of the encoder now [raw].
    """

    def __init__(self, raw: RawScale, marked: Stretch | None, reading: float) -> None:
        self._raw = raw
        self._marked = marked
        self._near = _NEAR * raw.per_radian
        self._begin(reading)

    @property
    def stretch(self) -> Stretch:
        """Lowest and highest place gone through without a break [raw]."""
        return self._stretch

    @property
    def joined(self) -> bool:
        """True if the shaft was seen on its whole way from the marks, if there are any."""
        return self._marked is None or self._joined

    @property
    def wrapped(self) -> bool:
        """True if the shaft is past the end of the turn that the motor can be sent through."""
        return not self._raw.lowest - 0.5 <= self.here <= self._raw.highest + 0.5

    def turned(self, reading: float, elapsed: float) -> bool:
        """Follow the shaft, turned by hand; returns whether its place is still sure.

        Args:
            reading: Reading of the encoder [raw].
            elapsed: Time since the reading before [s].
        """
        turn = self._raw.turn
        step = math.remainder(reading - self.here, turn)
        other = turn - abs(step)
        if abs(step) > _LONGEST_STEP * turn or other <= FASTEST * turn * elapsed:
            self._begin(reading)
            return self.joined
        self._reach(self.here + step)
        return True

    def driven(self, place: float) -> None:
        """Note that the motor has gone to a place, in a straight line of raw values."""
        self._reach(place)

    def mark(self) -> Stretch:
        """Take the place where the shaft is for a mark; returns the stretch that holds it."""
        self._marked, self._joined = self._stretch, True
        return self._stretch

    def beyond(self, place: float) -> float:
        """Return how far a place is from the stretch, by the motor's way [raw]."""
        low, high = self._stretch
        return max(low - place, place - high, 0.0)

    def _begin(self, reading: float) -> None:
        self.here = reading
        self._stretch = (reading, reading)
        self._joined = False
        self._join()

    def _reach(self, place: float) -> None:
        low, high = self._stretch
        self.here = place
        self._stretch = (min(low, place), max(high, place))
        self._join()

    def _join(self) -> None:
        """Take the stretch with the marks in, where the two meet, if by whole turns apart."""
        if self._marked is None:
            return
        if self._joined:
            self._marked = self._stretch
            return
        low, high = self._stretch
        for turns in _TURNS if math.isfinite(self._raw.turn) else _TURNS[:1]:
            shift = turns * self._raw.turn if turns else 0.0
            first, last = self._marked
            if low + shift <= last + self._near and high + shift >= first - self._near:
                self.here += shift
                self._stretch = (min(low + shift, first), max(high + shift, last))
                self._marked, self._joined = self._stretch, True
                return
