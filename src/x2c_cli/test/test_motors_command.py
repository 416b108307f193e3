# SPDX-License-Identifier: Apache-2.0
import json
import os
import pty
import sys

import numpy as np
import pytest

from x2c_cli import cli
from x2c_core.control_space import controls
from x2c_core.robot.robot_file import load_robot
from x2c_core.terminal.dialogue import Dialogue
from x2c_motors.bring_up.joint_mover import JointMover
from x2c_motors.configuration.boards import make_driver
from x2c_motors.emulators.dynamixel_bus import DynamixelBus
from x2c_motors.emulators.feetech_bus import FeetechBus
from x2c_motors.emulators.maestro_board import MaestroBoard

JAW = ["", "", "jaw", "jaw pitch", "=1900", "", "=2048", "", ""]
LID = ["", "", "lid", "eyelid upper left", "=2200", "", "=2048", "", "=2000", "", ""]
NOD = JAW[:4]


def test_a_scan_lists_the_motors_that_answer(x2c, bus):
    bus.servos[2].push(1000)
    place = ("--type", "feetech", "--port", bus.link, "--option", "reply_time=1.0")
    status, said = x2c("motors", "scan", *place)
    assert status == 0
    assert "2 found" in said
    assert "1000" in said


def test_a_scan_tries_baud_rates_and_ports_that_are_left_open(x2c, tmp_path, monkeypatch):
    with DynamixelBus(tmp_path / "port", [7]) as bus:
        place = ("--type", "dynamixel", "--port", bus.link, "--option", "reply_time=1.0")
        status, said = x2c("motors", "scan", *place)
    assert status == 0
    assert "at 57600 baud: 1 found" in said


def test_a_scan_that_finds_nothing_says_why(x2c, tmp_path):
    status, said = x2c("motors", "scan", "--type", "maestro", "--port", tmp_path / "none")
    assert status == 1
    assert "there is no" in said


def test_from_an_empty_folder_to_a_robot(calibrate, bus, tmp_path):
    status, said = calibrate(answers=JAW + LID)
    assert status == 0, said
    robot = load_robot(tmp_path / "face")
    jaw, lid = robot.joints
    step = 2 * np.pi / 4096
    assert (jaw.lower, jaw.upper, jaw.home) == pytest.approx((-148 * step, 0.0, 0.0), abs=1e-5)
    # The lid opens where raw values fall, so it is turned round.
    assert (lid.lower, lid.upper) == pytest.approx((-152 * step, 48 * step), abs=1e-5)
    driver = make_driver(robot)
    shut = controls.from_names({"Eyelid Upper Left": -1.0, "Jaw Pitch": 0.0})
    raw = driver.calibration.to_raw(robot.joint_targets(shut))
    np.testing.assert_array_equal(raw, [1900, 2200])
    np.testing.assert_array_equal(driver.calibration.to_raw(robot.home), [2048, 2048])
    assert (tmp_path / "face" / "expression_model.npz").is_file()
    assert not list((tmp_path / "face").glob("calibration_progress*"))


def test_it_goes_on_where_it_was_stopped(calibrate, bus, tmp_path):
    status, said = calibrate(answers=[*JAW, *LID[:6], "q"])
    assert "give the same command again" in said, said
    assert load_robot(tmp_path / "face").joint_names == ("jaw",)
    (motor,) = json.loads((tmp_path / "face" / "calibration_progress.json").read_text())
    assert (motor["name"], motor["marks"]) == ("lid", {"low": 2200.0})
    status, said = calibrate(answers=["", "", "=2048", "", "=2000", "", ""])
    assert status == 0
    assert "2 motors, 1 of them calibrated" in said
    lid = load_robot(tmp_path / "face").joints[1]
    assert lid.upper == pytest.approx(48 * 2 * np.pi / 4096, abs=1e-5)


def test_when_input_ends_what_is_marked_is_kept(calibrate, tmp_path):
    status, said = calibrate(answers=[*JAW, *LID[:6]])
    assert status == 0
    assert "give the same command again" in said
    assert (tmp_path / "face" / "calibration_progress.json").is_file()


def test_a_joint_can_be_done_again_and_the_file_before_is_kept(calibrate, tmp_path):
    calibrate(answers=JAW + LID)
    file = tmp_path / "face" / "robot.yaml"
    file.write_text(file.read_text().replace("mixing:", "# my own words\nmixing:"))
    before = file.read_text()
    again = ["", "", "jaw pitch", "=1800", "", "=2048", "", ""]
    status, said = calibrate("--joint", "jaw", answers=again)
    assert status == 0, said
    text = file.read_text()
    assert "# my own words" in text
    assert "raw: [1800.0, 2048.0]" in text
    (kept,) = file.parent.glob("robot.yaml.*.bak")
    assert kept.read_text() == before
    assert load_robot(file.parent).joint_names == ("jaw", "lid")


