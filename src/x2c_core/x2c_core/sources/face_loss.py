# SPDX-License-Identifier: Apache-2.0
"""Hold, ease to neutral and recovery around a source of control values that can be lost.

The source may be a person's face, or anything else that gives control values with a confidence
and an identity. Other arrays than control values are handled likewise, such as an image.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.control_space import controls
from x2c_core.easing import smoothstep
from x2c_core.face.frames import NO_TRACK, ControlFrame, ControlState


@dataclass(frozen=True)
class FaceLossTiming:
    """Durations of the phases [s].

    Attributes:
        hold: Time for which the last values are held after the source is lost.
        ease: Time in which they then ease to neutral.
        recovery: Time in which a source that comes, comes back or changes is blended in.
    """

    hold: float = 0.5
    ease: float = 1.0
    recovery: float = 0.4


class FaceLossHandler:
    """Control values without a snap, while a source comes, stays, is lost and comes back.

    Times are those of the source's stamps, so a bag replays the same way at any speed.

    Attributes:
        timing: Durations of the phases; can be changed at any time.

    Args:
        timing: Durations of the phases.
        neutral: (30,) values of the neutral face, or those of another array.
    """

    def __init__(
        self, timing: FaceLossTiming, neutral: NDArray[np.float64] = controls.NEUTRAL
    ) -> None:
        self.timing = timing
        self._neutral = neutral
        self._last = neutral.copy()
        self._start = neutral.copy()
        # A source that never was there has been lost for ever.
        self._since: float | None = -math.inf
        self._present = False
        self._source = NO_TRACK

    def reset(self) -> None:
        """Forget the past but for the present values, as after a jump in time."""
        self._since = None
        self._present = False
        self._start = self._last.copy()

    def follow(
        self,
        time: float,
        values: NDArray[np.float64] | None,
        confidence: float = 1.0,
        source: int = NO_TRACK,
    ) -> ControlFrame:
        """Return the control values to show.

        Args:
            time: Time of the values, or of the moment without values [s]; not before the last
                one without a `reset`.
            values: (30,) control values of the source [ratio or rad]; None while it is lost.
            confidence: Confidence of the values, 0 to 1.
            source: Identity of the source, such as the person's; another one is blended in.
        """
        if values is None:
            return self._lost(time)
        if not self._present or source != self._source or self._since is None:
            self._enter(time)
        self._present, self._source = True, source
        share = _share(self._elapsed(time), self.timing.recovery)
        self._last = self._start + share * (values - self._start)
        return ControlFrame(self._last.copy(), confidence, ControlState.TRACKING, source)

    def _lost(self, time: float) -> ControlFrame:
        if self._present or self._since is None:
            self._enter(time)
        self._present = False
        share = _share(self._elapsed(time) - self.timing.hold, self.timing.ease)
        self._last = self._start + share * (self._neutral - self._start)
        state = ControlState.NEUTRAL if share >= 1.0 else ControlState.HOLDING
        return ControlFrame(self._last.copy(), 0.0, state, self._source)

    def _enter(self, time: float) -> None:
        self._since = time
        self._start = self._last.copy()

    def _elapsed(self, time: float) -> float:
        return 0.0 if self._since is None else time - self._since


def _share(elapsed: float, duration: float) -> float:
    """Return the done share of a change, 0 to 1, that begins and ends at rest."""
    if elapsed <= 0.0 < duration or elapsed < 0.0:
        return 0.0
    return 1.0 if elapsed >= duration else smoothstep(elapsed / duration)
