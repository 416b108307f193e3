# SPDX-License-Identifier: Apache-2.0
import struct
import zlib

import cv2
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header

from x2c_node.conversion import images
from x2c_node.conversion.encodings import KNOWN
from x2c_node.errors import ImageError

HEADER = Header(stamp=Time(sec=12, nanosec=34), frame_id="camera")
BLUE, GREEN, RED = (255, 0, 0), (0, 255, 0), (0, 0, 255)
pixel_arrays = arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


def image(encoding, height, width, data, *, step=None, big_endian=False):
    data = np.asarray(data)
    raw = data.tobytes() if data.dtype != object else bytes(data)
    return Image(
        encoding=encoding,
        height=height,
        width=width,
        step=len(raw) // max(height, 1) if step is None else step,
        is_bigendian=int(big_endian),
        data=list(raw),
    )


def converted(message):
    return images.image_to_bgr(message, bridge=None)


# Encoding, bytes of a row of two pixels, and the BGR colours that it is.
COLOURS = {
    "bgr8": ([255, 0, 0, 1, 2, 3], [BLUE, (1, 2, 3)]),
    "rgb8": ([255, 0, 0, 1, 2, 3], [RED, (3, 2, 1)]),
    "bgra8": ([255, 0, 0, 9, 1, 2, 3, 0], [BLUE, (1, 2, 3)]),
    "rgba8": ([255, 0, 0, 9, 1, 2, 3, 0], [RED, (3, 2, 1)]),
    "8UC3": ([255, 0, 0, 1, 2, 3], [BLUE, (1, 2, 3)]),
    "mono8": ([7, 200], [(7, 7, 7), (200, 200, 200)]),
    "8UC1": ([7, 200], [(7, 7, 7), (200, 200, 200)]),
}


@pytest.mark.parametrize("encoding", COLOURS)
def test_encoding_gives_the_colours_it_means(encoding):
    row, expected = COLOURS[encoding]
    pixels = converted(image(encoding, 2, 2, np.array([row, row], dtype=np.uint8)))
    assert pixels.dtype == np.uint8
    assert (pixels == [expected, expected]).all()


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize(
    ("encoding", "numbers", "expected"),
    [
        ("mono16", [0x1234, 0xFF00], [(0x12,) * 3, (0xFF,) * 3]),
        ("16UC1", [0x1000, 0x00FF], [(16,) * 3, (0,) * 3]),
        ("bgr16", [0xFF12, 0, 0, 0x0100, 0x0200, 0x0300], [BLUE, (1, 2, 3)]),
        ("rgb16", [0xFF12, 0, 0, 0x0100, 0x0200, 0x0300], [RED, (3, 2, 1)]),
        ("mono16", [0x0FFF, 0x0800], [(255,) * 3, (128,) * 3]),
        ("mono16", [0x03FF, 0x0200], [(255,) * 3, (128,) * 3]),
        ("mono12", [0x03FF, 0x0FFF], [(63,) * 3, (255,) * 3]),
        ("mono10", [0x03FF, 0x0FFF], [(255,) * 3, (255,) * 3]),
    ],
)
def test_sixteen_bits_keep_their_upper_eight(encoding, numbers, expected, big_endian):
    data = np.array([numbers], dtype=">u2" if big_endian else "<u2")
    pixels = converted(image(encoding, 1, 2, data, big_endian=big_endian))
    assert pixels.dtype == np.uint8
    assert (pixels == [expected]).all()


@pytest.mark.parametrize(
    ("encoding", "order"),
    [("uyvy", "uyvy"), ("yuv422", "uyvy"), ("yuyv", "yuyv"), ("yuv422_yuy2", "yuyv")],
)
@pytest.mark.parametrize(
    ("y", "u", "v", "expected"),
    [
        (16, 128, 128, (0, 0, 0)),
        (235, 128, 128, (255, 255, 255)),
        (81, 90, 240, RED),
        (145, 54, 34, GREEN),
        (41, 240, 110, BLUE),
    ],
)
def test_yuv_gives_the_colours_of_bt601(encoding, order, y, u, v, expected):
    row = [{"y": y, "u": u, "v": v}[letter] for letter in order] * 2
    pixels = converted(image(encoding, 1, 4, np.array([row], dtype=np.uint8))).astype(int)
    assert pixels.shape == (1, 4, 3)
    assert np.abs(pixels - np.array(expected)).max() <= 3


