# SPDX-License-Identifier: Apache-2.0
"""Points are seen where the turned image shows them."""

import cv2
import numpy as np
import pytest

from x2c_core.sources.camera_source import CameraIntrinsics
from x2c_perception.cameras.turned_intrinsics import turned_intrinsics

CAMERA = CameraIntrinsics(
    width=64,
    height=48,
    distortion_model="plumb_bob",
    d=(-0.3, 0.1, 0.02, -0.01, 0.05),
    k=(50.0, 0.0, 30.0, 0.0, 52.0, 25.0, 0.0, 0.0, 1.0),
    r=tuple(cv2.Rodrigues(np.array([0.02, -0.03, 0.01]))[0].ravel().tolist()),
    p=(48.0, 0.0, 31.0, -2.0, 0.0, 49.0, 24.0, 0.0, 0.0, 0.0, 1.0, 0.0),
)
POINT = np.array([0.1, -0.2, 1.0])


def moved(pixel, degrees, width, height):
    """Return where a pixel of an image goes when the image is turned clockwise."""
    u, v = pixel
    places = {0: (u, v), 90: (height - 1 - v, u), 180: (width - 1 - u, height - 1 - v)}
    return places.get(degrees, (v, width - 1 - u))


def seen(camera, point):
    k, d = np.reshape(camera.k, (3, 3)), np.array(camera.d)
    pixels, _ = cv2.projectPoints(point[None], np.zeros(3), np.zeros(3), k, d)
    return pixels.ravel()


def rectified(camera, point):
    u, v, w = np.reshape(camera.p, (3, 4)) @ np.append(np.reshape(camera.r, (3, 3)) @ point, 1.0)
    return u / w, v / w


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_point_is_seen_where_the_image_shows_it(degrees):
    turned = turned_intrinsics(CAMERA, degrees)
    x, y, z = POINT
    own = {0: (x, y), 90: (-y, x), 180: (-x, -y), 270: (y, -x)}[degrees]
    point = np.array([*own, z])
    for project in (seen, rectified):
        expected = moved(project(CAMERA, POINT), degrees, CAMERA.width, CAMERA.height)
        assert project(turned, point) == pytest.approx(expected)
    assert (turned.width, turned.height) == ((64, 48) if degrees % 180 == 0 else (48, 64))


def test_the_marked_pixel_of_a_turned_image_is_where_it_is_said_to_be():
    image = np.zeros((48, 64, 3), np.uint8)
    image[10, 20] = 255
    turned = cv2.rotate(image, cv2.ROTATE_90_CLOCKWISE)
    v, u = np.argwhere(turned[:, :, 0])[0]
    assert (u, v) == moved((20, 10), 90, 64, 48)
