# SPDX-License-Identifier: Apache-2.0
"""Images, videos and faces for the tests of this package."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from x2c_core.face import topology
from x2c_core.face.frames import Face, FaceState
from x2c_core.face.head_pose import FACING, HeadPose, rotation_from
from x2c_perception.cameras.video.video_file import VideoFile
from x2c_perception.performer import performer_video


@pytest.fixture
def write_video(tmp_path: Path) -> Callable[..., Path]:
    """Write a video whose images are grey, each 20 brighter than the one before."""

    def write(name: str = "video.mp4", images: int = 5, rate: float = 25.0) -> Path:
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), rate, (64, 48))
        assert writer.isOpened()
        for number in range(images):
            writer.write(np.full((48, 64, 3), 20 * (1 + number % 10), np.uint8))
        writer.release()
        return path

    return write


@pytest.fixture
def portrait() -> NDArray[np.uint8]:
    """An image (256, 256, 3) BGR of a real face, in the public domain."""
    rgb = skimage.data.astronaut()[0:256, 96:352]
    return np.ascontiguousarray(rgb[:, :, ::-1])


@pytest.fixture
def resting() -> NDArray[np.uint8]:
    """An image (height, width, 3) BGR of a face at rest: mouth closed, eyes open."""
    with VideoFile(performer_video()) as source:
        image = source.read()
    assert image is not None
    return image


@pytest.fixture
def make_face(face_maker: Callable[..., Face]) -> Callable[..., Face]:
    """Make the reference face, looking at the camera, with parts of it moved."""
    return face_maker


@pytest.fixture(scope="session")
def face_maker() -> Callable[..., Face]:
    """Make faces as `make_face`; hypothesis does not take fixtures of a function."""

    def make(
        *,
        mouth: float = 0.0,
        lids: float = 0.0,
        yaw: float = 0.0,
        smile: float = 0.0,
        wider: float = 0.0,
        at: tuple[float, float] = (320.0, 240.0),
        track_id: int = 0,
        state: FaceState = FaceState.TRACKING,
    ) -> Face:
        """Make it.

        Args:
            mouth: How far the lower lip goes down [interocular distances].
            lids: How far the eyes are closed, 0 to 1.
            yaw: Turn of the head [rad].
            smile: How far the corners of the mouth go up [interocular distances].
            wider: How far they go apart [interocular distances].
            at: Place of the point between the eyes [pixel].
            track_id: Of the person.
            state: Tracking or lost.
        """
        points = np.array(topology.REFERENCE)
        lower = np.union1d(topology.LIP_LOWER_INNER[1:-1], topology.LIP_LOWER_OUTER[1:-1])
        points[lower, 2] -= mouth
        points[[61, 291, 78, 308], 2] += smile
        points[[61, 78], 1] -= wider / 2.0
        points[[291, 308], 1] += wider / 2.0
        for side in ("LEFT", "RIGHT"):
            upper = getattr(topology, f"EYE_{side}_UPPER")[1:-1]
            under = getattr(topology, f"EYE_{side}_LOWER")[1:-1]
            points[upper] += lids * (points[under] - points[upper])
        pose = HeadPose(FACING @ rotation_from(yaw, 0.0, 0.0), np.array([*at, 0.0]), 100.0)
        return Face(pose.to_pixels(points), pose, 640, 480, 1.0, state, track_id)

    return make
