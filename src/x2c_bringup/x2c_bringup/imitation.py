# SPDX-License-Identifier: Apache-2.0
"""Python API: from images of a person to the control values of a robot, without ROS.

The same tracking stage and imitation stage run here as in the nodes.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from x2c_bringup.errors import ImitationUseError
from x2c_core.control_space import controls
from x2c_core.face.frames import ControlState, Face
from x2c_core.robot.robot_file import load_robot
from x2c_core.sources.face_loss import FaceLossTiming
from x2c_imitation.backends import DEFAULT_BACKEND, make_imitator
from x2c_imitation.pipeline.imitation_stage import ImitationStage
from x2c_imitation.pipeline.observation import Need
from x2c_node.robots import find_robot
from x2c_perception.tracking.tracking_settings import TrackingSettings
from x2c_perception.tracking_stage import TrackingStage

_LONGEST_STEP = 5.0
"""Time between two stamps from which on the stages take it for a jump [s]."""

_JUMPS = 3
"""Number of jumps ahead in a row that no recording has, but stamps of another unit do."""


@dataclass(frozen=True)
class ImitationResult:
    """Result for one image.

    Attributes:
        values: (30,) control values [ratio or rad], in the range of the controls.
        state: TRACKING while a person is imitated; HOLDING and NEUTRAL while none is.
        confidence: Confidence of the values, 0 to 1.
        face: Face of the person in the image, or the last one known.
        calibrated: Whether the person's neutral face is known; before that, no person is imitated.
        jumped: Whether the stamp did not follow the one before, so that all filters restarted.
    """

    values: NDArray[np.float64]
    state: ControlState
    confidence: float
    face: Face
    calibrated: bool
    jumped: bool

    def by_name(self) -> dict[str, float]:
        """Return the control values by the names of the controls."""
        return dict(zip(controls.NAMES, self.values.tolist(), strict=True))


class Imitation:
    """Imitation of one person by one robot.

    Use it in a `with` block, and call it with each image in turn. The person's neutral face is
    found while the person is watched, as by the nodes; give it as `neutral` if you know it. Use
    one instance for each camera, from one thread at a time.

    The values are not limited in speed or force: send them to motors through `actuation_node`.

    Attributes:
        robot: Robot to imitate with, whose `joint_targets` turns control values into positions.

    Args:
        robot: Name of an installed robot, or path of a robot's folder with a slash.
        backend: Name of the imitation backend.
        options: Values of the backend's options by name; None for the defaults.
        mirror: Whether the person's left is shown on the robot's right.
        neutral: Neutral face of the person, if it is known; it stays.
        timing: Durations of hold, ease and recovery around a lost face.
        tracking: Settings of the face tracker.

    Raises:
        X2CError: The robot, the backend, an option or the neutral face cannot be used.
    """

    def __init__(
        self,
        robot: str = "virtual",
        backend: str = DEFAULT_BACKEND,
        options: Mapping[str, Any] | None = None,
        *,
        mirror: bool = False,
        neutral: Face | None = None,
        timing: FaceLossTiming | None = None,
        tracking: TrackingSettings | None = None,
    ) -> None:
        settings = tracking or TrackingSettings()
        if neutral is not None:
            settings = dataclasses.replace(settings, person="", automatic_calibration=False)
        elif not (settings.automatic_calibration or settings.person):
            raise ImitationUseError(
                "no person could ever be imitated: expected a neutral face, the name of a person "
                "in the tracker's settings, or automatic_calibration"
            )
        self.robot = load_robot(find_robot(robot))
        imitator = make_imitator(backend, self.robot, options)
        self._imitation = ImitationStage(imitator, timing or FaceLossTiming(), mirror)
        self._tracking = TrackingStage(settings)
        self._last: float | None = None
        self._jumps = 0
        self._closed = False
        known = neutral if neutral is not None else self._tracking.load_person()
        if known is not None:
            self._imitation.calibrate(known)
        elif not settings.automatic_calibration:
            self._tracking.close()
            raise ImitationUseError(
                f"no neutral face of {settings.person!r} is saved, and none would be looked for: "
                "let automatic_calibration be true once"
            )

    def __call__(self, image: NDArray[np.uint8], stamp: float) -> ImitationResult:
        """Return the control values for the next image.

        Args:
            image: (height, width, 3) BGR, as OpenCV reads it; it is not changed.
            stamp: Time of the image since any moment [s], after that of the image before. Going
                back, as when a video is played again, restarts the filters.

        Raises:
            ImitationUseError: The image or the stamp cannot be used, or this is closed.
            PersonError: The neutral face of the person cannot be saved; imitation goes on.
            X2CError: The face cannot be used; the next image can.
        """
        self._check(image, stamp)
        self._last = stamp
        nanoseconds = round(stamp * 1e9)
        tracked = self._tracking.track(image, nanoseconds)
        crop = tracked.crop if Need.IMAGE in self._imitation.needs else None
        frame = self._imitation.follow(tracked.face, nanoseconds, crop)
        if tracked.neutral is not None:
            self._imitation.calibrate(tracked.neutral, nanoseconds)
            self._tracking.calibration.save()
        return ImitationResult(
            values=frame.values,
            state=frame.state,
            confidence=frame.confidence,
            face=tracked.face,
            calibrated=self._imitation.is_calibrated,
            jumped=tracked.jumped,
        )

    def close(self) -> None:
        """Free the models of the tracker; further calls are refused."""
        self._closed = True
        self._tracking.close()

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *error: object) -> None:
        """Free the models of the tracker."""
        self.close()

    def _check(self, image: object, stamp: object) -> None:
        if self._closed:
            raise ImitationUseError("this Imitation is closed: make a new one")
        if not (isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim == 3):
            what = type(image).__name__
            if isinstance(image, np.ndarray):
                what = f"{image.shape} {image.dtype}"
            raise ImitationUseError(f"image: expected (height, width, 3) uint8 BGR, got {what}")
        if image.shape[2] != 3 or not image.size:
            raise ImitationUseError(f"image: expected (height, width, 3) BGR, got {image.shape}")
        # A longer time than this does not fit into nanoseconds.
        if not isinstance(stamp, int | float) or not math.isfinite(stamp) or abs(stamp) > 9e9:
            raise ImitationUseError(f"stamp: expected a time in seconds, got {stamp!r}")
        if self._last is None:
            return
        step = stamp - self._last
        if step == 0.0:
            raise ImitationUseError(
                f"stamp: expected a time after the last one, got {stamp!r} again: while time "
                "stands still, no person can be blended in"
            )
        self._jumps = self._jumps + 1 if step > _LONGEST_STEP else 0
        if self._jumps >= _JUMPS:
            raise ImitationUseError(
                f"stamp: {_JUMPS} steps of more than {_LONGEST_STEP:g} s in a row, the last of "
                f"{step:g} s: expected seconds, and several images a second"
            )
