# SPDX-License-Identifier: Apache-2.0
import signal
import time

import numpy as np
import pytest
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from x2c_core.robot.robot_file import load_robot
from x2c_motors.configuration.boards import make_boards
from x2c_motors.control.motor_board import motor_boards
from x2c_motors.emulators.dynamixel_bus import DynamixelBus
from x2c_motors.emulators.maestro_board import MaestroBoard
from x2c_motors.errors import DriverError, Fault
from x2c_motors.motor_driver_node import MotorDriverNode
from x2c_node.qos import STREAM
from x2c_testing.motor_robots import (
    NAMES,
    SCALE,
    channel_section,
    servo_section,
    write_motor_robot,
)

STEP = 4.0 * 0.1 * SCALE
"""The furthest that a servo may be sent at once: its way at full speed in 0.1 s [raw]."""


@pytest.fixture
def bus(tmp_path):
    with DynamixelBus(tmp_path / "port", [1, 2, 3]) as made:
        yield made


@pytest.fixture
def folder(bus, tmp_path):
    section = servo_section("dynamixel", bus.link, baudrate=1_000_000)
    return write_motor_robot(tmp_path / "robot", section)


class Owner:
    """Somebody who commands the robot and watches it."""

    def __init__(self, ros, bus, wait_until):
        self.ros, self.bus, self.wait_until = ros, bus, wait_until
        self.wanted = None
        self.states = ros.collect(JointState, "joint_states", STREAM)
        self._publisher = ros.publish(JointState, "joint_commands", STREAM)
        ros.node.create_timer(0.02, self._command)

    def _command(self):
        if self.wanted is not None:
            self._publisher.publish(JointState(name=list(NAMES), position=self.wanted))

    def wait_for_pose(self, pose):
        goals = [2048 + position * SCALE for position in pose]
        self.wait_until(
            lambda: all(
                abs(servo.position - goal) < 2.0
                for servo, goal in zip(self.bus.servos.values(), goals, strict=True)
            ),
            "the servos' pose",
        )

    def motors(self):
        status = self.ros.diagnosis("motor_driver_node")
        # An inactive node says nothing of its motors.
        values = {} if status is None else {one.key: one.value for one in status.values}
        return values.get("motors")

    def wait_for(self, condition):
        self.wait_until(lambda: self.motors() == condition, condition)


@pytest.fixture
def node(ros, folder):
    overrides = [
        Parameter("robot", value=str(folder)),
        Parameter("diagnostics_period", value=0.1),
    ]
    return ros.add(MotorDriverNode(parameter_overrides=overrides))


@pytest.fixture
def owner(ros, bus, node, wait_until):
    made = Owner(ros, bus, wait_until)
    assert node.start()
    yield made
    # Nothing is commanded any more: else it would be followed for some time.
    made.wanted = None
    node.stop()


def test_servos_follow_commands_and_states_are_measured(owner, bus):
    owner.wait_for("untouched")
    assert not any(servo.torque for servo in bus.servos.values())
    owner.wanted = [0.2, -0.1, 0.3]
    owner.wait_for_pose(owner.wanted)
    owner.wait_for("following")
    owner.wait_until(
        lambda: owner.states and np.allclose(owner.states[-1].position, owner.wanted, atol=2e-3),
        "measured states",
    )
    assert list(owner.states[-1].name) == list(NAMES)
    assert owner.states[-1].header.stamp.sec > 0


def test_who_else_commands_the_joints_is_named(ros, owner, wait_until):
    owner.wanted = [0.0, 0.0, 0.0]
    owner.wait_for("following")
    other = ros.node.create_publisher(JointState, "joint_commands", STREAM)

    def said():
        status = ros.diagnosis("motor_driver_node")
        return "" if status is None else status.message

    wait_until(lambda: "2 publishers command the joints" in said(), "the warning")
    assert said().count(ros.node.get_fully_qualified_name()) == 2
    ros.node.destroy_publisher(other)
    wait_until(lambda: said() == "following", "the end of the warning")


def test_unplugged_and_plugged_in_again_nothing_jumps(owner, bus):
    owner.wanted = [0.4, 0.4, 0.4]
    owner.wait_for_pose(owner.wanted)
    bus.unplug()
    owner.wait_for("disconnected")
    bus.power_cycle()
    for servo in bus.servos.values():
        servo.push(2400.0)
        servo.fastest = 0.0
    owner.wanted = [-0.4, -0.4, -0.4]
    bus.plug()
    owner.wait_for_pose(owner.wanted)
    assert max(servo.fastest for servo in bus.servos.values()) < STEP


