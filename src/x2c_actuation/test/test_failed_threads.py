# SPDX-License-Identifier: Apache-2.0
"""A thread of the process that fails stops the joints, also when it holds what moves them."""

import threading

import pytest

from x2c_actuation.actuation_node import ActuationNode
from x2c_actuation.machine import State
from x2c_node.diagnostics import Level


@pytest.fixture
def node(ros):
    node = ros.add(ActuationNode())
    assert node.start()
    yield node
    node.stop()


def test_a_thread_that_dies_is_a_fault_of_the_joints(node):
    def die() -> None:
        with node.supervisor.pulse("player"):
            raise ValueError("no such picture")

    thread = threading.Thread(target=die)
    thread.start()
    thread.join(150.0)
    assert not thread.is_alive()
    assert node._machine.state is State.FAULT
    diagnosis = node.diagnosis()
    assert diagnosis.level is Level.ERROR
    assert diagnosis.message == "thread player has died: ValueError: no such picture"


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
        assert node._machine.state is State.FAULT
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
