# SPDX-License-Identifier: Apache-2.0
from dataclasses import replace

import numpy as np
import pytest

from x2c_motors.bring_up import joint_mover as mover_module
from x2c_motors.bring_up.joint_mover import JointMover
from x2c_motors.configuration.boards import make_driver
from x2c_motors.emulators.dynamixel_bus import DynamixelBus
from x2c_motors.emulators.feetech_bus import FeetechBus
from x2c_motors.emulators.maestro_board import MaestroBoard
from x2c_motors.emulators.servo import Servo
from x2c_motors.errors import BlockedError, DriverError
from x2c_testing.motor_robots import SCALE, channel_section, motor_robot, servo_section

pytestmark = pytest.mark.slow

SHARE = 0.5


@pytest.fixture
def bus(tmp_path):
    with FeetechBus(tmp_path / "port", [1, 2, 3]) as made:
        yield made


@pytest.fixture
def make(bus, tmp_path):
    def make(**options):
        section = {**servo_section("feetech", bus.link), **options}
        robot = motor_robot(tmp_path, section)
        return JointMover(make_driver(robot), robot.joints, SHARE)

    return make


def test_only_the_joint_asked_for_moves_and_slowly(make, bus):
    path = []
    with make() as mover:
        assert mover.go(1, 0.4, path.append) == pytest.approx(round(0.4 * SCALE) / SCALE)
    speed = np.abs(np.diff(path)) / 0.02
    assert speed.max() <= SHARE * 4.0 + 2.0 / SCALE / 0.02
    assert [servo.torque for servo in bus.servos.values()] == [False, True, False]


def test_it_starts_where_the_motor_is(make, bus):
    bus.servos[1].push(2300)
    path = []
    with make() as mover:
        mover.go(0, 0.0, path.append)
    assert path[0] == pytest.approx(252 / SCALE, abs=0.01)


def test_a_motor_outside_its_range_is_not_pulled_in(make, bus):
    bus.servos[1].push(3000)
    narrow = {"jaw": {"id": 1, "raw": [1722, 2374]}, "brow": {"id": 2}, "lid": {"id": 3}}
    with (
        make(joints=narrow) as mover,
        pytest.raises(DriverError, match=r"driver\.joints\.jaw\.raw"),
    ):
        mover.go(0, 0.0)
    assert not bus.servos[1].torque


def test_a_motor_across_the_wrap_is_not_driven_the_long_way_round(make, bus):
    bus.servos[1].push(20)
    near = {"jaw": {"id": 1, "zero": 3700}, "brow": {"id": 2}, "lid": {"id": 3}}
    with make(joints=near) as mover, pytest.raises(DriverError, match="readings start again"):
        mover.go(0, 0.0)
    assert not bus.servos[1].torque


class Yielding(Servo):
    """It yields a little to what pulls at it, and its readings start again at the turn's end."""

    @property
    def position(self):
        return (super().position + 8.0) % 4096.0

    def enable_torque(self, torque):
        self.torque = torque


@pytest.mark.parametrize(
    ("zero", "end"), [(3767, 0.5), (2048, 4093 / SCALE - np.pi)], ids=["part", "whole turn"]
)
def test_a_motor_that_yields_past_the_end_of_its_turn_is_not_driven_to_the_other_end(
    make, bus, zero, end
):
    servo = bus.servos[1] = Yielding(4000.0)
    goals = []
    servo.command = lambda goal: (goals.append(goal), Servo.command(servo, goal))
    with make(joints={"jaw": {"id": 1, "zero": zero}, "brow": {"id": 2}, "lid": {"id": 3}}) as one:
        one._joints[0] = replace(one._joints[0], lower=-np.pi, upper=np.pi)
        one.go(0, end)
        assert abs(one.away(0, end)) < 0.02
        one.go(0, end)
    assert min(goals) > 3900


