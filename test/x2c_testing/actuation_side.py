# SPDX-License-Identifier: Apache-2.0
"""An actuation node of one test, and the other end of its topics."""

import itertools

import numpy as np
from sensor_msgs.msg import JointState
from std_msgs.msg import Header

from x2c_actuation.actuation_node import ActuationNode
from x2c_core.control_space import controls
from x2c_msgs.msg import ControlValues
from x2c_node.conversion.headers import to_nanoseconds, to_stamp
from x2c_node.qos import NEWEST, STREAM

NODE = "actuation_node"
COMMANDS = "joint_commands"
NOW = 1_700_000_000_000_000_000
LATER = 1_800_000_000_000_000_000


def message(values=controls.NEUTRAL, stamp=NOW, state=ControlValues.TRACKING):
    header = Header(stamp=to_stamp(stamp), frame_id="camera_optical_frame")
    return ControlValues(
        header=header, values=np.asarray(values, dtype=np.float32), confidence=1.0, state=state
    )


class ActuationSide:
    """Sends control values to a running actuation node and keeps what it answers."""

    def __init__(self, ros, wait_until, answer_type, answer_topic):
        self.answers = ros.collect(answer_type, answer_topic, STREAM)
        self.publisher = ros.publish(ControlValues, "control_values", NEWEST)
        self.ros, self.wait_until = ros, wait_until
        wait_until(self.publisher.get_subscription_count, what="the node's subscription")
        wait_until(lambda: ros.node.count_publishers(answer_topic), what="the node's publisher")

    def send(self, *args, **kwargs):
        self.publisher.publish(message(*args, **kwargs))

    def answer(self, condition=lambda answer: True, what="an answer", **sent):
        """Keep sending until an answer is as wanted."""
        seen = len(self.answers)

        def found():
            self.send(**sent)
            return next(filter(condition, self.answers[seen:]), None)

        return self.wait_until(found, what=what)

    def settle(self):
        """Wait until whatever was sent so far has been answered."""
        marks = itertools.count(LATER)

        def passed():
            stamp = next(marks)
            self.send(stamp=stamp)
            return any(to_nanoseconds(a.header.stamp) > LATER for a in self.answers)

        self.wait_until(passed, what="the last answers")


def start_inside(ros, wait_until, node_inside, folder, answer=JointState, topic=COMMANDS, **given):
    """Return a node in this process, and its other side."""
    parameters = {"robot": str(folder), "diagnostics_period": 0.1, **given}
    node = node_inside(ActuationNode, parameters=parameters)
    return node, ActuationSide(ros, wait_until, answer, topic)


def start_process(ros, wait_until, node_process, folder, **given):
    """Return the installed node as a process, and its other side."""
    parameters = {"robot": str(folder), "diagnostics_period": 0.1, **given}
    process = node_process("x2c_actuation", "actuation_node", parameters=parameters)
    return process, ActuationSide(ros, wait_until, JointState, COMMANDS)
