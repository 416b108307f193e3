# SPDX-License-Identifier: Apache-2.0
import pytest

from x2c_evaluation.camera_topics import COMPRESSED, IMAGE, INFO, CameraTopic, choose_camera
from x2c_evaluation.errors import BagError
from x2c_evaluation.sources.storage import BagTopic
from x2c_evaluation.topics import Part


def topics(**counts):
    """Return topics by name; underscores are slashes, and the name tells the type."""
    made = {}
    for name, count in counts.items():
        topic = "/" + name.replace("__", "/")
        kind = COMPRESSED if topic.endswith("compressed") else IMAGE
        kind = INFO if topic.endswith("camera_info") else kind
        made[topic] = BagTopic(topic, kind, count=count)
    return made


def test_the_only_camera_is_taken_with_its_calibration():
    there = topics(cam__color__image_raw=9, cam__color__camera_info=9)
    assert choose_camera(there, {}) == CameraTopic(
        "/cam/color/image_raw", False, 9, "/cam/color/camera_info"
    )


def test_compressed_images_have_the_calibration_of_the_raw_ones():
    there = topics(cam__image_raw__compressed=9, cam__camera_info=9)
    assert choose_camera(there, {}) == CameraTopic(
        "/cam/image_raw/compressed", True, 9, "/cam/camera_info"
    )


@pytest.mark.parametrize(
    ("raw", "compressed", "chosen"),
    [(9, 9, "/image_raw"), (3, 9, "/image_raw/compressed"), (0, 9, "/image_raw/compressed")],
)
def test_of_raw_and_compressed_the_one_with_more_images_is_taken(raw, compressed, chosen):
    there = topics(image_raw=raw, image_raw__compressed=compressed)
    assert choose_camera(there, {}).name == chosen


def test_our_own_bags_say_which_it_is():
    there = topics(image_raw__compressed=9, side__image_raw=20, robot__image_raw__compressed=30)
    parts = {"/image_raw/compressed": Part.CAMERA_IMAGE}
    assert choose_camera(there, parts).name == "/image_raw/compressed"


def test_pictures_of_the_robot_are_no_camera_of_a_person():
    there = topics(webcam__image_raw=9, robot__image_raw__compressed=30, x__debug_image=9)
    assert choose_camera(there, {}).name == "/webcam/image_raw"


def test_of_several_cameras_the_user_chooses():
    there = topics(left__image_raw=9, right__image_raw=8)
    with pytest.raises(BagError, match=r"/left/image_raw \(9 images\), /right.*with `topic`"):
        choose_camera(there, {})
    assert choose_camera(there, {}, "right/image_raw").name == "/right/image_raw"


def test_a_bag_without_images_says_so():
    with pytest.raises(BagError, match="no images at all"):
        choose_camera(topics(camera_info=3), {})
    with pytest.raises(BagError, match=r"no images on /x; it has: /y/image_raw \(1 images\)"):
        choose_camera(topics(y__image_raw=1), {}, "/x")