@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
@pytest.mark.parametrize(("colour", "letter"), [(BLUE, "b"), (GREEN, "g"), (RED, "r")])
def test_bayer_pattern_gives_the_colour_seen_through_it(pattern, colour, letter):
    tile = np.array([255 * (filtered == letter) for filtered in pattern], dtype=np.uint8)
    mosaic = np.tile(tile.reshape(2, 2), (4, 4))
    pixels = converted(image(f"bayer_{pattern}8", 8, 8, mosaic))
    assert (pixels[2:-2, 2:-2] == colour).all()


@pytest.mark.parametrize("encoding", COLOURS)
def test_padding_at_the_ends_of_rows_is_left_out(encoding):
    row, expected = COLOURS[encoding]
    data = np.array([[*row, 99, 99, 99]] * 3, dtype=np.uint8)
    assert (converted(image(encoding, 3, 2, data)) == [expected] * 3).all()


def test_padding_of_sixteen_bit_rows_is_left_out():
    data = np.frombuffer(bytes([0, 16, 0, 32, 99]) * 2, dtype=np.uint8)
    pixels = converted(image("mono16", 2, 2, data))
    assert (pixels[..., 0] == [[16, 32], [16, 32]]).all()
    pixels = converted(image("mono16", 2, 2, data, big_endian=True))
    assert (pixels[..., 0] == [[4, 8], [4, 8]]).all()


def colours():
    """An image of even size whose quarters have four colours."""
    pixels = np.zeros((8, 12, 3), np.uint8)
    pixels[:4, :6], pixels[:4, 6:], pixels[4:, :6] = BLUE, GREEN, RED
    return pixels


def planes():
    """Return light (8, 12) and the colour planes (4, 6) of the image, u before v."""
    i420 = cv2.cvtColor(colours(), cv2.COLOR_BGR2YUV_I420).ravel()
    return i420[:96].reshape(8, 12), i420[96:120].reshape(4, 6), i420[120:].reshape(4, 6)


PLANAR = ["nv12", "nv21", "NV12", "i420", "yuv420", "yuv420p", "yu12", "yv12"]


