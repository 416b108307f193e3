# SPDX-License-Identifier: Apache-2.0
"""Joint states that are serialized by filling in numbers are read as the messages themselves."""

import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hypothesis import given
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import JointState

from x2c_node.conversion import serialized_joints
from x2c_node.conversion.serialized_joints import SerializedJoints
from x2c_node.local_delivery import LocalDelivery
from x2c_node.qos import STREAM

texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0"), max_size=9)


def same(one, other):
    """Return whether two joint states are the same to the last bit; NaN is like itself."""
    rows = [
        [one.position, one.velocity, one.effort],
        [other.position, other.velocity, other.effort],
    ]
    numbers = [[row.tobytes() for row in some] for some in rows]
    return (one.header, one.name, numbers[0]) == (other.header, other.name, numbers[1])


@given(
    names=st.lists(texts, max_size=5),
    messages=st.lists(
        st.tuples(
            st.integers(-(2**31), 2**31 - 1),
            st.integers(0, 2**32 - 1),
            st.sampled_from(["", "camera", "robot_camera_optical_frame"]) | texts,
            st.booleans(),
            st.lists(st.floats(), min_size=10, max_size=10),
        ),
        max_size=5,
    ),
)
def test_what_is_read_is_the_message(names, messages):
    joints = SerializedJoints(names)
    for sec, nanosec, frame, moving, numbers in messages:
        stamp, count = Time(sec=sec, nanosec=nanosec), len(names)
        rows = np.array(numbers[: 2 * count]).reshape(2, count)
        given = stamp, frame, rows[0], rows[1] if moving else None
        message = joints.message(*given)
        assert (message.name, list(message.effort)) == (names, [])
        assert len(message.velocity) == (count if moving else 0)
        # Not the bytes: rmw leaves what happens to be in memory between numbers and texts.
        assert same(deserialize_message(joints.serialized(*given), JointState), message)


def test_what_is_not_found_in_a_message_is_serialized_each_time(monkeypatch):
    joints, calls = SerializedJoints(["jaw", "lid"]), []
    given = Time(sec=1, nanosec=2), "camera", np.array([0.1, 0.2])
    expected = joints.message(*given)

    def serialize(message):
        calls.append(message)
        return b"" if message.header.stamp.sec != 1 else serialize_message(message)

    monkeypatch.setattr(serialized_joints, "serialize_message", serialize)
    unfit = SerializedJoints(["jaw", "lid"])
    for _ in range(2):
        assert deserialize_message(unfit.serialized(*given), JointState) == expected
    assert len(calls) == 3


@pytest.mark.parametrize("count", [1, 3])
def test_numbers_of_other_joints_are_refused(count):
    joints = SerializedJoints(["jaw", "lid"])
    with pytest.raises(ValueError, match=r"size|different"):
        joints.serialized(Time(), "", np.zeros(count))


@pytest.mark.parametrize("one_process", [False, True])
def test_joint_states_reach_other_processes_and_this_one(ros, wait_until, one_process):
    publisher = ros.publish(JointState, "joints", STREAM)
    heard, here = ros.collect(JointState, "joints", STREAM), []
    if one_process:
        local = LocalDelivery()
        publisher = local.publisher(publisher, JointState, STREAM)
    joints = SerializedJoints(["jaw", "lid"])
    given = Time(sec=1), "camera", np.array([0.1, 0.2]), np.array([0.3, 0.4])

    def published():
        joints.publish(publisher, *given)
        return heard

    wait_until(published, what="joint states")
    assert heard[-1] == joints.message(*given)
    if one_process:
        end = local.subscribe(publisher.topic_name, JointState, here.append)
        seen = len(heard)
        wait_until(lambda: published() and len(heard) > seen, what="joint states for both")
        assert here[-1] == joints.message(*given)
        end()
        here.clear()
        published()
        assert here == []
