# SPDX-License-Identifier: Apache-2.0
"""The face tracker node over DDS: its executable, or in this process where that is quicker."""

import json
import os
import re
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticStatus
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from x2c_msgs.msg import FaceLandmarks
from x2c_node.conversion.headers import to_nanoseconds, to_stamp
from x2c_node.conversion.images import bgr_to_image, bgr_to_jpeg, image_to_bgr
from x2c_node.conversion.messages import face_from_message
from x2c_node.qos import IMAGE_PUBLISHER, IMAGE_SUBSCRIBER, LATCHED, NEWEST
from x2c_perception.face_tracker_node import FaceTrackerNode

TRACKER = "face_tracker_node"


@pytest.fixture
def tracker(node_process):
    def start(**parameters):
        return node_process(
            "x2c_perception", TRACKER, parameters={"diagnostics_period": 0.1, **parameters}
        )

    return start


@pytest.fixture
def node(ros):
    """Start the node in this process; quicker, where the executable is of no matter."""
    made = []

    def start(**parameters):
        values = {"diagnostics_period": 0.1, **parameters}
        words = [w for k, v in values.items() for w in ("-p", f"{k}:={json.dumps(v)}")]
        made.append(FaceTrackerNode(cli_args=["--ros-args", *words]))
        assert made[-1].start()
        return ros.add(made[-1])

    yield start
    # In the thread that spins the nodes, so that no callback is under way meanwhile.
    for one in made:
        stopped = threading.Event()

        def stop(one=one, stopped=stopped):
            one.stop()
            stopped.set()

        timer = ros.node.create_timer(0.001, stop)
        assert stopped.wait(150.0)
        timer.cancel()


