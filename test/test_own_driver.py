# SPDX-License-Identifier: Apache-2.0
"""Motor drivers of packages that are not ours: the example, and broken ones."""

from __future__ import annotations

import math
import sys

import numpy as np
import pytest
import yaml
from rclpy.parameter import Parameter
from sensor_msgs.msg import JointState
from std_msgs.msg import Bool

from x2c_cli import cli
from x2c_cli.doctor.finding import CheckResult
from x2c_cli.doctor.implementations import implementations
from x2c_core.robot.robot_file import load_robot
from x2c_motors.configuration.boards import make_boards, make_driver
from x2c_motors.description.options import AddressForm
from x2c_motors.drivers import DRIVERS
from x2c_motors.emulators import EMULATORS
from x2c_motors.errors import DriverError, DriverSettingsError, Fault
from x2c_motors.motor_driver_node import MotorDriverNode
from x2c_node.qos import STREAM
from x2c_testing.motor_robots import NAMES, motor_robot, servo_section, write_motor_robot

GROUP = "x2c.motor_drivers"
SCALE = 1000.0 / math.tau


@pytest.fixture
def example(install_example, monkeypatch):
    site = install_example("own_driver")
    for module in [name for name in sys.modules if name.partition(".")[0] == "own_driver"]:
        monkeypatch.delitem(sys.modules, module)
    return site


@pytest.fixture
def bus(example, tmp_path):
    with EMULATORS.load("line_bus").with_addresses(tmp_path / "port", range(1, 4)) as made:
        yield made


@pytest.fixture
def x2c(capsys):
    """Run the command; returns exit status and output."""

    def run(*words):
        with pytest.raises(SystemExit) as ended:
            cli.main([str(word) for word in words])
        said = capsys.readouterr()
        return ended.value.code, said.out + said.err

    return run


def line_bus_section(port="nowhere", **options):
    section = servo_section("line_bus", port, **options)
    section["joints"]["jaw"]["torque_limit"] = 40
    return section


def test_a_robot_folder_drives_servos_of_a_driver_of_another_package(
    bus, ros, tmp_path, wait_until
):
    folder = write_motor_robot(tmp_path / "robot", line_bus_section(bus.link))
    overrides = [
        Parameter("robot", value=str(folder)),
        Parameter("diagnostics_period", value=0.1),
    ]
    node = ros.add(MotorDriverNode(parameter_overrides=overrides))
    states = ros.collect(JointState, "joint_states", STREAM)
    commands = ros.publish(JointState, "joint_commands", STREAM)
    pose = [0.4, -0.3, 0.2]
    wanted = [JointState(name=list(NAMES), position=pose)]
    ros.node.create_timer(0.02, lambda: [commands.publish(one) for one in wanted])
    assert node.start()
    wait_until(
        lambda: states and np.allclose(states[-1].position, pose, atol=1.0 / SCALE),
        "measured states at the commanded pose",
    )
    assert [servo.torque for servo in bus.servos.values()] == [True] * 3
    assert (bus.limits, bus.watchdog) == ({1: 40, 2: 100, 3: 100}, 0.5)
    button = ros.publish(Bool, "estop", STREAM)
    wait_until(button.get_subscription_count, what="the node's subscription")
    button.publish(Bool(data=True))
    wait_until(
        lambda: not any(servo.torque for servo in bus.servos.values()), "torque to be disabled"
    )
    wanted.clear()
    node.stop()


def test_commands_know_the_driver_and_its_options(bus, x2c, monkeypatch):
    status, said = x2c("motors", "drivers")
    assert status == 0
    assert "line_bus (own_driver): Servos on a bus that speaks lines of text." in said
    assert "  watchdog=0.5  Time without commands after which" in said
    assert "  joints.NAME.torque_limit=100  Highest torque [%]. 1 to 100." in said
    assert "feetech (x2c_motors)" in said
    # Each id that no servo has costs a wait.
    monkeypatch.setattr(DRIVERS.load("line_bus"), "address_form", AddressForm("id", 1, 4, "step"))
    place = ("--type", "line_bus", "--port", bus.link, "--option", "reply_time=0.4")
    status, said = x2c("motors", "scan", *place)
    assert status == 0, said
    assert "3 found" in said
    for action in ("scan", "calibrate", "emulate"):
        status, said = x2c("motors", action, "--help")
        assert status == 0
        assert "  line_bus (own_driver): Servos" in said


def test_late_replies_are_not_taken_for_others(bus, tmp_path):
    driver = make_driver(motor_robot(tmp_path / "robot", line_bus_section(bus.link)))
    driver.open()
    for servo, step in zip(bus.servos.values(), (400.0, 500.0, 600.0), strict=True):
        servo.push(step)
    bus.delay = 2.0 * driver.options.reply_time
    with pytest.raises(DriverError, match="no servo answers") as caught:
        driver.read()
    assert caught.value.fault is Fault.SILENT
    bus.delay = 0.0
    for _ in range(3):
        steps = driver.receive_raw([0, 1, 2])
        answered = np.isfinite(steps)
        assert steps[answered].tolist() == np.array([400.0, 500.0, 600.0])[answered].tolist()
    assert answered.all()
    driver.close()


