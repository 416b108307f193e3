# SPDX-License-Identifier: Apache-2.0
import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from std_msgs.msg import Header

from x2c_core.control_space import controls
from x2c_core.control_space.layers import ControlLayer, LayerMode
from x2c_core.control_space.regions import region_mask
from x2c_core.errors import ControlError, LandmarkError
from x2c_core.face.frames import (
    NO_TRACK,
    ControlFrame,
    ControlState,
    Face,
    FaceState,
    at_message_precision,
)
from x2c_core.face.head_pose import FACING, HeadPose, rotation_from
from x2c_core.face.topology import REFERENCE
from x2c_msgs.msg import ControlLayer as LayerMessage
from x2c_msgs.msg import ControlValues, FaceLandmarks
from x2c_node.conversion.messages import (
    controls_from_message,
    controls_to_message,
    face_from_message,
    face_to_message,
    layer_from_message,
    layer_to_message,
    quaternion,
)
from x2c_node.errors import MessageError

HEADER = Header(stamp=Time(sec=12, nanosec=34), frame_id="camera")
angle = st.floats(-3.1, 3.1)
share = st.floats(0.0, 1.0)
identity = st.integers(-(2**31), 2**31 - 1)


def face(yaw=0.2, pitch=-0.1, roll=0.05, scale=80.0, at=(300.0, 200.0, 0.0), **changes):
    pose = HeadPose(FACING @ rotation_from(yaw, pitch, roll), np.array(at), scale)
    values = {
        "landmarks": pose.to_pixels(REFERENCE),
        "pose": pose,
        "width": 640,
        "height": 480,
        "confidence": 0.75,
        "state": FaceState.TRACKING,
        "track_id": 3,
    }
    return Face(**{**values, **changes})


def matrix(q):
    x, y, z, w = q.x, q.y, q.z, q.w
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )


def test_states_have_the_numbers_of_the_messages():
    for state in FaceState:
        assert getattr(FaceLandmarks, state.name) == state
    for state in ControlState:
        assert getattr(ControlValues, state.name) == state
    for mode in LayerMode:
        assert getattr(LayerMessage, mode.name) == mode


@given(angle, st.floats(-1.5, 1.5), angle, st.floats(20.0, 400.0), share, identity)
def test_face_comes_back_from_its_message(yaw, pitch, roll, scale, confidence, track):
    sent = face(yaw, pitch, roll, scale, confidence=confidence, track_id=track)
    message = face_to_message(sent, HEADER)
    received = face_from_message(message)
    assert message.header == HEADER
    assert received.landmarks == pytest.approx(sent.landmarks, abs=1e-3)
    assert received.pose.rotation == pytest.approx(sent.pose.rotation, abs=1e-4)
    assert received.pose.scale == pytest.approx(scale, rel=1e-4)
    assert (received.width, received.height) == (640, 480)
    assert received.confidence == pytest.approx(confidence, abs=1e-6)
    assert (received.state, received.track_id) == (FaceState.TRACKING, track)


def test_head_in_the_message_is_the_pose_in_the_cameras_frame():
    sent = face()
    head = face_to_message(sent, HEADER).head
    assert matrix(head.orientation) == pytest.approx(sent.pose.rotation, abs=1e-9)
    place = [head.position.x, head.position.y, head.position.z]
    assert place == pytest.approx(sent.pose.position(640, 480))


def test_face_that_was_never_seen_comes_back_without_a_pose():
    never = face(landmarks=np.zeros((478, 3)), pose=None, state=FaceState.LOST, track_id=NO_TRACK)
    received = face_from_message(face_to_message(never, HEADER))
    assert received.pose is None
    assert received.state is FaceState.LOST
    assert received.track_id == NO_TRACK
    assert not received.landmarks.any()


def test_lost_face_keeps_its_last_landmarks_and_pose():
    received = face_from_message(face_to_message(face(state=FaceState.LOST), HEADER))
    assert received.state is FaceState.LOST
    assert received.pose is not None


@pytest.mark.parametrize("state", list(FaceState))
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_landmarks_that_are_not_finite_are_refused(state, bad):
    message = face_to_message(face(state=state), HEADER)
    message.landmarks[700] = bad
    with pytest.raises(LandmarkError, match="finite"):
        face_from_message(message)


def test_tracked_face_without_landmarks_is_refused():
    message = FaceLandmarks(state=FaceLandmarks.TRACKING)
    with pytest.raises(LandmarkError, match="extent"):
        face_from_message(message)


@pytest.mark.parametrize("state", [0, 3, 255])
def test_unknown_face_state_is_refused_with_the_known_ones(state):
    message = face_to_message(face(), HEADER)
    message.state = state
    with pytest.raises(MessageError, match=rf"unknown state {state}; .*TRACKING=1, LOST=2"):
        face_from_message(message)


@pytest.mark.parametrize("confidence", [float("nan"), float("inf")])
def test_confidence_that_is_no_number_is_refused(confidence):
    seen = face_to_message(face(), HEADER)
    seen.confidence = confidence
    wanted = ControlValues(state=ControlValues.TRACKING, confidence=confidence)
    for message, read in ((seen, face_from_message), (wanted, controls_from_message)):
        with pytest.raises(MessageError, match="confidence must be a number from 0 to 1, got"):
            read(message)


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_confidence_is_brought_to_a_share(confidence):
    message = ControlValues(state=ControlValues.NEUTRAL, confidence=confidence)
    assert 0.0 <= controls_from_message(message).confidence <= 1.0