class Camera:
    """Publishes an image at 30 Hz until it is stopped.

    Its stamps are multiples of its step, near the present unless a test sets others.
    """

    def __init__(self, ros, image, *, compressed=False):
        self.image = image
        self.step = 33_000_000
        self.nanoseconds = time.time_ns() // self.step * self.step
        self._compressed = compressed
        kind, topic = (
            (CompressedImage, "image_raw/compressed") if compressed else (Image, "image_raw")
        )
        self._publisher = ros.publish(kind, topic, IMAGE_PUBLISHER)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._ending.wait(0.033):
            header = Header(stamp=to_stamp(self.nanoseconds), frame_id="eye")
            convert = bgr_to_jpeg if self._compressed else bgr_to_image
            self._publisher.publish(convert(self.image, header))
            late = time.time_ns() - self.nanoseconds
            near = self.step and 0 < late < 60 * 10**9
            self.nanoseconds += self.step * max(1, late // self.step if near else 1)

    def stop(self):
        self._ending.set()
        self._thread.join(150.0)
        assert not self._thread.is_alive()


@pytest.fixture
def camera(ros, resting):
    made = []

    def start(image=None, **arguments):
        made.append(Camera(ros, resting if image is None else image, **arguments))
        return made[-1]

    yield start
    for one in made:
        one.stop()


@pytest.fixture
def faces(ros):
    return ros.collect(FaceLandmarks, "face", NEWEST)


def values(ros):
    status = ros.diagnosis(TRACKER)
    return {one.key: one.value for one in status.values} if status else {}


def saying(ros, text):
    def find():
        status = ros.diagnosis(TRACKER)
        return status if status is not None and text in status.message else None

    return find


def test_a_face_is_followed_lost_and_found_with_the_image_s_header(
    tracker, camera, faces, ros, resting, wait_until
):
    process = tracker()
    eye = camera()
    face = wait_until(lambda: faces, what="a face")[0]
    assert face.state == FaceLandmarks.TRACKING
    assert face.header.frame_id == "eye"
    assert to_nanoseconds(face.header.stamp) % eye.step == 0
    landmarks = face_from_message(face).landmarks
    height, width = resting.shape[:2]
    assert (face.image_width, face.image_height) == (width, height)
    assert 0.2 * width < landmarks[468, 0] < landmarks[473, 0] < 0.8 * width
    assert 0.5 < face.confidence <= 1.0
    assert face.track_id == 0
    assert face.head.position.z > 0.1

    eye.image = np.zeros_like(resting)
    lost = wait_until(
        lambda: [one for one in faces if one.state == FaceLandmarks.LOST], what="the loss"
    )[0]
    assert lost.track_id == 0
    assert lost.confidence == 0.0
    assert np.abs(np.asarray(lost.landmarks) - landmarks.ravel()).max() < 5.0
    assert wait_until(saying(ros, "person 0 is gone"), what="the loss in the diagnosis")

    eye.image = resting
    wait_until(lambda: faces[-1].state == FaceLandmarks.TRACKING, what="its return")
    assert wait_until(saying(ros, "following person"), what="its return in the diagnosis")
    assert process.stop() == 0


def test_compressed_images_are_taken(node, camera, faces, wait_until):
    node(image_transport="compressed")
    camera(compressed=True)
    wait_until(lambda: faces and faces[-1].state == FaceLandmarks.TRACKING, what="a face")


def test_a_new_person_s_neutral_face_is_latched(node, camera, faces, ros, wait_until):
    node()
    camera()
    wait_until(lambda: values(ros).get("neutral") == "estimated", what="the first estimate")
    assert values(ros)["neutral sureness"].endswith("%")
    assert values(ros)["neutral confidence"] == "100%"
    late = ros.collect(FaceLandmarks, "face/neutral", LATCHED)
    wait_until(lambda: late, what="the latched neutral face")
    neutral = face_from_message(late[-1])
    assert neutral.track_id == 0
    assert np.abs(neutral.landmarks - face_from_message(faces[-1]).landmarks).mean() < 8.0


def test_a_person_s_neutral_face_is_saved_and_loaded_at_the_next_start(
    node_inside, node, camera, ros, wait_until
):
    first = node_inside(FaceTrackerNode, parameters={"person": "Ada"})
    camera()
    saved = Path(os.environ["ROS_HOME"]) / "x2c" / "persons" / "Ada.npz"
    wait_until(saved.is_file, what="the file")
    assert first.stop() == 0

    node(person="Ada")
    loaded = ros.collect(FaceLandmarks, "face/neutral", LATCHED)
    wait_until(lambda: loaded and values(ros).get("neutral") == "loaded", what="the saved face")

    assert ros.transition(TRACKER, "deactivate")
    saved.write_bytes(b"damaged")
    assert ros.transition(TRACKER, "activate")
    wait_until(lambda: saved.stat().st_size > 1000, what="the file made anew")


def test_the_service_calibrates_anew(node, camera, ros, wait_until):
    node(automatic_calibration=False)
    camera()
    wait_until(saying(ros, "following person 0"), what="a face")
    assert values(ros)["neutral"] == "none"
    response = ros.call(Trigger, f"{TRACKER}/calibrate_neutral", Trigger.Request())
    assert response.success
    assert "relaxed face for 3 s" in response.message
    response = ros.call(Trigger, f"{TRACKER}/next_person", Trigger.Request())
    assert not response.success
    assert "max_faces" in response.message
    wait_until(lambda: "calibration progress" in values(ros), what="progress")
    wait_until(lambda: values(ros)["neutral"] == "final", what="the neutral face")


def test_broken_images_are_counted_and_the_node_lives(
    node_inside, camera, faces, ros, resting, wait_until
):
    node = node_inside(FaceTrackerNode, parameters={"diagnostics_period": 0.1})
    publisher = ros.publish(Image, "image_raw", IMAGE_PUBLISHER)
    wait_until(publisher.get_subscription_count, what="the subscription")
    good = bgr_to_image(resting, Header())

    def broken(**changes):
        fields = {name: getattr(good, name) for name in good.get_fields_and_field_types()}
        return Image(**{**fields, **changes})

    bad = [
        broken(encoding="jp2k"),
        broken(width=0, height=0),
        broken(data=good.data[:1000]),
        broken(step=3),
        broken(height=2**31),
        Image(),
    ]

    def counted():
        for image in bad:
            publisher.publish(image)
        return int(values(ros).get("image_raw refused", "0")) >= len(bad)

    wait_until(counted, what="the broken images to be counted")
    assert "image_raw: " in node.output
    assert node.output.count("unknown encoding") <= 3
    camera()
    wait_until(lambda: faces and faces[-1].state == FaceLandmarks.TRACKING, what="a face")


def test_waiting_for_images_says_why(tracker, ros, wait_until):
    # One process cannot have two types on one topic.
    tracker()
    status = wait_until(saying(ros, "there is no publisher"), what="no publisher")
    assert status.message.startswith("waiting for images on /image_raw: ")
    assert status.level == b"\x01"
    ros.publish(CompressedImage, "image_raw", IMAGE_PUBLISHER)
    wait_until(saying(ros, "set image_transport:=compressed"), what="the wrong type")


def test_waiting_for_images_tells_of_qualities_that_do_not_fit(node, ros, wait_until):
    node(**{"qos_overrides./image_raw.subscription.reliability": "reliable"})
    ros.publish(Image, "image_raw", IMAGE_SUBSCRIBER)
    wait_until(saying(ros, "incompatible QoS"), what="the reason")
    ros.publish(Image, "image_raw", IMAGE_PUBLISHER)
    wait_until(saying(ros, "Fast DDS profile"), what="the silent publisher")


def test_images_of_the_face_are_made_for_those_who_look(node, camera, ros, resting, wait_until):
    crops = ros.collect(Image, "face/crop", IMAGE_PUBLISHER)
    debug = ros.collect(Image, f"{TRACKER}/debug_image", IMAGE_PUBLISHER)
    node()
    camera()
    wait_until(lambda: crops and debug, what="both images")
    assert (crops[0].width, crops[0].height, crops[0].encoding) == (256, 256, "bgr8")
    assert crops[0].header.frame_id == "eye"
    drawn = image_to_bgr(debug[-1])
    assert drawn.shape == resting.shape
    assert np.abs(drawn.astype(int) - resting).mean() > 1.0


def test_time_that_jumps_back_makes_a_new_start(node, camera, faces, wait_until):
    made = node()
    eye = camera()
    wait_until(lambda: len(faces) > 5, what="faces")
    eye.nanoseconds = 10**6
    wait_until(lambda: made.statistics.counts["jumps in time"], what="the jump to be counted")
    wait_until(lambda: faces[-1].track_id == 1, what="the new start")


def test_smoothing_is_dynamic_and_validated(node, camera, faces, ros, wait_until):
    node()
    camera()
    wait_until(lambda: faces, what="a face")
    bad = ros.set_parameters(TRACKER, eyes_beta=-1.0) + ros.set_parameters(TRACKER, max_faces=2)
    good = ros.set_parameters(TRACKER, smoothing=False) + ros.set_parameters(TRACKER, pose_beta=2)
    assert [one.successful for one in bad + good] == [False, False, True, False]
    count = len(faces)
    wait_until(lambda: len(faces) > count + 3, what="more faces")


def test_a_person_is_saved_and_chosen_while_the_node_runs(node, camera, ros, wait_until):
    started = node()
    camera()
    wait_until(saying(ros, "following person 0"), what="a face")
    refused, taken = ros.set_parameters(TRACKER, person="../Ada") + ros.set_parameters(
        TRACKER, person="Ada"
    )
    assert (refused.successful, taken.successful) == (False, True)
    assert "expected a name of at most 64" in refused.reason
    saved = Path(os.environ["ROS_HOME"]) / "x2c" / "persons" / "Ada.npz"
    wait_until(saved.exists, what="the saved face")
    listed = ros.call(Trigger, f"{TRACKER}/list_people", Trigger.Request())
    assert (listed.success, listed.message) == (True, "Ada")
    ros.set_parameters(TRACKER, person="")
    ros.set_parameters(TRACKER, person="Ada")
    assert started._stage.calibration.origin == "loaded"


def test_a_name_that_is_a_path_refuses_to_configure(ros):
    node = ros.add(FaceTrackerNode(cli_args=["--ros-args", "-p", "person:=../../somebody"]))
    assert not node.start()
    assert node.state == "unconfigured"
    assert "expected a name" in node.fault


def test_images_without_stamps_get_the_time_of_their_arrival(node, camera, faces, ros, wait_until):
    made = node()
    begun = made.get_clock().now().nanoseconds
    crops = ros.collect(Image, "face/crop", IMAGE_PUBLISHER)
    eye = camera()
    eye.nanoseconds = eye.step = 0
    wait_until(
        lambda: len([one for one in faces if to_nanoseconds(one.header.stamp) > begun]) > 3,
        what="faces with a time of their own",
    )
    stamps = [to_nanoseconds(one.header.stamp) for one in faces]
    stamped = [one for one in stamps if one > begun]
    assert stamped == sorted(set(stamped))
    assert 0 not in stamps
    assert faces[-1].header.frame_id == "eye"
    wait_until(
        lambda: crops and to_nanoseconds(crops[-1].header.stamp) > begun,
        what="an image of the face with that time",
    )


@pytest.mark.parametrize(
    ("stamp", "step", "said"),
    [
        (5 * 10**9, 33_000_000, "with a stamp of another clock .* h behind; .*use_sim_time"),
        (None, 0, "with a stamp that stands still: their time of arrival is used"),
    ],
)
def test_stamps_that_cannot_be_are_told_and_replaced(
    node, camera, faces, ros, wait_until, stamp, step, said
):
    made = node()
    eye = camera()
    eye.nanoseconds, eye.step = stamp or eye.nanoseconds, step
    status = wait_until(saying(ros, "their time of arrival is used"), what="a warning")
    assert status.level == DiagnosticStatus.WARN
    assert re.search(said, status.message)
    begun = made.get_clock().now().nanoseconds
    wait_until(
        lambda: len([one for one in faces if to_nanoseconds(one.header.stamp) > begun]) > 3,
        what="faces with a time of their own",
    )
    wait_until(
        lambda: any(
            key.startswith("images with a stamp") and int(value) > 3
            for key, value in values(ros).items()
        ),
        what="a count of such images",
    )