def test_marks_at_one_place_are_refused_and_begun_anew(calibrate, tmp_path):
    _, said = calibrate(answers=["", "", "jaw", "jaw pitch", "", "", ""])
    assert "all at one place" in said
    assert not (tmp_path / "face" / "robot.yaml").exists()
    calibrate(answers=JAW)
    assert load_robot(tmp_path / "face").joint_names == ("jaw",)


def test_neutral_has_to_be_between_the_ends(calibrate):
    answers = [*LID[:4], "=2200", "", "=1900", "", "=2000", "", ""]
    assert "neutral must be between" in calibrate(answers=answers)[1]


def test_answers_that_cannot_be_are_asked_for_again(calibrate, tmp_path):
    answers = ["", "r", "", "Jaw!", "", "jaw", "lip", "tail", "99", "list", "Jaw Pitch"]
    answers += ["bogus", "+nan", "=", "?", "=1900", "", "=2048", "", "neck", "jaw pitch 0.5", ""]
    _, said = calibrate(answers=answers)
    assert load_robot(tmp_path / "face").joint_names == ("jaw",)
    assert "Small letters" in said
    assert "no control is called 'tail'" in said
    assert "'bogus' is no command" in said
    assert "Expected another control" in said


def test_what_the_robot_cannot_show_all_of_is_marked_at_less(calibrate, tmp_path):
    answers = ["", "", "nod", "head pitch", "at 90", "at 15", "=1900", "", "=2048", ""]
    answers += ["=2276", "", "neck pitch 0.4", ""]
    calibrate(answers=answers)
    robot = load_robot(tmp_path / "face")
    half = robot.mix(controls.from_names({"Head Pitch": np.deg2rad(-15.0)}))
    assert half[0] == pytest.approx(robot.joints[0].lower, abs=1e-4)
    neck = robot.mix(controls.from_names({"Neck Pitch": np.deg2rad(25.0)}))
    way = robot.joints[0].upper - robot.joints[0].lower
    assert neck[0] == pytest.approx(0.4 * way * 25.0 / 50.0, abs=1e-4)


def test_a_motor_moved_by_hand_is_marked_where_it_is(x2c, bus, tmp_path, monkeypatch):
    relax = JointMover.relax

    def relax_and_push(one, joint):
        relax(one, joint)
        one.driver.read()
        bus.servos[1].push(1950)

    monkeypatch.setattr(JointMover, "relax", relax_and_push)
    place = ("--type", "feetech", "--port", bus.link, "--option", "reply_time=1.0")
    answers = ["", "", "jaw", "jaw pitch", "free", "", "=2048", "", ""]
    x2c("motors", "calibrate", "--robot", tmp_path / "face", *place, answers=answers)
    assert "raw: [1950.0, 2048.0]" in (tmp_path / "face" / "robot.yaml").read_text()


def test_a_whole_calibration_is_pasted_into_a_terminal(bus, tmp_path, monkeypatch):
    master, slave = pty.openpty()
    os.write(master, b"s\n" + "\n".join(JAW).encode() + b"\n")
    with os.fdopen(slave) as terminal, os.fdopen(master):
        monkeypatch.setattr(sys, "stdin", terminal)
        place = ("--type", "feetech", "--port", str(bus.link), "--option", "reply_time=1.0")
        face = tmp_path / "face"
        with pytest.raises(SystemExit, match="0"):
            cli.main(["motors", "calibrate", "--robot", str(face), "--speed", "4", *place])
    (jaw,) = load_robot(face).joints
    assert jaw.lower == pytest.approx(-148 * 2 * np.pi / 4096, abs=1e-5)


@pytest.mark.parametrize("at", range(1, 8))
def test_ctrl_c_anywhere_loses_no_answer(calibrate, bus, tmp_path, monkeypatch, at):
    read = Dialogue._ask
    asked = []

    def interrupted(self, *question):
        asked.append(question)
        if len(asked) == at:
            raise KeyboardInterrupt
        return read(self, *question)

    answers = ["", "", "jaw", "jaw pitch", "=1900", "", "=2048", "", ""]
    monkeypatch.setattr(Dialogue, "_ask", interrupted)
    status, said = calibrate(answers=answers)
    assert status == 0
    assert "give the same command again" in said
    kept = tmp_path / "face" / "calibration_progress.json"
    known = json.loads(kept.read_text())[0] if kept.exists() else {}
    assert known.get("name", "") == ("jaw" if at > 3 else "")
    assert known.get("control", "") == ("Jaw Pitch" if at > 4 else "")
    assert known.get("marks", {}) == ({"low": 1900.0} if at > 6 else {})


