# SPDX-License-Identifier: Apache-2.0
"""Where images come from."""

import os
import shutil
import subprocess
import sys

import cv2
import numpy as np
import pytest

from x2c_core.sources.source import SourceError
from x2c_perception.cameras import choose_source
from x2c_perception.cameras.image_files import ImageSequence, StillImage, is_image
from x2c_perception.cameras.video.video_file import VideoFile
from x2c_perception.cameras.video_device import (
    CaptureRequest,
    VideoDevice,
    device_path,
)


def read_all(source):
    images = []
    with source:
        while (image := source.read()) is not None:
            images.append(image)
    return images


def test_a_video_gives_all_its_images_and_can_be_read_again(write_video):
    source = choose_source("0", str(write_video(images=7, rate=12.5)))
    first, second = read_all(source), read_all(source)
    assert len(first) == len(second) == 7
    assert [int(p.mean()) // 10 for p in first] == [int(p.mean()) // 10 for p in second]
    assert not source.is_live


def test_a_video_tells_size_and_rate_once_open(write_video):
    with choose_source("0", str(write_video(rate=12.5))) as source:
        assert source.size == (64, 48)
        assert source.rate == pytest.approx(12.5)


def test_a_filename_wins_over_a_device(write_video):
    assert isinstance(choose_source("/dev/video7", str(write_video())), VideoFile)


def test_the_built_in_performer_is_a_video():
    with choose_source("0", "performer") as source:
        assert source.rate > 0.0
        image = source.read()
    assert image is not None
    assert image.dtype == np.uint8
    assert image.shape[2] == 3


def test_a_missing_file_is_named_with_what_was_expected(tmp_path):
    with pytest.raises(
        SourceError, match=r"no file .*gone\.mp4; expected a bag, an image, .*, a video"
    ):
        choose_source("0", str(tmp_path / "gone.mp4"))


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "empty.mp4").touch()
    with pytest.raises(SourceError, match="0 bytes"):
        choose_source("0", str(tmp_path / "empty.mp4"))


@pytest.mark.parametrize("content", [b"this is no video at all\n" * 100, b"\0" * 5000])
def test_a_file_that_is_no_video_is_refused_when_opened(tmp_path, content):
    path = tmp_path / "text.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"text\.mp4 is not a video"):
        choose_source("0", str(path)).open()


def test_a_video_without_images_is_refused_when_opened(write_video):
    with pytest.raises(SourceError, match=r"none\.mp4"):
        choose_source("0", str(write_video("none.mp4", images=0))).open()


def test_a_truncated_video_is_refused_or_read_as_far_as_it_goes(write_video):
    whole = write_video("cut.avi", images=30)
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    try:
        assert len(read_all(VideoFile(whole))) <= 30
    except SourceError as error:
        assert "cut.avi" in str(error)  # noqa: PT017 - both endings are right


def test_an_image_is_shown_without_end(tmp_path):
    cv2.imwrite(str(tmp_path / "one.png"), np.full((30, 40, 3), 7, np.uint8))
    source = choose_source("0", str(tmp_path / "one.png"))
    assert isinstance(source, StillImage)
    with source:
        assert source.size == (40, 30)
        shown = [source.read() for _ in range(5)]
    assert all((image == 7).all() for image in shown)
    assert shown[0] is not shown[1]


def test_a_folder_shows_its_images_in_natural_order(tmp_path):
    for number in (10, 9, 1):
        cv2.imwrite(str(tmp_path / f"frame{number}.png"), np.full((8, 8, 3), number, np.uint8))
    (tmp_path / "notes.txt").write_text("no image")
    source = choose_source("0", str(tmp_path))
    assert isinstance(source, ImageSequence)
    assert [int(image[0, 0, 0]) for image in read_all(source)] == [1, 9, 10]


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(SourceError, match="holds no image"):
        choose_source("0", str(tmp_path)).open()


def test_a_damaged_image_in_a_folder_is_told_and_the_next_one_follows(tmp_path):
    for number in (1, 2, 3):
        cv2.imwrite(str(tmp_path / f"{number}.jpg"), np.full((64, 64, 3), number, np.uint8))
    damaged = tmp_path / "2.jpg"
    damaged.write_bytes(damaged.read_bytes()[:40])
    with choose_source("0", str(tmp_path)) as source:
        assert source.read() is not None
        with pytest.raises(SourceError, match=r"2\.jpg: .* no image"):
            source.read()
        assert source.read() is not None
        assert source.read() is None


@pytest.mark.parametrize(
    ("device", "path"), [("0", "/dev/video0"), (" 12 ", "/dev/video12"), ("/dev/cam", "/dev/cam")]
)
def test_a_device_is_an_index_or_a_path(device, path):
    assert str(device_path(device)) == path


