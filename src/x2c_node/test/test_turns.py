# SPDX-License-Identifier: Apache-2.0
"""Whose turn it is in a spin, and what a turn costs."""

from __future__ import annotations

import threading
import time

import pytest
import rclpy
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.task import Future
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from x2c_node.spinning.executor import GuardedExecutor
from x2c_node.spinning.spin import spin_until, spin_while_waiting
from x2c_testing.waiting import LONGEST_WAIT


@pytest.fixture
def executor(ros):
    executor = GuardedExecutor()
    yield executor
    executor.shutdown()


@pytest.fixture
def node(executor):
    node = rclpy.create_node("turns", start_parameter_services=False)
    executor.add_node(node)
    yield node
    node.destroy_node()


@pytest.fixture
def spin(executor, node):
    """Spin until a condition holds; only a wake, no time limit, ends a wait."""

    def spin(condition):
        assert spin_while_waiting(executor, condition, LONGEST_WAIT, LONGEST_WAIT / 2)

    return spin


@pytest.fixture
def rounds(executor, node):
    """Spin on for a number of turns of a timer of its own."""

    def rounds(number):
        turns = []
        timer = node.create_timer(0.0, lambda: turns.append(0))
        assert spin_while_waiting(executor, lambda: len(turns) >= number, LONGEST_WAIT, 1.0)
        node.destroy_timer(timer)

    return rounds


@pytest.fixture
def later():
    """Call something in another thread, while the test's own waits."""
    started = []

    def later(function):
        started.append(threading.Timer(0.3, function))
        started[-1].start()

    yield later
    for one in started:
        one.join(LONGEST_WAIT)


def test_what_becomes_ready_has_its_turn_in_the_next_round(node, spin):
    turns = []
    stop = node.create_guard_condition(lambda: turns.append("stop"))

    def take(number):
        turns.append(number)
        if len(turns) == 1:
            stop.trigger()

    for number in range(5):
        node.create_timer(0.0, lambda number=number: take(number))
    spin(lambda: "stop" in turns)
    assert len(turns) <= 11
    assert all(turns.count(number) <= 2 for number in range(5))


def test_all_that_is_ready_has_its_turn_before_anything_has_another(node, rounds):
    turns = []
    for number in range(4):
        node.create_timer(0.0, lambda number=number: turns.append(number))
    rounds(10)
    assert turns[:32] == [0, 1, 2, 3] * 8


@pytest.mark.parametrize("end", ["destroy", "cancel"])
def test_a_timer_that_another_ends_in_its_round_has_no_turn(node, rounds, end):
    turns = []

    def take(other):
        turns.append(other)
        timers[other].cancel() if end == "cancel" else node.destroy_timer(timers[other])

    timers = [node.create_timer(0.0, lambda: take(1)), node.create_timer(0.0, lambda: take(0))]
    rounds(10)
    assert len(turns) >= 9
    assert set(turns) == {1}


def test_what_a_callback_makes_is_heard(node, spin):
    heard = []

    def make():
        node.destroy_timer(timer)
        node.create_guard_condition(lambda: heard.append(0)).trigger()

    timer = node.create_timer(0.05, make)
    spin(lambda: heard)


def test_what_another_thread_makes_is_heard_at_once(node, spin, later):
    heard = []
    later(lambda: node.create_timer(0.01, lambda: heard.append(0)))
    spin(lambda: heard)


def test_a_subscription_that_another_thread_destroys_is_let_go_of(ros, node, executor, later):
    made = node.create_subscription(Bool, "turns", lambda message: None, 10)
    publisher = ros.publish(Bool, "turns")
    later(lambda: node.destroy_subscription(made))
    assert spin_while_waiting(executor, publisher.get_subscription_count, LONGEST_WAIT, 0.05)
    assert spin_while_waiting(
        executor, lambda: not publisher.get_subscription_count(), LONGEST_WAIT, 0.05
    )


def test_a_handle_destroyed_behind_its_node_keeps_nothing_from_its_turn(node, rounds):
    node.create_timer(0.0, lambda: None).destroy()
    node.create_subscription(Bool, "turns", lambda message: None, 10).destroy()
    rounds(10)


def test_services_clients_and_events_have_their_turns(node, spin):
    incompatible = []
    node.create_publisher(
        Bool,
        "turns",
        10,
        event_callbacks=PublisherEventCallbacks(incompatible_qos=incompatible.append),
    )
    latched = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
    node.create_subscription(Bool, "turns", lambda message: None, latched)
    node.create_service(Trigger, "turns", lambda request, response: response)
    client = node.create_client(Trigger, "turns")
    assert client.wait_for_service(LONGEST_WAIT)
    answer = client.call_async(Trigger.Request())
    spin(lambda: answer.done() and incompatible)


