# SPDX-License-Identifier: Apache-2.0
"""A bag in the place of a camera: as a source, and played by camera_node."""

import subprocess
import sys

import numpy as np
import pytest
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image

from x2c_bags.frames.bag_camera import BagCamera, BagCameraOptions
from x2c_bags.frames.bag_frames import BagFrames
from x2c_bags.reading.bag_reader import BagReader
from x2c_core.sources.camera_source import CAMERA_SOURCES
from x2c_core.sources.source import SourceError
from x2c_node.conversion.headers import to_nanoseconds
from x2c_perception.camera_node import CameraNode
from x2c_perception.cameras.choice import choose_source

QOS = QoSProfile(depth=100)


@pytest.fixture
def bag(write_bag, grey, tmp_path):
    """A bag (path) of five grey images, 0 to 4."""
    return write_bag(tmp_path / "bag", {"/cam/image_raw": [grey(index) for index in range(5)]})


def read_all(source):
    images, stamps = [], []
    with source:
        while (image := source.read()) is not None:
            images.append(int(image[0, 0, 0]))
            stamps.append(source.stamp)
    return images, stamps


def test_a_bag_is_one_of_the_camera_sources(bag):
    assert CAMERA_SOURCES.choose(str(bag)) == (BagCamera, str(bag))
    source = choose_source("0", str(bag))
    for _ in range(2):
        images, stamps = read_all(source)
        assert images == [0, 1, 2, 3, 4]
        assert stamps == sorted(stamps)
        assert stamps[0] > 1_000_000_000_000_000_000
    assert source.size == (64, 48)


def test_frame_and_calibration_are_those_of_the_recording(bag):
    with choose_source("0", str(bag)) as source:
        source.read()
        source.read()
        assert source.frame_id
        assert source.calibration.distortion_model == "plumb_bob"
        np.testing.assert_array_equal(source.calibration.k, np.arange(9))


def test_a_bag_of_several_cameras_needs_the_topic(write_bag, grey, tmp_path):
    images = [grey(index) for index in range(3)]
    bag = write_bag(tmp_path / "bag", {"/left/image_raw": images, "/right/image_raw": images[:2]})
    with pytest.raises(SourceError, match=r"several topics .*/left/image_raw.*/right/image_raw"):
        choose_source("0", str(bag)).open()
    source = BagCamera(str(bag), BagCameraOptions(topic="/right/image_raw"))
    assert read_all(source)[0] == [0, 1]


def test_an_image_with_an_impossible_stamp_is_passed_over(write_bag, grey, tmp_path):
    images = [grey(index) for index in range(3)]
    second = 1_000_000_000
    bag = write_bag(
        tmp_path / "bag",
        {"/cam/image_raw": images},
        stamps=[1 * second, -1 * second, 3 * second],
        times=[1 * second, 2 * second, 3 * second],
    )
    source = choose_source("0", str(bag))
    with source:
        assert source.read()[0, 0, 0] == 0
        with pytest.raises(SourceError, match="expected none before 1970"):
            source.read()
        assert source.read()[0, 0, 0] == 2


def test_stamps_that_stand_still_are_replaced_by_the_bag_s_time(write_bag, grey, tmp_path):
    times = [(1_000 + n) * 10**9 for n in range(12)]
    bag = write_bag(
        tmp_path / "bag",
        {"/cam/image_raw": [grey(index) for index in range(12)]},
        stamps=[7 * 10**9] * 12,
        times=times,
    )
    _, stamps = read_all(choose_source("0", str(bag)))
    assert stamps == [7 * 10**9] * 5 + times[5:]
    source = BagFrames(BagReader(bag), "/cam/image_raw")
    assert [frame.stamp for frame in source.frames()] == stamps
    (issue,) = source.issues
    assert str(issue).startswith("frames with a stamp that stands still: the bag's time was taken")
    assert not issue.loss


