# SPDX-License-Identifier: Apache-2.0
"""Drivers that lack something or whose code fails: one sentence, and no stop is lost."""

from __future__ import annotations

import math

import numpy as np
import pytest

from x2c_motors.bring_up.finding import bare_driver, search
from x2c_motors.calibration import wizard
from x2c_motors.configuration.boards import make_boards, make_driver
from x2c_motors.control.motor_board import motor_boards
from x2c_motors.control.motor_condition import Condition
from x2c_motors.description.options import AddressForm, RawScale
from x2c_motors.drivers.driver import MotorDriver
from x2c_motors.drivers.reports import Health, MotorState
from x2c_motors.errors import DriverError, DriverSettingsError, Fault, MotorCalibrationError
from x2c_testing.motor_robots import motor_robot, servo_section


class Sound(MotorDriver):
    """Motors without a wire."""

    address_form = AddressForm("id", 0, 9, "step")
    port_option = ""

    def __init__(self, settings):
        super().__init__(settings)
        self.raw = np.full(len(self.calibration), 500.0)
        self.on = np.zeros(len(self.calibration), bool)

    @classmethod
    def raw_scale(cls, address, options):
        return RawScale(500.0, 100.0, 0.0, 1000.0, (0.0, 1000.0))

    def open(self):
        pass

    def close(self):
        pass

    def torque(self, on, joints=None):
        self.on[list(self.joint_indices(joints))] = on

    def check(self, joints):
        return {joint: MotorState(bool(self.on[joint])) for joint in joints}

    def send_raw(self, joints, raw):
        self.raw[joints] = raw

    def receive_raw(self, joints):
        return self.raw[list(joints)]


def section(**options):
    made = servo_section("mine", "", **options)
    return {"type": "mine", "joints": made["joints"]}


@pytest.fixture
def make(monkeypatch, tmp_path):
    """Return a function that makes the board of a class of drivers."""

    def make(driver):
        for module in ("configuration.boards", "bring_up.finding", "calibration.wizard"):
            monkeypatch.setattr(f"x2c_motors.{module}.driver_class", lambda name, key="": driver)
        return motor_robot(tmp_path, section())

    return make


def fail(*arguments):
    raise ValueError("no\nidea")


@pytest.mark.parametrize(
    ("name", "attribute", "text"),
    [
        (
            "__init__",
            fail,
            r"driver: the motor driver failed: ValueError: no idea \(test_",
        ),
        ("place", property(fail), r"driver: the motor driver failed: ValueError: no idea"),
        (
            "raw_scale",
            classmethod(fail),
            r"driver\.joints\.jaw: the motor driver failed: Value",
        ),
        ("raw_scale", classmethod(lambda *_: 3), r"returned 3: expected a RawScale"),
        ("resolution", classmethod(fail), r"driver: the motor driver failed: ValueError"),
        (
            "resolution",
            classmethod(lambda *_: 0.0),
            r"driver: .* resolution of 0\.0: expected",
        ),
        ("resolution", classmethod(lambda *_: math.nan), r"resolution of nan: expected a number"),
    ],
)
def test_a_driver_that_cannot_be_made_is_refused_with_file_and_line(make, name, attribute, text):
    robot = make(type("Broken", (Sound,), {name: attribute}))
    with pytest.raises(DriverSettingsError, match=text) as caught:
        make_boards(robot)
    assert "robot.yaml: line " in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_driver_that_cannot_be_made_is_refused_also_by_a_scan(make):
    make(type("Broken", (Sound,), {"__init__": fail}))
    with pytest.raises(DriverSettingsError, match="the motor driver failed: ValueError: no idea"):
        bare_driver("mine", {})


def test_motors_that_cannot_be_looked_for_are_those_that_the_user_gives(make):
    make(Sound)
    place, motors = wizard._motors({"type": "mine"}, range(2, 4), None)
    assert place == {}
    assert [(motor.address, motor.model) for motor in motors] == [(2, "id"), (3, "id")]
    assert all(math.isnan(motor.raw) for motor in motors)
    with pytest.raises(MotorCalibrationError, match=r"cannot be looked for: .* --channels 0-11"):
        wizard._motors({"type": "mine"}, None, None)
    with pytest.raises(DriverSettingsError, match=r"^mine: such motors cannot be looked for$"):
        list(search("mine", {}))
    with pytest.raises(DriverSettingsError, match=r"^port: these motors have none$"):
        Sound.at_port("/dev/ttyUSB0")


