# SPDX-License-Identifier: Apache-2.0
"""Follow one person's face from image to image: find, choose, smooth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from x2c_core.errors import LandmarkError
from x2c_core.face.frames import Face, FaceState
from x2c_core.face.head_pose import HeadPose, fit_head_pose
from x2c_core.face.topology import COUNT
from x2c_perception.tracking.face_smoother import FaceSmoother, Region, Smoothing
from x2c_perception.tracking.follow_policy import Follow, ranks
from x2c_perception.tracking.person_selector import Box, PersonSelector
from x2c_perception.tracking.tracker import FaceTracker


class PersonTracker:
    """Give a face for every image: the person's where it is seen, else the last one, as lost.

    Attributes:
        faces_found: Number of faces in the last image.
        detected: (478, 3) landmarks of the person in the last image before smoothing [pixel]; None
            where the person is not found.

    Args:
        tracker: Finds the faces.
        patience: Time without a person after which another one is followed [s].
        smoothing: For each region; None leaves landmarks as they are found.
        follow: Choice of the person to follow where several are seen.
    """

    def __init__(
        self,
        tracker: FaceTracker,
        patience: float = 1.0,
        smoothing: Mapping[Region, Smoothing] | None = None,
        follow: Follow = Follow.STAY,
    ) -> None:
        self._tracker = tracker
        self._selector = PersonSelector()
        self._smoother = FaceSmoother()
        self._smooth = False
        self.configure(patience, smoothing, follow)
        self._landmarks = np.zeros((COUNT, 3))
        self._pose: HeadPose | None = None
        self._size = (0, 0)
        self._time: float | None = None
        self.faces_found = 0
        self.detected: NDArray[np.float64] | None = None

    def configure(
        self, patience: float, smoothing: Mapping[Region, Smoothing] | None, follow: Follow
    ) -> None:
        """Change patience [s], smoothing, and who is followed."""
        self._selector.patience = patience
        self._selector.stays = follow is Follow.STAY
        self._follow = follow
        self._smooth = smoothing is not None
        if smoothing is not None:
            self._smoother.configure(smoothing)

    def follow_next(self) -> None:
        """Follow the next person in the image."""
        self._selector.follow_next()

    def restart(self) -> None:
        """Forget where the face was, as after a jump in time."""
        self._selector.forget_place()
        self._smoother.reset()
        self._time = None

    def follow(self, bgr: NDArray[np.uint8], now: float) -> Face:
        """Return the person's face in an image.

        Args:
            bgr: (height, width, 3).
            now: Time of the image [s].

        Raises:
            TrackerError: The image cannot be worked on; the next one can.
        """
        height, width = bgr.shape[:2]
        if self._size != (width, height):
            self.restart()
            self._size = (width, height)
        found = self._tracker.track_bgr(bgr)
        self.faces_found = len(found)
        track_before = self._selector.track_id
        boxes = [Box.around(face.landmarks) for face in found]
        # One face needs no rank, which takes a fit of its pose.
        wanted = ranks(self._follow, [one.landmarks for one in found]) if len(found) > 1 else None
        chosen = self._selector.choose(boxes, now, wanted)
        if chosen is None or not self._take(found[chosen].landmarks, now, track_before):
            self._time, self.detected = None, None
            return self._face(0.0, FaceState.LOST)
        self.detected = found[chosen].landmarks
        return self._face(found[chosen].confidence, FaceState.TRACKING)

    def _take(self, landmarks: NDArray[np.float64], now: float, track_before: int) -> bool:
        """Keep a face that was found; return whether it can be one."""
        try:
            pose = fit_head_pose(landmarks)
        except LandmarkError:
            return False
        if self._smooth:
            # After a gap, the last known landmarks are no past to smooth with.
            if self._time is None or self._selector.track_id != track_before:
                self._smoother.reset()
            elapsed = 0.0 if self._time is None else now - self._time
            landmarks, pose = self._smoother(landmarks, pose, elapsed)
        else:
            self._smoother.reset()
        self._landmarks, self._pose, self._time = landmarks, pose, now
        return True

    def _face(self, confidence: float, state: FaceState) -> Face:
        width, height = self._size
        return Face(
            landmarks=self._landmarks,
            pose=self._pose,
            width=width,
            height=height,
            confidence=confidence,
            state=state,
            track_id=self._selector.track_id,
        )