@given(
    arrays(np.float64, 30, elements=st.floats(-3.0, 3.0, width=32)),
    share,
    st.sampled_from(ControlState),
    identity,
)
def test_control_values_come_back_from_their_message(values, confidence, state, track):
    message = controls_to_message(ControlFrame(values, confidence, state, track), HEADER)
    received = controls_from_message(message)
    assert message.header == HEADER
    assert (received.values == values).all()
    assert received.values.dtype == np.float64
    assert received.confidence == pytest.approx(confidence, abs=1e-6)
    assert (received.state, received.track_id) == (state, track)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_control_value_that_is_not_finite_is_refused_by_name(bad):
    message = ControlValues(state=ControlValues.TRACKING)
    message.values[controls.index("Jaw Yaw")] = bad
    with pytest.raises(ControlError, match=f"Jaw Yaw={bad}"):
        controls_from_message(message)


@pytest.mark.parametrize("state", [0, 4, 255])
def test_unknown_control_state_is_refused_with_the_known_ones(state):
    with pytest.raises(MessageError, match=f"unknown state {state}; .*HOLDING=2"):
        controls_from_message(ControlValues(state=state))


@given(angle, st.floats(-1.57, 1.57), angle)
def test_quaternion_is_the_rotation(yaw, pitch, roll):
    rotation = rotation_from(yaw, pitch, roll)
    found = quaternion(rotation)
    assert np.linalg.norm([found.x, found.y, found.z, found.w]) == pytest.approx(1.0)
    assert matrix(found) == pytest.approx(rotation, abs=1e-9)


@pytest.mark.parametrize("axes", [(1, -1, -1), (-1, 1, -1), (-1, -1, 1), (1, 1, 1)])
def test_quaternion_of_a_half_turn_is_the_rotation(axes):
    rotation = np.diag(np.array(axes, dtype=np.float64))
    assert matrix(quaternion(rotation)) == pytest.approx(rotation, abs=1e-12)


def test_a_frame_id_above_the_limit_is_refused(monkeypatch):
    monkeypatch.setenv("X2C_MAX_FRAME_ID_LENGTH", "5")
    frame = ControlFrame(controls.NEUTRAL, 1.0, ControlState.NEUTRAL, 1)
    for made, read in (
        (controls_to_message(frame, HEADER), controls_from_message),
        (face_to_message(face(), HEADER), face_from_message),
    ):
        with pytest.raises(MessageError, match="frame_id has 6 characters; the limit is 5: "):
            read(made)


@pytest.mark.parametrize(
    ("state", "seen"),
    [(FaceState.TRACKING, True), (FaceState.LOST, True), (FaceState.LOST, False)],
)
def test_a_face_at_message_precision_is_the_one_that_is_received(state, seen):
    nothing = {} if seen else {"landmarks": np.zeros((478, 3)), "pose": None}
    sent = face(state=state, **nothing)
    received, expected = (
        face_from_message(face_to_message(sent, HEADER)),
        at_message_precision(sent),
    )
    np.testing.assert_array_equal(received.landmarks, expected.landmarks)
    assert (received.pose is None) is (expected.pose is None) is (not seen)
    if received.pose is not None:
        np.testing.assert_array_equal(received.pose.rotation, expected.pose.rotation)
        assert received.pose.scale == expected.pose.scale
    assert (received.state, received.track_id) == (expected.state, expected.track_id)


def layer(**changes):
    values = {"values": controls.NEUTRAL, "mask": region_mask(["mouth"]), "mode": LayerMode.ADD}
    return ControlLayer(**{**values, **changes})


@given(arrays(np.float32, controls.COUNT, elements=st.floats(0.0, 1.0, width=32)))
def test_layer_comes_back_from_its_message(mask):
    message = layer_to_message(layer(mask=mask.astype(np.float64)), HEADER)
    received = layer_from_message(message)
    assert message.header == HEADER
    assert received.values == pytest.approx(controls.NEUTRAL, abs=1e-6)
    assert (received.mask == mask).all()
    assert received.mode is LayerMode.ADD


@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, np.inf])
def test_layer_with_a_mask_out_of_range_is_refused(value):
    message = layer_to_message(layer(), HEADER)
    message.mask[0] = value
    with pytest.raises(ControlError, match="masks must be from 0 to 1, got Brow Inner Left="):
        layer_from_message(message)


def test_layer_with_values_that_are_no_numbers_is_refused():
    message = layer_to_message(layer(), HEADER)
    message.values[3] = np.nan
    with pytest.raises(ControlError, match="control values must be finite"):
        layer_from_message(message)


def test_layer_with_an_unknown_mode_is_refused():
    message = layer_to_message(layer(), HEADER)
    message.mode = 9
    with pytest.raises(MessageError, match="unknown mode 9; known modes: OVERRIDE=0, ADD=1"):
        layer_from_message(message)
