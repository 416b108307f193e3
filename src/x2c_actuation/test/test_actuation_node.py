# SPDX-License-Identifier: Apache-2.0
"""The node over DDS, in a thread of the test or, where that is the point, as a process."""

import math
import signal

import numpy as np
import pytest
from sensor_msgs.msg import JointState
from std_msgs.msg import Float64MultiArray
from std_srvs.srv import SetBool, Trigger
from trajectory_msgs.msg import JointTrajectory

from x2c_actuation.actuation_node import ActuationNode
from x2c_core.control_space import controls
from x2c_core.robot.robot_file import load_robot
from x2c_msgs.msg import ActuationState
from x2c_node.conversion.headers import to_nanoseconds
from x2c_node.qos import NEWEST, STREAM
from x2c_testing.actuation_side import NODE, NOW


def test_commands_keep_the_stamp_and_are_what_the_robot_file_says(start_program, write_robot):
    folder = write_robot()
    process, side = start_program(folder)
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


def test_enable_and_neutral_services(start_program, write_robot, ros, wait_until):
    folder = write_robot()
    home = load_robot(folder).home
    process, side = start_program(folder, enabled_at_start=False, ease_time=0.2)
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

    def disabled():
        side.send(nod)
        return "disabled: at neutral" in ros.diagnosis(NODE).message

    wait_until(disabled, what="the neutral face")
    # Reports may overtake commands.
    wait_until(lambda: side.answers[-1].position == pytest.approx(home, abs=1e-4), what="home")
    answered = len(side.answers)
    for _ in range(20):
        side.send(nod)
    assert len(side.answers) == answered

    ros.call(SetBool, f"{NODE}/enable", SetBool.Request(data=True))
    side.answer(lambda a: a.position[2] > 0.29, values=nod, what="the nod after neutral")
    ros.call(SetBool, f"{NODE}/enable", SetBool.Request(data=False))
    wait_until(lambda: "disabled: disabled" in ros.diagnosis(NODE).message, what="the diagnosis")
    answered = len(side.answers)
    for _ in range(20):
        side.send(controls.NEUTRAL)
    assert len(side.answers) == answered
    assert process.stop(signal.SIGTERM) == 0


def test_silence_holds_then_eases_to_neutral_and_control_values_bring_it_back(
    start, write_robot, ros, wait_until
):
    folder = write_robot()
    home = load_robot(folder).home
    _, side = start(folder, hold_after=0.3, neutral_after=0.6, ease_time=0.2)
    states = ros.collect(ActuationState, f"{NODE}/state", STREAM)
    nod = controls.from_names({"Head Pitch": 0.3, "Neck Pitch": 0.3})
    side.answer(lambda a: a.position[2] > 0.29, values=nod, what="the nod")
    wait_until(
        lambda: states and states[-1].state == ActuationState.DISABLED, what="the end of easing"
    )
    seen = {state.state for state in states}
    assert {ActuationState.ACTIVE, ActuationState.HOLDING, ActuationState.EASING} <= seen
    wait_until(lambda: side.answers[-1].position == pytest.approx(home, abs=1e-4), what="home")
    assert states[-1].armed
    assert states[-1].input_age > 0.6
    side.answer(lambda a: a.position[2] > 0.29, values=nod, what="the nod again")


def test_the_state_tells_what_was_sent_and_what_was_limited(start, write_robot, ros, wait_until):
    folder = write_robot()
    _, side = start(folder, state_rate=50.0)
    states = ros.collect(ActuationState, f"{NODE}/state", STREAM)
    values = controls.from_names({"Eyelid Upper Left": -1.0})
    values[controls.index("Head Pitch")] = 2.0
    side.answer(lambda a: a.position[0] < -0.99, values=values)
    state = wait_until(
        lambda: next((s for s in states if s.state == ActuationState.ACTIVE), None),
        what="the active state",
    )
    assert state.names == ["lid", "brow", "nod", "jaw", "idle"]
    assert state.reason == "follows control values"
    assert to_nanoseconds(state.command_stamp) == NOW
    assert to_nanoseconds(state.header.stamp) > NOW
    assert state.commands > 0
    assert state.inputs > 0
    assert state.controls_clamped > 0
    assert state.feedback_age == -1.0
    assert list(state.tracking_errors) == []
    assert len(state.velocities) == len(state.accelerations) == len(state.targets) == 5


def test_joints_start_from_where_they_are_measured(start, write_robot, ros, wait_until):
    measured = ros.publish(JointState, "joint_states", NEWEST)
    _, side = start(write_robot(), enabled_at_start=False)
    wait_until(measured.get_subscription_count, what="who listens to joint_states")
    where = JointState(name=["lid", "nod"], position=[-0.8, 0.2])
    measured.publish(where)
    ros.call(SetBool, f"{NODE}/enable", SetBool.Request(data=True))

    def answered():
        measured.publish(where)
        side.send()
        return side.answers

    first = wait_until(answered, what="the first command")[0]
    assert first.position[:4] == pytest.approx([-0.8, 0.1, 0.2, 0.0], abs=0.02)


@pytest.mark.parametrize(("ending", "end"), [("neutral", 0.0), ("hold", 0.3)])
def test_at_its_end_the_face_is_left_as_configured(start, write_robot, wait_until, ending, end):
    process, side = start(write_robot(), on_shutdown=ending, ease_time=0.2)
    nod = controls.from_names({"Head Pitch": 0.3, "Neck Pitch": 0.3})
    side.answer(lambda a: a.position[2] > 0.2999, values=nod, what="the nod")
    assert process.stop() == 0
    wait_until(
        lambda: side.answers[-1].position[2] == pytest.approx(end, abs=1e-3), what="the end"
    )


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


def test_a_robot_of_trajectories_gets_points_that_begin_now_and_end_at_rest(start, write_robot):
    folder = write_robot(command_interface="joint_trajectory")
    values = controls.from_names({"Eyelid Upper Left": 0.5})
    expected = load_robot(folder).joint_targets(values)
    _, side = start(folder, JointTrajectory, f"{NODE}/joint_trajectory")
    answer = side.answer(
        lambda a: np.allclose(a.points[0].positions, expected, atol=1e-6), values=values
    )
    # joint_trajectory_controller takes a stamp for the time to begin, which would be over.
    assert to_nanoseconds(answer.header.stamp) == 0
    assert answer.joint_names == ["lid", "brow", "nod", "jaw", "idle"]
    (point,) = answer.points
    assert list(point.velocities) == list(point.accelerations) == list(point.effort) == []
    assert point.time_from_start.sec == 0
    assert point.time_from_start.nanosec == 20_000_000


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
    wait_until(lambda: "it has no publisher" in ros.diagnosis(NODE).message, what="the reason")


@pytest.mark.parametrize(
    ("robot", "reason"),
    [
        ("no_such_robot", "unknown robot"),
        ("/no/such/folder", "no robot at"),
        ("broken", "the lowest must be below the highest"),
    ],
)
def test_a_robot_that_cannot_be_is_refused_with_the_reason(
    robot, reason, write_robot, node_inside, wait_until, ros
):
    if robot == "broken":
        joint = {"type": "revolute", "position": [1.0, 0.0]}
        robot = str(write_robot(joints={"lid": joint}, mixing={}))
    process = node_inside(ActuationNode, parameters={"robot": robot})
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