def test_an_emergency_stop_is_latched_until_released_and_reset(ros, owner, bus, wait_until):
    owner.wanted = [0.4, 0.4, 0.4]
    owner.wait_for_pose(owner.wanted)
    button = ros.publish(Bool, "estop", STREAM)
    wait_until(button.get_subscription_count, what="the node's subscription")
    button.publish(Bool(data=True))
    owner.wait_for("stopped")
    assert not any(servo.torque for servo in bus.servos.values())
    owner.wanted = [-0.4, -0.4, -0.4]
    response = ros.call(Trigger, "motor_driver_node/reset", Trigger.Request())
    assert not response.success
    assert "release" in response.message
    button.publish(Bool(data=False))
    wait_until(
        lambda: ros.call(Trigger, "motor_driver_node/reset", Trigger.Request()).success,
        what="the reset",
    )
    for servo in bus.servos.values():
        servo.fastest = 0.0
    owner.wait_for_pose(owner.wanted)
    assert max(servo.fastest for servo in bus.servos.values()) < STEP


def test_who_resets_servos_that_cannot_tell_where_they_are_is_warned(ros, tmp_path):
    with MaestroBoard(tmp_path / "port") as board:
        section = channel_section("maestro", port=str(board.link))
        folder = write_motor_robot(tmp_path / "hobby", section)
        node = ros.add(
            MotorDriverNode(parameter_overrides=[Parameter("robot", value=str(folder))])
        )
        assert node.start()
        response = ros.call(Trigger, "motor_driver_node/reset", Trigger.Request())
        assert response.success
        assert "jump" in response.message
        node.stop()


class RecordingBoard(MaestroBoard):
    """A board that notes the targets with which the pulses of a channel begin [0.25 µs]."""

    def __init__(self, link):
        super().__init__(link)
        self.begun = []

    def _target(self, channel, value):
        if value and not self.targets[channel]:
            self.begun.append(value)
        super()._target(channel, value)


def test_hobby_servos_go_on_where_they_were_sent_last_after_every_transition(
    ros, tmp_path, wait_until
):
    with RecordingBoard(tmp_path / "port") as board:
        section = channel_section("maestro", port=str(board.link), at_end="torque_off")
        folder = write_motor_robot(tmp_path / "hobby", section)
        node = ros.add(
            MotorDriverNode(parameter_overrides=[Parameter("robot", value=str(folder))])
        )
        commands = ros.publish(JointState, "joint_commands", STREAM)
        wanted = [JointState(name=list(NAMES), position=[0.4, 0.4, 0.4])]
        ros.node.create_timer(0.02, lambda: [commands.publish(one) for one in wanted])
        assert node.start()
        there = round(4.0 * (1500.0 + 0.4 * 2000.0 / np.pi))
        wait_until(lambda: board.targets[5] == board.targets[0] == there, "the servos' pose")
        for transition in ("deactivate", "cleanup", "configure"):
            assert ros.transition("motor_driver_node", transition)
        assert set(board.targets) == {0}
        board.begun.clear()
        assert ros.transition("motor_driver_node", "activate")
        wait_until(lambda: len(board.begun) == 3, "pulses on all channels")
        assert board.begun == [there] * 3
        wanted.clear()
        node.stop()


def test_a_stop_outlives_every_transition(ros, owner, bus, wait_until):
    owner.wanted = [0.4, 0.4, 0.4]
    owner.wait_for("following")
    button = ros.publish(Bool, "estop", STREAM)
    wait_until(button.get_subscription_count, what="the node's subscription")
    button.publish(Bool(data=True))
    owner.wait_for("stopped")
    for transition in ("deactivate", "cleanup"):
        assert ros.transition("motor_driver_node", transition)
    button.publish(Bool(data=False))
    for transition in ("configure", "activate"):
        assert ros.transition("motor_driver_node", transition)
    owner.wait_for("stopped")
    assert not any(servo.torque for servo in bus.servos.values())


def test_a_stop_reaches_motors_that_an_inactive_node_has_left_holding(ros, owner, bus, wait_until):
    owner.wanted = [0.4, 0.4, 0.4]
    owner.wait_for("following")
    button = ros.publish(Bool, "estop", STREAM)
    wait_until(button.get_subscription_count, what="the node's subscription")
    assert ros.transition("motor_driver_node", "deactivate")
    assert all(servo.torque for servo in bus.servos.values())
    button.publish(Bool(data=True))
    wait_until(lambda: not any(one.torque for one in bus.servos.values()), what="limp servos")
    assert ros.state("motor_driver_node") == "inactive"
    assert ros.transition("motor_driver_node", "activate")
    owner.wait_for("stopped")


