# SPDX-License-Identifier: Apache-2.0
import io
import json
import os
import pty
import sys

import numpy as np
import pytest
from bus_emulators.dynamixel_bus import DynamixelBus
from bus_emulators.feetech_bus import FeetechBus
from bus_emulators.maestro_board import MaestroBoard

from x2c_actuation.drivers import make_driver
from x2c_actuation.drivers.feetech import FeetechDriver
from x2c_bringup import cli
from x2c_bringup.dialogue import Dialogue
from x2c_bringup.motors import mover
from x2c_bringup.motors.mover import Mover
from x2c_face import controls
from x2c_face.robot_file import load_robot

JAW = ["", "", "jaw", "jaw pitch", "=1900", "", "=2048", "", ""]
LID = ["", "", "lid", "eyelid upper left", "=2200", "", "=2048", "", "=2000", "", ""]


@pytest.fixture
def x2c(monkeypatch, capsys):
    """Run the command with lines on its input; returns exit status and output."""

    def run(*words, answers=()):
        text = "".join(f"{one}\n" for one in answers)
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        monkeypatch.setenv("COLUMNS", "120")
        with pytest.raises(SystemExit) as ended:
            cli.main([str(word) for word in words])
        said = capsys.readouterr()
        return ended.value.code, said.out + said.err

    return run


@pytest.fixture
def bus(tmp_path, monkeypatch):
    # Each id that nobody has costs a wait.
    monkeypatch.setattr(FeetechDriver, "scanned", (1, 2))
    monkeypatch.setattr(mover, "SETTLING", 0.0)
    with FeetechBus(tmp_path / "port", [1, 2]) as made:
        yield made


@pytest.fixture
def calibrate(x2c, bus, tmp_path):
    """Calibrate a robot on the bus; returns exit status and output."""

    def run(*words, answers=()):
        place = ("--type", "feetech", "--port", bus.link, "--option", "reply_time=1.0")
        robot = ("--robot", tmp_path / "face", "--speed", 4)
        return x2c("motors", "calibrate", *robot, *place, *words, answers=answers)

    return run


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
    raw = driver.wires.to_raw(robot.joint_targets(shut))
    np.testing.assert_array_equal(raw, [1900, 2200])
    np.testing.assert_array_equal(driver.wires.to_raw(robot.home), [2048, 2048])
    assert (tmp_path / "face" / "expression_model.npz").is_file()
    assert not list((tmp_path / "face").glob("calibration_progress*"))


def test_it_goes_on_where_it_was_stopped(calibrate, bus, tmp_path):
    status, said = calibrate(answers=[*JAW, *LID[:6], "q"])
    assert "goes on there" in said, said
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
    assert "goes on there" in said
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
    relax = Mover.relax

    def relax_and_push(one, joint):
        relax(one, joint)
        one.driver.read()
        bus.servos[1].push(1950)

    monkeypatch.setattr(Mover, "relax", relax_and_push)
    place = ("--type", "feetech", "--port", bus.link, "--option", "reply_time=1.0")
    answers = ["", "", "jaw", "jaw pitch", "free", "", "=2048", "", ""]
    x2c("motors", "calibrate", "--robot", tmp_path / "face", *place, answers=answers)
    assert "raw: [1950.0, 2048.0]" in (tmp_path / "face" / "robot.yaml").read_text()


class Hand:
    """Stands for the owner: gives answers, and turns a limp servo between them."""

    def __init__(self, bus, wait_until, steps):
        self.bus, self.wait_until, self.steps = bus, wait_until, list(steps)
        (self.servo,) = bus.servos.values()

    def readline(self):
        while self.steps:
            step = self.steps.pop(0)
            if isinstance(step, str):
                return f"{step}\n"
            # The word to go limp may be on its way still.
            self.wait_until(lambda: not self.servo.torque, what="the servo to be limp")
            for place in step if isinstance(step, range) else [step]:
                self.servo.push(float(place % 4096))
                if isinstance(step, range):
                    self.let_it_be_read()
        return ""

    def let_it_be_read(self):
        heard = len(self.bus.received)
        # Two questions of 9 bytes: the first may have been on its way before.
        self.wait_until(lambda: len(self.bus.received) > heard + 9, what="readings")