@pytest.mark.parametrize("when", ["on its way", "at its end"])
@pytest.mark.parametrize(
    ("zero", "end", "start", "pulled"),
    [
        (3767, 0.5, 3900, 5),
        (2048, 4093 / SCALE - np.pi, 3900, 5),
        (329, -0.5, 200, 4090),
        (2048, 2 / SCALE - np.pi, 200, 4090),
    ],
    ids=["part, highest", "whole turn, highest", "part, lowest", "whole turn, lowest"],
)
def test_a_motor_that_goes_the_long_way_round_gets_no_torque(
    make, bus, zero, end, start, pulled, when
):
    # A servo goes by its reading: past the end of its turn, all the way back to its goal.
    servo = bus.servos[1] = Servo(float(start), speed=800.0)
    last = zero + end * SCALE
    sent = []

    def pull(position):
        sent.append(position)
        there = abs(zero + position * SCALE - last) < (2.0 if when == "at its end" else 60.0)
        if there and len(sent) > 1 and servo.torque and abs(servo.position - pulled) > 2048:
            servo.push(float(pulled))

    with make(joints={"jaw": {"id": 1, "zero": zero}, "brow": {"id": 2}, "lid": {"id": 3}}) as one:
        one._joints[0] = replace(one._joints[0], lower=-np.pi, upper=np.pi)
        with pytest.raises(BlockedError, match=r"jaw .* readings start again") as caught:
            one.go(0, end, pull)
        assert not caught.value.holds
        # The servo has heard all that was said before its answer.
        one.position(0)
        assert not servo.torque
        assert abs(servo.position - pulled) < 1000.0


def test_what_was_sent_last_is_what_the_motor_got(make, bus):
    narrow = {"jaw": {"id": 1, "raw": [1722, 2248]}, "brow": {"id": 2}, "lid": {"id": 3}}
    with make(joints=narrow) as mover:
        assert mover.go(0, 0.5) == pytest.approx(200 / SCALE)
        assert mover.position(0) == pytest.approx(200 / SCALE, abs=0.01)


def test_a_motor_that_does_not_follow_is_not_pressed_on(make, bus, monkeypatch, wait_until):
    servo = bus.servos[1]
    goals = []
    monkeypatch.setattr(servo, "command", goals.append)
    with make() as mover, pytest.raises(BlockedError, match="jaw does not follow"):
        mover.go(0, 0.5)
    wait_until(lambda: goals[-1] == 2048, what="the motor to be sent where it is")


def test_ctrl_c_brakes_the_joint_on_its_way(make, bus):
    path = []

    def interrupt(position):
        path.append(position)
        if len(path) == 8:
            raise KeyboardInterrupt

    with make() as mover, pytest.raises(KeyboardInterrupt):
        mover.go(0, 0.5, interrupt)
    assert len(path) > 8
    assert path[-1] < 0.45
    assert path[-1] == pytest.approx(path[-2], abs=2.0 / SCALE)
    assert bus.servos[1].torque


def test_a_motor_that_is_blocked_while_ctrl_c_brakes_it_is_not_pressed_on(
    make, bus, monkeypatch, wait_until
):
    goals = []
    monkeypatch.setattr(bus.servos[1], "command", goals.append)

    def interrupt(position):
        if position > 0.1 and mover_module._LAG:
            monkeypatch.setattr(mover_module, "_FREE", 0.0)
            monkeypatch.setattr(mover_module, "_LAG", 0.0)
            raise KeyboardInterrupt

    with make() as mover, pytest.raises(BlockedError, match="jaw does not follow"):
        mover.go(0, 0.5, interrupt)
    wait_until(lambda: goals[-1] == 2048, what="the motor to be sent where it is")


def test_torque_is_left_as_the_robot_says(make, bus, wait_until):
    with make(at_end="torque_off") as mover:
        mover.go(0, 0.1)
    wait_until(lambda: not bus.servos[1].torque, what="the motor to go limp")


def test_a_motor_that_does_not_answer_is_named(make, bus):
    bus.unplugged.add(2)
    with make() as mover, pytest.raises(DriverError, match=r"motor of brow|no servo answers"):
        mover.go(1, 0.1)


def test_a_joint_that_fell_without_power_starts_from_where_it_lies(make, bus):
    servo = bus.servos[1]
    path = []
    with make() as mover:
        mover.go(0, 0.4)
        bus.power_cycle([1])
        servo.push(1750)
        servo.fastest = 0.0
        mover.go(0, 0.35, path.append)
    assert path[0] == pytest.approx((1750 - 2048) / SCALE, abs=0.01)
    assert servo.fastest < 0.15 * SCALE


