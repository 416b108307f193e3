# SPDX-License-Identifier: Apache-2.0
"""The turned square in which a face is looked at."""

import cv2
import numpy as np
import pytest

from x2c_perception.tracking.face_mesh.face_region import FaceRegion


def test_a_region_is_a_square_around_the_longer_side_of_a_face_upright_for_it():
    low, high = np.float32([10, 20]), np.float32([50, 120])
    level = np.float32([[20, 30], [40, 50]])
    region = FaceRegion.around(low, high, level)
    assert (region.x, region.y, region.side) == (30.0, 70.0, 150.0)
    assert region.angle == pytest.approx(np.pi / 4)


@pytest.mark.parametrize("angle", [0.0, 0.5, -2.0, np.pi])
def test_a_point_of_the_crop_is_where_it_is_in_the_image(angle):
    image = np.zeros((200, 300, 3), np.uint8)
    cv2.circle(image, (170, 90), 4, (255, 255, 255), -1)
    region = FaceRegion(160.0, 100.0, 80.0, angle)
    crop = region.crop(image, 160)
    rows, columns = np.nonzero(crop[:, :, 0] > 127)
    seen = np.float32([[columns.mean(), rows.mean(), 6.0]])
    placed = region.to_image(seen, 160)
    assert placed[0, :2] == pytest.approx((170.0, 90.0), abs=0.3)
    assert placed[0, 2] == pytest.approx(3.0)


def test_an_image_goes_on_beyond_its_edge():
    image = np.full((60, 60, 3), 200, np.uint8)
    assert (FaceRegion(0.0, 0.0, 100.0, 0.3).crop(image, 32) == 200).all()


def test_regions_overlap_by_the_area_they_share():
    region = FaceRegion(100.0, 100.0, 40.0, 0.0)
    assert region.overlap(region) == pytest.approx(1.0)
    assert region.overlap(FaceRegion(120.0, 100.0, 40.0, 1.0)) == pytest.approx(1.0 / 3.0)
    assert region.overlap(FaceRegion(100.0, 100.0, 20.0, 0.0)) == pytest.approx(0.25)
    assert region.overlap(FaceRegion(141.0, 100.0, 40.0, 0.0)) == 0.0


def test_the_region_of_landmarks_holds_all_of_them():
    landmarks = np.random.default_rng(0).uniform(50.0, 150.0, (478, 3)).astype(np.float32)
    region = FaceRegion.of_landmarks(landmarks)
    assert region.side == pytest.approx(1.5 * np.ptp(landmarks[:, :2], axis=0).max())
    right, left = landmarks[[33, 263], :2]
    assert region.angle == pytest.approx(np.arctan2(*(left - right)[::-1]))
