# SPDX-License-Identifier: Apache-2.0
"""From camera images to one person's face and neutral face.

face_tracker_node and offline evaluation run this same object.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from x2c_core.face.frames import NO_TRACK, Face, FaceState, at_message_precision
from x2c_core.images.orientation import turned
from x2c_core.system.stamp_checks import StampMonitor
from x2c_perception.neutral.neutral_file import read_neutral
from x2c_perception.neutral.neutral_frames import NeutralFace
from x2c_perception.neutral.neutral_keeper import NeutralKeeper
from x2c_perception.neutral.person_store import PersonStore, persons_folder
from x2c_perception.tracking.face_crop import face_crop
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.person_tracker import PersonTracker
from x2c_perception.tracking.tracker import FaceTracker
from x2c_perception.tracking.tracking_settings import TrackingSettings
from x2c_perception.tracking.upright_view import UprightView, recognised


@dataclass(frozen=True)
class TrackedFrame:
    """Result of tracking for one camera image.

    Attributes:
        smoothed: Face as it was tracked and smoothed.
        detected: (478, 3) landmarks of the person before smoothing [pixel]; None where the
            person is not found.
        neutral: New neutral face that counts from the next image on; None mostly.
        jumped: Whether the stamp did not follow the one before, so that filters restarted.
        image: (height, width, 3) BGR in which it was tracked, turned if the camera is; None for a
            recorded face.
    """

    smoothed: Face
    detected: NDArray[np.float64] | None
    neutral: Face | None
    jumped: bool
    image: NDArray[np.uint8] | None = None

    @cached_property
    def crop(self) -> NDArray[np.uint8] | None:
        """Crop (256, 256, 3) BGR around a tracked face; None where there is none."""
        if self.image is None or self.smoothed.state is not FaceState.TRACKING:
            return None
        return face_crop(self.image, self.smoothed)

    @cached_property
    def face(self) -> Face:
        """Face as subscribers receive it: what the next stage takes."""
        # A recorded face has been through a message already.
        return self.smoothed if self.image is None else at_message_precision(self.smoothed)


class TrackingStage:
    """Face tracker, choice of the person, smoothing and calibration of the neutral face.

    Stamps that jump restart all filters. The models of the tracker are loaded by `load`, or with
    the first image.

    Args:
        settings: Settings; some can be changed later by `configure`.
        store: Neutral faces of named persons; by default in the folder of this user.
        tracker: Face tracker in place of MediaPipe; closed with the stage.
    """

    def __init__(
        self,
        settings: TrackingSettings,
        store: PersonStore | None = None,
        tracker: FaceTracker | None = None,
    ) -> None:
        self._settings = settings
        self._store = store or PersonStore(persons_folder())
        self._tracker = tracker
        self._follower: PersonTracker | None = None
        self._given: NeutralFace | None = None
        self.restart()

    def load(self) -> None:
        """Load the models of the tracker and check the person's name.

        Raises:
            TrackerError: The models cannot be loaded.
            PersonError: The name cannot be that of a file, or the neutral face cannot be read.
        """
        if self._settings.person:
            self._store.path(self._settings.person)
        self._models()
        self._neutral_of_file()

    def restart(self) -> None:
        """Forget person, neutral face and stamps, as when a node is activated."""
        settings = self._settings
        self._follower = None
        self._view = UprightView(settings.rotate)
        self._stamps = StampMonitor()
        self._keeper = NeutralKeeper(self._store, settings.person, settings.automatic_calibration)

    def configure(self, settings: TrackingSettings) -> None:
        """Take over smoothing, patience, whom to follow and automatic calibration; no more.

        Another person is taken over by `choose_person`.

        Args:
            settings: New settings.
        """
        self._settings = settings
        self._keeper.automatic = settings.automatic_calibration
        if self._follower is not None:
            self._follower.configure(settings.person_patience, settings.smoothing, settings.follow)

    @property
    def faces_found(self) -> int:
        """Number of faces in the last image."""
        return 0 if self._follower is None else self._follower.faces_found

    def follow_next(self) -> None:
        """Follow the next person in the image, from the next one on."""
        self._person_tracker().follow_next()

    @property
    def rotation(self) -> int:
        """Clockwise turn of the images before tracking [deg]."""
        return self._view.degrees

    @property
    def recognised_rotation(self) -> str:
        """Sentence about a turn of the camera that was recognised; empty for none."""
        return recognised(self._view.degrees) if self._view.found else ""

    @property
    def calibration(self) -> NeutralKeeper:
        """Calibration of the neutral face: its origin, progress and what is to be saved."""
        return self._keeper

    def load_person(self) -> Face | None:
        """Return the neutral face of a file, or that saved for the person; None for neither.

        Raises:
            PersonError: It cannot be read; it is calibrated again.
        """
        saved = self._keeper.load(self._neutral_of_file())
        return None if saved is None else at_message_precision(saved.as_face(NO_TRACK))

    @property
    def people(self) -> list[str]:
        """Names of the people whose neutral faces are saved."""
        return self._store.names()

    def choose_person(self, person: str) -> Face | None:
        """Return the neutral face that is saved for another person; None for none.

        Without one, what is known of the present face is to be saved under the name.

        Args:
            person: Name; empty for none.

        Raises:
            PersonError: It cannot be read; it is calibrated again.
        """
        saved = self._keeper.choose(person)
        return None if saved is None else at_message_precision(saved.as_face(NO_TRACK))

    def track(
        self,
        image: NDArray[np.uint8],
        stamp: int,
        publish: Callable[[Face], None] = lambda face: None,
    ) -> TrackedFrame:
        """Return the face in the next image.

        Args:
            image: (height, width, 3) BGR.
            stamp: Time of the image [ns].
            publish: Called with the smoothed face before the neutral face is updated, which
                takes milliseconds while a new person is calibrated.

        Raises:
            TrackerError: The image cannot be used; the next one can.
        """
        jumped = self._stamps.jumped(stamp)
        follower = self._person_tracker()
        if jumped:
            follower.restart()
        upright = turned(image, self._view.degrees)
        face = follower.follow(upright, stamp * 1e-9)
        if self._view.reconsider(upright, face, stamp * 1e-9, self._models()):
            follower.restart()
            upright = turned(image, self._view.degrees)
            face = follower.follow(upright, stamp * 1e-9)
        publish(face)
        return self._calibrated(face, follower.detected, stamp, jumped, upright)

    def take(self, face: Face, stamp: int) -> TrackedFrame:
        """Return the next face of one who tracks already, as of a recording of landmarks.

        Args:
            face: Face as it was published.
            stamp: Time of its image [ns].
        """
        detected = None if face.state is not FaceState.TRACKING else face.landmarks
        return self._calibrated(face, detected, stamp, self._stamps.jumped(stamp))

    def close(self) -> None:
        """Free the models; `load` loads them again."""
        self._follower = None
        if self._tracker is not None:
            self._tracker.close()
            self._tracker = None

    def _calibrated(
        self,
        face: Face,
        detected: NDArray[np.float64] | None,
        stamp: int,
        jumped: bool,
        image: NDArray[np.uint8] | None = None,
    ) -> TrackedFrame:
        found = self._keeper.add(face, stamp * 1e-9)
        neutral = None if found is None else at_message_precision(found.as_face(face.track_id))
        return TrackedFrame(face, detected, neutral, jumped, image)

    def _neutral_of_file(self) -> NeutralFace | None:
        """Return the neutral face that the settings name, read once."""
        if self._given is None and self._settings.neutral_file:
            path = Path(self._settings.neutral_file).expanduser()
            self._given = read_neutral(path, self._models())
        return self._given

    def _models(self) -> FaceTracker:
        settings = self._settings
        if self._tracker is None:
            self._tracker = FaceMeshTracker(
                settings.max_faces,
                settings.minimum_detection_confidence,
                settings.minimum_tracking_confidence,
            )
        return self._tracker

    def _person_tracker(self) -> PersonTracker:
        if self._follower is None:
            settings = self._settings
            self._follower = PersonTracker(
                self._models(), settings.person_patience, settings.smoothing, settings.follow
            )
        return self._follower