@pytest.fixture
def by_hand(monkeypatch, capsys, tmp_path, wait_until):
    """Calibrate servo 1 of a bus by hand; returns what was said, and where the motor was sent."""

    def run(bus, kind, *words, steps):
        (servo,) = bus.servos.values()
        goals = []
        command = servo.command
        monkeypatch.setattr(servo, "command", lambda goal: goals.append(goal) or command(goal))
        monkeypatch.setattr(sys, "stdin", Hand(bus, wait_until, steps))
        place = ("--type", kind, "--port", str(bus.link), "--option", "reply_time=1.0", *words)
        place += ("--speed", "4")
        monkeypatch.setattr(mover, "SETTLING", 0.0)
        with pytest.raises(SystemExit):
            cli.main(["motors", "calibrate", "--robot", str(tmp_path / "face"), *place])
        return capsys.readouterr().out, goals

    return run


BUSES = {"feetech": FeetechBus, "dynamixel": DynamixelBus}
TURN = ["", "", "turn", "head yaw"]
NOD = ["", "", "jaw", "jaw pitch"]


@pytest.mark.parametrize("kind", BUSES)
@pytest.mark.parametrize(
    "steps",
    [
        [3900, *TURN, "free", 3850, "", "free", 4050, "", "free", 4090, 150, "", "", ""],
        [100, *TURN, "free", 150, "", "free", 20, "", "free", 4000, "", "", ""],
        [3900, *NOD, "free", 3850, "", "free", 4000, 150, "", "", ""],
        [100, *NOD, "free", 150, "", "free", 4000, 3850, "", "", ""],
        [3900, *NOD, "free", 4000, 150, "+5", "=3000", "back", "grip", "", ""],
    ],
)
def test_a_way_over_the_wrap_is_refused_and_nothing_goes_the_long_way(
    by_hand, tmp_path, monkeypatch, kind, steps
):
    monkeypatch.setattr(FeetechDriver, "scanned", (1,))
    with BUSES[kind](tmp_path / "port", [1], start=steps[0]) as bus:
        said, goals = by_hand(bus, kind, steps=steps[1:])
    assert "take the servo's horn off" in said
    assert not (tmp_path / "face" / "robot.yaml").exists()
    assert not [goal for goal in goals if 300 < goal < 3700]
    (kept,) = json.loads((tmp_path / "face" / "calibration_progress.json").read_text())
    assert (kept["name"], kept["marks"]) == (steps[3], {})


@pytest.mark.parametrize("start", [-20, 4246])
def test_a_count_of_turns_is_never_energised(by_hand, tmp_path, start):
    with DynamixelBus(tmp_path / "port", [1], start=start) as bus:
        said, goals = by_hand(bus, "dynamixel", steps=["", "", ""])
        assert "past the place where its servo's readings start again" in said
        assert "1 left" in said
        assert not goals
        assert not bus.servos[1].torque


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
    assert "goes on there" in said
    kept = tmp_path / "face" / "calibration_progress.json"
    known = json.loads(kept.read_text())[0] if kept.exists() else {}
    assert known.get("name", "") == ("jaw" if at > 3 else "")
    assert known.get("control", "") == ("Jaw Pitch" if at > 4 else "")
    assert known.get("marks", {}) == ({"low": 1900.0} if at > 6 else {})


def test_scs_servos_too_are_never_sent_over_their_gap(by_hand, tmp_path, monkeypatch):
    monkeypatch.setattr(FeetechDriver, "scanned", (1,))
    steps = [*TURN, "free", 990, "", "free", 1010, "", "free", 1023, 30, "", "", ""]
    with FeetechBus(tmp_path / "port", [1], series="scs", start=1000) as bus:
        said, goals = by_hand(bus, "feetech", "--option", "series=scs", steps=steps)
    assert "take the servo's horn off" in said
    assert not [goal for goal in goals if 60 < goal < 960]