def test_far_moves_are_asked_for_first(calibrate, bus):
    answers = [*NOD, "=3000", "maybe", "n", "=1500", "y", "=9000", "q"]
    _, said = calibrate(answers=answers)
    assert "by +84°, from 2048 to 3000" in said
    assert "'maybe' is none of: y, yes, n, no" in said
    assert "9000 is outside the motor's raw values, 0 to 4095" in said
    assert bus.servos[1].goal == 1500


@pytest.mark.parametrize("answer", ["?", "abc", "yes please", "[/red]", "\x1b[A", "1"])
def test_no_unknown_answer_moves_a_motor(calibrate, bus, answer):
    _, said = calibrate(answers=[answer] * 5)
    assert "is none of: Enter, s, skip" in said
    assert not bus.servos[1].torque
    status, said = calibrate(answers=["", answer, "", "jaw", "jaw pitch", answer, "q"])
    assert status == 0
    assert "is none of: Enter, y" in said
    assert bus.servos[1].goal == 2048


def test_a_motor_that_meets_something_does_not_press_on(calibrate, bus, monkeypatch):
    servo = bus.servos[1]
    command = servo.command
    monkeypatch.setattr(
        servo,
        "command",
        lambda goal: command(min(goal, 2100)) or setattr(servo, "goal", min(goal, 2100)),
    )
    _, said = calibrate("--speed", 0.6, answers=[*NOD, "=2500", "", "q"])
    assert "does not follow: something is in its way" in said
    assert "low: 2100" in said


def test_hobby_servos_need_their_channels_named(x2c, tmp_path):
    with MaestroBoard(tmp_path / "port") as board:
        words = ("motors", "calibrate", "--robot", tmp_path / "face", "--type", "maestro")
        words += ("--port", board.link, "--speed", 4)
        status, said = x2c(*words)
        assert status == 2
        assert "--channels" in said
        status, said = x2c(*words, "--channels", "10-12")
        assert status == 2
        assert "--channels: there is no channel 12" in said
        assert "expected 0 to 11" in said
        answers = ["", "", "jaw", "jaw pitch", "free", "=1300", "", "=1500", "", ""]
        status, said = x2c(*words, "--channels", "2-2", answers=answers)
        assert status == 0, said
        assert "jump to its middle" in said
        assert "cannot measure where it is" in said
        assert board.targets[2] == 6000
    driver = make_driver(load_robot(tmp_path / "face"))
    assert driver.calibration.addresses == (2,)
    np.testing.assert_array_equal(driver.calibration.to_raw([-9.0]), [1300.0])


def test_two_boards_are_calibrated_jogged_and_scanned(x2c, bus, tmp_path):
    with FeetechBus(tmp_path / "second", [1]) as second:
        face = ("--robot", tmp_path / "face")
        for board, link, answers in (
            ("left", bus.link, [*JAW, "s"]),
            ("right", second.link, [*JAW[:2], "jaw", "lid", *LID[3:]]),
        ):
            place = ("--type", "feetech", "--port", link, "--option", "reply_time=1.0")
            words = ("motors", "calibrate", *face, "--board", board, "--speed", 4, *place)
            status, said = x2c(*words, answers=answers)
            assert status == 0, said
        assert "jaw is taken" in said
        robot = load_robot(tmp_path / "face")
        assert {name: list(one["joints"]) for name, one in robot.drivers.items()} == {
            "left": ["jaw"],
            "right": ["lid"],
        }
        status, said = x2c("motors", "calibrate", *face)
        assert status == 2
        assert "--board left or right" in said
        # The other board is not needed.
        bus.powered = False
        jog = ("motors", "jog", *face, "--speed", 1.0, "--joint", "lid", "--to", -0.1)
        assert x2c(*jog)[0] == 0
        assert second.servos[1].goal == round(2048 + 0.1 * 4096 / (2 * np.pi))
        words = ("motors", "limits", *face, "--joint", "lid", "--position", -0.5, 0.05)
        assert "drivers.right.joints.lid.raw" in x2c(*words)[1]
        bus.powered = True
        status, said = x2c("motors", "scan", *face)
        assert status == 0
        assert "lid" in said
        assert "jaw" in said


@pytest.mark.parametrize(
    ("action", "words", "why"),
    [
        ("scan", (), "error: ameca: such motors cannot be looked for"),
        ("calibrate", ("--robot", "face"), "error: ameca: its values have their ranges already"),
    ],
)
def test_motors_that_have_nothing_to_find_are_refused(
    x2c, tmp_path, monkeypatch, action, words, why
):
    monkeypatch.chdir(tmp_path)
    status, said = x2c("motors", action, "--type", "ameca", *words)
    assert status == 2
    assert said.startswith(why)
