# SPDX-License-Identifier: Apache-2.0
"""Several boards in one robot, as robot.yaml describes them."""

import pytest
import yaml

from x2c_core.errors import RobotError
from x2c_core.robot.robot_file import load_robot
from x2c_motors.configuration.boards import make_boards, make_driver, port_overrides
from x2c_motors.drivers import has_motors
from x2c_motors.errors import DriverSettingsError
from x2c_testing.motor_robots import channel_section, motor_robot, servo_section


def three_boards(**changes):
    """Return driver sections of three boards with a joint each."""
    sections = {
        "mouth": servo_section("dynamixel", "/dev/ttyUSB0", [1], ["jaw"]),
        "brows": channel_section("pca9685", [0], ["brow"]),
        "lids": channel_section("pca9685", [0], ["lid"], address=0x41),
    }
    return {name: {**section, **changes.get(name, {})} for name, section in sections.items()}


def robot_with(folder, drivers, driver=None):
    """Return a robot whose robot.yaml has `drivers`."""
    motor_robot(folder, driver or {})
    content = yaml.safe_load((folder / "robot.yaml").read_text())
    content["drivers"] = drivers
    (folder / "robot.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return load_robot(folder)


def test_each_board_has_its_joints_in_the_robots_order(tmp_path):
    drivers = three_boards()
    drivers["mouth"]["joints"] = {"lid": {"id": 2}, "jaw": {"id": 1}}
    del drivers["lids"]
    robot = robot_with(tmp_path, drivers)
    assert has_motors(robot)
    boards = make_boards(robot)
    assert [(one.name, one.joint_indices) for one in boards] == [
        ("mouth", (0, 2)),
        ("brows", (1,)),
    ]
    assert boards[0].driver.calibration.names == ("jaw", "lid")
    assert boards[0].driver.calibration.addresses == (1, 2)


def test_two_chips_on_one_bus_and_one_address_on_two_buses(tmp_path):
    first = make_boards(robot_with(tmp_path / "one", three_boards()))
    assert [one.driver.place for one in first[1:]] == [
        "/dev/i2c-1, address 0x40",
        "/dev/i2c-1, address 0x41",
    ]
    changed = three_boards(lids={"bus": 0, "address": 0x40})
    assert len(make_boards(robot_with(tmp_path / "two", changed))) == 3


def test_a_file_with_one_driver_is_one_board_without_a_name(tmp_path):
    robot = motor_robot(tmp_path, servo_section("feetech", "/dev/ttyUSB3"))
    (board,) = make_boards(robot)
    assert (board.name, board.joint_indices) == ("", (0, 1, 2))
    assert board.driver.settings.key == "driver"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"lids": {"address": 0x40}}, r"drivers\.lids: /dev/i2c-1, address 0x40 is that of brows"),
        ({"lids": {"joints": {}}}, r"drivers: no board has lid; every joint needs its motor"),
        ({"lids": {"joints": 3}}, r"drivers: no board has lid"),
        (
            {"lids": {"joints": {"brow": {"channel": 1}}}},
            r"drivers\.lids\.joints\.brow: it is on brows already",
        ),
        (
            {"lids": {"joints": {"tail": {"channel": 1}}}},
            r"drivers\.lids\.joints\.tail: no such joint; known are brow, jaw, lid",
        ),
        ({"lids": {"type": "tentacle"}}, r"drivers\.lids\.type: unknown motor driver 'tentacle'"),
        ({"lids": {"type": "virtual"}}, r"drivers\.lids\.type: .*virtual_face_node"),
        ({"lids": {"address": 500}}, r"drivers\.lids\.address: expected 3 to 119, got 500"),
        ({"mouth": {"speed": 1}}, r"drivers\.mouth\.speed: no such key"),
    ],
)
def test_mistakes_name_line_board_and_what_was_expected(tmp_path, changes, message):
    with pytest.raises(DriverSettingsError, match=message) as caught:
        make_boards(robot_with(tmp_path, three_boards(**changes)))
    assert f"{tmp_path / 'robot.yaml'}: line " in str(caught.value)


def test_a_mistake_on_a_board_names_its_own_line(tmp_path):
    drivers = three_boards()
    drivers["lids"]["joints"]["lid"]["channel"] = 99
    with pytest.raises(DriverSettingsError) as caught:
        make_boards(robot_with(tmp_path, drivers))
    lines = (tmp_path / "robot.yaml").read_text().splitlines()
    number = int(str(caught.value).partition("line ")[2].partition(":")[0])
    assert lines[number - 1].strip() == "channel: 99"


@pytest.mark.parametrize(
    ("drivers", "driver", "message"),
    [
        (three_boards(), servo_section("feetech", "x"), "one driver or several drivers"),
        ({"Left Eye": {}}, None, r"drivers\.Left Eye: expected a name of small letters"),
        ({"eyes": 3}, None, r"drivers\.eyes: expected keys with values, got 3"),
        ([1], None, r"drivers: expected keys with values"),
    ],
)
def test_drivers_that_cannot_be_are_refused_with_the_file(tmp_path, drivers, driver, message):
    with pytest.raises(RobotError, match=message):
        robot_with(tmp_path, drivers, driver)


def test_ports_of_several_boards_are_given_by_name(tmp_path):
    robot = robot_with(tmp_path, three_boards())
    overrides = port_overrides(robot, "mouth=/dev/ttyACM7, brows=/dev/i2c-3")
    assert overrides == {"mouth": {"port": "/dev/ttyACM7"}, "brows": {"bus": 3}}
    joint_indices = [one.driver.place for one in make_boards(robot, overrides)]
    assert joint_indices[:2] == ["/dev/ttyACM7", "/dev/i2c-3, address 0x40"]
    assert port_overrides(robot, "") == {}


@pytest.mark.parametrize("text", ["/dev/ttyUSB1", "neck=/dev/ttyUSB1", "mouth=", "mouth"])
def test_a_port_of_no_board_is_refused_with_the_names(tmp_path, text):
    robot = robot_with(tmp_path, three_boards())
    with pytest.raises(DriverSettingsError, match="expected mouth=PORT,brows=PORT,lids=PORT"):
        port_overrides(robot, text)


def test_the_port_of_one_board_needs_no_name(tmp_path):
    robot = motor_robot(tmp_path, servo_section("feetech", "/dev/ttyUSB3"))
    assert port_overrides(robot, "/dev/x=y") == {"": {"port": "/dev/x=y"}}


def test_one_driver_of_several_boards_has_to_be_named(tmp_path):
    with pytest.raises(DriverSettingsError, match="several boards: mouth, brows, lids"):
        make_driver(robot_with(tmp_path, three_boards()))
