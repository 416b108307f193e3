# SPDX-License-Identifier: Apache-2.0
"""From one person's face and neutral face to control values.

imitation_node and offline evaluation run this same object.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from contextlib import contextmanager

import numpy as np
from numpy.typing import NDArray

from x2c_core.control_space import controls
from x2c_core.control_space.controls import Group
from x2c_core.errors import X2CError
from x2c_core.face.frames import NO_TRACK, ControlFrame, Face, FaceState
from x2c_core.sources.face_loss import FaceLossHandler, FaceLossTiming
from x2c_core.system.failures import described
from x2c_core.system.stamp_checks import StampMonitor
from x2c_imitation.errors import ImitationError
from x2c_imitation.pipeline.gaze_hold import GazeHold
from x2c_imitation.pipeline.imitator import Imitator
from x2c_imitation.pipeline.observation import Need, Observation

_GAZE = controls.group_indices(Group.GAZE)
_FACE = np.array(
    [
        float(control.group not in (Group.GAZE, Group.HEAD, Group.NECK))
        for control in controls.CONTROLS
    ]
)
"""(30,) 1 for the controls of the face, 0 for those of head and gaze."""


class ImitationStage:
    """Imitator, hold of the gaze in blinks, mirroring, and hold and recovery around a lost face.

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
        self._gaze = GazeHold()
        self._trust = 1.0
        self._track_id = NO_TRACK
        self._stamps = StampMonitor()
        self._stamp: int | None = None
        self._coming: tuple[Face, int] | None = None
        self.mirror, self.jumped = mirror, False

    @property
    def is_calibrated(self) -> bool:
        """True if a neutral face is known."""
        return self._imitator.is_calibrated or self._coming is not None

    @property
    def needs(self) -> Set[Need]:
        """Inputs needed beside the landmarks."""
        return self._imitator.needs

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
            neutral: The neutral face; its confidence says how far the face is imitated.
            stamp: Time of the image in which it was found [ns]: the face of that image, which
                may come after it, is not imitated with it yet. None for at once.

        Raises:
            X2CError: The face cannot be used; the former neutral face stays.
        """
        self._coming = None
        if stamp is None or stamp == self._stamp:
            self._calibrate(neutral)
        else:
            self._coming = neutral, stamp

    def follow(
        self, face: Face, stamp: int, image: NDArray[np.uint8] | None = None
    ) -> ControlFrame:
        """Return the control values for the next face.

        Args:
            face: Tracked or lost face.
            stamp: Time of its image [ns].
            image: (256, 256, 3) BGR crop around a tracked face, if the imitator needs it.

        Raises:
            X2CError: The face, or the neutral face that came before it, cannot be used.
        """
        self._stamp = stamp
        self.jumped = self._stamps.jumped(stamp)
        if self.jumped:
            self._loss.reset()
            self._gaze.reset()
        own = self._coming is not None and self._coming[1] == stamp
        if not own:
            self._calibrate_with_coming()
        frame = self._shown(Observation(face, image), stamp * 1e-9)
        if own:
            self._calibrate_with_coming()
        return frame

    def _calibrate_with_coming(self) -> None:
        if self._coming is not None:
            neutral, self._coming = self._coming[0], None
            self._calibrate(neutral)

    def _calibrate(self, neutral: Face) -> None:
        with imitator_failures(self._imitator, "calibrate"):
            self._imitator.calibrate(neutral)
        self._trust = float(np.clip(neutral.confidence, 0.0, 1.0))

    def _shown(self, observation: Observation, now: float) -> ControlFrame:
        face = observation.face
        if face.state is not FaceState.TRACKING or face.track_id != self._track_id:
            self._gaze.reset()
            self._track_id = face.track_id
        if face.state is not FaceState.TRACKING or not self._imitator.is_calibrated:
            return self._loss.follow(now, None)
        if Need.IMAGE in self._imitator.needs and observation.image is None:
            raise ImitationError(
                "the imitation backend needs an image of the face, and there is none: expected "
                "camera images, not a recording of landmarks"
            )
        # The imitator may be of another package: what is no 30 finite numbers ends here.
        with imitator_failures(self._imitator, "imitate"):
            values = controls.in_range(controls.vector(self._imitator.imitate(observation)))
        values[_GAZE] = self._gaze.follow(face, values[_GAZE], now)
        trusted(values, self._trust)
        if self.mirror:
            values = controls.mirror(values)
        return self._loss.follow(now, values, face.confidence * self._trust, face.track_id)


def trusted(values: NDArray[np.float64], trust: float) -> None:
    """Move the face's control values (30,) less where its neutral face has less trust, 0 to 1.

    A face unlike those of people moves the robot less, not more; head and gaze stay.
    """
    values += (1.0 - trust) * _FACE * (controls.NEUTRAL - values)


@contextmanager
def imitator_failures(imitator: Imitator, method: str) -> Iterator[None]:
    """Turn errors in the code of an imitator into ImitationErrors that name the place.

    Args:
        imitator: Imitator, perhaps of another package.
        method: Name of the method that is called.

    Raises:
        ImitationError: The code failed.
    """
    try:
        yield
    except X2CError:
        raise
    except Exception as error:
        cls = type(imitator)
        what = f"{cls.__module__}.{cls.__qualname__}.{method}"
        raise ImitationError(f"{what} failed: {described(error)}") from error
