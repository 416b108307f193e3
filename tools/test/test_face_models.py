# SPDX-License-Identifier: Apache-2.0
"""The face tracker against MediaPipe's, and its networks against their originals."""

import importlib.util
from pathlib import Path

import cv2
import numpy as np
import pytest

from face_models import source_models
from face_models.__main__ import DATA, DETECTOR, LANDMARKS
from face_models.comparison import difference, results
from face_models.hard_sequences import SEQUENCES, with_noise
from face_models.tflite import ModelFormatError, TfliteModel
from x2c_perception.performer import performer_video
from x2c_perception.tracking.face_mesh_tracker import FaceMeshTracker
from x2c_perception.tracking.tracker import DetectedFace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def source() -> Path:
    """Folder that has the models under their names in the wheel."""
    found = importlib.util.find_spec("mediapipe")
    if found is None or found.origin is None:
        pytest.skip("mediapipe, which has the models, is not installed (not for this Python)")
    return Path(found.origin).parents[1]


@pytest.fixture(scope="module")
def images() -> list[np.ndarray]:
    """Images of the built-in performer."""
    capture = cv2.VideoCapture(str(performer_video()))
    taken = []
    while len(taken) < 48:
        assert capture.grab()
        taken.append(np.ascontiguousarray(capture.retrieve()[1][:, :, ::-1]))
        for _ in range(4):
            capture.grab()
    return taken


def test_converting_again_gives_the_same_networks(source):
    pytest.importorskip("onnx")
    from face_models.detector import convert_detector
    from face_models.landmarks import convert_landmarks

    for name, convert, file in (
        (DETECTOR, convert_detector, source_models.DETECTOR),
        (LANDMARKS, convert_landmarks, source_models.LANDMARKS),
    ):
        converted = convert(TfliteModel(source / file)).SerializeToString(deterministic=True)
        assert converted == (DATA / name).read_bytes()


def test_another_file_is_not_taken_for_a_model(tmp_path):
    path = tmp_path / "model.tflite"
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(ModelFormatError, match="not a TensorFlow Lite model"):
        TfliteModel(path)


def test_another_wheel_is_refused(tmp_path):
    wheel = tmp_path / source_models.WHEEL
    wheel.write_bytes(b"another")
    with pytest.raises(source_models.WheelError, match=r"has the SHA-256 digest .* expected"):
        source_models.unpack(wheel, tmp_path)


@pytest.mark.parametrize("name", ["", *SEQUENCES])
def test_the_tracker_is_no_further_from_mediapipe_than_a_grey_level_moves_that(images, name):
    pytest.importorskip("mediapipe", reason="MediaPipe's tracker is not for this Python")
    from face_models.mediapipe_reference import MediaPipeReference

    sequence = SEQUENCES[name](images) if name else images
    faces = 2 if name == "two faces" else 1
    expected = results(MediaPipeReference(faces), sequence)
    ours = difference(results(FaceMeshTracker(faces), sequence), expected)
    noise = difference(results(MediaPipeReference(faces), with_noise(sequence)), expected)
    assert ours.distances.size > 0.3 * 478 * len(images)
    assert ours.other_counts <= max(1, noise.other_counts)
    assert ours.mean <= noise.mean
    assert ours.score <= noise.score + 0.005


def test_faces_are_compared_with_the_nearest_ones():
    landmarks = np.random.default_rng(0).uniform(100.0, 200.0, (478, 3))
    face, other = DetectedFace(landmarks, 0.9), DetectedFace(landmarks + 300.0, 0.8)
    same = difference([[other, face]], [[face, other]])
    assert (same.mean, same.p99, same.score, same.other_counts) == (0.0, 0.0, 0.0, 0)
    assert difference([[face]], [[face, other]]).other_counts == 1