def test_moving_by_hand_has_no_watchdog(bus, tmp_path, x2c, wait_until):
    section = line_bus_section(bus.link, at_end="torque_off")
    folder = write_motor_robot(tmp_path / "robot", section)
    status, said = x2c("motors", "jog", "--robot", folder, "--joint", "jaw", "--to", "0.1")
    assert status == 0, said
    assert bus.watchdog == 0.0
    assert round(bus.servos[1].goal) == round(500 + 0.1 * SCALE)
    # The bus answers in a thread of its own, also after the port was closed.
    wait_until(lambda: not bus.servos[1].torque, "torque to be disabled at the end")


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("watchdog",), "soon", r"driver\.watchdog: expected float, got 'soon' \(str\)"),
        (("watchdog",), 11.0, r"driver\.watchdog: expected 0\.0 to 10\.0, got 11\.0"),
        (("watchdgo",), 1.0, r"driver\.watchdgo: no such key; .*did you mean 'watchdog'"),
        (("joints", "brow", "torque_limit"), 500, r"driver\.joints\.brow\.torque_limit: expected"),
        (("joints", "brow", "torque_limt"), 5, r"torque_limt: no such .*mean 'torque_limit'"),
        (
            ("joints", "brow", "id"),
            33,
            r"driver\.joints\.brow\.id: expected a number from 1 to",
        ),
    ],
)
def test_mistakes_in_its_options_name_line_key_and_what_was_expected(
    example, tmp_path, keys, value, message
):
    section = line_bus_section()
    entry = section
    for key in keys[:-1]:
        entry = entry[key]
    entry[keys[-1]] = value
    robot = motor_robot(tmp_path, section)
    with pytest.raises(DriverSettingsError, match=message) as caught:
        make_driver(robot)
    lines = (tmp_path / "robot.yaml").read_text().splitlines()
    number = int(str(caught.value).partition("line ")[2].partition(":")[0])
    assert lines[number - 1].strip() == yaml.safe_dump({keys[-1]: value}).strip()
    assert "\n" not in str(caught.value)


def test_calibration_keeps_the_options_of_a_joint(example, tmp_path):
    from x2c_motors.bring_up.editor import RobotEditor
    from x2c_motors.calibration.calibration import MotorCalibration

    folder = write_motor_robot(tmp_path / "robot", line_bus_section())
    calibration = MotorCalibration(RobotEditor(folder), line_bus_section(), None, 0.4, 0.6)
    driver, _, _ = calibration._alone(1)
    assert driver.settings.calibrations[0].options.torque_limit == 40
    assert driver.options.watchdog == 0.0
    joint = dict(load_robot(folder).joints[0].__dict__)
    written = {key: joint[key] for key in ("type", "velocity", "acceleration", "jerk", "home")}
    entry = {"id": 1, "zero": 500.0, "direction": 1, "raw": [400.0, 600.0]}
    calibration._write("jaw", {**written, "position": [-0.5, 0.5]}, {}, entry)
    assert make_driver(load_robot(folder)).settings.calibrations[0].options.torque_limit == 40


GOOD = """
from dataclasses import dataclass
from own_driver.line_bus import LineBusDriver
from x2c_core.system.fields import parameter
from x2c_motors.drivers.driver import MotorDriver

class Good(LineBusDriver):
    "Servos of others."

class Unfinished(MotorDriver):
    address_form = LineBusDriver.address_form
    def open(self): ...
    def close(self): ...

class NoAddresses(LineBusDriver):
    address_form = "id"

class Untyped(LineBusDriver):
    Options = {"port": "/dev/ttyUSB0"}

@dataclass(frozen=True)
class Late:
    port: str = parameter(5, "Port.")

class WrongDefault(LineBusDriver):
    Options = Late

@dataclass(frozen=True)
class Rated:
    port: str = parameter("", "Port.")
    rate: float = parameter(1.0, "Rate [Hz].")
    watchdog: float = parameter(1.0, "Watchdog [s].")

class Clash(LineBusDriver):
    Options = Rated

class JointClash(LineBusDriver):
    @dataclass(frozen=True)
    class JointOptions:
        zero: float = parameter(1.0, "Zero.")

class NoWatchdog(LineBusDriver):
    watchdog_option = "guard"

class NoPort(LineBusDriver):
    port_option = "bus"

@dataclass(frozen=True)
class Portless:
    port: str = parameter("", "Port.")
    watchdog: float = parameter(1.0, "Watchdog [s].")

class NoRate(LineBusDriver):
    usual_baudrates = (9600,)
    Options = Portless

class OddRates(LineBusDriver):
    usual_baudrates = 9600

class OddSwitch(LineBusDriver):
    measures = "yes"

class OddRate(LineBusDriver):
    default_rate = 0

class TextWatchdog(LineBusDriver):
    watchdog_option = "port"

class NoDriver:
    pass
"""

