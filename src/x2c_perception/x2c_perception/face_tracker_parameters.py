# SPDX-License-Identifier: Apache-2.0
"""Parameters of the face tracker node."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from x2c_core.images.orientation import check_quarter_turn
from x2c_node.parameters import Parameters, parameter
from x2c_perception.neutral.person_store import NAME, NAME_IN_WORDS
from x2c_perception.tracking.face_smoother import DEFAULTS, Region, Smoothing
from x2c_perception.tracking.follow_policy import Follow
from x2c_perception.tracking.tracking_settings import TrackingSettings

_NAMES = {
    Region.EYES: "the eyes",
    Region.BROWS: "the brows",
    Region.MOUTH: "the mouth",
    Region.REST: "the rest of the face",
    Region.POSE: "the head's pose",
}


def _min_cutoff(region: Region) -> Any:
    return parameter(
        DEFAULTS[region].min_cutoff,
        f"Smoothing of {_NAMES[region]} at rest: cutoff frequency, lower is smoother [Hz].",
        minimum=0.01,
        maximum=100.0,
        dynamic=True,
    )


def _beta(region: Region) -> Any:
    return parameter(
        DEFAULTS[region].beta,
        f"Smoothing of {_NAMES[region]} in motion: increase of the cutoff with speed "
        "[Hz per interocular distance/s].",
        minimum=0.0,
        maximum=1000.0,
        dynamic=True,
    )


_DEFAULT = TrackingSettings()

RECOGNISED = -1
"""Turn of the images that is recognised from the faces."""


@dataclass(frozen=True)
class FaceTrackerParameters(Parameters):
    """Parameters of the face tracker node."""

    image_transport: str = parameter(
        "raw",
        "raw: subscribe to image_raw; compressed: to image_raw/compressed.",
        choices=("raw", "compressed"),
    )
    max_faces: int = parameter(
        _DEFAULT.max_faces,
        "Number of faces to look for; one is followed, as `follow` says.",
        minimum=1,
        maximum=10,
    )
    minimum_detection_confidence: float = parameter(
        _DEFAULT.minimum_detection_confidence,
        "Lowest score of a newly found face.",
        minimum=0.0,
        maximum=1.0,
    )
    minimum_tracking_confidence: float = parameter(
        _DEFAULT.minimum_tracking_confidence,
        "Score below which a face counts as lost.",
        minimum=0.0,
        maximum=1.0,
    )
    person_patience: float = parameter(
        _DEFAULT.person_patience,
        "Time without the person after which another one is followed [s].",
        minimum=0.0,
        maximum=60.0,
        dynamic=True,
    )
    follow: str = parameter(
        str(_DEFAULT.follow),
        "Whom to follow among several people, with max_faces of 2 or more. stay: the largest face "
        "at first, until that person has gone. largest, nearest, looking (at the camera): one who "
        "has been clearly ahead for a second. A person chosen by ~/next_person is kept.",
        choices=tuple(Follow),
        dynamic=True,
    )
    rotate: int = parameter(
        RECOGNISED,
        "Clockwise turn of the images before tracking: 0, 90, 180 or 270 [deg]; -1: as recognised "
        "from the faces, for a camera that is mounted upside down or on its side.",
        minimum=RECOGNISED,
        maximum=270,
    )
    neutral_file: str = parameter(
        "",
        "Image of the person at rest, or saved neutral face (.npz), which is then the neutral "
        "face of everyone; empty: none.",
    )
    person: str = parameter(
        "",
        "Name under which the neutral face is saved and found again; empty: not saved.",
        dynamic=True,
        pattern=f"({NAME})?",
        expected=NAME_IN_WORDS,
    )
    automatic_calibration: bool = parameter(
        True, "Estimate the neutral face of every new person.", dynamic=True
    )
    smoothing: bool = parameter(True, "Smooth landmarks and head pose.", dynamic=True)
    eyes_min_cutoff: float = _min_cutoff(Region.EYES)
    eyes_beta: float = _beta(Region.EYES)
    brows_min_cutoff: float = _min_cutoff(Region.BROWS)
    brows_beta: float = _beta(Region.BROWS)
    mouth_min_cutoff: float = _min_cutoff(Region.MOUTH)
    mouth_beta: float = _beta(Region.MOUTH)
    rest_min_cutoff: float = _min_cutoff(Region.REST)
    rest_beta: float = _beta(Region.REST)
    pose_min_cutoff: float = _min_cutoff(Region.POSE)
    pose_beta: float = _beta(Region.POSE)

    @property
    def regions(self) -> Mapping[Region, Smoothing] | None:
        """Smoothing of each region; None for no smoothing."""
        if not self.smoothing:
            return None
        return {
            region: Smoothing(
                getattr(self, f"{region}_min_cutoff"), getattr(self, f"{region}_beta")
            )
            for region in Region
        }

    @property
    def settings(self) -> TrackingSettings:
        """Settings of the tracking stage.

        Raises:
            OrientationError: The images cannot be turned like that.
        """
        if self.rotate != RECOGNISED:
            check_quarter_turn("rotate", self.rotate)
        return TrackingSettings(
            max_faces=self.max_faces,
            minimum_detection_confidence=self.minimum_detection_confidence,
            minimum_tracking_confidence=self.minimum_tracking_confidence,
            person_patience=self.person_patience,
            follow=Follow(self.follow),
            smoothing=self.regions,
            person=self.person,
            neutral_file=self.neutral_file,
            automatic_calibration=self.automatic_calibration,
            rotate=None if self.rotate == RECOGNISED else self.rotate,
        )
