# SPDX-License-Identifier: Apache-2.0
"""Choice of images of a face at rest, and the neutral face made from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from x2c_core.face.descriptors import Descriptor, describe_face
from x2c_core.face.frames import Face, FaceState
from x2c_core.face.head_pose import HeadPose

OPEN_MOUTH = 0.04
"""Gap between the lips from which a mouth counts as open [interocular distances]."""

SHUT_EYES = 0.045
"""Openness below which the eyes of any person count as shut [interocular distances]."""

EYES_SHARE = 0.72
"""Share of a person's own wide-open eyes that open eyes have at least."""

LARGEST_TURN = float(np.radians(25.0))
"""Turn of the head up to which its landmarks are to be trusted [rad]."""

FASTEST = 0.6
"""Speed of the face's landmarks in the head frame up to which it counts as still
[interocular distances/s]."""

_AT = {descriptor: place for place, descriptor in enumerate(Descriptor)}
_EYES = [_AT[Descriptor.EYE_OPENNESS_LEFT], _AT[Descriptor.EYE_OPENNESS_RIGHT]]


@dataclass(frozen=True)
class NeutralFrame:
    """Measurements of one image.

    Attributes:
        face: (478, 3) in the head frame [interocular distances].
        pose: Head pose.
        eyes: Openness of the less open eye [interocular distances].
        mouth: Opening [interocular distances].
        turn: Larger of yaw and pitch away from facing the camera [rad].
        speed: Mean speed of the landmarks in the head frame [interocular distances/s].
    """

    face: NDArray[np.float32]
    pose: HeadPose
    eyes: float
    mouth: float
    turn: float
    speed: float

    @property
    def could_be_neutral(self) -> bool:
        """True if all but the eyes is as in a face at rest."""
        still = self.speed <= FASTEST
        return self.mouth <= OPEN_MOUTH and self.turn <= LARGEST_TURN and still

    def eyes_are_open(self, wide: float) -> bool:
        """Return whether the eyes are open, given how far the person opens them."""
        return self.eyes >= max(SHUT_EYES, EYES_SHARE * wide)

    def expressiveness(self, wide: float) -> float:
        """Return how far from rest the face is; each part is 1 where it ceases to be good."""
        closed = max(0.0, 1.0 - self.eyes / max(wide, SHUT_EYES)) / (1.0 - EYES_SHARE)
        return max(self.mouth / OPEN_MOUTH, closed, self.turn / LARGEST_TURN, self.speed / FASTEST)


@dataclass(frozen=True)
class NeutralFace:
    """A person's face at rest.

    Attributes:
        face: (478, 3) in the head frame [interocular distances].
        pose: Median of the poses it was seen in.
        width: Width of the images [pixel].
        height: Height of the images [pixel].
        confidence: Confidence in it, 0 to 1.
    """

    face: NDArray[np.float64]
    pose: HeadPose
    width: int
    height: int
    confidence: float = 1.0

    def as_face(self, track_id: int) -> Face:
        """Return it as a tracked face of a person."""
        return Face(
            landmarks=self.pose.to_pixels(self.face),
            pose=self.pose,
            width=self.width,
            height=self.height,
            confidence=self.confidence,
            state=FaceState.TRACKING,
            track_id=track_id,
        )


def measure(face: Face, before: NeutralFrame | None, elapsed: float) -> NeutralFrame:
    """Return what is kept of a tracked face.

    Args:
        face: Tracked, so it has a pose.
        before: The frame before it, if that was just before.
        elapsed: Time since then [s].

    Raises:
        ValueError: The face has no pose.
    """
    if face.pose is None:
        raise ValueError("a face without a pose cannot be measured")
    points = face.pose.to_head_frame(face.landmarks)
    speed = 0.0
    if before is not None and elapsed > 0.0:
        speed = float(np.linalg.norm(points - before.face, axis=1).mean() / elapsed)
    yaw, pitch, _ = face.pose.yaw_pitch_roll
    described = describe_face(points)
    return NeutralFrame(
        face=points.astype(np.float32),
        pose=face.pose,
        eyes=float(described[_EYES].min()),
        mouth=float(described[_AT[Descriptor.MOUTH_OPENING]]),
        turn=max(abs(yaw), abs(pitch)),
        speed=speed,
    )


def wide_eyes(frames: Sequence[NeutralFrame]) -> float:
    """Return how far a person opens the eyes, short of a few startled moments."""
    return float(np.percentile([frame.eyes for frame in frames], 85.0)) if frames else 0.0


def neutral_of(frames: Sequence[NeutralFrame], width: int, height: int) -> NeutralFace:
    """Return the median face at the median pose.

    Args:
        frames: At least one.
        width: Width of the images [pixel].
        height: Height of the images [pixel].
    """
    face = np.median([frame.face for frame in frames], axis=0).astype(np.float64)
    u, _, vt = np.linalg.svd(np.median([frame.pose.rotation for frame in frames], axis=0))
    rotation = u @ np.diag([1.0, 1.0, np.linalg.det(u @ vt)]) @ vt
    translation = np.median([frame.pose.translation for frame in frames], axis=0)
    scale = float(np.median([frame.pose.scale for frame in frames]))
    return NeutralFace(face, HeadPose(rotation, translation, scale), width, height)
