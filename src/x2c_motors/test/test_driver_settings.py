# SPDX-License-Identifier: Apache-2.0
import copy

import pytest

from x2c_core.system.fields import specs
from x2c_motors.configuration.boards import make_driver
from x2c_motors.description.settings import StopAction
from x2c_motors.drivers import DRIVERS, driver_class
from x2c_motors.emulators import EMULATORS
from x2c_motors.errors import DriverSettingsError
from x2c_testing.motor_robots import channel_section, motor_robot, servo_section

GOOD = servo_section("feetech", "/dev/ttyUSB3")


def changed(key, value):
    section = copy.deepcopy(GOOD)
    *parents, last = key.split("/")
    entry = section
    for parent in parents:
        entry = entry[parent]
    entry[last] = value
    return section


def test_what_is_left_out_has_a_default(tmp_path):
    settings = make_driver(motor_robot(tmp_path, GOOD)).settings
    assert (settings.rate, settings.read_rate, settings.approach) == (100.0, 25.0, 0.3)
    assert (settings.estop, settings.at_end) == (StopAction.TORQUE_OFF, StopAction.HOLD)
    assert settings.options.baudrate == 1_000_000
    assert [wire.address for wire in settings.calibrations] == [1, 2, 3]


def test_servos_that_would_jump_back_never_go_limp_by_themselves(tmp_path):
    section = channel_section("maestro", port="/dev/ttyACM3")
    assert make_driver(motor_robot(tmp_path, section)).settings.torque_off_after == 0.0
    section["torque_off_after"] = 60.0
    assert make_driver(motor_robot(tmp_path, section)).settings.torque_off_after == 60.0


def test_options_can_be_overridden(tmp_path):
    driver = make_driver(motor_robot(tmp_path, GOOD), {"port": "/dev/elsewhere"})
    assert driver.place == "/dev/elsewhere"


def test_all_drivers_and_emulators_can_be_used():
    assert {"ameca", "dynamixel", "feetech", "maestro", "pca9685"} <= set(DRIVERS.names())
    assert {"dynamixel", "feetech", "maestro"} <= set(EMULATORS.names())
    assert DRIVERS.problems() == EMULATORS.problems() == {}


@pytest.mark.parametrize("name", ["ameca", "dynamixel", "feetech", "maestro", "pca9685"])
def test_every_driver_is_there_and_has_options_with_descriptions(name):
    driver = driver_class(name)
    described = [spec.description for _, _, spec in specs(driver.Options).values()]
    assert described
    assert all(text.endswith(".") for text in described)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        (
            "type",
            "tentacle",
            "driver.type: unknown motor driver 'tentacle'; expected one of: ameca",
        ),
        ("type", "virtual", "virtual_face_node"),
        ("type", 3, "driver.type"),
        ("speed", 3, "driver.speed: no such key; known are approach, at_end, baudrate"),
        ("baudrate", "fast", r"driver.baudrate: expected int, got 'fast' \(str\)"),
        ("baudrate", 9600.5, r"driver.baudrate: expected int, got 9600.5 \(float\)"),
        ("baudrate", True, "driver.baudrate"),
        ("rate", float("nan"), "driver.rate"),
        ("rate", -1.0, "driver.rate: expected 0.0 to 1000.0, got -1.0"),
        ("series", "xyz", "driver.series: expected one of sts, scs, got 'xyz'"),
        ("port", 3, r"driver.port: expected str, got 3 \(int\)"),
        ("estop", "panic", "driver.estop: expected one of hold, torque_off"),
        ("joints", None, "driver.joints: expected keys with values"),
        ("joints/tail", {"id": 4}, "driver.joints.tail: no such key; known are brow, jaw, lid"),
        ("joints", {"jaw": {"id": 1}}, "says nothing of brow, lid"),
        ("joints/jaw", 1, "driver.joints.jaw: expected keys with values"),
        ("joints/jaw/id", 2, "driver.joints.brow.id: 2 is that of jaw already"),
        ("joints/jaw/id", 254, "driver.joints.jaw.id: expected a number from 0 to 253"),
        ("joints/jaw", {}, "driver.joints.jaw.id"),
        ("joints/jaw/channel", 1, "driver.joints.jaw.channel: no such key"),
        ("joints/jaw/direction", 0, "driver.joints.jaw.direction: expected 1 or -1"),
        ("joints/jaw/direction", 2, "driver.joints.jaw.direction"),
        ("joints/jaw/scale", 0.0, "driver.joints.jaw.scale"),
        ("joints/jaw/raw", [3000, 1000], "the lowest must be below the highest"),
        ("joints/jaw/raw", [3850, 150], r"a way over 4095 to 0.* take the servo's horn off"),
        ("joints/jaw/raw", [3850, 4246], r"a way over 4095 to 0.* take the servo's horn off"),
        ("joints/jaw/zero", 4050, r"driver.joints.jaw.zero: .* raw 3724 to 4376, past 0 to 4095"),
        ("joints/jaw", {"id": 1, "zero": 50, "direction": -1}, "the long way round"),
        ("joints/jaw/raw", [0, 5000], r"driver.joints.jaw.raw: expected a number from 0 to 4095"),
        ("joints/jaw/raw", 7, r"driver.joints.jaw.raw: expected \[lowest, highest\]"),
    ],
)
def test_mistakes_are_refused_with_key_value_and_what_was_expected(tmp_path, key, value, message):
    with pytest.raises(DriverSettingsError, match=message) as caught:
        make_driver(motor_robot(tmp_path, changed(key, value)))
    assert f"{tmp_path / 'robot.yaml'}: line " in str(caught.value)


def test_mistakes_name_their_line(tmp_path):
    with pytest.raises(DriverSettingsError) as caught:
        make_driver(motor_robot(tmp_path, changed("joints/brow/direction", 0)))
    lines = (tmp_path / "robot.yaml").read_text().splitlines()
    number = int(str(caught.value).partition("line ")[2].partition(":")[0])
    assert lines[number - 1].strip() == "direction: 0"


def test_a_robot_without_motors_says_what_to_do(tmp_path):
    with pytest.raises(DriverSettingsError, match=r"no driver section.*your_own_face"):
        make_driver(motor_robot(tmp_path, {}))


def test_a_joint_that_slides_needs_a_scale(tmp_path):
    robot = motor_robot(tmp_path, GOOD)
    text = (tmp_path / "robot.yaml").read_text().replace("revolute", "prismatic")
    (tmp_path / "robot.yaml").write_text(text)
    from x2c_core.robot.robot_file import load_robot

    robot = load_robot(tmp_path)
    with pytest.raises(DriverSettingsError, match=r"jaw.scale: .*step per m"):
        make_driver(robot)


@pytest.mark.parametrize("raw", [[3700, 4095], [3700, 4090]])
def test_a_range_that_ends_before_the_wrap_is_the_joints_way(tmp_path, raw):
    section = changed("joints/jaw", {"id": 1, "zero": 4050, "raw": raw})
    (wire, *_) = make_driver(motor_robot(tmp_path, section)).settings.calibrations
    assert (wire.lowest, wire.highest) == tuple(raw)
