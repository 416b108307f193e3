# SPDX-License-Identifier: Apache-2.0
"""The face tracker node as its users meet it: the installed executable, over DDS."""

import threading

import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import CompressedImage, Image
from std_msgs.msg import Header
from std_srvs.srv import Trigger

from x2c_msgs.msg import FaceLandmarks
from x2c_node.images import bgr_to_image, bgr_to_jpeg, image_to_bgr
from x2c_node.messages import face_from_message
from x2c_node.quality import IMAGE_PUBLISHER, LATCHED, NEWEST
from x2c_node.stamps import to_nanoseconds, to_stamp

TRACKER = "face_tracker_node"


@pytest.fixture
def tracker(node_process):
    def start(**parameters):
        return node_process(
            "x2c_perception", TRACKER, parameters={"diagnostics_period": 0.1, **parameters}
        )

    return start


class Camera:
    """Publishes a picture at 50 Hz, with stamps of its own, until it is stopped."""

    def __init__(self, ros, picture, *, compressed=False):
        self.picture = picture
        self.nanoseconds = 10**9
        self.step = 33_000_000
        self._compressed = compressed
        kind, topic = (
            (CompressedImage, "image_raw/compressed") if compressed else (Image, "image_raw")
        )
        self._publisher = ros.publish(kind, topic, IMAGE_PUBLISHER)
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while not self._ending.wait(0.02):
            header = Header(stamp=to_stamp(self.nanoseconds), frame_id="eye")
            convert = bgr_to_jpeg if self._compressed else bgr_to_image
            self._publisher.publish(convert(self.picture, header))
            self.nanoseconds += self.step

    def stop(self):
        self._ending.set()
        self._thread.join()


@pytest.fixture
def camera(ros, portrait):
    made = []

    def start(picture=None, **arguments):
        made.append(Camera(ros, portrait if picture is None else picture, **arguments))
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
    tracker, camera, faces, ros, portrait, wait_until
):
    process = tracker()
    eye = camera()
    face = wait_until(lambda: faces, what="a face")[0]
    assert face.state == FaceLandmarks.TRACKING
    assert face.header.frame_id == "eye"
    assert to_nanoseconds(face.header.stamp) % 33_000_000 == 10**9 % 33_000_000
    assert (face.image_width, face.image_height) == (256, 256)
    landmarks = face_from_message(face).landmarks
    assert 60 < landmarks[468, 0] < landmarks[473, 0] < 190
    assert 0.5 < face.confidence <= 1.0
    assert face.track_id == 0
    assert face.head.position.z > 0.1

    eye.picture = np.zeros_like(portrait)
    lost = wait_until(
        lambda: [one for one in faces if one.state == FaceLandmarks.LOST], what="the loss"
    )[0]
    assert lost.track_id == 0
    assert lost.confidence == 0.0
    assert np.abs(np.asarray(lost.landmarks) - landmarks.ravel()).max() < 5.0
    assert wait_until(saying(ros, "person 0 is gone"), what="the loss in the diagnosis")

    eye.picture = portrait
    wait_until(lambda: faces[-1].state == FaceLandmarks.TRACKING, what="its return")
    assert wait_until(saying(ros, "following person"), what="its return in the diagnosis")
    assert process.stop() == 0


def test_compressed_images_are_taken(tracker, camera, faces, wait_until):
    tracker(image_transport="compressed")
    camera(compressed=True)
    wait_until(lambda: faces and faces[-1].state == FaceLandmarks.TRACKING, what="a face")


def test_a_new_person_s_neutral_face_is_latched(tracker, camera, faces, ros, wait_until):
    tracker()
    camera()
    wait_until(lambda: values(ros).get("neutral") == "final", what="the end of the calibration")
    late = ros.collect(FaceLandmarks, "face/neutral", LATCHED)
    wait_until(lambda: late, what="the latched neutral face")
    neutral = face_from_message(late[-1])
    assert neutral.track_id == 0
    assert np.abs(neutral.landmarks - face_from_message(faces[-1]).landmarks).mean() < 3.0


def test_a_person_s_neutral_face_is_saved_and_loaded_at_the_next_start(
    tracker, camera, ros, tmp_path, node_process, wait_until
):
    home = {"ROS_HOME": str(tmp_path)}
    arguments = {
        "parameters": {"person": "Ada", "diagnostics_period": 0.1},
        "environment": home,
    }
    first = node_process("x2c_perception", TRACKER, **arguments)
    camera()
    saved = tmp_path / "x2c" / "persons" / "Ada.npz"
    wait_until(saved.is_file, what="the file")
    assert first.stop() == 0

    second = node_process("x2c_perception", TRACKER, **arguments)
    late = ros.collect(FaceLandmarks, "face/neutral", LATCHED)
    wait_until(lambda: late and values(ros).get("neutral") == "loaded", what="the loaded face")
    assert second.stop() == 0

    saved.write_bytes(b"damaged")
    third = node_process("x2c_perception", TRACKER, **arguments)
    wait_until(lambda: "calibrating anew" in third.output, what="the warning")
    wait_until(lambda: saved.stat().st_size > 1000, what="the file made anew")