def test_a_shaft_is_followed_while_it_is_turned_more_than_half_a_turn(
    by_hand, tmp_path, monkeypatch
):
    monkeypatch.setattr(FeetechDriver, "scanned", (1,))
    with FeetechBus(tmp_path / "port", [1], start=3000) as bus:
        over = range(3000, 4096 + 1600, 300)
        said, goals = by_hand(bus, "feetech", steps=[*NOD, "", "free", over, "", "", ""])
        assert "take the servo's horn off" in said
        assert min(goals) > 2900
        bus.servos[1].torque = False
        bus.servos[1].push(500.0)
        inside = range(500, 3501, 300)
        _, goals = by_hand(bus, "feetech", steps=["", "", "", "free", inside, "", ""])
    assert "raw: [500.0, 3500.0]" in (tmp_path / "face" / "robot.yaml").read_text()


def test_turned_too_fast_it_has_to_be_turned_back_to_a_mark(by_hand, bus, tmp_path, monkeypatch):
    monkeypatch.setattr(FeetechDriver, "scanned", (1,))
    bus.servos.pop(2)
    steps = [*NOD, "free", 2100, "", "free", 300, "", "+1", "free", 1500, "", "free", 2200, ""]
    said, _ = by_hand(bus, "feetech", steps=[*steps, "", ""])
    assert "faster than its readings come" in said
    assert "raw: [2100.0, 2200.0]" in (tmp_path / "face" / "robot.yaml").read_text()


def test_marks_of_a_run_before_count_once_the_motor_is_back_there(by_hand, tmp_path, monkeypatch):
    monkeypatch.setattr(FeetechDriver, "scanned", (1,))
    with FeetechBus(tmp_path / "port", [1], start=3900) as bus:
        by_hand(bus, "feetech", steps=[*NOD, "free", 3850, "", "q"])
        # Turned over the wrap, while nothing looks.
        bus.servos[1].torque = False
        bus.servos[1].push(150.0)
        said, goals = by_hand(bus, "feetech", steps=["", "", "", "back", "n", "q"])
    assert "was not seen to go there from the marks (low 3850)" in said
    assert not (tmp_path / "face" / "robot.yaml").exists()
    assert max(goals) < 300


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
        answers = ["", "", "jaw", "jaw pitch", "free", "=1300", "", "=1500", "", ""]
        status, said = x2c(*words, "--channels", "2-2", answers=answers)
        assert status == 0, said
        assert "go to its middle" in said
        assert "could not tell" in said
        assert board.targets[2] == 6000
    driver = make_driver(load_robot(tmp_path / "face"))
    assert driver.wires.addresses == (2,)
    np.testing.assert_array_equal(driver.wires.to_raw([-9.0]), [1300.0])


FACE = """
# A face.
name: face
units: {angle: rad, length: m}
joints:
  jaw: {type: revolute, position: [-0.22703, 0.0], velocity: 1.0, acceleration: 20.0, jerk: 500.0}
  lid: {type: revolute, position: [-0.23317, 0.07363], velocity: 2.0, acceleration: 40, jerk: 900}
mixing:
  jaw: {Jaw Pitch: [[0.0, -0.22703], [1.0, 0.0]]}
driver:
  type: feetech
  port: PORT
  reply_time: 1.0
  joints:
    jaw: {id: 1, zero: 2048.0, direction: 1, raw: [1900.0, 2048.0]}
    lid: {id: 2, zero: 2048.0, direction: -1, raw: [2000.0, 2200.0]}
"""


@pytest.fixture
def face(bus, tmp_path):
    """A robot that has been calibrated."""
    folder = tmp_path / "face"
    folder.mkdir()
    (folder / "robot.yaml").write_text(FACE.replace("PORT", str(bus.link)))
    return folder


def test_a_joint_is_jogged_and_stays_inside_its_limits(x2c, bus, face):
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", "--to", -0.1)
    assert status == 0
    assert "jaw: -0.0997 (measured)" in said
    assert bus.servos[1].goal == round(2048 - 0.1 * 4096 / (2 * np.pi))
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", "--by", 2.0)
    assert status == 2
    assert "is outside the limits of jaw, -0.22703 to 0: nothing was moved" in said
    assert bus.servos[1].goal == 1983
    # Nothing was ever further from the servo than it may go in a moment.
    assert bus.servos[1].fastest < 50.0


