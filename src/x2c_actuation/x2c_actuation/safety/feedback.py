# SPDX-License-Identifier: Apache-2.0
"""Measured joint positions, and the conclusions from them."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_actuation.errors import FeedbackError
from x2c_actuation.safety.plausibility import NEAR, Plausibility
from x2c_actuation.safety.sliding_range import SlidingRange
from x2c_actuation.safety.tracking import TrackingMonitor
from x2c_core.arrays import Array
from x2c_core.robot.joint_targets import MOST_JOINTS
from x2c_core.robot.robot import Robot

FRESH = 0.5
"""Age beyond which a measurement is not used [s]."""

BELIEVED = 0.05
"""A joint measured further outside its limits is not believed: share of its range."""

STANDING = 0.6
"""A joint that was measured near one place for so long stands; longer than FRESH, so that no slow
publisher is overheard [s]."""


@dataclass(frozen=True)
class Tracking:
    """Tolerances of the joints' positions.

    Attributes:
        tolerance: Share of a joint's range; 0 for any.
        time: For how long at most they may be further away [s].
        lag: Longest delay of the motors behind their commands [s].
    """

    tolerance: float = 0.3
    time: float = 2.0
    lag: float = 0.4


@dataclass(frozen=True)
class _Measurement:
    """Last measurement of each joint.

    Attributes:
        positions: (n,) [rad or m]; NaN where there are none.
        times: (n,) when each was measured [s].
        since: (n,) since when each has been measured without a longer pause [s].
        time: Time of the newest measurement of any joint [s].
        whole: Whether all joints were measured at that time.
    """

    positions: Array
    times: Array
    since: Array
    time: float
    whole: bool

    @classmethod
    def none(cls, count: int) -> Self:
        """Return that nothing was measured of some joints."""
        never = np.full(count, -np.inf)
        return cls(np.full(count, np.nan), never, never, -np.inf, whole=False)

    def fresh(self, now: float) -> Array:
        """Return positions (n,) [rad or m]; NaN where they are none, or too old."""
        if self.whole and now - self.time <= FRESH:
            return self.positions
        return np.where(now - self.times <= FRESH, self.positions, np.nan)

    def followed_by(self, message: Array, named: NDArray[np.bool_], now: float) -> Self:
        """Return the last measurements after one more.

        Args:
            message: (n,) positions [rad or m]; NaN for joints that are not measured.
            named: (n,) joints that it is about: those that are measured, and those that no longer
                are.
            now: The time [s].
        """
        whole = bool(np.isfinite(message).all())
        if whole and self.whole and 0.0 <= now - self.time <= FRESH:
            return type(self)(message, np.full(len(message), now), self.since, now, whole)
        # A joint that was not measured for long, or not as a number, is measured for the first
        # time again.
        gone = np.isnan(self.fresh(now))
        times = np.where(named, now, self.times)
        return type(self)(
            np.where(named, message, self.positions),
            times,
            np.where(named & gone, now, self.since),
            float(times.max()),
            whole,
        )


@dataclass(frozen=True)
class Beginning:
    """Positions from which joints begin to move.

    Attributes:
        positions: (n,) where they begin [rad or m].
        elsewhere: (n,) which were measured away from where they were sent, and begin there.
        hindrance: Reason why they may not be moved yet, and remedy; empty if they may.
        wrong: Reason why they cannot be moved at all, and remedy; empty if they can.
    """

    positions: Array
    elsewhere: NDArray[np.bool_]
    hindrance: str = ""
    wrong: str = ""


class Feedback:
    """Joint positions that were measured, as far as there are any.

    Measurements may come in another thread than everything else.

    Attributes:
        tracking: Tolerances of the joints' positions; may be replaced at any time.

    Args:
        robot: Robot that has the joints.
        tracking: Tolerances of the joints' positions.
    """

    def __init__(self, robot: Robot, tracking: Tracking | None = None) -> None:
        self.tracking = tracking or Tracking()
        self._names = robot.joint_names
        self._index = {name: i for i, name in enumerate(self._names)}
        self._lower, self._upper = robot.lower, robot.upper
        self._span = self._upper - self._lower
        self._monitor = TrackingMonitor(self._span, self.tracking.lag)
        self._taking = threading.Lock()
        self._plausibility = Plausibility(robot.joints)
        self._recent = SlidingRange(len(self._names), STANDING)
        self._order: tuple[list[str], Array, Array] | None = None
        self._newest: _Measurement | None = None
        self._sources = np.full(len(self._names), None, dtype=object)
        self._compared: _Measurement | None = None

    def age(self, now: float) -> float | None:
        """Return how long ago joints were measured [s]; None where they never were."""
        newest = self._newest
        return None if newest is None else now - newest.time

    def measured(self, now: float) -> Array | None:
        """Return what was measured of late (n,) [rad or m]; NaN, or None, where nothing was."""
        newest = self._newest
        return newest.fresh(now) if newest is not None and now - newest.time <= FRESH else None

    @property
    def errors(self) -> Array | None:
        """(n,) measured positions minus the nearest that was sent of late [rad or m]."""
        return self._monitor.errors

    def contradiction(self, now: float) -> str:
        """Return what of the measurements cannot be true, and what to do; empty for nothing."""
        with self._taking:
            return self._plausibility.wrong(now)

    def take(
        self, names: Sequence[str], positions: ArrayLike, now: float, source: str = ""
    ) -> None:
        """Take measured positions of some joints.

        Args:
            names: Names of joints, in any order; unknown ones are ignored.
            positions: One for each name [rad or m]; what is no number is not measured.
            now: The time [s].
            source: Name of the publisher; empty where it is not known.

        Raises:
            FeedbackError: There is not one position for each name, a joint is named twice, or
                there are too many names.
        """
        if len(names) > MOST_JOINTS:
            raise FeedbackError(f"expected at most {MOST_JOINTS} names, got {len(names)}")
        given = np.asarray(positions, dtype=np.float64)
        if given.shape != (len(names),):
            raise FeedbackError(
                f"expected one position for each of {len(names)} joints, got {given.size}"
            )
        with self._taking:
            self._take(names, np.where(np.isfinite(given), given, np.nan), now, source)

    def _take(self, names: Sequence[str], given: Array, now: float, source: str) -> None:
        if self._order is None or self._order[0] != names:
            known = [i for i, name in enumerate(names) if name in self._index]
            places = [self._index[names[i]] for i in known]
            if twice := [self._names[place] for place, n in Counter(places).items() if n > 1]:
                raise FeedbackError(f"expected each joint once, got {', '.join(twice)} again")
            self._order = (list(names), np.array(known, int), np.array(places, int))
        _, known_places, places_here = self._order
        if not len(known_places):
            return
        count = len(self._names)
        message = np.full(count, np.nan)
        message[places_here] = given[known_places]
        # Who does not measure a joint takes back what it has measured, not what others have. Where
        # ROS does not name publishers, as in Jazzy, that cannot be told: it ages out.
        named = np.isfinite(message)
        if named.all():
            self._sources.fill(source)
        else:
            self._sources[named] = source
            if source:
                named[places_here] |= self._sources[places_here] == source
            if not named.any():
                return
        message.setflags(write=False)
        newest = self._newest or _Measurement.none(count)
        self._newest = newest.followed_by(message, named, now)
        self._recent.note(message, now)
        self._plausibility.take(message, source, now)

    def begin(self, sent: Array, known: NDArray[np.bool_], rest: float, now: float) -> Beginning:
        """Return where the joints begin.

        A joint begins where it was sent last, if the lag of motors explains where it is measured.
        Else it begins where it is measured, as soon as it stands there.

        Args:
            sent: (n,) positions sent last [rad or m].
            known: (n,) which joints have been sent them; the others may be anywhere.
            rest: Time at which the motors have come to rest after that [s]; earlier measurements
                do not show their position.
            now: The time [s].
        """
        nowhere = np.zeros(len(sent), dtype=bool)
        if wrong := self.contradiction(now):
            return Beginning(sent, nowhere, hindrance=wrong)
        with self._taking:
            newest = self._newest
            low, high = self._recent.at(now)
        if newest is None:
            return Beginning(sent, nowhere)
        measured = newest.fresh(now)
        away = np.abs(self._monitor.away(measured, now))
        lost = np.isfinite(measured) & ~(known & (away <= NEAR * self._span))
        moves = lost & ((now - newest.since < STANDING) | (high - low > NEAR * self._span))
        moves |= lost & known & (newest.times < rest)
        if moves.any():
            joint = int(np.argmax(moves))
            return Beginning(sent, nowhere, hindrance=self._restless(joint, low, high))
        outside = np.maximum(self._lower - measured, measured - self._upper) / self._span
        worst = int(np.argmax(np.where(lost, outside, -np.inf)))
        if lost[worst] and outside[worst] > BELIEVED:
            return Beginning(sent, nowhere, wrong=self._outside(worst, measured[worst]))
        return Beginning(np.where(lost, measured, sent), lost & known)

    def _restless(self, joint: int, low: Array, high: Array) -> str:
        return (
            f"waits until joint {self._names[joint]} stands: it is not known to be where it was "
            f"sent last, and was measured from {low[joint]:.4g} to {high[joint]:.4g} in the last "
            f"{STANDING:g} s"
        )

    def _outside(self, joint: int, measured: float) -> str:
        return (
            f"joint {self._names[joint]} is measured at {measured:.4g}, outside its "
            f"limits [{self._lower[joint]:.4g}, {self._upper[joint]:.4g}]: move it there by "
            "hand, or mend its limits or its motor's zero in robot.yaml; then call ~/reset"
        )

    def forget(self) -> None:
        """Forget what was measured, but not what was sent."""
        with self._taking:
            self._newest = None
            self._sources[:] = None
            self._recent.clear()
            self._plausibility.forget()
        self._monitor.forget()

    def restart(self, positions: Array, now: float) -> None:
        """Compare with positions (n,) [rad or m] as if they had been sent all the time."""
        self._monitor.restart(positions, now)

    def resume(self) -> None:
        """Compare with what was sent before a pause, but forget how far joints were away."""
        self._monitor.forget()

    def succeed(self, before: Feedback) -> None:
        """Go on with what the same joints were sent before."""
        self._monitor = before._monitor
        self._monitor.forget()

    def sent(self, positions: Array, now: float) -> None:
        """Note what the joints were sent (n,) [rad or m]."""
        self._monitor.sent(positions, now)

    def trouble(self, now: float) -> str:
        """Return what is wrong with where the joints are; empty where nothing is."""
        newest = self._newest
        if newest is None or newest is self._compared or now - newest.time > FRESH:
            return ""
        self._compared = newest
        tracking = self.tracking
        if tracking.tolerance <= 0.0:
            return ""
        measured = newest.fresh(now)
        bad = self._monitor.compare(measured, tracking.tolerance, now)
        if bad < tracking.time or bad == 0.0:
            return ""
        joint = self._monitor.worst()
        return (
            f"joint {self._names[joint]} has not been where it was sent for {bad:.1f} s: "
            f"measured at {measured[joint]:.4g}, off by {self.away(joint):.2g}"
            + "".join(f"; {one}" for one in (self.contradiction(now),) if one)
        )

    def away(self, joint: int) -> float:
        """Return how far a joint is from what it was sent [rad or m]."""
        return 0.0 if self.errors is None else float(self.errors[joint])

    def relieved(self, goal: Array, now: float) -> Array:
        """Return a goal (n,) [rad or m] at which joints that are blocked press no longer."""
        measured = self.measured(now)
        if measured is None or self.errors is None or self.contradiction(now):
            return goal
        blocked = np.abs(self.errors) > self.tracking.tolerance * self._span
        known = np.isfinite(measured)
        return np.where(blocked & known, measured.clip(self._lower, self._upper), goal)
