# SPDX-License-Identifier: Apache-2.0
"""The way from a person's picture to control values: the nodes' pure parts, without messages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_evaluation.fidelity.seen import seen
from x2c_face.frames import ControlFrame, ControlState, Face
from x2c_face.robot import Robot
from x2c_imitation.backends import BackendOptions, make_imitator
from x2c_imitation.mimic import Mimic
from x2c_imitation.presence import Timing
from x2c_perception.face_smoother import DEFAULTS
from x2c_perception.follower import FaceFollower
from x2c_perception.mediapipe_tracker import MediaPipeTracker
from x2c_perception.neutral_keeper import NeutralKeeper
from x2c_perception.person_store import PersonStore, persons_folder
from x2c_perception.tracker import DetectedFace, FaceTracker

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]

_NOBODY = ""
"""A person without a name: nothing is loaded or saved."""


@dataclass(frozen=True)
class Sight:
    """What was seen in one picture, and what the robot shall show.

    Attributes:
        described: (17,) descriptors of the person before smoothing; NaN where no face is found.
        face: The person's face as it is published, smoothed.
        frame: For the robot.
        following: Whether a neutral face is known and the face was found.
    """

    described: Array
    face: Face
    frame: ControlFrame
    following: bool


class Watcher:
    """Watches one person and says what the robot shall show, as tracker and imitation node do.

    Args:
        robot: That imitates.
        backend: How faces become control values.
        options: Of the backend.
        neutral: The person's neutral face, where it is known already; else it is found while
            the person does as people do.

    Raises:
        ImitationError: No backend has this name, or its options cannot be.
        RobotError: The robot's folder lacks what the backend needs.
    """

    def __init__(
        self,
        robot: Robot,
        backend: str,
        options: BackendOptions | None = None,
        neutral: Face | None = None,
    ) -> None:
        self._mimic = Mimic(make_imitator(backend, robot, options), Timing())
        self._tracker = _Overheard(MediaPipeTracker())
        self._follower = FaceFollower(self._tracker, smoothing=DEFAULTS)
        store = PersonStore(persons_folder())
        self._keeper = NeutralKeeper(store, _NOBODY, automatic=neutral is None)
        if neutral is not None:
            self._mimic.calibrate(neutral)

    def watch(self, picture: Picture, now: float) -> Sight:
        """Return what is seen in a picture.

        Args:
            picture: (height, width, 3) BGR.
            now: Its time [s].

        Raises:
            X2CError: The picture or the face in it cannot be worked on.
        """
        face = self._follower.follow(picture, now)
        # The neutral face reaches the imitator after the face it came with.
        frame = self._mimic.follow(face, now)
        neutral = self._keeper.add(face, now)
        if neutral is not None:
            self._mimic.calibrate(neutral.as_face(face.track_id))
        return Sight(
            described=seen(self._tracker.found),
            face=face,
            frame=frame,
            following=frame.state is ControlState.TRACKING,
        )

    def close(self) -> None:
        """Let go of the tracker's models."""
        self._tracker.close()


class _Overheard(FaceTracker):
    """Passes on what a tracker finds, and keeps it."""

    def __init__(self, tracker: FaceTracker) -> None:
        self._tracker = tracker
        self.found: list[DetectedFace] = []

    def track(self, rgb: Picture) -> list[DetectedFace]:
        self.found = self._tracker.track(rgb)
        return self.found

    def close(self) -> None:
        self._tracker.close()


def find_neutral(pictures: Iterable[Picture], period: float) -> Face | None:
    """Return the neutral face that a person who shows this clip is calibrated to in the end.

    Args:
        pictures: (height, width, 3) BGR.
        period: Time between them [s].
    """
    tracker = MediaPipeTracker()
    follower = FaceFollower(tracker, smoothing=DEFAULTS)
    keeper = NeutralKeeper(PersonStore(persons_folder()), _NOBODY, automatic=True)
    found: Face | None = None
    try:
        for count, picture in enumerate(pictures):
            face = follower.follow(picture, count * period)
            neutral = keeper.add(face, count * period)
            if neutral is not None:
                found = neutral.as_face(face.track_id)
                if not keeper.running:
                    break
    finally:
        tracker.close()
    return found
