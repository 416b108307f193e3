# SPDX-License-Identifier: Apache-2.0
"""How actuation and motors end: as long as the ease takes, or at once with joints that brake."""

import signal
import threading

import numpy as np
import pytest
from rclpy.executors import SingleThreadedExecutor
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState

from x2c_actuation.actuation_node import ActuationNode
from x2c_actuation.pipeline.ending import longest_end
from x2c_actuation.pipeline.motion_limits import MotionLimits
from x2c_core.control_space import controls
from x2c_core.robot.robot_file import load_robot
from x2c_motors import motor_driver_node
from x2c_motors.emulators.dynamixel_bus import DynamixelBus
from x2c_motors.motor_driver_node import MotorDriverNode
from x2c_msgs.msg import ActuationState, ControlValues
from x2c_node.qos import NEWEST, STREAM
from x2c_node.spinning.spin import spin_until
from x2c_testing.motor_robots import NAMES, SCALE, servo_section, write_motor_robot

NOD = 2
"""Place of the joint that nods."""


def limits(velocity, acceleration=1000.0, jerk=1e6):
    one = np.ones(1)
    return MotionLimits(-one, one, velocity * one, acceleration * one, jerk * one)


def test_slow_joints_get_longer_to_end():
    quick, slow = limits(100.0), limits(0.1)
    assert longest_end(8.0, quick) > 8.0
    assert longest_end(8.0, slow) > 8.0 + 20.0
    assert longest_end(0.0, limits(100.0, acceleration=1.0)) > 2.0 * 100.0


class Face:
    """The publisher of control values of a robot that nods."""

    def __init__(self, ros, wait_until):
        self._values = controls.from_names({"Head Pitch": 0.3, "Neck Pitch": 0.3})
        self._wait_until = wait_until
        self.commands = ros.collect(JointState, "joint_commands", STREAM)
        self._publisher = ros.publish(ControlValues, "control_values", NEWEST)

    def nod(self):
        def nods():
            self._publisher.publish(nodding(self._values))
            return bool(self.commands) and self.position > 0.29

        self._wait_until(nods, what="the nod")

    @property
    def position(self):
        return self.commands[-1].position[NOD]


def nodding(values):
    message = ControlValues(state=ControlValues.TRACKING)
    message.header.stamp.sec = 1
    message.values = [float(value) for value in values]
    return message


@pytest.fixture
def face(ros, wait_until):
    return Face(ros, wait_until)


def test_no_signal_that_a_launch_sends_cuts_an_ease_off(
    face, node_process, write_robot, wait_until
):
    folder = write_robot()
    process = node_process(
        "x2c_actuation",
        "actuation_node",
        parameters={"robot": str(folder), "ease_time": 3.0, "use_joint_states": False},
    )
    face.nod()
    # The process group's and the launch's.
    process.popen.send_signal(signal.SIGINT)
    process.popen.send_signal(signal.SIGINT)
    wait_until(lambda: face.position < 0.15, what="half of the ease")
    process.popen.send_signal(signal.SIGTERM)
    assert process.wait() == 0, process.output
    home = load_robot(folder).home[NOD]
    wait_until(lambda: abs(face.position - home) < 1e-3, what="the neutral face")
    assert "Traceback" not in process.output


@pytest.fixture
def spin_apart(ros):
    """Spin a node in a thread of its own, as its process does; returns what asks that thread."""
    executor = SingleThreadedExecutor()
    done = threading.Event()
    thread = threading.Thread(target=spin_until, args=(executor, done.is_set), daemon=True)
    nodes = []

    def spin(node):
        nodes.append(node)
        executor.add_node(node)
        thread.start()
        return executor.create_task

    yield spin
    done.set()
    thread.join(150.0)
    assert not thread.is_alive()
    executor.shutdown()
    for node in nodes:
        node.destroy_node()


