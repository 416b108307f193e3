# SPDX-License-Identifier: Apache-2.0
"""Follows one person: imitates while the person is seen, else holds and eases to neutral."""

from __future__ import annotations

from collections.abc import Mapping

from x2c_core.control_space import controls
from x2c_core.face.frames import ControlFrame, Face, FaceState
from x2c_imitation.pipeline.face_loss import FaceLossHandler, FaceLossTiming
from x2c_imitation.pipeline.imitator import Imitator


class ImitationPipeline:
    """Turns each tracked face into what the robot shall show.

    Args:
        imitator: Explains faces.
        timing: Of holding, easing and recovery.
    """

    def __init__(self, imitator: Imitator, timing: FaceLossTiming) -> None:
        self._imitator = imitator
        self._loss = FaceLossHandler(timing)

    @property
    def is_calibrated(self) -> bool:
        """Whether a neutral face is known."""
        return self._imitator.is_calibrated

    @property
    def details(self) -> Mapping[str, str]:
        """What is to be known of the imitator on /diagnostics, by name."""
        return self._imitator.details

    def set_timing(self, timing: FaceLossTiming) -> None:
        """Change how long the phases last."""
        self._loss.timing = timing

    def restart(self) -> None:
        """Forget the past but for what is shown, as after a jump in time."""
        self._loss.reset()

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
            return self._loss.lost(now)
        values = self._imitator.imitate(face)
        if mirror:
            values = controls.mirror(values)
        return self._loss.tracking(now, values, face.confidence, face.track_id)
