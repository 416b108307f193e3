# SPDX-License-Identifier: Apache-2.0
"""No exception ends a spin, and what fails keeps nothing else from being heard."""

from __future__ import annotations

import threading
from types import SimpleNamespace

import pytest
import rclpy
from lifecycle_msgs.srv import ChangeState
from rcl_interfaces.msg import Parameter, ParameterValue
from rcl_interfaces.srv import SetParameters, SetParametersAtomically
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.impl.implementation_singleton import rclpy_implementation
from rclpy.waitable import NumberOfEntities, Waitable
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from x2c_node.graph.endpoints import publishers
from x2c_node.managed_node import ManagedNode
from x2c_node.parameters import Parameters
from x2c_node.spinning.executor import GuardedExecutor
from x2c_node.spinning.spin import spin_until
from x2c_testing.waiting import LONGEST_WAIT

UNKNOWN_TYPE = ParameterValue(type=99)


class Robot(ManagedNode[Parameters]):
    """Hears a stop, by a subscription of rclpy's own."""

    def __init__(self) -> None:
        super().__init__("robot", Parameters)
        self.heard = 0
        self.create_subscription(Bool, "stop", self.hear, 10)

    def hear(self, message: Bool) -> None:
        self.heard += 1


@pytest.fixture
def robot(ros):
    """A node that is spun by an executor of its own."""
    node = Robot()
    executor = GuardedExecutor()
    executor.add_node(node)
    ending = threading.Event()
    thread = threading.Thread(target=spin_until, args=(executor, ending.is_set), daemon=True)
    thread.start()
    yield node
    ending.set()
    executor.wake()
    thread.join(LONGEST_WAIT)
    assert not thread.is_alive()
    executor.shutdown()
    node.destroy_node()


@pytest.fixture
def stop_is_heard(ros, robot, wait_until):
    button = ros.publish(Bool, "stop")
    wait_until(button.get_subscription_count, "the subscription")

    def press() -> None:
        before = robot.heard
        button.publish(Bool(data=True))
        wait_until(lambda: robot.heard > before, "the stop")

    press()
    return press


def fail(*arguments):
    raise ValueError("a stranger's value")


def failing_timer(robot):
    robot.create_timer(0.01, fail)
    return "Timer failed"


def failing_subscription(robot):
    robot.create_subscription(Bool, "stop", fail, 10)
    return "/stop failed"


def failing_task(robot):
    robot.executor.create_task(fail)
    return "task failed"


def failing_done_callback(robot):
    robot.executor.create_task(lambda: None).add_done_callback(fail)
    return "task failed"


def failing_guard_condition(robot):
    robot.create_guard_condition(fail).trigger()
    return "GuardCondition failed"


@pytest.mark.parametrize(
    "break_something",
    [
        failing_timer,
        failing_subscription,
        failing_task,
        failing_done_callback,
        failing_guard_condition,
    ],
)
def test_what_a_callback_raises_is_counted_and_the_stop_is_heard(
    robot, stop_is_heard, wait_until, break_something
):
    name = break_something(robot)
    robot.executor.wake()
    stop_is_heard()
    wait_until(lambda: robot.statistics.counts[name], name)
    assert int(robot.diagnosis().values[name]) > 0
    stop_is_heard()


class Broken(Waitable):
    """An entity that is always ready and raises at one of the steps."""

    def __init__(self, node, step):
        super().__init__(node.default_callback_group)
        self.guard = rclpy_implementation.GuardCondition(node.context.handle)
        self.guard.trigger_guard_condition()
        self.step = step
        self.calls = 0

    def raises_at(self, step):
        if step == self.step:
            self.calls += 1
            fail()

    def __enter__(self):
        self.raises_at("enter")

    def __exit__(self, *error):
        pass

    def get_num_entities(self):
        self.raises_at("count")
        return NumberOfEntities(num_gcs=1)

    def add_to_wait_set(self, wait_set):
        self.raises_at("add")
        wait_set.add_guard_condition(self.guard)
        self.guard.trigger_guard_condition()

    def is_ready(self, wait_set):
        self.raises_at("ready")
        return True

    def take_data(self):
        self.raises_at("take")

    async def execute(self, data):
        self.raises_at("execute")


