# SPDX-License-Identifier: Apache-2.0
"""Sizes of encoded images, read without decoding."""

import io
import os
import struct
import zlib

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.images.image_decoding import ImageDecodingError, decode_image, read_image
from x2c_core.images.image_header import image_size

WIDTH, HEIGHT = 53, 37
IMAGE = np.arange(HEIGHT * WIDTH * 3, dtype=np.uint8).reshape(HEIGHT, WIDTH, 3)
ENDINGS = ("jpg", "png", "webp", "bmp", "tiff", "ppm", "pgm", "pbm", "pam", "pfm", "jp2", "ras")


def encode(ending, image=IMAGE):
    if ending in ("pgm", "pbm"):
        image = image[:, :, 0]
    if ending in ("pfm", "hdr"):
        image = image.astype(np.float32)
    done, data = cv2.imencode(f".{ending}", image)
    assert done
    return data.tobytes()


@pytest.mark.parametrize("ending", [*ENDINGS, "hdr"])
def test_every_format_that_opencv_writes_is_known(ending):
    data = encode(ending)
    assert image_size(data) == (WIDTH, HEIGHT)
    assert decode_image(data).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("JPEG", {"progressive": True}),
        ("JPEG", {"comment": b"\xff\xc0 no size " * 900}),
        ("WEBP", {"lossless": True}),
        ("WEBP", {"save_all": True, "append_images": 1}),
        ("TIFF", {"big_tiff": True}),
        ("TIFF", {"compression": "tiff_lzw"}),
        ("PNG", {"bits": 4}),
    ],
)
def test_kinds_of_formats_are_known(form, options):
    pillow = pytest.importorskip("PIL.Image")
    image = pillow.fromarray(IMAGE)
    if "append_images" in options:
        options = {**options, "append_images": [image.rotate(90)]}
    file = io.BytesIO()
    image.save(file, form, **options)
    assert image_size(file.getvalue()) == (WIDTH, HEIGHT)
    assert decode_image(file.getvalue()).shape == (HEIGHT, WIDTH, 3)


def png_header(width, height):
    content = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13)
    return start + content + struct.pack(">I", zlib.crc32(content))


def jpeg_header(width, height):
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes(9)
    return b"\xff\xd8\xff\xc2" + struct.pack(">H", len(frame) + 2) + frame


def bmp_header(width, height):
    return b"BM" + bytes(8) + struct.pack("<IIiiHH", 54, 40, width, -height, 1, 24) + bytes(24)


def webp_header(width, height):
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF\x20\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + size


def tiff_header(width, height, tag=256):
    entries = [(tag, 4, 1, width), (tag + 1, 4, 1, height)]
    if tag != 256:
        entries = [(256, 4, 1, 2), (257, 4, 1, 2), *entries]
    content = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(entries)) + content + bytes(4)


def tiled_header(width, height):
    return tiff_header(width, height, tag=322)


def netpbm_header(width, height):
    return f"P6 # 1 1\r{width}\n# 2 2\n{height} 255\n".encode()


def pam_header(width, height):
    return f"P7\nWIDTH 1\n# WIDTH 2\nWIDTH {width}\nHEIGHT {height}\nENDHDR\n".encode()


@pytest.mark.parametrize(
    "header",
    [
        png_header,
        jpeg_header,
        bmp_header,
        webp_header,
        tiff_header,
        tiled_header,
        netpbm_header,
        pam_header,
    ],
)
def test_a_header_that_promises_too_much_is_refused_by_the_limit(header, monkeypatch):
    data = header(200, 101)
    assert image_size(data) == (200, 101)
    monkeypatch.setenv("X2C_MAX_IMAGE_PIXELS", "20000")
    with pytest.raises(ImageDecodingError, match=r"200 x 101 has 20200 pixels; the limit is 200"):
        decode_image(data)


@pytest.mark.parametrize("size", [(60_000, 60_000), (65_535, 65_535)])
def test_a_header_beyond_any_camera_is_refused_without_a_setting(size):
    with pytest.raises(ImageDecodingError, match=r"the limit is 268435456: .*X2C_MAX_IMAGE_PIX"):
        decode_image(jpeg_header(*size))


@pytest.mark.parametrize("ending", ENDINGS)
def test_an_image_cut_off_anywhere_is_decoded_or_refused(ending):
    data = encode(ending)
    for end in range(0, min(len(data), 600), 7):
        try:
            image = decode_image(data[:end])
        except ImageDecodingError:
            continue
        assert image.shape == (HEIGHT, WIDTH, 3)


@given(st.sampled_from(ENDINGS), st.integers(0, 200), st.binary(max_size=8))
def test_no_damaged_header_decodes_to_more_than_it_states(ending, place, damage):
    data = bytearray(encode(ending))
    data[place : place + len(damage)] = damage
    size = image_size(bytes(data))
    assert size is None or min(size) >= 0
    if size is not None and size[0] * size[1] <= 1_000_000:
        try:
            image = decode_image(data)
        except ImageDecodingError:
            return
        # Turned images have width for height.
        assert sorted(image.shape[:2]) == sorted(size)


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"\xff\xd8\xff" + b"\xff\0" * 50, b"P6"])
def test_what_has_no_size_is_no_image(data):
    assert image_size(data) is None
    with pytest.raises(ImageDecodingError, match=f"{len(data)} bytes are no image"):
        decode_image(data)


def test_a_file_is_named_in_its_refusal(tmp_path, monkeypatch):
    path = tmp_path / "image.png"
    path.write_bytes(encode("png"))
    assert (read_image(path) == IMAGE).all()
    monkeypatch.setenv("X2C_MAX_RECORD_BYTES", "100")
    with pytest.raises(ImageDecodingError, match=r"image\.png has \d+ bytes; the limit is 100"):
        read_image(path)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ImageDecodingError, match=r"cannot read .*image\.png: it is a named pipe"):
        read_image(path)
