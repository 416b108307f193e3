# SPDX-License-Identifier: Apache-2.0
"""The camera node over DDS: the installed executable, then in this process."""

import itertools
import json

import cv2
import numpy as np
import pytest
import yaml
from builtin_interfaces.msg import Time
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.qos import QoSProfile
from rosgraph_msgs.msg import Clock
from sensor_msgs.msg import CameraInfo, CompressedImage, Image

from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.conversion.images import compressed_to_bgr, image_to_bgr
from x2c_node.qos import IMAGE_PUBLISHER, IMAGE_SUBSCRIBER
from x2c_perception.camera_node import CameraNode


@pytest.fixture
def camera(node_inside):
    def start(**parameters):
        return node_inside(CameraNode, parameters={"diagnostics_period": 0.1, **parameters})

    return start


def diagnosis(ros, contains):
    def find():
        status = ros.diagnosis("camera_node")
        return status if status is not None and contains in status.message else None

    return find


def test_a_video_is_published_with_regular_stamps(node_process, ros, write_video, wait_until):
    images = ros.collect(Image, "image_raw", IMAGE_SUBSCRIBER)
    before = ros.node.get_clock().now().nanoseconds
    video = write_video(images=20, rate=20.0)
    parameters = {"filename": str(video), "loop": True, "frame_id": "eye"}
    process = node_process("x2c_perception", "camera_node", parameters=parameters)
    wait_until(lambda: len(images) >= 25, what="images beyond the end of the video")
    first = images[0]
    assert (first.encoding, first.width, first.height, first.step) == ("bgr8", 64, 48, 192)
    assert first.header.frame_id == "eye"
    stamps = np.array([to_nanoseconds(image.header.stamp) for image in images]) * 1e-9
    assert before * 1e-9 < stamps[0] < ros.node.get_clock().now().nanoseconds * 1e-9
    assert np.diff(stamps).min() > 0.04
    assert process.stop() == 0
    assert "end of file" not in process.output


def test_image_compressed_image_and_info_agree(camera, ros, write_video, wait_until):
    images = ros.collect(Image, "image_raw", IMAGE_PUBLISHER)
    compressed = ros.collect(CompressedImage, "image_raw/compressed", IMAGE_PUBLISHER)
    infos = ros.collect(CameraInfo, "camera_info", IMAGE_PUBLISHER)
    camera(filename=str(write_video()), loop=True, framerate=20.0, jpeg_quality=95)

    def common():
        by_stamp = [
            {to_nanoseconds(one.header.stamp): one for one in list(messages)}
            for messages in (images, compressed, infos)
        ]
        stamps = set(by_stamp[0]) & set(by_stamp[1]) & set(by_stamp[2])
        return [tuple(one[stamp] for one in by_stamp) for stamp in stamps]

    image, jpeg, info = wait_until(common, what="one image in all three ways")[0]
    assert "jpeg" in jpeg.format
    difference = image_to_bgr(image).astype(int) - compressed_to_bgr(jpeg)
    assert np.abs(difference).max() < 5
    assert (info.width, info.height) == (64, 48)
    assert not info.k.any()
    assert image.header == jpeg.header == info.header


def test_images_are_turned_for_all_that_use_them(camera, ros, tmp_path, wait_until):
    shown = np.zeros((48, 64, 3), np.uint8)
    shown[:8, :8] = 255
    cv2.imwrite(str(tmp_path / "corner.png"), shown)
    images = ros.collect(Image, "image_raw", IMAGE_PUBLISHER)
    infos = ros.collect(CameraInfo, "camera_info", IMAGE_PUBLISHER)
    camera(filename=str(tmp_path / "corner.png"), rotate=90)
    wait_until(lambda: images and infos, what="images")
    assert (image_to_bgr(images[-1]) == cv2.rotate(shown, cv2.ROTATE_90_CLOCKWISE)).all()
    assert (infos[-1].width, infos[-1].height) == (48, 64)


def test_a_turn_that_is_none_by_quarters_is_refused(ros, write_video):
    arguments = ["--ros-args", "-p", f"filename:={write_video()}", "-p", "rotate:=45"]
    node = ros.add(CameraNode(cli_args=arguments))
    assert not node.start()
    assert "rotate: expected 0, 90, 180 or 270 degrees, got 45" in node.fault


def test_a_file_without_loop_is_published_once_and_its_end_is_told(
    camera, ros, write_video, wait_until
):
    every = QoSProfile(depth=10)
    images = ros.collect(Image, "image_raw", every)
    node = camera(
        filename=str(write_video(images=5)),
        wait_for_subscriber=True,
        # Else the newest image takes the place of one that has not been taken.
        **{"qos_overrides./image_raw.publisher.depth": every.depth},
    )
    status = wait_until(diagnosis(ros, "end of file"), what="the end in the diagnosis")
    assert {v.key: v.value for v in status.values}["finished"] == "True"
    wait_until(lambda: len(images) == 5, what="all five images")
    assert ros.state("camera_node") == "active"
    node.wait_for("end of file")
    assert node.output.count("end of file") == 1
    assert node.stop() == 0


def test_a_file_that_is_no_video_refuses_to_configure(camera, ros, tmp_path, wait_until):
    (tmp_path / "text.mp4").write_text("no video")
    node = camera(filename=str(tmp_path / "text.mp4"))
    status = wait_until(diagnosis(ros, "is not a video"), what="the reason")
    assert status.level == b"\x02"
    assert ros.state("camera_node") == "unconfigured"
    assert "text.mp4 is not a video" in node.output


