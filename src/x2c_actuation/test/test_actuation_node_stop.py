# SPDX-License-Identifier: Apache-2.0
"""The emergency stop of the node over DDS."""

import threading

import pytest
from std_msgs.msg import Bool
from std_srvs.srv import SetBool, Trigger

from x2c_core.control_space import controls
from x2c_msgs.msg import ActuationState
from x2c_node.qos import LATCHED, STREAM
from x2c_testing.actuation_side import NODE


def emergency_stop(ros, wait_until, side, qos=10):
    """Return a publisher that the node hears, each message."""
    publisher = ros.publish(Bool, "estop", qos)
    # The second subscription is reliable: it hears what is published while it is still linked.
    wait_until(lambda: publisher.get_subscription_count() >= 2, what="a reliable subscription")
    return publisher


def stopped(ros, wait_until):
    def told():
        status = ros.diagnosis(NODE)
        return status if status and "emergency stop" in status.message else None

    status = wait_until(told, what="the stop on /diagnostics")
    assert status.level == b"\x02"
    return status.message


def reset(ros):
    return ros.call(Trigger, f"{NODE}/reset", Trigger.Request())


def test_an_emergency_stop_is_released_only_by_who_asserted_it_and_ended_only_by_reset(
    start, write_robot, ros, wait_until
):
    _, side = start(write_robot())
    ros.diagnosis(NODE)
    nod = controls.from_names({"Head Pitch": 0.3, "Neck Pitch": 0.3})
    side.answer(values=nod)
    button = emergency_stop(ros, wait_until, side)
    other = emergency_stop(ros, wait_until, side)
    button.publish(Bool(data=True))
    assert "release it" in stopped(ros, wait_until)
    other.publish(Bool(data=False))
    response = reset(ros)
    assert not response.success
    assert "still asserted" in response.message
    response = ros.call(SetBool, f"{NODE}/enable", SetBool.Request(data=True))
    assert not response.success
    assert "call ~/reset first" in response.message
    held = side.answers[-1].position
    for _ in range(30):
        side.send(controls.NEUTRAL)
    assert side.answers[-1].position == pytest.approx(held, abs=0.2)

    button.publish(Bool(data=False))
    wait_until(lambda: "then" not in stopped(ros, wait_until), what="the release")
    assert "call ~/reset" in stopped(ros, wait_until)
    assert reset(ros).success
    wait_until(lambda: "call ~/enable" in ros.diagnosis(NODE).message, what="the reset")
    answered = len(side.answers)
    for _ in range(20):
        side.send(nod)
    assert len(side.answers) == answered
    assert ros.call(SetBool, f"{NODE}/enable", SetBool.Request(data=True)).success
    side.answer(lambda a: a.position[2] > 0.29, values=nod, what="the nod after the stop")


def test_an_emergency_stop_outlives_the_node_s_transitions(
    start_program, write_robot, ros, wait_until
):
    process, side = start_program(write_robot())
    ros.diagnosis(NODE)
    side.answer()
    response = ros.call(SetBool, f"{NODE}/estop", SetBool.Request(data=True))
    assert response.success
    stopped(ros, wait_until)
    for transition in ("deactivate", "cleanup", "configure", "activate"):
        assert ros.transition(NODE, transition)
    stopped(ros, wait_until)
    answered = len(side.answers)
    for _ in range(20):
        side.send()
    assert len(side.answers) == answered
    response = ros.call(SetBool, f"{NODE}/estop", SetBool.Request(data=False))
    assert "call ~/reset" in response.message
    assert reset(ros).success
    assert process.stop() == 0
    assert "leaked" not in process.output


def test_the_stop_s_service_is_heard_while_the_face_is_brought_to_its_end(
    start, write_robot, ros, wait_until
):
    _, side = start(write_robot(), ease_time=3000.0)
    states = ros.collect(ActuationState, f"{NODE}/state", STREAM)
    nod = controls.from_names({"Head Pitch": 0.3, "Neck Pitch": 0.3})
    side.answer(lambda a: a.position[2] > 0.29, values=nod, what="the nod")
    leaving = threading.Thread(target=ros.transition, args=(NODE, "deactivate"))
    leaving.start()
    wait_until(lambda: states[-1].state == ActuationState.EASING, what="the way to neutral")
    response = ros.call(SetBool, f"{NODE}/estop", SetBool.Request(data=True))
    assert response.message == "stopped"
    leaving.join(150.0)
    assert not leaving.is_alive()
    assert ros.state(NODE) == "inactive"
    wait_until(lambda: states[-1].state == ActuationState.STOPPED, what="the stop")
    assert side.answers[-1].position[2] > 0.1, "it was stopped on its way"


def test_a_stop_asserted_before_the_node_was_there_holds(start, write_robot, ros, wait_until):
    ros.publish(Bool, "estop", LATCHED).publish(Bool(data=True))
    process, _ = start(write_robot())
    ros.diagnosis(NODE)
    assert "/estop" in stopped(ros, wait_until)
    assert process.stop() == 0


def test_who_has_gone_asserts_no_longer(start, write_robot, ros, wait_until):
    _, side = start(write_robot())
    ros.diagnosis(NODE)
    side.answer()
    button = emergency_stop(ros, wait_until, side)
    button.publish(Bool(data=True))
    stopped(ros, wait_until)
    ros.node.destroy_publisher(button)
    wait_until(lambda: reset(ros).success, what="the reset")
