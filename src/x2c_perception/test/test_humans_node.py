# SPDX-License-Identifier: Apache-2.0
"""The followed person under /humans, over ROS."""

import dataclasses

import numpy as np
import pytest
from rcl_interfaces.msg import Log
from rclpy.lifecycle import TransitionCallbackReturn
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from x2c_core.face.frames import NO_TRACK, FaceState
from x2c_msgs.msg import FaceLandmarks
from x2c_node.conversion.headers import to_stamp
from x2c_node.conversion.images import bgr_to_image, image_to_bgr
from x2c_node.conversion.messages import face_to_message
from x2c_node.diagnostics import Level
from x2c_node.qos import IMAGE_PUBLISHER, LATCHED, NEWEST, STREAM
from x2c_perception import humans_node
from x2c_perception.humans_messages import MISSING, hri_messages
from x2c_perception.humans_node import TRACKED, HumansNode

HEADER = Header(stamp=to_stamp(5_000_000_000), frame_id="camera_optical_frame")
HRI = hri_messages()
needs_hri_msgs = pytest.mark.skipif(HRI is None, reason="hri_msgs is not installed")


@pytest.fixture
def start(ros):
    def start():
        node = ros.add(HumansNode())
        assert node.start()
        return node

    return start


@pytest.fixture
def show(ros, wait_until, make_face):
    """Publish a face and its image until something has come of it."""
    faces = ros.publish(FaceLandmarks, "face", NEWEST)
    images = ros.publish(Image, "face/crop", IMAGE_PUBLISHER)
    crop = bgr_to_image(np.full((256, 256, 3), 90, np.uint8), HEADER)

    def show(until, what, **face):
        def shown():
            faces.publish(face_to_message(make_face(**face), HEADER))
            images.publish(crop)
            return until()

        return wait_until(shown, what=what)

    return show


def test_without_the_package_one_sentence_says_so(ros, start, wait_until, monkeypatch):
    logged = ros.collect(Log, "/rosout", STREAM)
    monkeypatch.setattr(humans_node, "hri_messages", lambda: None)
    node = start()
    assert node.state == "active"
    diagnosis = node.diagnosis()
    assert diagnosis.level is Level.WARN
    assert diagnosis.message == "hri_msgs is not installed"
    wait_until(lambda: [one for one in logged if one.msg == MISSING], what="the sentence")
    assert len([one for one in logged if "hri_msgs" in one.msg]) == 1


@needs_hri_msgs
def test_a_person_is_published_as_rep_155_says(ros, start, show):
    start()
    ids = ros.collect(HRI.IdsList, TRACKED, NEWEST)
    regions = ros.collect(HRI.NormalizedRegionOfInterest2D, "/humans/faces/p3/roi", NEWEST)
    landmarks = ros.collect(HRI.FacialLandmarks, "/humans/faces/p3/landmarks", NEWEST)
    images = [
        ros.collect(Image, f"/humans/faces/p3/{name}", NEWEST) for name in ("cropped", "aligned")
    ]
    show(lambda: ids and regions and landmarks and all(images), "all topics", track_id=3)
    assert list(ids[-1].ids) == ["p3"]
    assert regions[-1].header == landmarks[-1].header == HEADER
    assert 0.0 < regions[-1].xmin < 0.5 < regions[-1].xmax < 1.0
    assert (landmarks[-1].width, landmarks[-1].height) == (640, 480)
    assert len(landmarks[-1].landmarks) == 70
    pupil = landmarks[-1].landmarks[HRI.FacialLandmarks.RIGHT_PUPIL]
    assert (pupil.x, pupil.c) == (pytest.approx(0.42, abs=0.02), 1.0)
    for one in images:
        assert image_to_bgr(one[-1]).shape == (128, 128, 3)


@needs_hri_msgs
def test_action_units_need_the_neutral_face_of_this_person(ros, start, show, make_face):
    units = HRI.FacialActionUnits
    start()
    got = ros.collect(units, "/humans/faces/p3/facs", NEWEST)
    smile, left = units.LIP_CORNER_PULLER, units.HEAD_TURN_LEFT
    moved = {"track_id": 3, "smile": 0.1, "yaw": 0.3}
    show(lambda: got and got[-1].intensity[left] > 0.3, "the head", **moved)
    assert got[-1].confidence[smile] == 0.0
    neutral = ros.publish(FaceLandmarks, "face/neutral", LATCHED)
    neutral.publish(face_to_message(make_face(track_id=2), HEADER))
    show(lambda: len(got) > 20, "more faces", **moved)
    assert got[-1].confidence[smile] == 0.0
    resting = dataclasses.replace(make_face(track_id=NO_TRACK), confidence=0.5)
    neutral.publish(face_to_message(resting, HEADER))
    show(lambda: got[-1].intensity[smile] > 0.4, "the smile", **moved)
    assert got[-1].confidence[smile] == pytest.approx(0.5 * np.cos(0.3), abs=0.02)


@needs_hri_msgs
def test_a_lost_person_leaves_and_the_next_one_has_an_own_id(ros, start, show, wait_until):
    node = start()
    ids = ros.collect(HRI.IdsList, TRACKED, NEWEST)

    def topics():
        named = dict(node.get_publisher_names_and_types_by_node("humans_node", "/"))
        return {name.split("/")[3] for name in named if name.startswith("/humans/faces/p")}

    show(lambda: ids and list(ids[-1].ids) == ["p3"] and topics() == {"p3"}, "p3", track_id=3)
    show(lambda: not ids[-1].ids and not topics(), "nobody", track_id=3, state=FaceState.LOST)
    show(lambda: list(ids[-1].ids) == ["p4"] and topics() == {"p4"}, "p4", track_id=4)
    assert node.trigger_deactivate() is TransitionCallbackReturn.SUCCESS
    wait_until(lambda: not topics(), what="the end of the topics")