BROKEN = [
    ("Good", "raise OSError('no bus')", "(broken:Good) cannot be imported: OSError: no bus"),
    ("Good", "import bus_works", "needs the Python module 'bus_works', which is not installed"),
    ("Good", "def (", "cannot be imported: SyntaxError"),
    ("Absent", GOOD, "cannot be imported: AttributeError: module 'broken' has no attribute"),
    (
        "NoDriver",
        GOOD,
        "is broken:NoDriver, which is no subclass of MotorDriver: expected",
    ),
    (
        "Unfinished",
        GOOD,
        "lacks what every motor driver has: raw_scale, receive_raw, send_raw",
    ),
    ("NoAddresses", GOOD, "declares the address_form 'id': expected an AddressForm"),
    ("Untyped", GOOD, "has the options {'port': '/dev/ttyUSB0'}: expected a frozen dataclass"),
    ("WrongDefault", GOOD, "port: expected str, got 5 (int)"),
    ("Clash", GOOD, "has an option 'rate', which every driver has: expected another name"),
    ("JointClash", GOOD, "has an option 'zero', which every driver has: expected another name"),
    ("NoWatchdog", GOOD, "lacks the option 'guard' of its watchdog_option: expected it among"),
    ("NoPort", GOOD, "lacks the option 'bus' of its port_option: expected it among its Options"),
    ("NoRate", GOOD, "lacks the option 'baudrate' of its usual_baudrates: expected it among"),
    ("OddRates", GOOD, "declares usual_baudrates = 9600: expected a tuple of whole numbers"),
    ("OddSwitch", GOOD, "declares measures = 'yes': expected True or False"),
    ("OddRate", GOOD, "declares default_rate = 0: expected a number above 0"),
    ("TextWatchdog", GOOD, "has the option 'port' of type str: expected float"),
]


@pytest.mark.parametrize(("name", "source", "text"), BROKEN, ids=[one[0] for one in BROKEN])
def test_a_broken_driver_is_one_sentence_and_the_rest_works(
    example, install_module, tmp_path, x2c, name, source, text
):
    install_module("broken", GROUP, {"mine": f"broken:{name}"}, source)
    robot = motor_robot(tmp_path / "robot", servo_section("mine", "nowhere"))
    with pytest.raises(DriverSettingsError) as caught:
        make_boards(robot)
    said = str(caught.value)
    assert "driver.type: the motor driver 'mine' of the package broken" in said
    assert text in said
    assert "\n" not in said
    assert f"{robot.folder / 'robot.yaml'}: line " in said
    # All others are there, and every list says what is wrong with this one.
    assert make_driver(motor_robot(tmp_path / "other", line_bus_section()))
    problem = said[said.index("the motor driver") :]
    assert DRIVERS.problems() == {"mine": problem}
    assert f"mine: cannot be used: {problem}" in x2c("motors", "drivers")[1]
    warnings = [one for one in implementations() if one.verdict is CheckResult.WARN]
    assert [one.text for one in warnings] == [problem]
    assert warnings[0].advice


def test_a_name_of_two_packages_is_refused_and_the_rest_works(example, install_module, tmp_path):
    for package in ("motors_a", "motors_b"):
        install_module(package, GROUP, {"mine": f"{package}:Good"}, GOOD)
    robot = motor_robot(tmp_path / "robot", servo_section("mine", "nowhere"))
    text = "driver.type: motors_a and motors_b both provide the motor driver 'mine': uninstall"
    with pytest.raises(DriverSettingsError, match=text):
        make_boards(robot)
    assert make_driver(motor_robot(tmp_path / "other", line_bus_section()))


def test_a_package_that_cannot_be_read_is_reported_once_and_hides_no_driver(
    example, install_module, tmp_path, x2c
):
    install_module("damaged", GROUP, {"mine": "damaged:Good"}, GOOD)
    (tmp_path / "site" / "damaged-1.0.dist-info" / "entry_points.txt").write_bytes(b"\xff")
    assert make_driver(motor_robot(tmp_path / "robot", line_bus_section()))
    warnings = [one.text for one in implementations() if one.verdict is CheckResult.WARN]
    assert len(warnings) == 1
    assert warnings[0].startswith("the entry points of the package damaged cannot be read: ")
    assert warnings[0] in x2c("motors", "drivers")[1]


def test_a_name_that_no_package_has_suggests_the_closest(example, tmp_path):
    robot = motor_robot(tmp_path, servo_section("line_buss", "nowhere"))
    with pytest.raises(DriverSettingsError, match=r"unknown .*did you mean 'line_bus'\?"):
        make_boards(robot)


def test_a_broken_emulator_is_refused_in_one_sentence(example, install_module, tmp_path, x2c):
    install_module("half", "x2c.motor_emulators", {"feetech_two": "half:Bus"}, "Bus = 3")
    status, said = x2c("motors", "emulate", "feetech_two", "--link", tmp_path / "port")
    assert status == 2
    assert said.startswith("error: type: the motor emulator 'feetech_two' of the package half is")
    assert said.count("\n") == 1
