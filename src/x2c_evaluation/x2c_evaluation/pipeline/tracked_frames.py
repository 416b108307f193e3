# SPDX-License-Identifier: Apache-2.0
"""The frames of a recording with the face that is tracked in each."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_bags.frames.frame_source import Frame
from x2c_core.arrays import ImageArray
from x2c_core.errors import X2CError
from x2c_core.face.frames import Face
from x2c_perception.tracking.tracking_settings import TrackingSettings


@dataclass(frozen=True)
class Sighting:
    """Result of tracking for a frame, without its image.

    Attributes:
        smoothed: Face as it was tracked and smoothed.
        detected: (478, 3) landmarks of the person before smoothing [pixel]; None where the
            person is not found.
        neutral: New neutral face that counts from the next frame on; None mostly.
        jumped: Whether stamps jumped, so that filters restarted.
        is_recorded: Whether the face is that of a recording, not of an image.
        crop: (256, 256, 3) BGR around a tracked face, where it is wanted.
    """

    smoothed: Face
    detected: NDArray[np.float64] | None
    neutral: Face | None
    jumped: bool
    is_recorded: bool
    crop: ImageArray | None = None


Tracked = tuple[Frame, Sighting | X2CError]
"""A frame without its image, and what was seen in it, or why it cannot be used."""


@dataclass(frozen=True)
class TrackingWish:
    """Settings of tracking for a recording, and what is wanted of it.

    Attributes:
        settings: Settings of the tracking stage.
        is_calibrated: Whether the neutral face is known, or comes from the recording; then it is
            not looked for.
        with_crops: Whether the image of the face is wanted too.
    """

    settings: TrackingSettings
    is_calibrated: bool = False
    with_crops: bool = False


class FrameTracking(ABC):
    """Frames that are tracked ahead of what is made of them; to be closed.

    Attributes:
        rotation: Clockwise turn of the images before tracking [deg]; final after the last frame.
        recognised_rotation: Sentence about a turn of the camera that was recognised; likewise.
    """

    rotation = 0
    recognised_rotation = ""

    @abstractmethod
    def neutral(self) -> Face | None:
        """Return the neutral face of the settings' file or person; None where there is none.

        Raises:
            X2CError: The tracker cannot be used.
        """

    @abstractmethod
    def frames(self) -> Iterator[Tracked]:
        """Yield all frames in order.

        Raises:
            X2CError: The tracker cannot be used.
        """

    @abstractmethod
    def close(self) -> None:
        """Free the tracker."""
