# SPDX-License-Identifier: Apache-2.0
"""What the robot's face does while the person comes, stays, is lost and comes back."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.control_space import controls
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState

Array = NDArray[np.float64]


@dataclass(frozen=True)
class FaceLossTiming:
    """How long each phase lasts [s].

    Attributes:
        hold: The face is held after the person is lost.
        ease: It then eases to neutral.
        recovery: A person who comes back is blended in.
    """

    hold: float = 0.5
    ease: float = 1.0
    recovery: float = 0.4


class FaceLossHandler:
    """Holds, eases to neutral and recovers without a snap.

    Times are those of the camera images, so a bag replays the same way at any speed.

    Args:
        timing: Lengths of the phases.
    """

    def __init__(self, timing: FaceLossTiming) -> None:
        self.timing = timing
        self._last = controls.NEUTRAL.copy()
        self._start = controls.NEUTRAL.copy()
        # Whoever was never there has been gone for ever.
        self._since: float | None = -math.inf
        self._seen = False
        self._track = NO_TRACK

    def reset(self) -> None:
        """Forget the past but for the present values, as after a jump in time."""
        self._since = None
        self._seen = False
        self._start = self._last.copy()

    def tracking(self, time: float, values: Array, confidence: float, track: int) -> ControlFrame:
        """Return what to show for a person in view.

        Args:
            time: Of the image [s].
            values: (30,) control values [ratio or rad] that show the person's face.
            confidence: 0 to 1.
            track: Identity of the person.
        """
        if not self._seen or track != self._track or self._since is None:
            self._enter(time)
        self._seen, self._track = True, track
        share = _smooth(self._elapsed(time), self.timing.recovery)
        self._last = self._start + share * (values - self._start)
        return ControlFrame(self._last.copy(), confidence, ControlState.TRACKING, track)

    def lost(self, time: float) -> ControlFrame:
        """Return what to show while nobody is in view.

        Args:
            time: Of the image [s].
        """
        if self._seen or self._since is None:
            self._enter(time)
        self._seen = False
        elapsed = self._elapsed(time)
        share = _smooth(elapsed - self.timing.hold, self.timing.ease)
        self._last = self._start + share * (controls.NEUTRAL - self._start)
        state = ControlState.NEUTRAL if share >= 1.0 else ControlState.HOLDING
        return ControlFrame(self._last.copy(), 0.0, state, self._track)

    def _enter(self, time: float) -> None:
        self._since = time
        self._start = self._last.copy()

    def _elapsed(self, time: float) -> float:
        return 0.0 if self._since is None else time - self._since


def _smooth(elapsed: float, duration: float) -> float:
    """Return how much of a change is done, 0 to 1, starting and ending at rest."""
    if elapsed >= duration:
        return 1.0
    x = max(elapsed, 0.0) / duration
    return x * x * (3.0 - 2.0 * x)
