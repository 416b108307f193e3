# SPDX-License-Identifier: Apache-2.0
"""The installed node as a process, over DDS."""

import itertools
import math
import signal

import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray, Header
from std_srvs.srv import SetBool, Trigger

from x2c_face import controls
from x2c_face.robot_file import load_robot
from x2c_msgs.msg import ControlValues
from x2c_node.quality import NEWEST, STREAM
from x2c_node.stamps import to_nanoseconds, to_stamp

NODE = "actuation_node"
NOW = 1_700_000_000_000_000_000
LATER = 1_800_000_000_000_000_000


def message(values=controls.NEUTRAL, stamp=NOW, state=ControlValues.TRACKING):
    header = Header(stamp=to_stamp(stamp), frame_id="camera_optical_frame")
    return ControlValues(
        header=header, values=np.asarray(values, dtype=np.float32), confidence=1.0, state=state
    )


class Side:
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


@pytest.fixture
def start(ros, wait_until, node_process):
    def start(folder, answer_type=JointState, answer_topic="joint_commands", **parameters):
        process = node_process(
            "x2c_actuation",
            "actuation_node",
            parameters={"robot": str(folder), "diagnostics_period": 0.1, **parameters},
        )
        return process, Side(ros, wait_until, answer_type, answer_topic)

    return start


def test_commands_keep_the_stamp_and_are_what_the_robot_file_says(start, write_robot):
    folder = write_robot()
    process, side = start(folder)
    values = controls.from_names({"Eyelid Upper Left": 0.5, "Brow Inner Left": 1.0})
    expected = load_robot(folder).joint_targets(values)
    answer = side.answer(
        lambda a: np.allclose(a.position, expected, atol=1e-6), values=values, what="the targets"
    )
    assert to_nanoseconds(answer.header.stamp) == NOW
    assert answer.header.frame_id == "camera_optical_frame"
    assert answer.name == ["lid", "brow", "nod", "jaw", "idle"]
    assert list(answer.velocity) == []
    assert process.stop(signal.SIGINT) == 0


def test_garbage_never_passes_and_is_counted(start, write_robot, ros, wait_until):
    folder = write_robot()
    robot = load_robot(folder)
    process, side = start(folder)
    side.answer()
    for bad in (math.nan, math.inf, -math.inf):
        for place in (0, 29):
            values = controls.NEUTRAL.copy()
            values[place] = bad
            side.send(values)
    side.send(np.full(30, np.nan))
    side.send(np.full(30, 3e38))
    side.send(np.full(30, -3e38))
    side.send(state=77)
    side.send(stamp=0)

    def told():
        side.send(np.full(30, np.nan))
        status = ros.diagnosis(NODE)
        return status if status and "rejects control values" in status.message else None

    status = wait_until(told, what="the rejection on /diagnostics")
    assert status.level == b"\x01"
    details = {value.key: value.value for value in status.values}
    assert int(details["control_values refused"]) > 0
    side.settle()
    assert process.running
    positions = np.array([answer.position for answer in side.answers])
    assert np.isfinite(positions).all()
    assert (positions >= robot.lower).all()
    assert (positions <= robot.upper).all()
    assert process.output.count("control values must be finite") <= 3


def test_enable_and_neutral_services(start, write_robot, ros, wait_until):
    folder = write_robot()
    home = load_robot(folder).home
    process, side = start(folder, enabled_at_start=False)
    nod = controls.from_names({"Head Pitch": 0.3, "Neck Pitch": 0.3})
    for _ in range(20):
        side.send(nod)
    status = wait_until(lambda: ros.diagnosis(NODE), what="a diagnosis")
    assert "disabled" in status.message
    assert side.answers == []

    response = ros.call(SetBool, f"{NODE}/enable", SetBool.Request(data=True))
    assert response.success
    side.answer(lambda a: a.position[2] > 0.29, values=nod, what="the nod")

    response = ros.call(Trigger, f"{NODE}/neutral", Trigger.Request())
    assert response.success
    wait_until(lambda: np.allclose(side.answers[-1].position, home), what="the neutral face")
    way = [answer.position[2] for answer in side.answers]
    assert np.abs(np.diff(way)).max() <= 0.1 + 1e-6  # 1 rad/s for at most LONGEST_STEP
    answered = len(side.answers)
    for _ in range(20):
        side.send(nod)
    wait_until(lambda: "neutral" in ros.diagnosis(NODE).message, what="the diagnosis of neutral")
    assert len(side.answers) == answered

    ros.call(SetBool, f"{NODE}/enable", SetBool.Request(data=True))
    side.answer(lambda a: a.position[2] > 0.29, values=nod, what="the nod after neutral")
    ros.call(SetBool, f"{NODE}/enable", SetBool.Request(data=False))
    answered = len(side.answers)
    for _ in range(20):
        side.send(controls.NEUTRAL)
    wait_until(lambda: "disabled" in ros.diagnosis(NODE).message, what="the diagnosis")
    assert len(side.answers) == answered
    assert process.stop(signal.SIGTERM) == 0


