# SPDX-License-Identifier: Apache-2.0
"""Collecting over topics: from the virtual robot's node as a process, and with parts missing."""

import cv2
import numpy as np
import pytest
from rclpy.duration import Duration
from sensor_msgs.msg import CompressedImage, Image, JointState
from std_msgs.msg import Header

from x2c_core.robot.robot_file import load_robot
from x2c_datasets.animation.animation import make_animation
from x2c_datasets.collect import capture_session
from x2c_datasets.collect.progress import duration_text
from x2c_datasets.collect.recorded import collect_recorded
from x2c_datasets.collect.rests import Rests, expected_duration
from x2c_datasets.collection_settings import CollectionSettings
from x2c_datasets.errors import CollectError
from x2c_datasets.formats import layout, read_data_set
from x2c_node.conversion.images import bgr_to_image, bgr_to_jpeg
from x2c_node.qos import IMAGE_PUBLISHER, STREAM
from x2c_node.robots import find_robot

CAMERA = "robot/image_raw/compressed"


@pytest.fixture(scope="module")
def robot():
    return load_robot(find_robot("virtual"))


@pytest.fixture(autouse=True)
def patience(monkeypatch):
    """Wait for nodes and images as long as it takes, and shortly for what need not be there."""
    monkeypatch.setattr(capture_session, "_START", 150.0)
    monkeypatch.setattr(capture_session, "_ARRIVAL", 60.0)
    monkeypatch.setattr(capture_session, "_PATIENCE", 60.0)
    monkeypatch.setattr(capture_session, "_LOOKING", 0.1)


def settings(**changes):
    basics = {"samples": 4, "seed": 2, "frames": 2, "camera": CAMERA, "tolerance": 60.0}
    return CollectionSettings("virtual", **(basics | changes))


def collect(robot, folder, chosen=None, **options):
    return collect_recorded(robot, chosen or settings(), folder, lambda pairs: None, **options)


@pytest.fixture
def driver(ros):
    """Take joint commands and answer none."""
    return ros.collect(JointState, "joint_commands", STREAM)


@pytest.fixture
def camera(ros):
    """Publish a grey image at 50 Hz; `camera.offset` shifts its stamps [s]."""

    class Camera:
        offset = 0.0
        stamps = True
        publisher = ros.publish(CompressedImage, CAMERA, IMAGE_PUBLISHER)

    def publish():
        header = _header(ros.node.get_clock().now(), Camera.offset) if Camera.stamps else Header()
        message = bgr_to_jpeg(np.full((8, 8, 3), 99, np.uint8), header)
        Camera.publisher.publish(message)

    ros.node.create_timer(0.02, publish)
    return Camera


def _header(now, offset=0.0):
    return Header(stamp=(now + Duration(nanoseconds=int(offset * 1e9))).to_msg())


def test_the_virtual_robot_is_imaged_as_it_was_commanded(robot, node_process, tmp_path):
    node_process("x2c_virtual_face", "virtual_face_node", parameters={"image_width": 64})
    chosen = settings(settle=0.05)
    outcome = collect(robot, tmp_path / "set", chosen)
    data = read_data_set(tmp_path / "set")
    assert outcome.pairs == len(data) == 4
    for pair in data:
        animation = make_animation(2, int(pair.animation[1:]), 2)
        assert pair.values == pytest.approx(animation.values[int(pair.image.stem)], abs=1e-6)
        assert pair.read_image().shape == (256, 64, 3)
    # Faces that differ in their values differ in their images.
    first, second = data[0].read_image().astype(int), data[2].read_image().astype(int)
    assert np.abs(first - second).max() > 20
    assert "--topics" in (tmp_path / "set" / layout.CARD).read_text()


def test_the_robot_stays_in_its_limits_and_comes_home(robot, driver, camera, tmp_path, wait_until):
    collect(robot, tmp_path / "set")
    wait_until(lambda: list(driver[-1].position) == list(robot.home), what="the way home")
    positions = np.array([message.position for message in driver])
    assert (positions >= robot.lower - 1e-9).all()
    assert (positions <= robot.upper + 1e-9).all()
    assert np.ptp(positions, axis=0).max() > 0.0
    assert list(driver[0].name) == list(robot.joint_names)


def test_a_camera_without_stamps_serves_and_that_is_said(robot, driver, camera, tmp_path):
    camera.stamps = False
    outcome = collect(robot, tmp_path / "set")
    assert outcome.pairs == len(read_data_set(tmp_path / "set")) == 4
    assert "the camera gives no stamps" in outcome.warnings[0]


def test_the_robot_rests_at_neutral_so_that_its_motors_cool(robot, driver, camera, tmp_path):
    said = []
    collect(robot, tmp_path / "set", rests=Rests(every=0.01, duration=1.0), say=said.append)
    assert said[0].startswith("4 poses take about ")
    assert "Ctrl-C brings the face to neutral" in said[0]
    assert said[1:] == ["resting for 1 s, so that the motors cool"] * 2
    at_home = [list(message.position) == list(robot.home) for message in driver]
    # Commands go on, so that no driver takes them for lost.
    assert sum(at_home) > 10


