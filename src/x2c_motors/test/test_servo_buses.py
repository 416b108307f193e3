# SPDX-License-Identifier: Apache-2.0
"""What every bus of servos must get through, whatever its protocol."""

import time

import numpy as np
import pytest

from x2c_motors.configuration.boards import make_driver
from x2c_motors.emulators.dynamixel_bus import DynamixelBus
from x2c_motors.emulators.feetech_bus import FeetechBus
from x2c_motors.errors import DriverError, Fault
from x2c_testing.driver_faults import fault_of
from x2c_testing.motor_robots import SCALE, motor_robot, servo_section

pytestmark = pytest.mark.slow

BUSES = {"dynamixel": DynamixelBus, "feetech": FeetechBus}


@pytest.fixture(params=BUSES)
def kind(request):
    return request.param


@pytest.fixture
def bus(kind, tmp_path):
    with BUSES[kind](tmp_path / "port", [1, 2, 3]) as made:
        yield made


@pytest.fixture
def driver(kind, bus, tmp_path):
    made = make_driver(motor_robot(tmp_path, servo_section(kind, bus.link)))
    made.open()
    yield made
    made.close()


@pytest.mark.parametrize("missing", [1, 2, 3])
def test_a_missing_servo_is_nan_and_the_others_are_read(bus, driver, missing):
    bus.unplugged.add(missing)
    np.testing.assert_array_equal(np.isnan(driver.read()), [one == missing for one in (1, 2, 3)])
    assert driver.faults[Fault.SILENT] == 1


def test_no_power_is_silence(bus, driver):
    bus.powered = False
    with pytest.raises(DriverError, match="no servo answers") as caught:
        driver.read()
    assert caught.value.fault is Fault.SILENT


def test_replies_that_come_too_late_are_not_taken_for_the_next_answer(bus, driver):
    bus.delay = 1.0
    with pytest.raises(DriverError, match="no servo answers"):
        driver.read()
    time.sleep(1.5)
    bus.delay = 0.0
    bus.servos[1].push(2148)
    assert driver.read()[0] == pytest.approx(100 / SCALE)


def test_an_unplugged_adapter_is_lost_and_can_be_opened_again(bus, driver):
    bus.unplug()
    assert fault_of(lambda: driver.write([0.0, 0.0, 0.0]), driver.read) is Fault.LOST
    driver.close()
    with pytest.raises(DriverError, match="there is no") as caught:
        driver.open()
    assert caught.value.fault is Fault.ABSENT
    bus.plug()
    driver.open()
    assert np.isfinite(driver.read()).all()