def test_a_bag_that_breaks_off_says_so_at_the_end(write_bag, grey, tmp_path):
    # Of several chunks, the first of which are whole.
    images = [grey(index, 320, 240) for index in range(20)]
    (whole,) = write_bag(tmp_path / "bag", {"/cam/image_raw": images}).glob("*.mcap")
    broken = tmp_path / "broken.mcap"
    broken.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    source, told, read = choose_source("0", str(broken)), [], []
    with source:
        while True:
            try:
                image = source.read()
            except SourceError as error:
                told.append(str(error))
                continue
            if image is None:
                break
            read.append(image)
    assert 0 < len(read) < 20
    assert len(told) == 1
    assert "breaks off" in told[0]


def test_what_is_no_bag_or_has_no_camera_is_refused(write_bag, tmp_path):
    with pytest.raises(SourceError, match=r"no bag at .*gone"):
        choose_source("0", f"bag:{tmp_path / 'gone'}").open()


@pytest.fixture
def camera(ros):
    def start(**given_values):
        overrides = [Parameter(name, value=value) for name, value in given_values.items()]
        node = ros.add(CameraNode(parameter_overrides=overrides))
        node.start()
        return node

    return start


def test_camera_node_plays_a_bag_with_its_stamps_and_calibration(ros, bag, camera, wait_until):
    images = ros.collect(Image, "image_raw", QOS)
    infos = ros.collect(CameraInfo, "camera_info", QOS)
    node = camera(
        filename=str(bag),
        wait_for_subscriber=True,
        topic="/cam/image_raw",
        **{
            "qos_overrides./image_raw.publisher.depth": 10,
            "qos_overrides./camera_info.publisher.depth": 10,
        },
    )
    assert node.options == BagCameraOptions("/cam/image_raw")
    wait_until(lambda: node.finished and len(images) == 5, what="all images")
    assert [image.data[0] for image in images] == [0, 1, 2, 3, 4]
    _, stamps = read_all(choose_source("0", str(bag)))
    assert [to_nanoseconds(image.header.stamp) for image in images] == stamps
    wait_until(lambda: infos, what="camera_info")
    assert infos[-1].distortion_model == "plumb_bob"
    assert infos[-1].header.frame_id == images[-1].header.frame_id


def test_a_topic_that_the_bag_does_not_have_is_refused(bag, camera):
    node = camera(filename=str(bag), topic="/other")
    assert node.state == "unconfigured"
    assert "no images and no landmarks on /other; it has: /cam/image_raw" in node.fault


def test_a_bag_that_comes_later_is_found(write_bag, grey, tmp_path, camera):
    node = camera(filename=str(tmp_path / "later"), topic="/cam/image_raw")
    assert "there is no file" in node.fault
    write_bag(tmp_path / "later", {"/cam/image_raw": [grey(0)]})
    assert node.start()
    assert node.options.topic == "/cam/image_raw"


CHOICE = """
import sys

from x2c_perception.cameras.choice import choose_source_class

print(choose_source_class("0", sys.argv[1])[0].__name__)
assert not {"rosbags", "mcap", "sqlite3", "lz4", "zstandard"} & set(sys.modules)
"""


@pytest.mark.process
@pytest.mark.parametrize(("name", "source"), [("a.mp4", "VideoFile"), ("a.mcap", "BagCamera")])
def test_a_source_is_chosen_without_what_reads_bags(tmp_path, name, source):
    (tmp_path / name).write_bytes(b"something")
    done = subprocess.run(
        [sys.executable, "-c", CHOICE, str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
        timeout=400,
    )
    assert (done.stdout, done.stderr) == (f"{source}\n", "")


def test_a_bag_that_cannot_be_read_for_want_of_a_library_is_refused(bag, monkeypatch):
    monkeypatch.delitem(sys.modules, "x2c_bags.frames.camera_images", raising=False)
    monkeypatch.setitem(sys.modules, "x2c_bags.reading.bag_reader", None)
    with pytest.raises(SourceError, match=r"is a bag, .*needs the Python module .*bag_reader"):
        choose_source("0", str(bag)).open()