@pytest.mark.parametrize("device", ["", "-1", "webcam", "video0"])
def test_what_is_no_device_is_refused(device):
    with pytest.raises(SourceError, match="neither an index"):
        choose_source(device)


def test_a_camera_that_is_not_there_is_refused_when_opened_with_those_that_are():
    source = choose_source("/dev/video98765")
    assert source.is_live
    with pytest.raises(SourceError, match="no camera /dev/video98765; devices here: "):
        source.open()


def test_a_device_that_is_no_camera_is_refused_when_opened():
    with pytest.raises(SourceError, match="cannot be opened as a camera"):
        VideoDevice("/dev/null", CaptureRequest()).open()


def test_an_unknown_pixel_format_is_refused_with_those_known():
    with pytest.raises(SourceError, match=r"'h265'; known are .*mjpeg2rgb"):
        VideoDevice("0", CaptureRequest(pixel_format="h265"))


def test_reading_a_closed_source_is_refused(write_video):
    path = write_video()
    shutil.copy(path, path.with_suffix(".copy"))
    with pytest.raises(SourceError, match="not open"):
        VideoFile(path).read()


def test_a_damaged_first_image_does_not_end_the_folder(tmp_path):
    for number in (1, 2):
        cv2.imwrite(str(tmp_path / f"{number}.jpg"), np.full((48, 64, 3), number, np.uint8))
    damaged = tmp_path / "1.jpg"
    damaged.write_bytes(damaged.read_bytes()[:40])
    with choose_source("0", str(tmp_path)) as source:
        assert source.size == (64, 48)
        with pytest.raises(SourceError, match=r"1\.jpg: "):
            source.read()
        assert source.read() is not None
        assert source.read() is None


def test_a_folder_without_one_good_image_is_refused(tmp_path):
    (tmp_path / "1.jpg").write_bytes(b"\xff\xd8\xff\xe0 cut off")
    source = choose_source("0", str(tmp_path))
    with pytest.raises(SourceError, match=r"no image can be read; the first of 1: .*1\.jpg"):
        source.open()


def test_an_image_above_the_limit_is_refused_and_the_next_one_follows(tmp_path, monkeypatch):
    sizes = {"1.png": (60, 80), "2.png": (50, 60), "3.png": (60, 80), "4.png": (50, 60)}
    for name, size in sizes.items():
        cv2.imwrite(str(tmp_path / name), np.zeros((*size, 3), np.uint8))
    monkeypatch.setenv("X2C_MAX_IMAGE_PIXELS", "3000")
    refused = r"an image of 80 x 60 has 4800 pixels; the limit is 3000: .*X2C_MAX_IMAGE_PIXELS"
    with choose_source("0", str(tmp_path)) as source:
        for _ in range(2):
            with pytest.raises(SourceError, match=refused):
                source.read()
            assert source.read().shape == (50, 60, 3)
        assert source.read() is None


def test_a_video_above_the_limit_is_refused(write_video, monkeypatch):
    source = choose_source("0", str(write_video()))
    monkeypatch.setenv("X2C_MAX_IMAGE_PIXELS", "3071")
    with pytest.raises(SourceError, match=r"64 x 48 has 3072 pixels; the limit is 3071: "):
        source.open()
    monkeypatch.setenv("X2C_MAX_IMAGE_PIXELS", "3072")
    assert read_all(source)


def test_a_named_pipe_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "1.jpg")
    with pytest.raises(SourceError, match="a device or a pipe"):
        choose_source("0", str(tmp_path / "1.jpg"))
    with pytest.raises(SourceError, match="holds no image"):
        choose_source("0", str(tmp_path)).open()


@pytest.mark.parametrize("name", ["clip.mp4", "face.jpg"])
def test_what_a_failed_download_left_is_named(tmp_path, name):
    (tmp_path / name).write_text("version https://git-lfs.github.com/spec/v1\nsize 5\n")
    for source in (tmp_path, tmp_path / name):
        with pytest.raises(SourceError, match=r"it is a Git LFS pointer .* 'git lfs pull'"):
            choose_source("0", str(source)).open()


@pytest.mark.parametrize(
    "head",
    [b"\x00\x00\x00\x20ftypisom", b"\x1a\x45\xdf\xa3" + 8 * b"\x00", b"RIFF\x00\x00\x00\x00AVI "],
)
def test_a_video_is_no_image(tmp_path, head):
    path = tmp_path / "file"
    path.write_bytes(head + bytes(100))
    assert not is_image(path)


@pytest.mark.process
def test_a_camera_that_plays_a_video_loads_no_opencv():
    code = (
        "import sys, x2c_perception.camera_node, x2c_perception.cameras.video.video_file, "
        "x2c_perception.cameras.image_files; sys.exit('cv2' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=300, check=False).returncode == 0
