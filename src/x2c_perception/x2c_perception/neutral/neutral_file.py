# SPDX-License-Identifier: Apache-2.0
"""Neutral face from a file that a user names: an image of the person at rest, or a saved face."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from x2c_core.face.head_pose import fit_head_pose
from x2c_core.images.image_decoding import ImageDecodingError, read_image
from x2c_core.images.orientation import turned
from x2c_perception.errors import PersonError
from x2c_perception.neutral.neutral_frames import NeutralFace
from x2c_perception.neutral.person_store import SUFFIX, read_person
from x2c_perception.tracking.tracker import FaceTracker
from x2c_perception.tracking.upright_view import single_image_turn

_LOOKS = 3
"""Images in which the same face is tracked: the tracker settles."""

_NOTHING = np.zeros((64, 64, 3), dtype=np.uint8)


def read_neutral(path: Path, tracker: FaceTracker) -> NeutralFace:
    """Return the neutral face in a file.

    Args:
        path: Image with the face of the person at rest, also a turned one, or a file of persons.
        tracker: Tracker that finds the face; it forgets it again.

    Raises:
        PersonError: The file cannot be read, or shows no face.
    """
    if path.suffix == SUFFIX:
        return read_person(path)
    try:
        bgr = read_image(path)
    except (OSError, ImageDecodingError) as error:
        raise PersonError(f"neutral_file: {error}") from error
    upright = turned(bgr, single_image_turn(bgr, tracker))
    rgb = np.ascontiguousarray(upright[:, :, ::-1])
    for _ in range(_LOOKS):
        found = tracker.track(rgb)
    tracker.track(_NOTHING)
    if not found:
        raise PersonError(f"neutral_file: no face is found in {path}")
    pose = fit_head_pose(found[0].landmarks)
    height, width = rgb.shape[:2]
    return NeutralFace(pose.to_head_frame(found[0].landmarks), pose, width, height)