@pytest.mark.parametrize("padding", [0, 4])
@pytest.mark.parametrize("encoding", PLANAR)
def test_planes_give_their_colours(encoding, padding):
    light, u, v = planes()
    if encoding in ("nv21", "yv12"):
        u, v = v, u
    light = np.pad(light, ((0, 0), (0, padding)))
    if encoding.lower().startswith("nv"):
        rest = [np.pad(np.stack([u, v], 2).reshape(4, 12), ((0, 0), (0, padding)))]
    else:
        rest = [np.pad(one, ((0, 0), (0, padding // 2))) for one in (u, v)]
    data = np.concatenate([one.ravel() for one in (light, *rest)])
    expected = colours().astype(int)
    messages = [image(encoding, 8, 12, data, step=12 + padding)]
    if not padding:
        # With the height of all planes, and with the mean size of a pixel.
        messages += [image(encoding, 12, 12, data, step=12), image(encoding, 8, 12, data, step=18)]
    for message in messages:
        pixels = converted(message)
        assert pixels.shape == (8, 12, 3)
        assert np.abs(pixels - expected).max() <= 6


@pytest.mark.parametrize(("height", "width"), [(4, 3), (5, 4)])
def test_planes_of_odd_size_are_refused(height, width):
    data = np.zeros(64, np.uint8)
    with pytest.raises(ImageError, match="expected an even width and height"):
        converted(image("nv12", height, width, data, step=width))


def test_truncated_planes_are_refused():
    with pytest.raises(ImageError, match="truncated: 20 bytes, expected 24"):
        converted(image("nv12", 4, 4, np.zeros(20, np.uint8), step=4))


def test_yvyu_has_its_colours_the_other_way_round():
    row = [41, 110, 41, 240] * 2
    pixels = converted(image("yvyu", 1, 4, np.array([row], dtype=np.uint8))).astype(int)
    assert np.abs(pixels - np.array(BLUE)).max() <= 3


@pytest.mark.parametrize("pattern", ["rggb", "bggr", "gbrg", "grbg"])
def test_bayer_of_sixteen_bits_gives_the_colour_seen_through_it(pattern):
    tile = np.array([4095 * (filtered == "g") for filtered in pattern], dtype="<u2")
    mosaic = np.tile(tile.reshape(2, 2), (4, 4))
    pixels = converted(image(f"bayer_{pattern}16", 8, 8, mosaic, step=16))
    assert (pixels[2:-2, 2:-2] == GREEN).all()


def test_bytes_after_the_last_row_are_left_out():
    assert converted(image("mono8", 1, 2, np.arange(9, dtype=np.uint8), step=2)).shape == (1, 2, 3)


@given(pixel_arrays)
def test_image_comes_back_from_its_message(pixels):
    message = images.bgr_to_image(pixels, HEADER)
    assert (message.height, message.width) == pixels.shape[:2]
    assert (message.encoding, message.step) == ("bgr8", 3 * pixels.shape[1])
    assert message.header == HEADER
    assert (converted(message) == pixels).all()


def test_part_of_an_image_comes_back_from_its_message():
    pixels = np.arange(8 * 8 * 3, dtype=np.uint8).reshape(8, 8, 3)[1:5, 2:7, ::-1]
    assert (converted(images.bgr_to_image(pixels, HEADER)) == pixels).all()


def test_encoding_of_an_image_can_be_said():
    message = images.bgr_to_image(np.full((1, 1, 3), RED, dtype=np.uint8), HEADER, "rgb8")
    assert (converted(message) == BLUE).all()


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float64),
        np.zeros((0, 4, 3), np.uint8),
    ],
    ids=["grey", "alpha", "floats", "empty"],
)
@pytest.mark.parametrize("convert", [images.bgr_to_image, images.bgr_to_jpeg])
def test_what_is_no_image_is_no_message(convert, pixels):
    with pytest.raises(ImageError, match=r"expected \(height, width, 3\) of uint8"):
        convert(pixels, HEADER)


@pytest.mark.parametrize("encoding", ["", "bgr9", "32FC1", "nv99"])
def test_unknown_encoding_is_refused_with_the_known_ones(encoding):
    with pytest.raises(ImageError, match=f"unknown encoding '{encoding}'; known are bgr8, rgb8"):
        converted(image(encoding, 2, 2, np.zeros(12, np.uint8)))


@pytest.mark.parametrize(("height", "width"), [(0, 0), (0, 4), (4, 0)])
def test_empty_image_is_refused_with_its_size(height, width):
    with pytest.raises(ImageError, match=f"empty: {width} x {height}"):
        converted(image("bgr8", height, width, np.zeros(0, np.uint8), step=0))


def test_message_without_data_is_refused():
    with pytest.raises(ImageError, match="truncated: 0 bytes, expected 2 rows of 6"):
        converted(image("bgr8", 2, 2, np.zeros(0, np.uint8), step=6))


@pytest.mark.parametrize("size", [1, 6, 11])
def test_truncated_image_is_refused_with_its_size(size):
    with pytest.raises(ImageError, match=f"truncated: {size} bytes, expected 2 rows of 6"):
        converted(image("bgr8", 2, 2, np.zeros(size, np.uint8), step=6))


@pytest.mark.parametrize("step", [0, 1, 5])
def test_step_shorter_than_a_row_is_refused(step):
    with pytest.raises(ImageError, match=f"step is {step}, but a row of 2 bgr8 pixels has 6"):
        converted(image("bgr8", 2, 2, np.zeros(12, np.uint8), step=step))


@pytest.mark.parametrize("encoding", ["uyvy", "yuyv"])
def test_odd_width_of_paired_pixels_is_refused(encoding):
    with pytest.raises(ImageError, match=f"cannot convert {encoding}"):
        converted(image(encoding, 1, 3, np.zeros(6, np.uint8)))


@given(
    encoding=st.sampled_from(list(KNOWN)) | st.text(max_size=4),
    height=st.integers(0, 5),
    width=st.integers(0, 5),
    step=st.integers(0, 50),
    data=st.binary(max_size=300) | st.just(bytes(300)),
    big_endian=st.booleans(),
)
def test_any_message_gives_an_image_of_its_size_or_is_refused(
    encoding, height, width, step, data, big_endian
):
    message = Image(
        encoding=encoding,
        height=height,
        width=width,
        step=step,
        data=list(data),
        is_bigendian=int(big_endian),
    )
    try:
        pixels = converted(message)
    except ImageError:
        return
    # Of planes, the height can be that of all.
    assert pixels.shape in ((height, width, 3), (height * 2 // 3, width, 3))
    assert pixels.dtype == np.uint8


class Bridge:
    """Does what the tests want of a cv_bridge."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def imgmsg_to_cv2(self, message, encoding):
        self.asked.append((message.encoding, encoding))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def test_cv_bridge_converts_what_is_unknown_here():
    pixels = np.ones((2, 2, 3), np.uint8)
    bridge = Bridge(pixels)
    message = image("bayer_of_mine", 2, 2, np.zeros(12, np.uint8))
    assert images.image_to_bgr(message, bridge=bridge) is pixels
    assert bridge.asked == [("bayer_of_mine", "bgr8")]


@pytest.mark.parametrize("encoding", KNOWN)
def test_cv_bridge_is_not_asked_for_what_is_known_here(encoding):
    bridge = Bridge(RuntimeError("not a colour"))
    message = image(encoding, 2, 2, np.zeros(64, np.uint8), step=16)
    assert images.image_to_bgr(message, bridge=bridge).shape == (2, 2, 3)
    assert not bridge.asked


def test_error_of_cv_bridge_is_told_beside_ours():
    bridge = Bridge(RuntimeError("no colour"))
    odd = image("32FC1", 1, 3, np.zeros(12, np.uint8))
    with pytest.raises(
        ImageError, match=r"unknown encoding '32FC1'.*nor can cv_bridge: no colour"
    ):
        images.image_to_bgr(odd, bridge=bridge)


def test_broken_image_never_reaches_cv_bridge():
    bridge = Bridge(None)
    with pytest.raises(ImageError, match="truncated"):
        images.image_to_bgr(image("rgb8", 2, 2, np.zeros(3, np.uint8), step=6), bridge=bridge)
    with pytest.raises(ImageError, match="empty"):
        images.image_to_bgr(image("mine", 0, 2, np.zeros(3, np.uint8), step=6), bridge=bridge)
    assert not bridge.asked


def gradient():
    ramp = np.linspace(0, 255, 32).astype(np.uint8)
    return np.stack(
        [np.tile(ramp, (32, 1)), np.tile(ramp[:, None], (1, 32)), np.full((32, 32), 99)], 2
    ).astype(np.uint8)


def compressed(data, kind="jpeg"):
    return CompressedImage(format=kind, data=list(data))


def test_jpeg_comes_back_nearly_as_it_was():
    message = images.bgr_to_jpeg(gradient(), HEADER, quality=95)
    assert message.header == HEADER
    assert "jpeg" in message.format
    difference = images.compressed_to_bgr(message).astype(int) - gradient()
    assert np.abs(difference).mean() < 3.0


def test_image_too_wide_for_jpeg_is_refused_with_its_shape():
    with pytest.raises(ImageError, match=r"shape \(1, 70000, 3\) as JPEG"):
        images.bgr_to_jpeg(np.zeros((1, 70_000, 3), np.uint8), HEADER)


def test_lower_quality_is_smaller():
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype(np.uint8)
    low, high = (len(images.bgr_to_jpeg(noise, HEADER, quality=q).data) for q in (10, 95))
    assert low < high / 2


@pytest.mark.parametrize(
    "pixels",
    [gradient(), gradient()[..., 0], gradient().astype(np.uint16) * 256],
    ids=["colour", "grey", "16 bit"],
)
def test_png_gives_three_colours_of_eight_bits(pixels):
    _, data = cv2.imencode(".png", pixels)
    found = images.compressed_to_bgr(compressed(data.tobytes(), "png"))
    expected = gradient() if pixels.ndim == 3 else np.stack([gradient()[..., 0]] * 3, axis=2)
    assert found.dtype == np.uint8
    assert (found == expected).all()


def huge_png():
    """Return a PNG that says it has ten thousand million pixels."""

    def chunk(name, content):
        checksum = struct.pack(">I", zlib.crc32(name + content))
        return struct.pack(">I", len(content)) + name + content + checksum

    header = struct.pack(">IIBBBBB", 100_000, 100_000, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"") + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    "data",
    [b"", b"\x00", b"garbage" * 100, b"\xff\xd8\xff\xe0", huge_png()],
    ids=["empty", "zero", "garbage", "header only", "too many pixels"],
)
def test_compressed_data_that_is_no_image_is_refused(data):
    with pytest.raises(ImageError, match=r"\(format 'jpeg'\)$"):
        images.compressed_to_bgr(compressed(data))


@given(st.binary(max_size=300))
def test_any_compressed_data_gives_an_image_or_is_refused(data):
    jpeg = bytes(images.bgr_to_jpeg(gradient(), HEADER).data)
    for content in (data, jpeg[:100] + data, jpeg[: len(data)]):
        try:
            pixels = images.compressed_to_bgr(compressed(content))
        except ImageError:
            continue
        assert pixels.ndim == 3


def test_a_message_of_the_same_size_is_filled_anew():
    generator = np.random.default_rng(0)
    message = None
    made = []
    for height, width in ((4, 6), (4, 6), (2, 6)):
        pixels = generator.integers(0, 256, (height, width, 3), dtype=np.uint8)
        message = images.bgr_to_image(pixels, Header(frame_id=str(height)), reuse=message)
        made.append(message)
        assert message.header.frame_id == str(height)
        np.testing.assert_array_equal(images.image_to_bgr(message), pixels)
    assert made[0] is made[1]
    assert made[2] is not made[1]


def test_an_image_above_the_limit_is_refused(monkeypatch):
    message = images.bgr_to_image(gradient(), HEADER)
    jpeg = images.bgr_to_jpeg(gradient(), HEADER)
    pixels = message.width * message.height
    monkeypatch.setenv("X2C_MAX_IMAGE_PIXELS", str(pixels))
    assert images.image_to_bgr(message).size == images.compressed_to_bgr(jpeg).size
    monkeypatch.setenv("X2C_MAX_IMAGE_PIXELS", str(pixels - 1))
    for convert, refused in ((images.image_to_bgr, message), (images.compressed_to_bgr, jpeg)):
        with pytest.raises(ImageError, match=f"has {pixels} pixels; the limit is {pixels - 1}: "):
            convert(refused)


def test_a_frame_id_above_the_limit_is_refused(monkeypatch):
    monkeypatch.setenv("X2C_MAX_FRAME_ID_LENGTH", "6")
    for length, refused in ((6, False), (7, True)):
        header = Header(frame_id="f" * length)
        for convert, message in (
            (images.image_to_bgr, images.bgr_to_image(gradient(), header)),
            (images.compressed_to_bgr, images.bgr_to_jpeg(gradient(), header)),
        ):
            if refused:
                with pytest.raises(ImageError, match="frame_id has 7 characters; the limit is 6"):
                    convert(message)
            else:
                assert convert(message).shape == gradient().shape


def test_a_text_of_any_length_is_shortened_in_a_refusal():
    message = images.bgr_to_image(gradient(), HEADER)
    message.encoding = "x" * 100_000
    jpeg = compressed(b"no image")
    jpeg.format = "y" * 100_000
    for convert, refused in ((images.image_to_bgr, message), (images.compressed_to_bgr, jpeg)):
        with pytest.raises(ImageError) as refusal:
            convert(refused)
        assert len(str(refusal.value)) < 500
