# SPDX-License-Identifier: Apache-2.0
"""Frames and markers of a face over ROS."""

import numpy as np
import pytest
from geometry_msgs.msg import Quaternion
from rclpy.parameter import Parameter
from rclpy.validate_topic_name import validate_topic_name
from sensor_msgs.msg import CameraInfo
from std_msgs.msg import Header
from tf2_msgs.msg import TFMessage
from visualization_msgs.msg import Marker, MarkerArray

from x2c_core.face.frames import NO_TRACK, FaceState
from x2c_msgs.msg import FaceLandmarks
from x2c_node.conversion.headers import to_stamp
from x2c_node.conversion.messages import face_to_message, quaternion
from x2c_node.qos import LATCHED, NEWEST, STREAM
from x2c_perception.face_frames_node import FaceFramesNode
from x2c_perception.frame_messages import camera_body, camera_transforms, face_id

HEADER = Header(stamp=to_stamp(5_000_000_000), frame_id="camera_optical_frame")


@pytest.fixture
def start(ros):
    def start(**given):
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        node = ros.add(FaceFramesNode(parameter_overrides=overrides))
        assert node.start()
        return node

    return start


@pytest.fixture
def show(ros, wait_until, make_face):
    """Publish a face until something has come of it."""
    publisher = ros.publish(FaceLandmarks, "face", NEWEST)

    def show(until, what, **face):
        def shown():
            publisher.publish(face_to_message(make_face(**face), HEADER))
            return until()

        return wait_until(shown, what=what)

    return show


def test_whatever_the_identity_its_name_is_part_of_a_topic():
    identities = [0, 1, 2**31 - 1, NO_TRACK, -(2**31)]
    names = [face_id(one) for one in identities]
    for name in names:
        assert validate_topic_name(f"/humans/faces/{name}/roi")
    assert len(set(names)) == len(names)


def xyz(vector):
    return [vector.x, vector.y, vector.z]


def test_frames_go_to_tf_with_the_stamp_of_the_image(ros, start, show):
    got = ros.collect(TFMessage, "/tf", STREAM)
    start()
    show(lambda: got, "transforms", at=(320.0, 240.0), track_id=3)
    head, face, gaze = got[0].transforms
    assert [one.child_frame_id for one in got[0].transforms] == ["head", "face_p3", "gaze_p3"]
    assert [one.header.frame_id for one in got[0].transforms] == [
        *("camera_optical_frame", "camera_optical_frame", "face_p3")
    ]
    assert all(one.header.stamp == HEADER.stamp for one in got[0].transforms)
    assert head.transform == face.transform
    # 100 pixels between the eyes at a focal length of 640 pixels.
    assert xyz(face.transform.translation) == pytest.approx([0.0, 0.0, 0.4032], abs=0.005)
    assert xyz(gaze.transform.translation) == [0.0, 0.0, 0.0]


def test_a_calibrated_camera_gives_the_distance(ros, start, show):
    got = ros.collect(TFMessage, "/tf", STREAM)
    node = start(frame_prefix="robot1/")
    info = ros.publish(CameraInfo, "camera_info", NEWEST)
    k = [1280.0, 0.0, 320.0, 0.0, 1280.0, 240.0, 0.0, 0.0, 1.0]

    def calibrated():
        info.publish(CameraInfo(width=640, height=480, k=k))
        return got and got[-1].transforms[0].transform.translation.z > 0.7

    show(calibrated, "the calibrated distance")
    assert got[-1].transforms[0].child_frame_id == "robot1/head"
    assert got[-1].transforms[2].header.frame_id == got[-1].transforms[1].child_frame_id
    assert node.diagnosis().values["focal length"] == "that of camera_info"


def test_markers_are_in_the_frame_of_the_face_and_go_with_it(ros, start, show):
    got = ros.collect(MarkerArray, "face/markers", NEWEST)
    start()
    show(lambda: got, "markers", track_id=3)
    landmarks, right, left = got[0].markers
    assert {one.header.frame_id for one in got[0].markers} == {"face_p3"}
    assert (landmarks.type, len(landmarks.points)) == (Marker.POINTS, 478)
    assert landmarks.color.a == 1.0
    for ray, side in ((right, -1.0), (left, 1.0)):
        assert ray.type == Marker.ARROW
        begin, end = np.array([xyz(point) for point in ray.points])
        assert side * begin[1] > 0.02
        assert np.linalg.norm(end - begin) == pytest.approx(0.5)
    show(lambda: got[-1].markers[0].action == Marker.DELETEALL, "the end", state=FaceState.LOST)


def test_the_camera_is_on_the_robot(ros, start, show):
    got = ros.collect(TFMessage, "/tf_static", LATCHED)
    start(parent_frame="torso_link", camera_x=0.1, camera_z=0.2)
    show(lambda: got, "the camera's frames")
    body, optical = got[0].transforms
    assert (body.header.frame_id, body.child_frame_id) == ("torso_link", "camera_link")
    assert xyz(body.transform.translation) == [0.1, 0.0, 0.2]
    assert optical.header.frame_id == "camera_link"
    assert optical.child_frame_id == "camera_optical_frame"
    # The rotation that REP-103 names for a camera that looks along x; -q turns like q.
    assert optical.transform.rotation == Quaternion(x=0.5, y=-0.5, z=0.5, w=-0.5)


def test_nothing_is_computed_without_subscribers(start, show, monkeypatch):
    node = start(publish_camera=False)
    taken = []
    take = node._publish_camera
    monkeypatch.setattr(node, "_publish_camera", lambda name: (taken.append(name), take(name)))
    show(lambda: taken, "a face")
    assert "frames" not in node.statistics.rates
    assert node.diagnosis().values["focal length"] == "no face yet"


def test_a_camera_without_a_parent_has_its_optical_frame_only():
    (optical,) = camera_transforms("eye", "", np.zeros(3), np.eye(3))
    assert (optical.header.frame_id, optical.child_frame_id) == ("eye_link", "eye")
    assert camera_body("left_optical_frame") == "left_link"
    assert quaternion(np.eye(3)).w == 1.0
