# SPDX-License-Identifier: Apache-2.0
"""Images are turned as files state it."""

import io

import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from x2c_core.images.image_decoding import decode_image
from x2c_core.images.orientation import UPRIGHT, of_exif, of_matrix

ONE = 1 << 16


def corners():
    """An image whose corners are told apart."""
    image = np.zeros((32, 48, 3), np.uint8)
    image[:16, :24], image[:16, 24:], image[16:, :24] = (255, 0, 0), (0, 255, 0), (0, 0, 255)
    return image


@pytest.mark.parametrize("value", range(1, 9))
def test_exif_is_read_as_pillow_reads_it(value):
    stored = Image.fromarray(corners())
    stored.getexif()[0x0112] = value
    expected = np.asarray(ImageOps.exif_transpose(stored))
    assert (of_exif(value).upright(corners()) == expected).all()


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_a_value_that_does_not_exist_changes_nothing(value):
    assert of_exif(value) == UPRIGHT


@pytest.mark.parametrize("value", range(1, 9))
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_images_are_decoded_upright(form, value):
    stored, data = Image.fromarray(corners()), io.BytesIO()
    exif = stored.getexif()
    exif[0x0112] = value
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}
    stored.save(data, form, exif=exif, **options.get(form, {}))
    expected = of_exif(value).upright(corners()).astype(int)
    decoded = decode_image(data.getvalue())[:, :, ::-1]
    assert decoded.shape == expected.shape
    assert np.abs(decoded - expected).max() < 40


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ((ONE, 0, 0, ONE), None),
        ((0, ONE, -ONE, 0), cv2.ROTATE_90_CLOCKWISE),
        ((-ONE, 0, 0, -ONE), cv2.ROTATE_180),
        ((0, -ONE, ONE, 0), cv2.ROTATE_90_COUNTERCLOCKWISE),
        ((2 * ONE, 3, -5, ONE // 2), None),
    ],
)
def test_a_matrix_turns_as_players_do(matrix, expected):
    a, b, c, d = matrix
    turned = of_matrix((a, b, 0, c, d, 0, 48 * ONE, 0, 1 << 30)).upright(corners())
    wanted = corners() if expected is None else cv2.rotate(corners(), expected)
    assert (turned == wanted).all()


@pytest.mark.parametrize(
    ("matrix", "flip"), [((-ONE, 0, 0, ONE), np.fliplr), ((ONE, 0, 0, -ONE), np.flipud)]
)
def test_a_matrix_mirrors(matrix, flip):
    a, b, c, d = matrix
    mirrored = of_matrix((a, b, 0, c, d, 0, 0, 0, 1 << 30)).upright(corners())
    assert (mirrored == flip(corners())).all()
