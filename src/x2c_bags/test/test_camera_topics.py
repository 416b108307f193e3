# SPDX-License-Identifier: Apache-2.0
import pytest

from x2c_bags.errors import TopicError
from x2c_bags.frames.camera_topics import CameraTopic, choose_camera
from x2c_bags.reading.bag_reader import BagReader
from x2c_bags.schema.topics import TOPICS, Part
from x2c_bags.writing.bag_writer import BagWriter


def camera(bag, wanted=""):
    return choose_camera(BagReader(bag), wanted)


def test_the_only_camera_is_taken_with_its_calibration(tmp_path, write_bag, grey):
    bag = write_bag(tmp_path / "bag", {"/cam/color/image_raw": [grey(1)]})
    assert camera(bag) == CameraTopic("/cam/color/image_raw", False, "/cam/color/camera_info")


def test_compressed_images_have_the_calibration_of_the_raw_ones(tmp_path, write_bag, grey):
    bag = write_bag(tmp_path / "bag", {"/cam/image_raw/compressed": [grey(1)]})
    assert camera(bag) == CameraTopic("/cam/image_raw/compressed", True, "/cam/camera_info")


def test_our_own_bags_say_which_it_is(tmp_path, make_bag):
    bag = make_bag(tmp_path / "bag", frames=1)
    assert camera(bag) == CameraTopic("/image_raw/compressed", True, "/camera_info")


def test_of_several_cameras_the_user_chooses(tmp_path, write_bag, grey):
    bag = write_bag(tmp_path / "bag", {"/l/image_raw": [grey(1)], "/r/image_raw": [grey(1)]})
    with pytest.raises(TopicError, match=r"several.*/l/image_raw.*/r/image_raw.*topic"):
        camera(bag)
    assert camera(bag, "r/image_raw").name == "/r/image_raw"


def test_a_bag_without_images_cannot_be_played(tmp_path, messages):
    topics = {f"/{one.part}": one for one in TOPICS if one.part is Part.FACE}
    writer = BagWriter(tmp_path / "bag", topics, "publication")
    writer.write(Part.FACE, 1, messages.of_frame(Part.FACE, 0, 1, (8, 8)))
    writer.close()
    with pytest.raises(TopicError, match=r"no camera images, only landmarks on /face"):
        camera(tmp_path / "bag")