def test_the_service_calibrates_anew(tracker, camera, ros, wait_until):
    tracker(automatic_calibration=False)
    camera()
    wait_until(saying(ros, "following person 0"), what="a face")
    assert values(ros)["neutral"] == "none"
    response = ros.call(Trigger, f"{TRACKER}/calibrate_neutral", Trigger.Request())
    assert response.success
    assert "relaxed face for 3 s" in response.message
    wait_until(lambda: "calibration progress" in values(ros), what="progress")
    wait_until(lambda: values(ros)["neutral"] == "final", what="the neutral face")


def test_broken_images_are_counted_and_the_node_lives(
    tracker, camera, faces, ros, portrait, wait_until
):
    process = tracker()
    publisher = ros.publish(Image, "image_raw", IMAGE_PUBLISHER)
    wait_until(publisher.get_subscription_count, what="the subscription")
    good = bgr_to_image(portrait, Header())

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
    assert "image_raw: " in process.output
    assert process.output.count("unknown encoding") <= 3
    camera()
    wait_until(lambda: faces and faces[-1].state == FaceLandmarks.TRACKING, what="a face")


@pytest.mark.parametrize(
    ("kind", "qos", "parameters", "reason"),
    [
        (None, None, {}, "nobody publishes there"),
        (CompressedImage, IMAGE_PUBLISHER, {}, "set image_transport:=compressed"),
        (Image, IMAGE_PUBLISHER, {}, "Fast DDS profile"),
        (
            Image,
            QoSProfile(
                depth=1,
                reliability=ReliabilityPolicy.BEST_EFFORT,
                durability=DurabilityPolicy.VOLATILE,
            ),
            {"qos_overrides./image_raw.subscription.reliability": "reliable"},
            "incompatible QoS",
        ),
    ],
)
def test_waiting_for_images_says_why(tracker, ros, kind, qos, parameters, reason, wait_until):
    tracker(**parameters)
    if kind is not None:
        ros.publish(kind, "image_raw", qos)
    status = wait_until(saying(ros, reason), what="the reason")
    assert status.message.startswith("waiting for images on /image_raw: ")
    assert status.level == b"\x01"


def test_pictures_of_the_face_are_made_for_those_who_look(
    tracker, camera, ros, portrait, wait_until
):
    crops = ros.collect(Image, "face/crop", IMAGE_PUBLISHER)
    debug = ros.collect(Image, f"{TRACKER}/debug_image", IMAGE_PUBLISHER)
    tracker()
    camera()
    wait_until(lambda: crops and debug, what="both pictures")
    assert (crops[0].width, crops[0].height, crops[0].encoding) == (256, 256, "bgr8")
    assert crops[0].header.frame_id == "eye"
    drawn = image_to_bgr(debug[-1])
    assert drawn.shape == portrait.shape
    assert np.abs(drawn.astype(int) - portrait).mean() > 1.0


def test_time_that_jumps_back_makes_a_new_start(tracker, camera, faces, wait_until):
    process = tracker()
    eye = camera()
    wait_until(lambda: len(faces) > 5, what="faces")
    eye.nanoseconds = 10**6
    wait_until(lambda: "stamps jumped" in process.output, what="the jump to be told")
    wait_until(lambda: faces[-1].track_id == 1, what="the new start")


def test_smoothing_is_dynamic_and_validated(tracker, camera, faces, ros, wait_until):
    tracker()
    camera()
    wait_until(lambda: faces, what="a face")
    bad = ros.set_parameters(TRACKER, eyes_beta=-1.0) + ros.set_parameters(TRACKER, max_faces=2)
    good = ros.set_parameters(TRACKER, smoothing=False) + ros.set_parameters(TRACKER, pose_beta=2)
    assert [one.successful for one in bad + good] == [False, False, True, False]
    count = len(faces)
    wait_until(lambda: len(faces) > count + 3, what="more faces")


def test_a_name_that_is_a_path_refuses_to_configure(tracker, ros, wait_until):
    process = tracker(person="../../somebody")
    wait_until(lambda: "expected a name" in process.output, what="the reason")
    assert ros.state(TRACKER) == "unconfigured"
    assert process.running


def test_images_without_stamps_are_followed(tracker, camera, faces, wait_until):
    tracker()
    eye = camera()
    eye.nanoseconds = eye.step = 0
    wait_until(lambda: any(to_nanoseconds(one.header.stamp) == 0 for one in faces), what="a face")
