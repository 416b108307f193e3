# SPDX-License-Identifier: Apache-2.0
"""Motors that their owner turns by hand while they are calibrated."""

import json
import sys

import pytest

from x2c_cli import cli
from x2c_motors.bring_up import joint_mover
from x2c_motors.drivers.feetech import FeetechDriver
from x2c_motors.emulators.dynamixel_bus import DynamixelBus
from x2c_motors.emulators.feetech_bus import FeetechBus
from x2c_motors.emulators.servo import Servo

pytestmark = pytest.mark.slow

BUSES = {"feetech": FeetechBus, "dynamixel": DynamixelBus}
TURN = ["", "", "turn", "head yaw"]
NOD = ["", "", "jaw", "jaw pitch"]


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
        monkeypatch.setattr(joint_mover, "SETTLING", 0.0)
        with pytest.raises(SystemExit):
            cli.main(["motors", "calibrate", "--robot", str(tmp_path / "face"), *place])
        return capsys.readouterr().out, goals

    return run


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


class Pulled(Servo):
    """A servo whose shaft is pulled past the end of its turn once, as it gets to it."""

    pulled = False

    def command(self, goal):
        super().command(goal)
        if goal >= 4093 and self.torque and not self.pulled:
            self.pulled = True
            self.push(150.0)


@pytest.mark.parametrize(
    ("start", "steps", "marks"),
    [
        (3900, [*TURN, "=4093", "", ""], {}),
        (3900, [*TURN, "=4093", "+5", "back", "grip", "", ""], {}),
        (3900, [*TURN, "=4093", 4000, "", "q"], {"low": 4000.0}),
        (4090, ["", "turn", "head yaw", "", ""], {}),
    ],
    ids=["marked there", "sent on", "turned back", "as it begins"],
)
def test_a_motor_pulled_past_the_end_of_its_turn_is_marked_once_it_is_turned_back(
    by_hand, tmp_path, monkeypatch, start, steps, marks
):
    monkeypatch.setattr(FeetechDriver, "scanned", (1,))
    with FeetechBus(tmp_path / "port", [1]) as bus:
        bus.servos[1] = Pulled(float(start), speed=1500.0)
        said, goals = by_hand(bus, "feetech", steps=steps)
        assert bus.servos[1].pulled
    assert "turn it back by hand" in said
    assert ("take the servo's horn off" in said) == (not marks)
    assert min(goals) > 3700
    (kept,) = json.loads((tmp_path / "face" / "calibration_progress.json").read_text())
    assert kept["marks"] == marks


@pytest.mark.parametrize("start", [-20, 4246])
def test_a_count_of_turns_is_never_energised(by_hand, tmp_path, start):
    with DynamixelBus(tmp_path / "port", [1], start=start) as bus:
        said, goals = by_hand(bus, "dynamixel", steps=["", "", ""])
        assert "past the place where its servo's readings start again" in said
        assert "1 left" in said
        assert not goals
        assert not bus.servos[1].torque


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
