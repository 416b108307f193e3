# SPDX-License-Identifier: Apache-2.0
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from x2c_core.face.face_frames import (
    OPTICAL,
    Intrinsics,
    assumed_intrinsics,
    face_frames,
    turn_to,
)
from x2c_core.face.frames import NO_TRACK, Face, FaceState
from x2c_core.face.head_pose import (
    FACING,
    INTEROCULAR_DISTANCE,
    HeadPose,
    fit_head_pose,
    rotation_from,
)
from x2c_core.face.topology import IRIS_LEFT, IRIS_RIGHT, REFERENCE

WIDTH, HEIGHT = 640, 480
angle = st.floats(-0.8, 0.8)


def seen(rotation, position, camera):
    """Return the face that a tracker reports of a head in front of a pinhole camera.

    z is the depth along the ray to the face, in the scale of x, as the face mesh has it.
    """
    offsets = INTEROCULAR_DISTANCE * REFERENCE @ rotation.T
    x, y, z = (offsets + position).T
    scale = camera.fx / position[2]
    depths = offsets @ (position / np.linalg.norm(position)) * scale
    pixels = np.column_stack(
        [camera.fx * x / z + camera.cx, camera.fy * y / z + camera.cy, depths]
    )
    return Face(pixels, fit_head_pose(pixels), WIDTH, HEIGHT, 1.0, FaceState.TRACKING, 7)


def angle_between(a, b):
    return math.acos(np.clip((np.trace(a.T @ b) - 1.0) / 2.0, -1.0, 1.0))


@settings(max_examples=60)
@given(
    angle, angle, angle, st.floats(-0.3, 0.3), st.floats(-0.2, 0.2), st.floats(0.5, 3.0),
    st.floats(400.0, 1200.0),
)  # fmt: skip
def test_a_head_in_front_of_the_camera_is_found_where_it_is(
    yaw, pitch, roll, right, down, depth, focal
):
    camera = Intrinsics(focal, focal, 300.0, 260.0)
    position = np.array([right * depth, down * depth, depth])
    rotation = FACING @ rotation_from(yaw, pitch, roll)
    frames = face_frames(seen(rotation, position, camera), camera)
    # What is left is the perspective within the face, which the tracker's pose has not.
    assert np.linalg.norm(frames.position - position) < 0.08 * depth
    assert angle_between(frames.rotation, rotation) < math.radians(8.0)


def test_a_far_head_at_the_edge_of_the_image_is_not_taken_for_a_turned_one():
    camera = Intrinsics(600.0, 600.0, 320.0, 240.0)
    position = np.array([3.0, 0.0, 6.0])
    frames = face_frames(seen(FACING, position, camera), camera)
    assert angle_between(frames.rotation, FACING) < math.radians(3.0)
    assert frames.position == pytest.approx(position, rel=0.08, abs=0.05)


def face(at=(320.0, 240.0), size=63.0, points=REFERENCE):
    pose = HeadPose(FACING, np.array([*at, 0.0]), size)
    return Face(pose.to_pixels(points), pose, WIDTH, HEIGHT, 1.0, FaceState.TRACKING, 7)


def test_an_unknown_camera_has_a_focal_length_of_the_images_width():
    frames = face_frames(face())
    assert frames.position == pytest.approx([0.0, 0.0, 0.64])
    assert assumed_intrinsics(WIDTH, HEIGHT) == Intrinsics(640.0, 640.0, 320.0, 240.0)


def test_axes_of_the_face_are_those_of_rep_103():
    rotation = face_frames(face()).rotation
    # Optical: x right, y down, z away from the camera that the face looks at.
    assert rotation @ [1.0, 0.0, 0.0] == pytest.approx([0.0, 0.0, -1.0])
    assert rotation @ [0.0, 1.0, 0.0] == pytest.approx([1.0, 0.0, 0.0])
    assert rotation @ [0.0, 0.0, 1.0] == pytest.approx([0.0, -1.0, 0.0])
    # And a body frame seen from its own optical frame.
    assert pytest.approx([1.0, 0.0, 0.0]) == OPTICAL @ [0.0, 0.0, 1.0]
    assert pytest.approx([0.0, -1.0, 0.0]) == OPTICAL @ [1.0, 0.0, 0.0]


@pytest.mark.parametrize(("axis", "sign"), [(1, 1.0), (1, -1.0), (2, 1.0), (2, -1.0)])
def test_the_gaze_points_where_the_irises_are(axis, sign):
    level = face_frames(face()).gaze[:, 2]
    assert level == pytest.approx([1.0, 0.0, 0.0], abs=0.02)
    points = np.array(REFERENCE)
    points[np.concatenate([IRIS_LEFT, IRIS_RIGHT]), axis] += 0.05 * sign
    gaze = face_frames(face(points=points)).gaze
    assert sign * gaze[axis, 2] > 0.2
    assert gaze @ gaze.T == pytest.approx(np.eye(3))
    assert np.linalg.det(gaze) == pytest.approx(1.0)


def test_landmarks_are_in_metres_in_the_face_frame():
    assert face_frames(face()).points == pytest.approx(INTEROCULAR_DISTANCE * REFERENCE)


def test_a_face_that_was_never_seen_has_no_frames():
    unseen = replace(face(), pose=None, state=FaceState.LOST, track_id=NO_TRACK)
    assert face_frames(unseen) is None


@given(st.floats(-5.0, 5.0), st.floats(-5.0, 5.0))
def test_the_turn_to_a_ray_is_a_rotation_that_brings_the_optical_axis_there(x, y):
    ray = np.array([x, y, 1.0])
    turn = turn_to(ray)
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)
    assert turn @ [0.0, 0.0, 1.0] == pytest.approx(ray / np.linalg.norm(ray))


@pytest.mark.parametrize("focal", [0.0, -1.0, math.nan, math.inf])
def test_a_camera_that_cannot_be_is_known_as_such(focal):
    assert not Intrinsics(focal, 500.0, 320.0, 240.0).is_usable
    assert Intrinsics(500.0, 500.0, 0.0, 0.0).is_usable
