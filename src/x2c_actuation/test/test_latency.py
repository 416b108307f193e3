# SPDX-License-Identifier: Apache-2.0
"""Latency from the camera's stamp to the joint command, in the node's diagnostics."""

import numpy as np
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

from x2c_actuation.actuation_node import ActuationNode
from x2c_core.control_space import controls
from x2c_msgs.msg import ControlValues
from x2c_node.conversion.headers import to_stamp
from x2c_node.qos import NEWEST, STREAM

LATENCY = "camera to command p50 [ms]"


@pytest.fixture
def node(ros, write_robot):
    made = ros.add(
        ActuationNode(parameter_overrides=[Parameter("robot", value=str(write_robot()))])
    )
    assert made.start()
    return made


def send(ros, wait_until, stamp):
    """Publish control values with a stamp (callable, [ns]) until they have been answered."""
    publisher = ros.publish(ControlValues, "control_values", NEWEST)
    commands = ros.collect(JointState, "joint_commands", STREAM)

    def answered():
        sent = to_stamp(stamp())
        header = Header(stamp=sent)
        values = np.asarray(controls.NEUTRAL, np.float32)
        publisher.publish(ControlValues(header=header, values=values, confidence=1.0, state=1))
        return [one for one in list(commands) if one.header.stamp.sec == sent.sec]

    wait_until(answered, what="commands for these control values")


def test_latency_is_measured_from_the_stamp_of_the_camera(ros, wait_until, node):
    send(ros, wait_until, lambda: node.get_clock().now().nanoseconds)
    wait_until(lambda: LATENCY in node.diagnosis().values, what="the latency")
    assert float(node.diagnosis().values[LATENCY]) >= 0.0


def test_stamps_of_a_recording_are_no_latency(ros, wait_until, node):
    send(ros, wait_until, lambda: 1_700_000_000_000_000_000)
    assert node.statistics.rates["answers"].total > 0
    assert LATENCY not in node.diagnosis().values
