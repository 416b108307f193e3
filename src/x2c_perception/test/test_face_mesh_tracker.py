# SPDX-License-Identifier: Apache-2.0
"""The tracker on a real face."""

import subprocess
import sys

import cv2
import numpy as np
import pytest

from x2c_core.face import topology
from x2c_core.face.head_pose import fit_head_pose
from x2c_core.face.topology import IRIS_LEFT, IRIS_RIGHT
from x2c_perception.errors import TrackerError
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tracker():
    made = FaceMeshTracker()
    yield made
    made.close()


@pytest.fixture
def rgb(portrait):
    return np.ascontiguousarray(portrait[:, :, ::-1])


def test_a_face_is_found_with_eyes_where_they_are(tracker, rgb):
    (face,) = tracker.track(rgb)
    assert face.landmarks.shape == (478, 3)
    right, left = face.landmarks[IRIS_RIGHT[0]], face.landmarks[IRIS_LEFT[0]]
    assert 60 < right[0] < left[0] < 190
    assert 80 < right[1] < 150
    assert abs(right[1] - left[1]) < 25
    # The pupils are darker than what is around the eyes.
    for iris in (right, left):
        x, y = iris[:2].astype(int)
        assert rgb[y - 1 : y + 2, x - 1 : x + 2].mean() < rgb[80:170, 60:190].mean()
    assert 0.5 < face.confidence <= 1.0


def test_no_face_is_found_where_there_is_none(tracker):
    assert tracker.track(np.zeros((256, 256, 3), np.uint8)) == []
    noise = np.random.default_rng(0).integers(0, 255, (256, 256, 3), dtype=np.uint8)
    assert tracker.track(noise) == []


def test_a_large_image_gives_landmarks_in_its_own_pixels(tracker, rgb):
    (small,) = tracker.track(rgb)
    tracker.track(np.zeros_like(rgb))
    (large,) = tracker.track(cv2.resize(rgb, None, fx=10.0, fy=10.0))
    difference = large.landmarks[:, :2] / 10.0 - small.landmarks[:, :2]
    assert np.abs(difference).mean() < 2.0
    assert fit_head_pose(large.landmarks).scale == pytest.approx(
        10.0 * fit_head_pose(small.landmarks).scale, rel=0.1
    )


@pytest.mark.parametrize("factor", [0.5, 3.0])
def test_a_face_is_followed_into_images_of_another_size(tracker, rgb, factor):
    (before,) = tracker.track(rgb)
    (after,) = tracker.track(cv2.resize(rgb, None, fx=factor, fy=factor))
    difference = after.landmarks[:, :2] / factor - before.landmarks[:, :2]
    assert np.abs(difference).mean() < 2.0
    assert len(tracker.track(rgb)) == 1


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 17), (16, 16), (17, 3)])
def test_images_of_odd_shapes_do_no_harm(tracker, rgb, shape):
    assert tracker.track(np.zeros((*shape, 3), np.uint8)) == []
    tracker.track(rgb)
    assert len(tracker.track(rgb)) == 1


def test_two_people_are_found_where_two_are_looked_for(rgb):
    both = np.concatenate([rgb, rgb[:, ::-1]], axis=1)
    tracker = FaceMeshTracker(max_faces=2)
    faces = [tracker.track(both) for _ in range(5)][-1]
    tracker.close()
    middles = sorted(face.landmarks[:, 0].mean() for face in faces)
    assert len(faces) == 2
    assert middles[0] < 256 < middles[1]


def test_the_second_of_two_people_is_lost_and_found_while_the_first_is_tracked(rgb):
    both = np.concatenate([rgb, rgb[:, ::-1]], axis=1)
    one = np.concatenate([rgb, np.zeros_like(rgb)], axis=1)
    tracker = FaceMeshTracker(max_faces=2)
    counts = [len(tracker.track(image)) for image in (both, both, one, one, both, both)]
    assert counts == [2, 2, 1, 1, 2, 2]


def test_a_lost_face_is_looked_for_in_the_next_image(rgb):
    tracker = FaceMeshTracker()
    moved = np.concatenate([np.zeros_like(rgb), rgb], axis=1)
    at_first = np.concatenate([rgb, np.zeros_like(rgb)], axis=1)
    counts = [len(tracker.track(image)) for image in (at_first, moved, moved)]
    # In the first of the two there is no face where it was.
    assert counts == [1, 0, 1]


def test_a_face_below_the_confidence_asked_for_is_gone(rgb):
    assert FaceMeshTracker(tracking_confidence=1.0).track(rgb) == []
    assert FaceMeshTracker(detection_confidence=0.9999).track(rgb) == []


def test_landmarks_reach_the_lips_eyes_and_irises_that_are_looked_at_again(tracker, rgb):
    tracker.track(rgb)
    (face,) = tracker.track(rgb)
    for eye, iris in (
        (topology.EYE_LEFT_UPPER, IRIS_LEFT),
        (topology.EYE_RIGHT_UPPER, IRIS_RIGHT),
    ):
        corners = face.landmarks[eye[[0, -1]], 0]
        assert corners.min() < face.landmarks[iris[0], 0] < corners.max()
        # An iris is round, and as deep in the image as the lids around it.
        around = face.landmarks[iris[1:], :2] - face.landmarks[iris[0], :2]
        radii = np.linalg.norm(around, axis=1)
        assert radii.max() < 1.3 * radii.min()
        assert np.ptp(face.landmarks[iris, 2]) == 0.0


def test_the_same_is_found_whatever_the_order_of_the_colours(rgb):
    one, other = FaceMeshTracker(), FaceMeshTracker()
    bgr = np.ascontiguousarray(rgb[:, :, ::-1])
    for _ in range(2):
        (found,), (of_bgr,) = one.track(rgb), other.track_bgr(bgr)
        np.testing.assert_array_equal(found.landmarks, of_bgr.landmarks)
        assert found.confidence == of_bgr.confidence


def test_after_a_failure_the_next_image_is_tracked(rgb, monkeypatch):
    tracker = FaceMeshTracker()

    def fail(image, **order):
        raise RuntimeError("out of memory")

    with monkeypatch.context() as patch:
        patch.setattr(tracker._landmarks, "run", fail)
        with pytest.raises(TrackerError, match="256 x 256: out of memory"):
            tracker.track(rgb)
    assert len(tracker.track(rgb)) == 1


@pytest.mark.process
def test_starting_and_tracking_write_nothing_to_the_terminal(tmp_path, rgb):
    np.save(tmp_path / "face.npy", rgb)
    program = (
        "import sys, numpy\n"
        "from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker\n"
        "assert 'onnxruntime' not in sys.modules, 'onnxruntime is imported too early'\n"
        "tracker = FaceMeshTracker()\n"
        f"assert len(tracker.track(numpy.load({str(tmp_path / 'face.npy')!r}))) == 1\n"
        "tracker.close()\n"
        "assert 'mediapipe' not in sys.modules\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=400
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == run.stderr == ""
