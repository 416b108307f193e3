# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rosbags.rosbag2 import StoragePlugin
from rosbags.typesys import Stores
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from x2c_bags.bag_player_node import BagPlayerNode
from x2c_node.conversion.headers import to_nanoseconds

QOS = QoSProfile(depth=100)
CLOCK_QOS = QoSProfile(depth=1000, reliability=ReliabilityPolicy.BEST_EFFORT)
SECOND = 1_000_000_000


@pytest.fixture
def play(ros):
    """Play a bag; returns the node, which is configured already."""

    def start(bag, **parameters):
        overrides = [
            Parameter(name, value=value)
            for name, value in {"bag": str(bag), "autostart": False, **parameters}.items()
        ]
        node = ros.add(BagPlayerNode(parameter_overrides=overrides))
        node.trigger_configure()
        return node

    return start


def stamps(messages):
    return [to_nanoseconds(one.header.stamp) for one in messages]


def shown(grey, count):
    return [grey(index) for index in range(count)]


@pytest.mark.parametrize(
    ("store", "plugin", "version"),
    [
        (Stores.ROS2_HUMBLE, StoragePlugin.SQLITE3, 8),
        (Stores.ROS2_HUMBLE, StoragePlugin.MCAP, 8),
        (Stores.ROS2_JAZZY, StoragePlugin.SQLITE3, 9),
        (Stores.ROS2_JAZZY, StoragePlugin.MCAP, 9),
        (Stores.ROS2_KILTED, StoragePlugin.SQLITE3, 9),
        (Stores.ROS2_KILTED, StoragePlugin.MCAP, 9),
    ],
)
def test_raw_images_of_any_distribution_are_played_as_they_were(
    ros, wait_until, play, write_bag, grey, tmp_path, store, plugin, version
):
    bag = write_bag(
        *(tmp_path / "bag", {"/cam/image_raw": shown(grey, 5)}),
        store=store,
        plugin=plugin,
        version=version,
    )
    images = ros.collect(Image, "image_raw", QOS)
    infos = ros.collect(CameraInfo, "camera_info", QOS)
    times = ros.collect(Clock, "/clock", CLOCK_QOS)
    node = play(bag)
    wait_until(
        lambda: node.count_subscribers("image_raw") and node.count_subscribers("camera_info"),
        what="subscriptions",
    )
    node.trigger_activate()
    wait_until(lambda: node.finished and len(images) == len(infos) == 5, what="the end")
    assert [image.data[0] for image in images] == [0, 1, 2, 3, 4]
    assert (images[0].width, images[0].height, images[0].encoding) == (64, 48, "bgr8")
    assert infos[0].distortion_model == "plumb_bob"
    np.testing.assert_array_equal(infos[0].k, np.arange(9))
    assert stamps(images) == stamps(infos) == sorted(stamps(images))
    clock = [to_nanoseconds(one.clock) for one in times]
    assert clock == sorted(clock)
    assert clock[-1] <= stamps(images)[-1]


def test_compressed_images_go_to_the_compressed_topic(
    ros, wait_until, play, write_bag, grey, tmp_path
):
    bag = write_bag(tmp_path / "bag", {"/cam/image_raw/compressed": shown(grey, 3)})
    images = ros.collect(CompressedImage, "image_raw/compressed", QOS)
    node = play(bag)
    node.trigger_activate()
    wait_until(lambda: node.finished and len(images) == 3, what="the end")
    assert {image.format for image in images} == {"jpeg"}


def test_in_a_loop_stamps_and_clock_jump_back(ros, wait_until, play, write_bag, grey, tmp_path):
    bag = write_bag(tmp_path / "bag", {"/image_raw": shown(grey, 3)})
    images = ros.collect(Image, "image_raw", QOS)
    times = ros.collect(Clock, "/clock", CLOCK_QOS)
    node = play(bag, loop=True, rate=5.0)
    node.trigger_activate()
    wait_until(lambda: len(images) >= 7, what="two passes")
    node.trigger_deactivate()
    first = stamps(images)[:7]
    assert first == [*first[:3], *first[:3], first[0]]

    def jumps():
        return (np.diff([to_nanoseconds(one.clock) for one in list(times)]) < 0).sum()

    # There are more times than images, so they may come later.
    wait_until(lambda: jumps() >= 2, what="both jumps of the clock")


def test_images_without_a_stamp_get_the_time_of_the_bag(
    ros, wait_until, play, write_bag, grey, tmp_path
):
    times = [5 * SECOND, 6 * SECOND]
    bag = write_bag(tmp_path / "bag", {"/image_raw": shown(grey, 2)}, stamps=[0, 0], times=times)
    images = ros.collect(Image, "image_raw", QOS)
    node = play(bag, rate=20.0)
    node.trigger_activate()
    wait_until(lambda: node.finished and len(images) == 2, what="the end")
    assert stamps(images) == times
    assert node.diagnosis().values["stamps made of the bag's time"] == "2"


def test_backward_times_and_other_sizes_are_played_to_the_end(
    ros, wait_until, play, write_bag, grey, tmp_path
):
    times = [9000 * SECOND, 9001 * SECOND, 5 * SECOND, 0, 6 * SECOND]
    sizes = [(64, 48), (32, 24), (64, 48), (8, 8), (640, 480)]
    images_made = [grey(1, *size) for size in sizes]
    bag = write_bag(tmp_path / "bag", {"/image_raw": images_made}, stamps=times)
    images = ros.collect(Image, "image_raw", QOS)
    node = play(bag, rate=20.0)
    node.trigger_activate()
    wait_until(lambda: node.finished and len(images) == 5, what="the end")
    assert [(image.width, image.height) for image in images] == sizes
    assert int(node.diagnosis().values["jumps in time"]) >= 1


def test_a_bag_that_breaks_off_is_played_up_to_there(ros, wait_until, play, make_bag, tmp_path):
    bag = make_bag(tmp_path / "bag", frames=10, finish=False)
    file = bag / "bag_0.mcap"
    file.write_bytes(file.read_bytes()[:-20])
    images = ros.collect(CompressedImage, "image_raw/compressed", QOS)
    node = play(bag, rate=10.0)
    node.trigger_activate()
    wait_until(lambda: node.finished and len(images) >= 9, what="the end")
    assert any("breaks off" in issue for issue in node.issues)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"", "is empty"), (b"GIF89a", "begins like neither MCAP nor sqlite3"), (None, "no bag at")],
)
def test_what_is_no_bag_is_refused(play, tmp_path, content, said):
    file = tmp_path / "bag.mcap"
    if content is not None:
        file.write_bytes(content)
    node = play(file)
    assert node.state == "unconfigured"
    assert said in node.fault


def test_several_cameras_are_listed(play, write_bag, grey, tmp_path):
    bag = write_bag(
        tmp_path / "bag", {"/l/image_raw": [grey(1)], "/r/image_raw/compressed": [grey(1)]}
    )
    node = play(bag)
    assert "/l/image_raw" in node.fault
    assert "/r/image_raw/compressed" in node.fault
    assert "topic" in node.fault
    assert play(bag, topic="/r/image_raw/compressed").state == "inactive"