def test_what_a_driver_inherits_from_beside_is_guarded_too(make):
    class Bus:
        def torque(self, on, joints=None):
            raise OSError("unplugged")

        def close(self):
            raise OSError("unplugged")

    robot = make(type("Mixed", (Bus, Sound), {}))
    driver = make_driver(robot)
    with pytest.raises(DriverError, match=r"Mixed\.torque failed: OSError: unplugged"):
        driver.torque(False)
    driver.close()
    assert driver.faults == {Fault.LOST: 1}


CALLS = {
    "open": (),
    "torque": (True,),
    "prepare": ([0],),
    "check": ([0],),
    "health": (),
    "scan": (),
    "send_raw": ([0], np.zeros(1)),
    "receive_raw": ([0],),
}


@pytest.mark.parametrize("name", CALLS)
def test_a_method_that_fails_raises_what_its_users_handle(make, name):
    driver = make_driver(make(type("Broken", (Sound,), {name: fail})))
    text = rf"\.Broken\.{name} failed: ValueError: no idea \(test_driver_failures\.py, line \d+\)$"
    with pytest.raises(DriverError, match=text) as caught:
        getattr(driver, name)(*CALLS[name])
    assert caught.value.fault is Fault.LOST


def test_an_error_that_says_what_is_wrong_is_left_as_it_is(make):
    def silent(self, joints):
        raise DriverError(Fault.SILENT, "no servo answers")

    driver = make_driver(make(type("Quiet", (Sound,), {"receive_raw": silent})))
    with pytest.raises(DriverError, match=r"^no servo answers$") as caught:
        driver.read()
    assert caught.value.fault is Fault.SILENT


def test_closing_never_raises(make):
    driver = make_driver(make(type("Broken", (Sound,), {"close": fail})))
    driver.close()
    assert driver.faults[Fault.LOST] == 1


@pytest.mark.parametrize(
    ("name", "result", "text"),
    [
        ("receive_raw", 500.0, r"receive_raw returned 500\.0: expected 3 raw values"),
        ("receive_raw", [1.0, 2.0], r"receive_raw returned \[1\.0, 2\.0\]: expected 3 raw values"),
        ("receive_raw", ["a", "b", "c"], r"receive_raw returned .*: expected 3 raw values"),
        ("check", None, r"check returned None: expected Mapping"),
        ("health", "fine", r"health returned 'fine': expected Health"),
    ],
)
def test_a_result_of_another_kind_is_refused(make, name, result, text):
    driver = make_driver(make(type("Broken", (Sound,), {name: lambda *_: result})))
    calls = {"receive_raw": driver.read, "check": lambda: driver.check([0])}
    with pytest.raises(DriverError, match=text):
        calls.get(name, driver.health)()


@pytest.mark.parametrize("name", ["receive_raw", "check", "health", "send_raw", "prepare"])
def test_an_emergency_stop_disables_torque_although_other_code_fails(make, name):
    class Failing(Sound):
        broken = False

        def receive_raw(self, joints):
            return self._maybe("receive_raw") or super().receive_raw(joints)

        def check(self, joints):
            return self._maybe("check") or super().check(joints)

        def health(self):
            return self._maybe("health") or Health()

        def send_raw(self, joints, raw):
            return self._maybe("send_raw") or super().send_raw(joints, raw)

        def prepare(self, joints):
            return self._maybe("prepare")

        def _maybe(self, called):
            if self.broken and called == name:
                fail()

    robot = make(Failing)
    said = []
    (board,) = motor_boards(robot, make_boards(robot), lambda bad, text: said.append(text))
    controller, driver = board.controller, board.controller.link.driver
    now = 100.0

    def run(seconds):
        nonlocal now
        for _ in range(round(seconds / 0.01)):
            now += 0.01
            controller.command(np.array([0.2, 0.1, 0.0]), now)
            controller.tick(now)

    run(3.0)
    assert controller.condition is Condition.FOLLOWING
    assert driver.on.all()
    driver.broken = True
    run(0.5)
    controller.stop()
    run(1.0)
    assert not driver.on.any()
    driver.broken = False
    controller.reset()
    run(15.0)
    assert controller.condition is Condition.FOLLOWING
    if name in ("receive_raw", "send_raw", "check"):
        assert any(f".Failing.{name} failed: ValueError: no idea" in text for text in said)
