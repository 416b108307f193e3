# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator
from contextlib import closing

import cv2
import numpy as np
import pytest

from x2c_core.face.descriptors import Descriptor, describe
from x2c_core.face.head_pose import fit_head_pose
from x2c_perception.performer import performer_truth, performer_video
from x2c_perception.performer.script import SCRIPT
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker

pytestmark = pytest.mark.slow

STEP = 2
"""Every which frame the tracker is shown."""
BRINK = 0.3
"""How long before and after a movement it is compared [s]."""
CHIN, NOSE = 152, 4


def frames(step: int = 1) -> Iterator[tuple[int, np.ndarray]]:
    video = cv2.VideoCapture(str(performer_video()))
    number = 0
    while video.grab():
        if number % step == 0:
            yield number, video.retrieve()[1]
        number += 1


@pytest.fixture(scope="module")
def tracked() -> tuple[np.ndarray, dict[str, np.ndarray], list[int]]:
    """Frame numbers, the measured counterpart of each channel, and the frames without a face."""
    numbers, rows, chins, missed = [], [], [], []
    with closing(FaceMeshTracker()) as tracker:
        for number, image in frames(STEP):
            found = tracker.track(np.ascontiguousarray(image[:, :, ::-1]))
            if not found:
                missed.append(number)
                continue
            points = found[0].landmarks
            pose = fit_head_pose(points)
            face = pose.to_head_frame(points)
            numbers.append(number)
            rows.append(describe(points, pose))
            chins.append(face[CHIN, 1] - face[NOSE, 1])
    column = dict(zip(Descriptor, np.array(rows).T, strict=True))
    measured = {
        name: column[Descriptor(name)]
        for name in (
            "mouth_width",
            "gaze_yaw",
            "gaze_pitch",
            "head_yaw",
            "head_pitch",
            "head_roll",
        )
    }
    for side in ("left", "right"):
        measured[f"eye_closed_{side}"] = -column[Descriptor(f"eye_openness_{side}")]
        measured[f"brow_raise_{side}"] = (
            column[Descriptor(f"brow_inner_height_{side}")]
            + column[Descriptor(f"brow_outer_height_{side}")]
        )
    measured["smile"] = (
        column[Descriptor.CORNER_HEIGHT_LEFT] + column[Descriptor.CORNER_HEIGHT_RIGHT]
    )
    measured["mouth_open"] = column[Descriptor.MOUTH_OPENING]
    measured["jaw_yaw"] = np.array(chins)
    return np.array(numbers), measured, missed


def test_video_is_what_the_camera_node_expects() -> None:
    video = cv2.VideoCapture(str(performer_video()))
    assert video.isOpened()
    assert video.get(cv2.CAP_PROP_FRAME_WIDTH) == 640
    assert video.get(cv2.CAP_PROP_FRAME_HEIGHT) == 480
    assert video.get(cv2.CAP_PROP_FPS) == pytest.approx(30.0)
    assert performer_video().stat().st_size < 2.5e6


def test_every_frame_decodes_and_has_a_truth() -> None:
    count = sum(image.shape == (480, 640, 3) for _, image in frames())
    assert count == len(performer_truth().time)
    assert count >= 15 * 30


def test_video_ends_as_it_begins() -> None:
    every = frames()
    _, first = next(every)
    for _, image in every:
        last = image
    assert cv2.absdiff(first, last).mean() < 4.0


@pytest.mark.slow
def test_tracker_finds_the_face_in_every_frame(tracked) -> None:
    assert tracked[2] == []


@pytest.mark.parametrize("channel", performer_truth().channels)
def test_tracker_sees_what_the_truth_says(channel: str, tracked) -> None:
    numbers, measured, _ = tracked
    truth = performer_truth()
    time, values = truth.time[numbers], truth.channels[channel][numbers]
    moving = np.zeros(len(time), dtype=bool)
    for key in SCRIPT:
        if channel in key.peak:
            end = key.start + key.rise + key.hold + key.fall
            moving |= (time >= key.start - BRINK) & (time <= end + BRINK)
    assert np.corrcoef(values[moving], measured[channel][moving])[0, 1] > 0.9
