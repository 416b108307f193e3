# SPDX-License-Identifier: Apache-2.0
"""Images and videos whose names are no UTF-8; OpenCV is never given such a name."""

import os
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest

from x2c_core.sources.source import SourceError
from x2c_perception.cameras.choice import choose_source
from x2c_perception.cameras.opencv_name import opencv_name
from x2c_perception.cameras.video.video_file import promised_images
from x2c_perception.performer import performer_video

BYTES = b"\xff\xfe"


def named(folder, ending):
    return Path(os.fsdecode(os.fsencode(folder) + b"/" + BYTES + ending))


def test_a_usual_name_stays_as_it_is(tmp_path):
    with opencv_name(tmp_path / "a.png") as name:
        assert name == str(tmp_path / "a.png")


def test_another_name_is_replaced_by_one_that_is_text(tmp_path):
    path = named(tmp_path, b".txt")
    path.write_bytes(b"content")
    with opencv_name(path) as name:
        name.encode()
        assert Path(name).read_bytes() == b"content"


def test_a_broken_image_of_such_a_name_ends_no_folder(tmp_path):
    whole = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    for ending, data in ((b"1.png", whole), (b"2.png", whole[:50]), (b"3.png", whole)):
        named(tmp_path, ending).write_bytes(data)
    with choose_source("", str(tmp_path)) as source:
        assert source.read() is not None
        with pytest.raises(SourceError) as refused:
            source.read()
        str(refused.value).encode()
        assert source.read() is not None
        assert source.read() is None


def test_a_video_of_such_a_name_is_played(tmp_path):
    path = named(tmp_path, b".mp4")
    shutil.copy(performer_video(), path)
    with choose_source("", str(path)) as source:
        assert source.read() is not None


def test_images_that_a_header_promises_are_counted(tmp_path):
    path = named(tmp_path, b".mp4")
    assert promised_images(path) is None
    shutil.copy(performer_video(), path)
    assert promised_images(path) == promised_images(performer_video()) > 0
    path.write_bytes(b"no video")
    assert promised_images(path) is None


def test_a_file_of_such_a_name_that_is_gone_is_an_error(tmp_path):
    with pytest.raises(OSError, match="No such file"), opencv_name(named(tmp_path, b".png")):
        pytest.fail("there is no such file")
