# SPDX-License-Identifier: Apache-2.0
"""Find a person's neutral face while that person does as people do."""

from __future__ import annotations

import enum
from collections import deque
from dataclasses import dataclass

from x2c_core.face.frames import Face, FaceState
from x2c_perception.neutral.neutral_frames import (
    NeutralFace,
    NeutralFrame,
    measure,
    neutral_of,
    wide_eyes,
)

PROVISIONAL_TIME = 0.3
"""Time of good frames after which there is a first neutral face [s]."""

FINAL_TIME = 2.0
"""Time of good frames after which the neutral face is final [s]."""

LONGEST_WAIT = 3.0
"""Time without a neutral face after which the least expressive frames have to do [s]."""

GIVE_UP_TIME = 30.0
"""Time after which what has been found is final [s]."""

_KEPT = 400
_SHORTEST_FRAME = 0.018
"""Frames that come faster than this after the last one taken are passed over [s]."""
_LEAST_EXPRESSIVE_SHARE = 0.2
_LONGEST_FRAME = 0.1
"""Time that one frame may count for, where images come slowly or some are missing [s]."""


class CalibrationStage(enum.Enum):
    """State of a calibration."""

    IDLE = "none"
    SEARCHING = "searching"
    PROVISIONAL = "provisional"
    FINAL = "final"


@dataclass(frozen=True)
class _Timed:
    frame: NeutralFrame
    duration: float


class NeutralCalibrator:
    """Take the faces of one person one by one; give a neutral face when there is a better one.

    Only frames with closed mouth, open eyes, and a still head that looks at the camera count. The
    opening of this person's eyes is learned meanwhile, and frames are judged again by it, so a
    calibration that begins with shut eyes does not take them for open ones.
    """

    def __init__(self) -> None:
        self.restart()
        self.stop()

    def restart(self) -> None:
        """Start again, as for another person."""
        self.stage = CalibrationStage.SEARCHING
        self._frames: deque[_Timed] = deque(maxlen=_KEPT)
        self._last: NeutralFrame | None = None
        self._last_time = 0.0
        self._seen_time = 0.0
        self._good_time = 0.0
        self._fallen_back = False

    def stop(self) -> None:
        """End without a result."""
        self.stage = CalibrationStage.IDLE

    @property
    def running(self) -> bool:
        """True while faces are wanted."""
        return self.stage in (CalibrationStage.SEARCHING, CalibrationStage.PROVISIONAL)

    @property
    def progress(self) -> float:
        """Share of the good frames that a final neutral face needs, 0 to 1."""
        if self.stage is CalibrationStage.FINAL:
            return 1.0
        return min(1.0, self._good_time / FINAL_TIME)

    def add(self, face: Face, now: float) -> NeutralFace | None:
        """Take a face; return a neutral face if there is a new one now.

        Args:
            face: Lost ones are passed over.
            now: Time of its image [s].
        """
        if not self.running:
            return None
        if face.state is not FaceState.TRACKING:
            self._last = None
            return None
        elapsed = now - self._last_time if self._last is not None else 0.0
        if 0.0 < elapsed < _SHORTEST_FRAME:
            return None
        frame = measure(face, self._last, elapsed)
        duration = min(max(elapsed, 0.0), _LONGEST_FRAME)
        self._last, self._last_time = frame, now
        if duration == 0.0:
            return None  # The first frame after a gap: its speed is not known.
        self._seen_time += duration
        self._frames.append(_Timed(frame, duration))
        return self._judge(face.width, face.height)

    def _judge(self, width: int, height: int) -> NeutralFace | None:
        wide = wide_eyes([one.frame for one in self._frames])
        good = [
            one
            for one in self._frames
            if one.frame.could_be_neutral and one.frame.eyes_are_open(wide)
        ]
        self._good_time = sum(one.duration for one in good)
        # A tiny bit less, since durations are sums of rounded stamps.
        if self._good_time >= FINAL_TIME - 1e-6:
            self.stage = CalibrationStage.FINAL
        elif self._seen_time >= GIVE_UP_TIME:
            self.stage = CalibrationStage.FINAL
            good = good if self._good_time >= PROVISIONAL_TIME else self._least_expressive(wide)
        elif (
            self.stage is CalibrationStage.SEARCHING and self._good_time >= PROVISIONAL_TIME - 1e-6
        ):
            self.stage = CalibrationStage.PROVISIONAL
        elif (
            self.stage is CalibrationStage.SEARCHING
            and self._seen_time >= LONGEST_WAIT
            and not self._fallen_back
        ):
            self._fallen_back = True
            good = self._least_expressive(wide)
        else:
            return None
        return neutral_of([one.frame for one in good], width, height)

    def _least_expressive(self, wide: float) -> list[_Timed]:
        ranked = sorted(self._frames, key=lambda one: one.frame.expressiveness(wide))
        return ranked[: max(1, round(_LEAST_EXPRESSIVE_SHARE * len(ranked)))]