def test_a_camera_that_is_not_there_is_told_and_looked_for(camera, ros, wait_until):
    diagnoses = ros.collect(DiagnosticArray, "/diagnostics")
    node = camera(video_device="/dev/video98765")

    def trials():
        told = [one for array in list(diagnoses) for one in array.status]
        return [one for one in told if "trying again in" in one.message]

    def waits():
        return {one.message.partition("trying again in ")[2] for one in trials()}

    wait_until(lambda: len(waits()) >= 3, what="three trials, each after a longer wait")
    assert {one.level for one in trials()} == {b"\x02"}
    assert all("no camera /dev/video98765" in one.message for one in trials())
    assert ros.state("camera_node") == "active"
    node.wait_for("no camera")
    assert node.output.count("no camera") == 1
    assert node.stop() == 0


def test_a_calibration_is_published(camera, ros, write_video, tmp_path, wait_until):
    k = [60.0, 0.0, 32.0, 0.0, 60.0, 24.0, 0.0, 0.0, 1.0]
    eye = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    p = [60.0, 0.0, 32.0, 0.0, 0.0, 60.0, 24.0, 0.0, 0.0, 0.0, 1.0, 0.0]
    content = {
        "image_width": 64,
        "image_height": 48,
        "camera_matrix": {"data": k},
        "distortion_model": "plumb_bob",
        "distortion_coefficients": {"data": [0.1, 0.0, 0.0, 0.0, 0.0]},
        "rectification_matrix": {"data": eye},
        "projection_matrix": {"data": p},
    }
    path = tmp_path / "calibration.yaml"
    path.write_text(yaml.safe_dump(content))
    infos = ros.collect(CameraInfo, "camera_info", IMAGE_SUBSCRIBER)
    camera(filename=str(write_video()), loop=True, camera_info_url=path.as_uri())
    info = wait_until(lambda: infos, what="camera_info")[0]
    assert info.k.tolist() == k
    assert info.p.tolist() == p
    assert info.distortion_model == "plumb_bob"


def test_a_calibration_that_cannot_be_read_leaves_the_camera_uncalibrated(
    ros, write_video, wait_until
):
    infos = ros.collect(CameraInfo, "camera_info", IMAGE_SUBSCRIBER)
    url = "package://no_such_package/camera.yaml"
    words = {"filename": str(write_video()), "loop": "true", "camera_info_url": url}
    arguments = [word for key, value in words.items() for word in ("-p", f"{key}:={value}")]
    node = ros.add(CameraNode(cli_args=["--ros-args", *arguments]))
    assert node.start()
    info = wait_until(lambda: infos, what="camera_info")[0]
    assert (info.width, info.k.any()) == (64, False)
    assert "no package 'no_such_package'" in node.diagnose().values["calibration"]
    node.stop()


def test_an_image_is_published_until_the_node_stops(camera, ros, tmp_path, wait_until):
    cv2.imwrite(str(tmp_path / "one.png"), np.full((20, 30, 3), 77, np.uint8))
    images = ros.collect(Image, "image_raw", IMAGE_SUBSCRIBER)
    node = camera(filename=str(tmp_path / "one.png"), framerate=50.0)
    wait_until(lambda: len(images) >= 10, what="ten images")
    assert (image_to_bgr(images[0]) == 77).all()
    assert node.stop() == 0


def test_without_a_clock_nothing_is_published_and_that_is_said(
    camera, ros, write_video, wait_until
):
    images = ros.collect(Image, "image_raw", IMAGE_SUBSCRIBER)
    node = camera(filename=str(write_video()), loop=True, use_sim_time=True)
    wait_until(diagnosis(ros, "waiting for /clock; "), what="the reason in the diagnosis")
    node.wait_for("waiting for /clock: use_sim_time is true, and no node has published")
    assert images == []
    clock = ros.publish(Clock, "/clock")

    # Time of a simulator begins at 0, and an image before the first of it has no stamp.
    times = itertools.chain([Time(nanosec=1)], itertools.repeat(Time(sec=100)))

    def tick():
        clock.publish(Clock(clock=next(times)))
        return len(images) >= 2

    wait_until(tick, what="images")
    assert all(99 <= image.header.stamp.sec <= 100 for image in images)
    assert node.stop() == 0
    assert "negative" not in node.output


def test_the_lifecycle_is_obeyed(ros, write_video, wait_until):
    images = ros.collect(Image, "image_raw", IMAGE_SUBSCRIBER)
    overrides = {"filename": str(write_video()), "loop": True, "autostart": False}
    arguments = [word for k, v in overrides.items() for word in ("-p", f"{k}:={json.dumps(v)}")]
    node = ros.add(CameraNode(cli_args=["--ros-args", *arguments]))
    for _ in range(2):
        assert ros.transition("camera_node", "configure")
        assert ros.transition("camera_node", "activate")
        images.clear()
        wait_until(lambda: len(images) >= 3, what="images")
        assert not node.finished
        assert ros.transition("camera_node", "deactivate")
        assert ros.transition("camera_node", "cleanup")
    assert ros.state("camera_node") == "unconfigured"
    assert node.count_publishers("image_raw") == 0


def test_the_source_cannot_be_changed_while_running(camera, ros, write_video):
    camera(filename=str(write_video()), loop=True)
    (read_only,) = ros.set_parameters("camera_node", video_device="3")
    assert not read_only.successful
    good, bad = itertools.chain.from_iterable(
        ros.set_parameters("camera_node", jpeg_quality=quality) for quality in (50, 500)
    )
    assert good.successful
    assert not bad.successful