def test_the_duration_is_foreseen_with_its_rests(robot):
    chosen = settings(samples=200, frames=20, settle=1.0)
    bare = expected_duration(robot, chosen, range(10), Rests(duration=0.0))
    assert bare > 200.0
    assert bare / 2 == pytest.approx(
        expected_duration(robot, chosen, range(5), Rests(duration=0.0)), rel=0.3
    )
    rested = expected_duration(robot, chosen, range(10), Rests(every=bare / 3.5, duration=60.0))
    assert rested == pytest.approx(bare + 180.0)


@pytest.mark.parametrize(
    ("seconds", "text"), [(59.6, "60 s"), (119, "119 s"), (121, "2 min"), (6000, "1 h 40 min")]
)
def test_durations_are_said_as_people_do(seconds, text):
    assert duration_text(seconds) == text


def test_a_stopped_run_goes_on(robot, driver, camera, tmp_path, monkeypatch):
    written = []

    def stop(self, animation, shots):
        if written:
            raise KeyboardInterrupt
        written.append(animation)
        return write(self, animation, shots)

    from x2c_datasets.collect.store import AnimationStore

    write = AnimationStore.write
    with monkeypatch.context() as patch:
        patch.setattr(AnimationStore, "write", stop)
        with pytest.raises(KeyboardInterrupt):
            collect(robot, tmp_path / "set")
    assert len(read_data_set(tmp_path / "set")) == 2
    outcome = collect(robot, tmp_path / "set")
    assert (outcome.found, outcome.pairs) == (2, 4)
    assert len(read_data_set(tmp_path / "set")) == 4


def test_raw_images_do_too(robot, ros, driver, tmp_path):
    publisher = ros.publish(Image, "robot/image_raw", IMAGE_PUBLISHER)
    image = np.full((8, 8, 3), (10, 99, 200), np.uint8)

    def publish():
        publisher.publish(bgr_to_image(image, _header(ros.node.get_clock().now())))

    ros.node.create_timer(0.02, publish)
    collect(robot, tmp_path / "set", settings(samples=2, camera="robot/image_raw"))
    seen = read_data_set(tmp_path / "set")[0].read_image()
    assert np.abs(seen.astype(int) - image[..., ::-1]).max() < 8


@pytest.mark.parametrize("offset", [-5.0, 5.0])
def test_stamps_of_another_clock_are_told(robot, driver, camera, tmp_path, monkeypatch, offset):
    monkeypatch.setattr(capture_session, "_PATIENCE", 0.2)
    camera.offset = offset
    when = "before" if offset < 0 else "after"
    with pytest.raises(CollectError, match=rf"in a row .*{when} it.*clock"):
        collect(robot, tmp_path / "set", settings(samples=8, frames=8, tolerance=2.0))


def test_single_poses_without_an_image_are_left_out_and_listed(
    robot, driver, camera, tmp_path, monkeypatch
):
    jpeg = capture_session._jpeg
    seen = []

    def fail_once(message, quality):
        seen.append(message)
        if len(seen) == 2:
            message.data = [1, 2, 3]
        return jpeg(message, quality)

    monkeypatch.setattr(capture_session, "_jpeg", fail_once)
    outcome = collect(robot, tmp_path / "set")
    assert outcome.pairs == len(read_data_set(tmp_path / "set")) == 3
    assert "1 pose has no image" in outcome.warnings[0]
    assert "a000000 frame 1: " in outcome.warnings[0]
    assert "3 bytes are no image" in outcome.warnings[0]


@pytest.mark.parametrize("missing", ["driver", "camera"])
def test_what_is_not_there_is_told(robot, ros, tmp_path, monkeypatch, missing):
    monkeypatch.setattr(capture_session, "_START", 0.5)
    if missing == "camera":
        ros.collect(JointState, "joint_commands", STREAM)
    expected = {
        "driver": "nothing subscribes to /joint_commands: start the robot's driver",
        "camera": "no image on /robot/image_raw/compressed .*0 publishers.*--camera",
    }[missing]
    with pytest.raises(CollectError, match=expected):
        collect(robot, tmp_path / "set")


def test_another_node_that_commands_is_told(robot, ros, driver, camera, tmp_path, monkeypatch):
    monkeypatch.setattr(capture_session, "_LOOKING", 60.0)
    ros.publish(JointState, "joint_commands", STREAM)
    with pytest.raises(CollectError, match=r"others publish /joint_commands too.*stop the imit"):
        collect(robot, tmp_path / "set")


def test_png_images_become_jpeg(camera):
    image = np.full((8, 8, 3), 50, np.uint8)
    message = CompressedImage(format="png", data=cv2.imencode(".png", image)[1].tobytes())
    assert capture_session._jpeg(message, 90)[:2] == b"\xff\xd8"
