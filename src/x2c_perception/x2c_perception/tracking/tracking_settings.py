# SPDX-License-Identifier: Apache-2.0
"""Settings of a tracking stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from x2c_perception.tracking.face_smoother import DEFAULTS, Region, Smoothing
from x2c_perception.tracking.follow_policy import Follow


@dataclass(frozen=True)
class TrackingSettings:
    """Settings of a tracking stage.

    Attributes:
        max_faces: Number of faces looked for; only one is followed.
        minimum_detection_confidence: Score that a newly found face needs, 0 to 1.
        minimum_tracking_confidence: Score below which a face counts as lost, 0 to 1.
        person_patience: Time that a person may be gone before another one is followed [s].
        follow: Choice of the person to follow where several are seen.
        smoothing: Smoothing of each region; None for none.
        person: Name under which the neutral face is saved and found again; empty for none.
        automatic_calibration: Whether the neutral face of every new person is estimated.
        neutral_file: Image of the person at rest, or saved neutral face; empty for none.
        rotate: Clockwise turn of the images before tracking [deg]; None to find it from the faces.
    """

    max_faces: int = 1
    minimum_detection_confidence: float = 0.5
    minimum_tracking_confidence: float = 0.5
    person_patience: float = 1.0
    follow: Follow = Follow.STAY
    smoothing: Mapping[Region, Smoothing] | None = field(default_factory=lambda: DEFAULTS)
    person: str = ""
    automatic_calibration: bool = True
    neutral_file: str = ""
    rotate: int | None = None
