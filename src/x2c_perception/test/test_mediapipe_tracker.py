# SPDX-License-Identifier: Apache-2.0
"""The tracker on a real face."""

import gc
import subprocess
import sys
import weakref

import cv2
import numpy as np
import pytest

from x2c_core.face.head_pose import fit_head_pose
from x2c_core.face.topology import IRIS_LEFT, IRIS_RIGHT
from x2c_perception.errors import TrackerError
from x2c_perception.tracking import face_mesh_graph
from x2c_perception.tracking.mediapipe_tracker import MediaPipeTracker, landmarks_of

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tracker():
    made = MediaPipeTracker()
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


@pytest.mark.parametrize("shape", [(1, 1), (1, 4000), (4000, 17), (16, 16), (17, 3)])
def test_images_of_odd_shapes_do_no_harm(tracker, rgb, shape):
    assert tracker.track(np.zeros((*shape, 3), np.uint8)) == []
    tracker.track(rgb)
    assert len(tracker.track(rgb)) == 1


def test_two_people_are_found_where_two_are_looked_for(rgb):
    both = np.concatenate([rgb, rgb[:, ::-1]], axis=1)
    tracker = MediaPipeTracker(max_faces=2)
    faces = [tracker.track(both) for _ in range(5)][-1]
    tracker.close()
    middles = sorted(face.landmarks[:, 0].mean() for face in faces)
    assert len(faces) == 2
    assert middles[0] < 256 < middles[1]


def test_landmarks_are_the_same_by_the_quick_and_by_the_general_way():
    from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList

    numbers = np.random.default_rng(0).normal(size=(478, 3)).astype(np.float32)
    message = NormalizedLandmarkList()
    for x, y, z in numbers.tolist():
        message.landmark.add(x=x, y=y, z=z)
    assert np.array_equal(landmarks_of(message.SerializeToString()), numbers)
    message.landmark[7].visibility = 0.5  # Another length: the general way.
    assert np.array_equal(landmarks_of(message.SerializeToString()), numbers)


def test_another_number_of_landmarks_is_refused():
    from mediapipe.framework.formats.landmark_pb2 import NormalizedLandmarkList

    message = NormalizedLandmarkList()
    message.landmark.add(x=1.0, y=2.0, z=3.0)
    with pytest.raises(TrackerError, match="expected 478 landmarks of a face, got 1"):
        landmarks_of(message.SerializeToString())


def test_after_a_failure_the_next_image_is_tracked(rgb, monkeypatch):
    tracker = MediaPipeTracker()

    def fail(self, rgb):
        raise RuntimeError("graph has errors")

    with monkeypatch.context() as patch:
        # The graph that is made in its place is warmed up, so it must not fail again.
        run = face_mesh_graph.FaceMeshGraph.run
        patch.setattr(tracker._graph, "run", fail.__get__(tracker._graph))
        with pytest.raises(TrackerError, match="256 x 256: graph has errors"):
            tracker.track(rgb)
        assert face_mesh_graph.FaceMeshGraph.run is run
    assert len(tracker.track(rgb)) == 1
    tracker.close()


def test_a_closed_tracker_is_freed(rgb):
    tracker = MediaPipeTracker()
    tracker.track(rgb)
    graph = weakref.ref(tracker._graph)
    tracker.close()
    tracker.close()
    del tracker
    gc.collect()
    assert graph() is None


@pytest.mark.process
def test_starting_and_tracking_write_nothing_to_the_terminal(tmp_path, rgb):
    np.save(tmp_path / "face.npy", rgb)
    program = (
        "import sys, numpy\n"
        "from x2c_perception.tracking.mediapipe_tracker import MediaPipeTracker\n"
        "assert 'mediapipe' not in sys.modules, 'mediapipe is imported too early'\n"
        "tracker = MediaPipeTracker()\n"
        f"assert len(tracker.track(numpy.load({str(tmp_path / 'face.npy')!r}))) == 1\n"
        "tracker.close()\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=400
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout == run.stderr == ""
