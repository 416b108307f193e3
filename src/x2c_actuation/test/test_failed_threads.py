# SPDX-License-Identifier: Apache-2.0
"""A thread of the process that fails stops the joints, also when it holds what moves them."""

import threading

import numpy as np
import pytest
from sensor_msgs.msg import JointState

from x2c_actuation.actuation_node import ActuationNode
from x2c_actuation.safety.state_machine import State
from x2c_core.control_space import controls
from x2c_msgs.msg import ControlValues
from x2c_node.diagnostics import Level
from x2c_node.qos import NEWEST, STREAM


@pytest.fixture
def node(ros):
    node = ros.add(ActuationNode())
    assert node.start()
    yield node
    node.stop()


def test_a_thread_that_dies_is_a_fault_of_the_joints(node):
    def die() -> None:
        with node.supervisor.pulse("player"):
            raise ValueError("no such image")

    thread = threading.Thread(target=die)
    thread.start()
    thread.join(150.0)
    assert not thread.is_alive()
    assert node._stage.state_machine.state is State.FAULT
    diagnosis = node.diagnosis()
    assert diagnosis.level is Level.ERROR
    assert diagnosis.message == "thread player has died: ValueError: no such image"


def test_a_thread_that_hangs_with_the_joints_in_its_hands_is_not_waited_for(node):
    held, over = threading.Event(), threading.Event()

    def hang() -> None:
        with node._moving:
            held.set()
            over.wait(60.0)

    thread = threading.Thread(target=hang)
    thread.start()
    assert held.wait(60.0)
    try:
        node.supervisor.fail("thread x has hung for 5 s")
        assert node._stage.state_machine.state is State.FAULT
    finally:
        over.set()
        thread.join(150.0)
        assert not thread.is_alive()


def test_a_ticker_that_dies_is_a_fault_and_keeps_no_deactivation(node, wait_until):
    def die(late: float) -> None:
        raise SystemExit

    node._ticker._call = die
    wait_until(lambda: node.supervisor.over, "the fault")
    assert node.supervisor.fault == "thread actuation_node motors has died: SystemExit"
    node.stop()
    assert node.state == "unconfigured"


def test_joints_are_braked_though_their_ticker_has_died(ros, node, wait_until):
    commands = ros.collect(JointState, "joint_commands", STREAM)
    publisher = ros.publish(ControlValues, "control_values", NEWEST)
    wait_until(publisher.get_subscription_count, "the node's subscription")
    values = np.array(controls.NEUTRAL, dtype=np.float32)
    values[controls.index("Jaw Pitch")] = 0.0

    def moves() -> bool:
        publisher.publish(
            ControlValues(values=values, confidence=1.0, state=ControlValues.TRACKING)
        )
        return bool(np.abs(node._stage.pipeline.motion.state.velocity).max() > 0.1)

    # Without its ticker the node sends one command for each message.
    node._ticker.stop()
    wait_until(moves, "joints in motion")
    heard = len(commands)
    motion = node._stage.pipeline.motion
    node.supervisor.fail("thread actuation_node motors has died")
    node.stop()
    wait_until(lambda: len(commands) > heard, "commands that brake")
    assert motion.at_rest
    assert node._stage.state_machine.state is State.FAULT


def test_a_node_that_is_destroyed_while_active_publishes_no_more(ros, monkeypatch):
    node = ActuationNode()
    failures = []
    monkeypatch.setattr(node, "_log_failure", lambda what, error: failures.append(error))
    assert node.start()
    node.destroy_node()
    assert not node._ticker.alive
    assert not failures
