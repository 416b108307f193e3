# SPDX-License-Identifier: Apache-2.0
"""Several boards in one robot as they move, each in a thread of its own."""

import threading
import time

import numpy as np
import pytest
import yaml

from x2c_actuation.pipeline.approach_limiter import LONGEST_STEP
from x2c_core.robot.coupling import CoupledLimit, Side
from x2c_core.robot.robot_file import load_robot
from x2c_motors.configuration.boards import make_boards
from x2c_motors.control.motor_board import motor_boards
from x2c_motors.control.motor_condition import Condition
from x2c_motors.control.motor_diagnosis import diagnose_motors
from x2c_motors.drivers.dynamixel import DynamixelDriver
from x2c_motors.drivers.reports import Health, MotorState
from x2c_motors.errors import DriverError, Fault
from x2c_node.diagnostics import Level
from x2c_node.supervision.supervisor import Supervisor
from x2c_testing.motor_robots import NAMES, motor_robot, servo_section

PERIOD = 0.01
VELOCITY = 4.0


def robot_on_two_boards(folder, **options):
    """Return a robot with its jaw and lid on one board and its brow on another."""
    motor_robot(folder, {})
    content = yaml.safe_load((folder / "robot.yaml").read_text())
    content["drivers"] = {
        "mouth": servo_section("dynamixel", "/dev/a", [1, 2], ["jaw", "lid"], **options),
        "brows": servo_section("dynamixel", "/dev/b", [1], ["brow"], **options),
    }
    (folder / "robot.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    return load_robot(folder)


class Motors(DynamixelDriver):
    """Motors without a wire: they are where they were sent, if they have torque."""

    @classmethod
    def resolution(cls, settings):
        return 1e-9

    def __init__(self, settings):
        super().__init__(settings)
        count = len(self.calibration)
        self.pose, self.on = np.zeros(count), np.zeros(count, bool)
        self.error = None
        self.gate = threading.Event()
        self.gate.set()
        self.hanging = False
        self.step = 0.0

    def open(self):
        self._fail()

    def close(self):
        pass

    def write(self, positions):
        self._fail()
        sent = np.asarray(positions, dtype=float)
        moving = np.isfinite(sent) & self.on
        self.step = max(self.step, *np.abs(sent - self.pose)[moving], 0.0)
        self.pose = np.where(moving, sent, self.pose)
        return sent

    def read(self, joints=None):
        self._fail()
        return self.pose.copy()

    def torque(self, on, joints=None):
        self._fail()
        self.on[list(self.joint_indices(joints))] = on

    def prepare(self, joints):
        self._fail()

    def check(self, joints):
        self._fail()
        return {joint: MotorState(bool(self.on[joint])) for joint in joints}

    def health(self):
        return Health()

    def _fail(self):
        self.hanging = not self.gate.is_set()
        assert self.gate.wait(150.0)
        if self.error is not None:
            raise self.error


class Face:
    """A robot on two boards, ticked by hand."""

    def __init__(self, folder, monkeypatch, limits=(), **options):
        monkeypatch.setattr(
            "x2c_motors.configuration.boards.driver_class", lambda name, key: Motors
        )
        robot = robot_on_two_boards(folder, **options)
        object.__setattr__(robot, "coupled_limits", tuple(limits))
        self.said = []
        self.boards = motor_boards(
            robot, make_boards(robot), lambda bad, text: self.said.append(text)
        )
        self.mouth, self.brows = (one.controller for one in self.boards)
        self.now = 100.0
        self.command = None

    def run(self, seconds):
        for _ in range(round(seconds / PERIOD)):
            self.now += PERIOD
            for board in self.boards:
                if self.command is not None:
                    board.controller.command(np.array(self.command)[board.joint_indices], self.now)
                board.controller.tick(self.now)

    @property
    def pose(self):
        pose = np.zeros(len(NAMES))
        for board in self.boards:
            pose[board.joint_indices] = board.controller.link.driver.pose
        return pose

    def follow(self, pose):
        self.command = list(pose)
        self.run(3.0)
        np.testing.assert_allclose(self.pose, pose, atol=1e-9)


@pytest.fixture
def face(tmp_path, monkeypatch):
    return Face(tmp_path, monkeypatch)


def lost():
    return DriverError(Fault.LOST, "unplugged")


def test_joints_of_all_boards_follow(face):
    face.follow([0.3, -0.2, 0.1])
    assert {board.controller.condition for board in face.boards} == {Condition.FOLLOWING}


def test_a_board_without_joints_is_left_alone(tmp_path):
    folder = robot_on_two_boards(tmp_path).folder
    content = yaml.safe_load((folder / "robot.yaml").read_text())
    content["drivers"]["new"] = servo_section("dynamixel", "/dev/c", [], [])
    (folder / "robot.yaml").write_text(yaml.safe_dump(content, sort_keys=False))
    robot, said = load_robot(folder), []
    made = motor_boards(robot, make_boards(robot), lambda bad, text: said.append(text))
    assert [board.name for board in made] == ["mouth", "brows"]
    assert said == ["drivers.new has no joints: its motors are left alone"]


def test_a_lost_board_does_not_stop_or_slow_the_other(face):
    face.follow([0.0, 0.0, 0.0])
    face.brows.link.driver.error = lost()
    face.command = [0.4, 0.4, 0.4]
    face.run(0.5)
    assert face.brows.condition is Condition.DISCONNECTED
    np.testing.assert_allclose(face.pose, [0.4, 0.0, 0.4], atol=1e-9)
    face.brows.link.driver.error = None
    face.brows.link.driver.step = face.mouth.link.driver.step = 0.0
    face.run(2.0)
    np.testing.assert_allclose(face.pose, [0.4, 0.4, 0.4], atol=1e-9)
    assert face.brows.link.driver.step <= VELOCITY * PERIOD * (1 + 1e-6)
    assert any(text == "brows: unplugged" for text in face.said)


LIMIT = CoupledLimit(1, 0, Side.LOWER, ((-0.4, 0.2), (0.0, -0.5)))
"""The further the jaw is open, the higher the brow has to be."""


def test_a_coupled_limit_between_boards_is_kept_on_the_way(tmp_path, monkeypatch):
    face = Face(tmp_path, monkeypatch, [LIMIT])
    face.follow([0.0, -0.5, 0.0])
    face.command = [-0.4, 0.2, 0.3]
    for _ in range(300):
        face.run(PERIOD)
        jaw, brow = face.pose[:2]
        assert LIMIT.at(jaw) <= brow + 1e-6
    np.testing.assert_allclose(face.pose, face.command, atol=1e-9)


def test_a_joint_whose_limit_depends_on_a_lost_board_stays(tmp_path, monkeypatch):
    face = Face(tmp_path, monkeypatch, [LIMIT])
    face.follow([0.0, 0.0, 0.0])
    face.brows.link.driver.error = lost()
    face.command = [-0.3, 0.2, 0.3]
    face.run(1.0)
    # The loss is noticed a tick after the jaw has begun to move.
    assert abs(face.pose[0]) <= VELOCITY * PERIOD * (1 + 1e-6)
    assert face.pose[2] == pytest.approx(0.3, abs=1e-6)
    assert face.mouth.frozen == ("jaw",)
    face.brows.link.driver.error = None
    face.run(5.0)
    np.testing.assert_allclose(face.pose, face.command, atol=1e-6)
    assert face.mouth.frozen == ()


@pytest.mark.parametrize("far", [True, False])
def test_a_board_that_hangs_is_not_moved_on_by_another(tmp_path, monkeypatch, far):
    loose = CoupledLimit(1, 0, Side.UPPER, ((-1.0, 1.0), (1.0, 1.0)))
    face = Face(tmp_path, monkeypatch, [loose])
    face.follow([-0.4, -0.4, 0.0])
    jaw = face.mouth.link.driver
    face.command = [0.4, 0.4, 0.0] if far else [-0.36, -0.36, 0.0]
    face.run(0.02)
    was, jaw.step = jaw.pose[0], 0.0
    # The thread of the mouth is in a call of its bus meanwhile.
    for _ in range(150):
        face.now += PERIOD
        face.brows.command([face.command[1]], face.now)
        face.brows.tick(face.now)
    assert jaw.pose[0] == was
    face.mouth.command([face.command[0], 0.0], face.now)
    face.mouth.tick(face.now)
    assert jaw.step <= VELOCITY * LONGEST_STEP * (1 + 1e-6)
    face.run(3.0)
    np.testing.assert_allclose(face.pose, face.command, atol=1e-9)


def test_a_motor_that_falls_stops_no_other(face):
    face.follow([0.0, 0.0, 0.0])
    motors = face.mouth.link.driver
    fell = False
    for step in range(1, 100):
        face.command = [-0.004 * step, 0.0, 0.0]
        if step == 20:
            motors.on[1] = False
            motors.pose[1] = 0.3
        face.run(PERIOD)
        fell = fell or face.mouth.condition is Condition.APPROACHING
        assert face.pose[0] == pytest.approx(face.command[0], abs=1e-9)
    assert fell
    assert face.mouth.returned == {"lid": 1}


def test_a_stop_waits_for_no_command_however_seldom_they_are_sent(
    tmp_path, monkeypatch, wait_until
):
    board = Face(tmp_path, monkeypatch, rate=0.001).boards[0]
    ticks = []

    def tick(one):
        one.controller.tick(time.monotonic())
        ticks.append(one.controller.condition)

    board.start(tick, lambda: True)
    wait_until(lambda: ticks, what="the first tick")
    board.command(np.zeros(len(NAMES)), time.monotonic())
    board.stop()
    wait_until(lambda: Condition.STOPPED in ticks, what="the stop")
    assert board.end(10.0)


def test_a_stop_that_is_asserted_again_and_again_ticks_no_board(tmp_path, monkeypatch, wait_until):
    board = Face(tmp_path, monkeypatch, rate=0.001).boards[0]
    ticks = []
    board.start(lambda one: ticks.append(one), lambda: True)
    wait_until(lambda: ticks, what="the first tick")
    board.stop()
    wait_until(lambda: len(ticks) == 2, what="the stop")
    for _ in range(50):
        board.stop()
        time.sleep(0.001)
    assert len(ticks) == 2
    assert board.end(10.0)


def test_a_stop_reaches_every_board_although_one_hangs(face):
    for board in face.boards:
        board.start(lambda one: one.controller.tick(time.monotonic()), lambda: True)
    deadline = time.monotonic() + 150.0
    while not all(board.controller.link.driver.on.all() for board in face.boards):
        assert time.monotonic() < deadline
        for board in face.boards:
            board.command(np.array([0.1, 0.1, 0.1]), time.monotonic())
        time.sleep(0.005)
    hanging = face.mouth.link.driver
    hanging.gate.clear()
    for board in face.boards:
        board.controller.stop()
    while face.brows.link.driver.on.any():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    hanging.gate.set()
    while hanging.on.any():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert all(board.end(150.0) for board in face.boards)


def test_a_board_that_hangs_at_the_end_leaves_its_motors_when_it_comes_back(face):
    face.follow([0.1, 0.1, 0.1])
    board = face.boards[0]
    driver = board.controller.link.driver
    board.start(lambda one: one.controller.tick(time.monotonic()), lambda: True)
    driver.gate.clear()
    deadline = time.monotonic() + 150.0
    while not driver.hanging:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    board.controller.stop()
    assert not board.end(0.01)
    with pytest.raises(DriverError, match="hangs"):
        board.start(lambda one: None, lambda: True)
    driver.gate.set()
    while board.running:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert not driver.on.any()
    assert board.controller.condition is Condition.DISCONNECTED


def test_diagnostics_say_which_board_is_wrong(face):
    face.follow([0.0, 0.0, 0.0])
    assert diagnose_motors(face.boards).values["motors"] == "following"
    face.brows.link.driver.error = lost()
    face.run(0.1)
    found = diagnose_motors(face.boards)
    assert found.level is Level.ERROR
    assert found.message == "brows: unplugged"
    assert found.values["brows: motors"] == "disconnected"
    assert found.values["mouth: motors"] == "following"


def test_a_thread_that_dies_is_known_to_have_died_when_its_death_is_reported(face):
    board, supervisor, died = face.boards[0], Supervisor(), []
    supervisor.on_fault(lambda reason: died.append(board.died))

    def die(board):
        raise SystemExit

    board.start(die, lambda: True, supervisor.pulse(board.thread_name))
    deadline = time.monotonic() + 150.0
    while board.running:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert died == [True]
    assert board.end(150.0)
    assert not board.died


@pytest.mark.parametrize("patience", [0.0, 150.0])
def test_the_session_ends_once_whichever_side_is_first(face, monkeypatch, patience):
    board, ended = face.boards[0], []
    entered, gate = threading.Event(), threading.Event()
    monkeypatch.setattr(board.controller, "end", lambda: ended.append(threading.current_thread()))

    def tick(board):
        entered.set()
        assert gate.wait(150.0)

    board.start(tick, lambda: True)
    assert entered.wait(150.0)
    if patience:
        gate.set()
    assert board.end(patience) is bool(patience)
    gate.set()
    deadline = time.monotonic() + 150.0
    while board.running or not ended:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert len(ended) == 1
    assert (ended[0] is threading.current_thread()) is bool(patience)
