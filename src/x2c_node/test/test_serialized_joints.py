# SPDX-License-Identifier: Apache-2.0
"""Joint states that are serialized by filling in numbers are those that rclpy serializes."""

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
def test_the_bytes_are_those_of_rclpy(names, messages):
    joints = SerializedJoints(names)
    for sec, nanosec, frame, moving, numbers in messages:
        stamp, count = Time(sec=sec, nanosec=nanosec), len(names)
        rows = np.array(numbers[: 2 * count]).reshape(2, count)
        given = stamp, frame, rows[0], rows[1] if moving else None
        message = joints.message(*given)
        assert (message.name, list(message.effort)) == (names, [])
        assert len(message.velocity) == (count if moving else 0)
        data = joints.serialized(*given)
        assert data == serialize_message(message)
        assert deserialize_message(data, JointState).header == message.header


def test_what_is_not_found_in_a_message_is_serialized_each_time(monkeypatch):
    joints, calls = SerializedJoints(["jaw", "lid"]), []
    given = Time(sec=1, nanosec=2), "camera", np.array([0.1, 0.2])
    expected = joints.serialized(*given)

    def serialize(message):
        calls.append(message)
        return b"" if message.header.stamp.sec != 1 else serialize_message(message)

    monkeypatch.setattr(serialized_joints, "serialize_message", serialize)
    unfit = SerializedJoints(["jaw", "lid"])
    assert [unfit.serialized(*given), unfit.serialized(*given)] == [expected] * 2
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
