# SPDX-License-Identifier: Apache-2.0
"""What is measured of the joints, and what follows from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from x2c_actuation.errors import FeedbackError, RefusedError
from x2c_actuation.tracking import TrackingMonitor
from x2c_face.robot import Robot

Array = NDArray[np.float64]

FRESH = 0.5
"""What was measured longer ago than this is not relied on [s]."""

BELIEVED = 0.05
"""A joint measured further outside its limits is not believed: share of its range."""


@dataclass(frozen=True)
class Tracking:
    """How far joints may be from what they were sent.

    Attributes:
        tolerance: Share of a joint's range; 0 for any.
        time: For how long at most they may be further away [s].
        lag: How long motors may take to get where they are sent [s].
    """

    tolerance: float = 0.3
    time: float = 2.0
    lag: float = 0.4


@dataclass(frozen=True)
class _Measurement:
    """What was measured last of each joint.

    Attributes:
        positions: (n,) [rad or m]; NaN where there are none.
        times: (n,) when each was measured [s].
    """

    positions: Array
    times: Array

    @property
    def time(self) -> float:
        """When any joint was measured last [s]."""
        return float(self.times.max())

    def fresh(self, now: float) -> Array:
        """Return positions (n,) [rad or m]; NaN where they are none, or too old."""
        return np.where(now - self.times <= FRESH, self.positions, np.nan)


class Feedback:
    """Joint positions that were measured, as far as there are any.

    Measurements may come in another thread than everything else.

    Attributes:
        tracking: How far joints may be from what they were sent; may be replaced at any time.

    Args:
        robot: Whose joints are measured.
        tracking: How far joints may be from what they were sent.
    """

    def __init__(self, robot: Robot, tracking: Tracking | None = None) -> None:
        self.tracking = tracking or Tracking()
        self._names = robot.joint_names
        self._index = {name: i for i, name in enumerate(self._names)}
        self._lower, self._upper = robot.lower, robot.upper
        self._span = self._upper - self._lower
        self._monitor = TrackingMonitor(self._span, self.tracking.lag)
        self._order: tuple[list[str], Array, Array] | None = None
        self._newest: _Measurement | None = None
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

    def take(self, names: Sequence[str], positions: ArrayLike, now: float) -> None:
        """Take measured positions of some joints.

        Args:
            names: Of joints, in any order; unknown ones are ignored.
            positions: One for each name [rad or m]; what is no number is not measured.
            now: The time [s].

        Raises:
            FeedbackError: There is not one position for each name.
        """
        given = np.asarray(positions, dtype=np.float64)
        if given.shape != (len(names),):
            raise FeedbackError(
                f"expected one position for each of {len(names)} joints, got {given.size}"
            )
        if self._order is None or self._order[0] != names:
            known = [i for i, name in enumerate(names) if name in self._index]
            places = [self._index[names[i]] for i in known]
            self._order = (list(names), np.array(known, int), np.array(places, int))
        _, known_places, places_here = self._order
        if not len(known_places):
            return
        newest = self._newest
        if newest is None:
            merged, times = np.full(len(self._names), np.nan), np.full(len(self._names), -np.inf)
        else:
            merged, times = newest.positions.copy(), newest.times.copy()
        merged[places_here] = np.where(
            np.isfinite(given[known_places]), given[known_places], np.nan
        )
        times[places_here] = now
        self._newest = _Measurement(merged, times)

    def start(self, sent: Array, now: float) -> Array:
        """Return where the joints are (n,) [rad or m]: measured, or else where they were sent.

        Raises:
            RefusedError: A joint is so far outside its limits that it cannot be true.
        """
        measured = self.measured(now)
        if measured is None:
            return sent
        away = np.maximum(self._lower - measured, measured - self._upper) / self._span
        worst = int(np.argmax(np.nan_to_num(away, nan=-1.0)))
        if away[worst] > BELIEVED:
            raise RefusedError(
                f"joint {self._names[worst]} is measured at {measured[worst]:.4g}, outside its "
                f"limits [{self._lower[worst]:.4g}, {self._upper[worst]:.4g}]: move it there by "
                "hand, or mend its limits or its motor's zero in robot.yaml; then call ~/reset"
            )
        return np.where(np.isfinite(measured), measured, sent)

    def forget(self) -> None:
        """Know nothing of the joints, which may have been moved meanwhile."""
        self._newest = None
        self._monitor.errors = None

    def restart(self, positions: Array) -> None:
        """Compare with positions (n,) [rad or m] as if they had been sent all the time."""
        self._monitor.restart(positions)

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
        )

    def away(self, joint: int) -> float:
        """Return how far a joint is from what it was sent [rad or m]."""
        return 0.0 if self.errors is None else float(self.errors[joint])

    def relieved(self, goal: Array, now: float) -> Array:
        """Return a goal (n,) [rad or m] at which joints that are blocked press no longer."""
        measured = self.measured(now)
        if measured is None or self.errors is None:
            return goal
        blocked = np.abs(self.errors) > self.tracking.tolerance * self._span
        known = np.isfinite(measured)
        return np.where(blocked & known, measured.clip(self._lower, self._upper), goal)
