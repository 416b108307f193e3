# SPDX-License-Identifier: Apache-2.0
"""Videos as phones, browsers and cameras write them."""

import errno
import gc
import itertools
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from x2c_core.sources.source import SourceError
from x2c_perception.cameras.grabber import Grabber
from x2c_perception.cameras.player import Pacer, Player
from x2c_perception.cameras.video import video_file
from x2c_perception.cameras.video.container_length import missing_bytes
from x2c_perception.cameras.video.frame_times import FrameTimes
from x2c_perception.cameras.video.video_file import VideoFile, promised_images

MILLISECOND = Fraction(1, 1000)
UNEVEN = [0.0, 0.033, 0.067, 0.1, 0.2, 0.3, 0.4, 0.75]


def picture(number=0):
    """An image whose quarters are told apart, and from the image before."""
    image = np.full((48, 64, 3), 20 + 10 * number % 60, np.uint8)
    image[:24, :32], image[:24, 32:] = (250, 10, 10), (10, 250, 10)
    return image


def write(path, times, *, codec="libx264", unit=Fraction(1, 90_000), form=None, options=None):
    with av.open(str(path), "w", format=form) as container:
        stream = container.add_stream(codec, rate=30, options=options or {})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.time_base = stream.codec_context.time_base = unit
        for number, seconds in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(number), format="bgr24")
            frame.pts, frame.time_base = round(seconds / unit), unit
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def read(path):
    """Return the images, their times [s], and what was said."""
    images, times, said = [], [], []
    with VideoFile(path) as source:
        while True:
            try:
                image = source.read()
            except SourceError as error:
                said.append(str(error))
                continue
            if image is None:
                return images, times, said
            images.append(image)
            times.append(source.elapsed * 1e-9)


def skipped(path):
    """Return how many images can be passed over, and what was said."""
    number, said = 0, []
    with VideoFile(path) as source:
        while True:
            try:
                if not source.skip():
                    return number, said
                number += 1
            except SourceError as error:
                said.append(str(error))


@pytest.mark.parametrize(
    ("name", "codec", "unit"),
    [
        ("phone.mp4", "libx264", Fraction(1, 90_000)),
        ("phone.mov", "libx264", Fraction(1, 600)),
        ("browser.webm", "libvpx", MILLISECOND),
        ("recorder.mkv", "libx264", MILLISECOND),
    ],
)
@pytest.mark.parametrize("begin", [0.0, 5.0])
def test_frames_keep_their_own_times(tmp_path, name, codec, unit, begin):
    path = write(tmp_path / name, [begin + time for time in UNEVEN], codec=codec, unit=unit)
    images, times, said = read(path)
    assert len(images) == len(UNEVEN)
    assert times == pytest.approx(UNEVEN, abs=0.002)
    assert not said


def test_reading_starts_no_thread_for_each_frame(tmp_path):
    path = tmp_path / "long.mp4"
    write(path, np.arange(90) / 30.0)
    video = VideoFile(path)
    video.open()
    video.read()
    before = len(list(Path("/proc/self/task").iterdir()))
    while video.read() is not None:
        assert len(list(Path("/proc/self/task").iterdir())) <= before
    video.close()


def test_images_after_those_passed_over_are_the_same_with_their_times(tmp_path):
    path = write(tmp_path / "phone.mp4", UNEVEN)
    images, times, _ = read(path)
    for passed_over in range(len(UNEVEN)):
        with VideoFile(path) as source:
            assert all(source.skip() for _ in range(passed_over))
            assert np.array_equal(source.read(), images[passed_over])
            assert source.elapsed * 1e-9 == times[passed_over]


def test_a_frame_that_cannot_be_converted_is_none_to_pass_over(tmp_path, monkeypatch):
    path = write(tmp_path / "phone.mp4", UNEVEN)
    convert = video_file.av.video.reformatter.VideoReformatter

    class SomeFail:
        def __init__(self):
            self._real = convert()

        def reformat(self, frame, **how):
            if frame.pts == round(UNEVEN[3] * 90_000):
                raise ValueError("no such form")
            return self._real.reformat(frame, **how)

    monkeypatch.setattr(video_file.av.video.reformatter, "VideoReformatter", SomeFail)
    monkeypatch.setattr(VideoFile, "_is_convertible", lambda source, frame: False)
    images, _, said = read(path)
    assert len(images) == len(UNEVEN) - 1
    assert skipped(path) == (len(images), said)