def test_commands_that_cannot_be_are_dropped_and_the_node_lives(ros, owner, bus):
    publisher = ros.publish(JointState, "joint_commands", STREAM)
    owner.wait_until(publisher.get_subscription_count, what="the node's subscription")
    for message in (
        JointState(name=["jaw"], position=[float("nan")]),
        JointState(name=["jaw", "lid"], position=[0.1]),
        JointState(name=["tail"], position=[0.1]),
        JointState(),
    ):
        publisher.publish(message)
    owner.wanted = [9.0, 0.1, -9.0]
    owner.wait_for_pose([0.5, 0.1, -0.5])


def test_a_port_that_is_not_there_is_an_error_that_goes_away(ros, bus, folder, wait_until):
    bus.unplug()
    overrides = [
        Parameter("robot", value=str(folder)),
        Parameter("diagnostics_period", value=0.1),
    ]
    node = ros.add(MotorDriverNode(parameter_overrides=overrides))
    assert node.start()
    wait_until(
        lambda: "there is no" in getattr(ros.diagnosis("motor_driver_node"), "message", ""),
        what="the error",
    )
    bus.plug()
    wait_until(
        lambda: "connected" in ros.diagnosis("motor_driver_node").message, what="a connection"
    )
    node.stop()


def test_motors_whose_thread_dies_are_left_as_a_stop_leaves_them(owner, bus, node, wait_until):
    owner.wanted = [0.4, 0.4, 0.4]
    owner.wait_for_pose(owner.wanted)

    def die(now):
        raise SystemExit

    node._boards[0].controller.tick = die
    wait_until(lambda: node.supervisor.over, what="the fault")
    wait_until(lambda: not any(one.torque for one in bus.servos.values()), what="limp servos")


def test_an_activation_that_fails_leaves_no_board_at_work(node, folder, monkeypatch):
    node.trigger_configure()
    (board,) = node._boards
    robot = load_robot(folder)
    (hanging,) = motor_boards(robot, make_boards(robot), lambda bad, text: None)
    node._boards = (board, hanging)

    def refuse(*arguments):
        raise DriverError(Fault.LOST, "the bus hangs")

    with monkeypatch.context() as patch:
        patch.setattr(hanging, "start", refuse)
        node.trigger_activate()
        assert node.state == "inactive"
        assert "the bus hangs" in node.fault
        assert not board.running
    node._boards = (board,)
    node.trigger_activate()
    assert node.state == "active"
    node.stop()


def test_a_robot_without_motors_is_refused_with_the_reason(ros, tmp_path):
    folder = write_motor_robot(tmp_path / "other", {})
    node = ros.add(MotorDriverNode(parameter_overrides=[Parameter("robot", value=str(folder))]))
    assert not node.start()
    assert "no driver section" in node.fault


@pytest.fixture
def program(node_process, bus, folder):
    process = node_process("x2c_motors", "motor_driver_node", parameters={"robot": str(folder)})
    process.wait_for("connected to")
    return process


def test_told_to_end_motors_follow_the_face_to_where_it_ends(ros, bus, program, wait_until):
    owner = Owner(ros, bus, wait_until)
    owner.wanted = [0.4, 0.4, 0.4]
    owner.wait_for_pose(owner.wanted)
    program.popen.send_signal(signal.SIGINT)
    owner.wanted = [-0.4, -0.4, -0.4]
    owner.wait_for_pose(owner.wanted)
    owner.wanted = None
    assert program.wait() == 0


def test_told_to_end_motors_still_hear_an_emergency_stop(ros, bus, program, wait_until):
    owner = Owner(ros, bus, wait_until)
    button = ros.publish(Bool, "estop", STREAM)
    wait_until(lambda: button.get_subscription_count() >= 2, what="a reliable subscription")
    owner.wanted = [0.4, 0.4, 0.4]
    owner.wait_for_pose(owner.wanted)
    program.popen.send_signal(signal.SIGINT)
    # Until it has noticed: from then on nobody spins the node.
    time.sleep(0.5)
    button.publish(Bool(data=True))
    wait_until(lambda: not any(one.torque for one in bus.servos.values()), what="limp servos")
    assert program.wait() == 0
