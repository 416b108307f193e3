# SPDX-License-Identifier: Apache-2.0
"""Idle life over ROS."""

import pytest
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from x2c_core.control_space import controls
from x2c_core.face.frames import ControlFrame, ControlState
from x2c_msgs.msg import ControlLayer, ControlValues
from x2c_node.conversion.messages import controls_to_message
from x2c_node.qos import NEWEST
from x2c_sources.idle_node import IdleNode

LID = controls.index("Eyelid Upper Left")


@pytest.fixture
def start(ros):
    def start(**given):
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        node = ros.add(IdleNode(parameter_overrides=overrides))
        node.start()
        return node

    return start


def test_a_face_that_is_left_alone_lives(ros, start, wait_until):
    got = ros.collect(ControlLayer, "sources/idle", NEWEST)
    node = start(blinks_per_minute=60.0)
    wait_until(lambda: any(one.values[LID] < -0.2 for one in list(got)), what="a blink")
    assert got[-1].mode == ControlLayer.ADD
    assert node.diagnosis().message == "alive"


def test_it_sees_what_the_imitation_asks_for(ros, start, wait_until):
    node = start(seed=-1)
    publisher = ros.publish(ControlValues, "control_values", NEWEST)
    frame = ControlFrame(controls.NEUTRAL.copy(), 1.0, ControlState.TRACKING, 1)

    def seen():
        publisher.publish(controls_to_message(frame, Header()))
        return node._life.person.until >= 0.0

    wait_until(seen, what="the person")


def test_it_says_that_nothing_listens(start):
    assert "is face_mixer_node running?" in start().diagnosis().message