def test_frames_need_no_garbage_collector(tmp_path):
    path = tmp_path / "short.mp4"
    write(path, np.arange(30) / 30.0)
    video = VideoFile(path)
    gc.collect()
    gc.disable()
    try:
        with video:
            while video.read() is not None:
                pass
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        kept = [one for one in gc.garbage if isinstance(one, av.VideoFrame)]
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert len(kept) <= 1


def test_a_header_that_promises_more_is_no_error(tmp_path):
    dimmed = [n / 30 for n in range(60)] + [2.0 + n / 10 for n in range(20)]
    path = write(tmp_path / "browser.webm", dimmed, codec="libvpx", unit=MILLISECOND)
    # As a browser writes it: without the time that a frame lasts.
    data = bytearray(path.read_bytes())
    begin = data.find(b"\x23\xe3\x83")
    size = 4 + (data[begin + 3] & 0x7F)
    data[begin : begin + size] = bytes([0xEC, 0x80 | (size - 2)]) + bytes(size - 2)
    path.write_bytes(data)
    images, times, said = read(path)
    assert promised_images(path) > len(images) == len(dimmed)
    assert times == pytest.approx(dimmed, abs=0.002)
    assert not said


@pytest.mark.parametrize("name", ["plain.h264", "reordered.avi", "reordered.ts", "reordered.mkv"])
def test_times_that_a_file_lacks_or_mixes_up_ascend(tmp_path, name):
    even = [number / 30 for number in range(20)]
    path = write(tmp_path / name, even, unit=Fraction(1, 30), options={"bf": "2"})
    images, times, said = read(path)
    assert len(images) == 20
    steps = np.diff(times)
    assert steps.min() > 0.0
    if name != "plain.h264":  # It has no times at all, and states no rate.
        assert times[-1] == pytest.approx(even[-1], abs=0.1)
    assert not said


def test_what_an_edit_list_hides_is_not_missed(tmp_path):
    path = write(tmp_path / "trimmed.mp4", [n / 30 for n in range(30)], options={"bf": "0"})
    data = bytearray(path.read_bytes())
    begin = data.find(b"elst")
    assert begin > 0
    version, entries = data[begin + 4], struct.unpack_from(">I", data, begin + 8)[0]
    assert (version, entries) == (0, 1)
    # Show from 0.5 s on, for half a second, as a phone that trims a recording.
    track = data.find(b"mdhd")
    timescale = struct.unpack_from(">I", data, track + 16)[0]
    movie = struct.unpack_from(">I", data, data.find(b"mvhd") + 16)[0]
    struct.pack_into(">Ii", data, begin + 12, movie // 2, timescale // 2)
    path.write_bytes(data)
    images, times, said = read(path)
    assert 15 <= len(images) < 30
    assert times[0] == 0.0
    assert not said


def with_matrix(path, matrix):
    """Set the display matrix of the track, as phones do."""
    data = bytearray(path.read_bytes())
    begin = data.find(b"tkhd")
    at = begin + 4 + 4 + (20 if data[begin + 4] == 0 else 32) + 16
    a, b, c, d = (one << 16 for one in matrix)
    data[at : at + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("matrix", "upright"),
    [
        ((1, 0, 0, 1), lambda image: image),
        ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
        ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
        ((0, -1, 1, 0), lambda image: np.rot90(image, 1)),
        ((-1, 0, 0, 1), np.fliplr),
        ((1, 0, 0, -1), np.flipud),
    ],
)
def test_a_recording_is_shown_upright(tmp_path, matrix, upright):
    path = with_matrix(write(tmp_path / "phone.mp4", [0.0, 0.1]), matrix)
    expected = upright(picture())
    images, _, _ = read(path)
    assert images[0].shape == expected.shape
    assert np.abs(images[0].astype(int) - expected).mean() < 12
    with VideoFile(path) as source:
        assert source.size == (expected.shape[1], expected.shape[0])


@pytest.mark.parametrize(
    ("name", "codec"),
    [("cut.mp4", "libx264"), ("cut.mkv", "libx264"), ("cut.webm", "libvpx"), ("cut.avi", "mpeg4")],
)
def test_a_recording_that_was_cut_off_says_so_once(tmp_path, name, codec):
    options = {"movflags": "+faststart"} if name.endswith("mp4") else {}
    path = tmp_path / name
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=30)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        noise = np.random.default_rng(0)
        for _ in range(40):
            image = noise.integers(0, 255, (48, 64, 3), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="bgr24")))
        container.mux(stream.encode(None))
    assert missing_bytes(path) == 0
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) * 2 // 3])
    assert missing_bytes(path) == len(whole) - len(whole) * 2 // 3
    images, _, said = read(path)
    assert 0 < len(images) < 40
    assert len(said) == 1
    assert f"{name}: it was cut off: " in said[0]
    assert skipped(path) == (len(images), said)