def test_gains_change_while_running_and_bad_ones_are_refused(start, write_robot, ros):
    _, side = start(write_robot())
    values = controls.from_names({"Eyelid Upper Left": 0.5})
    side.answer(lambda a: abs(a.position[0] + 0.25) < 1e-6, values=values, what="gain 1")
    for bad in (5.0, -1.0, math.nan):
        (result,) = ros.set_parameters(NODE, gain_eyelid=bad)
        assert not result.successful
    (result,) = ros.set_parameters(NODE, robot="other")
    assert not result.successful
    (result,) = ros.set_parameters(NODE, gain_eyelid=2.0)
    assert result.successful
    side.answer(lambda a: abs(a.position[0] + 0.5) < 1e-6, values=values, what="gain 2")


def test_a_robot_of_plain_arrays_gets_them_in_the_order_of_its_file(start, write_robot):
    folder = write_robot(command_interface="float64_multi_array")
    values = controls.from_names({"Eyelid Upper Left": 0.5})
    expected = load_robot(folder).joint_targets(values)
    _, side = start(folder, Float64MultiArray, f"{NODE}/commands")
    side.answer(lambda a: np.allclose(a.data, expected, atol=1e-6), values=values)


def test_time_that_jumps_back_is_told_and_survived(start, write_robot, wait_until):
    process, side = start(write_robot())
    side.answer(stamp=NOW)
    earlier = NOW - 60_000_000_000
    side.answer(lambda a: to_nanoseconds(a.header.stamp) == earlier, stamp=earlier)
    wait_until(lambda: "jumped back" in process.output, what="a line on the jump")


def test_silence_is_explained(start, write_robot, ros, wait_until):
    _, side = start(write_robot())
    wait_until(
        lambda: (status := ros.diagnosis(NODE)) and "publishers are silent" in status.message,
        what="the reason for waiting",
    )
    ros.node.destroy_publisher(side.publisher)
    wait_until(lambda: "nobody publishes it" in ros.diagnosis(NODE).message, what="the reason")


@pytest.mark.parametrize(
    ("robot", "reason"),
    [
        ("no_such_robot", "unknown robot"),
        ("/no/such/folder", "no robot at"),
        ("broken", "the lowest must be below the highest"),
    ],
)
def test_a_robot_that_cannot_be_is_refused_with_the_reason(
    robot, reason, write_robot, node_process, wait_until, ros
):
    if robot == "broken":
        joint = {"type": "revolute", "position": [1.0, 0.0]}
        robot = str(write_robot(joints={"lid": joint}, mixing={}))
    process = node_process("x2c_actuation", "actuation_node", parameters={"robot": robot})
    wait_until(lambda: reason in process.output, what="the reason in the log")
    assert "Traceback" not in process.output
    assert ros.state(NODE) == "unconfigured"
    assert process.stop() == 0


def test_lifecycle_over_its_services(start, write_robot, ros, wait_until):
    process, side = start(write_robot())
    side.answer()
    assert ros.transition(NODE, "deactivate")
    response = ros.call(Trigger, f"{NODE}/neutral", Trigger.Request())
    assert not response.success
    assert "inactive" in response.message
    assert ros.transition(NODE, "cleanup")
    assert ros.transition(NODE, "configure")
    assert ros.state(NODE) == "inactive"
    assert ros.transition(NODE, "activate")
    side.answer()
    assert ros.transition(NODE, "shutdown")
    assert ros.state(NODE) == "finalized"
    assert process.stop() == 0
