# SPDX-License-Identifier: Apache-2.0
"""An animated image that holds, eases to neutral and recovers when the person is lost."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from x2c_core.arrays import ImageArray
from x2c_core.errors import LandmarkError
from x2c_core.face.frames import Face, FaceState
from x2c_core.face.head_pose import fit_head_pose
from x2c_core.sources.face_loss import FaceLossHandler, FaceLossTiming
from x2c_imitation.pipeline.observation import Need, Observation
from x2c_imitation.x2cnet.transfer.motion_transfer import MotionTransfer


class LossEasing:
    """Animate a neutral image with a person who may be lost, as the nodes move a robot.

    A transfer that needs landmarks alone gets those between the last and the neutral face. Of one
    that needs the person's image, two results are blended.

    Args:
        motion: Motion transfer that knows the neutral face.
        neutral: Neutral face of the person.
        timing: Durations of the phases.
    """

    def __init__(
        self, motion: MotionTransfer, neutral: Face, timing: FaceLossTiming | None = None
    ) -> None:
        self._motion = motion
        self._blends_images = Need.IMAGE in motion.needs
        start = motion.neutral if self._blends_images else neutral.landmarks
        self._handler = FaceLossHandler(timing or FaceLossTiming(), start.astype(np.float64))
        self._shown = motion.neutral

    def animate(self, time: float, face: Face, crop: ImageArray | None) -> ImageArray:
        """Return the animated image (size, size, 3) RGB for the next frame.

        Args:
            time: Time of the frame [s].
            face: Face of the person; of a lost one only the state counts.
            crop: Image of the person, where the transfer needs it.

        Raises:
            X2CError: The transfer cannot use the face.
        """
        found = face.state is FaceState.TRACKING
        if self._blends_images:
            image = self._motion.animate(Observation(face, crop)) if found else None
            wanted = None if image is None else image.astype(np.float64)
            blend = self._handler.follow(time, wanted, source=face.track_id).values
            return np.rint(blend).astype(np.uint8)
        wanted = face.landmarks if found else None
        landmarks = self._handler.follow(time, wanted, source=face.track_id).values
        try:
            pose = fit_head_pose(landmarks)
            seen = replace(face, landmarks=landmarks, pose=pose, state=FaceState.TRACKING)
            self._shown = self._motion.animate(Observation(seen))
        except LandmarkError:
            # Between two faces that are turned away from each other there may be none.
            if wanted is not None and np.allclose(landmarks, wanted):
                raise
        return self._shown
