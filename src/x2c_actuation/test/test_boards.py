# SPDX-License-Identifier: Apache-2.0
"""Several boards in one robot, as robot.yaml describes them and as they move."""

import threading
import time

import numpy as np
import pytest
import yaml
from bus_emulators.robots import NAMES, channel_section, motor_robot, servo_section

from x2c_actuation.drivers import has_motors, make_driver
from x2c_actuation.drivers.boards import make_boards, port_overrides
from x2c_actuation.drivers.driver import Health, MotorState
from x2c_actuation.drivers.dynamixel import DynamixelDriver
from x2c_actuation.errors import DriverError, DriverSettingsError, Fault
from x2c_actuation.follower import LONGEST_STEP
from x2c_actuation.motor_board import motor_boards
from x2c_actuation.motor_condition import Condition
from x2c_actuation.motor_diagnosis import diagnose_motors
from x2c_face.coupling import CoupledLimit, Side
from x2c_face.errors import RobotError
from x2c_face.robot_file import load_robot
from x2c_node.diagnostics import Level

PERIOD = 0.01
VELOCITY = 4.0


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
    assert [(one.name, one.places) for one in boards] == [("mouth", (0, 2)), ("brows", (1,))]
    assert boards[0].driver.wires.names == ("jaw", "lid")
    assert boards[0].driver.wires.addresses == (1, 2)


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
    assert (board.name, board.places) == ("", (0, 1, 2))
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
        ({"lids": {"type": "tentacle"}}, r"drivers\.lids\.type: expected one of ameca"),
        ({"lids": {"type": "virtual"}}, r"drivers\.lids\.type: .*virtual_face_node"),
        ({"lids": {"address": 500}}, r"drivers\.lids\.address: expected a number from 3 to 119"),
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
    places = [one.driver.place for one in make_boards(robot, overrides)]
    assert places[:2] == ["/dev/ttyACM7", "/dev/i2c-3, address 0x40"]
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


class Motors(DynamixelDriver):
    """Motors without a wire: they are where they were sent, if they have torque."""

    @classmethod
    def quantum(cls, settings):
        return 1e-9

    def __init__(self, settings):
        super().__init__(settings)
        count = len(self.wires)
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
        self.on[list(self._places(joints))] = on

    def prepare(self, joints):
        self._fail()

    def check(self, joints):
        self._fail()
        return {joint: MotorState(bool(self.on[joint])) for joint in joints}

    def health(self):
        return Health()

    def _fail(self):
        self.hanging = not self.gate.is_set()
        assert self.gate.wait(20.0)
        if self.error is not None:
            raise self.error


class Face:
    """A robot on two boards, ticked by hand."""

    def __init__(self, folder, monkeypatch, limits=()):
        drivers = {
            "mouth": servo_section("dynamixel", "/dev/a", [1, 2], ["jaw", "lid"]),
            "brows": servo_section("dynamixel", "/dev/b", [1], ["brow"]),
        }
        monkeypatch.setattr("x2c_actuation.drivers.boards.driver_class", lambda name, key: Motors)
        robot = robot_with(folder, drivers)
        object.__setattr__(robot, "coupled_limits", tuple(limits))
        self.said = []
        self.boards = motor_boards(
            robot, make_boards(robot), lambda bad, text: self.said.append(text)
        )
        self.mouth, self.brows = (one.session for one in self.boards)
        self.now = 100.0
        self.command = None

    def run(self, seconds):
        for _ in range(round(seconds / PERIOD)):
            self.now += PERIOD
            for board in self.boards:
                if self.command is not None:
                    board.session.command(np.array(self.command)[board.places], self.now)
                board.session.tick(self.now)

    @property
    def pose(self):
        pose = np.zeros(len(NAMES))
        for board in self.boards:
            pose[board.places] = board.session.link.driver.pose
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
    assert {board.session.condition for board in face.boards} == {Condition.FOLLOWING}


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


def test_a_stop_reaches_every_board_although_one_hangs(face):
    for board in face.boards:
        board.start(lambda one: one.session.tick(time.monotonic()), lambda: True)
    deadline = time.monotonic() + 20.0
    while not all(board.session.link.driver.on.all() for board in face.boards):
        assert time.monotonic() < deadline
        for board in face.boards:
            board.command(np.array([0.1, 0.1, 0.1]), time.monotonic())
        time.sleep(0.005)
    hanging = face.mouth.link.driver
    hanging.gate.clear()
    for board in face.boards:
        board.session.stop()
    while face.brows.link.driver.on.any():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    hanging.gate.set()
    while hanging.on.any():
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert all(board.end(20.0) for board in face.boards)


def test_a_board_that_hangs_at_the_end_leaves_its_motors_when_it_comes_back(face):
    face.follow([0.1, 0.1, 0.1])
    board = face.boards[0]
    driver = board.session.link.driver
    board.start(lambda one: one.session.tick(time.monotonic()), lambda: True)
    driver.gate.clear()
    deadline = time.monotonic() + 20.0
    while not driver.hanging:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    board.session.stop()
    assert not board.end(0.01)
    with pytest.raises(DriverError, match="hangs"):
        board.start(lambda one: None, lambda: True)
    driver.gate.set()
    while board.running:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    assert not driver.on.any()
    assert board.session.condition is Condition.DISCONNECTED


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