def test_in_a_hurry_joints_brake_in_place_of_the_ease(
    face, ros, spin_apart, write_robot, wait_until
):
    overrides = {"robot": str(write_robot()), "ease_time": 600.0, "use_joint_states": False}
    given = [Parameter(name, value=value) for name, value in overrides.items()]
    node = ActuationNode(parameter_overrides=given)
    states = ros.collect(ActuationState, "actuation_node/state", STREAM)
    assert node.start()
    ask = spin_apart(node)
    face.nod()
    ending = ask(node.stop)
    wait_until(
        lambda: states and states[-1].state == ActuationState.EASING, what="the ease to begin"
    )
    node.hurry()
    wait_until(ending.done, what="the end")
    assert node.state == "unconfigured"
    wait_until(lambda: states[-1].state == ActuationState.DISABLED, what="the last state")
    assert face.position > 0.25
    before, last = (one.position[NOD] for one in face.commands[-2:])
    assert last == pytest.approx(before, abs=1e-3)


@pytest.fixture
def bus(tmp_path):
    with DynamixelBus(tmp_path / "port", [1, 2, 3]) as made:
        yield made


class Commander:
    """A node that commands three joints, and says what it does as actuation does."""

    def __init__(self, ros):
        self._commands = ros.publish(JointState, "joint_commands", STREAM)
        self._states = ros.publish(ActuationState, "test_side/state", STREAM)
        self.state = ActuationState.ACTIVE
        self.wanted = [0.4, 0.4, 0.4]
        ros.node.create_timer(0.02, self._command)

    def _command(self):
        self._states.publish(ActuationState(state=self.state))
        if self.wanted is not None:
            self._commands.publish(JointState(name=list(NAMES), position=self.wanted))


@pytest.fixture
def driver(ros, bus, tmp_path):
    section = servo_section("dynamixel", bus.link, baudrate=1_000_000, at_end="torque_off")
    folder = write_motor_robot(tmp_path / "robot", section)
    node = MotorDriverNode(parameter_overrides=[Parameter("robot", value=str(folder))])
    assert node.start()
    yield node
    node.hurry()
    node.stop()


@pytest.fixture
def stop(driver, spin_apart):
    """Stop the driver in its own thread; returns a future."""
    ask = spin_apart(driver)
    return lambda: ask(driver.stop)


@pytest.fixture
def commander(ros, driver, stop, wait_until):
    made = Commander(ros)
    wait_until(lambda: driver.diagnosis().message == "following", what="motors that follow")
    yield made
    made.wanted = None


@pytest.fixture
def short(monkeypatch):
    """Commands that are followed for a moment at the end, unless their node eases."""
    monkeypatch.setattr(motor_driver_node, "_LONGEST_END", 1.0)


def limp(bus):
    return not any(servo.torque for servo in bus.servos.values())


def test_motors_follow_as_long_as_the_face_eases(short, stop, commander, bus, wait_until):
    commander.state = ActuationState.EASING
    ending = stop()
    for pose in (-0.4, 0.2, -0.2):
        commander.wanted = [pose] * 3
        wait_until(lambda pose=pose: _is_at(bus, pose), what="the pose")
    assert not ending.done()
    commander.state = ActuationState.DISABLED
    wait_until(ending.done, what="the end")
    wait_until(lambda: limp(bus), what="limp servos")


def test_motors_do_not_follow_for_ever_who_does_not_end(short, stop, commander, bus, wait_until):
    wait_until(stop().done, what="the end")
    wait_until(lambda: limp(bus), what="limp servos")


def test_in_a_hurry_motors_do_not_wait_for_the_end_of_the_ease(
    driver, stop, commander, bus, wait_until
):
    commander.state = ActuationState.EASING
    ending = stop()
    driver.hurry()
    wait_until(ending.done, what="the end")
    assert driver.state == "unconfigured"
    wait_until(lambda: limp(bus), what="limp servos")


def _is_at(bus, pose):
    goal = 2048 + pose * SCALE
    return all(abs(servo.position - goal) < 2.0 for servo in bus.servos.values())