def test_a_task_of_another_thread_runs_at_once(executor, spin, later):
    ran = []
    later(lambda: executor.create_task(ran.append, 0))
    spin(lambda: ran)


def test_a_task_of_a_task_runs_at_once(executor, spin):
    ran = []
    executor.create_task(lambda: executor.create_task(ran.append, 0))
    spin(lambda: ran)


def test_a_task_goes_on_when_a_later_one_gives_what_it_waits_for(executor, spin):
    awaited, ran = Future(), []

    async def first():
        await awaited
        ran.append(0)

    executor.create_task(first)
    executor.create_task(lambda: executor.create_task(awaited.set_result, None))
    spin(lambda: ran)


def test_a_callback_that_waits_keeps_only_its_group_from_their_turns(node, executor, spin):
    awaited, turns = Future(), []

    async def wait():
        if "began" not in turns:
            turns.append("began")
            await awaited
            turns.append("ended")

    def free():
        turns.append("free")
        if turns.count("free") == 5:
            awaited.set_result(None)

    node.create_timer(0.0, wait)
    node.create_timer(0.0, lambda: turns.append("same group"))
    node.create_timer(0.01, free, callback_group=ReentrantCallbackGroup())
    spin(lambda: turns.count("same group") > 3 and "ended" in turns)
    between = turns[turns.index("began") + 1 : turns.index("ended")]
    assert set(between) == {"free"}


def test_a_service_may_wait_for_another_service(node, spin):
    node.create_service(Trigger, "inner", lambda request, response: response)
    group = ReentrantCallbackGroup()
    inner = node.create_client(Trigger, "inner", callback_group=group)
    outer = node.create_client(Trigger, "outer", callback_group=group)

    async def answer(request, response):
        await inner.call_async(Trigger.Request())
        response.success = True
        return response

    node.create_service(Trigger, "outer", answer, callback_group=group)
    assert inner.wait_for_service(LONGEST_WAIT)
    assert outer.wait_for_service(LONGEST_WAIT)
    future = outer.call_async(Trigger.Request())
    spin(future.done)
    assert future.result().success


def test_a_wake_neither_ends_nor_lengthens_a_wait_for_a_callback(executor, node, later):
    later(executor.wake)
    begin = time.monotonic()
    executor.spin_once(timeout_sec=0.6)
    assert 0.6 <= time.monotonic() - begin < LONGEST_WAIT


def test_no_time_to_wait_is_enough_for_what_is_ready(executor, node):
    turns = []
    for _ in range(3):
        node.create_guard_condition(lambda: turns.append(0)).trigger()
    for _ in range(10):
        executor.spin_once(timeout_sec=0.0)
    assert len(turns) == 3


def test_a_node_is_heard_from_when_it_is_added_until_it_is_removed(
    executor, node, rounds, spin, later
):
    turns = []
    other = rclpy.create_node("other", start_parameter_services=False)
    other.create_timer(0.0, lambda: turns.append(0))
    later(lambda: executor.add_node(other))
    spin(lambda: turns)
    executor.remove_node(other)
    rounds(2)
    before = len(turns)
    rounds(10)
    assert len(turns) == before
    other.destroy_node()


def test_turns_can_be_asked_for_some_nodes_only(executor, node):
    other = rclpy.create_node("other", start_parameter_services=False)
    executor.add_node(other)
    node.create_timer(0.0, lambda: None)
    wanted = other.create_timer(0.0, lambda: None)
    _, timer, of = executor.wait_for_ready_callbacks(LONGEST_WAIT, [other])
    assert (timer, of) == (wanted, other)
    other.destroy_node()


@pytest.mark.parametrize("where", ["in a callback", "in another thread"])
def test_shutting_the_executor_down_ends_its_spin(executor, node, later, where):
    if where == "in a callback":
        node.create_timer(0.0, executor.shutdown)
    else:
        later(executor.shutdown)
    executor.spin()


def test_a_callback_that_shuts_ros_down_ends_the_spin():
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("turns", context=context, start_parameter_services=False)
    executor = GuardedExecutor(context=context)
    executor.add_node(node)
    node.create_timer(0.0, context.shutdown)
    spin_until(executor, lambda: False)
    executor.shutdown()
    node.destroy_node()


def test_a_turn_costs_one_wait_and_no_wait_set(node, spin, monkeypatch):
    made, waits, turns = [], [], []
    here = threading.get_ident()

    class Counted(rclpy_implementation.WaitSet):
        def __init__(self, *counts):
            super().__init__(*counts)
            made.append(threading.get_ident())

        def wait(self, nanoseconds):
            waits.append(threading.get_ident())
            super().wait(nanoseconds)

    monkeypatch.setattr(rclpy_implementation, "WaitSet", Counted)
    node.create_timer(0.002, lambda: turns.append(0))
    spin(lambda: len(turns) >= 100)
    assert waits.count(here) <= 150
    assert made.count(here) == 1
