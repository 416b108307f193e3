# SPDX-License-Identifier: Apache-2.0
"""Follows one person: imitates while the person is seen, else holds and eases to neutral."""

from __future__ import annotations

from collections.abc import Mapping

from x2c_core.control_space import controls
from x2c_core.face.frames import ControlFrame, Face, FaceState
from x2c_imitation.pipeline.face_loss import Presence, Timing
from x2c_imitation.pipeline.imitator import Imitator


class Mimic:
    """Turns each tracked face into what the robot shall show.

    Args:
        imitator: Explains faces.
        timing: Of holding, easing and recovery.
    """

    def __init__(self, imitator: Imitator, timing: Timing) -> None:
        self._imitator = imitator
        self._presence = Presence(timing)

    @property
    def is_calibrated(self) -> bool:
        """Whether a neutral face is known."""
        return self._imitator.is_calibrated

    @property
    def details(self) -> Mapping[str, str]:
        """What is to be known of the imitator on /diagnostics, by name."""
        return self._imitator.details

    def set_timing(self, timing: Timing) -> None:
        """Change how long the phases last."""
        self._presence.timing = timing

    def restart(self) -> None:
        """Forget the past but for what is shown, as after a jump in time."""
        self._presence.reset()

    def calibrate(self, neutral: Face) -> None:
        """Take a face as this person's neutral one.

        Raises:
            X2CError: The face cannot be used; the former neutral face stays.
        """
        self._imitator.calibrate(neutral)

    def follow(self, face: Face, now: float, mirror: bool = False) -> ControlFrame:
        """Return what to show for a face.

        Args:
            face: Tracked or lost.
            now: Time of its image [s].
            mirror: Show it as a mirror does.

        Raises:
            X2CError: The face cannot be used.
        """
        if face.state is not FaceState.TRACKING or not self.is_calibrated:
            return self._presence.lost(now)
        values = self._imitator.imitate(face)
        if mirror:
            values = controls.mirror(values)
        return self._presence.tracking(now, values, face.confidence, face.track_id)
