# SPDX-License-Identifier: Apache-2.0
"""Turn the images of a camera that hangs upside down or on its side.

The face mesh follows a face that is turned by 90 degrees, but takes one that stands on its head
for another, upright one. So the image of a new person is looked at again, turned three ways: in
one of four views at most the face stands on its head, and the others agree on where its top is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from x2c_core.arrays import ImageArray
from x2c_core.errors import LandmarkError
from x2c_core.face.frames import NO_TRACK, Face, FaceState
from x2c_core.face.head_pose import HeadPose, fit_head_pose
from x2c_core.images.orientation import turned
from x2c_perception.tracking.tracker import FaceTracker

_NOTHING: ImageArray = np.zeros((64, 64, 3), dtype=np.uint8)
_NOTHING.setflags(write=False)

_NEAR = np.radians(30.0)
"""Largest angle between a face and the quarter turn that it is taken for [rad]."""

_CLEAR = 1.2
"""Votes for a turn are this many times those for any other."""

_TRIES = 5
"""Looks at a person whose views do not agree."""

_AGAIN = 0.3
"""Time between two looks [s]."""

_TILTED = np.radians(60.0)
"""A head is not held like this [rad] ..."""

_TILTED_TIME = 2.0
"""... for so long [s]."""

_ALONE = 1.0
"""Time without a face after which turned images are looked at [s]."""

_AGREEING = 3
"""Looks in which only one turn of the image shows a face, before that turn is taken."""


def recognised(degrees: int) -> str:
    """Return a sentence about a camera that was found to be turned."""
    how = "upside down" if degrees == 180 else "on its side"
    return f"the camera is mounted {how}: images are turned by {degrees} degrees"


class UprightView:
    """Choice of the turn by which the images of a stream are upright.

    Args:
        degrees: Clockwise turn [deg]; None to find it from the faces.

    Attributes:
        degrees: Clockwise turn in use [deg].
    """

    def __init__(self, degrees: int | None) -> None:
        self._automatic = degrees is None
        self.degrees = degrees or 0
        self._person = NO_TRACK
        self._tries = 0
        self._next_look = 0.0
        self._seen: float | None = None
        self._tilted: float | None = None
        self._alone: Counter[int] = Counter()
        self._sure = False

    @property
    def found(self) -> bool:
        """True if a turn is in use that was found from the faces."""
        return self._automatic and self.degrees != 0

    def reconsider(self, image: ImageArray, face: Face, now: float, tracker: FaceTracker) -> bool:
        """Return whether the turn has changed, so that the image has to be tracked again.

        Args:
            image: (height, width, 3) BGR as it was tracked, turned by `degrees`.
            face: Face in it.
            now: Time of the image [s].
            tracker: Tracker of the stream; it looks for the face again where it was used.
        """
        if not self._automatic:
            return False
        if self._seen is None or not 0.0 <= now - self._seen < 60.0:
            # The first image, or a jump in time.
            self._seen = self._next_look = now
        if face.state is not FaceState.TRACKING:
            return self._look_for_someone(image, now, tracker)
        self._seen = now
        self._alone.clear()
        if not self._is_due(face, now):
            return False
        self._tries, self._next_look, self._tilted = self._tries + 1, now + _AGAIN, None
        quarters = _quarters(image, tracker)
        if quarters is None:
            return False
        self._tries, self._sure = _TRIES, True
        if quarters:
            _forget(tracker)
        return self._turn(quarters)

    def _is_due(self, face: Face, now: float) -> bool:
        if face.track_id != self._person:
            self._person, self._tries, self._next_look = face.track_id, 0, now
        roll = 0.0 if face.pose is None else abs(face.pose.yaw_pitch_roll[2])
        if roll < _TILTED:
            self._tilted = None
        elif self._tilted is None:
            self._tilted = now
        elif now - self._tilted > _TILTED_TIME:
            self._tries = 0
        return self._tries < _TRIES and now >= self._next_look

    def _look_for_someone(self, image: ImageArray, now: float, tracker: FaceTracker) -> bool:
        """Look at the image turned, one way after the other, while no face is found in it."""
        waited = self._seen is not None and now - self._seen > _ALONE
        if self._sure or not waited or now < self._next_look:
            return False
        self._next_look = now + _AGAIN
        for quarters in (2, 1, 3):
            pose = _pose(_view(image, quarters), tracker)
            if pose is not None and abs(pose.yaw_pitch_roll[2]) < _NEAR:
                self._alone[quarters] += 1
                break
        _forget(tracker)
        for quarters, count in self._alone.items():
            if count >= _AGREEING:
                self._alone.clear()
                return self._turn(quarters)
        return False

    def _turn(self, quarters: int) -> bool:
        self.degrees = (self.degrees + 90 * quarters) % 360
        return quarters != 0


def single_image_turn(image: ImageArray, tracker: FaceTracker) -> int:
    """Return the clockwise turn by which a single image is upright [deg]; 0 if none is clear.

    Args:
        image: (height, width, 3) BGR.
        tracker: Tracker that finds the face; it forgets it again.
    """
    poses = _poses(image, tracker)
    _forget(tracker)
    if (agreed := _agreed(poses)) is not None:
        return 90 * agreed
    upright = [one for one, pose in poses.items() if abs(pose.yaw_pitch_roll[2]) < _NEAR]
    return 90 * upright[0] if len(upright) == 1 else 0


def _quarters(image: ImageArray, tracker: FaceTracker) -> int | None:
    """Return the clockwise quarter turns that make a face upright; None if views disagree."""
    return _agreed(_poses(image, tracker))


def _poses(image: ImageArray, tracker: FaceTracker) -> dict[int, HeadPose]:
    """Return the poses of the faces found in an image, by the quarter turns before looking."""
    # The image as it is comes last, so that the tracker goes on from there.
    found = {quarters: _pose(_view(image, quarters), tracker) for quarters in (1, 2, 3, 0)}
    return {quarters: pose for quarters, pose in found.items() if pose is not None}


def _agreed(poses: Mapping[int, HeadPose]) -> int | None:
    """Return the quarter turns on which most views agree; None if they disagree."""
    votes: Counter[int] = Counter()
    areas = np.zeros(4)
    for quarters, pose in poses.items():
        angle = pose.yaw_pitch_roll[2] + quarters * np.pi / 2.0
        nearest = round(angle / (np.pi / 2.0))
        if abs(angle - nearest * np.pi / 2.0) < _NEAR:
            votes[nearest % 4] += 1
            # A face that is taken wrongly comes out smaller.
            areas[nearest % 4] += pose.scale**2
    best, second = np.argsort(areas)[[-1, -2]]
    clear = votes[int(best)] >= 2 and areas[best] >= _CLEAR * areas[second]
    return int(best) if clear else None


def _view(image: ImageArray, quarters: int) -> NDArray[np.uint8]:
    return np.ascontiguousarray(turned(image, 90 * quarters))


def _pose(bgr: NDArray[np.uint8], tracker: FaceTracker) -> HeadPose | None:
    """Return the pose of the largest face in an image; None where none is found."""
    _forget(tracker)
    faces = tracker.track_bgr(bgr)
    if not faces:
        return None
    largest = max(faces, key=lambda face: float(np.ptp(face.landmarks[:, :2], axis=0).max()))
    try:
        return fit_head_pose(largest.landmarks)
    except LandmarkError:
        return None


def _forget(tracker: FaceTracker) -> None:
    """Let a tracker look for faces everywhere, not where they were."""
    tracker.track(_NOTHING)