def test_data_that_phones_append_is_not_taken_for_a_box(tmp_path):
    path = write(tmp_path / "phone.mp4", [0.0, 0.1])
    path.write_bytes(path.read_bytes() + b"\x7f\xff\xff\xffSEFT\0\0\0\0")
    assert missing_bytes(path) == 0


def test_a_file_that_cannot_be_read_is_left_closed(tmp_path, monkeypatch):
    opened = []

    def fail(file):
        opened.append(file)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(video_file, "open_media", fail)
    (tmp_path / "one.mp4").write_bytes(bytes(100))
    with pytest.raises(SourceError, match=r"cannot read .*one\.mp4: Input/output error"):
        VideoFile(tmp_path / "one.mp4").open()
    assert opened[0].closed


def test_a_playlist_opens_no_other_file(tmp_path):
    write(tmp_path / "one.ts", [0.0, 0.1], form="mpegts")
    playlist = tmp_path / "list.m3u8"
    playlist.write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nhttp://127.0.0.1:9/one.ts\n#EXT-X-ENDLIST\n"
    )
    with pytest.raises(SourceError, match=r"list\.m3u8"):
        VideoFile(playlist).open()
    write(tmp_path / "one.mp4", [0.0, 0.1])
    listed = tmp_path / "list.mp4"
    listed.write_text("ffconcat version 1.0\nfile one.mp4\n")
    with pytest.raises(SourceError, match=r"list\.mp4 is not a video"):
        VideoFile(listed).open()


@given(
    st.lists(
        st.tuples(
            st.none() | st.integers(-(2**62), 2**62), st.none() | st.integers(-(2**62), 2**62)
        ),
        max_size=30,
    )
)
def test_times_ascend_from_zero_whatever_the_stamps(stamps):
    times = FrameTimes(1 / 30)
    found = [times.next(*stamp, Fraction(1, 90_000)) for stamp in stamps]
    assert found[:1] in ([], [0])
    assert all(b > a for a, b in itertools.pairwise(found))


def test_images_are_due_at_their_own_distances_and_a_repetition_follows():
    pacer = Pacer(10.0)
    elapsed = [0, 30_000_000, 230_000_000, 0, 30_000_000]
    due = [pacer.due(5.0, one) for one in elapsed]
    assert due == pytest.approx([5.0, 5.03, 5.23, 5.33, 5.36])


def test_a_leap_in_a_video_is_passed_over():
    pacer = Pacer(10.0)
    assert [pacer.due(0.0, one) for one in (0, 3_600_000_000_000)] == pytest.approx([0.0, 0.1])


def test_a_video_is_played_at_the_times_of_its_frames(tmp_path, wait_until):
    path = write(tmp_path / "browser.webm", UNEVEN, codec="libvpx", unit=MILLISECOND)
    waits = []
    grabber = Grabber(VideoFile(path))
    player = Player(
        grabber,
        lambda grabbed, age: waits.append(grabbed.elapsed),
        pytest.fail,
        lambda: None,
        live=False,
    )
    wait_until(lambda: player.finished, what="the end")
    player.stop()
    assert [one * 1e-9 for one in waits] == pytest.approx(UNEVEN, abs=0.002)
