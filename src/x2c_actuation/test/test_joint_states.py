# SPDX-License-Identifier: Apache-2.0
"""Joint states with the names of their publishers; actuation does not believe them all."""

import time

import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_srvs.srv import SetBool, Trigger

from x2c_actuation.actuation_node import ActuationNode
from x2c_actuation.joint_states import JointStates
from x2c_core.control_space import controls
from x2c_msgs.msg import ActuationState, ControlValues
from x2c_node.local_delivery import LocalDelivery
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters
from x2c_node.qos import NEWEST, STREAM

NODE = "actuation_node"


class Side:
    """A node in this process, what moves it, and what it commands."""

    def __init__(self, ros, robot_folder, **parameters):
        self.ros = ros
        self.commands = ros.collect(JointState, "joint_commands", STREAM)
        self.states = ros.collect(ActuationState, f"{NODE}/state", STREAM)
        self.values = ros.publish(ControlValues, "control_values", NEWEST)
        given = {"robot": str(robot_folder), "state_rate": 100.0, **parameters}
        overrides = [Parameter(name, value=value) for name, value in given.items()]
        self.node = ros.add(ActuationNode(parameter_overrides=overrides))
        assert self.node.start()

    def send(self):
        self.values.publish(ControlValues(values=controls.NEUTRAL.astype("f4"), state=1))

    @property
    def reason(self):
        return self.states[-1].reason if self.states else ""


def nod(position):
    return JointState(name=["nod"], position=[position])


def test_contradicting_publishers_are_named_and_nothing_starts_until_one_has_gone(
    ros, wait_until, write_robot
):
    driver = ros.publish(JointState, "joint_states", NEWEST)
    liar = ros.publish(JointState, "joint_states", NEWEST)
    side = Side(ros, write_robot(), diagnostics_period=0.1)
    ros.diagnosis(NODE)

    def go_on(publishers):
        for publisher, position in publishers:
            publisher.publish(nod(position))
        side.send()

    def contradicted():
        go_on([(driver, 0.2), (liar, 0.0)])
        status = ros.diagnosis(NODE)
        return status and "contradict" in status.message and status

    status = wait_until(contradicted, what="the contradiction on /diagnostics")
    assert status.level == b"\x02"
    name = f"/{ros.node.get_name()}"
    assert name in status.message
    assert "(publisher 2)" in status.message
    assert "joint_state_publisher" in status.message

    def called(service, name, request):
        # Both go on: on a busy machine a call can take longer than joint states count.
        go_on([(driver, 0.2), (liar, 0.0)])
        response = ros.call(service, f"{NODE}/{name}", request)
        return "contradict" in response.message and response

    response = wait_until(
        lambda: called(SetBool, "enable", SetBool.Request(data=True)), what="the hindrance"
    )
    assert "but not yet: joint_states contradict" in response.message
    response = wait_until(lambda: called(Trigger, "neutral", Trigger.Request()), what="a refusal")
    assert not response.success
    wait_until(lambda: "contradict" in side.reason, what="the reason in ~/state")
    assert side.commands == []

    def started():
        go_on([(driver, 0.2)])
        return side.commands

    first = wait_until(started, what="a start without the second publisher")[0]
    assert first.position[2] == pytest.approx(0.2, abs=0.01)


def test_joints_wait_for_a_publisher_that_is_there_before_they_start(ros, wait_until, write_robot):
    driver = ros.publish(JointState, "joint_states", NEWEST)
    side = Side(ros, write_robot())

    def waits():
        side.send()
        return "waits for the publishers of /joint_states" in side.reason

    wait_until(waits, what="the wait for joint states")
    assert side.commands == []

    def started():
        driver.publish(nod(0.2))
        side.send()
        return side.commands

    first = wait_until(started, what="a start where the joint is measured")[0]
    assert first.position[2] == pytest.approx(0.2, abs=0.01)


def test_what_a_node_of_the_same_process_measures_is_heard_too(ros, wait_until, write_robot):
    local = LocalDelivery()
    overrides = [Parameter("robot", value=str(write_robot()))]
    driver = local.publisher(ros.publish(JointState, "joint_states", NEWEST), JointState, NEWEST)
    node = ros.add(ActuationNode(parameter_overrides=overrides, local_delivery=local))
    assert node.start()
    driver.publish(nod(0.2))
    wait_until(
        lambda: node.diagnosis().values["age of joint states [s]"] != "none came",
        what="the measurement",
    )
    assert node.statistics.counts["joint_states failed"] == 0


def test_a_measurement_counts_from_when_it_came_not_from_when_it_was_taken(ros, wait_until):
    taken = []
    node = ros.add(ManagedNode("listener", Parameters))
    states = JointStates(node, lambda *measured: taken.append(measured))
    driver = ros.publish(JointState, "joint_states", NEWEST)
    states.listen()
    wait_until(driver.get_subscription_count, what="the subscription")

    def measured():
        driver.publish(nod(0.2))
        time.sleep(0.3)
        states.poll(1.0)
        return taken

    wait_until(measured, what="a measurement")
    names, positions, when, _ = taken[-1]
    assert (names, list(positions)) == (["nod"], [0.2])
    assert 0.3 < time.monotonic() - when < 10.0