@pytest.mark.parametrize("way", [("--to", 3), ("--to=-15deg",), ("--by", "-0.5 rad")])
def test_what_is_outside_the_limits_is_refused(x2c, bus, face, way):
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", *way)
    assert status == 2
    assert "outside the limits of jaw, -0.22703 to 0: nothing was moved" in said
    assert not bus.servos[1].torque


@pytest.mark.parametrize("number", ["nan", "inf", "1,5", "0.1 volt", "1_0", "0x1", ""])
def test_what_is_no_number_is_refused(x2c, bus, face, number):
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", f"--to={number}")
    assert status == 2
    assert "expected a number such as 0.2" in said
    assert not bus.servos[1].torque


def test_jogging_by_commands(x2c, bus, face):
    answers = ["", "=-0.1", "lid", "+5", "=x", "tail", "home", "q"]
    status, said = x2c("motors", "jog", "--robot", face, answers=answers)
    assert status == 0
    assert "no joint 'tail'" in said
    assert "'=x' is no command" in said
    assert [servo.goal for servo in bus.servos.values()] == [1983, 2048]


def test_jogging_without_motors_says_so(x2c, bus, face):
    bus.powered = False
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", "--home")
    assert status == 2
    assert "no servo answers" in said
    bus.unplug()
    status, said = x2c("motors", "jog", "--robot", face, "--joint", "jaw", "--home")
    assert status == 2
    assert "there is no" in said


def test_limits_are_changed_with_the_file_before_kept(x2c, face):
    before = (face / "robot.yaml").read_text()
    words = ("motors", "limits", "--robot", face, "--joint", "lid")
    status, _ = x2c(*words, "--velocity", 6.5, "--position", -0.2, 0.05)
    assert status == 0
    lid = load_robot(face).joints[1]
    assert (lid.velocity, lid.lower, lid.upper) == (6.5, -0.2, 0.05)
    (kept,) = face.glob("robot.yaml.*.bak")
    assert kept.read_text() == before


def test_limits_beyond_the_raw_range_are_told_and_not_jogged_to(x2c, bus, face):
    words = ("motors", "limits", "--robot", face, "--joint", "lid")
    status, said = x2c(*words, "--position", -0.4, 0.05)
    assert status == 0
    assert "driver.joints.lid.raw ends at -0.2332 and 0.07363" in said
    assert "raw ends at" not in x2c(*words, "--position", -0.2, 0.05)[1]
    x2c(*words, "--position", -0.4, 0.05)
    jog = ("motors", "jog", "--robot", face, "--joint", "lid", "--speed", 1.0)
    status, said = x2c(*jog, "--to", -0.3)
    assert status == 2
    assert "is outside driver.joints.lid.raw" in said
    assert not bus.servos[2].torque
    assert x2c(*jog, "--sweep")[0] == 0


def test_limits_that_lead_over_the_wrap_are_refused(x2c, face):
    before = (face / "robot.yaml").read_text()
    words = ("motors", "limits", "--robot", face, "--joint", "lid")
    status, said = x2c(*words, "--position", -6.5, 0.05)
    assert status == 2
    assert "narrow joints.lid.position" in said
    assert (face / "robot.yaml").read_text() == before


def test_limits_that_cannot_be_leave_the_file_as_it_was(x2c, face):
    before = (face / "robot.yaml").read_text()
    words = ("motors", "limits", "--robot", face, "--joint", "lid")
    status, said = x2c(*words, "--position", 0.2, -0.2)
    assert status == 2
    assert f"{face}/robot.yaml: line" in said
    assert "nothing was changed" in said
    assert (face / "robot.yaml").read_text() == before
    assert not list(face.glob("*.bak"))
    assert x2c("motors", "limits", "--robot", face, "--velocity", 1.0)[0] == 2
