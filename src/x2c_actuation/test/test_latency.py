# SPDX-License-Identifier: Apache-2.0
"""Latency from the camera's stamp to the joint command, in the node's diagnostics."""

import time

import numpy as np
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

from x2c_actuation import actuation_node
from x2c_actuation.actuation_node import ActuationNode
from x2c_core.control_space import controls
from x2c_msgs.msg import ControlValues
from x2c_node.conversion.headers import to_stamp
from x2c_node.qos import NEWEST, STREAM
from x2c_node.supervision.ticker import Ticker

NANOSECONDS = 10**9
"""In a second."""

LATENCY = "camera to command p50 [ms]"


@pytest.fixture
def node(ros, write_robot):
    made = ros.add(
        ActuationNode(parameter_overrides=[Parameter("robot", value=str(write_robot()))])
    )
    assert made.start()
    return made


def neutral(stamp):
    """Return control values of a neutral face."""
    values = np.asarray(controls.NEUTRAL, np.float32)
    return ControlValues(header=Header(stamp=stamp), values=values, confidence=1.0, state=1)


def send(ros, wait_until, stamp):
    """Publish control values with a stamp (callable, [ns]) until they have been answered."""
    publisher = ros.publish(ControlValues, "control_values", NEWEST)
    commands = ros.collect(JointState, "joint_commands", STREAM)

    def answered():
        sent = to_stamp(stamp())
        publisher.publish(neutral(sent))
        return [one for one in list(commands) if one.header.stamp.sec == sent.sec]

    wait_until(answered, what="commands for these control values")


def test_latency_is_measured_from_the_stamp_of_the_camera(ros, wait_until, node):
    send(ros, wait_until, lambda: node.get_clock().now().nanoseconds)
    wait_until(lambda: LATENCY in node.diagnosis().values, what="the latency")
    assert float(node.diagnosis().values[LATENCY]) >= 0.0


def test_control_values_that_come_soon_after_a_command_wait_for_no_tick(
    ros, wait_until, write_robot, monkeypatch
):
    # Longer than a loaded machine takes to hand on a message, and shorter than a tick.
    soonest, period = 0.4, 2.0
    monkeypatch.setattr(actuation_node, "_SOONEST", soonest)
    monkeypatch.setattr(actuation_node, "Ticker", lambda _, *others: Ticker(period, *others))
    node = ros.add(
        ActuationNode(parameter_overrides=[Parameter("robot", value=str(write_robot()))])
    )
    assert node.start()
    commands = []
    ros.node.create_subscription(
        JointState, "joint_commands", lambda m: commands.append((time.monotonic(), m)), STREAM
    )
    send(ros, wait_until, lambda: NANOSECONDS)
    publisher = ros.publish(ControlValues, "control_values", NEWEST)
    wait_until(publisher.get_subscription_count, what="the node")
    count = len(commands)
    wait_until(lambda: len(commands) > count, what="the next tick")
    publisher.publish(neutral(to_stamp(2 * NANOSECONDS)))
    wait_until(lambda: commands[-1][1].header.stamp.sec == 2, what="the answer")
    place = next(k for k, (_, one) in enumerate(commands) if one.header.stamp.sec == 2)
    passed = commands[place][0] - commands[place - 1][0]
    assert 0.9 * soonest < passed < 0.9 * period


def test_stamps_of_a_recording_are_no_latency(ros, wait_until, node):
    send(ros, wait_until, lambda: 1_700_000_000_000_000_000)
    assert node.statistics.rates["answers"].total > 0
    assert LATENCY not in node.diagnosis().values
