# SPDX-License-Identifier: Apache-2.0
"""From one person's face and neutral face to control values.

imitation_node and offline evaluation run this same object.
"""

from __future__ import annotations

from collections.abc import Mapping

from x2c_core.control_space import controls
from x2c_core.face.frames import ControlFrame, Face, FaceState
from x2c_core.system.stamp_monitor import StampMonitor
from x2c_imitation.pipeline.face_loss import FaceLossHandler, FaceLossTiming
from x2c_imitation.pipeline.imitator import Imitator


class ImitationStage:
    """Imitator, mirroring, and hold, ease and recovery around a lost face.

    Stamps that jump restart what depends on time. The result depends on the messages' stamps
    only, not on when they arrive: the neutral face found in an image counts from the next one on.

    Attributes:
        mirror: Whether the person's left is shown on the robot's right.
        jumped: Whether the last face's stamp did not follow the one before.

    Args:
        imitator: Imitator of one robot.
        timing: Durations of hold, ease and recovery.
        mirror: Whether the person's left is shown on the robot's right.
    """

    def __init__(self, imitator: Imitator, timing: FaceLossTiming, mirror: bool = False) -> None:
        self._imitator = imitator
        self._loss = FaceLossHandler(timing)
        self._stamps = StampMonitor()
        self._stamp: int | None = None
        self._coming: tuple[Face, int] | None = None
        self.mirror, self.jumped = mirror, False

    @property
    def is_calibrated(self) -> bool:
        """Whether a neutral face is known."""
        return self._imitator.is_calibrated or self._coming is not None

    @property
    def details(self) -> Mapping[str, str]:
        """Values of the imitator for /diagnostics, by name."""
        return self._imitator.details

    def set_timing(self, timing: FaceLossTiming) -> None:
        """Change the durations of hold, ease and recovery."""
        self._loss.timing = timing

    def calibrate(self, neutral: Face, stamp: int | None = None) -> None:
        """Take a face as the person's neutral one.

        Args:
            neutral: The neutral face.
            stamp: Time of the image in which it was found [ns]: the face of that image, which
                may come after it, is not imitated with it yet. None for at once.

        Raises:
            X2CError: The face cannot be used; the former neutral face stays.
        """
        self._coming = None
        if stamp is None or stamp == self._stamp:
            self._imitator.calibrate(neutral)
        else:
            self._coming = neutral, stamp

    def follow(self, face: Face, stamp: int) -> ControlFrame:
        """Return the control values for the next face.

        Args:
            face: Tracked or lost face.
            stamp: Time of its image [ns].

        Raises:
            X2CError: The face, or the neutral face that came before it, cannot be used.
        """
        self._stamp = stamp
        self.jumped = self._stamps.jumped(stamp)
        if self.jumped:
            self._loss.reset()
        own = self._coming is not None and self._coming[1] == stamp
        if not own:
            self._calibrate_with_coming()
        frame = self._shown(face, stamp * 1e-9)
        if own:
            self._calibrate_with_coming()
        return frame

    def _calibrate_with_coming(self) -> None:
        if self._coming is not None:
            neutral, self._coming = self._coming[0], None
            self._imitator.calibrate(neutral)

    def _shown(self, face: Face, now: float) -> ControlFrame:
        if face.state is not FaceState.TRACKING or not self._imitator.is_calibrated:
            return self._loss.lost(now)
        values = self._imitator.imitate(face)
        if self.mirror:
            values = controls.mirror(values)
        return self._loss.tracking(now, values, face.confidence, face.track_id)
