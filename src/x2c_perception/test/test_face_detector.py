# SPDX-License-Identifier: Apache-2.0
"""Faces found in whole images."""

import numpy as np
import pytest

from x2c_perception.tracking.face_mesh import face_detector
from x2c_perception.tracking.face_mesh.face_detector import FaceDetector


@pytest.fixture(scope="module")
def detector():
    return FaceDetector(0.5)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(256, 256), (256, 600), (700, 256)])
def test_a_face_is_found_wherever_it_is_in_an_image_of_any_shape(detector, portrait, shape):
    image = np.zeros((*shape, 3), np.uint8)
    top, left = shape[0] - 256, shape[1] - 256
    image[top:, left:] = portrait[:, :, ::-1]
    (region,) = detector.detect(image)
    assert region.x - left == pytest.approx(126.0, abs=12.0)
    assert region.y - top == pytest.approx(125.0, abs=20.0)
    assert 100.0 < region.side < 230.0
    assert abs(region.angle) < 0.3


@pytest.mark.slow
def test_the_score_that_a_face_needs_is_set(portrait):
    rgb = np.ascontiguousarray(portrait[:, :, ::-1])
    assert len(FaceDetector(0.5).detect(rgb)) == 1
    assert FaceDetector(0.9999).detect(rgb) == []


@pytest.mark.slow
def test_no_face_is_found_in_noise(detector):
    noise = np.random.default_rng(0).integers(0, 255, (256, 256, 3), dtype=np.uint8)
    assert detector.detect(noise) == []


def faces(*boxes):
    """Return faces (n, 4, 2) with boxes x0, y0, x1, y1, and points in their upper corners."""
    return np.float32([[(a, b), (c, d), (a, b), (c, b)] for a, b, c, d in boxes])


def test_boxes_of_one_face_are_merged_by_their_scores():
    found = faces((0, 0, 10, 10), (1, 0, 11, 10), (50, 50, 60, 60))
    merged = face_detector._merged(found, np.float32([0.6, 0.9, 0.7]))
    assert len(merged) == 2
    assert merged[0][0, 0] == pytest.approx(0.9 / 1.5)
    assert merged[1][0].tolist() == [50.0, 50.0]


def test_a_box_without_an_area_ends_nothing_badly():
    merged = face_detector._merged(faces((5, 5, 5, 5)), np.float32([0.6]))
    assert len(merged) == 1