@pytest.mark.parametrize("step", ["enter", "count", "add", "ready", "take", "execute"])
def test_an_entity_that_always_fails_keeps_no_other_from_being_heard(
    robot, stop_is_heard, wait_until, step
):
    broken = Broken(robot, step)
    robot.add_waitable(broken)
    robot.executor.wake()
    wait_until(lambda: broken.calls, "the failure")
    for _ in range(20):
        stop_is_heard()
    assert robot.diagnosis().values.keys() & {"Broken failed", "spin failed"}


def test_a_guard_condition_is_heard_though_another_entity_fails_in_its_wait(ros):
    node = rclpy.create_node("guarded", start_parameter_services=False)
    executor = GuardedExecutor()
    executor.add_node(node)
    heard = []
    guard = node.create_guard_condition(lambda: heard.append(1))
    broken = Broken(node, "ready")
    node.add_waitable(broken)
    guard.trigger()
    executor.spin_once(timeout_sec=0.1)
    assert broken.calls
    for _ in range(3):
        executor.spin_once(timeout_sec=0.1)
    assert heard == [1]
    executor.shutdown()
    node.destroy_node()


def test_a_message_that_cannot_be_taken_does_not_silence_its_topic(
    robot, stop_is_heard, monkeypatch, wait_until
):
    # A message that rclpy cannot read raises while it is taken.
    failures = iter([True] * 3)

    def take(self, subscription):
        if next(failures, False):
            fail()
        return original(self, subscription)

    original = GuardedExecutor._take_subscription
    monkeypatch.setattr(GuardedExecutor, "_take_subscription", take)
    stop_is_heard()
    assert robot.statistics.counts["/stop failed"] == 3


def test_a_node_that_does_not_count_is_spun_on(ros, wait_until):
    node = rclpy.create_node("plain")
    executor = GuardedExecutor()
    executor.add_node(node)
    calls = []

    def call():
        calls.append(0)
        fail()

    node.create_timer(0.01, call, callback_group=MutuallyExclusiveCallbackGroup())
    spin_until(executor, lambda: len(calls) > 2)
    executor.shutdown()
    node.destroy_node()


def test_parameter_of_an_unknown_type_is_refused_and_the_others_are_set(ros, robot):
    bad = Parameter(name="diagnostics_period", value=UNKNOWN_TYPE)
    good = Parameter(name="use_sim_time", value=ParameterValue(type=1, bool_value=False))
    answer = ros.call(
        SetParameters, "robot/set_parameters", SetParameters.Request(parameters=[bad, good])
    )
    assert [result.successful for result in answer.results] == [False, True]
    assert answer.results[0].reason.startswith("parameter diagnostics_period: its value, of type")
    answer = ros.call(
        SetParametersAtomically,
        "robot/set_parameters_atomically",
        SetParametersAtomically.Request(parameters=[good, bad]),
    )
    assert not answer.result.successful
    assert "parameter diagnostics_period" in answer.result.reason


def test_parameter_without_a_name_is_refused(ros, robot):
    nameless = Parameter(value=ParameterValue(type=4, string_value="of any size"))
    request = SetParameters.Request(parameters=[nameless])
    answer = ros.call(SetParameters, "robot/set_parameters", request)
    assert [result.successful for result in answer.results] == [False]
    request = SetParametersAtomically.Request(parameters=[nameless])
    answer = ros.call(SetParametersAtomically, "robot/set_parameters_atomically", request)
    assert not answer.result.successful
    assert not robot.has_parameter("")


def test_a_service_of_rclpy_that_fails_answers_and_is_counted(ros, robot, monkeypatch):
    monkeypatch.setattr(robot, "trigger_configure", fail)
    request = ChangeState.Request()
    request.transition.id = 250
    assert not ros.call(ChangeState, "robot/change_state", request).success


def test_a_service_made_by_rclpy_alone_that_fails_does_not_end_the_spin(
    ros, robot, stop_is_heard, wait_until
):
    robot.create_service(Trigger, "broken", fail)
    client = ros.node.create_client(Trigger, "broken")
    wait_until(client.service_is_ready, "the service")
    client.call_async(Trigger.Request())
    wait_until(lambda: robot.statistics.counts["broken failed"], "the failure")
    stop_is_heard()


def test_endpoints_that_cannot_be_read_are_logged_and_not_taken_for_none():
    warnings = []
    node = SimpleNamespace(
        get_publishers_info_by_topic=fail,
        get_logger=lambda: SimpleNamespace(warning=lambda text, **how: warnings.append(text)),
    )
    assert publishers(node, "/stop") is None
    assert warnings == [
        "the publishers and subscriptions of /stop cannot be read: a stranger's value"
    ]
