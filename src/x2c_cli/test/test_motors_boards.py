# SPDX-License-Identifier: Apache-2.0
"""The motor tools with several boards in one robot."""

import pytest
import yaml

from x2c_core.robot.robot_file import load_robot
from x2c_motors.bring_up import joint_mover
from x2c_motors.configuration.boards import make_boards
from x2c_motors.drivers.feetech import FeetechDriver
from x2c_motors.emulators.feetech_bus import FeetechBus
from x2c_motors.emulators.maestro_board import MaestroBoard
from x2c_testing.motor_robots import channel_section, motor_robot, servo_section

CHANNEL = ["", "", "jaw", "jaw pitch", "free", "=1300", "", "=1500", "", ""]


@pytest.fixture
def buses(tmp_path, monkeypatch):
    # Each id that no servo has costs a wait.
    monkeypatch.setattr(FeetechDriver, "scanned", (1, 2))
    monkeypatch.setattr(joint_mover, "SETTLING", 0.0)
    with (
        FeetechBus(tmp_path / "servos", [1, 2]) as servos,
        MaestroBoard(tmp_path / "board") as board,
    ):
        yield servos, board


@pytest.fixture
def folder(buses, tmp_path):
    servos, board = buses
    made = motor_robot(tmp_path / "face", {}).folder
    content = yaml.safe_load((made / "robot.yaml").read_text())
    content["drivers"] = {
        "brows": servo_section("feetech", servos.link, [1, 2], ["brow", "lid"], reply_time=1.0),
        "mouth": channel_section("maestro", [3], ["jaw"], port=str(board.link)),
    }
    (made / "robot.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return made


def test_a_joint_is_moved_on_its_own_board(x2c, buses, folder):
    servos, board = buses
    status, said = x2c("motors", "jog", "--robot", folder, "--joint", "lid", "--to", 0.2)
    assert status == 0, said
    assert servos.servos[2].goal == pytest.approx(2048 + 130, abs=1)
    assert not servos.servos[1].torque
    assert not board.received
    status, said = x2c("motors", "jog", "--robot", folder, "--joint", "jaw", "--to", 0.1)
    assert status == 0, said
    assert board.targets[3] > 6000


def test_the_motors_of_every_board_are_listed(x2c, folder):
    status, said = x2c("motors", "scan", "--robot", folder)
    assert status == 0, said
    assert said.index("2 found") < said.index("12 found")
    assert "jaw" in said


def test_a_check_names_what_is_wrong_on_a_board(x2c, folder):
    file = folder / "robot.yaml"
    file.write_text(file.read_text().replace("channel: 3", "channel: 99"))
    status, said = x2c("robots", "--check", folder)
    assert status == 1
    assert "drivers.mouth.joints.jaw.channel: expected a number from 0 to 23, got 99" in said


def test_a_second_board_is_calibrated_beside_the_first(x2c, buses, tmp_path):
    servos, board = buses
    words = ("motors", "calibrate", "--robot", tmp_path / "new", "--speed", 4)
    first = ("--board", "mouth", "--type", "maestro", "--port", board.link, "--channels", "2-2")
    status, said = x2c(*words, *first, answers=CHANNEL)
    assert status == 0, said
    second = ("--type", "feetech", "--port", servos.link, "--option", "reply_time=1.0")
    status, said = x2c(*words, *second, "--board", "brows", answers=["", "", "brow", "q"])
    # The progress of one board is not that of another with the same addresses.
    assert (tmp_path / "new" / "calibration_progress_brows.json").is_file()
    answers = ["", "", "brow inner left", "=1900", "", "=2048", "", "=2200", "", "", "q"]
    status, said = x2c(*words, "--board", "brows", *second, answers=answers)
    assert status == 0, said
    robot = load_robot(tmp_path / "new")
    assert [(one.name, one.driver.calibration.names) for one in make_boards(robot)] == [
        ("mouth", ("jaw",)),
        ("brows", ("brow",)),
    ]