def test_a_joint_that_was_pulled_away_is_not_pulled_back_at_once(make, bus):
    servo = bus.servos[1]
    with make() as mover:
        mover.go(0, 0.4)
        servo.goal = 1750
        servo.push(1750)
        servo.fastest = 0.0
        mover.go(0, 0.35)
    assert servo.fastest < 0.15 * SCALE


@pytest.fixture
def dynamixels(tmp_path):
    with DynamixelBus(tmp_path / "dynamixels", [1, 2, 3]) as made:
        yield made


@pytest.fixture
def make_dynamixels(dynamixels, tmp_path):
    section = servo_section("dynamixel", dynamixels.link, bus_watchdog=0.0)
    robot = motor_robot(tmp_path / "other", section)
    return lambda: JointMover(make_driver(robot), robot.joints, SHARE)


def test_a_limp_joint_gets_its_torque_back_before_it_moves(make_dynamixels, dynamixels):
    servo = dynamixels.servos[1]
    with make_dynamixels() as mover:
        mover.go(0, 0.4)
        dynamixels.power_cycle([1])
        servo.push(1800)
        servo.fastest = 0.0
        mover.go(0, 0.0)
        assert servo.torque
    assert servo.position == pytest.approx(2048, abs=3)
    assert servo.fastest < 0.15 * SCALE


def test_a_joint_that_goes_limp_on_its_way_is_not_called_blocked(make_dynamixels, dynamixels):
    def cut(position):
        if position > 0.1 and dynamixels.servos[1].torque:
            dynamixels.power_cycle([1])

    with make_dynamixels() as mover:
        with pytest.raises(DriverError, match="jaw has lost its torque"):
            mover.go(0, 0.5, cut)
        mover.go(0, 0.3)
        assert dynamixels.servos[1].position == pytest.approx(2048 + 0.3 * SCALE, abs=3)


def test_a_joint_that_fell_on_its_way_is_not_pulled_up_when_its_power_is_back(
    make, bus, monkeypatch
):
    # These servos get their torque back by the next goal.
    servo = bus.servos[1]

    def cut(position):
        if position > 0.1 and servo.torque:
            bus.unplugged.add(1)
            bus.power_cycle([1])
            servo.push(1750)
            servo.fastest = 0.0

    def power_back(asked):
        def ask(joints):
            try:
                return asked(joints)
            finally:
                bus.unplugged.clear()

        return ask

    with make(reply_time=0.02) as mover:
        for name in ("read", "check"):
            monkeypatch.setattr(mover.driver, name, power_back(getattr(mover.driver, name)))
        for _ in range(2):
            with pytest.raises(DriverError, match="jaw has lost its torque"):
                mover.go(0, 0.5, cut)
            assert not servo.torque
            assert servo.fastest < 0.15 * SCALE
        mover.go(0, 0.3)
        assert servo.fastest < 0.15 * SCALE


def test_hobby_servos_whose_board_lost_its_power_on_the_way_are_left(tmp_path):
    def cut(position):
        if position > 0.1:
            # An answer shows that the goal has come before.
            mover.driver.read([0])
            board.power_cycle()

    with MaestroBoard(tmp_path / "board") as board:
        robot = motor_robot(tmp_path / "hobby", channel_section("maestro", port=str(board.link)))
        with JointMover(make_driver(robot), robot.joints, SHARE) as mover:
            with pytest.raises(DriverError, match="jaw has lost its torque"):
                mover.go(0, 0.5, cut)
            assert board.targets[0] == 0


def test_a_motor_that_falls_silent_on_its_way_is_named(make, bus, monkeypatch):
    monkeypatch.setattr(mover_module, "_PATIENCE", 0.3)

    def unplug(position):
        if position > 0.1:
            bus.unplugged.add(1)

    silent = pytest.raises(DriverError, match="motor of jaw does not answer")
    with make(reply_time=0.02) as mover, silent:
        mover.go(0, 0.5, unplug)
